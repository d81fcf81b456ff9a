import EventModel
import Testing

@testable import EventMatrix

@Suite struct `Counts packed and unpacked` {
  /// Bursts, gaps, equal times, rare cells; from one source.
  private func columns(_ count: Int, seed: UInt64, spanNs: Int64, unitNs: Int64 = 1) -> EventColumns {
    var random = SeededRandom(seed: seed)
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for index in 0..<count {
      let base = 1_790_000_000_000_000_000 + Int64(index) * (spanNs / Int64(count)) / unitNs * unitNs
      let jitter = Int64(random.below(7)) * unitNs
      let service = random.below(10) < 8 ? random.below(3) : random.below(40)
      columns.append(
        time: Timestamp(nanoseconds: base + jitter), service: ServiceID(rawValue: UInt32(service)),
        severity: Severity(rawValue: UInt8(random.below(7))) ?? .unknown)
    }
    return columns
  }

  /// Head and pieces in one go; small pieces, so that there are several.
  private func packed(_ matrix: EventMatrix) throws -> [UInt8] {
    let pieces = try #require(MatrixPieces(matrix, ofAbout: 2_000))
    var packer = BytePacker()
    pieces.packHead(into: &packer)
    for number in 0..<pieces.count { pieces.pack(number, into: &packer) }
    return packer.bytes
  }

  /// `nil` where the bytes are damaged.
  private func unpacked(_ bytes: [UInt8], serviceCount: Int = 40) -> EventMatrix? {
    bytes.withUnsafeBytes { bytes in
      var unpacker = ByteUnpacker(bytes)
      guard let assembly = MatrixAssembly(unpackingHead: &unpacker, serviceCount: serviceCount) else {
        return nil
      }
      var pieces: [MatrixAssembly.Piece] = []
      while pieces.count < assembly.pieceCount {
        guard let piece = assembly.piece(pieces.count, unpacking: &unpacker) else { return nil }
        pieces.append(piece)
      }
      guard unpacker.leftCount == 0 else { return nil }
      return assembly.matrix(of: pieces, source: SourceID(rawValue: 0))
    }
  }

  private func queries(over range: TimeRange) -> [MatrixQuery] {
    let rows = (0..<40).map { Int32($0 % 5) }
    return [1, 7, 1_000, 333_333_333, 1_000_000_000, 30_000_000_000, range.durationNs].map { width in
      let count = Int(min(400, range.durationNs / width + 2))
      return MatrixQuery(
        columns: TimeColumns(
          start: range.start.advanced(byNanoseconds: -width / 2), widthNs: width, count: count),
        rowOfService: rows, rowCount: 5)
    }
  }

  @Test(arguments: [(1, 1), (300, 1), (5_000, 1_000), (40_000, 1_000_000), (9_000, 1_000_000_000)])
  func `count the same at every width, and go on counting`(count: Int, unitNs: Int) throws {
    let events = columns(
      count, seed: UInt64(count), spanNs: Int64(count) * Int64(unitNs) * 3, unitNs: Int64(unitNs))
    var matrix = EventMatrix(pendingLimit: 2_048)
    matrix.add(events)
    var copy = try #require(unpacked(try packed(matrix)))
    #expect(copy.eventCount == count)
    if count > 3_000 { #expect(try #require(MatrixPieces(matrix, ofAbout: 2_000)).count > 1) }
    #expect(copy.timeRange == matrix.timeRange)
    let range = try #require(matrix.timeRange)
    for query in queries(over: range) {
      #expect(
        copy.counts(query).counts == matrix.counts(query).counts, "columns of \(query.columns.widthNs) ns")
      #expect(copy.counts(query).presence == matrix.counts(query).presence)
    }
    let more = columns(500, seed: 99, spanNs: range.durationNs * 2 + 1_000)
    matrix.add(more)
    copy.add(more)
    for query in queries(over: try #require(matrix.timeRange)) {
      #expect(copy.counts(query).counts == matrix.counts(query).counts)
    }
  }

