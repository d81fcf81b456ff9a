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
    let groups = settled.events.groups
    let isPlain = groups.allSatisfy { $0.chunks.allSatisfy { !$0.isCoarse && $0.batches.isEmpty } }
    guard isPlain, layers.allSatisfy({ $0 == nil }), coverage.gaps.isEmpty, !events.weighted else {
      return false
    }
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
    for group in other.events.groups {
      for chunk in group.chunks
      where chunk.last >= range.start.nanoseconds
        && (chunk.first < range.end.nanoseconds || range.end == .last)
      {
        var records: [EventRecord] = []
        chunk.appendRecords(to: &records)
        records.sortByTime()
        add(records)
      }
    }
    add(other.events.pending)
  }

  /// The coverage of a source whose events are all there are.
  private mutating func cover(_ source: SourceID) {
    guard let extent = events.extent else { return }
    let bandCount = UInt32(Severity.bandCount)
    var seen = Set<UInt32>()
    for chunk in events.groups.lazy.flatMap(\.chunks) {
      for (local, cell) in chunk.dictionary.cells.enumerated()
      where chunk.cellStarts[local + 1] > chunk.cellStarts[local] {
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
  static let leastPackedByteCount = 4 * 8

  /// Times, clustered by cell; the rows follow from them.
  fileprivate func pack(into packer: inout BytePacker) {
    packer.put(last)
    packer.put(cellStarts)
    offsets.pack(into: &packer)
  }

  /// `nil`, and the unpacker is damaged, where no chunk can have been put down like this.
  fileprivate convenience init?(unpacking unpacker: inout ByteUnpacker, _ dictionary: CellDictionary) {
    let last = unpacker.number(Int64.self)
    let starts = unpacker.numbers()
    guard starts.count == dictionary.count + 1, starts[0] == 0,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), let eventCount = starts.last, eventCount > 0,
      let offsets = PackedOffsets(unpacking: &unpacker, count: Int(eventCount), last: last)
    else {
      unpacker.fail()
      return nil
    }
    let first = offsets.origin
    let totals = zip(starts.dropFirst(), starts).map { $0 - $1 }
    let most = totals.max() ?? 0
    let base = Chunk.base(
      eventCount: Int(eventCount), from: first, to: last, cellCount: dictionary.count, most: most)
    var rows = CellRows(count: base.bucketCount - 1, cellCount: dictionary.count, most: most)
    let cut = BucketCuts(baseNs: base.widthNs, bucketCount: base.bucketCount, first: first)
    let isWhole = offsets.forEachRow(starts, cut, bucketCount: base.bucketCount) { rows.append($0) }
    guard isWhole else {
      unpacker.fail()
      return nil
    }
    self.init(
      dictionary: dictionary, eventCount: Int(eventCount), first: first, last: last, baseNs: base.widthNs,
      bucketCount: base.bucketCount, rows: rows, totals: totals, cellStarts: starts, offsets: offsets,
      weightsBefore: [], batches: [])
  }
}

extension PackedOffsets {
  fileprivate func pack(into packer: inout BytePacker) {
    packer.put(origin)
    packer.put(unitNs)
    packer.put(packedBytes)
  }

  /// Calls `body` with the counts of each cell before bucket 1, 2 and so on.
  ///
  /// - Returns: false where the times of a cell are not in order.
  fileprivate func forEachRow(
    _ starts: [UInt32], _ cut: BucketCuts, bucketCount: Int, _ body: ([UInt32]) -> Void
  ) -> Bool {
    let cellCount = starts.count - 1
    // By distance: where every bucket but the first begins; none begins beyond the greatest.
    let edges = (1..<max(1, bucketCount)).map { distance(of: cut.start($0)) ?? .max } + [.max]
    let finder = EdgeFinder(edges)
    var inBucket: [UInt32] = Array(repeating: 0, count: cellCount * bucketCount)
    let isInOrder = inBucket.withUnsafeMutableBufferPointer { inBucket in
      withReader { reader in
        var isInOrder = true
        for cell in 0..<cellCount {
          var previous: UInt64 = 0
          for place in Int(starts[cell])..<Int(starts[cell + 1]) {
            let distance = reader[place]
            isInOrder = isInOrder && previous <= distance
            previous = distance
            inBucket[finder.edgeCount(notAbove: distance) * cellCount + cell] += 1
          }
        }
        return isInOrder
      }
    }
    guard isInOrder else { return false }
    var counts: [UInt32] = Array(repeating: 0, count: cellCount)
    for bucket in 0..<max(0, bucketCount - 1) {
      for cell in 0..<cellCount { counts[cell] &+= inBucket[bucket * cellCount + cell] }
      body(counts)
    }
    return true
  }
}

/// Finds between which of some ascending edges a number lies, without a branch that could go either way.
private struct EdgeFinder {
  private let edges: [UInt64]
  /// By the number's upper bits: how many edges lie at or below the least such number.
  private var counts: [UInt32] = []
  private var shift: UInt64 = 0
  /// Edges that numbers of equal upper bits can lie between.
  private var mostInSlot = 1

  private static let slotLimit: UInt64 = 1 << 14

  /// The last of `edges` is beyond every number.
  init(_ edges: [UInt64]) {
    self.edges = edges
    guard edges.count > 1 else { return }
    let top = edges[edges.count - 2]
    while top >> shift >= Self.slotLimit { shift += 1 }
    var count = 0
    for slot in 0...(top >> shift) {
      while edges[count] <= slot << shift, count < edges.count - 1 { count += 1 }
      counts.append(UInt32(count))
    }
    mostInSlot = max(1, edges.count - 1 - count)
    for (low, high) in zip(counts, counts.dropFirst()) { mostInSlot = max(mostInSlot, Int(high - low)) }
  }

  @inline(__always)
  func edgeCount(notAbove number: UInt64) -> Int {
    guard edges.count > 1 else { return 0 }
    var count = Int(counts[Int(min(number >> shift, UInt64(counts.count - 1)))])
    // An edge inside the slot.
    if mostInSlot == 1 {
      count += number >= edges[count] ? 1 : 0
    } else {
      while number >= edges[count] { count += 1 }
    }
    return min(count, edges.count - 1)
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
