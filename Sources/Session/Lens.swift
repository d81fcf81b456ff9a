public import EventModel
public import EventMatrix

/// What a cell's colour stands for.
public enum Lens: String, CaseIterable, Hashable, Sendable {
  /// Number of events.
  case count
  /// Events by severity weight.
  case weighted
  /// Change against the column before: log2((n + 1) / (previous + 1)).
  case rate

  public var title: String {
    switch self {
    case .count: "count"
    case .weighted: "severity-weighted"
    case .rate: "rate of change"
    }
  }

  public var next: Lens {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}

/// How much an event of each severity weighs in the weighted lens and in "worst" (DESIGN §3; editable).
public struct SeverityWeights: Hashable, Sendable {
  /// In severity order, `unknown` first.
  public var weights: [UInt64]

  public init(weights: [UInt64] = [1, 0, 0, 1, 10, 100, 1000]) {
    precondition(weights.count == Severity.bandCount, "one weight a severity")
    self.weights = weights
  }

  public subscript(severity: Severity) -> UInt64 { weights[Int(severity.rawValue)] }
}

/// The counts of one cell by severity.
public struct SeverityCounts: Hashable, Sendable {
  /// In severity order, `unknown` first.
  public var counts: [UInt64]

  public init() { counts = Array(repeating: 0, count: Severity.bandCount) }

  init(_ matrix: MatrixCounts, row: Int, column: Int) {
    let start = (row * matrix.columnCount + column) * Severity.bandCount
    counts = matrix.counts[start..<start + Severity.bandCount].map(UInt64.init)
  }

  public subscript(severity: Severity) -> UInt64 { counts[Int(severity.rawValue)] }

  public var total: UInt64 { counts.reduce(0, +) }
  /// Errors and fatal events.
  public var errors: UInt64 { self[.error] + self[.fatal] }

  public func weighted(_ weights: SeverityWeights) -> UInt64 {
    zip(counts, weights.weights).reduce(0) { $0 &+ $1.0 &* $1.1 }
  }

  static func += (left: inout SeverityCounts, right: SeverityCounts) {
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
  }
}
