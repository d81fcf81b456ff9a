public import EventModel

extension EventMatrix {
  /// Puts down the counts of one source so that `init(unpacking:)` makes the same of them: exact at every width.
  ///
  /// - Returns: false, with nothing put down, where there is more to keep than exact counts: layers, batches, gaps, coarse
  ///   chunks.
  /// - Complexity: O(events), 2 to 8 bytes each.
  public func pack(into packer: inout BytePacker) -> Bool {
    var settled = self
    settled.settle()
    let isPlain = settled.eventStores.flatMap(\.groups).allSatisfy {
      $0.chunks.allSatisfy { !$0.isCoarse && $0.batches.isEmpty }
    }
    guard isPlain, eventCount < UInt32.max, layers.allSatisfy({ $0 == nil }), coverage.gaps.isEmpty,
      !events.weighted
    else {
      return false
    }
    settled.gatherInOneStore()
    let groups = settled.events.groups
    packer.reserve(byteCount)
    packer.put(UInt64(groups.count))
    for group in groups {
      packer.put(group.dictionary.cells)
      packer.put(UInt64(group.chunks.count))
      for chunk in group.chunks { chunk.pack(into: &packer) }
    }
    return true
  }

  /// Counts of `source` from what `pack` has put down; the unpacker is damaged where that is not so.
  ///
  /// - Parameter serviceCount: every service number must be less.
  /// - Complexity: O(events), about as fast as memory; only the rows are worked out again.
  public init(unpacking unpacker: inout ByteUnpacker, source: SourceID, serviceCount: Int) {
    self.init()
    var chunks: [Chunk] = []
    let groupCount = unpacker.count(leastByteCount: 24)
    for _ in 0..<groupCount {
      let cells = unpacker.numbers()
      let limit = UInt64(serviceCount) * UInt64(Severity.bandCount)
      guard !cells.isEmpty, UInt64(cells[cells.count - 1]) < limit, cells.isAscending else {
        unpacker.fail()
        break
      }
      let dictionary = CellDictionary(cells)
      for _ in 0..<unpacker.count(leastByteCount: Chunk.leastPackedByteCount) {
        guard let chunk = Chunk(unpacking: &unpacker, dictionary) else { break }
        if let last = chunks.last?.last, chunk.first < last { unpacker.fail() }
        chunks.append(chunk)
      }
      if unpacker.isDamaged { break }
    }
    guard !unpacker.isDamaged else { return }
    // No sum of counts may run over.
    guard chunks.reduce(0, { $0 + $1.eventCount }) < UInt32.max else {
      unpacker.fail()
      return
    }
    events.replaceChunks(by: chunks)
    cover(source)
  }

  /// Adds what `other` has counted in `range`, as events of `source`.
  ///
  /// - Parameter map: the number here of each service of `other`; `nil` where they are the same.
  public mutating func merge(
    _ other: EventMatrix, of source: SourceID, services map: [ServiceID]? = nil,
    in range: TimeRange = .everything
  ) {
    func add(_ records: [EventRecord]) {
      var columns = EventColumns(source: source)
      columns.reserveCapacity(records.count)
      for record in records {
        let time = Timestamp(nanoseconds: record.time)
        guard range.start <= time, time < range.end || range.end == .last else { continue }
        let (service, band) = record.cell.quotientAndRemainder(dividingBy: UInt32(Severity.bandCount))
        let id = map.map { $0[Int(service)] } ?? ServiceID(rawValue: service)
        columns.append(time: time, service: id, severity: Severity(rawValue: UInt8(band)) ?? .unknown)
      }
      self.add(columns)
    }
    for group in other.eventStores.flatMap(\.groups) {
      for chunk in group.chunks
      where chunk.last >= range.start.nanoseconds
        && (chunk.first < range.end.nanoseconds || range.end == .last)
      {
        var records: [EventRecord] = []
        chunk.appendRecords(to: &records)
        add(records)
      }
    }
    for store in other.eventStores { add(store.pending) }
  }

