public import EventModel
internal import LogFormats
public import Recording

/// Copies what has been read of the sources, block by block, to be kept elsewhere. One thread at a time has it.
///
/// The bytes are read again from where they are, and compared with what was counted: of a file that was written over
/// meanwhile nothing false is kept. Memory: one block, and what a cursor of each source takes.
public final class SourceCopier {
  /// A stretch of a source, from a record's beginning or from where the copy before ended.
  public struct Piece {
    public var source: SourceID
    public var block: RecordedBlock
    /// Where the source goes on, in its own bytes.
    public var end: UInt64
  }

  /// Only blocks that may hold an event in it are copied. Made wider, what was left out before is looked at again.
  public var range: TimeRange {
    didSet { if range != oldValue { for key in places.keys { places[key]?.reconsider() } } }
  }

  /// What could not be copied, since the last look.
  public private(set) var problems: [SourceProblem] = []

  private let sources: LogSources
  private var places: [CursorPool.Key: Place] = [:]
  private var cursors: [CursorPool.Key: ByteCursor] = [:]
  /// What is there at the first look came before anybody copied: when, nobody knows.
  private var isFirstLook: Bool

  /// How far one generation of a source is copied.
  private struct Place {
    var nextBlock = 0
    /// Of the block at `nextBlock`, which was still growing.
    var copiedEnd: Int64 = .min
    var copiedCount = 0
    /// Blocks outside of the range.
    var leftOut: [Int] = []
    var waiting: [Int] = []
    var hasFailed = false

    mutating func reconsider() {
      waiting = (waiting + leftOut).sorted()
      leftOut = []
    }
  }

  private struct Job {
    var key: CursorPool.Key
    var store: ByteStore
    var base: Int64
    var block: Block
    /// Of the block, what has been copied before.
    var copiedEnd: Int64
    var copiedCount: Int
    var isAtRest: Bool
  }

  /// - Parameter sinceOpening: it begins with the sources: whatever comes has just arrived.
  public init(_ sources: LogSources, range: TimeRange = .everything, sinceOpening: Bool) {
    self.sources = sources
    self.range = range
    isFirstLook = !sinceOpening
  }

  /// Copies what is new, piece by piece, until `onPiece` returns false; the rest comes with the next call.
  public func copy(_ onPiece: (Piece) -> Bool) {
    for source in sources.sources {
      let (generations, currentIsLast) = source.shared.withLock { ($0.generations, $0.currentBlockIsLast) }
      let isAtRest = isFirstLook || !sources.options.follows
      for (number, generation) in generations.enumerated() {
        let key = CursorPool.Key(source: source.id, generation: number)
        let isGrowing = currentIsLast && number == generations.count - 1
        guard copy(generation, key, isAtRest: isAtRest, isGrowing: isGrowing, onPiece) else { return }
      }
    }
    isFirstLook = false
  }

  public func takeProblems() -> [SourceProblem] {
    defer { problems = [] }
    return problems
  }

  /// How `source` is written down; `nil` until its layout is known.
  public func channel(of source: SourceID) -> SourceChannel? {
    sources.sources.first { $0.id == source }?.channel
  }

  // MARK: - One generation

  private func copy(
    _ generation: Generation, _ key: CursorPool.Key, isAtRest: Bool, isGrowing: Bool,
    _ onPiece: (Piece) -> Bool
  ) -> Bool {
    var place = places[key] ?? Place()
    defer { places[key] = place }
    let blocks = generation.blocks
    // What came by rotation was written while somebody followed.
    let restingEnd = isAtRest ? .max : key.generation == 0 ? generation.restingEnd : .min
    let isFile = if case .spool = generation.store { false } else { true }
    while !place.hasFailed, let index = nextIndex(&place, blocks) {
      let block = blocks[index]
      let isNext = index == place.nextBlock
      let job = Job(
        key: key, store: generation.store, base: generation.base, block: block,
        copiedEnd: isNext ? place.copiedEnd : .min, copiedCount: isNext ? place.copiedCount : 0,
        isAtRest: isFile && block.end <= restingEnd || isFirstLook)
      let staysOpen = isGrowing && index == blocks.count - 1
      if isNext, staysOpen, block.end <= place.copiedEnd { return true }
      guard isWanted(index, of: blocks) else {
        // It may come into the range as it grows.
        if staysOpen { return true }
        place.leftOut.append(index)
        advance(&place, past: index)
        continue
      }
      let piece = piece(job)
      if let piece, !onPiece(piece) { return false }
      if piece == nil { place.hasFailed = generation.store.file != nil }
      if isNext, staysOpen {
        (place.copiedEnd, place.copiedCount) = (block.end, block.eventCount)
        return true
      }
      advance(&place, past: index)
    }
    return true
  }

