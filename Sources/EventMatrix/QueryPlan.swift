internal import EventModel

/// Which cells of one dictionary a query wants, and where their counts go.
struct QueryPlan {
  /// Local cells whose counts are needed; neighbours in one range.
  private(set) var spans: [Range<Int>] = []
  private(set) var runs: [Run] = []
  private(set) var cellCount = 0

  /// Cells of one service that are neighbours in the dictionary and on the screen.
  struct Run {
    var local: Int32
    var count: Int32
    /// Where the first of them counts in column 0.
    var target: Int
  }

  init(_ dictionary: CellDictionary, _ query: MatrixQuery) {
    query.rowOfService.withUnsafeBufferPointer { rows in
      dictionary.cells.withUnsafeBufferPointer { cells in
        var local = 0
        for service in rows.indices where rows[service] >= 0 {
          precondition(rows[service] < query.rowCount, "row \(rows[service]) of \(query.rowCount)")
          local = cells.firstIndex(notBelow: UInt32(service * Severity.bandCount), from: local)
          if local == cells.count { break }
          append(service, row: Int(rows[service]), of: cells, from: &local, query)
        }
      }
    }
  }

  /// Takes the cells of one service, from `local` on, that the query wants.
  private mutating func append(
    _ service: Int, row: Int, of cells: UnsafeBufferPointer<UInt32>, from local: inout Int,
    _ query: MatrixQuery
  ) {
    let base = UInt32(service * Severity.bandCount)
    var previousBand = -2
    while local < cells.count, cells[local] < base + UInt32(Severity.bandCount) {
      let band = Int(cells[local] - base)
      if query.severities.rawValue & (1 << UInt8(band)) != 0 {
        extendSpans(to: local)
        if band == previousBand + 1 {
          runs[runs.count - 1].count += 1
        } else {
          let target = row * query.columns.count * Severity.bandCount + band
          runs.append(Run(local: Int32(local), count: 1, target: target))
        }
        previousBand = band
      }
      local += 1
    }
  }

  private mutating func extendSpans(to local: Int) {
    cellCount += 1
    if let index = spans.indices.last, spans[index].upperBound == local {
      spans[index] = spans[index].lowerBound..<(local + 1)
    } else {
      spans.append(local..<(local + 1))
    }
  }
}

extension UnsafeBufferPointer<UInt32> {
  /// The first place from `start` on whose number is at least `bound`, in ascending numbers. O(1) if that is `start`.
  fileprivate func firstIndex(notBelow bound: UInt32, from start: Int) -> Int {
    guard start < count, self[start] < bound else { return start }
    var low = start + 1
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Adds the difference of two edges to the counts of a column.
struct ColumnWriter {
  let counts: UnsafeMutableBufferPointer<UInt32>
  let runs: UnsafeBufferPointer<QueryPlan.Run>

  /// Adds what lies between neighbouring edges to the columns between them. Each edge has a count per local cell, and
  /// they lie `width` apart.
  func add(_ columns: Range<Int>, _ edges: UnsafePointer<UInt32>, _ width: Int) {
    guard let counts = counts.baseAddress else { return }
    let first = counts + columns.lowerBound * Severity.bandCount
    for run in runs {
      var target = UnsafeMutableRawPointer(first + run.target)
      var edge = UnsafeRawPointer(edges + Int(run.local))
      // A run has 1 to 7 cells: four, two and one of them at a time.
      if run.count & 4 != 0 {
        Self.add(SIMD4<UInt32>.self, columns.count, edge, width, target)
        edge += 16
        target += 16
      }
      if run.count & 2 != 0 {
        Self.add(SIMD2<UInt32>.self, columns.count, edge, width, target)
        edge += 8
        target += 8
      }
      if run.count & 1 != 0 { Self.add(columns.count, edge, width, target) }
    }
  }

  @inline(__always)
  private static func add<Lanes: SIMD>(
    _ lanes: Lanes.Type, _ count: Int, _ edge: UnsafeRawPointer, _ width: Int,
    _ target: UnsafeMutableRawPointer
  ) where Lanes.Scalar: FixedWidthInteger {
    var (edge, target) = (edge, target)
    var low = edge.loadUnaligned(as: lanes)
    for _ in 0..<count {
      edge += width &* 4
      let high = edge.loadUnaligned(as: lanes)
      target.storeBytes(of: target.loadUnaligned(as: lanes) &+ (high &- low), as: lanes)
      low = high
      target += Severity.bandCount * 4
    }
  }

  @inline(__always)
  private static func add(
    _ count: Int, _ edge: UnsafeRawPointer, _ width: Int, _ target: UnsafeMutableRawPointer
  ) {
    var (edge, target) = (edge, target)
    var low = edge.loadUnaligned(as: UInt32.self)
    for _ in 0..<count {
      edge += width &* 4
      let high = edge.loadUnaligned(as: UInt32.self)
      target.storeBytes(of: target.loadUnaligned(as: UInt32.self) &+ (high &- low), as: UInt32.self)
      low = high
      target += Severity.bandCount * 4
    }
  }
}