  /// The coverage of a source whose events are all there are.
  private mutating func cover(_ source: SourceID) {
    guard let extent = events.extent else { return }
    let bandCount = UInt32(Severity.bandCount)
    var seen = Set<UInt32>()
    for chunk in events.groups.lazy.flatMap(\.chunks) {
      for (local, cell) in chunk.dictionary.cells.enumerated()
      where chunk.totals.words[local] > 0 {
        seen.insert(cell / bandCount)
      }
    }
    var columns = EventColumns(source: source)
    for service in seen.sorted() {
      for time in [extent.first, extent.last] {
        columns.append(
          time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: service), severity: .unknown)
      }
    }
    _ = coverage.add(columns)
  }
}

extension [UInt32] {
  fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}

extension Chunk {
  fileprivate static let leastPackedByteCount = 3 * 8 + 4 * 8

  /// Times and cells in order of time; the rows follow from them.
  fileprivate func pack(into packer: inout BytePacker) {
    packer.put(first)
    packer.put(last)
    packer.put(baseNs)
    packer.put(index.bucketStarts)
    packer.put((0..<cellCount).map { totals.words[$0] })
    index.cells.pack(into: &packer)
    index.offsets.pack(into: &packer)
  }

  /// `nil`, and the unpacker is damaged, where no chunk can have been put down like this.
  fileprivate convenience init?(unpacking unpacker: inout ByteUnpacker, _ dictionary: CellDictionary) {
    guard let parts = PackedChunk(unpacking: &unpacker, cellCount: dictionary.count),
      let (rows, totals) = parts.rows()
    else {
      unpacker.fail()
      return nil
    }
    self.init(
      dictionary: dictionary, eventCount: parts.eventCount, first: parts.first, last: parts.last,
      grid: parts.grid, bucketCount: parts.bucketCount, rows: rows, totals: totals, index: parts.index,
      batches: [])
    guard hasTimesInBuckets else {
      unpacker.fail()
      return nil
    }
  }

  /// Whether the events of each bucket lie in it, in order of time, and the first and the last one where they should:
  /// otherwise an event would be counted outside of its column.
  private var hasTimesInBuckets: Bool {
    let (starts, end) = (index.bucketStarts, bucketCount - 1)
    guard starts[1] > 0, starts[end] < starts[end + 1], index.offsets.distanceNs(at: 0) == 0,
      origin(ofBucket: end) &+ index.offsets.distanceNs(at: eventCount - 1) == last
    else { return false }
    return (0..<bucketCount).allSatisfy { bucket in
      let edge = bucket == end ? last : start(ofBucket: bucket + 1) &- 1
      let greatest = UInt64(bitPattern: edge &- origin(ofBucket: bucket))
      return index.offsets.ascend(in: index.events(ofBucket: bucket), to: greatest)
    }
  }
}

/// What was put down of a chunk, as far as it can be believed without a look at each event.
private struct PackedChunk {
  let first: Int64
  let last: Int64
  let grid: RowGrid
  let index: EventIndex
  private let totals: [UInt32]

  var eventCount: Int { Int(index.bucketStarts[bucketCount]) }
  var bucketCount: Int { index.bucketStarts.count - 1 }
  private var isNarrow: Bool { CellRows.isNarrow(most: totals.max() ?? 0) }

