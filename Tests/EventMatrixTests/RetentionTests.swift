import EventMatrix
import EventModel
import Testing

private let second: Int64 = 1_000_000_000
private let hour: Int64 = 3_600 * second
/// A whole number of minutes.
private let start: Int64 = 1_768_471_200 * second

/// One event every 20 ms for `hours` hours, then one at the end.
private func entries(hours: Int) -> [NaiveMatrix.Entry] {
  var numbers = SeededNumbers(seed: 11)
  return (0..<hours * 3_600 * 5).map { index in
    NaiveMatrix.Entry(
      source: 0, time: start + Int64(index) * 200_000_007, service: .random(in: 0..<3, using: &numbers),
      severity: index % 9 == 0 ? .error : .info)
  }
}

private func query(_ from: Int64, width: Int64, count: Int) -> MatrixQuery {
  MatrixQuery(
    columns: TimeColumns(start: Timestamp(nanoseconds: from), widthNs: width, count: count),
    rowOfService: [0, 1, 2], rowCount: 3)
}

@Suite struct RetentionTests {
  private let naive = NaiveMatrix(entries: entries(hours: 6))

  private func matrix() -> EventMatrix {
    var matrix = EventMatrix(pendingLimit: 4_096)
    matrix.add(naive.entries)
    matrix.settle()
    return matrix
  }

  @Test func `old counts stay exact at the width they are kept at, young ones at every width`() {
    var matrix = matrix()
    let before = matrix.byteCount
    let report = matrix.retain(.live, now: Timestamp(nanoseconds: start + 6 * hour))
    #expect(report.evictedBefore == nil)
    #expect(report.coarsenings.map(\.widthNs) == [10 * second])
    #expect(matrix.byteCount < before)
    #expect(matrix.eventCount == naive.entries.count)
    for asked in [
      query(start, width: 60 * second, count: 400),
      query(start - 30 * second, width: 10 * second, count: 2_000),
      query(start + 5 * hour, width: 7_000_000, count: 500), query(start, width: 7 * hour, count: 1),
    ] {
      #expect(matrix.counts(asked).counts == naive.counts(asked), "\(asked.columns)")
    }
    #expect(matrix.exactBucketNs(at: Timestamp(nanoseconds: start + hour)) == 10 * second)
    #expect(matrix.exactBucketNs(at: Timestamp(nanoseconds: start + 5 * hour)) == 1)
  }

  @Test func `growing older again gives what growing old at once gives`() {
    var slowly = matrix()
    for minutes in stride(from: Int64(0), through: 27 * 60, by: 20) {
      _ = slowly.retain(.live, now: Timestamp(nanoseconds: start + minutes * 60 * second))
    }
    var atOnce = matrix()
    _ = atOnce.retain(.live, now: Timestamp(nanoseconds: start + 27 * hour))
    #expect(slowly.exactBucketNs(at: Timestamp(nanoseconds: start)) == 60 * second)
    for width in [60 * second, 120 * second, hour] {
      let asked = query(start - hour, width: width, count: Int(8 * hour / width))
      #expect(slowly.counts(asked).counts == naive.counts(asked))
      #expect(atOnce.counts(asked).counts == naive.counts(asked))
    }
  }

  @Test func `faces of a coarse matrix have equal sums, also at odd widths`() {
    var matrix = matrix()
    _ = matrix.retain(.live, now: Timestamp(nanoseconds: start + 27 * hour))
    let whole = matrix.counts(query(start - hour, width: 8 * hour, count: 1)).counts
    let odd = matrix.counts(query(start - hour, width: 8 * hour / 977 + 1, count: 977))
    var sums = [UInt32](repeating: 0, count: 21)
    for (index, count) in odd.counts.enumerated() { sums[index / (977 * 7) * 7 + index % 7] += count }
    #expect(sums == whole)
    #expect(whole.reduce(0, +) == UInt32(naive.entries.count))
  }

  @Test func `a late event is counted in a coarse chunk too`() {
    var matrix = matrix()
    _ = matrix.retain(.live, now: Timestamp(nanoseconds: start + 27 * hour))
    let late = NaiveMatrix.Entry(source: 0, time: start + hour + 5, service: 2, severity: .fatal)
    matrix.add([late])
    matrix.settle()
    let asked = query(start, width: 60 * second, count: 360)
    #expect(matrix.counts(asked).counts == NaiveMatrix(entries: naive.entries + [late]).counts(asked))
  }

  @Test func `beyond the last tier counts are evicted, and that is no data`() {
    var matrix = matrix()
    let policy = RetentionPolicy(tiers: [.init(widthNs: second, ageNs: hour)], byteLimit: .max)
    let report = matrix.retain(policy, now: Timestamp(nanoseconds: start + 6 * hour))
    let gone = report.evictedBefore ?? .first
    #expect(gone.nanoseconds > start + 3 * hour && gone.nanoseconds <= start + 5 * hour)
    #expect(report.evictedEventCount + matrix.eventCount == naive.entries.count)
    #expect(matrix.timeRange.map { $0.start >= gone } == true)
    let answer = matrix.counts(query(start, width: hour, count: 6))
    #expect(answer.presence[0] == .noData && answer.presence[5] == .covered)
  }

  @Test func `under a memory limit the oldest and finest go first, then the oldest`() {
    var matrix = matrix()
    let limit = matrix.byteCount / 2
    let policy = RetentionPolicy(tiers: RetentionPolicy.live.tiers, byteLimit: limit)
    let report = matrix.retain(policy, now: Timestamp(nanoseconds: start))
    #expect(matrix.byteCount <= limit)
    #expect(report.coarsenings.first?.range.start == Timestamp(nanoseconds: start))
    #expect(matrix.exactBucketNs(at: Timestamp(nanoseconds: start + 6 * hour - second)) == 1)
    let asked = query(start, width: 60 * second, count: 360)
    #expect(report.evictedBefore == nil)
    #expect(matrix.counts(asked).counts == naive.counts(asked))

    let small = RetentionPolicy(tiers: RetentionPolicy.live.tiers, byteLimit: 3_000)
    let again = matrix.retain(small, now: Timestamp(nanoseconds: start))
    #expect(matrix.byteCount <= 3_000)
    #expect(again.evictedBefore != nil)
    #expect(again.evictedEventCount + matrix.eventCount == naive.entries.count)
  }

  @Test func `a tier finer than the one before is refused`() async {
    await #expect(processExitsWith: .failure) {
      _ = RetentionPolicy(
        tiers: [.init(widthNs: 10, ageNs: 1), .init(widthNs: 4, ageNs: 2)], byteLimit: 1)
    }
  }
}
