public import EventModel

extension EventMatrix {
  /// The earliest instant after `time` at which one of the services (those with a row) has an event of one of the
  /// severities; `nil` if there is none. Where the counts are coarse, the start of the bucket it lies in.
  ///
  /// - Complexity: O(cells x log chunks), and a search in one chunk. Until `settle()`, also the pending events.
  public func nextEvent(
    after time: Timestamp, rowOfService: [Int32], severities: SeveritySet = .all
  ) -> Timestamp? {
    guard time < .last else { return nil }
    let search = CellSearch(rowOfService: rowOfService, severities: severities)
    return eventStores.compactMap { $0.next(notBefore: time.nanoseconds + 1, search) }.min()
      .map(Timestamp.init(nanoseconds:))
  }

  /// The latest such instant before `time`.
  public func previousEvent(
    before time: Timestamp, rowOfService: [Int32], severities: SeveritySet = .all
  ) -> Timestamp? {
    let search = CellSearch(rowOfService: rowOfService, severities: severities)
    return eventStores.compactMap { $0.previous(before: time.nanoseconds, search) }.max()
      .map(Timestamp.init(nanoseconds:))
  }

  /// Counts of each service and severity in `range`: `[row * Severity.bandCount + severity]`.
  public func totals(
    in range: TimeRange, rowOfService: [Int32], rowCount: Int, severities: SeveritySet = .all,
    layer: MatrixLayer = .events
  ) -> [UInt32] {
    guard !range.isEmpty else { return Array(repeating: 0, count: rowCount * Severity.bandCount) }
    let halves = range.start.nanoseconds.distanceFits(to: range.end.nanoseconds) ? [range] : range.halves
    return halves.map { half in
      let columns = TimeColumns(start: half.start, widthNs: half.durationNs, count: 1)
      return counts(
        MatrixQuery(columns: columns, rowOfService: rowOfService, rowCount: rowCount, severities: severities),
        layer: layer
      ).counts
    }.reduce(Array(repeating: 0, count: rowCount * Severity.bandCount)) { sums, counts in
      zip(sums, counts).map { $0.addingSaturating($1) }
    }
  }
}

extension Int64 {
  fileprivate func distanceFits(to end: Int64) -> Bool { !end.subtractingReportingOverflow(self).overflow }
}

extension TimeRange {
  /// A range so wide that its width is no Int64 runs over 0.
  fileprivate var halves: [TimeRange] {
    let middle = Timestamp(nanoseconds: 0)
    return [TimeRange(start: start, end: middle), TimeRange(start: middle, end: end)]
  }
}

/// Which cells are looked for.
struct CellSearch {
  private let query: MatrixQuery
  private let wanted: WantedRows

  init(rowOfService: [Int32], severities: SeveritySet) {
    query = MatrixQuery(
      columns: TimeColumns(start: .first, widthNs: 1, count: 1),
      rowOfService: rowOfService.map { min($0, 0) },
      rowCount: 1, severities: severities)
    wanted = WantedRows(query)
  }

  func contains(_ cell: UInt32) -> Bool {
    let (service, band) = cell.quotientAndRemainder(dividingBy: UInt32(Severity.bandCount))
    return query.row(ofService: Int(service)) >= 0 && query.severities.rawValue & (1 << UInt8(band)) != 0
  }

  /// The local cells of a dictionary that are looked for.
  func cells(of dictionary: CellDictionary) -> SoughtCells {
    SoughtCells(QueryPlan(dictionary, wanted).cells, of: dictionary.count)
  }
}

/// Local cells as numbers and as a flag for each of the dictionary.
struct SoughtCells {
  let numbers: [Int]
  let flags: [Bool]

  var areMany: Bool { numbers.count > 32 }

  init(_ numbers: [Int], of cellCount: Int) {
    self.numbers = numbers
    var flags = [Bool](repeating: false, count: cellCount)
    for number in numbers { flags[number] = true }
    self.flags = flags
  }
}

extension CountStore {
  fileprivate func next(notBefore time: Int64, _ search: CellSearch) -> Int64? {
    var found = pending.lazy.filter { $0.time >= time && search.contains($0.cell) }.map(\.time).min()
    for index in groups.firstIndex(reaching: time, last: \.last)..<groups.count {
      if let found, found <= groups[index].first { break }
      let group = groups[index]
      let cells = search.cells(of: group.dictionary)
      if let inside = group.next(notBefore: time, cells) {
        found = min(found ?? inside, inside)
        break
      }
    }
    return found
  }

  fileprivate func previous(before time: Int64, _ search: CellSearch) -> Int64? {
    var found = pending.lazy.filter { $0.time < time && search.contains($0.cell) }.map(\.time).max()
    for group in groups.reversed() where group.first < time {
      if let found, found >= group.last { break }
      if let inside = group.previous(before: time, search.cells(of: group.dictionary)) {
        found = max(found ?? inside, inside)
        break
      }
    }
    return found
  }
}