  @Test func `no byte of them can be cut off, and none that is changed does harm`() throws {
    var matrix = EventMatrix(pendingLimit: 64)
    matrix.add(columns(70, seed: 3, spanNs: 100_000))
    let whole = try packed(matrix)
    for count in whole.indices { #expect(unpacked(Array(whole[..<count])) == nil, "cut at \(count)") }
    let range = try #require(matrix.timeRange)
    for place in whole.indices {
      for bit in [place % 8, 7] {
        var bytes = whole
        bytes[place] ^= 1 << UInt8(bit)
        // What is not refused counts something else, inside its own time.
        guard let other = unpacked(bytes) else { continue }
        for query in queries(over: range).suffix(3) + (other.timeRange.map(queries) ?? []).prefix(3) {
          _ = other.counts(query)
        }
        _ = other.latestInstants(
          10, in: .everything, rowOfService: Array(repeating: 0, count: 40), severities: .all)
      }
    }
  }

  @Test func `pieces in another order, twice, or with one missing are refused`() throws {
    var matrix = EventMatrix(pendingLimit: 256)
    matrix.add(columns(4_000, seed: 11, spanNs: 4_000_000))
    let pieces = try #require(MatrixPieces(matrix, ofAbout: 1))
    var head = BytePacker()
    pieces.packHead(into: &head)
    let packed = (0..<pieces.count).map { number in
      var packer = BytePacker()
      pieces.pack(number, into: &packer)
      return packer.bytes
    }
    func assembled(_ order: [Int]) -> EventMatrix? {
      let assembly = head.bytes.withUnsafeBytes { bytes in
        var unpacker = ByteUnpacker(bytes)
        return MatrixAssembly(unpackingHead: &unpacker, serviceCount: 40)
      }
      let found = order.enumerated().compactMap { place, number in
        packed[number].withUnsafeBytes { bytes in
          var unpacker = ByteUnpacker(bytes)
          // Each is asked for as what it says it is, so that only its place is wrong.
          return assembly?.piece(number, unpacking: &unpacker)
        }
      }
      return found.count == order.count ? assembly?.matrix(of: found, source: SourceID(rawValue: 0)) : nil
    }
    let order = Array(0..<pieces.count)
    try #require(order.count > 3)
    #expect(assembled(order)?.eventCount == 4_000)
    #expect(assembled(Array(order.reversed())) == nil)
    #expect(assembled(Array(order.dropLast())) == nil)
    #expect(assembled([0] + order.dropLast()) == nil)
    let misnamed = packed[1].withUnsafeBytes { bytes in
      var unpacker = ByteUnpacker(bytes)
      let assembly = head.bytes.withUnsafeBytes { bytes in
        var unpacker = ByteUnpacker(bytes)
        return MatrixAssembly(unpackingHead: &unpacker, serviceCount: 40)
      }
      return assembly?.piece(2, unpacking: &unpacker)
    }
    #expect(misnamed == nil)
  }

  @Test func `services that nobody knows are refused`() throws {
    var matrix = EventMatrix()
    matrix.add(columns(300, seed: 5, spanNs: 100_000))
    #expect(unpacked(try packed(matrix), serviceCount: 3) == nil)
  }

  @Test func `what is more than exact counts is not packed`() {
    let events = columns(10, seed: 1, spanNs: 1_000)
    var late = EventMatrix()
    late.add(events, marks: EventMarks(facts: Array(repeating: .late, count: 10)))
    #expect(MatrixPieces(late) == nil)
    var batched = EventMatrix()
    batched.add(events, marks: EventMarks(batch: BatchID(rawValue: 1)))
    #expect(MatrixPieces(batched) == nil)
    var holed = EventMatrix()
    holed.add(CoverageGap(source: SourceID(rawValue: 0), range: .everything, reason: .unreadable))
    #expect(MatrixPieces(holed) == nil)
    let sampled = EventMatrix(sampled: events, weights: Array(repeating: 2, count: 10))
    #expect(MatrixPieces(sampled) == nil)
  }

  @Test func `merged counts get the numbers of the other table and keep to a range`() throws {
    let events = columns(3_000, seed: 8, spanNs: 3_000_000)
    var matrix = EventMatrix(pendingLimit: 256)
    matrix.add(events)
    let from = Timestamp(nanoseconds: 1_790_000_000_001_000_007)
    let range = TimeRange(start: from, end: from.advanced(byNanoseconds: 1_234_567))
    let map = (0..<40).map { ServiceID(rawValue: UInt32(59 - $0)) }
    var merged = EventMatrix()
    merged.merge(matrix, of: SourceID(rawValue: 4), services: map, in: range)
    var wanted = EventMatrix()
    var inside = EventColumns(source: SourceID(rawValue: 4))
    for index in events.times.indices {
      let time = Timestamp(nanoseconds: events.times[index])
      guard range.contains(time) else { continue }
      inside.append(
        time: time, service: map[events.services[index].index], severity: events.severities[index])
    }
    wanted.add(inside)
    #expect(merged.eventCount == inside.count)
    #expect(merged.timeRange == wanted.timeRange)
    let rows = (0..<60).map { Int32($0) }
    let query = MatrixQuery(
      columns: TimeColumns(start: range.start, widthNs: 100_000, count: 14), rowOfService: rows, rowCount: 60)
    #expect(merged.counts(query).counts == wanted.counts(query).counts)
    #expect(merged.counts(query).presence == wanted.counts(query).presence)
  }

  @Test func `a sampled event counts as often as it stands for others`() {
    var events = EventColumns(source: SourceID(rawValue: 0))
    for (time, service) in [(10, 0), (20, 1), (35, 0)] as [(Int64, UInt32)] {
      events.append(
        time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: service), severity: .error)
    }
    let matrix = EventMatrix(sampled: events, weights: [100, 250, 7])
    let query = MatrixQuery(
      columns: TimeColumns(start: Timestamp(nanoseconds: 0), widthNs: 30, count: 2), rowOfService: [0, 1],
      rowCount: 2)
    let counts = matrix.counts(query)
    #expect([counts[0, 0, .error], counts[0, 1, .error], counts[1, 0, .error]] == [100, 7, 250])
  }

