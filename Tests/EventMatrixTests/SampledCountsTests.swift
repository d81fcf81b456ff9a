import EventMatrix
import EventModel
import Testing

@Suite struct `Counts of a sample` {
  @Test func `stop at the greatest count instead of beginning anew, each with its share`() {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for second in 0..<10 {
      columns.append(
        time: Timestamp(seconds: Int64(second)), service: ServiceID(rawValue: 0), severity: .info)
    }
    let matrix = EventMatrix(sampled: columns, weights: Array(repeating: 1_000_000_000, count: 10))
    let query = MatrixQuery(
      columns: TimeColumns(start: Timestamp(nanoseconds: 0), widthNs: 5_000_000_000, count: 2),
      rowOfService: [0], rowCount: 1)
    let counts = matrix.counts(query)
    // 429,496,729 each: a tenth of the greatest count.
    #expect(counts[0, 0, .info] == 2_147_483_645)
    #expect(counts[0, 1, .info] == 2_147_483_645)
  }
}
