import EventMatrix
import EventModel
import SceneGraph

/// The layers of a grid before it has a place on screen.
struct CellValues {
  var presence: [CellPresence]
  var intensity: [UInt8]
  var tone: [CellTone]
  var counts: [UInt64]
  var labels: [SafeText] = []
  /// The number that gives each cell its tone: errors where there are some. Empty = `counts`.
  var shaping: [UInt64] = []
  /// The value that the top of the ramp stands for.
  var scale: UInt64 = 0
}

extension SessionState {
  /// Time x rows under the view's lens.
  func cellValues(_ columns: TimeColumns, _ rows: [ServiceRow], _ view: ViewState) -> CellValues {
    facts.servicePanes.answer(
      for: PaneQuestion(columns: columns, rows: rows, lens: view.lens, weights: configuration.weights)
    ) { countedValues(columns, rows, view) }
  }

  private func countedValues(_ columns: TimeColumns, _ rows: [ServiceRow], _ view: ViewState) -> CellValues {
    let query = query(columns, rows: rows)
    let pane = paneCounts(query, of: rows)
    defer { latestPane.giveBack(pane) }
    let counts = pane.counts
    let presence = presence(of: query, counts)
    guard view.lens == .rate else {
      return counts.counts.withUnsafeBufferPointer { cells in
        values(presence, view) { CellAmounts(cells, cell: $0, weights: $1) }
      }
    }
    var shifted = query
    shifted.columns = TimeColumns(
      start: columns.start.advanced(byNanoseconds: -columns.widthNs), widthNs: columns.widthNs,
      count: columns.count)
    let earlier = clippedCounts(shifted)
    let wasCovered = self.presence(of: shifted, earlier).map { $0 == .zero || $0 == .value }
    return rateValues(counts.totals, earlier.totals, presence, wasCovered)
  }

  /// Time x severity, all services of the dice together.
  func severityRowValues(_ columns: TimeColumns, _ severities: [Severity], _ view: ViewState) -> CellValues {
    facts.severityPanes.answer(
      for: PaneQuestion(columns: columns, rows: severities, lens: view.lens, weights: configuration.weights)
    ) { countedValues(columns, severities, view) }
  }

  private func countedValues(_ columns: TimeColumns, _ severities: [Severity], _ view: ViewState)
    -> CellValues
  {
    let query = queryOfAllServices(columns)
    let counts = countsOfAllServices(columns)
    let presenceRow = presence(of: query, counts)
    var cells: [SeverityCounts] = []
    var presence: [CellPresence] = []
    for severity in severities {
      for column in 0..<columns.count {
        var cell = SeverityCounts()
        cell[severity] = UInt64(counts[0, column, severity])
        cells.append(cell)
        presence.append(cell.total == 0 && presenceRow[column] == .value ? .zero : presenceRow[column])
      }
    }
    guard view.lens == .rate else { return values(of: cells, presence, view) }
    let shifted = queryOfAllServices(
      TimeColumns(
        start: columns.start.advanced(byNanoseconds: -columns.widthNs), widthNs: columns.widthNs,
        count: columns.count))
    let earlier = countsOfAllServices(shifted.columns)
    let wasCovered = self.presence(of: shifted, earlier).map { $0 == .zero || $0 == .value }
    let before = severities.flatMap { severity in
      (0..<columns.count).map { UInt64(earlier[0, $0, severity]) }
    }
    return rateValues(
      cells.map(\.total), before, presence, severities.flatMap { _ in wasCovered })
  }

  /// Service x severity with the numbers in the cells.
  func serviceSeverityValues(
    _ counts: [SeverityCounts], _ severities: [Severity], _ view: ViewState
  ) -> CellValues {
    var cells: [SeverityCounts] = []
    for row in counts {
      for severity in severities {
        var cell = SeverityCounts()
        cell[severity] = row[severity]
        cells.append(cell)
      }
    }
    var view = view
    if view.lens == .rate { view.lens = .count }
    var result = values(of: cells, cells.map { $0.total > 0 ? .value : .zero }, view)
    result.labels = cells.map { $0.total > 0 ? "\(aboutSign)\(compact($0.total))" : .empty }
    return result
  }

