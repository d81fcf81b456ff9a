import EventMatrix
import EventModel
import Testing

private func event(_ time: Int64, service: UInt32 = 0, source: UInt32 = 0) -> NaiveMatrix.Entry {
  NaiveMatrix.Entry(source: source, time: time, service: service, severity: .info)
}

private func query(_ start: Int64, width: Int64, count: Int, rows: [Int32]) -> MatrixQuery {
  MatrixQuery(
    columns: TimeColumns(start: Timestamp(nanoseconds: start), widthNs: width, count: count),
    rowOfService: rows,
    rowCount: Int(rows.max() ?? 0) + 1)
}

private func gap(_ source: UInt32, _ start: Int64, _ end: Int64) -> CoverageGap {
  CoverageGap(
    source: SourceID(rawValue: source),
    range: TimeRange(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: end)), reason: .dropped
  )
}

@Suite struct CoverageTests {
  @Test func `outside first to last event is no data, inside is covered, a named hole is a gap`() {
    var matrix = EventMatrix()
    matrix.add([event(10), event(49)])
    matrix.add(gap(0, 25, 31))
    let answer = matrix.counts(query(0, width: 10, count: 6, rows: [0]))
    #expect(answer.presence == [.noData, .covered, .gap, .gap, .covered, .noData])
    #expect(answer[0, 1, .info] == 1)
    #expect(answer[0, 2, .info] == 0)
  }

  @Test func `a row is covered by the sources its services appear in and by no other`() {
    var matrix = EventMatrix()
    matrix.add([event(0, service: 0, source: 0), event(29, service: 0, source: 0)])
    matrix.add([event(20, service: 1, source: 1), event(40, service: 1, source: 1)])
    matrix.add(gap(1, 30, 40))
    let apart = matrix.counts(query(0, width: 10, count: 5, rows: [0, 1])).presence
    #expect(apart[..<5] == [.covered, .covered, .covered, .noData, .noData])
    #expect(apart[5...] == [.noData, .noData, .covered, .gap, .covered])
    let folded = matrix.counts(query(0, width: 10, count: 5, rows: [0, 0])).presence
    #expect(folded == [.covered, .covered, .covered, .gap, .covered])
  }

  @Test func `presence equals that of a loop over sources in random worlds`() {
    let seed: UInt64 = 4
    var numbers = SeededNumbers(seed: seed)
    for round in 0..<60 {
      let entries = (0..<Int.random(in: 1...30, using: &numbers)).map { _ in
        event(
          .random(in: -50...50, using: &numbers), service: .random(in: 0..<4, using: &numbers),
          source: .random(in: 0..<5, using: &numbers))
      }
      let naive = NaiveMatrix(entries: entries)
      var matrix = EventMatrix()
      matrix.add(entries)
      let gaps = (0..<2).map { _ in
        let start = Int64.random(in: -60...60, using: &numbers)
        return gap(.random(in: 0..<6, using: &numbers), start, start + .random(in: 0...20, using: &numbers))
      }
      for gap in gaps { matrix.add(gap) }
      let rows = (0..<4).map { _ in Int32.random(in: -1...2, using: &numbers) }
      let asked = MatrixQuery(
        columns: TimeColumns(
          start: Timestamp(nanoseconds: .random(in: -70...0, using: &numbers)),
          widthNs: .random(in: 1...9, using: &numbers), count: 12), rowOfService: rows, rowCount: 3)
      #expect(
        matrix.counts(asked).presence == naive.presence(asked, gaps: gaps.filter { !$0.range.isEmpty }),
        "seed \(seed), round \(round)")
    }
  }

  @Test func `an empty matrix has no time range and answers with no data`() {
    let matrix = EventMatrix()
    let answer = matrix.counts(query(0, width: 1, count: 3, rows: [0]))
    #expect(matrix.timeRange == nil)
    #expect(answer.presence == [.noData, .noData, .noData])
    #expect(answer.counts.allSatisfy { $0 == 0 })
    #expect(matrix.counts(query(0, width: 1, count: 0, rows: [0])).counts.isEmpty)
  }
}
