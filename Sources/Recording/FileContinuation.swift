internal import Crypto
internal import EventModel

/// Where a closed session file can be gone on with, by its recorder or somebody else: behind its last chunk, in place of
/// the end of data and the summary, which follow from what stands before them.
struct FileContinuation {
  let summary: FileSummary
  /// Behind the last chunk, or what stands behind that.
  let dataEnd: UInt64
  let auditChannel: UInt16
  /// The one with which the recorder has closed the file, and its digest.
  let audit: AuditRecord
  let auditDigest: Digest
  /// Of the chunk in which it lies.
  let lastChunkDigest: Digest

  /// Reads the two ends of the file.
  ///
  /// Throws when there is no such place: it is not ours, was never closed, is damaged at its end, or redacted.
  init(_ bytes: some StoredBytes) throws(RecordingError) {
    let index = try RecordingIndex(bytes)
    func refusal(_ reason: String) -> RecordingError {
      RecordingError(
        offset: index.dataEnd, reason: reason,
        remedy: "verify tells more; repair makes a closed copy of what can be read")
    }
    guard index.isClosed, index.holes.isEmpty, let last = index.chunks.last else {
      throw refusal("the file was never closed, or is damaged")
    }
    guard let part = try RecorderPart.all(in: bytes, index.metadata).last, part.auditChannel == nil else {
      throw refusal("another program has written this file, or somebody has redacted it")
    }
    auditChannel = index.auditChannel
    let contents = try ChunkContents(bytes, last)
    guard let message = contents.messages.last, message.channelID == auditChannel else {
      throw refusal("the recorder has not signed the end of the file")
    }
    let content = Array(contents.records[message.data])
    guard let audit = AuditRecord(content: content, signedBy: part.key), audit.isLast else {
      throw refusal("the recorder has not signed the end of the file")
    }
    self.audit = audit
    auditDigest = Digest(of: content)
    lastChunkDigest = Digest(of: try bytes.read(last.chunkOffset..<last.chunkOffset + last.chunkByteCount))
    var end = BytePacker()
    MCAPDataEnd(dataCRC: 0).append(to: &end)
    let endCount = UInt64(end.bytes.count)
    guard index.dataEnd > endCount,
      try bytes.read(index.dataEnd - endCount..<index.dataEnd) == end.bytes
    else { throw refusal("the data do not end as their recorder ends them") }
    dataEnd = index.dataEnd - endCount
    guard let summary = try FileSummary(index, bytes) else { throw refusal("the summary makes no sense") }
    self.summary = summary
  }
}

extension FileSummary {
  /// That of a closed file; `nil` when it says something that ours do not.
  fileprivate init?(_ index: RecordingIndex, _ bytes: some StoredBytes) throws(RecordingError) {
    channels = index.channels.values.sorted { $0.id < $1.id }
    // New ones get the numbers behind them.
    guard channels.map(\.id) == (0..<channels.count).map({ UInt16(clamping: $0 + 1) }) else { return nil }
    chunks = index.chunks
    attachments = index.attachments
    for place in index.metadata {
      let record = try bytes.read(place)
      guard let head = RecordHead(record[...]), let metadata: MCAPMetadata = record.content(of: head, at: 0)
      else {
        return nil
      }
      self.metadata.append(
        MCAPMetadataIndex(
          offset: place.lowerBound, byteCount: place.upperBound - place.lowerBound, name: metadata.name))
    }
    var place = index.dataEnd
    while let head = RecordHead(try bytes.read(at: place, count: MCAPFormat.recordHeadCount)[...]),
      head.opcode != MCAPOpcode.footer.rawValue
    {
      if head.opcode == MCAPOpcode.statistics.rawValue, head.byteCount <= 1 << 24 {
        let record = try bytes.read(place..<place + head.byteCount)
        guard let statistics: MCAPStatistics = record.content(of: head, at: 0) else { return nil }
        for each in statistics.channelMessageCounts {
          guard let count = Int(exactly: each.value) else { return nil }
          count > 0 ? self.count(count, of: each.channelID) : ()
        }
        return
      }
      place += head.byteCount
    }
    return nil
  }
}
