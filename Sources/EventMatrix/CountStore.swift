internal import EventModel

/// One layer's events: chunks in order of time, and the newest events on their way into them.
struct CountStore: Sendable {
  /// In order of time; neighbours may meet in one instant but never overlap.
  var groups: [ChunkGroup] = []
  /// Added, but in no chunk yet. In order of arrival.
  var pending: [EventRecord] = []
  /// Whether pending events are known to be in order of time.
  private var isSorted = true
  /// The batches that pending events came from, with the times of the earliest and latest of each.
  private(set) var pendingBatches: [(id: BatchID, first: Int64, last: Int64)] = []
  private(set) var eventCount = 0
  private(set) var extent: (first: Int64, last: Int64)?
  let weighted: Bool
  /// How many pending events make a flush.
  private let pendingLeast: Int
  /// The same, many times as many while late events keep rewriting old chunks.
  private var pendingLimit: Int

  init(weighted: Bool, pendingLimit: Int) {
    self.weighted = weighted
    self.pendingLimit = pendingLimit
    pendingLeast = pendingLimit
  }

  /// Fewer in the last chunk, and the next events join it.
  private var chunkLeast: Int { pendingLeast / 4 }
  private var chunkMost: Int { chunkAim + chunkAim / 2 }
  /// More where there are many cells, for the sake of the sums that each chunk needs.
  private var chunkAim: Int { max(pendingLeast, min(pendingLeast * 8, (groups.last?.cellCount ?? 0) * 8)) }

  var byteCount: Int {
    var memory = MatrixMemory()
    add(to: &memory)
    return memory.byteCount
  }

  func add(to memory: inout MatrixMemory) {
    memory.otherByteCount += pending.capacity * 16 + pendingBatches.count * 24
    for group in groups {
      memory.rowByteCount += group.sumByteCount
      memory.otherByteCount += group.dictionary.byteCount
      for chunk in group.chunks {
        memory.rowByteCount += chunk.rows.byteCount + chunk.totals.byteCount
        memory.indexByteCount += chunk.index.byteCount
        memory.otherByteCount += chunk.otherByteCount + 8
      }
    }
  }

  /// Adds all events of a source's columns.
  mutating func add(_ events: EventColumns, batch: BatchID?) {
    guard let first = events.times.min(), let last = events.times.max() else { return }
    add(events, batch: batch, extent: (EventRecord.counted(first), EventRecord.counted(last)))
  }

  /// Adds all events of a source's columns; `extent` is the earliest and latest of their (counted) times.
  mutating func add(_ events: EventColumns, batch: BatchID?, extent: (first: Int64, last: Int64)) {
    widen(by: extent.first, extent.last)
    eventCount += events.count
    if let batch { note(batch, extent) }
    var index = 0
    while index < events.count {
      // In pieces that stay in the nearest cache until they are copied.
      let end = min(events.count, index + max(1, min(4_096, pendingLimit - pending.count)))
      append(events, index..<end)
      index = end
      if pending.count >= pendingLimit {
        flush(everything: false)
        // What is left of the batch is still to come.
        if let batch, index < events.count { note(batch, extent) }
      }
    }
  }

  /// Adds single events, of a sparse layer.
  mutating func add(_ records: [EventRecord]) {
    for record in records {
      widen(by: record.time, record.time)
      pending.append(record)
    }
    isSorted = false
    eventCount += records.count
    if pending.count >= pendingLimit { flush(everything: false) }
  }

  private mutating func append(_ events: EventColumns, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    if pending.capacity == 0 { pending.reserveCapacity(min(pendingLimit, range.count * 2)) }
    isSorted = isSorted && events.times.ascend(in: range, from: pending.last?.time ?? .min)
    pending.append(contentsOf: events.records(range))
  }

  private mutating func note(_ batch: BatchID, _ extent: (first: Int64, last: Int64)) {
    if let index = pendingBatches.lastIndex(where: { $0.id == batch }) {
      pendingBatches[index].first = min(pendingBatches[index].first, extent.first)
      pendingBatches[index].last = max(pendingBatches[index].last, extent.last)
    } else {
      pendingBatches.append((batch, extent.first, extent.last))
    }
  }

