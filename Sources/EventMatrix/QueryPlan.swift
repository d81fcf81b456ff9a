internal import EventModel

/// Which cells of one dictionary a query wants, and where their counts go.
struct QueryPlan {
  /// Local cells whose counts are needed; neighbours in one range.
  private(set) var spans: [Range<Int>] = []
  private(set) var runs: [Run] = []
  private(set) var cellCount = 0

  /// Cells of one service that are neighbours in the dictionary and on the screen.
  struct Run {
    var local: Int
    /// Where the first of them counts in column 0.
    var target: Int
    /// All ones in as many lanes as there are cells.
    var mask: SIMD8<UInt32>
    var count: Int
  }

  init(_ dictionary: CellDictionary, _ query: MatrixQuery) {
    let bandCount = Severity.bandCount
    let columnCount = query.columns.count
    let bands = UInt32(query.severities.rawValue)
    query.rowOfService.withUnsafeBufferPointer { rows in
      dictionary.cells.withUnsafeBufferPointer { cells in
        var previous: UInt32?
        for local in cells.indices {
          let cell = cells[local]
          let service = Int(cell / UInt32(bandCount))
          let band = Int(cell % UInt32(bandCount))
          guard service < rows.count, rows[service] >= 0, bands & (1 << UInt32(band)) != 0 else {
            previous = nil
            continue
          }
          // Band 0 begins a service, hence a run.
          append(
            local, continuing: previous.map { $0 + 1 == cell && band > 0 } ?? false,
            target: Int(rows[service]) * columnCount * bandCount + band)
          previous = cell
        }
      }
    }
  }

  private mutating func append(_ local: Int, continuing: Bool, target: Int) {
    cellCount += 1
    if let index = spans.indices.last, spans[index].upperBound == local {
      spans[index] = spans[index].lowerBound..<(local + 1)
    } else {
      spans.append(local..<(local + 1))
    }
    if continuing, let index = runs.indices.last {
      runs[index].mask[runs[index].count] = .max
      runs[index].count += 1
    } else {
      var mask = SIMD8<UInt32>()
      mask[0] = .max
      runs.append(Run(local: local, target: target, mask: mask, count: 1))
    }
  }
}

/// Two edges of a column and the counts to which their difference is added.
struct ColumnWriter {
  let counts: UnsafeMutableBufferPointer<UInt32>
  let plan: QueryPlan

  /// Adds what lies between two edges to a column. Each edge has a count per local cell, and padding.
  func add(_ column: Int, from low: UnsafePointer<UInt32>, to high: UnsafePointer<UInt32>) {
    guard let counts = counts.baseAddress else { return }
    let offset = column * Severity.bandCount
    // Eight lanes from here on would leave the array.
    let vectorEnd = self.counts.count - 8
    plan.runs.withUnsafeBufferPointer { runs in
      for run in runs {
        let target = run.target + offset
        if run.count > 1, target <= vectorEnd {
          let place = UnsafeMutableRawPointer(counts + target)
          let difference =
            (Self.lanes(high + run.local) &- Self.lanes(low + run.local)) & run.mask
          let sum = place.loadUnaligned(as: SIMD8<UInt32>.self) &+ difference
          place.storeBytes(of: sum, as: SIMD8<UInt32>.self)
        } else {
          for cell in 0..<run.count {
            counts[target + cell] &+= high[run.local + cell] &- low[run.local + cell]
          }
        }
      }
    }
  }

  @inline(__always)
  private static func lanes(_ place: UnsafePointer<UInt32>) -> SIMD8<UInt32> {
    UnsafeRawPointer(place).loadUnaligned(as: SIMD8<UInt32>.self)
  }
}
