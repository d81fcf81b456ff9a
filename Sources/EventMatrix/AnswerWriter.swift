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
        let target = UnsafeMutableRawPointer(
          counts + (Int(run.row) * columnCount + columns.lowerBound) * bandCount)
        switch (isInOneChunk, adds || run.adds) {
        case (true, false): Self.write(NarrowBands.self, run, edges, columns.count, target, adds: false)
        case (true, true): Self.write(NarrowBands.self, run, edges, columns.count, target, adds: true)
        case (false, false): Self.write(WideBands.self, run, edges, columns.count, target, adds: false)
        case (false, true): Self.write(WideBands.self, run, edges, columns.count, target, adds: true)
        }
      }
    }
  }

  /// Bands 0 to 3 and 3 to 6 are two vectors, so that nothing outside a cell's seven numbers is touched.
  @inline(__always)
  private static func write<Bands: EdgeBands>(
    _ bands: Bands.Type, _ run: QueryPlan.Run, _ edges: UnsafePointer<RowEdge>, _ count: Int,
    _ target: UnsafeMutableRawPointer, adds: Bool
  ) {
    let local = Int(run.local)
    var target = target
    var low = Bands(edges[0], local)
    var high = Bands(edges[0], local &+ 3)
    for column in 1...count {
      let nextLow = Bands(edges[column], local)
      let nextHigh = Bands(edges[column], local &+ 3)
      var first = nextLow.less(low) & run.lowMask
      var last = nextHigh.less(high) & run.highMask
      if adds {
        first &+= target.loadUnaligned(as: SIMD4<UInt32>.self)
        last &+= target.loadUnaligned(fromByteOffset: 12, as: SIMD4<UInt32>.self)
      }
      target.storeBytes(of: first, as: SIMD4<UInt32>.self)
      target.storeBytes(of: last, toByteOffset: 12, as: SIMD4<UInt32>.self)
      target += 28
      (low, high) = (nextLow, nextHigh)
    }
  }
}

/// Four neighbouring numbers of an edge.
private protocol EdgeBands {
  init(_ edge: RowEdge, _ local: Int)
  func less(_ earlier: Self) -> SIMD4<UInt32>
}

/// Of edges with the same base, which cancels out. No cell of such a chunk counts beyond 16 bits.
private struct NarrowBands: EdgeBands {
  let row: SIMD4<UInt16>

  @inline(__always)
  init(_ edge: RowEdge, _ local: Int) {
    row = UnsafeRawPointer(edge.row + local).loadUnaligned(as: SIMD4<UInt16>.self)
  }

  @inline(__always)
  func less(_ earlier: Self) -> SIMD4<UInt32> { SIMD4(truncatingIfNeeded: row &- earlier.row) }
}

private struct WideBands: EdgeBands {
  let sum: SIMD4<UInt32>

  @inline(__always)
  init(_ edge: RowEdge, _ local: Int) {
    let row = UnsafeRawPointer(edge.row + local).loadUnaligned(as: SIMD4<UInt16>.self)
    sum =
      UnsafeRawPointer(edge.base + local).loadUnaligned(as: SIMD4<UInt32>.self)
      &+ SIMD4(truncatingIfNeeded: row)
  }

  @inline(__always)
  func less(_ earlier: Self) -> SIMD4<UInt32> { sum &- earlier.sum }
}
