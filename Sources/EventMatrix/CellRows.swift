/// Counts before bucket 0, 1 and so on of a chunk, and after its last one, per cell of its dictionary.
///
/// In 16 bits where no cell of the chunk has more events than that, which lets twice as many rows fit in the same memory.
/// Those rows begin where the rows of the chunk before ended, and run over: between any two rows of chunks that continue
/// each other (`ChunkGroup.stretches`) a cell's events are the difference of 16 bits, as long as they are no more.
enum CellRows: Sendable {
  case narrow(PaddedWords<UInt16>, cellCount: Int)
  /// From 0; the first and the last row are all zeros and the chunk's totals, and not kept.
  case wide(PaddedWords<UInt32>, cellCount: Int)

  static func byteCount(ofCells count: Int, isNarrow: Bool) -> Int { count * (isNarrow ? 2 : 4) }

  static func isNarrow(most: UInt32) -> Bool { most <= UInt32(UInt16.max) }

  /// Rows of `cellCount` cells for `bucketCount` buckets. `add` adds the events of one bucket after the other to `counts`,
  /// which is all zeros at first and the totals in the end.
  ///
  /// - Parameter start: what the first row is to be, `nil` for zeros. Not if they are wide.
  init(
    bucketCount: Int, cellCount: Int, isNarrow: Bool, start: RowStart?, counts: UnsafeMutablePointer<UInt32>,
    add: (_ bucket: Int) -> Void
  ) {
    counts.initialize(repeating: 0, count: cellCount)
    guard isNarrow else {
      self = .wide(
        PaddedWords(count: (bucketCount - 1) * cellCount) { words in
          for bucket in 0..<bucketCount {
            add(bucket)
            guard bucket + 1 < bucketCount else { break }
            (words + bucket * cellCount).update(from: counts, count: cellCount)
          }
        }, cellCount: cellCount)
      return
    }
    self = .narrow(
      PaddedWords(count: (bucketCount + 1) * cellCount) { words in
        if let start {
          start.withRow { words.update(from: $0, count: cellCount) }
        } else {
          words.initialize(repeating: 0, count: cellCount)
        }
        for bucket in 0..<bucketCount {
          add(bucket)
          let row = words + (bucket + 1) * cellCount
          for cell in 0..<cellCount { row[cell] = words[cell] &+ UInt16(truncatingIfNeeded: counts[cell]) }
        }
      }, cellCount: cellCount)
  }

  var byteCount: Int {
    switch self {
    case .narrow(let words, _): words.byteCount
    case .wide(let words, _): words.byteCount
    }
  }

  /// The count of one cell before `bucket`, which is at least 1 and not behind the last.
  func count(of cell: Int, beforeBucket bucket: Int) -> UInt32 {
    switch self {
    case .narrow(let words, let cellCount):
      UInt32(words.words[bucket * cellCount + cell] &- words.words[cell])
    case .wide(let words, let cellCount): words.words[(bucket - 1) * cellCount + cell]
    }
  }

  /// The row before `bucket`, if it is in 16 bits: the counts on top of those in row 0.
  func narrowRow(beforeBucket bucket: Int) -> UnsafePointer<UInt16>? {
    guard case .narrow(let words, let cellCount) = self else { return nil }
    return words.words + bucket * cellCount
  }

  /// Sets `edge` to the counts before `bucket`, which is at least 1 and not behind the last, on top of `base`.
  func set(_ bucket: Int, of spans: Chunk.Spans, on base: UnsafePointer<UInt32>, _ edge: Chunk.Edge) {
    switch self {
    case .narrow(let words, let cellCount):
      let (first, row) = (words.words, words.words + bucket * cellCount)
      for span in spans { for cell in span { edge[cell] = base[cell] &+ UInt32(row[cell] &- first[cell]) } }
    case .wide(let words, let cellCount):
      let row = words.words + (bucket - 1) * cellCount
      for span in spans { for cell in span { edge[cell] = base[cell] &+ row[cell] } }
    }
  }
}

/// A row in 16 bits that another chunk's rows begin with.
struct RowStart {
  let dictionary: CellDictionary
  private let words: PaddedWords<UInt16>
  private let offset: Int

  init(dictionary: CellDictionary, _ words: PaddedWords<UInt16>, at offset: Int = 0) {
    self.dictionary = dictionary
    self.words = words
    self.offset = offset
  }

  func withRow<Result>(_ body: (UnsafePointer<UInt16>) -> Result) -> Result {
    withExtendedLifetime(words) { body(words.words + offset) }
  }

  var numbers: [UInt16] { withRow { row in (0..<dictionary.count).map { row[$0] } } }

  /// Whether both are the same numbers of the same cells.
  func continues(_ other: RowStart) -> Bool {
    dictionary === other.dictionary
      && withRow { row in
        other.withRow { other in (0..<dictionary.count).allSatisfy { row[$0] == other[$0] } }
      }
  }
}

extension Chunk {
  /// Its first row; `nil` where rows are wide.
  var firstRow: RowStart? { rowStart(beforeBucket: 0) }

  /// Behind its last bucket.
  var lastRow: RowStart? { rowStart(beforeBucket: bucketCount) }

  private func rowStart(beforeBucket bucket: Int) -> RowStart? {
    guard case .narrow(let words, let cellCount) = rows else { return nil }
    return RowStart(dictionary: dictionary, words, at: bucket * cellCount)
  }
}
