internal import Compression
internal import EventModel

// What follows from the chunks, and is there to find them sooner: indexes, the summary; and attachments, which have
// nothing but a checksum.

extension RecordingProof {
  /// Where the indexes of a chunk's messages are not those of its messages.
  static func indexFinding(
    _ contents: ChunkContents, _ index: MCAPChunkIndex, _ bytes: some StoredBytes
  ) throws(RecordingError) -> Finding? {
    let expected = contents.messageIndexes(at: index.chunkOffset + index.chunkByteCount).bytes
    let start = index.chunkOffset + index.chunkByteCount
    let found = try bytes.read(at: start, count: expected.count)
    // Of a file that was cut here, some are missing.
    guard found != expected, found.count == expected.count || !expected.starts(with: found) else {
      return nil
    }
    return Finding(offset: start, reason: "the index of this chunk's messages is not what follows from them")
  }

  /// Walks over the records outside of chunks.
  static func derivedFindings(
    _ walked: RecordingIndex, _ opened: RecordingIndex, _ bytes: some StoredBytes
  ) throws(RecordingError) -> [Finding] {
    var findings: [Finding] = []
    if opened.isClosed, opened.chunks != walked.chunks || opened.attachments != walked.attachments {
      findings.append(
        Finding(offset: opened.dataEnd, reason: "the summary does not agree with what stands before it"))
    }
    var holes = walked.holes[...]
    var place = UInt64(MCAPFormat.magic.count)
    while place < walked.dataEnd {
      if let hole = holes.first, hole.range.lowerBound == place {
        holes.removeFirst()
        place = hole.range.upperBound
        continue
      }
      guard let head = RecordHead(try bytes.read(at: place, count: MCAPFormat.recordHeadCount)[...]) else {
        break
      }
      if let reason = try fault(of: head, at: place, bytes) {
        findings.append(Finding(offset: place, reason: reason))
      }
      place += head.byteCount
    }
    if opened.isClosed, try !isDataEnd(at: place, before: opened.dataEnd, bytes) {
      findings.append(Finding(offset: place, reason: "the data do not end here as their recorder ends them"))
    }
    return findings
  }

  private static func isDataEnd(
    at place: UInt64, before summaryStart: UInt64, _ bytes: some StoredBytes
  ) throws(RecordingError) -> Bool {
    var expected = BytePacker()
    MCAPDataEnd(dataCRC: 0).append(to: &expected)
    let found = try bytes.read(at: place, count: expected.bytes.count)
    return place + UInt64(found.count) == summaryStart && found == expected.bytes
  }

  private static func fault(
    of head: RecordHead, at place: UInt64, _ bytes: some StoredBytes
  ) throws(RecordingError) -> String? {
    func content() throws(RecordingError) -> [UInt8] {
      try bytes.read(place + UInt64(MCAPFormat.recordHeadCount)..<place + head.byteCount)
    }
    guard head.contentCount <= ChunkContents.byteLimit else { return "a record is larger than any of ours" }
    switch MCAPOpcode(rawValue: head.opcode) {
    case .attachment:
      let stored = try content()
      let isWhole = stored.withUnsafeBytes { stored in
        guard let attachment = MCAPAttachment(content: stored), stored.count >= 4 else { return false }
        return CRC32.of(UnsafeRawBufferPointer(rebasing: stored.dropLast(4))) == attachment.crc
      }
      return isWhole ? nil : "the checksum of an attachment is not that of its bytes"
    case nil where head.opcode == InlineIndex.opcode:
      let isWhole = try content().withUnsafeBytes { InlineIndex(content: $0) != nil }
      return isWhole ? nil : "an index in the middle of the file is damaged"
    case .header, .metadata, .chunk, .messageIndex: return nil
    default: return "a record of a kind that no recorder of ours writes here"
    }
  }
}

extension ChunkContents {
  /// The indexes of its messages, to stand at `offset`, right behind the chunk; and where each of them begins.
  func messageIndexes(at offset: UInt64) -> (bytes: [UInt8], places: [MCAPCount]) {
    var entries: [UInt16: [MCAPMessageIndex.Entry]] = [:]
    for message in messages {
      let start = message.data.lowerBound - MCAPMessage.headCount - MCAPFormat.recordHeadCount
      entries[message.channelID, default: []].append(
        MCAPMessageIndex.Entry(logTime: message.logTime, offset: UInt64(start)))
    }
    var packer = BytePacker()
    var places: [MCAPCount] = []
    for (channelID, entries) in entries.sorted(by: { $0.key < $1.key }) {
      places.append(MCAPCount(channelID: channelID, value: offset + UInt64(packer.bytes.count)))
      MCAPMessageIndex(channelID: channelID, entries: entries).append(to: &packer)
    }
    return (packer.bytes, places)
  }
}