  private func nextIndex(_ place: inout Place, _ blocks: [Block]) -> Int? {
    place.waiting.first ?? (place.nextBlock < blocks.count ? place.nextBlock : nil)
  }

  private func advance(_ place: inout Place, past index: Int) {
    if place.waiting.first == index { place.waiting.removeFirst() }
    guard index == place.nextBlock else { return }
    place.nextBlock += 1
    (place.copiedEnd, place.copiedCount) = (.min, 0)
  }

  /// The end of an event in the range may lie in the block behind it.
  private func isWanted(_ index: Int, of blocks: [Block]) -> Bool {
    if touches(blocks[index]) { return true }
    guard index > 0, blocks[index].firstEventAt > blocks[index].start else { return false }
    return touches(blocks[index - 1])
  }

  private func touches(_ block: Block) -> Bool {
    range == .everything
      || block.eventCount > 0 && block.lastTime >= range.start.nanoseconds
        && (block.firstTime < range.end.nanoseconds || range.end == .last)
  }

  // MARK: - Bytes

  /// `nil` when the bytes are not there any more, which is told.
  private func piece(_ job: Job) -> Piece? {
    let start = max(job.block.start, job.copiedEnd)
    let bytes: [UInt8]
    switch bytesOf(job) {
    case .success(let whole): bytes = Array(whole[Int(start - job.block.start)...])
    case .failure(let problem):
      problems.append(problem)
      return nil
    }
    let times =
      job.block.firstTime <= job.block.lastTime
      ? Timestamp(nanoseconds: job.block.firstTime)...Timestamp(nanoseconds: job.block.lastTime) : nil
    return Piece(
      source: job.key.source,
      block: RecordedBlock(
        generation: UInt32(clamping: job.key.generation), sourceOffset: UInt64(clamping: start),
        eventCount: UInt32(clamping: job.block.eventCount - job.copiedCount), times: times,
        isAtRest: job.isAtRest, bytes: bytes),
      end: UInt64(clamping: job.block.end))
  }

  private func bytesOf(_ job: Job) -> Result<[UInt8], SourceProblem> {
    let cursor = cursors[job.key] ?? ByteCursor(job.store)
    cursors[job.key] = cursor
    let wanted = job.block.byteCount
    var failure: ReadFailure?
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      while count < wanted {
        let space = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        do throws(ReadFailure) {
          let got = try cursor.read(at: job.block.start - job.base + Int64(count), into: space)
          if got == 0 { break }
          count += got
        } catch {
          failure = error
          break
        }
      }
    }
    if failure == nil, bytes.count == wanted,
      bytes.withUnsafeBytes({ BlockHasher.hash($0) }) == job.block.hash
    {
      return .success(bytes)
    }
    let name = sources.sources.first { $0.id == job.key.source }?.status.name ?? ForeignText("")
    return .failure(
      SourceProblem(
        source: job.key.source, place: name, byteOffset: job.block.start,
        reason: failure.map { "cannot be copied (\($0.reason))" }
          ?? "was changed after it was read: what is there now is not what was counted",
        remedy: "\(job.block.eventCount) events are counted, but not recorded"))
  }
}

extension Source {
  /// What is needed to read it again; `nil` until its layout is known.
  fileprivate var channel: SourceChannel? {
    let (status, decoder) = shared.withLock { ($0.status, $0.decoder) }
    guard let decoder else { return nil }
    let options = decoder.options
    let kind: SourceChannel.Kind =
      switch status.specification {
      case .standardInput, .path("-"): .stdin
      case .command: .command
      case .path: .path
      }
    var rules = BytePacker()
    if options.timeZone != .utc { options.timeZone.pack(into: &rules) }
    return SourceChannel(
      number: status.id.index + 1, kind: kind, name: status.name, layout: decoder.layout.name,
      fieldMap: options.fieldMap.entries.map { .init(part: $0.part, key: $0.key) },
      zoneName: options.timeZone.name, zoneRules: rules.bytes, modificationTime: options.modificationTime,
      defaultService: options.defaultService)
  }
}
