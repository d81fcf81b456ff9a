internal import Compression
internal import EventModel

/// Says in the middle of a file what its summary would say up to there, so that one that was never closed opens without
/// a walk through all of it. A record of our own that other readers skip.
///
/// Content: a mark to search for from the end, the place of the index before, then what has come since (chunks) or is
/// known by now (channels, attachments), and a checksum of all that.
struct InlineIndex: Hashable {
  static let opcode: UInt8 = 0x80
  static let mark = Array("\u{0}triptych index\u{1}".utf8)

  /// 0: this is the first.
  var previousOffset: UInt64
  /// In the chunks up to here.
  var messageCount: UInt64
  var channels: [MCAPChannel]
  var attachments: [MCAPAttachmentIndex]
  /// Since the index before.
  var chunks: [MCAPChunkIndex]

  /// Head and content.
  var record: [UInt8] {
    var content = BytePacker()
    content.append(Self.mark)
    content.put(previousOffset)
    content.put(messageCount)
    content.putRecords(channels)
    content.putRecords(attachments)
    content.putRecords(chunks)
    content.put(CRC32.of(content.bytes))
    var packer = BytePacker()
    packer.put(Self.opcode)
    packer.put(UInt64(content.bytes.count))
    packer.append(content.bytes)
    return packer.bytes
  }

  /// `nil` when the content is damaged.
  init?(content: UnsafeRawBufferPointer) {
    let packedCount = content.count - 4
    guard packedCount >= Self.mark.count, content.starts(with: Self.mark) else { return nil }
    let packed = UnsafeRawBufferPointer(rebasing: content[..<packedCount])
    let crc = UInt32(littleEndian: content.loadUnaligned(fromByteOffset: packedCount, as: UInt32.self))
    guard CRC32.of(packed) == crc else { return nil }
    var bytes = ByteUnpacker(packed)
    _ = bytes.raw(Self.mark.count)
    previousOffset = bytes.number()
    messageCount = bytes.number()
    channels = bytes.records()
    attachments = bytes.records()
    chunks = bytes.records()
    guard !bytes.isDamaged, bytes.leftCount == 0 else { return nil }
  }

  init(
    previousOffset: UInt64, messageCount: UInt64, channels: [MCAPChannel],
    attachments: [MCAPAttachmentIndex], chunks: [MCAPChunkIndex]
  ) {
    self.previousOffset = previousOffset
    self.messageCount = messageCount
    self.channels = channels
    self.attachments = attachments
    self.chunks = chunks
  }
}

extension BytePacker {
  /// Their count first, then each one's content behind its size.
  fileprivate mutating func putRecords(_ records: [some MCAPRecord]) {
    put(UInt32(clamping: records.count))
    for record in records {
      var content = BytePacker()
      record.pack(into: &content)
      putShort(content.bytes)
    }
  }
}

extension ByteUnpacker {
  fileprivate mutating func records<Record: MCAPRecord>() -> [Record] {
    let count = number(UInt32.self)
    var records: [Record] = []
    for _ in 0..<count where !isDamaged {
      let content = shortPiece()
      guard let record = content.withUnsafeBytes({ Record(content: $0) }) else {
        fail()
        break
      }
      records.append(record)
    }
    return records
  }
}