extension ChunkGroup {
  fileprivate func next(notBefore time: Int64, _ cells: SoughtCells) -> Int64? {
    let start = chunkIndex(reaching: time)
    guard start < chunks.count else { return nil }
    if let found = chunks[start].next(notBefore: time, cells) { return found }
    let index = (start + 1..<chunks.count).firstIndex { differs(start + 1, $0 + 1, cells) }
    return index.flatMap { chunks[$0].next(notBefore: time, cells) }
  }

  fileprivate func previous(before time: Int64, _ cells: SoughtCells) -> Int64? {
    // The last chunk that begins before the time is the only one that may reach over it.
    let end = (0..<chunks.count).firstIndex { chunks[$0].first >= time } ?? chunks.count
    guard end > 0 else { return nil }
    if let found = chunks[end - 1].previous(before: time, cells) { return found }
    let empty = (0..<end).firstIndex { !differs($0, end - 1, cells) } ?? 0
    return empty == 0 ? nil : chunks[empty - 1].previous(before: time, cells)
  }

  /// Whether one of the cells has events in the chunks `low ..< high`.
  private func differs(_ low: Int, _ high: Int, _ cells: SoughtCells) -> Bool {
    let (low, high) = (before[low].words, before[high].words)
    return cells.numbers.contains { low[$0] != high[$0] }
  }
}

extension Range<Int> {
  /// The first number from which on `holds` is true; it is false for all before. `nil` if it never is.
  fileprivate func firstIndex(where holds: (Int) -> Bool) -> Int? {
    var low = lowerBound
    var high = upperBound
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low < upperBound ? low : nil
  }
}

extension Chunk {
  fileprivate func next(notBefore time: Int64, _ cells: SoughtCells) -> Int64? {
    guard !cells.numbers.isEmpty else { return nil }
    guard !isCoarse else { return nextBucket(notBefore: time, cells) }
    let start = position(of: time)
    guard start < eventCount else { return nil }
    // Many cells have an event nearby: those are looked at first, where a look at the rows would cost more.
    let near = bucket(ofEvent: start)
    let nearEnd = min(bucketCount, cells.areMany ? near + 2 : near + 1)
    if cells.areMany || differs(near, nearEnd, cells) {
      let range = start..<Int(index.bucketStarts[nearEnd])
      if let place = index.first(in: range, of: cells.flags) { return self.time(ofEvent: place) }
    }
    let far = (nearEnd..<bucketCount).firstIndex { differs(nearEnd, $0 + 1, cells) }
    return far.flatMap { index.first(in: index.events(ofBucket: $0), of: cells.flags) }.map(self.time)
  }

  fileprivate func previous(before time: Int64, _ cells: SoughtCells) -> Int64? {
    guard !cells.numbers.isEmpty else { return nil }
    guard !isCoarse else { return previousBucket(before: time, cells) }
    let end = position(of: time)
    guard end > 0 else { return nil }
    let last = bucket(ofEvent: end - 1)
    let near = max(0, cells.areMany ? last - 1 : last)
    if cells.areMany || differs(near, last + 1, cells) {
      let range = Int(index.bucketStarts[near])..<end
      if let place = index.last(in: range, of: cells.flags) { return self.time(ofEvent: place) }
    }
    // All buckets from `empty` to `near` are without.
    let empty = (0..<near + 1).firstIndex { !differs($0, near, cells) } ?? 0
    guard empty > 0 else { return nil }
    return index.last(in: index.events(ofBucket: empty - 1), of: cells.flags).map(self.time)
  }

  /// Whether one of the cells has events in the buckets `low ..< high`.
  private func differs(_ low: Int, _ high: Int, _ cells: SoughtCells) -> Bool {
    cells.numbers.contains { count(of: $0, beforeBucket: low) != count(of: $0, beforeBucket: high) }
  }

  private func nextBucket(notBefore time: Int64, _ cells: SoughtCells) -> Int64? {
    guard let from = (0..<bucketCount).firstIndex(where: { instant(ofBucket: $0) >= time }) else {
      return nil
    }
    let bucket = (from..<bucketCount).firstIndex { differs(from, $0 + 1, cells) }
    return bucket.map(instant)
  }

  private func previousBucket(before time: Int64, _ cells: SoughtCells) -> Int64? {
    let end = (0..<bucketCount).firstIndex { instant(ofBucket: $0) >= time } ?? bucketCount
    let empty = (0..<end + 1).firstIndex { !differs($0, end, cells) }
    return empty.flatMap { $0 == 0 ? nil : instant(ofBucket: $0 - 1) }
  }

  /// When the events of a bucket of a coarse chunk count as having happened.
  func instant(ofBucket bucket: Int) -> Int64 { bucket == 0 ? first : start(ofBucket: bucket) }

  func count(of cell: Int, beforeBucket bucket: Int) -> UInt32 {
    bucket == 0 ? 0 : bucket == bucketCount ? totals.words[cell] : rows.count(of: cell, beforeBucket: bucket)
  }
}
