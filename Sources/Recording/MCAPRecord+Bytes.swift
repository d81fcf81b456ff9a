internal import Compression
internal import EventModel

// The content of each record, field by field, as the specification lists them.

extension BytePacker {
  /// As MCAP counts: in 32 bits, where a cache file of ours takes 64.
  mutating func putShort(_ piece: [UInt8]) {
    put(UInt32(clamping: piece.count))
    append(piece)
  }

  mutating func putShort(_ text: String) { putShort(Array(text.utf8)) }

  mutating func putShort(_ pairs: [MCAPPair]) {
    var content = BytePacker()
    for pair in pairs {
      content.putShort(pair.key)
      content.putShort(pair.value)
    }
    putShort(content.bytes)
  }

  mutating func putShort(_ counts: [MCAPCount]) {
    put(UInt32(clamping: counts.count * MCAPCount.byteCount))
    for count in counts {
      put(count.channelID)
      put(count.value)
    }
  }
}

extension MCAPCount {
  fileprivate static let byteCount = 10
}

extension ByteUnpacker {
  mutating func shortPiece() -> [UInt8] { raw(shortCount()) }

  /// Text that is not UTF-8 is repaired: it only names things.
  mutating func shortText() -> String { String(decoding: shortPiece(), as: UTF8.self) }

  mutating func pairs() -> [MCAPPair] {
    let content = shortPiece()
    var isDamaged = false
    let pairs = content.withUnsafeBytes { content in
      var bytes = ByteUnpacker(content)
      var pairs: [MCAPPair] = []
      while bytes.leftCount > 0, !bytes.isDamaged {
        pairs.append(MCAPPair(key: bytes.shortText(), value: bytes.shortText()))
      }
      isDamaged = bytes.isDamaged
      return pairs
    }
    if isDamaged { fail() }
    return pairs
  }

  mutating func counts() -> [MCAPCount] {
    list(of: MCAPCount.byteCount) { MCAPCount(channelID: $0.number(), value: $0.number()) }
  }

  /// Things of one size behind the bytes that they take.
  mutating func list<Element>(
    of byteCount: Int, _ element: (inout ByteUnpacker) -> Element
  ) -> [Element] {
    let length = shortCount()
    guard length % byteCount == 0 else {
      fail()
      return []
    }
    return (0..<length / byteCount).map { _ in element(&self) }
  }

  /// Of bytes that are there.
  private mutating func shortCount() -> Int {
    let count = number(UInt32.self)
    guard !isDamaged, count <= leftCount else {
      fail()
      return 0
    }
    return Int(count)
  }
}

extension MCAPHeader {
  init(_ bytes: inout ByteUnpacker) {
    self.init(profile: bytes.shortText(), library: bytes.shortText())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.putShort(profile)
    bytes.putShort(library)
  }
}

extension MCAPFooter {
  init(_ bytes: inout ByteUnpacker) {
    self.init(summaryStart: bytes.number(), summaryOffsetStart: bytes.number(), summaryCRC: bytes.number())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(summaryStart)
    bytes.put(summaryOffsetStart)
    bytes.put(summaryCRC)
  }
}

extension MCAPSchema {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      id: bytes.number(), name: bytes.shortText(), encoding: bytes.shortText(), data: bytes.shortPiece())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(id)
    bytes.putShort(name)
    bytes.putShort(encoding)
    bytes.putShort(data)
  }
}

extension MCAPChannel {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      id: bytes.number(), schemaID: bytes.number(), topic: bytes.shortText(),
      messageEncoding: bytes.shortText(), metadata: bytes.pairs())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(id)
    bytes.put(schemaID)
    bytes.putShort(topic)
    bytes.putShort(messageEncoding)
    bytes.putShort(metadata)
  }
}

extension MCAPMessage {
  /// Content before the data.
  static let headCount = 22

  init(_ bytes: inout ByteUnpacker) {
    self.init(
      channelID: bytes.number(), sequence: bytes.number(), logTime: bytes.number(),
      publishTime: bytes.number(), data: bytes.raw(bytes.leftCount))
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(channelID)
    bytes.put(sequence)
    bytes.put(logTime)
    bytes.put(publishTime)
    bytes.append(data)
  }
}

extension MCAPChunkHead {
  /// `nil` when it is cut, or fewer bytes follow than it says.
  init?(content: UnsafeRawBufferPointer) { self.init(partial: content, of: UInt64(content.count)) }

  /// From the first bytes of a content of `contentCount` bytes; `nil` where it is not as long as it says, since it would
  /// swallow what comes behind it.
  init?(partial content: UnsafeRawBufferPointer, of contentCount: UInt64) {
    var bytes = ByteUnpacker(content)
    self.init(
      messageStart: bytes.number(), messageEnd: bytes.number(), uncompressedByteCount: bytes.number(),
      uncompressedCRC: bytes.number(), compression: bytes.shortText(), storedByteCount: bytes.number())
    let left = contentCount - UInt64(content.count - bytes.leftCount)
    guard !bytes.isDamaged, storedByteCount == left else { return nil }
  }

