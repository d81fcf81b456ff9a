import EventMatrix
import EventModel
import Testing

private let ms: Int64 = 1_000_000
private let second: Int64 = 1_000 * ms

/// Worlds that hurt, each made from a seed.
enum World: CaseIterable {
  case steady, jittered, bursts, wholeSeconds, oneInstant, yearsApart, extremes, manyServices, twoFiles,
    reversed

  func entries(_ numbers: inout SeededNumbers) -> [NaiveMatrix.Entry] {
    let start: Int64 = 1_768_471_200 * second
    func entry(_ time: Int64, services: UInt32, source: UInt32 = 0) -> NaiveMatrix.Entry {
      let skewed = min(
        UInt32.random(in: 0..<services, using: &numbers), .random(in: 0..<services, using: &numbers))
      let facts = UInt8.random(in: 0..<255, using: &numbers)
      return NaiveMatrix.Entry(
        source: source, time: time, service: skewed,
        severity: Severity.allCases.randomElement(using: &numbers)!,
        facts: facts < 8 ? EventFacts(rawValue: facts) : [], weight: facts > 250 ? UInt32(facts) : 1)
    }
    switch self {
    case .steady:
      return (0..<60_000).map { entry(start + Int64($0) * 2_777_777, services: 12) }
    case .jittered:
      return (0..<40_000).map {
        entry(start + Int64($0) * 10_000 - .random(in: 0..<20 * ms, using: &numbers), services: 40)
      }
    case .bursts:
      return (0..<20).flatMap { burst in
        (0..<2_000).map { entry(start + Int64(burst) * 977 * second + Int64($0 * $0), services: 5) }
      }
    case .wholeSeconds:
      return (0..<30_000).map { entry(start + Int64($0 / 70) * second, services: 9) }
    case .oneInstant:
      return (0..<50_000).map { _ in entry(start + 7, services: 3) }
    case .yearsApart:
      return (0..<200).map { entry(Int64($0 - 100) * 365 * 86_400 * second, services: 4) }
    case .extremes:
      return (0..<4_000).map {
        let times = [
          Int64.min, .min + 1, -1, 0, 1, .max - 1, .max, start, .random(in: .min ... .max, using: &numbers),
        ]
        return entry(times[$0 % times.count], services: 6)
      }
    case .manyServices:
      return (0..<40_000).map { entry(start + Int64($0) * 100_000, services: 65_536) }
    case .twoFiles:
      return [0, 1].flatMap { source in
        (0..<30_000).map { entry(start + Int64($0) * (3 + Int64(source)) * ms, services: 20, source: source) }
      }
    case .reversed:
      return (0..<40_000).reversed().map { entry(start + Int64($0) * 333_333, services: 8) }
    }
  }
}

private func randomQuery(_ naive: NaiveMatrix, _ numbers: inout SeededNumbers) -> MatrixQuery {
  let times = naive.entries.map(\.time)
  let (low, high) = (times.min()!, times.max()!)
  let anchor = times.randomElement(using: &numbers)!
  let span = (high.subtractingReportingOverflow(low).overflow ? Int64.max : high - low) | 1
  let widths: [Int64] = [
    1, 1_000, ms, 5 * ms, 20 * ms, 100 * ms, second, 3 * second, 60 * second, 3_600 * second, span / 120 + 1,
    span / 7 + 1, 86_400 * second * 365, Int64.max,
  ]
  let width = widths.randomElement(using: &numbers)!
  let count = Int.random(in: 1...130, using: &numbers)
  let starts = [
    anchor, low, anchor.flooredDivision(by: width).multipliedReportingOverflow(by: width).partialValue,
    low.saturatingAdding(-width),
    anchor.saturatingAdding(-width.multipliedReportingOverflow(by: 60).partialValue),
  ]
  let serviceCount = Int(naive.entries.map(\.service).max()!) + Int.random(in: 0...2, using: &numbers)
  let rowCount = Int.random(in: 1...min(12, max(1, serviceCount)), using: &numbers)
  let all = Bool.random(using: &numbers)
  let rows = (0..<serviceCount).map { service in
    all ? Int32(service % rowCount) : Int32.random(in: -1..<Int32(rowCount), using: &numbers)
  }
  return MatrixQuery(
    columns: TimeColumns(
      start: Timestamp(nanoseconds: starts.randomElement(using: &numbers)!), widthNs: width, count: count),
    rowOfService: rows, rowCount: rowCount,
    severities: all ? .all : SeveritySet(rawValue: .random(in: 1..<128, using: &numbers)))
}

@Suite struct EventMatrixTests {
  @Test(arguments: World.allCases)
  func `counts equal those of a loop over the events, at any zoom and in any state`(_ world: World) {
    let seed: UInt64 = 20_261
    var numbers = SeededNumbers(seed: seed)
    let naive = NaiveMatrix(entries: world.entries(&numbers))
    var matrix = EventMatrix(pendingLimit: 4_096)
    matrix.add(naive.entries)
    #expect(matrix.eventCount == naive.entries.count)
    for round in 0..<10 {
      if round == 5 { matrix.settle() }
      let query = randomQuery(naive, &numbers)
      for layer in MatrixLayer.allCases {
        let right = matrix.counts(query, layer: layer).counts == naive.counts(query, layer: layer)
        #expect(right, "seed \(seed), \(world), round \(round), \(layer): \(query.columns)")
      }
    }
  }

