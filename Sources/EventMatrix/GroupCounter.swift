internal import CCellRows
internal import EventModel

/// Counts the columns that run over one group of chunks.
///
/// The edges of a block of columns are found first, and mostly are the addresses of rows; then each service's numbers
/// are read off all of them, so that a row of the answer is written in long pieces.
struct GroupCounter: ~Copyable {
  private let group: ChunkGroup
  private let columns: TimeColumns
  private let plan: QueryPlan
  private let zeros: PaddedWords<UInt16>
  /// The edges of the columns `blockStart ..< column`, one more than columns.
  private let edges: UnsafeMutablePointer<cell_edge>
  private var blockStart = 0
  private var column = 0
  /// Counts of the edges that are no rows, each in its slot; made when the first comes.
  private var scratch: UnsafeMutablePointer<UInt32>?
  private var slot = 0
  /// By local cell, see `QueryPlan.targets`; made when events are counted one by one.
  private var targets: [Int32] = []
  /// The chunk that was last asked about, and whether none of the wanted cells has an event in it.
  private var silence = (chunk: -1, isSilent: false)

  private static let blockLength = 16
  /// The edges of a block, and the next.
  private static let slotCount = blockLength + 2
  private static let padding = 8

  init(_ group: ChunkGroup, _ columns: TimeColumns, _ plan: QueryPlan) {
    self.group = group
    self.columns = columns
    self.plan = plan
    zeros = PaddedWords(zeros: group.cellCount)
    edges = .allocate(capacity: Self.blockLength + 1)
  }

  deinit {
    edges.deallocate()
    scratch?.deallocate()
  }

  mutating func run(_ writer: inout AnswerWriter) {
    column = self.column(notAfter: group.first)
    var index = group.chunkIndex(reaching: time(column))
    startBlock(at: column, with: edge(at: time(column), in: index))
    while column < columns.count {
      let end = time(column + 1)
      index = group.chunkIndex(reaching: end, from: index)
      let isEnd = index == group.chunks.count
      if !isEnd, !isSilent(index), walk(group.chunks[index], index, &writer) { continue }
      column += 1
      edges[column - blockStart] = edge(at: end, in: index)
      if isEnd { break }
      // Nothing lies before the chunk that the edge has reached, so no column that ends there gains anything.
      let first = group.chunks[index].first
      let next = end < first ? max(column, self.column(notAfter: first)) : column
      if next != column || column - blockStart == Self.blockLength {
        endBlock(&writer)
        startBlock(at: next, with: edges[column - blockStart])
      }
    }
    endBlock(&writer)
  }

  private mutating func startBlock(at column: Int, with edge: cell_edge) {
    blockStart = column
    self.column = column
    edges[0] = edge
  }

  private func endBlock(_ writer: inout AnswerWriter) {
    writer.write(blockStart..<column, plan, edges)
  }

  private func time(_ column: Int) -> Int64 { columns.edge(column).nanoseconds }

  /// The last column that starts at or before `time`, at most `columns.count`; 0 when none does.
  private func column(notAfter time: Int64) -> Int {
    time < columns.start.nanoseconds ? 0 : min(columns.count, columns.column(of: time))
  }

  // MARK: Edges

  /// The counts before `time`, which the chunk at `index` is the first to reach.
  private mutating func edge(at time: Int64, in index: Int) -> cell_edge {
    let base = group.before[index].words
    guard index < group.chunks.count, !isSilent(index) else { return cell_edge(row: zeros.words, base: base) }
    let chunk = group.chunks[index]
    switch chunk.place(of: time) {
    case .row(0): return cell_edge(row: zeros.words, base: base)
    case .row(chunk.bucketCount): return cell_edge(row: zeros.words, base: group.before[index + 1].words)
    case .row(let row):
      if let narrow = chunk.rows.narrowRow(beforeBucket: row) { return cell_edge(row: narrow, base: base) }
    case .inside: break
    }
    let counts = nextSlot()
    plan.spans.withUnsafeBufferPointer { chunk.setCounts(before: time, of: $0, on: base, counts) }
    return cell_edge(row: zeros.words, base: UnsafePointer(counts))
  }

  /// Whether none of the wanted cells has an event in a chunk: then nothing in it need be looked at.
  private mutating func isSilent(_ index: Int) -> Bool {
    if silence.chunk == index { return silence.isSilent }
    let (before, after) = (group.before[index].words, group.before[index + 1].words)
    silence = (index, plan.spans.allSatisfy { $0.allSatisfy { before[$0] == after[$0] } })
    return silence.isSilent
  }

  private mutating func nextSlot() -> UnsafeMutablePointer<UInt32> {
    let length = group.cellCount + 2 * Self.padding
    let start = scratch ?? .allocate(capacity: length * Self.slotCount)
    scratch = start
    slot = (slot + 1) % Self.slotCount
    return start + slot * length + Self.padding
  }

  // MARK: Columns finer than the chunk's buckets

  /// Counts the columns that end inside `chunk` event by event, if that costs less than an edge for each. Goes on to the
  /// last edge in it; `false` if rows are the better way.
  private mutating func walk(_ chunk: Chunk, _ index: Int, _ writer: inout AnswerWriter) -> Bool {
    // Two edges inside are needed at least; the difference is exact even where it wraps.
    guard !chunk.isCoarse, UInt64(bitPattern: chunk.last &- time(column + 1)) >= UInt64(columns.widthNs)
    else { return false }
    // An edge at the very first event does not count as inside: the chunk before may end in the same instant.
    let start = time(column) > chunk.first ? column : column + 1
    let end = column(notAfter: chunk.last)
    guard end > start else { return false }
    let (low, high) = (chunk.position(of: time(start)), chunk.position(of: time(end)))
    guard isWorthWalking(chunk, start..<end, eventCount: high - low) else { return false }
    if start > column {
      column = start
      edges[column - blockStart] = edge(at: time(start), in: index)
    }
    endBlock(&writer)
    countEvents(of: chunk, from: low, start..<end, &writer)
    startBlock(at: end, with: edge(at: time(end), in: index))
    return true
  }

  private mutating func countEvents(
    of chunk: Chunk, from low: Int, _ range: Range<Int>, _ writer: inout AnswerWriter
  ) {
    if targets.isEmpty { targets = plan.targets(of: group.dictionary, columnCount: columns.count) }
    writer.zero(upTo: range.upperBound)
    let columns = columns
    targets.withUnsafeBufferPointer { targets in
      var low = low
      for column in range {
        let high = chunk.position(of: columns.edge(column + 1).nanoseconds)
        let counts = writer.counts + column * Severity.bandCount
        chunk.index.forEach(in: low..<high) { cell, weight in
          let target = Int(targets[cell])
          if target >= 0 { counts[target] &+= weight }
        }
        low = high
      }
    }
  }

  /// Compares what both ways cost, in quarters of a nanosecond: a number written, an event counted, a column.
  private func isWorthWalking(_ chunk: Chunk, _ range: Range<Int>, eventCount: Int) -> Bool {
    var edgeCost = plan.cellCount
    if case .inside = chunk.place(of: time(range.lowerBound + 1)) {
      edgeCost += chunk.eventCount / chunk.bucketCount
    }
    return eventCount * 4 + range.count * 200 < edgeCost * range.count
  }
}
