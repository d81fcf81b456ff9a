internal import EventModel
internal import Glibc

// A file without a summary: what its inline indexes say, and a walk over the records behind the last of them.

extension RecordingIndex {
  /// From the last inline index back to the first. Afterwards `dataEnd` is behind what they speak of.
  mutating func readInlineIndexes(_ bytes: some StoredBytes) throws(RecordingError) {
    guard var place = try Self.lastInlineIndex(bytes) else { return }
    var indexes: [InlineIndex] = []
    while let (index, end) = try Self.inlineIndex(bytes, at: place) {
      if indexes.isEmpty { dataEnd = end }
      indexes.append(index)
      guard index.previousOffset < place, index.previousOffset > 0 else { break }
      place = index.previousOffset
    }
    guard let newest = indexes.first else { return }
    // A link of the chain is damaged: everything is walked through instead.
    guard indexes.last?.previousOffset == 0 else {
      dataEnd = 0
      return
    }
    for channel in newest.channels { add(channel) }
    attachments = newest.attachments
    chunks = indexes.reversed().flatMap(\.chunks)
    indexedChunkCount = chunks.count
  }

  private static let windowByteCount: UInt64 = 1 << 20

  private static func lastInlineIndex(_ bytes: some StoredBytes) throws(RecordingError) -> UInt64? {
    let overlap = UInt64(InlineIndex.mark.count)
    var end = bytes.byteCount
    while end > 0 {
      let start = end - min(end, windowByteCount)
      let window = try bytes.read(at: start, count: Int(min(end + overlap, bytes.byteCount) - start))
      for offset in window.places(of: InlineIndex.mark).reversed() {
        let mark = start + UInt64(offset)
        guard mark >= UInt64(MCAPFormat.recordHeadCount) else { continue }
        let place = mark - UInt64(MCAPFormat.recordHeadCount)
        if try inlineIndex(bytes, at: place) != nil { return place }
      }
      end = start
    }
    return nil
  }

  /// `nil` where there is none that can be believed.
  private static func inlineIndex(
    _ bytes: some StoredBytes, at place: UInt64
  ) throws(RecordingError) -> (index: InlineIndex, end: UInt64)? {
    let headBytes = try bytes.read(at: place, count: MCAPFormat.recordHeadCount)
    guard let head = RecordHead(headBytes[...]), head.opcode == InlineIndex.opcode,
      head.byteCount <= bytes.byteCount - place, head.contentCount <= wholeLimit
    else { return nil }
    let content = try bytes.read(place + UInt64(MCAPFormat.recordHeadCount)..<place + head.byteCount)
    guard let index = content.withUnsafeBytes({ InlineIndex(content: $0) }) else { return nil }
    return (index, place + head.byteCount)
  }

  /// Record by record to the end of the file; where one cannot be understood, on from the next chunk.
  mutating func walk(_ bytes: some StoredBytes, from start: UInt64) throws(RecordingError) {
    var place = start
    while place < bytes.byteCount {
      if let next = try step(bytes, at: place) {
        dataEnd = next
        if next == place { return }
        place = next
        continue
      }
      guard let next = try Self.nextChunk(bytes, after: place) else {
        holes.append(
          RecordingHole(range: place..<bytes.byteCount, reason: "the file ends in the middle of a record"))
        return
      }
      holes.append(RecordingHole(range: place..<next, reason: "no record can be read here"))
      place = next
    }
  }

  /// The place behind the record at `place`, the same one at the end of the data, `nil` where there is no record.
  private mutating func step(
    _ bytes: some StoredBytes, at place: UInt64
  ) throws(RecordingError) -> UInt64? {
    let start = try bytes.read(at: place, count: Self.peekCount)
    guard let head = RecordHead(start[...]), head.byteCount <= bytes.byteCount - place else { return nil }
    let end = place + head.byteCount
    let content = start.dropFirst(MCAPFormat.recordHeadCount).prefix(Int(clamping: head.contentCount))
    switch MCAPOpcode(rawValue: head.opcode) {
    case .dataEnd: return place
    case .chunk:
      guard let chunk = content.withUnsafeBytes({ MCAPChunkHead(partial: $0, of: head.contentCount) }) else {
        return nil
      }
      chunks.append(MCAPChunkIndex(chunk, at: place, byteCount: head.byteCount))
    case .messageIndex:
      guard head.contentCount <= Self.wholeLimit else { return nil }
      let whole = try bytes.read(place..<end)
      // With a size that is not its own, it would swallow the chunk behind it.
      guard let index: MCAPMessageIndex = whole.content(of: head, at: 0),
        head.contentCount == index.contentCount
      else { return nil }
      addMessageIndex(index, at: place, byteCount: head.byteCount)
    case .attachment:
      guard let index = content.withUnsafeBytes({ MCAPAttachmentIndex(partial: $0, at: place, head) }) else {
        return nil
      }
      attachments.append(index)
    case .channel:
      guard head.contentCount <= Self.wholeLimit else { return nil }
      let whole = try bytes.read(place..<end)
      guard let channel: MCAPChannel = whole.content(of: head, at: 0) else { return nil }
      add(channel)
    case .metadata: metadata.append(place..<end)
    case .some: break
    case nil where head.opcode == InlineIndex.opcode:
      // One whose size is damaged would swallow chunks.
      guard try Self.inlineIndex(bytes, at: place) != nil else { return nil }
    case nil where head.opcode == RecordingRepair.opcode:
      holes.append(
        RecordingHole(range: place..<end, reason: "what stood here was damaged when the file was repaired"))
    case nil:
      // What a later version or another program has put there is skipped; anything else is no record.
      guard head.opcode >= 0x80 || head.contentCount < Self.unknownLimit else { return nil }
    }
    return end
  }

