internal import EventModel

extension Chunk {
  fileprivate static let rowBytesPerEvent = 2

  /// A chunk of `records`, which are in order of time and at least one.
  ///
  /// The grid is the finest that keeps the rows below 2 bytes an event: a mean bucket then holds at least as many
  /// events as the chunk has cells, twice as many where the rows are wide.
  ///
  /// - Parameter start: the row to begin with, if the dictionary is the same.
  convenience init(
    _ records: ArraySlice<EventRecord>, weighted: Bool, beside neighbour: CellDictionary?,
    from start: RowStart?,
    batches: [BatchID]
  ) {
    let build = records.withUnsafeBufferPointer {
      ChunkBuild($0, weighted: weighted, beside: neighbour, from: start)
    }
    self.init(
      dictionary: build.dictionary, eventCount: records.count, first: build.first, last: build.last,
      grid: build.grid, bucketCount: build.bucketCount, rows: build.rows, totals: build.totals,
      index: build.index, batches: batches)
  }

  /// How many buckets its rows may take.
  static func rowLimit(eventCount: Int, cellCount: Int, isNarrow: Bool) -> Int {
    let rowByteCount = CellRows.byteCount(ofCells: cellCount, isNarrow: isNarrow)
    return max(1, min(rowLimit, eventCount * rowBytesPerEvent / rowByteCount))
  }

  /// All events, in order of time. A coarse chunk has none to give.
  func appendRecords(to records: inout [EventRecord]) {
    guard !isCoarse else { return }
    var bucket = 0
    var place = 0
    var origin = self.origin(ofBucket: 0)
    index.forEach(in: 0..<eventCount) { cell, weight in
      while place >= Int(index.bucketStarts[bucket + 1]) {
        bucket += 1
        origin = self.origin(ofBucket: bucket)
      }
      records.append(
        EventRecord(
          time: origin &+ index.offsets.distanceNs(at: place), cell: dictionary.cells[cell], weight: weight))
      place += 1
    }
  }
}

/// The parts of a chunk on their way.
private struct ChunkBuild {
  let first: Int64
  let last: Int64
  let dictionary: CellDictionary
  let grid: RowGrid
  let bucketCount: Int
  let rows: CellRows
  let totals: CellCounts
  let index: EventIndex

  init(
    _ records: UnsafeBufferPointer<EventRecord>, weighted: Bool, beside neighbour: CellDictionary?,
    from start: RowStart?
  ) {
    first = records[0].time
    last = records[records.count - 1].time
    let tally = CellTally(records, beside: neighbour)
    dictionary = tally.dictionary
    let isNarrow = !weighted && CellRows.isNarrow(most: tally.mostInCell)
    let rowLimit = Chunk.rowLimit(
      eventCount: records.count, cellCount: tally.dictionary.count, isNarrow: isNarrow)
    let finest = RowGrid.finest(from: first, to: last, limit: rowLimit)
    grid = finest?.grid ?? RowGrid(widthNs: .max)
    bucketCount = finest?.bucketCount ?? 1
    var writer = EventWriter(
      records, tally, grid, bucketCount: bucketCount, weighted: weighted, cellCount: tally.dictionary.count)
    (rows, totals) = writer.write(
      isNarrow: isNarrow, from: start.flatMap { $0.dictionary === tally.dictionary ? $0 : nil })
    index = writer.index
  }
}

/// Which place each cell gets.
private struct CellTally {
  let dictionary: CellDictionary
  /// By cell; only the cells of the dictionary are meant.
  let localOfCell: [UInt32]
  let mostInCell: UInt32

  init(_ records: UnsafeBufferPointer<EventRecord>, beside neighbour: CellDictionary?) {
    var highest: UInt32 = 0
    for record in records { highest = max(highest, record.cell) }
    var counts: [UInt32] = Array(repeating: 0, count: Int(highest) + 1)
    counts.withUnsafeMutableBufferPointer { counts in
      for record in records { counts[Int(record.cell)] &+= 1 }
    }
    var active: [UInt32] = []
    var most: UInt32 = 0
    for (cell, count) in counts.enumerated() where count != 0 {
      active.append(UInt32(cell))
      most = max(most, count)
    }
    mostInCell = most
    dictionary = CellDictionary.holding(active, beside: neighbour)
    for (local, cell) in dictionary.cells.enumerated() where cell <= highest {
      counts[Int(cell)] = UInt32(local)
    }
    localOfCell = counts
  }
}

