internal import EventModel

extension Chunk {
  /// Fewer than a chunk may have, since each chunk that grows old is written again with the one before it.
  private static let coarseRowLimit = 1_024
  /// So many events get into one chunk, where there is a choice: room is left for those that come late.
  private static let usualWeightLimit: UInt64 = 1 << 31

  /// What `chunks` hold, as rows of `widthNs` and no events: exact only at multiples of `widthNs` from now on.
  ///
  /// The chunks need not be in order. More than one comes out where the rows would be too many, or a cell too full.
  /// O(buckets x cells).
  static func coarse(_ chunks: [Chunk], widthNs: Int64, weightLimit: UInt64 = usualWeightLimit) -> [Chunk] {
    var pieces: [[Chunk]] = []
    for chunk in chunks.sorted(by: { $0.first < $1.first }) {
      if let last = pieces.indices.last, fits(pieces[last] + [chunk], widthNs, weightLimit) {
        pieces[last].append(chunk)
      } else {
        pieces.append([chunk])
      }
    }
    return pieces.map { piece in
      // Few events far apart need fewer bytes than rows for the time between them.
      piece.count == 1 && !piece[0].getsSmaller(widthNs: widthNs)
        ? piece[0] : Chunk(coarse: piece, widthNs: widthNs)
    }
  }

  private static func fits(_ chunks: [Chunk], _ widthNs: Int64, _ weightLimit: UInt64) -> Bool {
    let first = chunks.reduce(Int64.max) { min($0, $1.first) }
    let last = chunks.reduce(Int64.min) { max($0, $1.last) }
    let weight = chunks.reduce(0) { $0 + $1.weight }
    return weight <= weightLimit
      && RowGrid(widthNs: widthNs).bucketCount(from: first, to: last, limit: coarseRowLimit) != nil
  }
}

extension Chunk {
  /// One chunk of rows. It starts where its first event did, so that it cannot reach into the chunk before it.
  private convenience init(coarse chunks: [Chunk], widthNs: Int64) {
    let first = chunks.reduce(Int64.max) { min($0, $1.first) }
    let latest = chunks.reduce(Int64.min) { max($0, $1.last) }
    let grid = RowGrid(widthNs: widthNs)
    let bucketCount = grid.bucketCount(from: first, to: latest) ?? 1
    let dictionary = Self.dictionary(of: chunks)
    let firstBucket = grid.bucket(of: first)
    var sums = CellSums(of: chunks, in: dictionary)
    let most = sums.counts(before: .max).max() ?? 0
    let (rows, totals) = sums.rows(isNarrow: CellRows.isNarrow(most: most), bucketCount: bucketCount) {
      bucket in
      bucket + 1 == bucketCount ? .max : grid.start(ofBucket: firstBucket + 1 + Int64(bucket)) ?? .min
    }
    let lastStart = grid.start(ofBucket: firstBucket + Int64(bucketCount - 1)) ?? .min
    self.init(
      dictionary: dictionary, eventCount: chunks.reduce(0) { $0 + $1.eventCount }, first: first,
      last: max(first, lastStart), grid: grid, bucketCount: bucketCount, rows: rows, totals: totals,
      index: .none, batches: Set(chunks.flatMap(\.batches)).sorted())
  }

  private static func dictionary(of chunks: [Chunk]) -> CellDictionary {
    let first = chunks[0].dictionary
    if chunks.allSatisfy({ $0.dictionary === first }) { return first }
    return CellDictionary(chunks.reduce(into: [UInt32]()) { $0 = $0.merged(with: $1.dictionary.cells) })
  }
}

/// Adds up the counts of chunks with different dictionaries.
private struct CellSums {
  private let chunks: [Chunk]
  /// Per chunk: where each of its cells is in the common dictionary.
  private let places: [[Int]]
  private var sum: [UInt32]
  private var scratch: [UInt32]
  private let zeros: [UInt32]

  init(of chunks: [Chunk], in dictionary: CellDictionary) {
    self.chunks = chunks
    let placeOfCell = Dictionary(uniqueKeysWithValues: zip(dictionary.cells, 0...))
    places = chunks.map { chunk in chunk.dictionary.cells.map { placeOfCell[$0] ?? 0 } }
    sum = Array(repeating: 0, count: dictionary.count)
    scratch = Array(repeating: 0, count: (chunks.map(\.cellCount).max() ?? 0))
    zeros = scratch
  }

  mutating func counts(before time: Int64) -> [UInt32] {
    sum(before: time)
    return sum
  }

  /// Rows of buckets that end where `end` says.
  mutating func rows(isNarrow: Bool, bucketCount: Int, end: (Int) -> Int64) -> (CellRows, CellCounts) {
    let cellCount = sum.count
    var rows: CellRows?
    let totals = CellCounts(count: cellCount) { counts in
      rows = CellRows(
        bucketCount: bucketCount, cellCount: cellCount, isNarrow: isNarrow, start: nil, counts: counts
      ) { bucket in
        sum(before: end(bucket))
        for cell in 0..<cellCount { counts[cell] = sum[cell] }
      }
    }
    guard let rows else { preconditionFailure("rows are made beside the totals") }
    return (rows, totals)
  }

  private mutating func sum(before time: Int64) {
    for index in sum.indices { sum[index] = 0 }
    for (chunk, places) in zip(chunks, places) where chunk.first < time {
      zeros.withUnsafeBufferPointer { zeros in
        scratch.withUnsafeMutableBufferPointer { scratch in
          guard let edge = scratch.baseAddress, let base = zeros.baseAddress else { return }
          withUnsafePointer(to: 0..<chunk.cellCount) { all in
            chunk.setCounts(before: time, of: Chunk.Spans(start: all, count: 1), on: base, edge)
          }
        }
      }
      for cell in 0..<chunk.cellCount { sum[places[cell]] &+= scratch[cell] }
    }
  }
}
