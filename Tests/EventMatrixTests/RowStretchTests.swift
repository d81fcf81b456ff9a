import EventModel
import Testing

@testable import EventMatrix

private let ms: Int64 = 1_000_000
private let start: Int64 = 1_768_471_200_000 * ms

/// One event a millisecond, nearly all of one service; in order of time.
private func crowd(_ count: Int) -> [NaiveMatrix.Entry] {
  (0..<count).map { index in
    let service = index % 50 == 0 ? UInt32(index / 50 % 9) + 1 : 0
    let severity: Severity = index % 997 == 0 ? .error : .info
    return NaiveMatrix.Entry(
      source: 0, time: start + Int64(index) * ms, service: service, severity: severity)
  }
}

private func pane(of entries: [NaiveMatrix.Entry], widthMs: Int64, rowCount: Int = 10) -> MatrixQuery {
  let width = widthMs * ms
  let count = min(120, Int((entries.map(\.time).max()! - start) / width) + 3)
  let columns = TimeColumns(start: Timestamp(nanoseconds: start - width), widthNs: width, count: count)
  return MatrixQuery(
    columns: columns, rowOfService: (0..<10).map { Int32($0 % rowCount) }, rowCount: rowCount)
}

@Suite struct `Rows of chunks that continue each other` {
  @Test func `tell a column with more events than 16 bits hold from one with 65,536 less`() {
    let entries = crowd(210_000)
    var matrix = EventMatrix(pendingLimit: 4_096)
    matrix.add(entries)
    matrix.settle()
    let group = matrix.events.groups.last
    #expect(group?.stretches.count ?? 0 > 20 && group?.stretches.allSatisfy { $0 == 0 } == true)
    let naive = NaiveMatrix(entries: entries)
    for query in [1_000, 20_000, 70_000, 100_000].map({ pane(of: entries, widthMs: $0) })
      + [pane(of: entries, widthMs: 70_000, rowCount: 3)]
    {
      #expect(matrix.counts(query).counts == naive.counts(query), "columns of \(query.columns.widthNs) ns")
    }
    // 100,000 events in a column, of which one in fifty is of other services.
    let whole = matrix.counts(pane(of: entries, widthMs: 100_000))
    #expect((0..<10).reduce(0) { $0 + whole[$1, 1, .info] + whole[$1, 1, .error] } == 100_000)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `end where late events were put between them, and start again`(seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    var entries = crowd(16_000)
    var matrix = EventMatrix(pendingLimit: 1_024)
    matrix.add(entries)
    matrix.settle()
    for _ in 0..<3 {
      let time = start + Int64.random(in: 0..<13_000, using: &numbers) * ms
      let late = (0..<Int.random(in: 1..<400, using: &numbers)).map { index in
        NaiveMatrix.Entry(
          source: 0, time: time + Int64(index) * 1_234_567, service: UInt32(index % 5), severity: .info)
      }
      entries += late
      matrix.add(late)
      matrix.settle()
    }
    let naive = NaiveMatrix(entries: entries)
    for widthMs in [100, 700, 1_000, 5_000] as [Int64] {
      let query = pane(of: entries, widthMs: widthMs)
      #expect(matrix.counts(query).counts == naive.counts(query), "seed \(seed), \(widthMs) ms")
    }
    let group = try #require(matrix.events.groups.max { $0.chunks.count < $1.chunks.count })
    #expect(Set(group.stretches).count > 1, "seed \(seed): \(group.stretches)")
  }
}

@Suite struct `Counts beyond the greatest` {
  /// Events of one service, a second apart, each of which stands for `weight` others besides itself.
  private func matrix(_ count: Int, weight: UInt32, pendingLimit: Int = 4) -> EventMatrix {
    var matrix = EventMatrix(pendingLimit: pendingLimit)
    matrix.add(
      (0..<count).map { index in
        NaiveMatrix.Entry(
          source: 0, time: start + Int64(index) * 1_000 * ms, service: 0, severity: .info, weight: weight)
      })
    return matrix
  }

  private func counts(_ matrix: EventMatrix, widthMs: Int64, _ count: Int) -> [UInt32] {
    let query = MatrixQuery(
      columns: TimeColumns(start: Timestamp(nanoseconds: start), widthNs: widthMs * ms, count: count),
      rowOfService: [0], rowCount: 1)
    let counts = matrix.counts(query, layer: .sampledWeight)
    return (0..<count).map { counts[0, $0, .info] }
  }

  @Test(arguments: [false, true])
  func `stay at the greatest, and what is less is exact`(settled: Bool) {
    var matrix = matrix(5, weight: 3_000_000_001)
    if settled { matrix.settle() }
    #expect(
      counts(matrix, widthMs: 1_000, 6) == [
        3_000_000_000, 3_000_000_000, 3_000_000_000, 3_000_000_000, 3_000_000_000, 0,
      ])
    #expect(counts(matrix, widthMs: 2_000, 4) == [.max, .max, 3_000_000_000, 0])
    // Halves of seconds are counted event by event, and 0.7 s columns lie anywhere.
    #expect(counts(matrix, widthMs: 500, 6) == [3_000_000_000, 0, 3_000_000_000, 0, 3_000_000_000, 0])
    #expect(
      counts(matrix, widthMs: 700, 5) == [3_000_000_000, 3_000_000_000, 3_000_000_000, 0, 3_000_000_000])
    #expect(counts(matrix, widthMs: 5_000, 1) == [.max])
    let totals = matrix.totals(in: .everything, rowOfService: [0], rowCount: 1, layer: .sampledWeight)
    #expect(totals[Int(Severity.info.rawValue)] == .max)
  }

  @Test func `stay there where old counts were made coarse, and come late`() {
    var matrix = matrix(4_000, weight: 2_000_001, pendingLimit: 64)
    matrix.settle()
    let policy = RetentionPolicy(
      tiers: [
        RetentionPolicy.Tier(widthNs: 1, ageNs: 1),
        RetentionPolicy.Tier(widthNs: 60_000 * ms, ageNs: .max / 4),
      ], byteLimit: 1 << 30)
    _ = matrix.retain(policy, now: Timestamp(nanoseconds: start + 10_000_000 * ms))
    let layer = matrix.layers[MatrixLayer.sampledWeight.factIndex]
    #expect(layer?.groups.flatMap(\.chunks).contains(where: \.isCoarse) == true)
    // 60 x 2,000,000 a minute; 4,000 s are 66 minutes and 40 seconds.
    let minutes = counts(matrix, widthMs: 60_000, 67)
    #expect(minutes == Array(repeating: 120_000_000, count: 66) + [80_000_000])
    // 36 minutes would be 4,320,000,000.
    #expect(counts(matrix, widthMs: 36 * 60_000, 2) == [.max, 3_680_000_000])
    #expect(counts(matrix, widthMs: 5_000_000, 1) == [.max])
    matrix.add([
      NaiveMatrix.Entry(
        source: 0, time: start + 30_000 * ms, service: 0, severity: .info, weight: 1_000_000_001)
    ])
    matrix.settle()
    #expect(counts(matrix, widthMs: 60_000, 2) == [1_120_000_000, 120_000_000])
  }
}
