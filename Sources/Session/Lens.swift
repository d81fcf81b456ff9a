import EventMatrix
public import EventModel

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

  /// `1 0 0 1 10 100 1000`, from unknown to fatal.
  var label: String { weights.map(String.init).joined(separator: " ") }

  public subscript(severity: Severity) -> UInt64 { weights[Int(severity.rawValue)] }
}

/// The counts of one cell by severity.
public struct SeverityCounts: Hashable, Sendable {
  /// In severity order, `unknown` first; the eighth lane stays 0.
  public var counts = SIMD8<UInt64>()

  public init() {}

  init(_ matrix: MatrixCounts, row: Int, column: Int) {
    self.init(matrix.counts, row: row * matrix.columnCount + column)
  }

  /// Row `row` of counts by row and severity, as `EventMatrix.totals` gives them.
  init(_ totals: [UInt32], row: Int) {
    let start = row * Severity.bandCount
    for severity in 0..<Severity.bandCount { counts[severity] = UInt64(totals[start + severity]) }
  }

  public subscript(severity: Severity) -> UInt64 {
    get { counts[Int(severity.rawValue)] }
    set { counts[Int(severity.rawValue)] = newValue }
  }

  public var total: UInt64 { counts.wrappedSum() }
  /// Errors and fatal events.
  public var errors: UInt64 { self[.error] &+ self[.fatal] }

  public func weighted(_ weights: SeverityWeights) -> UInt64 {
    var sum: UInt64 = 0
    for severity in 0..<Severity.bandCount { sum &+= counts[severity] &* weights.weights[severity] }
    return sum
  }

  static func += (left: inout SeverityCounts, right: SeverityCounts) { left.counts &+= right.counts }
}
