internal import CCellRows
internal import EventModel

/// Writes the counts of columns, from left to right, each number once: the memory may hold anything before.
struct AnswerWriter {
  let counts: UnsafeMutablePointer<UInt32>
  let rowCount: Int
  let columnCount: Int
  /// Columns below are written. A column that two groups of chunks share is added to.
  private(set) var written: Int

  init(_ counts: UnsafeMutablePointer<UInt32>, _ query: MatrixQuery, written: Int = 0) {
    self.written = written
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

  /// Whether the next of `columns` is added to what is there.
  func isWritten(_ column: Int) -> Bool { column < written }

  /// Writes what lies between neighbouring edges: one edge more than columns.
  mutating func write(
    _ columns: Range<Int>, _ plan: borrowing QueryPlan, _ edges: UnsafePointer<cell_edge>, _ reach: EdgeReach?
  ) {
    guard !columns.isEmpty else { return }
    zero(upTo: columns.lowerBound)
    let shared = min(written, columns.upperBound) - columns.lowerBound
    if shared > 0 {
      write(columns.lowerBound..<columns.lowerBound + shared, plan, edges, reach, adds: true)
      guard written < columns.upperBound else { return }
    }
    write(written..<columns.upperBound, plan, edges + max(0, shared), reach, adds: false)
    for row in plan.emptyRows { zero(row: row, written..<columns.upperBound) }
    written = columns.upperBound
  }

  private func write(
    _ columns: Range<Int>, _ plan: borrowing QueryPlan, _ edges: UnsafePointer<cell_edge>,
    _ reach: EdgeReach?,
    adds: Bool
  ) {
    plan.runs.withUnsafeBufferPointer { runs in
      cell_rows_write(
        edges, columns.count, runs.baseAddress, runs.count, counts + columns.lowerBound * bandCount,
        columnCount * bandCount, reach?.low, reach?.high, columns.upperBound < columnCount, adds)
    }
  }
}

/// Of edges whose rows continue each other: by how much no cell's count can grow more from the first edge to the last. The
/// same twice where that is known to fit in 16 bits.
struct EdgeReach {
  var low: UnsafePointer<UInt32>
  var high: UnsafePointer<UInt32>
}
