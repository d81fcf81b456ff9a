internal import EventModel

/// What lies before an edge of a column: for each cell the sum of a number of a row and one of what lies before
/// the chunk.
struct RowEdge {
  /// In a chunk with narrow rows, or zeros.
  var row: UnsafePointer<UInt16>
  var base: UnsafePointer<UInt32>
}

/// Writes the counts of columns, from left to right, each number once: the memory may hold anything before.
struct AnswerWriter {
  let counts: UnsafeMutablePointer<UInt32>
  let rowCount: Int
  let columnCount: Int
  /// Columns below are written. A column that two groups of chunks share is added to.
  private(set) var written = 0

  init(_ counts: UnsafeMutablePointer<UInt32>, _ query: MatrixQuery) {
    self.counts = counts
    rowCount = query.rowCount
    columnCount = query.columns.count
  }

  private var bandCount: Int { Severity.bandCount }

  /// Sets what is not written yet to zero, up to `column`.
  mutating func zero(upTo column: Int) {
    guard written < column else { return }
    if written == 0, column == columnCount {
      counts.update(repeating: 0, count: rowCount * columnCount * bandCount)
    } else {
      for row in 0..<rowCount { zero(row: row, written..<column) }
    }
    written = column
  }

  private func zero(row: Int, _ columns: Range<Int>) {
    (counts + (row * columnCount + columns.lowerBound) * bandCount)
      .update(repeating: 0, count: columns.count * bandCount)
  }

  /// Writes what lies between neighbouring edges: one edge more than columns.
  mutating func write(_ columns: Range<Int>, _ plan: borrowing QueryPlan, _ edges: UnsafePointer<RowEdge>) {
    guard !columns.isEmpty else { return }
    zero(upTo: columns.lowerBound)
    let shared = written - columns.lowerBound
    if shared > 0 {
      write(columns.lowerBound..<written, plan, edges, adds: true)
      guard written < columns.upperBound else { return }
    }
    write(written..<columns.upperBound, plan, edges + max(0, shared), adds: false)
    for row in plan.emptyRows { zero(row: row, written..<columns.upperBound) }
    written = columns.upperBound
  }

  private func write(
    _ columns: Range<Int>, _ plan: borrowing QueryPlan, _ edges: UnsafePointer<RowEdge>, adds: Bool
  ) {
    let base = edges[0].base
    let isInOneChunk = (1...columns.count).allSatisfy { edges[$0].base == base }
    plan.runs.withUnsafeBufferPointer { runs in
      for run in runs {
        if isInOneChunk {
          write(NarrowBands.self, run, edges, columns, adds: adds || run.adds)
        } else {
          write(WideBands.self, run, edges, columns, adds: adds || run.adds)
        }
      }
    }
  }

  /// Eight numbers are written for the seven of a cell. The eighth is the first of the next column, which is still to
  /// be written; where it is not, numbers are written one by one.
  @inline(__always)
  private func write<Bands: EdgeBands>(
    _ bands: Bands.Type, _ run: QueryPlan.Run, _ edges: UnsafePointer<RowEdge>, _ columns: Range<Int>,
    adds: Bool
  ) {
    let local = Int(run.local)
    let start = counts + (Int(run.row) * columnCount + columns.lowerBound) * bandCount
    var target = UnsafeMutableRawPointer(start)
    let quickCount = adds ? 0 : min(columns.count, columnCount - 1 - columns.lowerBound)
    var previous = Bands(edges[0], local)
    var edge = edges + 1
    for _ in 0..<quickCount {
      let next = Bands(edge.pointee, local)
      let (low, high) = next.less(previous)
      target.storeBytes(of: low & run.lowMask, as: SIMD4<UInt32>.self)
      target.storeBytes(of: high & run.highMask, toByteOffset: 16, as: SIMD4<UInt32>.self)
      previous = next
      target += 28
      edge += 1
    }
    for column in quickCount..<columns.count {
      let next = Bands(edge.pointee, local)
      let (low, high) = next.less(previous)
      let cell = start + column * bandCount
      for band in 0..<4 where run.lowMask[band] != 0 { cell[band] = low[band] &+ (adds ? cell[band] : 0) }
      for band in 4..<7 where run.highMask[band - 4] != 0 {
        cell[band] = high[band - 4] &+ (adds ? cell[band] : 0)
      }
      if !adds { zeroMasked(cell, run) }
      previous = next
      edge += 1
    }
  }

  /// The bands of a cell in which the run counts nothing.
  private func zeroMasked(_ cell: UnsafeMutablePointer<UInt32>, _ run: QueryPlan.Run) {
    for band in 0..<4 where run.lowMask[band] == 0 { cell[band] = 0 }
    for band in 4..<7 where run.highMask[band - 4] == 0 { cell[band] = 0 }
  }
}

/// Eight neighbouring numbers of an edge.
private protocol EdgeBands {
  init(_ edge: RowEdge, _ local: Int)
  func less(_ earlier: Self) -> (low: SIMD4<UInt32>, high: SIMD4<UInt32>)
}

/// Of edges with the same base, which cancels out. No cell of such a chunk counts beyond 16 bits.
private struct NarrowBands: EdgeBands {
  let row: SIMD8<UInt16>

  @inline(__always)
  init(_ edge: RowEdge, _ local: Int) {
    row = UnsafeRawPointer(edge.row + local).loadUnaligned(as: SIMD8<UInt16>.self)
  }

  @inline(__always)
  func less(_ earlier: Self) -> (low: SIMD4<UInt32>, high: SIMD4<UInt32>) {
    let difference = row &- earlier.row
    return (
      SIMD4(truncatingIfNeeded: difference.lowHalf), SIMD4(truncatingIfNeeded: difference.highHalf)
    )
  }
}

private struct WideBands: EdgeBands {
  let low: SIMD4<UInt32>
  let high: SIMD4<UInt32>

  @inline(__always)
  init(_ edge: RowEdge, _ local: Int) {
    let row = UnsafeRawPointer(edge.row + local).loadUnaligned(as: SIMD8<UInt16>.self)
    let base = UnsafeRawPointer(edge.base + local)
    low = base.loadUnaligned(as: SIMD4<UInt32>.self) &+ SIMD4(truncatingIfNeeded: row.lowHalf)
    high =
      base.loadUnaligned(fromByteOffset: 16, as: SIMD4<UInt32>.self)
      &+ SIMD4(truncatingIfNeeded: row.highHalf)
  }

  @inline(__always)
  func less(_ earlier: Self) -> (low: SIMD4<UInt32>, high: SIMD4<UInt32>) {
    (low &- earlier.low, high &- earlier.high)
  }
}
