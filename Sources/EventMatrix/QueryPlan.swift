internal import CCellRows
internal import EventModel

/// Which cells of one dictionary a query wants, and where their counts go.
struct QueryPlan {
  /// Local cells whose counts are needed; neighbours in one range.
  private(set) var spans: [Range<Int>] = []
  /// Cells of one service that are neighbours in the dictionary as their bands are.
  private(set) var runs: [cell_run] = []
  /// Rows of the answer that no run counts in.
  private(set) var emptyRows: [Int] = []
  private(set) var cellCount = 0

  init(_ dictionary: CellDictionary, _ rows: WantedRows) {
    var isCounted = [Bool](repeating: false, count: rows.rowCount)
    dictionary.cells.withUnsafeBufferPointer { cells in
      var local = 0
      for wanted in rows.services {
        local = cells.firstIndex(notBelow: UInt32(wanted.service) * UInt32(Severity.bandCount), from: local)
        if local == cells.count { break }
        append(wanted, of: cells, from: &local, rows.bands, &isCounted)
      }
    }
    emptyRows = isCounted.indices.filter { !isCounted[$0] }
  }

  /// Takes the cells of one service, from `local` on, that the query wants.
  private mutating func append(
    _ wanted: WantedRows.Service, of cells: UnsafeBufferPointer<UInt32>, from local: inout Int,
    _ wantedBands: UInt32, _ isCounted: inout [Bool]
  ) {
    let base = UInt32(wanted.service) * UInt32(Severity.bandCount)
    var (start, bands) = (0, UInt32(0))
    func endRun(_ runs: inout [cell_run]) {
      guard bands != 0 else { return }
      runs.append(
        cell_run(
          local: Int32(start), row: wanted.row, bands: bands, adds: isCounted[Int(wanted.row)]))
      isCounted[Int(wanted.row)] = true
      bands = 0
    }
    while local < cells.count, cells[local] < base + UInt32(Severity.bandCount) {
      let band = Int(cells[local] - base)
      if start != local - band { endRun(&runs) }
      start = local - band
      if wantedBands & (1 << UInt32(band)) != 0 {
        bands |= 1 << UInt32(band)
        extendSpans(to: local)
      }
      local += 1
    }
    endRun(&runs)
  }

  private mutating func extendSpans(to local: Int) {
    cellCount += 1
    if let index = spans.indices.last, spans[index].upperBound == local {
      spans[index] = spans[index].lowerBound..<(local + 1)
    } else {
      spans.append(local..<(local + 1))
    }
  }

  /// By local cell: where it counts in column 0 of the answer; -1 where it does not.
  func targets(of dictionary: CellDictionary, columnCount: Int) -> [Int32] {
    var targets = [Int32](repeating: -1, count: dictionary.count)
    for run in runs {
      let target = Int(run.row) * columnCount * Severity.bandCount
      for band in 0..<Severity.bandCount where run.bands & (1 << UInt32(band)) != 0 {
        targets[Int(run.local) + band] = Int32(target + band)
      }
    }
    return targets
  }
}

/// The services a query wants, by number, and what of them.
struct WantedRows {
  struct Service {
    var service: Int32
    var row: Int32
  }

  private(set) var services: [Service] = []
  let rowCount: Int
  /// One bit per band.
  let bands: UInt32

  init(_ query: MatrixQuery) {
    rowCount = query.rowCount
    bands = UInt32(query.severities.rawValue)
    query.rowOfService.withUnsafeBufferPointer { rows in
      services.reserveCapacity(min(rows.count, query.rowCount))
      for service in rows.indices where rows[service] >= 0 {
        precondition(rows[service] < query.rowCount, "row \(rows[service]) of \(query.rowCount)")
        services.append(Service(service: Int32(service), row: rows[service]))
      }
    }
  }
}

extension UnsafeBufferPointer<UInt32> {
  /// The first place from `start` on whose number is at least `bound`, in ascending numbers. Fast if that is near.
  fileprivate func firstIndex(notBelow bound: UInt32, from start: Int) -> Int {
    var low = start
    var step = 1
    while low < count, self[low] < bound {
      low += step
      step *= 2
    }
    if low == start { return start }
    // The last step began at a number that was too small.
    var high = Swift.min(low, count)
    low = low - step / 2 + 1
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