  @Test(arguments: 1...20) func `the latest instants are those of the last events, sorted by hand`(seed: Int)
  {
    var random = SeededRandom(seed: UInt64(seed))
    let events = columns(2_000, seed: UInt64(seed), spanNs: Int64(random.below(5) + 1) * 2_000)
    var matrix = EventMatrix(pendingLimit: 128)
    matrix.add(events)
    let service = random.below(40)
    let bands: SeveritySet = seed % 2 == 0 ? .all : SeveritySet(.warn)
    let limit = [1, 5, 100, 10_000][random.below(4)]
    let start = 1_790_000_000_000_000_000 + Int64(random.below(2_000))
    let range = TimeRange(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: start + 3_000))
    let rows = (0..<40).map { Int32($0 == service || seed % 3 == 0 ? 0 : -1) }
    let all = events.times.indices.filter {
      rows[events.services[$0].index] == 0 && bands.contains(events.severities[$0])
        && range.contains(Timestamp(nanoseconds: events.times[$0]))
    }.map { events.times[$0] }.sorted()
    let last = all.suffix(limit).first ?? 0
    let wanted = all.filter { $0 >= last }
    let found = matrix.latestInstants(limit, in: range, rowOfService: rows, severities: bands)
    #expect(found?.instants == wanted, "seed \(seed)")
    #expect(found?.hasEarlier == (wanted.count < all.count), "seed \(seed)")
  }
}

/// SplitMix64.
private struct SeededRandom {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
