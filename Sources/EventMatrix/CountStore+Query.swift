internal import EventModel

extension CountStore {
  /// Adds the counts of `query` to `counts`, which has the shape of `MatrixCounts`.
  func count(_ query: MatrixQuery, into counts: UnsafeMutableBufferPointer<UInt32>) {
    let view = query.columns.range
    guard !view.isEmpty else { return }
    countPending(query, into: counts)
    var index = groups.firstIndex(reaching: view.start.nanoseconds) { $0.last }
    var plan: (dictionary: CellDictionary, QueryPlan)?
    while index < groups.count, groups[index].first < view.end.nanoseconds {
      let dictionary = groups[index].dictionary
      let known = plan.flatMap { $0.dictionary === dictionary ? $0.1 : nil }
      let current = known ?? QueryPlan(dictionary, query)
      plan = (dictionary, current)
      if current.cellCount > 0 {
        current.runs.withUnsafeBufferPointer { runs in
          GroupCounter(
            group: groups[index], columns: query.columns, plan: current,
            writer: ColumnWriter(counts: counts, runs: runs)
          ).run()
        }
      }
      index += 1
    }
  }

  private func countPending(_ query: MatrixQuery, into counts: UnsafeMutableBufferPointer<UInt32>) {
    let columns = ColumnFinder(query.columns)
    let bands = UInt32(query.severities.rawValue)
    for record in pending where columns.contains(record.time) {
      let (service, band) = record.cell.quotientAndRemainder(dividingBy: UInt32(Severity.bandCount))
      let row = query.row(ofService: Int(service))
      guard row >= 0, bands & (1 << band) != 0 else { continue }
      let cell = row * query.columns.count + columns[record.time]
      counts[cell * Severity.bandCount + Int(band)] &+= record.weight
    }
  }
}

/// Finds the column of a time without a division for each.
struct ColumnFinder {
  private let start: Int64
  private let end: Int64
  private let width: Int64
  private let columnsPerNs: Double

  init(_ columns: TimeColumns) {
    start = columns.range.start.nanoseconds
    end = columns.range.end.nanoseconds
    width = columns.widthNs
    columnsPerNs = 1 / Double(columns.widthNs)
  }

  @inline(__always)
  func contains(_ time: Int64) -> Bool { start <= time && time < end }

  /// The column of a time that `contains` says is inside.
  @inline(__always)
  subscript(time: Int64) -> Int {
    let distance = UInt64(bitPattern: time &- start)
    // Twice such a width is beyond Int64.
    if width >= 1 << 61 { return Int(distance / UInt64(width)) }
    // The product is off by far less than one column, so one step mends it.
    var column = Int64(Double(distance) * columnsPerNs)
    let rest = Int64(bitPattern: distance &- UInt64(bitPattern: column &* width))
    if rest < 0 { column -= 1 } else if rest >= width { column += 1 }
    return Int(column)
  }
}

/// Counts the columns that run over one group of chunks.
private struct GroupCounter {
  let group: ChunkGroup
  let columns: TimeColumns
  let plan: QueryPlan
  let writer: ColumnWriter

  private typealias Edge = UnsafeMutablePointer<UInt32>

