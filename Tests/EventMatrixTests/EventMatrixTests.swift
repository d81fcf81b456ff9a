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
    for round in 0..<16 {
      if round == 8 { matrix.settle() }
      let query = randomQuery(naive, &numbers)
      for layer in MatrixLayer.allCases {
        let right = matrix.counts(query, layer: layer).counts == naive.counts(query, layer: layer)
        #expect(right, "seed \(seed), \(world), round \(round), \(layer): \(query.columns)")
      }
    }
  }
}
