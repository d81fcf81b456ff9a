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
  /// The edges of the columns `blockStart ..< column`, one more than columns.
  private let edges: UnsafeMutablePointer<cell_edge>
  /// The chunk that each edge belongs to, and the stretch of chunks whose rows continue its row, -1 if none does.
  private let places: UnsafeMutablePointer<(chunk: Int32, stretch: Int32)>
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
    edges = .allocate(capacity: Self.blockLength + 1)
    places = .allocate(capacity: Self.blockLength + 1)
  }

  deinit {
    edges.deallocate()
    places.deallocate()
    scratch?.deallocate()
  }

  mutating func run(_ writer: inout AnswerWriter) {
    column = self.column(notAfter: group.first)
    var index = group.chunkIndex(reaching: time(column))
    startBlock(at: column, in: index)
    while column < columns.count {
      let end = time(column + 1)
      index = group.chunkIndex(reaching: end, from: index)
      let isEnd = index == group.chunks.count
      if !isEnd, !isSilent(index), walk(group.chunks[index], index, &writer) { continue }
      column += 1
      setEdge(column - blockStart, at: end, in: index)
      if isEnd { break }
      // Nothing lies before the chunk that the edge has reached, so no column that ends there gains anything.
      let first = group.chunks[index].first
      let next = end < first ? max(column, self.column(notAfter: first)) : column
      if next != column || column - blockStart == Self.blockLength {
        endBlock(&writer)
        let last = column - blockStart
        (edges[0], places[0]) = (edges[last], places[last])
        (blockStart, column) = (next, next)
      }
    }
    endBlock(&writer)
  }

  private mutating func startBlock(at column: Int, in index: Int) {
    blockStart = column
    self.column = column
    setEdge(0, at: time(column), in: index)
  }

  private func endBlock(_ writer: inout AnswerWriter) {
    writer.write(blockStart..<column, plan, edges, reach)
  }

  /// `nil` where rows alone do not say what lies between the edges of the block.
  private var reach: EdgeReach? {
    let (first, last) = (places[0], places[column - blockStart])
    for edge in 0...column - blockStart where places[edge].stretch != first.stretch || first.stretch < 0 {
      return nil
    }
    let low = group.before[Int(first.chunk)].words
    // No cell of a chunk with narrow rows counts beyond 16 bits.
    if first.chunk == last.chunk { return EdgeReach(low: low, high: low) }
    return EdgeReach(low: low, high: group.before[Int(last.chunk) + 1].words)
  }

  private func time(_ column: Int) -> Int64 { columns.edge(column).nanoseconds }

  /// The last column that starts at or before `time`, at most `columns.count`; 0 when none does.
  private func column(notAfter time: Int64) -> Int {
    time < columns.start.nanoseconds ? 0 : min(columns.count, columns.column(of: time))
  }

  // MARK: Edges

  /// Sets an edge of the block to the counts before `time`, which the chunk at `index` is the first to reach.
  private mutating func setEdge(_ edge: Int, at time: Int64, in index: Int) {
    guard index < group.chunks.count else {
      return setEdge(edge, inChunk: index - 1, beforeBucket: group.chunks[index - 1].bucketCount)
    }
    guard !isSilent(index) else { return setEdge(edge, inChunk: index, beforeBucket: 0) }
    let chunk = group.chunks[index]
    if case .row(let row) = chunk.place(of: time),
      row == 0 || row == chunk.bucketCount || chunk.firstRow != nil
    {
      return setEdge(edge, inChunk: index, beforeBucket: row)
    }
    let counts = nextSlot()
    plan.spans.withUnsafeBufferPointer {
      chunk.setCounts(before: time, of: $0, on: group.before[index].words, counts)
    }
    edges[edge] = edgeWithoutRow(UnsafePointer(counts))
    places[edge] = (Int32(index), -1)
  }

  /// To those before a bucket: of a chunk with wide rows, before the first or behind the last.
  private func setEdge(_ edge: Int, inChunk index: Int, beforeBucket row: Int) {
    let chunk = group.chunks[index]
    places[edge] = (Int32(index), group.stretches[index])
    if let narrow = chunk.rows.narrowRow(beforeBucket: row), let first = chunk.rows.narrowRow(beforeBucket: 0)
    {
      edges[edge] = cell_edge(row: narrow, first: first, base: group.before[index].words)
    } else {
      edges[edge] = edgeWithoutRow(group.before[row == 0 ? index : index + 1].words)
    }
  }

  private func edgeWithoutRow(_ base: UnsafePointer<UInt32>) -> cell_edge {
    // Nothing lies before the first chunk.
    let zeros = UnsafeRawPointer(group.before[0].words).assumingMemoryBound(to: UInt16.self)
    return cell_edge(row: zeros, first: zeros, base: base)
  }

  /// Whether none of the wanted cells has an event in a chunk: then nothing in it need be looked at.
  private mutating func isSilent(_ index: Int) -> Bool {
    // A look at the sums of two chunks costs more than it saves where most cells are wanted.
    guard plan.cellCount * 4 < group.cellCount else { return false }
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
      setEdge(column - blockStart, at: time(start), in: index)
    }
    endBlock(&writer)
    countEvents(of: chunk, from: low, start..<end, &writer)
    startBlock(at: end, in: index)
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
          if target >= 0 { counts[target].add(weight) }
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
