import EventMatrix
import EventModel
import SceneGraph

/// What is wrong, since when and where, in numbers of the matrix only: what the header sentence says.
///
/// It speaks of everything the dice holds, not of what is on screen, so that it reads the same at every size and zoom.
struct Trouble: Hashable {
  /// A service (or folded branch) with more errors than it usually has.
  struct Rise: Hashable {
    var key: RowKey
    var label: SafeText
    /// Its first error in the first stretch above the usual; the start of that stretch where it has errors at all times.
    var since: Timestamp
    /// The first stretch is above the usual already: nobody can say when it began.
    var isFromTheStart: Bool
    /// It has fatal events; they are told before everything else.
    var isFatal: Bool
    /// Errors (fatal events) from then on.
    var errorCount: UInt64

    func words(isFirst: Bool, isShort: Bool = false) -> SafeText {
      if isFatal { return " FATAL since " }
      guard isFirst else { return " " }
      return isShort ? " since " : " above usual since "
    }
  }

  /// The earliest first: where it began is more often the cause than where it is loudest.
  var rises: [Rise]
  var errorCount: UInt64
  var warnCount: UInt64
  /// Services or branches with errors.
  var rowCount: Int
  /// The one with the most errors, for when none is above its usual.
  var loudest: SafeText
  var loudestCount: UInt64
}

extension SessionState {
  /// Stretches of time that the usual is taken from.
  private static let stretchCount = 48
  /// Rows, those with the most errors, that are looked at.
  private static let rowLimit = 64

  func trouble(in view: ViewState) -> Trouble? {
    facts.troubles.answer(for: RowArrangement(view)) { foundTrouble(in: allRows(of: view)) }
  }

  private func foundTrouble(in rows: [ServiceRow]) -> Trouble? {
    guard let bulk else { return nil }
    let totals = severityCounts(of: rows, in: .everything)
    let withErrors = rows.indices.filter { totals[$0].errors > 0 }
      .sorted { totals[$0].errors != totals[$1].errors ? totals[$0].errors > totals[$1].errors : $0 < $1 }
    let width = ZoomLadder.width(fitting: bulk, columnCount: Self.stretchCount)
    let columns = TimeWindow(start: bulk.start, widthNs: width).columns(Self.stretchCount)
    let looked = withErrors.prefix(Self.rowLimit).map { rows[$0] }
    let counts = clippedCounts(query(columns, rows: looked))
    // Of all events, also those a filter takes away: silence under a filter is no silence.
    let all = data.matrix.counts(queryOfAllServices(columns))
    // A stretch in which next to nobody said anything tells nothing about what is usual.
    let spokenCounts = (0..<columns.count).map { SeverityCounts(all, row: 0, column: $0).total }
    let least = max(1, (spokenCounts.max() ?? 0) / 20)
    let spoken = (0..<columns.count).filter { spokenCounts[$0] >= least }
    var rises: [(rise: Trouble.Rise, excess: UInt64)] = []
    for (index, row) in looked.enumerated() {
      let series = spoken.map { SeverityCounts(counts, row: index, column: $0).errors }
      if totals[withErrors[index]][.fatal] > 0 {
        rises.append((rise(of: row, from: bulk.start, burst: nil), .max / 16))
      } else if let burst = Burst(series) {
        rises.append((rise(of: row, from: columns.edge(spoken[burst.start]), burst: burst), burst.excess))
      }
    }
    // What is a tenth as loud as the loudest rise is told by the matrix, not by the sentence.
    let most = rises.filter { !$0.rise.isFatal }.map(\.excess).max() ?? 0
    let told = rises.filter { $0.excess * 10 >= most }.map(\.rise).sorted {
      if $0.isFatal != $1.isFatal { return $0.isFatal }
      return $0.since != $1.since ? $0.since < $1.since : $0.errorCount > $1.errorCount
    }
    return Trouble(
      rises: told, errorCount: totals.reduce(0) { $0 + $1.errors },
      warnCount: totals.reduce(0) { $0 + $1[.warn] },
      rowCount: withErrors.count, loudest: withErrors.first.map { rowLabel(rows[$0]) } ?? .empty,
      loudestCount: withErrors.first.map { totals[$0].errors } ?? 0)
  }

  /// - Parameter burst: `nil` for fatal events, of which the first counts.
  private func rise(of row: ServiceRow, from start: Timestamp, burst: Burst?) -> Trouble.Rise {
    let isFatal = burst == nil
    let errors: SeveritySet = isFatal ? SeveritySet(.fatal) : [SeveritySet(.error), SeveritySet(.fatal)]
    let rowOfService = query(TimeColumns(start: start, widthNs: 1, count: 0), rows: [row]).rowOfService
    let earliest = max(start, span?.start ?? start).advanced(byNanoseconds: -1)
    let first = matrix.nextEvent(
      after: earliest, rowOfService: rowOfService, severities: dice.severities.intersection(errors))
    let since = burst.map { $0.usual == 0 } ?? true ? first ?? start : start
    let counts = severityCounts(of: [row], in: TimeRange(start: since, end: .last))[0]
    return Trouble.Rise(
      key: row.key, label: rowLabel(row), since: since, isFromTheStart: burst?.start == 0, isFatal: isFatal,
      errorCount: isFatal ? counts[.fatal] : counts.errors)
  }
}

/// The first stretch of a series above the usual, and by how much the series is above it in all.
///
/// Usual is the median. Above it is more than two, and three times its square root (what a steady random rate stays
/// under: Poisson, mean and variance equal; of the calmer three fifths' mean where that is more), and five times the
/// median distance from it (what this series stays under).
struct Burst: Hashable {
  var start: Int
  var usual: UInt64
  var excess: UInt64

  /// `nil` when nothing is above the usual.
  init?(_ series: [UInt64]) {
    guard !series.isEmpty else { return nil }
    let usual = series.sorted()[series.count / 2]
    let distances = series.map { $0 > usual ? $0 - usual : usual - $0 }.sorted()
    let calm = series.sorted().prefix(max(1, series.count * 3 / 5))
    let calmMean = (calm.reduce(0, +) + UInt64(calm.count) - 1) / UInt64(calm.count)
    let limit = usual + max(3 * squareRoot(max(usual, calmMean)), 5 * distances[series.count / 2]) + 2
    // A single stretch that is just above may be chance; two in a row, or one far above, are not.
    let isBurst = { (index: Int) in
      series[index] > usual + 2 * (limit - usual)
        || (series[index] > limit && series.indices.contains(index + 1) && series[index + 1] > limit)
    }
    guard let first = series.indices.first(where: isBurst) else { return nil }
    self.usual = usual
    start = first
    excess = series.reduce(0) { $0 + ($1 > limit ? $1 - usual : 0) }
  }
}

/// Rounded down.
private func squareRoot(_ value: UInt64) -> UInt64 {
  var root = UInt64(Double(value).squareRoot())
  while root > 0, root.multipliedReportingOverflow(by: root).overflow || root * root > value { root -= 1 }
  while (root + 1) * (root + 1) <= value { root += 1 }
  return root
}