  mutating func widen(by first: Int64, _ last: Int64) {
    extent = extent.map { (min($0.first, first), max($0.last, last)) } ?? (first, last)
  }

  // MARK: Into chunks

  /// Sorts pending events into chunks. Unless everything is to go, the newest quarter waits, since the events that
  /// come next may still lie between them.
  mutating func flush(everything: Bool) {
    guard !pending.isEmpty else { return }
    // Taken out, so that the memory is used again and not copied.
    var records = pending
    pending = []
    if !isSorted { records.sortByTime() }
    isSorted = true
    let cut = everything ? records.count : records.count - records.count / 4
    let rewritten = insert(records[..<cut])
    if cut < records.count {
      records.removeSubrange(..<cut)
      pending = records
    }
    let oldestLeft = pending.first?.time
    pendingBatches.removeAll { batch in oldestLeft.map { batch.last < $0 } ?? true }
    adaptLimit(added: cut, rewritten: rewritten)
  }

  private mutating func adaptLimit(added: Int, rewritten: Int) {
    if rewritten > added * 4 {
      // With a share of all that is there, each event is written again a few times and not once for every flush.
      let most = max(pendingLeast * 8, min(eventCount / 8, pendingLeast * 32))
      pendingLimit = min(most, pendingLimit * 2)
    } else {
      pendingLimit = max(chunkAim, pendingLimit / 2)
    }
  }

  /// Puts sorted records where they belong: into the chunks whose times they lie among, or behind the last.
  /// Returns how many older events had to be written again.
  private mutating func insert(_ records: ArraySlice<EventRecord>) -> Int {
    let tailStart =
      groups.last.map { group in
        records.partitionIndex { $0.time > group.last }
      } ?? records.startIndex
    let rewritten = insertLate(records[..<tailStart])
    return rewritten + append(records[tailStart...])
  }

  private mutating func append(_ records: ArraySlice<EventRecord>) -> Int {
    guard !records.isEmpty else { return 0 }
    let last = groups.last?.chunks.last
    if let last, !last.isCoarse, last.eventCount < chunkLeast {
      groups[groups.count - 1].removeLast()
      if groups[groups.count - 1].chunks.isEmpty { groups.removeLast() }
      for chunk in chunks(of: last, and: records) { append(chunk) }
      return last.eventCount
    }
    let batches = batches(within: records)
    for chunk in chunks(of: records, beside: last?.dictionary, from: last?.lastRow, batches: batches) {
      append(chunk)
    }
    return 0
  }

  private mutating func append(_ chunk: Chunk) {
    if let index = groups.indices.last, groups[index].canAppend(chunk) {
      groups[index].append(chunk)
    } else {
      groups.append(ChunkGroup(chunk))
    }
  }

  /// Rewrites the chunks that late records lie in, from the last group to the first so that places stay right.
  private mutating func insertLate(_ records: ArraySlice<EventRecord>) -> Int {
    var rewritten = 0
    var end = records.endIndex
    while end > records.startIndex {
      let index = groups.firstIndex(reaching: records[end - 1].time) { $0.last }
      let floor = index == 0 ? nil : groups[index - 1].last
      let start =
        floor.map { floor in records[..<end].partitionIndex { $0.time > floor } } ?? records.startIndex
      rewritten += rewrite(group: index, with: records[start..<end])
      end = start
    }
    return rewritten
  }

  private mutating func rewrite(group index: Int, with records: ArraySlice<EventRecord>) -> Int {
    var rewritten = 0
    var chunks: [Chunk] = []
    var rest = records
    for chunk in groups[index].chunks {
      let end = rest.partitionIndex { $0.time > chunk.last }
      let mine = rest[..<end]
      rest = rest[end...]
      guard !mine.isEmpty else {
        chunks.append(chunk)
        continue
      }
      chunks += self.chunks(of: chunk, and: mine)
      rewritten += chunk.eventCount
    }
    groups.replaceSubrange(index...index, with: ChunkGroup.groups(of: chunks))
    return rewritten
  }

