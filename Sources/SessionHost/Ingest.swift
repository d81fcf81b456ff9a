internal import EventMatrix
internal import EventModel
internal import LogFiles
internal import LogFormats
internal import SceneGraph
internal import Session
internal import Synchronization

/// Turns what the readers tell into snapshots for the session.
final class Ingest: Sendable {
  fileprivate struct Contents {
    var matrix = EventMatrix()
    var services = ServiceTable()
    /// Through every rotation of a source.
    var eventCounts: [SourceID: Int] = [:]
    var statuses: [SourceStatus] = []
    var openingProblems: [SourceProblem] = []
    var isAtRest = false
    /// How many events there were when everything had been read for the first time.
    var restingCount: Int?
    var isDirty = false
    /// What has come should be on screen at once, not with the next data.
    var isUrgent = false
    /// The last snapshot had more unsorted events than it should; the next events find them sorted.
    var isUnsettled = false
    var retention = Retention()
    var retainedMs: Int64 = 0
    /// When and where the rate was taken last.
    var rateMs: Int64?
    var rateByteCount: Int64 = 0
    var bytesPerSecond: Int64 = 0
    var rateEventCount = 0
    var eventsPerSecond = 0
    var isLoading = false
    /// What the sources may hold, until they have been read.
    var sample: SampledCounts?
    /// Told once, to whoever looks.
    var notes: [SourceProblem] = []
  }

  private let contents = Mutex(Contents())
  private let onChange: @Sendable () -> Void

  private let memoryLimit: Int
  /// Ages out old counts; a file's counts stay while they fit the memory, since the file stays as well.
  private static let retentionIntervalMs: Int64 = 2000
  /// Each of the many questions of a frame looks at every unsorted event, and each copy of the matrix copies them.
  private static let unsettledLimit = 16_384

  /// `onChange` is called from the reading threads.
  init(memoryLimit: Int, onChange: @escaping @Sendable () -> Void) {
    self.memoryLimit = memoryLimit
    self.onChange = onChange
  }

  func take(_ update: SourceUpdate) {
    let isNews = contents.withLock { contents in
      let wasKnown = contents.isDirty
      contents.isDirty = true
      if contents.rateMs == nil { contents.rateMs = WallClock.monotonicMs }
      switch update {
      case .opened(let status), .status(let status), .ended(let status):
        contents.isAtRest = false
        // Known before its sources were.
        if let sample = contents.sample, contents.statuses.count < sample.sources.count {
          contents.isUrgent = true
        }
        contents.set(status)
      case .services(let services): contents.services = services
      case .events(let columns):
        // Here and not in the snapshot: keys never wait for it.
        if contents.isUnsettled { contents.matrix.settleOlder() }
        contents.isUnsettled = false
        contents.matrix.add(columns)
        contents.eventCounts[columns.source, default: 0] += columns.count
      case .counted(let source, let matrix):
        contents.eventCounts[source, default: 0] += matrix.eventCount
        contents.matrix.takeOver(matrix, of: source)
      // Never asked for: a screen shows any width.
      case .bucketed: break
      case .sampled(let sample):
        if !contents.isAtRest { contents.sample = sample }
        contents.isUrgent = true
      case .note(let note): contents.notes.append(note)
      case .gap(let gap): contents.matrix.add(gap)
      case .problem(let problem):
        if problem.source == nil { contents.openingProblems.append(problem) }
      case .allAtRest:
        contents.isAtRest = true
        contents.isUrgent = true
        if contents.restingCount == nil { contents.restingCount = contents.matrix.eventCount }
        contents.sample = nil
        contents.matrix.settle()
      }
      return !wasKnown || contents.isUrgent
    }
    // Who knows that there is more looks at it in time.
    if isNews { onChange() }
  }

  /// The last snapshot said that something is being loaded; without news it is out of date after a second.
  var isLoading: Bool { contents.withLock { $0.isLoading } }

  var isDirty: Bool { contents.withLock { $0.isDirty } }

  /// News that should not wait for the next look: the first picture of a file, and the last one.
  var isUrgent: Bool { contents.withLock { $0.isUrgent } }

  /// Events have come since everything had been read, or it never has been.
  var hasGrown: Bool { contents.withLock { $0.restingCount != $0.matrix.eventCount } }

  /// Over the last half second or more.
  var eventsPerSecond: Int { contents.withLock { $0.eventsPerSecond } }

  /// What is to be said once.
  func takeNotes() -> [SourceProblem] {
    contents.withLock { contents in
      defer { contents.notes = [] }
      return contents.notes
    }
  }

  /// Of everything that has been told so far.
  var counts: EventMatrix { contents.withLock { $0.matrix } }

  /// Of what has been told so far, for a recording of it.
  func tiles(in range: TimeRange) -> RecordedTiles? {
    let (matrix, services) = contents.withLock { ($0.matrix, $0.services) }
    return TileCounter(matrix, in: range).tiles(names: services.names)
  }

  /// Every source has been read to its present end, and a snapshot has told so.
  var isAtRest: Bool { contents.withLock { $0.isAtRest && !$0.isDirty } }

  /// The present state as the session takes it; nothing is dirty afterwards.
  func snapshot(isLive: Bool) -> SessionData {
    contents.withLock { contents in
      contents.isDirty = false
      contents.isUrgent = false
      contents.isUnsettled = contents.matrix.pendingCount > Self.unsettledLimit
      contents.measureRate()
      contents.retain(memoryLimit, everyMs: Self.retentionIntervalMs)
      contents.isLoading = contents.progress != nil
      let approximation = contents.approximation
      var data = SessionData(
        matrix: approximation?.matrix ?? contents.matrix, services: contents.services,
        sources: contents.summaries,
        loading: contents.progress, isLive: isLive, retention: contents.retention.note,
        approximation: approximation?.words)
      data.hasEnded = contents.hasEnded
      return data
    }
  }
}

