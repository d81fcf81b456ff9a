public import EventModel

extension EventMatrix {
  /// The latest instant from which on, up to before `end`, the services (those with a row) have at least `count` events
  /// of the severities: where a list of the last `count` must begin to be read. With fewer events, that of the first;
  /// `nil` without any. Where the counts are coarse, the start of the bucket it lies in.
  ///
  /// - Complexity: O(cells x (groups + log chunks)), and a search in one bucket. Until `settle()`, also the pending
  ///   events.
  public func start(
    ofLast count: Int, before end: Timestamp, rowOfService: [Int32], severities: SeveritySet = .all
  ) -> Timestamp? {
    precondition(count > 0, "the last \(count) events begin nowhere")
    let search = CellSearch(rowOfService: rowOfService, severities: severities)
    return start(ofLast: UInt64(count), before: end.nanoseconds, search).map(Timestamp.init(nanoseconds:))
  }

  private func start(ofLast count: UInt64, before end: Int64, _ search: CellSearch) -> Int64? {
    guard let quiet else { return events.start(ofLast: count, before: end, search) }
    let loudCount = events.count(before: end, search)
    let quietCount = quiet.count(before: end, search)
    guard loudCount + quietCount > count else {
      return [events, quiet].compactMap { $0.start(ofLast: count, before: end, search) }.min()
    }
    func start(_ store: CountStore, _ count: UInt64) -> Int64 {
      (count == 0 ? nil : store.start(ofLast: count, before: end, search)) ?? .max
    }
    // The last of all are the last few of either: as few of the loud ones as begin latest.
    var low = count > quietCount ? count - quietCount : 0
    var high = min(count, loudCount)
    while low < high {
      let taken = (low + high) / 2
      if start(quiet, count - taken) >= start(events, taken + 1) { high = taken } else { low = taken + 1 }
    }
    return min(start(events, low), start(quiet, count - low))
  }
}

extension CountStore {
  fileprivate func count(before end: Int64, _ search: CellSearch) -> UInt64 {
    UInt64(pending.count { $0.time < end && search.contains($0.cell) }) + countInChunks(before: end, search)
  }

  private func countInChunks(before end: Int64, _ search: CellSearch) -> UInt64 {
    groups.lazy.filter { $0.first < end }
      .reduce(0) { $0 + $1.count(before: end, search.cells(of: $1.dictionary)) }
  }

  fileprivate func start(ofLast count: UInt64, before end: Int64, _ search: CellSearch) -> Int64? {
    let waiting = pending.lazy.filter { $0.time < end && search.contains($0.cell) }.map(\.time)
      .sorted(by: >).prefix(Int(clamping: count))
    // The last of all are the last few of those that wait and the last of the others: as few of either as begin latest.
    // Those that wait have to make up for what the chunks do not have.
    let missing = count - min(count, countInChunks(before: end, search))
    var low = min(waiting.count, Int(clamping: missing))
    var high = waiting.count
    while low < high {
      let taken = (low + high) / 2
      let others = startInChunks(ofLast: count - UInt64(taken), before: end, search) ?? .max
      // The others begin before the next that waits: better take that one as well.
      if others <= waiting[taken] { low = taken + 1 } else { high = taken }
    }
    let mine = low > 0 ? waiting[low - 1] : nil
    guard UInt64(low) < count else { return mine }
    let others = startInChunks(ofLast: count - UInt64(low), before: end, search)
    return [mine, others].compactMap(\.self).min()
  }

  private func startInChunks(ofLast count: UInt64, before end: Int64, _ search: CellSearch) -> Int64? {
    var missing = count
    var earliest: Int64?
    for group in groups.reversed() where group.first < end {
      let cells = search.cells(of: group.dictionary)
      guard !cells.numbers.isEmpty else { continue }
      let total = group.count(before: end, cells)
      if total >= missing { return group.time(ofEvent: total - missing, cells) }
      missing -= total
      if total > 0 { earliest = group.time(ofEvent: 0, cells) }
    }
    return earliest
  }
}

extension ChunkGroup {
  /// How many events of the cells lie before `time`.
  fileprivate func count(before time: Int64, _ cells: SoughtCells) -> UInt64 {
    let index = chunkIndex(reaching: time)
    let before = sum(index, cells)
    return index < chunks.count ? before + chunks[index].count(before: time, cells) : before
  }

  /// In the chunks before one.
  private func sum(_ index: Int, _ cells: SoughtCells) -> UInt64 {
    let words = before[index].words
    return cells.numbers.reduce(0) { $0 + UInt64(words[$1]) }
  }

  /// When the event of the cells before which `number` others lie happened. It is one that there is.
  fileprivate func time(ofEvent number: UInt64, _ cells: SoughtCells) -> Int64 {
    let index = (0..<chunks.count).partition { sum($0 + 1, cells) > number }
    return chunks[index].time(ofEvent: number - sum(index, cells), cells)
  }
}

extension Chunk {
  fileprivate func count(before time: Int64, _ cells: SoughtCells) -> UInt64 {
    switch place(of: time) {
    case .row(let row): return sum(row, cells)
    case .inside(let bucket):
      let start = index.events(ofBucket: bucket).lowerBound
      var count = sum(bucket, cells)
      index.forEach(in: start..<position(of: time)) { cell, _ in count += cells.flags[cell] ? 1 : 0 }
      return count
    }
  }

  private func sum(_ bucket: Int, _ cells: SoughtCells) -> UInt64 {
    cells.numbers.reduce(0) { $0 + UInt64(count(of: $1, beforeBucket: bucket)) }
  }

  fileprivate func time(ofEvent number: UInt64, _ cells: SoughtCells) -> Int64 {
    let bucket = (0..<bucketCount).partition { sum($0 + 1, cells) > number }
    guard !isCoarse else { return instant(ofBucket: bucket) }
    var rest = number - sum(bucket, cells)
    var found = index.events(ofBucket: bucket).lowerBound
    var place = found
    var isFound = false
    index.forEach(in: index.events(ofBucket: bucket)) { cell, _ in
      if cells.flags[cell], !isFound {
        if rest == 0 { (found, isFound) = (place, true) } else { rest -= 1 }
      }
      place += 1
    }
    return time(ofEvent: found)
  }
}

extension Range<Int> {
  /// The first number from which on `holds` is true, the last one if it never is before.
  fileprivate func partition(_ holds: (Int) -> Bool) -> Int {
    var low = lowerBound
    var high = upperBound - 1
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
