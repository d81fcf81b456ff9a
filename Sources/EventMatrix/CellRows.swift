/// Counts before bucket 1, 2 and so on of a chunk, per cell of its dictionary. In 16 bits where no cell has more events
/// than that, which lets twice as many rows fit in the same memory.
enum CellRows: Sendable {
  case narrow(PaddedWords<UInt16>, cellCount: Int)
  case wide(PaddedWords<UInt32>, cellCount: Int)

  static func byteCount(ofCells count: Int, isNarrow: Bool) -> Int { count * (isNarrow ? 2 : 4) }

  static func isNarrow(most: UInt32) -> Bool { most <= UInt32(UInt16.max) }

  /// `count` rows of `cellCount` cells; `next` sets its argument to one after the other.
  init(
    count: Int, cellCount: Int, isNarrow: Bool, counts: UnsafePointer<UInt32>, next: (_ row: Int) -> Void
  ) {
    if isNarrow {
      self = .narrow(
        PaddedWords(count: count * cellCount) { words in
          for row in 0..<count {
            next(row)
            let target = words + row * cellCount
            for cell in 0..<cellCount { target[cell] = UInt16(truncatingIfNeeded: counts[cell]) }
          }
        }, cellCount: cellCount)
    } else {
      self = .wide(
        PaddedWords(count: count * cellCount) { words in
          for row in 0..<count {
            next(row)
            (words + row * cellCount).update(from: counts, count: cellCount)
          }
        }, cellCount: cellCount)
    }
  }

  var byteCount: Int {
    switch self {
    case .narrow(let words, _): words.byteCount
    case .wide(let words, _): words.byteCount
    }
  }

  /// The count of one cell before `bucket`, which is at least 1.
  func count(of cell: Int, beforeBucket bucket: Int) -> UInt32 {
    switch self {
    case .narrow(let words, let cellCount): UInt32(words.words[(bucket - 1) * cellCount + cell])
    case .wide(let words, let cellCount): words.words[(bucket - 1) * cellCount + cell]
    }
  }

  /// The row before `bucket`, if it is in 16 bits.
  func narrowRow(beforeBucket bucket: Int) -> UnsafePointer<UInt16>? {
    guard case .narrow(let words, let cellCount) = self else { return nil }
    return words.words + (bucket - 1) * cellCount
  }

  /// Sets `edge` to the counts before `bucket`, which is at least 1, on top of `base`.
  func set(_ bucket: Int, of spans: Chunk.Spans, on base: UnsafePointer<UInt32>, _ edge: Chunk.Edge) {
    switch self {
    case .narrow(let words, let cellCount):
      let row = words.words + (bucket - 1) * cellCount
      for span in spans { for cell in span { edge[cell] = base[cell] &+ UInt32(row[cell]) } }
    case .wide(let words, let cellCount):
      let row = words.words + (bucket - 1) * cellCount
      for span in spans { for cell in span { edge[cell] = base[cell] &+ row[cell] } }
    }
  }
}