extension Ingest.Contents {
  fileprivate mutating func set(_ status: SourceStatus) {
    if let index = statuses.firstIndex(where: { $0.id == status.id }) {
      statuses[index] = status
    } else {
      statuses.append(status)
      statuses.sort { $0.id < $1.id }
    }
  }

  fileprivate mutating func retain(_ memoryLimit: Int, everyMs: Int64) {
    let nowMs = WallClock.monotonicMs
    guard nowMs - retainedMs >= everyMs, let newest = matrix.timeRange?.end else { return }
    retainedMs = nowMs
    let isEndless = !statuses.isEmpty && statuses.allSatisfy { $0.bytesTotal == nil && $0.state == .reading }
    let isFeed = isEndless && newest > WallClock.now.advanced(byNanoseconds: -3_600_000_000_000)
    retention.apply(to: &matrix, memoryLimit: memoryLimit, isFeed: isFeed)
  }

  /// Files only come to rest: they may grow again.
  fileprivate var hasEnded: Bool { !statuses.isEmpty && statuses.allSatisfy { $0.state == .ended } }

  fileprivate var summaries: [SourceSummary] {
    statuses.map { status in
      var summary = SourceSummary(status)
      summary.eventCount = eventCounts[status.id] ?? 0
      return summary
    } + SourceSummary.unopened(openingProblems)
  }

  /// Bytes a second over the last half second or more.
  fileprivate mutating func measureRate() {
    let nowMs = WallClock.monotonicMs
    let byteCount = statuses.reduce(Int64(0)) { $0 + $1.bytesRead }
    let elapsedMs = nowMs - (rateMs ?? nowMs)
    guard elapsedMs >= (bytesPerSecond == 0 ? 50 : 500) else { return }
    bytesPerSecond = max(0, byteCount - rateByteCount) * 1000 / elapsedMs
    eventsPerSecond = Int(Int64(max(0, matrix.eventCount - rateEventCount)) * 1000 / elapsedMs)
    rateEventCount = matrix.eventCount
    rateMs = nowMs
    rateByteCount = byteCount
  }

  /// The sample, while there are no other sources than its own, and one of them is being read.
  fileprivate var approximation: (matrix: EventMatrix, words: Approximation)? {
    guard let sample, !isAtRest, statuses.allSatisfy({ sample.sources.contains($0.id) }),
      statuses.contains(where: { $0.state == .reading || $0.state == .waiting })
    else { return nil }
    return (
      sample.matrix,
      Approximation(
        eventCount: UInt64(sample.eventCount), basis: Approximation.Basis(sample.basis))
    )
  }

  fileprivate var progress: LoadProgress? {
    let reading = statuses.filter { $0.state == .reading || $0.state == .waiting }
    guard !isAtRest, !reading.isEmpty else { return nil }
    let byteCount = statuses.reduce(Int64(0)) { $0 + $1.bytesRead }
    let total = statuses.reduce(Int64?(0)) { sum, status in
      sum.flatMap { sum in status.bytesTotal.map { sum + $0 } }
    }
    // A stream that trickles is not being loaded: it is live.
    guard total != nil || bytesPerSecond >= 1_000_000 else { return nil }
    return LoadProgress(byteCount: byteCount, totalByteCount: total, bytesPerSecond: bytesPerSecond)
  }
}

extension Approximation.Basis {
  fileprivate init(_ basis: SampledCounts.Basis) {
    self =
      switch basis {
      case .sample(let byteCount, let total): .sample(byteCount: byteCount, totalByteCount: total)
      case .tiles(let widthNs): .tiles(widthNs: widthNs)
      }
  }
}

extension EventMatrix {
  /// Adds what an earlier session has counted; at no cost where there is nothing yet.
  mutating func takeOver(_ counted: EventMatrix, of source: SourceID, in range: TimeRange = .everything) {
    if eventCount == 0, timeRange == nil, range == .everything {
      self = counted
    } else {
      merge(counted, of: source, in: range)
    }
  }

  /// A hole between two events; one at either end of a source has no width and is told in words only.
  mutating func add(_ gap: SourceGap) {
    guard let start = gap.after ?? gap.before, let end = gap.before ?? gap.after, start < end else { return }
    add(CoverageGap(source: gap.source, range: TimeRange(start: start, end: end), reason: .unreadable))
  }
}

extension SourceSummary {
  /// What could not be opened stands in the list of sources as well, after those that could.
  static func unopened(_ problems: [SourceProblem]) -> [SourceSummary] {
    problems.enumerated().map { index, problem in
      SourceSummary(
        id: SourceID(rawValue: UInt32.max - UInt32(index)), name: problem.place, layout: "not open",
        problems: [ForeignText(problem.description)])
    }
  }

  init(_ status: SourceStatus) {
    let layout = status.layout?.name ?? status.state.name
    self.init(
      id: status.id, name: status.name,
      layout: layout + (status.compression.map { ", \($0)" } ?? ""), eventCount: status.tally.eventCount,
      withoutTimeCount: status.tally.withoutTimeCount, unparsableCount: status.tally.unparsableCount,
      problems: status.problems.suffix(5).map { ForeignText($0.description) })
    if case .path(let path) = status.specification { isPath = path != "-" } else { isPath = false }
  }
}
