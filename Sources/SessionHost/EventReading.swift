public import EventMatrix
public import EventModel
public import LogFiles
internal import Synchronization

/// Sources read to their present end, and counted: what every subcommand without a screen starts from.
public struct EventReading: Sendable {
  /// Still there for raw events. Closed: no command runs any more and no file is followed.
  public let sources: LogSources
  /// The events of `range` that match the filter, and no others; empty where `cells` has them.
  public let matrix: EventMatrix
  /// The same events in buckets of one width, when that was asked for and a matrix of them was not there already.
  public let cells: BucketTable?
  /// The numbers that `matrix` uses.
  public let services: ServiceTable
  /// `matrix` or `cells` hold every event.
  private let countsEverything: Bool

  /// Opens `specifications` and waits until every file is read and every pipe and command has ended. Blocks.
  ///
  /// - Parameters:
  ///   - range: events outside of it are not counted.
  ///   - filter: `nil` counts all; otherwise every raw event is looked at a second time.
  ///   - countsEvents: `false` only reads, for who wants the raw events or the tallies alone.
  ///   - cellWidthNs: counts into `cells`, in buckets of this width, instead of `matrix`.
  public static func atRest(
    _ specifications: [SourceSpecification], options: ReadingOptions, range: TimeRange = .everything,
    filter: EventFilter? = nil, countsEvents: Bool = true, cellWidthNs: Int64? = nil
  ) -> EventReading {
    let counter = EventCounter(range: range, cellWidthNs: cellWidthNs)
    let countsOnArrival = countsEvents && filter == nil
    var options = options
    options.countsEvents = countsOnArrival
    options.bucketWidthNs = range == .everything ? cellWidthNs : nil
    let sources = LogSources(options: options) { update in
      if countsOnArrival { counter.take(update) }
    }
    sources.open(specifications)
    sources.waitUntilRead()
    sources.close()
    if countsEvents, let filter {
      _ = sources.scan(RawQuery(range: range, filter: filter)) { columns, _ in counter.add(columns) }
    }
    let (matrix, cells) = counter.counts
    return EventReading(
      sources: sources, matrix: matrix, cells: cells, services: sources.services,
      countsEverything: countsOnArrival && range == .everything)
  }

  /// Keeps what was read for the next time. Call it when the answer has been printed.
  public func keepIndex() {
    guard countsEverything else { return }
    guard let cells else {
      sources.keepIndex(counts: matrix)
      return
    }
    if let source = sources.statuses.first?.id, let counts = cells.bucketCounts(of: source) {
      sources.keepBuckets(counts)
    }
  }

  /// Sources that could be opened, whatever came of them.
  public var statuses: [SourceStatus] { sources.statuses }

  /// What a person should know, in the order of the sources, those that could not be opened first; at most
  /// `limitPerSource` of each source.
  public func problems(limitPerSource: Int = 3) -> [SourceProblem] {
    sources.openingProblems
      + statuses.flatMap { status -> [SourceProblem] in
        let shown = status.problems.prefix(limitPerSource)
        let hidden = status.problemCount - shown.count
        guard hidden > 0 else { return Array(shown) }
        return shown + [
          SourceProblem(source: status.id, place: status.name, reason: "\(hidden) more of these")
        ]
      }
  }
}

/// Counts the events of a time range as they come from the reading threads.
private final class EventCounter: Sendable {
  private let range: TimeRange
  private let progress: Mutex<Counts>

  private struct Counts {
    var matrix = EventMatrix()
    var cells: BucketTable?
  }

  init(range: TimeRange, cellWidthNs: Int64?) {
    self.range = range
    progress = Mutex(Counts(cells: cellWidthNs.map { BucketTable(widthNs: $0) }))
  }

  /// What has been counted; either of them has all of it.
  var counts: (matrix: EventMatrix, cells: BucketTable?) {
    progress.withLock { counts in
      counts.matrix.settle()
      guard var cells = counts.cells, !cells.isEmpty || counts.matrix.eventCount == 0 else {
        return (counts.matrix, nil)
      }
      cells.add(counts.matrix)
      return (EventMatrix(), cells)
    }
  }

  func take(_ update: SourceUpdate) {
    switch update {
    case .events(let columns): add(columns)
    // A matrix answers for any width as it is: its cells are asked for only beside those of other events.
    case .counted(let source, let matrix):
      progress.withLock { $0.matrix.takeOver(matrix, of: source, in: range) }
    case .bucketed(let kept): progress.withLock { $0.cells?.add(kept) }
    case .gap(let gap): progress.withLock { $0.matrix.add(gap) }
    default: break
    }
  }

  func add(_ columns: EventColumns) {
    let inside = range == .everything ? columns : columns.within(range)
    progress.withLock { counts in
      if counts.cells?.add(inside) == nil { counts.matrix.add(inside) }
    }
  }
}

extension EventColumns {
  /// The events of `range`, in the same order.
  fileprivate func within(_ range: TimeRange) -> EventColumns {
    let bounds = range.start.nanoseconds..<range.end.nanoseconds
    if times.allSatisfy({ bounds.contains($0) }) { return self }
    var inside = EventColumns(source: source)
    for index in times.indices where bounds.contains(times[index]) {
      inside.append(
        time: Timestamp(nanoseconds: times[index]), service: services[index], severity: severities[index])
    }
    return inside
  }
}
