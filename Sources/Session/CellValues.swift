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
    let query = query(columns, rows: rows)
    let counts = clippedCounts(query)
    let cells = (0..<rows.count * columns.count).map {
      SeverityCounts(counts, row: $0 / max(1, columns.count), column: $0 % max(1, columns.count))
    }
    let presence = presence(of: query, counts)
    guard view.lens == .rate else { return values(cells, presence, view) }
    var shifted = query
    shifted.columns = TimeColumns(
      start: columns.start.advanced(byNanoseconds: -columns.widthNs), widthNs: columns.widthNs,
      count: columns.count)
    let earlier = clippedCounts(shifted)
    let wasCovered = self.presence(of: shifted, earlier).map { $0 == .zero || $0 == .value }
    let before = cells.indices.map {
      SeverityCounts(earlier, row: $0 / max(1, columns.count), column: $0 % max(1, columns.count)).total
    }
    return rateValues(cells.map(\.total), before, presence, wasCovered)
  }

  /// Time x severity, all services of the dice together.
  func severityRowValues(_ columns: TimeColumns, _ severities: [Severity], _ view: ViewState) -> CellValues {
    let query = queryOfAllServices(columns)
    let counts = clippedCounts(query)
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
    guard view.lens == .rate else { return values(cells, presence, view) }
    let shifted = queryOfAllServices(
      TimeColumns(
        start: columns.start.advanced(byNanoseconds: -columns.widthNs), widthNs: columns.widthNs,
        count: columns.count))
    let earlier = clippedCounts(shifted)
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
    var result = values(cells, cells.map { $0.total > 0 ? .value : .zero }, view)
    result.labels = cells.map { $0.total > 0 ? "\(compact($0.total))" : .empty }
    return result
  }

  /// Counts with the edge columns cut where the dice's range cuts them.
  func clippedCounts(_ query: MatrixQuery) -> MatrixCounts {
    var counts = matrix.counts(query)
    guard let range = dice.range else { return counts }
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
    return counts
  }

  /// With a filter, coverage is that of all events: where the filter lets nothing through, it is zero, not unknown.
  private func presence(of query: MatrixQuery, _ counts: MatrixCounts) -> [CellPresence] {
    let coverage = dice.filter.isEverything ? counts.presence : data.matrix.counts(query).presence
    return coverage.indices.map { index in
      let start = index * Severity.bandCount
      if counts.counts[start..<start + Severity.bandCount].contains(where: { $0 > 0 }) { return .value }
      switch coverage[index] {
      case .noData: return .noData
      case .gap: return .gap
      case .covered: return .zero
      }
    }
  }

  /// Amounts on ramps by the severity that shapes each cell. Any error shows: its cell runs on the error ramp by the
  /// number of errors; warnings shape a cell where they are at least a tenth of it.
  private func values(_ cells: [SeverityCounts], _ presence: [CellPresence], _ view: ViewState) -> CellValues
  {
    let isWeighted = view.lens == .weighted
    let amounts = cells.map { isWeighted ? $0.weighted(configuration.weights) : $0.total }
    let tones = cells.map { cell -> CellTone in
      if cell.errors > 0 { return .error }
      return cell[.warn] > 0 && 10 * cell[.warn] >= cell.total ? .warn : .amount
    }
    let strengths = cells.indices.map { index -> UInt64 in
      if isWeighted { return amounts[index] }
      switch tones[index] {
      case .error: return cells[index].errors
      case .warn: return cells[index][.warn]
      default: return amounts[index]
      }
    }
    // A ramp for each tone; one for all where weights have made the severities comparable.
    let ramps = tones.map { isWeighted ? 0 : Int($0.rawValue) }
    var scales = [UInt64](repeating: 0, count: CellTone.allCases.count)
    for index in cells.indices { scales[ramps[index]] = max(scales[ramps[index]], strengths[index]) }
    scales = scales.map(roundedUp)
    let intensity = cells.indices.map {
      presence[$0] == .value ? logIntensity(strengths[$0], scale: scales[ramps[$0]]) : 0
    }
    return CellValues(
      presence: presence, intensity: intensity, tone: tones, counts: amounts, shaping: strengths,
      scale: roundedUp(amounts.max() ?? 0))
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

/// 1 ... 255 on a logarithmic scale whose top is `scale`. Integer arithmetic: the same on every machine.
func logIntensity(_ value: UInt64, scale: UInt64) -> UInt8 {
  guard value > 0 else { return 1 }
  let top = max(1, log2Fixed(scale &+ 1))
  return UInt8(max(1, min(255, 1 + 254 * log2Fixed(value &+ 1) / top)))
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
