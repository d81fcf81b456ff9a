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

  /// Writes what lies between neighbouring edges: one edge more than columns.
  mutating func write(_ columns: Range<Int>, _ plan: borrowing QueryPlan, _ edges: UnsafePointer<cell_edge>) {
    guard !columns.isEmpty else { return }
    zero(upTo: columns.lowerBound)
    let shared = min(written, columns.upperBound) - columns.lowerBound
    if shared > 0 {
      write(columns.lowerBound..<columns.lowerBound + shared, plan, edges, adds: true)
      guard written < columns.upperBound else { return }
    }
    write(written..<columns.upperBound, plan, edges + max(0, shared), adds: false)
    for row in plan.emptyRows { zero(row: row, written..<columns.upperBound) }
    written = columns.upperBound
  }

  private func write(
    _ columns: Range<Int>, _ plan: borrowing QueryPlan, _ edges: UnsafePointer<cell_edge>, adds: Bool
  ) {
    let base = edges[0].base
    // Then it cancels out, and no cell of a chunk with narrow rows counts beyond 16 bits.
    let isInOneChunk = (1...columns.count).allSatisfy { edges[$0].base == base }
    plan.runs.withUnsafeBufferPointer { runs in
      cell_rows_write(
        edges, columns.count, runs.baseAddress, runs.count, counts + columns.lowerBound * bandCount,
        columnCount * bandCount, isInOneChunk, columns.upperBound < columnCount, adds)
    }
  }
}