  /// The chunks that hold what `chunk` holds, and `records` too.
  private func chunks(of chunk: Chunk, and records: ArraySlice<EventRecord>) -> [Chunk] {
    let batches = Set(chunk.batches).union(self.batches(within: records)).sorted()
    guard !chunk.isCoarse else {
      let late = chunks(of: records, beside: chunk.dictionary, from: nil, batches: batches)
      return Chunk.coarse([chunk] + late, widthNs: chunk.baseNs, weightLimit: UInt64(UInt32.max))
    }
    var all: [EventRecord] = []
    all.reserveCapacity(chunk.eventCount + records.count)
    chunk.appendRecords(to: &all)
    all.append(contentsOf: records)
    all.sortByTime()
    return chunks(of: all[...], beside: chunk.dictionary, from: chunk.firstRow, batches: batches)
  }

  /// Cuts sorted records into chunks of about equal size; the rows of the first begin with `start`.
  private func chunks(
    of records: ArraySlice<EventRecord>, beside neighbour: CellDictionary?, from start: RowStart?,
    batches: [BatchID]
  ) -> [Chunk] {
    let pieceCount = max(1, (records.count + chunkMost - 1) / chunkMost)
    var chunks: [Chunk] = []
    for piece in 0..<pieceCount {
      let low = records.startIndex + records.count * piece / pieceCount
      let high = records.startIndex + records.count * (piece + 1) / pieceCount
      for part in countable(records[low..<high]) {
        let last = chunks.last
        chunks.append(
          Chunk(
            part, weighted: weighted, beside: last?.dictionary ?? neighbour,
            from: last == nil ? start : last?.lastRow, batches: batches))
      }
    }
    return chunks
  }

  /// The same in pieces, none of which counts more than the greatest count.
  private func countable(_ records: ArraySlice<EventRecord>) -> [ArraySlice<EventRecord>] {
    guard weighted else { return [records] }
    var parts: [ArraySlice<EventRecord>] = []
    var start = records.startIndex
    var weight: UInt64 = 0
    for (index, record) in zip(records.indices, records) {
      weight += UInt64(record.weight)
      guard weight > UInt64(UInt32.max) else { continue }
      parts.append(records[start..<index])
      (start, weight) = (index, UInt64(record.weight))
    }
    return parts + [records[start...]]
  }

  private func batches(within records: ArraySlice<EventRecord>) -> [BatchID] {
    guard !pendingBatches.isEmpty, let first = records.first?.time, let last = records.last?.time else {
      return []
    }
    let found = pendingBatches.lazy.filter { $0.first <= last && $0.last >= first }.map(\.id)
    return Set(found).sorted()
  }

  // MARK: Whole chunks

  /// Puts other chunks in the place of all of them, after retention or removal.
  mutating func replaceChunks(by chunks: [Chunk]) {
    groups = ChunkGroup.groups(of: chunks)
    eventCount = chunks.reduce(pending.count) { $0 + $1.eventCount }
    extent = nil
    if let first = chunks.first, let last = chunks.last { widen(by: first.first, last.last) }
    for record in pending { widen(by: record.time, record.time) }
  }
}

extension ArraySlice<EventRecord> {
  /// The first index from which on `belongs` holds; it holds for none before it.
  func partitionIndex(_ belongs: (EventRecord) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension EventColumns {
  fileprivate func records(_ range: Range<Int>) -> [EventRecord] {
    times.withUnsafeBufferPointer { times in
      services.withUnsafeBufferPointer { services in
        severities.withUnsafeBufferPointer { severities in
          Array(unsafeUninitializedCapacity: range.count) { records, count in
            for index in range {
              let cell = EventRecord.cell(services[index], severities[index])
              records.initializeElement(
                at: count, to: EventRecord(time: EventRecord.counted(times[index]), cell: cell, weight: 1))
              count += 1
            }
          }
        }
      }
    }
  }
}

extension [Int64] {
  /// Whether the times in `range` never fall, nor begin before `first`.
  fileprivate func ascend(in range: Range<Int>, from first: Int64) -> Bool {
    withUnsafeBufferPointer { times in
      guard times[range.lowerBound] >= first else { return false }
      var falls = 0
      for index in range.dropFirst() { falls += times[index] < times[index - 1] ? 1 : 0 }
      return falls == 0
    }
  }
}