  /// Counts with the edge columns cut where the dice's range cuts them.
  func clippedCounts(_ query: MatrixQuery) -> MatrixCounts {
    var counts = MatrixCounts()
    clippedCounts(query, into: &counts)
    return counts
  }

  /// The same, in the memory of an earlier answer.
  func clippedCounts(_ query: MatrixQuery, into counts: inout MatrixCounts) {
    matrix.count(query, into: &counts)
    guard let range = dice.range else { return }
    for column in 0..<query.columns.count {
      let whole = query.columns.range(ofColumn: column)
      if range.start <= whole.start && whole.end <= range.end { continue }
      var part: MatrixCounts?
      if let inside = whole.intersection(range) {
        var narrow = query
        narrow.columns = TimeColumns(start: inside.start, widthNs: inside.durationNs, count: 1)
        part = matrix.counts(narrow)
      }
      for row in 0..<query.rowCount {
        for severity in Severity.allCases {
          let index = (row * counts.columnCount + column) * Severity.bandCount + Int(severity.rawValue)
          counts.counts[index] = part.map { $0[row, 0, severity] } ?? 0
        }
        if part == nil { counts.presence[row * counts.columnCount + column] = .noData }
      }
    }
  }

  /// With a filter, coverage is that of all events: where the filter lets nothing through, it is zero, not unknown.
  private func presence(of query: MatrixQuery, _ counts: MatrixCounts) -> [CellPresence] {
    let coverage = dice.countsEveryEvent ? counts.presence : data.matrix.presence(query)
    let known = dice.knownBefore.map { instant in
      (0..<counts.columnCount).first { query.columns.edge($0) >= instant } ?? counts.columnCount
    }
    return counts.counts.withUnsafeBufferPointer { cells in
      coverage.indices.map { index in
        if cells.hasEvents(inCell: index) { return .value }
        // Nobody could have known that nothing would happen.
        if let known, index % counts.columnCount >= known { return .noData }
        switch coverage[index] {
        case .noData: return .noData
        case .gap: return .gap
        case .covered: return .zero
        }
      }
    }
  }

  private func values(of cells: [SeverityCounts], _ presence: [CellPresence], _ view: ViewState) -> CellValues
  {
    values(presence, view) { CellAmounts(cells[$0], weights: $1) }
  }

  /// Amounts on ramps by the severity that shapes each cell. Any error shows: its cell runs on the error ramp by the
  /// number of errors; warnings shape a cell where they are at least a tenth of it.
  private func values(
    _ presence: [CellPresence], _ view: ViewState, amounts: (Int, SeverityWeights?) -> CellAmounts
  ) -> CellValues {
    let weights = view.lens == .weighted ? configuration.weights : nil
    var result = CellValues(
      presence: presence, intensity: Array(repeating: 0, count: presence.count),
      tone: Array(repeating: .amount, count: presence.count),
      counts: Array(repeating: 0, count: presence.count))
    var strengths = result.counts
    // A ramp for each tone; one for all where weights have made the severities comparable.
    var scales = [UInt64](repeating: 0, count: CellTone.allCases.count)
    var most: UInt64 = 0
    for index in presence.indices where presence[index] == .value {
      let cell = amounts(index, weights)
      let strength = weights == nil ? cell.strength : cell.amount
      let ramp = weights == nil ? Int(cell.tone.rawValue) : 0
      result.counts[index] = cell.amount
      result.tone[index] = cell.tone
      strengths[index] = strength
      scales[ramp] = max(scales[ramp], strength)
      most = max(most, cell.amount)
    }
    let tops = scales.map { LogScale(top: roundedUp($0)) }
    for index in presence.indices where presence[index] == .value {
      result.intensity[index] = tops[weights == nil ? Int(result.tone[index].rawValue) : 0][strengths[index]]
    }
    result.shaping = strengths
    result.scale = roundedUp(most)
    return result
  }

  /// Beside a column of which nothing is known, nothing is known of a change either.
  private func rateValues(
    _ now: [UInt64], _ before: [UInt64], _ presence: [CellPresence], _ wasCovered: [Bool]
  ) -> CellValues {
    var result = CellValues(
      presence: presence, intensity: Array(repeating: 0, count: now.count),
      tone: Array(repeating: .amount, count: now.count), counts: now)
    for index in now.indices where presence[index] == .value || presence[index] == .zero && before[index] > 0
    {
      let change = wasCovered[index] ? log2Fixed(now[index] + 1) - log2Fixed(before[index] + 1) : 0
      // A change by 16 or more is the top of the ramp.
      result.intensity[index] = UInt8(max(1, min(255, abs(change) * 255 / (4 * 256))))
      result.tone[index] = change == 0 ? .amount : change > 0 ? .more : .less
      result.presence[index] = .value
    }
    return result
  }
}

