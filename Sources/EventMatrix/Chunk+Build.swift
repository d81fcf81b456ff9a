internal import EventModel

extension Chunk {
  private static let rowBytesPerEvent = 2

  /// A chunk of `records`, which are in order of time and at least one.
  ///
  /// The base bucket is the finest that keeps the rows below 2 bytes an event: a mean bucket then holds at least as many
  /// events as the chunk has cells, twice as many where the rows are wide.
  convenience init(
    _ records: ArraySlice<EventRecord>, weighted: Bool, beside neighbour: CellDictionary?, batches: [BatchID]
  ) {
    let first = records[records.startIndex].time
    let last = records[records.endIndex - 1].time
    let layout = CellLayout(records, beside: neighbour)
    let cellCount = layout.dictionary.count
    let most = weighted ? UInt32.max : layout.mostInCell
    let (baseNs, bucketCount) = Self.base(
      eventCount: records.count, from: first, to: last, cellCount: cellCount, most: most)
    let unitNs = PackedOffsets.unitNs(of: records)
    var offsets = PackedOffsets(count: records.count, first: first, last: last, unitNs: unitNs)
    var weightsBefore: [UInt32] = weighted ? Array(repeating: 0, count: records.count + 1) : []
    var counts: [UInt32] = Array(repeating: 0, count: cellCount)
    var rows = CellRows(count: bucketCount - 1, cellCount: cellCount, most: most)
    layout.place(records, into: &offsets, weights: &weightsBefore)
    let cut = BucketCuts(baseNs: baseNs, bucketCount: bucketCount, first: first)
    layout.localOfCell.withUnsafeBufferPointer { local in
      var bucket = 0
      var nextStart = cut.start(1)
      for record in records {
        while record.time >= nextStart {
          rows.append(counts)
          bucket += 1
          nextStart = cut.start(bucket + 1)
        }
        counts[Int(local[Int(record.cell)])] &+= weighted ? record.weight : 1
      }
    }
    self.init(
      dictionary: layout.dictionary, eventCount: records.count, first: first, last: last, baseNs: baseNs,
      bucketCount: bucketCount, rows: rows, totals: counts, cellStarts: layout.starts, offsets: offsets,
      weightsBefore: weightsBefore, batches: batches)
  }

  /// The width of the buckets and how many there are.
  static func base(
    eventCount: Int, from first: Int64, to last: Int64, cellCount: Int, most: UInt32
  ) -> (widthNs: Int64, bucketCount: Int) {
    let rowBytes = CellRows.byteCount(ofCells: cellCount, most: most)
    let rowLimit = max(1, min(rowLimit, eventCount * rowBytesPerEvent / rowBytes))
    guard let width = BucketLadder.width(from: first, to: last, limit: rowLimit) else {
      return (BucketLadder.widthsNs[0], 1)
    }
    return (width, BucketLadder.bucketCount(from: first, to: last, width: width))
  }

  /// All events, clustered by cell. A coarse chunk has none to give.
  func appendRecords(to records: inout [EventRecord]) {
    guard !isCoarse else { return }
    offsets.withReader { reader in
      for (local, cell) in dictionary.cells.enumerated() {
        for place in Int(cellStarts[local])..<Int(cellStarts[local + 1]) {
          let weight = weightsBefore.isEmpty ? 1 : weightsBefore[place + 1] &- weightsBefore[place]
          records.append(
            EventRecord(time: offsets.time(ofDistance: reader[place]), cell: cell, weight: weight))
        }
      }
    }
  }
}

/// Where the buckets of a chunk start, without running over the end of time.
struct BucketCuts {
  var baseNs: Int64
  var bucketCount: Int
  var firstBucket: Int64

  init(baseNs: Int64, bucketCount: Int, first: Int64) {
    self.baseNs = baseNs
    self.bucketCount = bucketCount
    firstBucket = first.flooredDivision(by: baseNs)
  }

  /// Beyond the last bucket: the last nanosecond, which no event has.
  func start(_ bucket: Int) -> Int64 {
    bucket < bucketCount ? (firstBucket + Int64(bucket)) * baseNs : .max
  }
}

/// Which place each cell and each event gets.
private struct CellLayout {
  let dictionary: CellDictionary
  /// By cell; only the cells of the dictionary are meant.
  let localOfCell: [UInt32]
  /// By local cell, and one more.
  let starts: [UInt32]

  init(_ records: ArraySlice<EventRecord>, beside neighbour: CellDictionary?) {
    let highest = records.reduce(UInt32(0)) { max($0, $1.cell) }
    var counts: [UInt32] = Array(repeating: 0, count: Int(highest) + 1)
    for record in records { counts[Int(record.cell)] += 1 }
    let active = counts.indices.lazy.filter { counts[$0] != 0 }.map { UInt32($0) }
    dictionary = CellDictionary.holding(Array(active), beside: neighbour)
    var starts: [UInt32] = [0]
    starts.reserveCapacity(dictionary.count + 1)
    for (local, cell) in dictionary.cells.enumerated() {
      let eventCount = cell <= highest ? counts[Int(cell)] : 0
      starts.append(starts[local] + eventCount)
      if cell <= highest { counts[Int(cell)] = UInt32(local) }
    }
    self.starts = starts
    localOfCell = counts
  }

  var mostInCell: UInt32 { zip(starts.dropFirst(), starts).reduce(0) { max($0, $1.0 - $1.1) } }

  /// Writes each event's time (and weight) at its place.
  func place(
    _ records: ArraySlice<EventRecord>, into offsets: inout PackedOffsets, weights: inout [UInt32]
  ) {
    var next = starts
    let weighted = !weights.isEmpty
    offsets.withWriter { writer in
      for record in records {
        let local = Int(localOfCell[Int(record.cell)])
        let place = Int(next[local])
        next[local] += 1
        if writer.stride != 0 { writer.set(place, time: record.time) }
        if weighted { weights[place + 1] = record.weight }
      }
    }
    if weighted { for place in 0..<records.count { weights[place + 1] &+= weights[place] } }
  }
}
