internal import EventModel
internal import LogFormats

/// One source of the session: what its reader writes and everybody else reads.
final class Source: Sendable {
  let id: SourceID
  let shared: Monitor<Shared>

  struct Shared {
    var status: SourceStatus
    /// As it was when the last blocks were added; for reading again.
    var decoder: LogDecoder?
    /// The session's number of each of the decoder's services.
    var serviceMap: [ServiceID] = []
    var generations: [Generation] = []
    var currentBlockIsLast = false
    /// Of a file, before it was read.
    var fileStatus: FileStatus?
    /// The same, if it had not been written for so long that the next write shows in its times.
    var settledStatus: FileStatus?
    /// How much of it the index cache knows; 0 when nothing.
    var keptEnd: Int64 = 0
    /// How much there was when it could not be kept.
    var refusedEnd: Int64 = 0
  }

  init(id: SourceID, specification: SourceSpecification, name: ForeignText) {
    self.id = id
    shared = Monitor(Shared(status: SourceStatus(id: id, specification: specification, name: name)))
  }

  var status: SourceStatus { shared.withLock { $0.status } }
}

/// The bytes of a source from one opening on: rotation, truncation and rewriting start another one.
struct Generation: Sendable {
  let store: ByteStore
  /// Added to an offset in the store, it is an offset in the source.
  let base: Int64
  var blocks: [Block] = []
  /// When it was noticed that the bytes have been replaced; `nil` while they stand.
  var changedAt: Timestamp?
  /// What the system said of the file before its first byte was read and after its last one; `nil` unless it said the
  /// same, and had not for a while: then bytes can only change when this does.
  var settledStatus: FileStatus?
  /// In the source: what lies before it was there when the file was opened, nobody saw it arrive. All of a compressed
  /// file, nothing of a pipe.
  let restingEnd: Int64

  init(store: ByteStore, base: Int64) {
    self.store = store
    self.base = base
    restingEnd =
      switch store {
      case .plain(let file): base + (file.status?.size ?? 0)
      case .gzip, .zstd, .recorded: .max
      case .spool: .min
      }
  }
}

extension Generation {
  /// Whether the system vouches for every byte that was read.
  var isUntouched: Bool {
    guard let settledStatus, changedAt == nil else { return false }
    return store.file?.status == settledStatus
  }
}

extension Source.Shared {
  /// Adds what a reader has been through since the last call.
  mutating func add(_ new: (finished: [Block], current: Block?), decoder: LogDecoder, map: [ServiceID]) {
    self.decoder = decoder
    if map.count != serviceMap.count { serviceMap = map }
    guard !generations.isEmpty else { return }
    let last = generations.count - 1
    if currentBlockIsLast { generations[last].blocks.removeLast() }
    generations[last].blocks += new.finished
    if let current = new.current { generations[last].blocks.append(current) }
    currentBlockIsLast = new.current != nil
  }

  mutating func begin(_ generation: Generation) {
    generations.append(generation)
    currentBlockIsLast = false
  }

  mutating func add(_ problem: SourceProblem) {
    status.problemCount += 1
    if status.problems.count < SourceStatus.problemLimit { status.problems.append(problem) }
  }

  /// One problem for all times that are none here, with their number so far: whose clock was wrong mostly stays wrong.
  mutating func tellTimeOutOfRange(place: ForeignText) {
    let count = status.tally.timeOutOfRangeCount
    guard count > 0, let byteOffset = status.tally.timeOutOfRangeAt else { return }
    let problem = SourceProblem(
      source: status.id, place: place, byteOffset: byteOffset,
      reason: (count == 1
        ? "1 event has a time outside the years 1677 to 2262; it stands"
        : "\(count) events, this the first, have times outside the years 1677 to 2262; each stands")
        + " at the time of the event before it, or of the file where there is none",
      remedy: Self.clockRemedy)
    if let index = status.problems.firstIndex(where: { $0.remedy == Self.clockRemedy }) {
      status.problems[index] = problem
    } else {
      add(problem)
    }
  }

  private static var clockRemedy: String { "see how the clock of the program that wrote it was set" }
}
