import EventMatrix
import EventModel
import Testing

@Suite struct SearchTests {
  @Test(arguments: [false, true])
  func `the next and the previous event are those a loop finds`(settled: Bool) {
    let seed: UInt64 = 99
    var numbers = SeededNumbers(seed: seed)
    let entries = (0..<20_000).map { index in
      NaiveMatrix.Entry(
        source: 0, time: Int64(index) * 1_000_003 - .random(in: 0..<30_000_000, using: &numbers),
        service: .random(in: 0..<6, using: &numbers),
        severity: Int.random(in: 0..<700, using: &numbers) == 0 ? .error : .info)
    }
    var matrix = EventMatrix(pendingLimit: 1_024)
    matrix.add(entries)
    if settled { matrix.settle() }
    for _ in 0..<150 {
      let rows = (0..<6).map { _ in Int32.random(in: -1...0, using: &numbers) }
      let severities: SeveritySet = Bool.random(using: &numbers) ? .atLeast(.error) : .all
      let time = entries.randomElement(using: &numbers)!.time + .random(in: -1...1, using: &numbers)
      let times = entries.filter { rows[Int($0.service)] >= 0 && severities.contains($0.severity) }.map(
        \.time)
      let next = matrix.nextEvent(
        after: Timestamp(nanoseconds: time), rowOfService: rows, severities: severities)
      let previous = matrix.previousEvent(
        before: Timestamp(nanoseconds: time), rowOfService: rows, severities: severities)
      #expect(next?.nanoseconds == times.filter { $0 > time }.min(), "seed \(seed)")
      #expect(previous?.nanoseconds == times.filter { $0 < time }.max(), "seed \(seed)")
    }
  }

  @Test(arguments: [false, true])
  func `the last events of some cells begin where a loop says`(settled: Bool) {
    let seed: UInt64 = 98
    var numbers = SeededNumbers(seed: seed)
    let entries = (0..<20_000).map { index in
      NaiveMatrix.Entry(
        source: 0, time: Int64(index) * 1_000_003 - .random(in: 0..<30_000_000, using: &numbers),
        service: .random(in: 0..<6, using: &numbers),
        severity: Int.random(in: 0..<50, using: &numbers) == 0 ? .error : .info)
    }
    var matrix = EventMatrix(pendingLimit: 1_024)
    matrix.add(entries)
    if settled { matrix.settle() }
    for _ in 0..<150 {
      let rows = (0..<6).map { _ in Int32.random(in: -1...0, using: &numbers) }
      let severities: SeveritySet = Bool.random(using: &numbers) ? .atLeast(.error) : .all
      let end = entries.randomElement(using: &numbers)!.time + .random(in: -1...1, using: &numbers)
      let count = [1, 2, 100, 3_000, 50_000].randomElement(using: &numbers)!
      let times = entries.filter {
        rows[Int($0.service)] >= 0 && severities.contains($0.severity) && $0.time < end
      }.map(\.time).sorted()
      let start = matrix.start(
        ofLast: count, before: Timestamp(nanoseconds: end), rowOfService: rows, severities: severities)
      #expect(
        start?.nanoseconds == times.suffix(count).first, "seed \(seed): the last \(count) before \(end)")
    }
  }

  @Test func `the last events begin among those that wait where the chunks have too few`() {
    var matrix = EventMatrix(pendingLimit: 64)
    matrix.add([NaiveMatrix.Entry(source: 0, time: 100, service: 0, severity: .info)])
    matrix.settle()
    matrix.add([99, 98].map { NaiveMatrix.Entry(source: 0, time: $0, service: 0, severity: .info) })
    let starts = (1...4).map { matrix.start(ofLast: $0, before: .last, rowOfService: [0])?.nanoseconds }
    #expect(starts == [100, 99, 98, 98])
    var waiting = EventMatrix(pendingLimit: 64)
    waiting.add([NaiveMatrix.Entry(source: 0, time: 7, service: 0, severity: .info)])
    #expect(waiting.start(ofLast: 1, before: .last, rowOfService: [0])?.nanoseconds == 7)
  }

  @Test func `in coarse counts the next event stands at the start of its bucket`() {
    let second: Int64 = 1_000_000_000
    var matrix = EventMatrix(pendingLimit: 64)
    var entries = (0..<5_000).map {
      NaiveMatrix.Entry(source: 0, time: Int64($0) * 7_000_003, service: 0, severity: .info)
    }
    entries.append(NaiveMatrix.Entry(source: 0, time: 12 * second + 345, service: 1, severity: .error))
    matrix.add(entries)
    matrix.settle()
    let report = matrix.retain(.live, now: Timestamp(seconds: 20_000))
    #expect(!report.isEmpty)
    let rows: [Int32] = [-1, 0]
    #expect(matrix.nextEvent(after: .first, rowOfService: rows) == Timestamp(seconds: 10))
    #expect(matrix.previousEvent(before: .last, rowOfService: rows) == Timestamp(seconds: 10))
    #expect(matrix.nextEvent(after: Timestamp(seconds: 10), rowOfService: rows) == nil)
    #expect(matrix.start(ofLast: 1, before: .last, rowOfService: rows) == Timestamp(seconds: 10))
    #expect(matrix.start(ofLast: 1, before: Timestamp(seconds: 10), rowOfService: rows) == nil)
  }

  @Test func `totals of a range are the counts of one column, also over all of time`() {
    var matrix = EventMatrix()
    matrix.add([
      NaiveMatrix.Entry(source: 0, time: .min, service: 0, severity: .info),
      NaiveMatrix.Entry(source: 0, time: 5, service: 0, severity: .info),
      NaiveMatrix.Entry(source: 0, time: .max, service: 1, severity: .fatal),
    ])
    let all = matrix.totals(in: .everything, rowOfService: [0, 1], rowCount: 2)
    #expect(all == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    let some = matrix.totals(
      in: TimeRange(start: Timestamp(nanoseconds: 5), end: Timestamp(nanoseconds: 6)), rowOfService: [0, 1],
      rowCount: 2)
    #expect(some.reduce(0, +) == 1)
  }
}