  @Test(arguments: [World.steady, .jittered, .bursts, .wholeSeconds, .yearsApart, .twoFiles])
  func `at every width people count by, aligned or not, counts equal those of a loop`(_ world: World) {
    let seed: UInt64 = 4_711
    var numbers = SeededNumbers(seed: seed)
    let naive = NaiveMatrix(entries: Array(world.entries(&numbers).prefix(8_000)))
    let (times, rows) = (naive.entries.map(\.time), (0..<40).map { Int32($0 % 7) })
    var matrix = EventMatrix(pendingLimit: 2_048)
    matrix.add(naive.entries)
    matrix.settle()
    var answer = MatrixCounts()
    for width in ladderNs {
      let middle = times.randomElement(using: &numbers)!
      let aligned = middle.flooredDivision(by: width) * width
      for start in [aligned - 30 * width, middle.saturatingAdding(-11 * width)] {
        let query = MatrixQuery(
          columns: TimeColumns(start: Timestamp(nanoseconds: start), widthNs: width, count: 50),
          rowOfService: rows, rowCount: 8)
        // The answer's memory is used again, so nothing of the one before may be left.
        matrix.count(query, into: &answer)
        #expect(answer.counts == naive.counts(query), "seed \(seed), \(world): \(query.columns)")
      }
    }
  }

  /// The widths of a zoom, and narrower ones.
  private var ladderNs: [Int64] {
    [1, 50, 1_000, 20_000, 500_000] + [1, 2, 5, 10, 20, 50, 100, 200, 500].map { $0 * ms }
      + [
        1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400,
        21_600, 28_800, 43_200, 86_400, 172_800, 604_800,
      ].map { $0 * second }
  }

