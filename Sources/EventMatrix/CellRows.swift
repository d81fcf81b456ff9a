/// Counts before bucket 1, 2 and so on of a chunk, per cell of its dictionary. In 16 bits where no cell has more events
/// than that, which lets twice as many rows fit in the same memory.
struct CellRows: Sendable {
  private var narrow: [UInt16] = []
  private var wide: [UInt32] = []
  private let cellCount: Int
  private let isNarrow: Bool

  /// Room for `count` rows of `cellCount` cells, none of which counts more than `most`.
  init(count: Int, cellCount: Int, most: UInt32) {
    self.cellCount = cellCount
    isNarrow = most <= UInt32(UInt16.max)
    if isNarrow { narrow.reserveCapacity(count * cellCount) } else { wide.reserveCapacity(count * cellCount) }
  }

  static func byteCount(ofCells count: Int, most: UInt32) -> Int {
    count * (most <= UInt32(UInt16.max) ? 2 : 4)
  }

  var byteCount: Int { narrow.count * 2 + wide.count * 4 }

  /// Appends the row before the next bucket. `counts` may be longer than the row.
  mutating func append(_ counts: [UInt32]) {
    if isNarrow {
      narrow.append(contentsOf: counts[..<cellCount].lazy.map { UInt16(truncatingIfNeeded: $0) })
    } else {
      wide.append(contentsOf: counts[..<cellCount])
    }
  }

  /// The count of one cell before `bucket`, which is at least 1.
  func count(of cell: Int, beforeBucket bucket: Int) -> UInt32 {
    let place = (bucket - 1) * cellCount + cell
    return isNarrow ? UInt32(narrow[place]) : wide[place]
  }

  /// Sets `edge` to the counts before `bucket`, which is at least 1, on top of `base`.
  func set(_ bucket: Int, of spans: Chunk.Spans, on base: Chunk.Counts, _ edge: Chunk.Edge) {
    let start = (bucket - 1) * cellCount
    if isNarrow {
      narrow.withUnsafeBufferPointer { Self.set($0, start, spans, base, edge) }
    } else {
      wide.withUnsafeBufferPointer { Self.set($0, start, spans, base, edge) }
    }
  }

  @inline(__always)
  private static func set<Word: FixedWidthInteger>(
    _ rows: UnsafeBufferPointer<Word>, _ start: Int, _ spans: Chunk.Spans, _ base: Chunk.Counts,
    _ edge: Chunk.Edge
  ) {
    guard let last = spans.last, let row = rows.baseAddress.map({ $0 + start }) else { return }
    precondition(start >= 0 && start + last.upperBound <= rows.count, "row at \(start) of \(rows.count)")
    for span in spans {
      for cell in span { edge[cell] = base[cell] &+ UInt32(truncatingIfNeeded: row[cell]) }
    }
  }
}