/// Writes rows and index in one walk over the events.
private struct EventWriter {
  private let records: UnsafeBufferPointer<EventRecord>
  private let localOfCell: [UInt32]
  private let cellCount: Int
  private let grid: RowGrid
  private let bucketCount: Int
  private let firstBucket: Int64
  private let weighted: Bool
  private var bucketStarts: [UInt32]
  private var cells: EventIndex.Cells
  private var offsets: PackedOffsets

  init(
    _ records: UnsafeBufferPointer<EventRecord>, _ tally: CellTally, _ grid: RowGrid, bucketCount: Int,
    weighted: Bool, cellCount: Int
  ) {
    self.records = records
    self.grid = grid
    self.bucketCount = bucketCount
    self.weighted = weighted
    self.cellCount = cellCount
    localOfCell = tally.localOfCell
    let (first, last) = (records[0].time, records[records.count - 1].time)
    firstBucket = grid.bucket(of: first)
    bucketStarts = [0]
    bucketStarts.reserveCapacity(bucketCount + 1)
    cells =
      switch EventIndex.Cells.width(cellCount: cellCount) {
      case 0: .one(count: records.count)
      case 1: .bytes(Array(repeating: 0, count: records.count))
      case 2: .narrow(Array(repeating: 0, count: records.count))
      default: .wide(Array(repeating: 0, count: records.count))
      }
    // No event of a bucket lies further from its origin than the bucket is wide.
    let span = UInt64(bitPattern: last &- first)
    offsets = PackedOffsets(
      count: records.count, greatestNs: bucketCount > 1 ? min(span, UInt64(grid.widthNs - 1)) : span,
      unitNs: PackedOffsets.unitNs(of: records, gridUnitNs: bucketCount > 1 ? grid.unitNs : 1_000_000_000))
  }

  var index: EventIndex {
    EventIndex(
      bucketStarts: bucketStarts, cells: cells, offsets: offsets,
      weights: weighted ? records.map(\.weight) : [])
  }

  mutating func write(isNarrow: Bool, from start: RowStart?) -> (CellRows, CellCounts) {
    switch cells {
    case .one:
      var places: [UInt8] = []
      return write(isNarrow, start, &places)
    case .bytes(var places):
      cells = .bytes([])
      defer { cells = .bytes(places) }
      return write(isNarrow, start, &places)
    case .narrow(var places):
      cells = .narrow([])
      defer { cells = .narrow(places) }
      return write(isNarrow, start, &places)
    case .wide(var places):
      cells = .wide([])
      defer { cells = .wide(places) }
      return write(isNarrow, start, &places)
    }
  }

  private mutating func write<Word: FixedWidthInteger>(
    _ isNarrow: Bool, _ start: RowStart?, _ places: inout [Word]
  ) -> (CellRows, CellCounts) {
    var rows: CellRows?
    let totals = CellCounts(count: cellCount) { counts in
      var done = 0
      rows = CellRows(
        bucketCount: bucketCount, cellCount: cellCount, isNarrow: isNarrow, start: start, counts: counts
      ) {
        done = writeBucket($0, from: done, &places, counts)
      }
      precondition(done == records.count, "\(done) of \(records.count) events have a bucket")
    }
    guard let rows else { preconditionFailure("rows are made beside the totals") }
    return (rows, totals)
  }

  /// Writes the events of a bucket and adds them to `counts`. Returns where the next bucket begins.
  private mutating func writeBucket<Word: FixedWidthInteger>(
    _ bucket: Int, from start: Int, _ places: inout [Word], _ counts: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let origin = bucket == 0 ? records[0].time : self.start(ofBucket: bucket)
    let isLast = bucket == bucketCount - 1
    let end = isLast ? Int64.max : self.start(ofBucket: bucket + 1)
    let (records, weighted, isOne) = (records, weighted, places.isEmpty)
    var place = start
    localOfCell.withUnsafeBufferPointer { local in
      places.withUnsafeMutableBufferPointer { places in
        offsets.write { set in
          while place < records.count {
            let record = records[place]
            guard record.time < end else { break }
            let cell = local[Int(record.cell)]
            if !isOne { places[place] = Word(truncatingIfNeeded: cell) }
            counts[Int(cell)] &+= weighted ? record.weight : 1
            set(place, record.time &- origin)
            place &+= 1
          }
        }
      }
    }
    bucketStarts.append(UInt32(place))
    return place
  }

  private func start(ofBucket bucket: Int) -> Int64 {
    grid.start(ofBucket: firstBucket &+ Int64(bucket)) ?? .min
  }
}
