internal import CCellRows
internal import EventModel

/// Which cells of one dictionary a query wants, and where their counts go.
struct QueryPlan {
  /// Ranges of local cells that hold all whose counts are needed, in order.
  private(set) var spans: [Range<Int>] = []
  /// Cells of one service that are neighbours in the dictionary as their bands are.
  private(set) var runs: [cell_run] = []
  /// Rows of the answer that no run counts in.
  private(set) var emptyRows: [Int] = []
  private(set) var cellCount = 0

  init(_ dictionary: CellDictionary, _ rows: WantedRows) {
    var isCounted = [Bool](repeating: false, count: rows.rowCount)
    runs.reserveCapacity(rows.services.count)
    isCounted.withUnsafeMutableBufferPointer { isCounted in
      dictionary.cells.withUnsafeBufferPointer { cells in
        var local = 0
        for wanted in rows.services {
          let base = UInt32(wanted.service) * UInt32(Severity.bandCount)
          local = cells.firstIndex(notBelow: base, from: local)
          if local == cells.count { break }
          local = append(wanted.row, of: cells, from: local, base, rows.bands, isCounted)
        }
      }
    }
    emptyRows = isCounted.indices.filter { !isCounted[$0] }
  }

  /// Takes the cells of one service, from `local` on, that the query wants. Returns where the next service begins.
  private mutating func append(
    _ row: Int32, of cells: UnsafeBufferPointer<UInt32>, from first: Int, _ base: UInt32,
    _ wantedBands: UInt32, _ isCounted: UnsafeMutableBufferPointer<Bool>
  ) -> Int {
    var local = first
    while local < cells.count, cells[local] < base + UInt32(Severity.bandCount) {
      // As long as the next cell is the next band, where band 0 is or would be stays the same.
      let start = local - Int(cells[local] - base)
      var bands: UInt32 = 0
      let runStart = local
      while local < cells.count, cells[local] < base + UInt32(Severity.bandCount),
        local - Int(cells[local] - base) == start
      {
        bands |= 1 << (cells[local] - base)
        local += 1
      }
      bands &= wantedBands
      guard bands != 0 else { continue }
      runs.append(cell_run(local: Int32(start), row: row, bands: bands, adds: isCounted[Int(row)]))
      isCounted[Int(row)] = true
      cellCount += bands.nonzeroBitCount
      if let last = spans.indices.last, spans[last].upperBound == runStart {
        spans[last] = spans[last].lowerBound..<local
      } else {
        spans.append(runStart..<local)
      }
    }
    return local
  }

  /// The same without the runs none of whose counts differ: for an answer that they would only be added to.
  func changing(from low: UnsafePointer<UInt32>, to high: UnsafePointer<UInt32>) -> QueryPlan {
    var rest = self
    rest.runs.removeAll { run in
      (0..<Severity.bandCount).allSatisfy { band in
        run.bands & (1 << UInt32(band)) == 0 || low[Int(run.local) + band] == high[Int(run.local) + band]
      }
    }
    rest.emptyRows = []
    rest.cellCount = rest.runs.reduce(0) { $0 + $1.bands.nonzeroBitCount }
    rest.spans = rest.runs.map { run in
      let low = Int(run.local) + run.bands.trailingZeroBitCount
      return low..<Int(run.local) + UInt32.bitWidth - run.bands.leadingZeroBitCount
    }
    return rest
  }

  /// The local cells whose counts are needed, in order.
  var cells: [Int] {
    runs.flatMap { run in
      (0..<Severity.bandCount).lazy.filter { run.bands & (1 << UInt32($0)) != 0 }.map { Int(run.local) + $0 }
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
    services.reserveCapacity(min(query.rowOfService.count, query.rowCount))
    query.forEachService { service, row in
      precondition(row < query.rowCount, "row \(row) of \(query.rowCount)")
      services.append(Service(service: Int32(service), row: row))
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
