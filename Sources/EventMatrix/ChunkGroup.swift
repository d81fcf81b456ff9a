/// Consecutive chunks with one dictionary, and how much lies before each of them in the group: a column that runs over
/// many chunks costs no more than one inside a chunk.
struct ChunkGroup: Sendable {
  private(set) var chunks: [Chunk]
  /// Per chunk the counts of each cell in the chunks before it, and one more.
  private(set) var before: [CellCounts]
  /// Per chunk: the first of the chunks whose rows continue each other up to this one, -1 where its rows are wide.
  private(set) var stretches: [Int32]
  /// Of each chunk, side by side: a search through the chunks themselves waits for memory at every step.
  private var lasts: [Int64]
  /// What all events count; not beyond the greatest count either.
  private var weight: UInt64

  /// A late event costs one chunk and the totals after it in its group, so groups are short.
  static let chunkLimit = 256

  var dictionary: CellDictionary { chunks[0].dictionary }
  var first: Int64 { chunks[0].first }
  var last: Int64 { chunks[chunks.count - 1].last }
  var cellCount: Int { dictionary.count }

  /// Of the sums before each chunk; the first chunk's own totals are the second.
  var sumByteCount: Int { before.reduce(-chunks[0].totals.byteCount) { $0 + $1.byteCount + 52 } }

  init(_ chunk: Chunk) {
    chunks = [chunk]
    before = [CellCounts(zeros: chunk.cellCount), chunk.totals]
    stretches = [chunk.firstRow == nil ? -1 : 0]
    weight = chunk.weight
    lasts = [chunk.last]
  }

  func canAppend(_ chunk: Chunk) -> Bool {
    chunk.dictionary === dictionary && chunks.count < Self.chunkLimit
      && weight + chunk.weight <= UInt64(UInt32.max)
  }

  mutating func append(_ chunk: Chunk) {
    let (last, added) = (before[chunks.count].words, chunk.totals.words)
    stretches.append(stretch(of: chunk))
    weight += chunk.weight
    lasts.append(chunk.last)
    chunks.append(chunk)
    before.append(
      CellCounts(count: cellCount) { sums in
        for cell in 0..<cellCount { sums[cell] = last[cell] &+ added[cell] }
      })
  }

  private func stretch(of chunk: Chunk) -> Int32 {
    guard let row = chunk.firstRow else { return -1 }
    guard let last = chunks[chunks.count - 1].lastRow, row.continues(last) else { return Int32(chunks.count) }
    return stretches[chunks.count - 1]
  }

  mutating func removeLast() {
    before.removeLast()
    stretches.removeLast()
    lasts.removeLast()
    weight -= chunks.removeLast().weight
  }

  /// The first chunk that does not end before `time`.
  func chunkIndex(reaching time: Int64) -> Int { lasts.firstIndex(reaching: time) { $0 } }

  /// The same, if it is known to be at or after `start`. O(1) if it is near.
  func chunkIndex(reaching time: Int64, from start: Int) -> Int {
    var index = start
    while index < lasts.count, lasts[index] < time {
      if index == start + 4 { return chunkIndex(reaching: time) }
      index += 1
    }
    return index
  }

  /// Groups of these chunks, which are in order of time.
  static func groups(of chunks: some Sequence<Chunk>) -> [ChunkGroup] {
    var groups: [ChunkGroup] = []
    for chunk in chunks {
      if let index = groups.indices.last, groups[index].canAppend(chunk) {
        groups[index].append(chunk)
      } else {
        groups.append(ChunkGroup(chunk))
      }
    }
    return groups
  }
}

extension Array {
  /// The first index whose `last` time is at or after `time`, `count` if there is none; in ascending order.
  func firstIndex(reaching time: Int64, last: (Element) -> Int64) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if last(self[middle]) < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
