import EventMatrix
import EventModel
import SceneGraph

/// The loudest row on screen in numbers: what the header sentence says.
struct Trouble {
  var label: SafeText
  var errorCount: UInt64
  /// Errors of all rows on screen.
  var allErrorCount: UInt64
  /// Start of the column with the most errors, and how many.
  var peak: Timestamp
  var peakCount: UInt64
  /// Start of the run of columns above the usual that holds the peak; `nil` when the peak is usual.
  var since: Timestamp?
  /// The run reaches the first column on screen, so it may have begun earlier.
  var startsBeforeWindow: Bool
  /// Other rows with errors.
  var otherRowCount: Int
}

extension SessionState {
  /// The row with the most errors on screen; `nil` when there is no error.
  func trouble(in view: ViewState) -> Trouble? {
    let columns = view.window.columns(plotColumnCount(view))
    let rows = rows(of: view)
    let errors = severityCounts(of: rows, in: columns.range).map(\.errors)
    guard let most = errors.max(), most > 0, let index = errors.firstIndex(of: most) else { return nil }
    let counts = clippedCounts(query(columns, rows: [rows[index]]))
    let series = (0..<columns.count).map { SeverityCounts(counts, row: 0, column: $0).errors }
    guard let peakCount = series.max(), let peak = series.firstIndex(of: peakCount) else { return nil }
    let known = counts.presence.indices.filter { counts.presence[$0] != .noData }
    let first = known.first ?? 0
    let last = known.last ?? columns.count - 1
    let onset = onsetColumn(Array(series[first...max(first, last)]), peak: max(0, peak - first)).map {
      $0 + first
    }
    return Trouble(
      label: rowLabel(rows[index]), errorCount: most, allErrorCount: errors.reduce(0, +),
      peak: columns.edge(peak), peakCount: peakCount, since: onset.map(columns.edge),
      startsBeforeWindow: onset == first && (span?.start ?? .first) < columns.start,
      otherRowCount: errors.count { $0 > 0 } - 1)
  }
}

/// Where the run of columns above the usual that holds `peak` begins; `nil` when the peak itself is usual.
///
/// Usual is the lower quartile of the series; above it is more than twice that and at least 3 more. One column below
/// does not end the run.
func onsetColumn(_ series: [UInt64], peak: Int) -> Int? {
  guard series.indices.contains(peak) else { return nil }
  let usual = series.sorted()[series.count / 4]
  let limit = max(2 * usual, usual + 2)
  guard series[peak] > limit else { return nil }
  var onset = peak
  var column = peak
  while column > 0 {
    column -= 1
    if series[column] > limit {
      onset = column
    } else if column == 0 || series[column - 1] <= limit {
      break
    }
  }
  return onset
}
