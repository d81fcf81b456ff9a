public import EventModel

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
    let edge = Int128(start.nanoseconds) + Int128(column) * Int128(widthNs)
    return Timestamp(nanoseconds: Int64(clamping: edge))
  }

  public var range: TimeRange { TimeRange(start: edge(0), end: edge(count)) }

  /// The column that holds `time`, which must not lie before `start`; may be `count` or more.
  func column(of time: Int64) -> Int {
    // From one end of time to the other there are more nanoseconds than Int counts.
    Int(clamping: UInt64(bitPattern: time &- start.nanoseconds) / UInt64(widthNs))
  }
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

  /// Calls `body` with each service that has a row, in order. Mostly few of very many have one, so those without are
  /// passed over sixteen at a time.
  @inline(__always)
  func forEachService(_ body: (_ service: Int, _ row: Int32) -> Void) {
    rowOfService.withUnsafeBufferPointer { rows in
      let stride = 16
      for start in Swift.stride(from: 0, to: rows.count, by: stride) {
        let end = min(rows.count, start + stride)
        if end - start == stride {
          var all: Int32 = -1
          for service in start..<end { all &= rows[service] }
          // The sign bit of all: none has a row.
          if all < 0 { continue }
        }
        for service in start..<end where rows[service] >= 0 { body(service, rows[service]) }
      }
    }
  }

  /// The row of a service, -1 when it is left out.
  func row(ofService service: Int) -> Int {
    service < rowOfService.count ? Int(rowOfService[service]) : -1
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

  /// An empty answer: what a query is answered into, again and again.
  public init() {
    columnCount = 0
    rowCount = 0
    counts = []
    presence = []
  }

  /// Takes the shape of an answer to `query`. Counts are to be set after that; presence says that there is no data.
  mutating func reshape(for query: MatrixQuery) {
    columnCount = query.columns.count
    rowCount = query.rowCount
    let cellCount = columnCount * rowCount
    if counts.count != cellCount * Severity.bandCount {
      counts = Array(repeating: 0, count: cellCount * Severity.bandCount)
    }
    if presence.count == cellCount {
      presence.withUnsafeMutableBufferPointer { $0.update(repeating: .noData) }
    } else {
      presence = Array(repeating: .noData, count: cellCount)
    }
  }

  public subscript(row: Int, column: Int, severity: Severity) -> UInt32 {
    counts[(row * columnCount + column) * Severity.bandCount + Int(severity.rawValue)]
  }
}

extension UInt32 {
  /// The greatest count stands for itself and for all that are greater.
  @inline(__always)
  func addingSaturating(_ other: UInt32) -> UInt32 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  @inline(__always)
  mutating func add(_ other: UInt32) { self = addingSaturating(other) }
}