  @Test func `chunks with rows of many widths side by side answer as one`() {
    let seed: UInt64 = 90
    var numbers = SeededNumbers(seed: seed)
    var entries: [NaiveMatrix.Entry] = []
    var time: Int64 = 1_768_471_200 * second
    // From a million events a second to one in an hour and back.
    for step in 0..<24_000 {
      let meanNs: Int64 = [1_000, 100_000, 20 * ms, 3 * second, 3_600 * second, 50 * ms][step / 4_000]
      time += .random(in: 0..<2 * meanNs, using: &numbers)
      entries.append(
        NaiveMatrix.Entry(
          source: 0, time: time, service: .random(in: 0..<9, using: &numbers),
          severity: Severity.allCases.randomElement(using: &numbers)!))
    }
    let naive = NaiveMatrix(entries: entries)
    var matrix = EventMatrix(pendingLimit: 1_024)
    matrix.add(entries)
    for round in 0..<40 {
      let query = randomQuery(naive, &numbers)
      #expect(
        matrix.counts(query).counts == naive.counts(query), "seed \(seed), round \(round): \(query.columns)")
    }
  }

  @Test func `memory is told apart: rows below two bytes an event, and what finds single events`() {
    var numbers = SeededNumbers(seed: 12)
    var matrix = EventMatrix()
    matrix.add(
      (0..<400_000).map { index in
        NaiveMatrix.Entry(
          source: 0, time: 1_768_471_200 * second + Int64(index) * 30_000,
          service: .random(in: 0..<200, using: &numbers), severity: index % 5 == 0 ? .error : .info)
      })
    matrix.settle()
    let memory = matrix.memory
    #expect(memory.rowByteCount <= 2 * 400_000 + 200_000)
    #expect(memory.indexByteCount <= 6 * 400_000)
    #expect(memory.byteCount == matrix.byteCount)
  }

  @Test func `events in any order, cut anywhere, give the same answers`() {
    let seed: UInt64 = 7
    var numbers = SeededNumbers(seed: seed)
    for world in [World.jittered, .bursts, .extremes, .wholeSeconds] {
      let naive = NaiveMatrix(entries: Array(world.entries(&numbers).prefix(20_000)))
      let matrices = (0..<3).map { order in
        var matrix = EventMatrix(pendingLimit: [256, 1_024, 131_072][order])
        var rest = order == 0 ? naive.entries : naive.entries.shuffled(using: &numbers)
        while !rest.isEmpty {
          let piece = rest.suffix(Int.random(in: 1...4_000, using: &numbers))
          rest.removeLast(piece.count)
          matrix.add(piece)
          if Int.random(in: 0..<6, using: &numbers) == 0 { matrix.settle() }
        }
        return matrix
      }
      for _ in 0..<6 {
        let query = randomQuery(naive, &numbers)
        let expected = naive.counts(query)
        for matrix in matrices {
          #expect(matrix.counts(query).counts == expected, "seed \(seed), \(world): \(query.columns)")
        }
      }
      #expect(Set(matrices.map(\.timeRange)).count == 1)
    }
  }

  @Test func `folded rows are the sums of their services, and columns of their parts`() {
    var numbers = SeededNumbers(seed: 3)
    let naive = NaiveMatrix(entries: World.steady.entries(&numbers))
    var matrix = EventMatrix(pendingLimit: 4_096)
    matrix.add(naive.entries)
    let columns = TimeColumns(
      start: Timestamp(nanoseconds: naive.entries[0].time), widthNs: second, count: 170)
    let apart = matrix.counts(
      MatrixQuery(columns: columns, rowOfService: (0..<12).map { $0 }, rowCount: 12))
    let folded = matrix.counts(
      MatrixQuery(columns: columns, rowOfService: (0..<12).map { $0 / 6 }, rowCount: 2))
    for row in 0..<2 {
      for column in 0..<170 {
        for severity in Severity.allCases {
          let sum = (0..<6).reduce(UInt32(0)) { $0 + apart[row * 6 + $1, column, severity] }
          #expect(folded[row, column, severity] == sum)
        }
      }
    }
    let total = matrix.totals(in: columns.range, rowOfService: (0..<12).map { $0 }, rowCount: 12)
    #expect(total.reduce(0, +) == apart.counts.reduce(0, +))
    #expect(total.reduce(0, +) == UInt32(naive.entries.count))
  }

  @Test func `a snapshot keeps its answers while events are added to the original`() {
    var numbers = SeededNumbers(seed: 5)
    let entries = World.jittered.entries(&numbers)
    var matrix = EventMatrix(pendingLimit: 1_024)
    var snapshots: [(EventMatrix, Int)] = []
    for start in stride(from: 0, to: 20_000, by: 2_500) {
      matrix.add(entries[start..<start + 2_500])
      snapshots.append((matrix, start + 2_500))
    }
    for (snapshot, count) in snapshots {
      let naive = NaiveMatrix(entries: Array(entries[..<count]))
      let query = randomQuery(naive, &numbers)
      #expect(snapshot.eventCount == count)
      #expect(snapshot.counts(query).counts == naive.counts(query))
    }
  }

  @Test func `events a year apart cost no empty rows`() {
    var numbers = SeededNumbers(seed: 6)
    var matrix = EventMatrix()
    matrix.add(World.yearsApart.entries(&numbers))
    matrix.add([
      NaiveMatrix.Entry(source: 0, time: 0, service: 65_535, severity: .warn),
      NaiveMatrix.Entry(source: 0, time: 1_790_000_000 * second, service: 65_535, severity: .warn),
    ])
    matrix.settle()
    #expect(matrix.serviceCount == 65_536)
    // The coverage of 65,536 services, and less than 16 KB for the counts.
    #expect(matrix.byteCount < 65_536 * 50 + 16_384)
  }

  @Test func `a million events at one instant need no byte for their times`() {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for _ in 0..<1_000_000 {
      columns.append(time: Timestamp(seconds: 9), service: ServiceID(rawValue: 0), severity: .error)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    matrix.settle()
    #expect(matrix.byteCount < 20_000)
    #expect(
      matrix.totals(
        in: TimeRange(start: Timestamp(seconds: 9), end: Timestamp(seconds: 10)),
        rowOfService: [0], rowCount: 1) == [0, 0, 0, 0, 0, 1_000_000, 0])
  }

  @Test func `a service above the limit is refused`() async {
    await #expect(processExitsWith: .failure) {
      var columns = EventColumns(source: SourceID(rawValue: 0))
      columns.append(time: .first, service: ServiceID(rawValue: 65_537), severity: .info)
      var matrix = EventMatrix()
      matrix.add(columns)
    }
  }

  @Test func `without a batch its chunks are empty until the other batches are added again`() {
    var numbers = SeededNumbers(seed: 8)
    let entries = World.jittered.entries(&numbers)
    let batches = stride(from: 0, to: 30_000, by: 500).map { Array(entries[$0..<$0 + 500]) }
    var matrix = EventMatrix(pendingLimit: 2_048)
    for (number, batch) in batches.enumerated() {
      matrix.add(batch, batch: BatchID(rawValue: UInt64(number)))
    }
    matrix.settle()
    let revoked = BatchID(rawValue: 17)
    #expect(!matrix.chunks(ofBatch: revoked).isEmpty)
    let all = matrix.chunks.count
    #expect(matrix.chunks(ofBatch: revoked).count < all / 2)
    let ranges = matrix.removeChunks(ofBatches: [revoked])
    #expect(matrix.chunks(ofBatch: revoked).isEmpty)
    for (number, batch) in batches.enumerated() where number != 17 {
      let missing = batch.filter { entry in
        ranges.contains { $0.contains(Timestamp(nanoseconds: entry.time)) }
      }
      matrix.add(missing, batch: BatchID(rawValue: UInt64(number)))
    }
    let kept = NaiveMatrix(entries: batches.enumerated().filter { $0.offset != 17 }.flatMap(\.element))
    #expect(matrix.eventCount == kept.entries.count)
    for layer in MatrixLayer.allCases {
      let query = randomQuery(kept, &numbers)
      #expect(matrix.counts(query, layer: layer).counts == kept.counts(query, layer: layer), "\(layer)")
    }
  }
}
