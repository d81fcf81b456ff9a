public import EventModel

/// The counts of one source in pieces of about a megabyte, to be put down one by one and taken up again by any number
/// of threads: exact at every width.
///
/// Each piece is a few neighbouring chunks; the dictionaries that chunks share stand in the head. What quiet services have
/// said stays apart (`LoudServices`), behind the others.
public struct MatrixPieces: Sendable {
  private let groups: [ChunkGroup]
  /// So many of the groups, the first ones, are not of the quiet services.
  private let loudGroupCount: Int
  /// Per piece, stretches of groups.
  private let pieces: [[(group: Int, chunks: Range<Int>)]]

  public static let usualByteCount = 1 << 20

  /// `nil` where there is more to keep than exact counts: layers, batches, gaps, coarse chunks.
  ///
  /// - Parameter byteCount: a piece ends with the chunk that makes it as long as this.
  public init?(_ matrix: EventMatrix, ofAbout byteCount: Int = usualByteCount) {
    var settled = matrix
    settled.settle()
    let isPlain = settled.eventStores.flatMap(\.groups).allSatisfy {
      $0.chunks.allSatisfy { !$0.isCoarse && $0.batches.isEmpty }
    }
    guard isPlain, matrix.eventCount < UInt32.max, matrix.layers.allSatisfy({ $0 == nil }),
      matrix.coverage.gaps.isEmpty, !matrix.events.weighted
    else {
      return nil
    }
    groups = settled.eventStores.flatMap(\.groups)
    loudGroupCount = settled.events.groups.count
    pieces = Self.cut(groups, byteCount: byteCount)
  }

  private static func cut(
    _ groups: [ChunkGroup], byteCount: Int
  ) -> [[(group: Int, chunks: Range<Int>)]] {
    var pieces: [[(group: Int, chunks: Range<Int>)]] = []
    var piece: [(group: Int, chunks: Range<Int>)] = []
    var filled = 0
    for (number, group) in groups.enumerated() {
      var start = 0
      for (place, chunk) in group.chunks.enumerated() {
        filled += chunk.index.byteCount
        let isLast = place + 1 == group.chunks.count
        guard filled >= byteCount || isLast else { continue }
        piece.append((number, start..<place + 1))
        start = place + 1
        guard filled >= byteCount else { continue }
        pieces.append(piece)
        (piece, filled) = ([], 0)
      }
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }

  public var count: Int { pieces.count }

  /// What the pieces have in common.
  public func packHead(into packer: inout BytePacker) {
    packer.put(UInt64(pieces.count))
    packer.put(UInt64(loudGroupCount))
    packer.put(UInt64(groups.count))
    for group in groups { packer.put(group.dictionary.cells) }
  }

  /// - Complexity: O(its events), 2 to 8 bytes each.
  public func pack(_ number: Int, into packer: inout BytePacker) {
    packer.reserve(pieces[number].reduce(64) { $0 + byteCount(of: $1) })
    packer.put(UInt64(number))
    packer.put(UInt64(pieces[number].count))
    for stretch in pieces[number] {
      packer.put(UInt64(stretch.group))
      packer.put(UInt64(stretch.chunks.count))
      let chunks = groups[stretch.group].chunks[stretch.chunks]
      packer.put(words: chunks.first?.firstRow?.numbers ?? [])
      for chunk in chunks { chunk.pack(into: &packer) }
    }
  }

  private func byteCount(of stretch: (group: Int, chunks: Range<Int>)) -> Int {
    let group = groups[stretch.group]
    return group.chunks[stretch.chunks].reduce(24 + 2 * group.cellCount) {
      $0 + $1.index.byteCount + 4 * group.cellCount + 80
    }
  }
}

/// Counts on their way back from what `MatrixPieces` has put down.
public struct MatrixAssembly: Sendable {
  /// How many pieces there have to be.
  public let pieceCount: Int
  private let dictionaries: [CellDictionary]
  private let loudGroupCount: Int

  /// One that has been checked.
  public struct Piece: Sendable {
    fileprivate var loud: [Chunk] = []
    fileprivate var quiet: [Chunk] = []
  }

