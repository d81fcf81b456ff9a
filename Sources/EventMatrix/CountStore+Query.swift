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
        GroupCounter.count(groups[index], query.columns, current, into: counts)
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
  let cellCount: Int
  let spans: Chunk.Spans
  let before: UnsafePointer<UInt32>
  let writer: ColumnWriter

  private typealias Edge = Chunk.Edge

  static func count(
    _ group: ChunkGroup, _ columns: TimeColumns, _ plan: QueryPlan,
    into counts: UnsafeMutableBufferPointer<UInt32>
  ) {
    let width = group.cellCount
    plan.runs.withUnsafeBufferPointer { runs in
      plan.spans.withUnsafeBufferPointer { spans in
        group.before.withUnsafeBufferPointer { before in
          withUnsafeTemporaryAllocation(of: UInt32.self, capacity: width * (blockLength + 2)) { scratch in
            guard let before = before.baseAddress, let edges = scratch.baseAddress else { return }
            GroupCounter(
              group: group, columns: columns, cellCount: plan.cellCount, spans: spans, before: before,
              writer: ColumnWriter(counts: counts, runs: runs)
            ).run(edges)
          }
        }
      }
    }
  }

  /// Columns are written this many at a time, so that a row of the answer is written in longer pieces.
  private static let blockLength = 8

  /// `edges` has room for the counts at the edges of a block, and for one more.
  private func run(_ edges: Edge) {
    let width = group.cellCount
    var column = self.column(notAfter: group.first)
    var index = group.chunkIndex(reaching: time(column))
    setCounts(before: time(column), in: index, edges)
    var blockStart = column
    while column < columns.count {
      let last = edges + (column - blockStart) * width
      let edge = time(column + 1)
      index = group.chunkIndex(reaching: edge, from: index)
      let isEnd = index == group.chunks.count
      var next = column + 1
      if !isEnd, let reached = walk(group.chunks[index], index, from: column, last, width) {
        next = reached
      } else {
        setCounts(before: edge, in: index, last + width)
        column += 1
        // Nothing lies before the chunk that the edge has reached, so no column that ends there gains anything.
        if !isEnd, edge < group.chunks[index].first {
          next = max(next, self.column(notAfter: group.chunks[index].first))
        }
      }
      if isEnd || next != column || column - blockStart == Self.blockLength {
        writer.add(blockStart..<column, edges, width)
        if isEnd { return }
        for span in spans {
          (edges + span.lowerBound).update(from: last + width + span.lowerBound, count: span.count)
        }
        column = next
        blockStart = next
      }
    }
    writer.add(blockStart..<column, edges, width)
  }

  private func time(_ column: Int) -> Int64 { columns.edge(column).nanoseconds }

  /// The last column that starts at or before `time`, at most `columns.count`; 0 when none does.
  private func column(notAfter time: Int64) -> Int {
    time < columns.start.nanoseconds ? 0 : min(columns.count, columns.column(of: time))
  }

  private func setCounts(before time: Int64, in index: Int, _ edge: Edge) {
    let row = before + index * group.cellCount
    if index < group.chunks.count {
      group.chunks[index].setCounts(before: time, of: spans, on: row, edge)
    } else {
      for span in spans { (edge + span.lowerBound).update(from: row + span.lowerBound, count: span.count) }
    }
  }

  // MARK: Columns finer than the chunk's buckets

  /// Counts the columns that end inside `chunk` event by event, if that costs less than reading an edge for each.
  /// Returns the column it has reached, with the counts before it behind those in `first`, which are for `column`; `nil` if rows are the better way.
  private func walk(_ chunk: Chunk, _ index: Int, from column: Int, _ first: Edge, _ width: Int) -> Int? {
    // Two edges inside are needed at least; the difference is exact even where it wraps.
    guard !chunk.isCoarse, UInt64(bitPattern: chunk.last &- time(column + 1)) >= UInt64(columns.widthNs)
    else {
      return nil
    }
    // From `start` to `end`, the last edge at or before the last event, columns lie in this chunk alone. An edge at the
    // very first event does not count as inside: the chunk before may end in the same instant.
    let start = time(column) > chunk.first ? column : column + 1
    let end = self.column(notAfter: chunk.last)
    guard end > start, isWorthWalking(chunk, from: start, to: end) else { return nil }
    let low = first + (start - column) * width
    let high = first + 2 * width
    if start > column {
      setCounts(before: time(start), in: index, low)
      writer.add(column..<start, first, width)
    }
    setCounts(before: time(end), in: index, high)
    let finder = ColumnFinder(columns)
    let row = before + index * group.cellCount
    chunk.cellStarts.withUnsafeBufferPointer { starts in
      chunk.offsets.withReader { reader in
        for run in writer.runs {
          for step in 0..<Int(run.count) {
            let cell = Int(run.local) + step
            // What lies before an edge, less what lies before the chunk, is a place among the cell's events.
            let base = starts[cell] &- row[cell]
            for place in Int(base &+ low[cell])..<Int(base &+ high[cell]) {
              let time = chunk.offsets.time(ofDistance: reader[place])
              writer.counts[run.target + step + finder[time] * Severity.bandCount] &+= 1
            }
          }
        }
      }
    }
    for span in spans {
      (first + width + span.lowerBound).update(from: high + span.lowerBound, count: span.count)
    }
    return end
  }

  /// Compares what both ways cost, in nanoseconds: a vector lane, a search in a bucket, an event.
  private func isWorthWalking(_ chunk: Chunk, from first: Int, to end: Int) -> Bool {
    guard chunk.weightsBefore.isEmpty else { return false }
    let aligned = columns.widthNs % chunk.baseNs == 0 && columns.start.nanoseconds % chunk.baseNs == 0
    let edgeCost = Double(cellCount) * (aligned && chunk.bucketCount > 1 ? 0.5 : 8)
    let span = max(1, Double(chunk.last) - Double(chunk.first))
    let share = min(1, (Double(time(end)) - Double(time(first))) / span)
    let events = Double(chunk.eventCount) * share * Double(cellCount) / Double(chunk.cellCount)
    return events * 2 < edgeCost * Double(end - first)
  }
}
