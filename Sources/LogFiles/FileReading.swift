internal import EventModel
internal import LogFormats

/// Reads one file from its beginning to its present end.
struct FileReading {
  let reader: SourceReader
  let file: SourceOpener.FileToRead
  /// Lets another thread help, when one has time.
  let onHelpWanted: @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

  static let pieceByteCount = 1 << 20
  /// A file with less left than this is read sooner than shared.
  static let sharedByteCount: Int64 = 2 << 20

  /// - Returns: what to follow from here on; `nil` when nothing more is expected.
  func run() -> FollowedFile? {
    let hub = reader.hub
    reader.begin(file.store)
    var settled = settledStatus
    reader.source.shared.withLock { $0.settledStatus = settled }
    var isSampled = false
    // Hashing takes its time: until then the screen shows what the file itself looks like from afar.
    let restored = restore {
      tellSample()
      isSampled = true
    }
    switch restored {
    case .nothing: if !isSampled { tellSample() }
    case .buckets:
      finish(.atRest)
      return nil
    case .index(let isUntouched):
      // Nobody vouches for bytes that were counted before the last write.
      if !isUntouched { settled = nil }
      // Nobody can read on in the middle of compressed bytes, and nothing is appended to them.
      if file.store.compression != nil {
        if let settled { reader.settle(settled) }
        finish(.atRest)
        return nil
      }
    }
    let cursor = ByteCursor(file.store)
    while !hub.closing.isSet {
      let count: Int
      do throws(ReadFailure) {
        let offset = reader.endOffset
        count = try reader.fill(upTo: Self.pieceByteCount) { space throws(ReadFailure) in
          try cursor.read(at: offset, into: space)
        }
      } catch {
        return fail(error, cursor)
      }
      if count == 0 { break }
      reader.decode(isEnd: false)
      reader.deliver(storedOffset: storedOffset(cursor), total: total, state: .reading)
      if isWorthSharing {
        if let failure = share(cursor) { return fail(failure, cursor) }
        break
      }
    }
    if let settled, settled == file.store.file?.status { reader.settle(settled) }
    if hub.options.follows, file.store.compression == nil, !hub.closing.isSet { return follow() }
    finish(.atRest)
    return nil
  }

  /// Whether other threads are to help with the rest of the file. Decompressing always leaves decoding to another one.
  private var isWorthSharing: Bool {
    guard reader.hub.options.workerCount > 1 else { return false }
    if file.store.compression != nil { return true }
    return file.status.size - reader.endOffset >= Self.sharedByteCount
      && reader.makeAheadSeed(version: 0) != nil
  }

  private func share(_ cursor: ByteCursor) -> ReadFailure? {
    let isCompressed = file.store.compression != nil
    let size = file.status.size
    let threadCount = reader.hub.options.workerCount
    let reading = SharedReading(
      reader, reader.makeFeed(cursor, isCompressed: isCompressed), threadCount: threadCount,
      handsOver: isCompressed, total: { max(size, isCompressed ? 0 : $0) })
    for _ in 1..<threadCount { onHelpWanted { reading.work() } }
    reading.work()
    return reading.finish()
  }

  /// What the system says of the file now, if it has not been written for so long that another write would show.
  private var settledStatus: FileStatus? {
    let restNs = reader.hub.options.indexCache?.restNs ?? IndexCache.standardRestNs
    guard let status = file.store.file?.status, status.isSettled(restNs: restNs) else { return nil }
    return status
  }

  private func storedOffset(_ cursor: ByteCursor) -> Int64 {
    file.store.compression == nil ? reader.endOffset : cursor.storedOffset
  }

  private var total: Int64 { max(file.status.size, file.store.compression == nil ? reader.endOffset : 0) }

  private func follow() -> FollowedFile? {
    guard let open = file.store.file else { return nil }
    let followed = FollowedFile(
      reader, open, path: file.hasName ? file.path : nil, identity: file.status.identity)
    reader.deliver(storedOffset: reader.endOffset, total: total, state: .following)
    reader.compact()
    return followed
  }

  private func finish(_ state: SourceState) {
    reader.decode(isEnd: true)
    if reader.endOffset == 0, state == .atRest, !reader.hub.closing.isSet {
      reader.tell(SourceProblem(place: reader.name, reason: "the file is empty", remedy: nil))
    }
    reader.deliver(storedOffset: total, total: total, state: state)
    reader.compact()
    reader.hub.tell(.ended(reader.source.status))
  }

  /// What came before the failure is kept; the failure, and the hole it leaves, are told.
  private func fail(_ failure: ReadFailure, _ cursor: ByteCursor) -> FollowedFile? {
    reader.decode(isEnd: true)
    reader.deliver(storedOffset: storedOffset(cursor), total: total, state: .failed)
    let count = reader.source.status.tally.eventCount
    reader.tell(
      SourceProblem(
        place: reader.name, byteOffset: failure.byteOffset,
        reason: "\(failure.reason), after \(count) event\(count == 1 ? "" : "s")", remedy: failure.remedy))
    let status = reader.source.status
    reader.hub.tell(
      .gap(SourceGap(source: status.id, after: status.tally.last, before: nil, reason: failure.reason)))
    reader.compact()
    reader.hub.tell(.ended(status))
    return nil
  }
}
