public import EventMatrix
public import EventModel

/// One cell of the matrix that holds events.
public struct MatrixCell: Hashable, Sendable {
  /// Start of the bucket: a multiple of its width since the epoch.
  public var time: Timestamp
  public var service: ServiceID
  public var severity: Severity
  public var count: UInt32
}

extension EventMatrix {
  /// Calls `body` for every cell that holds events, by time, then in the order of `services`, then by severity rank.
  ///
  /// - Parameters:
  ///   - widthNs: of a bucket, above 0.
  ///   - services: those that are wanted, in the order they are wanted.
  /// - Complexity: O(cells with events x log(time span)); empty time is skipped however narrow the buckets are, and
  ///   never more than a few MiB of counts are held.
  public func forEachCell(
    widthNs: Int64, services: [ServiceID], severities: SeveritySet = .all, _ body: (MatrixCell) throws -> Void
  ) rethrows {
    guard let range = timeRange, !range.isEmpty, !services.isEmpty else { return }
    let walk = CellWalk(matrix: self, widthNs: widthNs, services: services, severities: severities)
    var first = range.start.nanoseconds.flooredDivision(by: widthNs)
    let final = (range.end.nanoseconds - 1).flooredDivision(by: widthNs)
    if first.multipliedReportingOverflow(by: widthNs).overflow {
      // It starts before the first instant there is, so no row of equal columns can start with it.
      try walk.visitCutBucket(first, body)
      first += 1
    }
    guard first <= final else { return }
    try walk.visit(first, through: final, eventCount: eventCount, body)
  }
}

/// Goes down from wide columns to buckets, only where there are events.
private struct CellWalk {
  private let matrix: EventMatrix
  private let widthNs: Int64
  private let services: [ServiceID]
  private let severities: SeveritySet
  /// The wanted services each in a row of its own, and all in one row.
  private let separateRows: [Int32]
  private let singleRow: [Int32]
  /// Buckets looked at together at the end, so that their counts stay small.
  private let leafCount: Int64

  private static let fanOut: Int64 = 256
  private static let leafCellLimit = 1 << 19

  init(matrix: EventMatrix, widthNs: Int64, services: [ServiceID], severities: SeveritySet) {
    self.matrix = matrix
    self.widthNs = widthNs
    self.services = services
    self.severities = severities
    var separate = Array(repeating: Int32(-1), count: (services.map(\.index).max() ?? -1) + 1)
    for (row, service) in services.enumerated() { separate[service.index] = Int32(row) }
    separateRows = separate
    singleRow = separate.map { min($0, 0) }
    leafCount = Int64(max(1, Self.leafCellLimit / (services.count * Severity.bandCount)))
  }

  /// Buckets are numbered from the epoch; `final` is among them.
  func visit(
    _ first: Int64, through final: Int64, eventCount: Int, _ body: (MatrixCell) throws -> Void
  ) rethrows {
    // Few events in many buckets: going down further costs less than looking at every bucket.
    let worthwhile = min(leafCount, 16 + 4 * Int64(eventCount))
    guard final - first >= worthwhile else { return try visitLeaf(first, through: final, body) }
    let step = (final - first) / Self.fanOut + 1
    let columnCount = Int((final - first) / step) + 1
    let columns = TimeColumns(start: start(ofBucket: first), widthNs: step * widthNs, count: columnCount)
    let counts = matrix.counts(
      MatrixQuery(columns: columns, rowOfService: singleRow, rowCount: 1, severities: severities))
    for column in 0..<columnCount {
      let inside = severities.severities.reduce(0) { $0 + Int(counts[0, column, $1]) }
      guard inside > 0 else { continue }
      let from = first + Int64(column) * step
      try visit(from, through: min(from + step - 1, final), eventCount: inside, body)
    }
  }

  /// The bucket of `.first`, as much of it as there is.
  func visitCutBucket(_ bucket: Int64, _ body: (MatrixCell) throws -> Void) rethrows {
    let widthNs = (bucket + 1) * widthNs - Timestamp.first.nanoseconds
    try visit(TimeColumns(start: .first, widthNs: widthNs, count: 1), body)
  }

  private func visitLeaf(_ first: Int64, through final: Int64, _ body: (MatrixCell) throws -> Void) rethrows {
    let count = Int(final - first) + 1
    try visit(TimeColumns(start: start(ofBucket: first), widthNs: widthNs, count: count), body)
  }

  private func visit(_ columns: TimeColumns, _ body: (MatrixCell) throws -> Void) rethrows {
    let counts = matrix.counts(
      MatrixQuery(
        columns: columns, rowOfService: separateRows, rowCount: services.count, severities: severities))
    for column in 0..<columns.count {
      for (row, service) in services.enumerated() {
        for severity in severities.severities where counts[row, column, severity] > 0 {
          try body(
            MatrixCell(
              time: columns.edge(column), service: service, severity: severity,
              count: counts[row, column, severity]))
        }
      }
    }
  }

  private func start(ofBucket bucket: Int64) -> Timestamp { Timestamp(nanoseconds: bucket * widthNs) }
}
