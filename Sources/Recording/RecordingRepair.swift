internal import EventModel
internal import Glibc

/// A session file made whole again: closed, with a summary of everything that can be read.
///
/// All that stands between damaged places is copied as it is, to where it was: the chain of signatures goes on holding.
/// A damaged stretch becomes a record that readers skip, with its bytes in it. Nothing is added but what follows from
/// the chunks, so that no key is needed.
public struct RecordingRepair: Hashable, Sendable {
  /// Chunks that are in the new file.
  public private(set) var chunkCount = 0
  public private(set) var holes: [Hole] = []
  /// At the end, in the middle of a record: left out.
  public private(set) var cutByteCount: UInt64 = 0

  /// A stretch that cannot be read, in both files.
  public struct Hole: Hashable, Sendable {
    public var range: Range<UInt64>
    public var reason: String
  }

  /// What a damaged stretch becomes: a record of our own.
  static let opcode: UInt8 = 0x81
  private static let pieceByteCount: UInt64 = 1 << 20

  private var summary = FileSummary()
  /// Up to where the file is copied, and what comes between that and the summary: indexes that were cut off.
  private var end: UInt64 = 0
  private var rest: [UInt8] = []

  /// Reads the file at `path` and writes a new one. Throws where there is one already, where `path` is no session file
  /// of ours, and what the disk says; no file is left behind then.
  public init(of path: String, to output: String) throws(RecordingError) {
    let bytes = try FileBytes(path: path)
    try look(at: bytes)
    let descriptor = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw RecordingError(
        offset: 0, reason: "\(output) cannot be made (\(String(cString: strerror(errno))))",
        remedy: errno == EEXIST ? "choose another name: a recording is never overwritten" : nil)
    }
    defer { close(descriptor) }
    do throws(RecordingError) {
      try write(bytes, to: descriptor)
    } catch {
      unlink(output)
      throw error
    }
  }

  /// For tests: the new file's bytes.
  init(of bytes: some StoredBytes, into repaired: inout [UInt8]) throws(RecordingError) {
    try look(at: bytes)
    var place: UInt64 = 0
    while let piece = try piece(of: bytes, at: place) {
      repaired += piece
      place += UInt64(piece.count)
    }
    repaired += rest + summary.tail(at: end + UInt64(rest.count))
  }

  // MARK: - Looking

  private mutating func look(at bytes: some StoredBytes) throws(RecordingError) {
    let opened = try RecordingIndex(bytes)
    var walked = RecordingIndex()
    try walked.walk(bytes, from: UInt64(MCAPFormat.magic.count))
    guard try !RecorderPart.all(in: bytes, walked.metadata).isEmpty else {
      throw RecordingError(
        offset: 0, reason: "no recorder of ours has written this file",
        remedy: "mend other MCAP files with the tools of whoever wrote them")
    }
    end = walked.dataEnd
    for hole in walked.holes {
      if hole.range.upperBound == bytes.byteCount, hole.range.lowerBound >= walked.dataEnd {
        cutByteCount = hole.range.upperBound - hole.range.lowerBound
      } else {
        try add(hole.range, hole.reason)
      }
    }
    summary.channels = opened.channels.values.sorted { $0.id < $1.id }
    summary.attachments = walked.attachments
    summary.metadata = walked.metadata.map {
      MCAPMetadataIndex(
        offset: $0.lowerBound, byteCount: UInt64($0.count), name: RecordingEncoder.metadataName)
    }
    for index in walked.chunks { try take(index, bytes) }
    if !opened.isClosed { try mendLastIndexes(bytes) }
    holes.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  private mutating func take(_ index: MCAPChunkIndex, _ bytes: some StoredBytes) throws(RecordingError) {
    do throws(RecordingError) {
      let contents = try ChunkContents(bytes, index)
      let known = Set(summary.channels.map(\.id))
      summary.channels += contents.channels.filter { !known.contains($0.id) }
      for message in contents.messages { summary.count(1, of: message.channelID) }
      summary.chunks.append(index)
      chunkCount += 1
    } catch {
      let start = index.chunkOffset
      try add(start..<start + index.chunkByteCount + index.messageIndexByteCount, error.reason)
    }
  }

  /// A file that was cut may have lost the indexes of its last chunk.
  private mutating func mendLastIndexes(_ bytes: some StoredBytes) throws(RecordingError) {
    guard var last = summary.chunks.last else { return }
    let start = last.chunkOffset + last.chunkByteCount
    guard start + last.messageIndexByteCount == end else { return }
    let expected = try ChunkContents(bytes, last).messageIndexes(at: start)
    guard UInt64(expected.bytes.count) != last.messageIndexByteCount else { return }
    (end, rest) = (start, expected.bytes)
    last.messageIndexOffsets = expected.places
    last.messageIndexByteCount = UInt64(expected.bytes.count)
    summary.chunks[summary.chunks.count - 1] = last
  }

  private mutating func add(_ range: Range<UInt64>, _ reason: String) throws(RecordingError) {
    guard range.count >= MCAPFormat.recordHeadCount else {
      throw RecordingError(
        offset: range.lowerBound, reason: "too few bytes are damaged here to be passed over")
    }
    holes.append(Hole(range: range, reason: reason))
  }

  // MARK: - Writing

  private func write(_ bytes: some StoredBytes, to descriptor: Int32) throws(RecordingError) {
    var place: UInt64 = 0
    while let piece = try piece(of: bytes, at: place) {
      try write(piece, to: descriptor, at: place)
      place += UInt64(piece.count)
    }
    try write(rest + summary.tail(at: end + UInt64(rest.count)), to: descriptor, at: end)
    guard fsync(descriptor) == 0 else { throw Self.failure(at: end) }
  }

  /// The next bytes of the new file; `nil` where the summary follows.
  private func piece(of bytes: some StoredBytes, at place: UInt64) throws(RecordingError) -> [UInt8]? {
    guard place < end else { return nil }
    var piece = try bytes.read(place..<min(end, place + Self.pieceByteCount))
    for hole in holes {
      var head = BytePacker()
      head.put(Self.opcode)
      head.put(UInt64(hole.range.count - MCAPFormat.recordHeadCount))
      // The head may lie across two pieces.
      for (number, byte) in head.bytes.enumerated() {
        let target = hole.range.lowerBound + UInt64(number)
        if target >= place, target < place + UInt64(piece.count) { piece[Int(target - place)] = byte }
      }
    }
    return piece
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32, at place: UInt64) throws(RecordingError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written,
          off_t(place + UInt64(written)))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(at: place) }
      written += count
    }
  }

  private static func failure(at place: UInt64) -> RecordingError {
    RecordingError(
      offset: place, reason: "the new file cannot be written (\(String(cString: strerror(errno))))",
      remedy: "make room on the disk, or name another place")
  }
}