/// What decides how one cell looks.
private struct CellAmounts {
  /// Events, or their weight.
  var amount: UInt64
  var tone: CellTone
  /// Events of the severities that shape the cell.
  var strength: UInt64

  init(_ counts: SeverityCounts, weights: SeverityWeights?) {
    self.init(
      total: counts.total, warnings: counts[.warn], errors: counts.errors,
      amount: weights.map(counts.weighted))
  }

  /// - Parameter cell: its index in `counts`, which has the layout of `MatrixCounts`.
  @inline(__always)
  init(_ counts: UnsafeBufferPointer<UInt32>, cell: Int, weights: SeverityWeights?) {
    let start = cell * Severity.bandCount
    func count(_ severity: Severity) -> UInt64 { UInt64(counts[start + Int(severity.rawValue)]) }
    var total: UInt64 = 0
    for band in 0..<Severity.bandCount { total += UInt64(counts[start + band]) }
    var weighted: UInt64?
    if let weights {
      weighted = Severity.allCases.reduce(0) { $0 &+ count($1) &* weights.weights[Int($1.rawValue)] }
    }
    self.init(
      total: total, warnings: count(.warn), errors: count(.error) + count(.fatal), amount: weighted)
  }

  @inline(__always)
  private init(total: UInt64, warnings: UInt64, errors: UInt64, amount: UInt64?) {
    self.amount = amount ?? total
    if errors > 0 {
      (tone, strength) = (.error, errors)
    } else if warnings > 0 && 10 * warnings >= total {
      (tone, strength) = (.warn, warnings)
    } else {
      (tone, strength) = (.amount, total)
    }
  }
}

extension UnsafeBufferPointer<UInt32> {
  /// Whether a cell of `MatrixCounts` holds any event: its seven counts are two overlapping vectors of four.
  @inline(__always)
  fileprivate func hasEvents(inCell cell: Int) -> Bool {
    let start = cell * Severity.bandCount
    let first = SIMD4(self[start], self[start + 1], self[start + 2], self[start + 3])
    let last = SIMD4(self[start + 3], self[start + 4], self[start + 5], self[start + 6])
    return first | last != SIMD4(repeating: 0)
  }
}

extension MatrixCounts {
  /// Events of each cell, row-major.
  fileprivate var totals: [UInt64] {
    (0..<rowCount * columnCount).map { cell in
      let start = cell * Severity.bandCount
      return (0..<Severity.bandCount).reduce(0) { $0 + UInt64(counts[start + $1]) }
    }
  }
}

/// 1 ... 255 on a logarithmic scale. Integer arithmetic: the same on every machine.
struct LogScale {
  private let top: UInt32

  /// - Parameter top: the value that is 255; larger ones are as well.
  init(top: UInt64) { self.top = UInt32(max(1, log2Fixed(top &+ 1))) }

  subscript(value: UInt64) -> UInt8 {
    // Below 64 * 256 * 254, so that the shorter division is enough.
    UInt8(min(255, 1 + 254 * UInt32(log2Fixed(value &+ 1)) / top))
  }
}

/// log2 in 256ths, linear between powers of two. `value` is at least 1.
func log2Fixed(_ value: UInt64) -> Int {
  let value = max(1, value)
  let exponent = 63 - value.leadingZeroBitCount
  let fraction =
    exponent >= 8 ? Int((value >> UInt64(exponent - 8)) & 0xff) : Int((value << UInt64(8 - exponent)) & 0xff)
  return exponent * 256 + fraction
}

/// The next of 1, 2, 5, 10, 20, 50, ... at or above `value`, so that a pan rarely changes the scale.
func roundedUp(_ value: UInt64) -> UInt64 {
  var unit: UInt64 = 1
  while unit <= UInt64.max / 100 {
    for step in [unit, 2 * unit, 5 * unit] where step >= value { return step }
    unit *= 10
  }
  return value
}
