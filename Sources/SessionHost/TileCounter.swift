internal import EventMatrix
public import EventModel
public import LogFiles
internal import Synchronization

/// Counts what is recorded in buckets that become wider as their number grows, for whoever opens the recording.
public final class TileCounter: Sendable {
  fileprivate struct Contents {
    var table: BucketTable
    var eventCount = 0
  }

  private let contents: Mutex<Contents>

  /// Each width is a multiple of the one before; seconds.
  private static let ladder: [Int64] = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400]
  private static let secondNs: Int64 = 1_000_000_000
  /// Half a megabyte in the file.
  private static let cellLimit = 1 << 17
  /// A few thousandths of a file, and never more than what the events themselves would take.
  private static let eventsPerCell = 16
  /// As many columns as any screen shows, some screens deep.
  private static let columnCount: Int64 = 4096

  public convenience init() { self.init(widthNs: Self.secondNs) }

  private init(widthNs: Int64) { contents = Mutex(Contents(table: BucketTable(widthNs: widthNs))) }

  /// Of what a session has counted, in `range`.
  convenience init(_ matrix: EventMatrix, in range: TimeRange) {
    let span = matrix.timeRange.map {
      max(0, min($0.end, range.end).nanoseconds - max($0.start, range.start).nanoseconds)
    }
    let least = (span ?? 0) / Self.columnCount
    self.init(widthNs: Self.ladder.map { $0 * Self.secondNs }.first { $0 >= least } ?? least)
    contents.withLock { contents in
      contents.table.add(matrix, in: range)
      contents.eventCount = contents.table.eventCount
    }
  }

  public func take(_ update: SourceUpdate) {
    contents.withLock { contents in
      switch update {
      case .events(let events):
        contents.table.add(events)
        contents.eventCount += events.count
        // What it may grow to between two looks.
        if contents.table.cellCount > 2 * Self.cellLimit { contents.widen(to: Self.cellLimit) }
      case .counted(_, let matrix):
        contents.table.add(matrix)
        contents.eventCount += matrix.eventCount
      default: break
      }
    }
  }

  /// What there is to attach; `nil` where a reader would gain nothing.
  ///
  /// - Parameter names: of all services counted.
  public func tiles(names: [ForeignText]) -> RecordedTiles? {
    contents.withLock { contents -> RecordedTiles? in
      guard contents.eventCount >= RecordedTiles.leastEventCount else { return nil }
      contents.table.settle()
      contents.widen(to: min(Self.cellLimit, contents.eventCount / Self.eventsPerCell))
      return contents.table.bucketCounts(of: SourceID(rawValue: 0)).map {
        RecordedTiles(names: names, counts: $0)
      }
    }
  }
}

extension TileCounter.Contents {
  fileprivate mutating func widen(to cellLimit: Int) {
    table.settle()
    while table.cellCount > cellLimit, let wider = TileCounter.width(after: table.widthNs),
      let counts = table.bucketCounts(of: SourceID(rawValue: 0))
    {
      table = BucketTable(widthNs: wider)
      table.add(counts)
      table.settle()
    }
  }
}

extension TileCounter {
  /// `nil` where the widest has been reached: a bucket of centuries.
  fileprivate static func width(after widthNs: Int64) -> Int64? {
    if let next = ladder.first(where: { $0 * secondNs > widthNs && $0 * secondNs % widthNs == 0 }) {
      return next * secondNs
    }
    let (double, isTooWide) = widthNs.multipliedReportingOverflow(by: 2)
    return isTooWide ? nil : double
  }
}
