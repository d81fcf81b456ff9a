import EventModel
import Testing

@testable import EventMatrix

private let ms: Int64 = 1_000_000
private let start: Int64 = 1_768_471_200_000 * ms

/// Events of 3,000 services, of which the first few speak most, roughly in order of time.
private func fleet(_ numbers: inout SeededNumbers, count: Int = 30_000) -> NaiveMatrix {
  NaiveMatrix(
    entries: (0..<count).map { index in
      let isLoud = Int.random(in: 0..<10, using: &numbers) < 7
      return NaiveMatrix.Entry(
        source: 0, time: start + Int64(index) * 3 * ms - .random(in: 0..<40 * ms, using: &numbers),
        service: isLoud ? .random(in: 0..<12, using: &numbers) : .random(in: 0..<3_000, using: &numbers),
        severity: Int.random(in: 0..<40, using: &numbers) == 0 ? .error : .info)
    })
}

@Suite struct `Quiet services kept apart` {
  /// Rows of a folded tree, of a screen of loud and quiet ones, of all in one.
  private func rows(_ numbers: inout SeededNumbers) -> (rows: [Int32], count: Int) {
    switch Int.random(in: 0..<4, using: &numbers) {
    case 0: return ((0..<3_000).map { Int32($0 % 9) }, 9)
    case 1: return (Array(repeating: 0, count: 3_000), 1)
    case 2: return ((0..<20).map { Int32($0) }, 20)
    default:
      var rows = [Int32](repeating: -1, count: 3_000)
      for row in 0..<30 { rows[Int.random(in: 0..<3_000, using: &numbers)] = Int32(row) }
      return (rows, 30)
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `count as a loop over all events does, while they come and when they have`(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let whole = fleet(&numbers)
    var naive = NaiveMatrix()
    var matrix = EventMatrix(pendingLimit: 2_048, loudLimit: 100)
    for part in 0..<5 {
      let entries = whole.entries[part * 6_000..<(part + 1) * 6_000]
      naive.entries += entries
      matrix.add(entries)
      if part == 4 { matrix.settle() }
      #expect(matrix.eventCount == naive.entries.count)
      let times = naive.entries.map(\.time)
      #expect(matrix.timeRange?.start.nanoseconds == times.min())
      #expect(matrix.timeRange?.end.nanoseconds == times.max().map { $0 + 1 })
      for _ in 0..<12 {
        let (rows, rowCount) = rows(&numbers)
        let width = [ms, 20 * ms, 100 * ms, 1_000 * ms, 15_000 * ms, 7_777_777].randomElement(
          using: &numbers)!
        let from = times.randomElement(using: &numbers)! / width * width - width * 10
        let query = MatrixQuery(
          columns: TimeColumns(start: Timestamp(nanoseconds: from), widthNs: width, count: 60),
          rowOfService: rows, rowCount: rowCount,
          severities: Bool.random(using: &numbers) ? .all : .atLeast(.error))
        #expect(
          matrix.counts(query).counts == naive.counts(query), "seed \(seed), part \(part): \(query.columns)")
      }
    }
    let quietCount = matrix.quiet?.eventCount ?? 0
    #expect(quietCount > 3_000 && quietCount < 20_000, "seed \(seed): \(quietCount) events in both stores")
  }

  @Test(arguments: [false, true])
  func `are found like any other: next, previous, the last few, and where those begin`(settled: Bool) {
    let seed: UInt64 = 77
    var numbers = SeededNumbers(seed: seed)
    let entries = fleet(&numbers, count: 12_000).entries
    var matrix = EventMatrix(pendingLimit: 1_024, loudLimit: 100)
    matrix.add(entries)
    if settled { matrix.settle() }
    for round in 0..<15 {
      let rows = rows(&numbers).rows.map { min($0, 0) }
      let severities: SeveritySet = Bool.random(using: &numbers) ? .atLeast(.error) : .all
      let time = entries.randomElement(using: &numbers)!.time
      let at = Timestamp(nanoseconds: time)
      let times = entries.filter {
        $0.service < rows.count && rows[Int($0.service)] >= 0 && severities.contains($0.severity)
      }.map(\.time).sorted()
      let earlier = times.filter { $0 < time }
      let next = matrix.nextEvent(after: at, rowOfService: rows, severities: severities)
      #expect(next?.nanoseconds == times.first { $0 > time }, "seed \(seed), round \(round)")
      let previous = matrix.previousEvent(before: at, rowOfService: rows, severities: severities)
      #expect(previous?.nanoseconds == earlier.last, "seed \(seed), round \(round)")
      for count in [1, 2, 100, 3_000, 50_000] {
        let begin = matrix.start(ofLast: count, before: at, rowOfService: rows, severities: severities)
        #expect(
          begin?.nanoseconds == earlier.suffix(count).first, "seed \(seed), round \(round), last \(count)")
        let latest = matrix.latestInstants(
          count, in: TimeRange(start: .first, end: at), rowOfService: rows, severities: severities)
        let least = earlier.suffix(count).first ?? .max
        #expect(
          latest?.instants == earlier.filter { $0 >= least }, "seed \(seed), round \(round), last \(count)")
        // It may say so where nobody has looked.
        if earlier.contains(where: { $0 < least }) {
          #expect(latest?.hasEarlier == true, "seed \(seed), round \(round)")
        }
      }
    }
  }

  @Test func `are packed with the others, merged with the others`() throws {
    var numbers = SeededNumbers(seed: 5)
    let naive = fleet(&numbers, count: 12_000)
    var matrix = EventMatrix(pendingLimit: 1_024, loudLimit: 100)
    matrix.add(naive.entries)
    let pieces = try #require(MatrixPieces(matrix, ofAbout: 2_000))
    var packer = BytePacker()
    pieces.packHead(into: &packer)
    for number in 0..<pieces.count { pieces.pack(number, into: &packer) }
    let assembled = packer.bytes.withUnsafeBytes { bytes -> EventMatrix? in
      var unpacker = ByteUnpacker(bytes)
      guard let assembly = MatrixAssembly(unpackingHead: &unpacker, serviceCount: 3_000) else { return nil }
      let pieces = (0..<assembly.pieceCount).compactMap { assembly.piece($0, unpacking: &unpacker) }
      return assembly.matrix(of: pieces, source: SourceID(rawValue: 0))
    }
    let unpacked = try #require(assembled)
    // Taken up again, the quiet ones are still apart: their rows would make those of the loud ones long.
    #expect(unpacked.quiet?.eventCount == matrix.quiet?.eventCount && unpacked.quiet?.eventCount ?? 0 > 0)
    #expect(unpacked.memory.rowByteCount <= settled(matrix).memory.rowByteCount)
    var merged = EventMatrix(pendingLimit: 512, loudLimit: 10)
    merged.merge(matrix, of: SourceID(rawValue: 3))
    for copy in [unpacked, merged] {
      #expect(copy.eventCount == 12_000)
      let query = MatrixQuery(
        columns: TimeColumns(start: Timestamp(nanoseconds: start - 50 * ms), widthNs: 33 * ms, count: 1_200),
        rowOfService: (0..<3_000).map { Int32($0 % 40) }, rowCount: 40)
      #expect(copy.counts(query).counts == naive.counts(query))
    }
  }

  private func settled(_ matrix: EventMatrix) -> EventMatrix {
    var matrix = matrix
    matrix.settle()
    return matrix
  }

  @Test(arguments: [11, 12] as [UInt64])
  func `count the same when taken up again at every width, and go on being apart`(seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    let whole = fleet(&numbers)
    var naive = NaiveMatrix(entries: Array(whole.entries[..<20_000]))
    var matrix = EventMatrix(pendingLimit: 1_024, loudLimit: 100)
    matrix.add(naive.entries)
    let pieces = try #require(MatrixPieces(matrix, ofAbout: 3_000))
    var packer = BytePacker()
    pieces.packHead(into: &packer)
    for number in 0..<pieces.count { pieces.pack(number, into: &packer) }
    let assembled = packer.bytes.withUnsafeBytes { bytes -> EventMatrix? in
      var unpacker = ByteUnpacker(bytes)
      guard let assembly = MatrixAssembly(unpackingHead: &unpacker, serviceCount: 3_000) else { return nil }
      let pieces = (0..<assembly.pieceCount).compactMap { assembly.piece($0, unpacking: &unpacker) }
      return assembly.matrix(of: pieces, source: SourceID(rawValue: 0))
    }
    var copy = try #require(assembled)
    let stretches = copy.events.groups.flatMap(\.stretches).count { $0 == 0 }
    #expect(stretches > copy.events.groups.count, "rows of chunks continue each other, over pieces too")
    for isMore in [false, true] {
      if isMore {
        let more = whole.entries[20_000...]
        naive.entries += more
        copy.add(more)
        #expect(copy.quiet?.eventCount ?? 0 > matrix.quiet?.eventCount ?? 0)
      }
      #expect(copy.eventCount == naive.entries.count)
      for round in 0..<12 {
        let (rows, rowCount) = rows(&numbers)
        let width = [ms, 20 * ms, 100 * ms, 1_000 * ms, 15_000 * ms, 7_777_777][round % 6]
        let from = naive.entries.randomElement(using: &numbers)!.time / width * width - width * 10
        let query = MatrixQuery(
          columns: TimeColumns(start: Timestamp(nanoseconds: from), widthNs: width, count: 60),
          rowOfService: rows, rowCount: rowCount)
        #expect(copy.counts(query).counts == naive.counts(query), "seed \(seed), round \(round), \(width) ns")
      }
    }
  }

  @Test func `go with their batch, and nothing of other batches is lost that is not said`() {
    var numbers = SeededNumbers(seed: 6)
    let naive = fleet(&numbers, count: 12_000)
    var matrix = EventMatrix(pendingLimit: 512, loudLimit: 100)
    for batch in 0..<12 {
      matrix.add(
        naive.entries[batch * 1_000..<(batch + 1) * 1_000], batch: BatchID(rawValue: UInt64(batch)))
    }
    let ranges = matrix.removeChunks(ofBatches: [BatchID(rawValue: 4)])
    let isGone = { (entry: NaiveMatrix.Entry) in
      ranges.contains { $0.contains(Timestamp(nanoseconds: entry.time)) }
    }
    #expect(naive.entries[4_000..<5_000].allSatisfy(isGone))
    let rest = NaiveMatrix(entries: naive.entries.filter { !isGone($0) })
    #expect(!rest.entries.isEmpty && matrix.eventCount == rest.entries.count)
    let query = MatrixQuery(
      columns: TimeColumns(start: Timestamp(nanoseconds: start - 50 * ms), widthNs: 50 * ms, count: 800),
      rowOfService: (0..<3_000).map { Int32($0 % 40) }, rowCount: 40)
    #expect(matrix.counts(query).counts == rest.counts(query))
    #expect(matrix.chunks.map(\.range.start) == matrix.chunks.map(\.range.start).sorted())
  }

  @Test(arguments: [4, 60] as [Int64])
  func `are evicted up to the same instant as the loud ones`(hours: Int64) {
    var numbers = SeededNumbers(seed: 8)
    let hour: Int64 = 3_600_000 * ms
    // Ten seconds between two events: some 80 hours.
    let entries = fleet(&numbers).entries.map { entry in
      var entry = entry
      entry.time = start + (entry.time - start) * 3_333
      return entry
    }
    var matrix = EventMatrix(pendingLimit: 512, loudLimit: 100)
    matrix.add(entries)
    matrix.settle()
    let tiers = [
      RetentionPolicy.Tier(widthNs: 60_000 * ms, ageNs: hours * hour / 2),
      RetentionPolicy.Tier(widthNs: 600_000 * ms, ageNs: hours * hour),
    ]
    let last = entries.map(\.time).max()!
    let report = matrix.retain(
      RetentionPolicy(tiers: tiers, byteLimit: 1 << 30), now: Timestamp(nanoseconds: last))
    guard let evicted = report.evictedBefore?.nanoseconds else {
      Issue.record("nothing was evicted")
      return
    }
    #expect(report.evictedEventCount == entries.count - matrix.eventCount)
    let all = (0..<3_000).map { _ in Int32(0) }
    let before = matrix.totals(
      in: TimeRange(start: .first, end: Timestamp(nanoseconds: evicted)), rowOfService: all, rowCount: 1)
    #expect(before.allSatisfy { $0 == 0 })
    let after = matrix.totals(
      in: TimeRange(start: Timestamp(nanoseconds: evicted), end: .last), rowOfService: all, rowCount: 1)
    #expect(after.reduce(0, +) == UInt32(matrix.eventCount))
    // Whatever is not said to be gone is there.
    #expect(matrix.eventCount >= entries.count { $0.time >= evicted + 600_000 * ms })
    #expect(matrix.eventCount <= entries.count { $0.time >= evicted - 600_000 * ms })
  }
}