  func run() {
    let width = group.dictionary.count + Chunk.padding
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: width * 2) { scratch in
      scratch.initialize(repeating: 0)
      guard let low = scratch.baseAddress else { return }
      run(low, low + width)
    }
  }

  /// `low` holds the counts before the left edge of `column`, `high` those before its right edge.
  private func run(_ first: Edge, _ second: Edge) {
    var (low, high) = (first, second)
    var column = self.column(notAfter: group.first)
    var index = group.chunkIndex(reaching: time(column))
    setCounts(before: time(column), in: index, low)
    while column < columns.count {
      index = group.chunkIndex(reaching: time(column + 1), from: index)
      if index < group.chunks.count, let end = walk(group.chunks[index], index, from: column, low, high) {
        column = end
        swap(&low, &high)
        continue
      }
      setCounts(before: time(column + 1), in: index, high)
      writer.add(column, from: low, to: high)
      if index == group.chunks.count { return }
      swap(&low, &high)
      // Nothing lies before the chunk that the edge has reached, so no column that ends there gains anything.
      column = max(column + 1, self.column(notAfter: group.chunks[index].first))
    }
  }

  private func time(_ column: Int) -> Int64 { columns.edge(column).nanoseconds }

  /// The last column that starts at or before `time`, at most `columns.count`; 0 when none does.
  private func column(notAfter time: Int64) -> Int {
    time < columns.start.nanoseconds ? 0 : min(columns.count, columns.column(of: time))
  }

  private func setCounts(before time: Int64, in index: Int, _ edge: Edge) {
    group.before[index].withUnsafeBufferPointer { before in
      guard let before = before.baseAddress else { return }
      for span in plan.spans {
        (edge + span.lowerBound).update(from: before + span.lowerBound, count: span.count)
      }
    }
    guard index < group.chunks.count else { return }
    for span in plan.spans { group.chunks[index].addCounts(before: time, of: span, to: edge) }
  }

  // MARK: Columns finer than the chunk's buckets

  /// Counts the columns that end inside `chunk` event by event, if that costs less than reading an edge for each.
  /// Returns the column it has reached, with the counts before it in `high`; `nil` if rows are the better way.
  private func walk(
    _ chunk: Chunk, _ index: Int, from column: Int, _ low: Edge, _ high: Edge
  ) -> Int? {
    guard !chunk.isCoarse else { return nil }
    // The last edge at or before the last event: columns from here to there lie in this chunk alone but for the first.
    let end = min(columns.count, self.column(notAfter: chunk.last))
    guard end > column + 1, isWorthWalking(chunk, from: column + 1, to: end) else { return nil }
    setCounts(before: time(column + 1), in: index, high)
    writer.add(column, from: low, to: high)
    setCounts(before: time(end), in: index, low)
    let finder = ColumnFinder(columns)
    chunk.offsets.withReader { reader in
      for run in writer.runs {
        for cell in 0..<Int(run.count) {
          count(chunk, index, Int(run.local) + cell, target: run.target + cell, finder, reader, low, high)
        }
      }
    }
    for span in plan.spans { (high + span.lowerBound).update(from: low + span.lowerBound, count: span.count) }
    return end
  }

  /// Adds the events of one cell between the edges `from` and `to` (counts before them) to their columns.
  @inline(__always)
  private func count(
    _ chunk: Chunk, _ index: Int, _ cell: Int, target: Int, _ finder: ColumnFinder,
    _ reader: PackedOffsets.Reader, _ to: Edge, _ from: Edge
  ) {
    guard to[cell] != from[cell] else { return }
    let start = Int(chunk.cellStarts[cell])
    let base = group.before[index][cell]
    for place in (start + Int(from[cell] &- base))..<(start + Int(to[cell] &- base)) {
      let time = chunk.offsets.time(ofDistance: reader[place])
      writer.counts[target + finder[time] * Severity.bandCount] &+= 1
    }
  }

  /// Compares nanoseconds: a vector lane, a search in a bucket, an event.
  private func isWorthWalking(_ chunk: Chunk, from first: Int, to end: Int) -> Bool {
    guard chunk.weightsBefore.isEmpty else { return false }
    let aligned = columns.widthNs % chunk.baseNs == 0 && columns.start.nanoseconds % chunk.baseNs == 0
    let edgeCost = Double(plan.cellCount) * (aligned && chunk.bucketCount > 1 ? 0.5 : 8)
    let span = max(1, Double(chunk.last) - Double(chunk.first))
    let share = min(1, (Double(time(end)) - Double(time(first))) / span)
    let events = Double(chunk.eventCount) * share * Double(plan.cellCount) / Double(chunk.cellCount)
    return events * 2 < edgeCost * Double(end - first)
  }
}