  /// How much of a chunk record's content comes before the stored records.
  var byteCount: Int { 40 + compression.utf8.count }

  func pack(into bytes: inout BytePacker) {
    bytes.put(messageStart)
    bytes.put(messageEnd)
    bytes.put(uncompressedByteCount)
    bytes.put(uncompressedCRC)
    bytes.putShort(compression)
    bytes.put(storedByteCount)
  }
}

extension MCAPMessageIndex {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      channelID: bytes.number(),
      entries: bytes.list(of: 16) { Entry(logTime: $0.number(), offset: $0.number()) })
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(channelID)
    bytes.put(UInt32(clamping: entries.count * 16))
    for entry in entries {
      bytes.put(entry.logTime)
      bytes.put(entry.offset)
    }
  }
}

extension MCAPChunkIndex {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      messageStart: bytes.number(), messageEnd: bytes.number(), chunkOffset: bytes.number(),
      chunkByteCount: bytes.number(), messageIndexOffsets: bytes.counts(),
      messageIndexByteCount: bytes.number(), compression: bytes.shortText(),
      compressedByteCount: bytes.number(), uncompressedByteCount: bytes.number())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(messageStart)
    bytes.put(messageEnd)
    bytes.put(chunkOffset)
    bytes.put(chunkByteCount)
    bytes.putShort(messageIndexOffsets)
    bytes.put(messageIndexByteCount)
    bytes.putShort(compression)
    bytes.put(compressedByteCount)
    bytes.put(uncompressedByteCount)
  }
}

extension MCAPAttachment {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      logTime: bytes.number(), createTime: bytes.number(), name: bytes.shortText(),
      mediaType: bytes.shortText(), data: bytes.piece(), crc: bytes.number())
  }

  /// With the checksum of what has been packed; `crc` itself is for readers.
  func pack(into bytes: inout BytePacker) {
    var content = BytePacker()
    content.put(logTime)
    content.put(createTime)
    content.putShort(name)
    content.putShort(mediaType)
    content.put(data)
    bytes.append(content.bytes)
    bytes.put(CRC32.of(content.bytes))
  }
}

extension MCAPAttachmentIndex {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      offset: bytes.number(), byteCount: bytes.number(), logTime: bytes.number(), createTime: bytes.number(),
      dataByteCount: bytes.number(), name: bytes.shortText(), mediaType: bytes.shortText())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(offset)
    bytes.put(byteCount)
    bytes.put(logTime)
    bytes.put(createTime)
    bytes.put(dataByteCount)
    bytes.putShort(name)
    bytes.putShort(mediaType)
  }
}

extension MCAPStatistics {
  init(_ bytes: inout ByteUnpacker) {
    self.init(
      messageCount: bytes.number(), schemaCount: bytes.number(), channelCount: bytes.number(),
      attachmentCount: bytes.number(), metadataCount: bytes.number(), chunkCount: bytes.number(),
      messageStart: bytes.number(), messageEnd: bytes.number(), channelMessageCounts: bytes.counts())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(messageCount)
    bytes.put(schemaCount)
    bytes.put(channelCount)
    bytes.put(attachmentCount)
    bytes.put(metadataCount)
    bytes.put(chunkCount)
    bytes.put(messageStart)
    bytes.put(messageEnd)
    bytes.putShort(channelMessageCounts)
  }
}

extension MCAPMetadata {
  init(_ bytes: inout ByteUnpacker) { self.init(name: bytes.shortText(), pairs: bytes.pairs()) }

  func pack(into bytes: inout BytePacker) {
    bytes.putShort(name)
    bytes.putShort(pairs)
  }
}

extension MCAPMetadataIndex {
  init(_ bytes: inout ByteUnpacker) {
    self.init(offset: bytes.number(), byteCount: bytes.number(), name: bytes.shortText())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(offset)
    bytes.put(byteCount)
    bytes.putShort(name)
  }
}

extension MCAPSummaryOffset {
  init(_ bytes: inout ByteUnpacker) {
    self.init(groupOpcode: bytes.number(), groupStart: bytes.number(), groupByteCount: bytes.number())
  }

  func pack(into bytes: inout BytePacker) {
    bytes.put(groupOpcode)
    bytes.put(groupStart)
    bytes.put(groupByteCount)
  }
}

extension MCAPDataEnd {
  init(_ bytes: inout ByteUnpacker) { self.init(dataCRC: bytes.number()) }

  func pack(into bytes: inout BytePacker) { bytes.put(dataCRC) }
}
