internal import EventModel

/// What a session file holds and where, as found out by opening it.
struct RecordingIndex: Hashable {
  var header = MCAPHeader(profile: "", library: "")
  var channels: [UInt16: MCAPChannel] = [:]
  /// In the order of the file.
  var chunks: [MCAPChunkIndex] = []
  /// How many of them, from the first on, an index with a checksum speaks of; the others were found by a walk.
  var indexedChunkCount = 0
  var attachments: [MCAPAttachmentIndex] = []
  /// Places of metadata records; of an unclosed file those behind its last inline index.
  var metadata: [Range<UInt64>] = []
  /// False: it was never finished, or its end is damaged; `chunks` is what could be found.
  var isClosed = false
  /// Where what can be read ends.
  var dataEnd: UInt64 = 0
  /// Places that could not be understood, in the order of the file.
  var holes: [RecordingHole] = []

  mutating func add(_ channel: MCAPChannel) { channels[channel.id] = channel }
}

/// A stretch of the file that says nothing any more.
struct RecordingHole: Hashable {
  var range: Range<UInt64>
  var reason: String
}

extension RecordingIndex {
  /// Reads as little as there is need for: the two ends of a closed file; of another its inline indexes and what comes
  /// after the last one.
  ///
  /// Throws when it is not an MCAP file, or cannot be read at all; damage is told in `holes`.
  init(_ bytes: some StoredBytes) throws(RecordingError) {
    let start = try readHead(bytes)
    if try readSummary(bytes) { return }
    try readInlineIndexes(bytes)
    try walk(bytes, from: max(start, dataEnd))
  }

  /// Returns where the records after the header begin.
  private mutating func readHead(_ bytes: some StoredBytes) throws(RecordingError) -> UInt64 {
    let head = try bytes.read(at: 0, count: 1 << 16)
    if !head.starts(with: MCAPFormat.magic), try holdsChunk(bytes) {
      let magic = 0..<UInt64(MCAPFormat.magic.count)
      holes.append(RecordingHole(range: magic, reason: "the file's first bytes are damaged"))
    } else if !head.starts(with: MCAPFormat.magic) {
      throw RecordingError(
        offset: 0, reason: "this is not an MCAP file: it begins with other bytes",
        remedy: "name a session file that Triptych or another writer of MCAP has made")
    }
    let place = UInt64(MCAPFormat.magic.count)
    guard let record = RecordHead(head[Int(place)...]), record.opcode == MCAPOpcode.header.rawValue,
      let header: MCAPHeader = head.content(of: record, at: place)
    else {
      holes.append(RecordingHole(range: place..<place, reason: "the header cannot be understood"))
      return place
    }
    self.header = header
    return place + record.byteCount
  }

  /// Whether a chunk near the beginning, whole to its last byte, says that these were MCAP's bytes.
  private func holdsChunk(_ bytes: some StoredBytes) throws(RecordingError) -> Bool {
    guard let chunk = try Self.firstChunk(bytes) else { return false }
    return (try? ChunkContents(bytes, chunk)) != nil
  }

  /// False when there is none that can be believed.
  private mutating func readSummary(_ bytes: some StoredBytes) throws(RecordingError) -> Bool {
    let endCount = UInt64(MCAPFormat.footerByteCount + MCAPFormat.magic.count)
    guard bytes.byteCount >= endCount else { return false }
    let footerPlace = bytes.byteCount - endCount
    let end = try bytes.read(footerPlace..<bytes.byteCount)
    guard end.suffix(MCAPFormat.magic.count).elementsEqual(MCAPFormat.magic), let head = RecordHead(end[...]),
      head.opcode == MCAPOpcode.footer.rawValue, head.byteCount == UInt64(MCAPFormat.footerByteCount),
      let footer: MCAPFooter = end.content(of: head, at: 0), footer.summaryStart > 0,
      footer.summaryStart <= footerPlace, footerPlace - footer.summaryStart <= Self.summaryLimit
    else { return false }
    let summary = try bytes.read(footer.summaryStart..<footerPlace)
    guard footer.summaryCRC == 0 || footer.summaryCRC == FileSummary.checksum(summary[...], end) else {
      return false
    }
    var found = self
    guard found.takeSummary(summary) else { return false }
    found.isClosed = true
    found.indexedChunkCount = found.chunks.count
    found.dataEnd = footer.summaryStart
    self = found
    return true
  }

  /// More would be the index of some hundred terabytes.
  private static let summaryLimit: UInt64 = 1 << 30

  /// False when a record of it cannot be understood.
  private mutating func takeSummary(_ summary: [UInt8]) -> Bool {
    var place = 0
    while place < summary.count {
      guard let head = RecordHead(summary[place...]), head.byteCount <= UInt64(summary.count - place) else {
        return false
      }
      guard take(head, summary, at: UInt64(place)) else { return false }
      place += Int(head.byteCount)
    }
    return true
  }

  private mutating func take(_ head: RecordHead, _ bytes: [UInt8], at place: UInt64) -> Bool {
    switch MCAPOpcode(rawValue: head.opcode) {
    case .channel: add(bytes.content(of: head, at: place)) { $0.add($1) }
    case .chunkIndex: add(bytes.content(of: head, at: place)) { $0.chunks.append($1) }
    case .attachmentIndex: add(bytes.content(of: head, at: place)) { $0.attachments.append($1) }
    case .metadataIndex:
      add(bytes.content(of: head, at: place)) { (index: inout Self, record: MCAPMetadataIndex) in
        let (end, isTooFar) = record.offset.addingReportingOverflow(record.byteCount)
        if !isTooFar { index.metadata.append(record.offset..<end) }
      }
    default: true
    }
  }

  private mutating func add<Record>(_ record: Record?, _ body: (inout Self, Record) -> Void) -> Bool {
    guard let record else { return false }
    body(&self, record)
    return true
  }
}

/// In front of each record.
struct RecordHead: Hashable {
  var opcode: UInt8
  /// Of the content.
  var contentCount: UInt64

  /// `nil` when there are not enough bytes, or they cannot be a record's.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= MCAPFormat.recordHeadCount, let opcode = bytes.first, opcode != 0 else { return nil }
    self.opcode = opcode
    contentCount = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
    }
    guard contentCount < 1 << 62 else { return nil }
  }

  /// With the head itself.
  var byteCount: UInt64 { UInt64(MCAPFormat.recordHeadCount) + contentCount }
}

extension [UInt8] {
  /// The record behind `head`, which stands at `place`; `nil` when it is cut or makes no sense.
  func content<Record: MCAPRecord>(of head: RecordHead, at place: UInt64) -> Record? {
    guard place <= UInt64(count), head.byteCount <= UInt64(count) - place else { return nil }
    let start = Int(place) + MCAPFormat.recordHeadCount
    return self[start..<start + Int(head.contentCount)].withUnsafeBytes { Record(content: $0) }
  }
}