  init?(unpacking unpacker: inout ByteUnpacker, cellCount: Int) {
    first = unpacker.number()
    last = unpacker.number()
    let widthNs = unpacker.number(Int64.self)
    let starts = unpacker.numbers()
    totals = unpacker.numbers()
    guard first <= last, last < .max, starts.count >= 2, starts[0] == 0, let eventCount = starts.last,
      eventCount > 0, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), totals.count == cellCount,
      totals.reduce(UInt64(0), { $0 + UInt64($1) }) == UInt64(eventCount)
    else { return nil }
    let isUnbounded = widthNs == .max && starts.count == 2
    guard let grid = isUnbounded ? RowGrid(widthNs: .max) : RowGrid.ladderGrid(widthNs: widthNs) else {
      return nil
    }
    self.grid = grid
    let limit = Chunk.rowLimit(
      eventCount: Int(eventCount), cellCount: cellCount,
      isNarrow: CellRows.isNarrow(most: totals.max() ?? 0))
    guard isUnbounded || grid.bucketCount(from: first, to: last, limit: limit) == starts.count - 1,
      let cells = EventIndex.Cells(unpacking: &unpacker, count: Int(eventCount), cellCount: cellCount),
      let offsets = PackedOffsets(unpacking: &unpacker, count: Int(eventCount))
    else { return nil }
    index = EventIndex(bucketStarts: starts, cells: cells, offsets: offsets, weights: [])
  }

  /// `nil` where a cell is none of the dictionary, or has another total.
  func rows() -> (CellRows, CellCounts)? {
    switch index.cells {
    case .one: rows(bucketEnds: index.bucketStarts)
    case .bytes(let cells): cells.withUnsafeBufferPointer { rows($0) }
    case .narrow(let cells): cells.withUnsafeBufferPointer { rows($0) }
    case .wide(let cells): cells.withUnsafeBufferPointer { rows($0) }
    }
  }

  private func rows<Word: FixedWidthInteger>(_ cells: UnsafeBufferPointer<Word>) -> (CellRows, CellCounts)? {
    let cellCount = totals.count
    var areKnown = true
    return rows { bucket, counts in
      for place in index.events(ofBucket: bucket) {
        let cell = Int(cells[place])
        if cell < cellCount { counts[cell] &+= 1 } else { areKnown = false }
      }
      return areKnown
    }
  }

  /// Of the only cell.
  private func rows(bucketEnds: [UInt32]) -> (CellRows, CellCounts)? {
    rows { bucket, counts in
      counts[0] = bucketEnds[bucket + 1]
      return true
    }
  }

  /// - Parameter add: adds the events of a bucket; false where it cannot.
  private func rows(_ add: (_ bucket: Int, UnsafeMutablePointer<UInt32>) -> Bool) -> (CellRows, CellCounts)? {
    var rows: CellRows?
    var areAdded = true
    let counted = CellCounts(count: totals.count) { counts in
      counts.initialize(repeating: 0, count: totals.count)
      rows = CellRows(
        count: bucketCount - 1, cellCount: totals.count, isNarrow: isNarrow, counts: counts
      ) { areAdded = add($0, counts) && areAdded }
      areAdded = add(bucketCount - 1, counts) && areAdded
    }
    guard areAdded, let rows, totals.indices.allSatisfy({ totals[$0] == counted.words[$0] }) else {
      return nil
    }
    return (rows, counted)
  }
}

extension EventIndex.Cells {
  fileprivate func pack(into packer: inout BytePacker) {
    switch self {
    case .one: break
    case .bytes(let cells): packer.put(cells)
    case .narrow(let cells): packer.put(words: cells)
    case .wide(let cells): packer.put(words: cells)
    }
  }

  /// `nil` where there are not `count`.
  fileprivate init?(unpacking unpacker: inout ByteUnpacker, count: Int, cellCount: Int) {
    let found: Int
    switch EventIndex.Cells.width(cellCount: cellCount) {
    case 0:
      self = .one(count: count)
      found = count
    case 1:
      let cells = unpacker.piece()
      self = .bytes(cells)
      found = cells.count
    case 2:
      let cells = unpacker.words(UInt16.self)
      self = .narrow(cells)
      found = cells.count
    default:
      let cells = unpacker.words(UInt32.self)
      self = .wide(cells)
      found = cells.count
    }
    guard found == count else { return nil }
  }
}

extension EventMatrix {
  /// Counts that are estimated from some of a source's events, each of which stands for `weights` of them. For the
  /// screen while the rest is read; nothing else can be made of them (`pack` refuses).
  public init(sampled columns: EventColumns, weights: [UInt32]) {
    precondition(weights.count == columns.count, "\(weights.count) weights for \(columns.count) events")
    self.init()
    events = CountStore(weighted: true, pendingLimit: 1 << 20)
    _ = coverage.add(columns)
    events.add(columns.times.indices.map { EventRecord(columns, at: $0, weight: weights[$0]) })
    settle()
  }
}