  /// Enough for the heads of chunks, and of attachments with names that somebody can read.
  private static let peekCount = 4096
  /// Of a record that is read whole: a sparse file may claim any size.
  private static let wholeLimit: UInt64 = 64 << 20
  private static let unknownLimit: UInt64 = 1 << 24

  private mutating func addMessageIndex(_ index: MCAPMessageIndex, at place: UInt64, byteCount: UInt64) {
    guard let last = chunks.indices.last else { return }
    chunks[last].messageIndexOffsets.append(MCAPCount(channelID: index.channelID, value: place))
    chunks[last].messageIndexByteCount += byteCount
  }

  /// The first that begins within a window from the beginning of the file.
  static func firstChunk(_ bytes: some StoredBytes) throws(RecordingError) -> MCAPChunkIndex? {
    guard let place = try nextChunk(bytes, after: 0, within: windowByteCount) else { return nil }
    var index = RecordingIndex()
    _ = try index.step(bytes, at: place)
    return index.chunks.first
  }

  /// Where the next chunk of ours begins, known by the name of its compression.
  private static func nextChunk(
    _ bytes: some StoredBytes, after place: UInt64, within limit: UInt64 = .max
  ) throws(RecordingError) -> UInt64? {
    let name: [UInt8] = [4, 0, 0, 0] + Array("zstd".utf8)
    // From the beginning of a chunk record to the name.
    let distance = UInt64(MCAPFormat.recordHeadCount + 28)
    var start = place + 1
    while start < min(bytes.byteCount, limit) {
      let window = try bytes.read(at: start, count: Int(windowByteCount + distance) + name.count + 8)
      for offset in window.places(of: name) where UInt64(offset) >= distance {
        let chunk = start + UInt64(offset) - distance
        let start = offset - Int(distance)
        // Judged here as `step` will: else bytes that only look like chunks would be searched through again and again.
        guard let head = RecordHead(window[start...]), head.opcode == MCAPOpcode.chunk.rawValue,
          head.byteCount <= bytes.byteCount - chunk,
          window[(start + MCAPFormat.recordHeadCount)...].prefix(Int(clamping: head.contentCount))
            .withUnsafeBytes({ MCAPChunkHead(partial: $0, of: head.contentCount) }) != nil
        else { continue }
        return chunk
      }
      start += windowByteCount
    }
    return nil
  }
}

extension MCAPChunkIndex {
  fileprivate init(_ head: MCAPChunkHead, at place: UInt64, byteCount: UInt64) {
    self.init(
      messageStart: head.messageStart, messageEnd: head.messageEnd, chunkOffset: place,
      chunkByteCount: byteCount, messageIndexOffsets: [], messageIndexByteCount: 0,
      compression: head.compression, compressedByteCount: head.storedByteCount,
      uncompressedByteCount: head.uncompressedByteCount)
  }
}

extension MCAPAttachmentIndex {
  /// Behind the data.
  private static let checksumByteCount = 4

  /// From the first bytes of an attachment; `nil` where it is not as long as it says.
  fileprivate init?(partial content: UnsafeRawBufferPointer, at place: UInt64, _ head: RecordHead) {
    var bytes = ByteUnpacker(content)
    self.init(
      offset: place, byteCount: head.byteCount, logTime: bytes.number(), createTime: bytes.number(),
      dataByteCount: 0, name: bytes.shortText(), mediaType: bytes.shortText())
    dataByteCount = bytes.number()
    let left = head.contentCount.subtractingReportingOverflow(
      UInt64(content.count - bytes.leftCount + Self.checksumByteCount))
    guard !bytes.isDamaged, !left.overflow, dataByteCount == left.partialValue else { return nil }
  }
}

extension [UInt8] {
  /// Every offset at which `pattern` begins.
  fileprivate func places(of pattern: [UInt8]) -> [Int] {
    guard let first = pattern.first else { return [] }
    var places: [Int] = []
    withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var place = 0
      while place <= bytes.count - pattern.count,
        let hit = memchr(base + place, Int32(first), bytes.count - pattern.count + 1 - place)
      {
        place = base.distance(to: UnsafeRawPointer(hit))
        if memcmp(hit, pattern, pattern.count) == 0 { places.append(place) }
        place += 1
      }
    }
    return places
  }
}