  /// `nil`, and the unpacker is damaged, where no head can be like this.
  ///
  /// - Parameter serviceCount: every service number must be less.
  public init?(unpackingHead unpacker: inout ByteUnpacker, serviceCount: Int) {
    let limit = UInt64(serviceCount) * UInt64(Severity.bandCount)
    let pieceCount = unpacker.number(UInt64.self)
    let loudGroupCount = unpacker.number(UInt64.self)
    var dictionaries: [CellDictionary] = []
    for _ in 0..<unpacker.count(leastByteCount: 8) {
      let cells = unpacker.numbers()
      if cells.isEmpty || UInt64(cells[cells.count - 1]) >= limit || !cells.isAscending { unpacker.fail() }
      dictionaries.append(CellDictionary(cells))
    }
    if pieceCount > UInt64(UInt32.max) || loudGroupCount > UInt64(dictionaries.count) { unpacker.fail() }
    guard !unpacker.isDamaged else { return nil }
    self.pieceCount = Int(pieceCount)
    self.dictionaries = dictionaries
    self.loudGroupCount = Int(loudGroupCount)
  }

  /// `nil`, and the unpacker is damaged, where no piece can be like this. From any thread.
  ///
  /// - Complexity: O(events), about as fast as memory; only the rows are worked out again.
  public func piece(_ number: Int, unpacking unpacker: inout ByteUnpacker) -> Piece? {
    if unpacker.number(UInt64.self) != UInt64(number) { unpacker.fail() }
    var piece = Piece()
    for _ in 0..<unpacker.count(leastByteCount: 24) {
      let group = unpacker.number(UInt64.self)
      let chunkCount = unpacker.count(leastByteCount: Chunk.leastPackedByteCount)
      guard group < UInt64(dictionaries.count) else {
        unpacker.fail()
        return nil
      }
      let dictionary = dictionaries[Int(group)]
      let row = unpacker.words(UInt16.self)
      guard row.isEmpty || row.count == dictionary.count else {
        unpacker.fail()
        return nil
      }
      var start = row.isEmpty ? nil : RowStart(dictionary: dictionary, PaddedWords(row))
      var chunks: [Chunk] = []
      for _ in 0..<chunkCount {
        guard let chunk = Chunk(unpacking: &unpacker, dictionary, from: start) else { return nil }
        chunks.append(chunk)
        start = chunk.lastRow
      }
      if group < UInt64(loudGroupCount) { piece.loud += chunks } else { piece.quiet += chunks }
    }
    return unpacker.isDamaged ? nil : piece
  }

  /// The counts of `source`; `nil` where the pieces do not fit together.
  public func matrix(of pieces: [Piece], source: SourceID) -> EventMatrix? {
    let (loud, quiet) = (pieces.flatMap(\.loud), pieces.flatMap(\.quiet))
    // No sum of counts may run over.
    guard pieces.count == pieceCount, (loud + quiet).reduce(0, { $0 + $1.eventCount }) < UInt32.max,
      [loud, quiet].allSatisfy({ zip($0, $0.dropFirst()).allSatisfy { $0.last <= $1.first } })
    else {
      return nil
    }
    return EventMatrix(loud: loud, quiet: quiet, of: source)
  }
}

extension EventMatrix {
  /// The coverage of a source whose events are all there are.
  mutating func cover(_ source: SourceID, _ eventsOfService: [UInt32: UInt64]) {
    guard let extent else { return }
    var columns = EventColumns(source: source)
    for service in eventsOfService.keys.sorted() {
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
  fileprivate convenience init?(
    unpacking unpacker: inout ByteUnpacker, _ dictionary: CellDictionary, from start: RowStart?
  ) {
    guard let parts = PackedChunk(unpacking: &unpacker, cellCount: dictionary.count, from: start),
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
  private let start: RowStart?

  var eventCount: Int { Int(index.bucketStarts[bucketCount]) }
  var bucketCount: Int { index.bucketStarts.count - 1 }
  private var isNarrow: Bool { CellRows.isNarrow(most: totals.max() ?? 0) }

  init?(unpacking unpacker: inout ByteUnpacker, cellCount: Int, from start: RowStart?) {
    self.start = start
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
      rows = CellRows(
        bucketCount: bucketCount, cellCount: totals.count, isNarrow: isNarrow, start: start, counts: counts
      ) { areAdded = add($0, counts) && areAdded }
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
