// EventMatrix: counts of events on three axes, time x service x severity.
// Pure values: no I/O, no clock, no drawing, and no string anywhere. Imports EventModel only.

public import EventModel

/// Counts of events, exact at every zoom (DESIGN §3). A value: a snapshot shares its chunks with the original.
public struct EventMatrix: Sendable {
  public init() {}

  /// Events added so far and not evicted.
  public var eventCount: Int { 0 }

  /// From the first event to just after the last; `nil` while there is none.
  public var timeRange: TimeRange? { nil }

  /// One more than the largest service number added.
  public var serviceCount: Int { 0 }

  /// Adds events in any order of time. O(events) when they come roughly in order.
  public mutating func add(_ events: EventColumns) {}

  /// Marks a named hole in a source.
  public mutating func add(_ gap: CoverageGap) {}

  /// Counts per column, row and severity. O(columns x cells on screen); does not depend on the number of events
  /// unless columns are finer than the base bucket, then on the events in view.
  public func counts(_ query: MatrixQuery) -> MatrixCounts { MatrixCounts(query: query) }
}

/// Equal columns of time: column `n` covers `start + n * widthNs ..< start + (n + 1) * widthNs`.
public struct TimeColumns: Hashable, Sendable {
  public var start: Timestamp
  public var widthNs: Int64
  public var count: Int

  public init(start: Timestamp, widthNs: Int64, count: Int) {
    precondition(widthNs > 0 && count >= 0, "\(count) columns of \(widthNs) ns")
    self.start = start
    self.widthNs = widthNs
    self.count = count
  }

  public func range(ofColumn column: Int) -> TimeRange {
    TimeRange(start: edge(column), end: edge(column + 1))
  }

  /// Where column `n` starts, clamped to the ends of time.
  public func edge(_ column: Int) -> Timestamp {
    let (offset, overflow) = Int64(column).multipliedReportingOverflow(by: widthNs)
    return overflow ? (column < 0 ? .first : .last) : start.advanced(byNanoseconds: offset)
  }

  public var range: TimeRange { TimeRange(start: edge(0), end: edge(count)) }
}

/// What to count.
public struct MatrixQuery: Sendable {
  public var columns: TimeColumns
  /// The row of each service (by service number); -1 leaves it out. Services beyond the end are left out.
  /// Several services in one row are summed: a folded branch of the tree.
  public var rowOfService: [Int32]
  public var rowCount: Int
  public var severities: SeveritySet

  public init(columns: TimeColumns, rowOfService: [Int32], rowCount: Int, severities: SeveritySet = .all) {
    self.columns = columns
    self.rowOfService = rowOfService
    self.rowCount = rowCount
    self.severities = severities
  }
}

/// The answer to a `MatrixQuery`: `counts[(row * columnCount + column) * Severity.bandCount + severity]`.
public struct MatrixCounts: Sendable {
  public var columnCount: Int
  public var rowCount: Int
  public var counts: [UInt32]
  /// Row-major; what is known about the cell besides its count.
  public var presence: [Presence]

  /// No data, zero (or more) and a named hole: three different things (DESIGN §3).
  public enum Presence: UInt8, Hashable, Sendable {
    /// Outside first..last event of every source that the row's services appear in.
    case noData
    case covered
    case gap
  }

  init(query: MatrixQuery) {
    columnCount = query.columns.count
    rowCount = query.rowCount
    counts = Array(repeating: 0, count: query.columns.count * query.rowCount * Severity.bandCount)
    presence = Array(repeating: .noData, count: query.columns.count * query.rowCount)
  }

  public subscript(row: Int, column: Int, severity: Severity) -> UInt32 {
    counts[(row * columnCount + column) * Severity.bandCount + Int(severity.rawValue)]
  }
}

/// A named hole in a source.
public struct CoverageGap: Hashable, Sendable {
  public enum Reason: UInt8, Hashable, Sendable { case unreadable, missingBatch, dropped, paused }

  public var source: SourceID
  public var range: TimeRange
  public var reason: Reason

  public init(source: SourceID, range: TimeRange, reason: Reason) {
    self.source = source
    self.range = range
    self.reason = reason
  }
}
