import EventMatrix
import EventModel

extension SessionState {
  /// Counts in one row for all services of the dice, with the edge columns cut where the dice's range cuts them.
  ///
  /// Columns that were counted for the frame before are not counted again: a pan costs the columns it brings in.
  func countsOfAllServices(_ columns: TimeColumns) -> MatrixCounts {
    facts.totals.answer(for: columns) {
      guard let (known, counts) = facts.totals.latest(where: columns.sharesColumns),
        let offset = columns.offset(of: known)
      else { return clippedCounts(queryOfAllServices(columns)) }
      let kept = max(0, offset)..<min(columns.count, offset + known.count)
      let before = clippedCounts(queryOfAllServices(columns.part(0..<kept.lowerBound)))
      let after = clippedCounts(queryOfAllServices(columns.part(kept.upperBound..<columns.count)))
      return before.joined(counts, columns: kept.lowerBound - offset..<kept.upperBound - offset, after)
    }
  }
}

extension TimeColumns {
  func part(_ columns: Range<Int>) -> TimeColumns {
    TimeColumns(start: edge(columns.lowerBound), widthNs: widthNs, count: columns.count)
  }

  /// Where the first column of `other` stands among these; `nil` where the columns of both are not the same ones.
  func offset(of other: TimeColumns) -> Int? {
    let (distance, overflow) = other.start.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
    guard !overflow, widthNs == other.widthNs, distance % widthNs == 0 else { return nil }
    // Clamped columns at the ends of time are narrower than they say.
    guard range.durationNs / widthNs == Int64(count) else { return nil }
    return Int(distance / widthNs)
  }

  /// Most of the columns are the same.
  func sharesColumns(_ other: TimeColumns) -> Bool {
    guard let offset = offset(of: other) else { return false }
    return 2 * (min(count, offset + other.count) - max(0, offset)) > count
  }
}

extension MatrixCounts {
  /// These columns, then `columns` of `middle`, then those of `last`; all of one row.
  fileprivate func joined(_ middle: MatrixCounts, columns: Range<Int>, _ last: MatrixCounts) -> MatrixCounts {
    precondition(rowCount == 1 && middle.rowCount == 1 && last.rowCount == 1)
    let bands = Severity.bandCount
    var result = self
    result.columnCount += columns.count + last.columnCount
    result.counts += middle.counts[columns.lowerBound * bands..<columns.upperBound * bands] + last.counts
    result.presence += middle.presence[columns] + last.presence
    return result
  }
}
