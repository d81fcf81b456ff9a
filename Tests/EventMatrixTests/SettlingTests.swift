import EventModel
import Testing

@testable import EventMatrix

/// Sorting before the limit is reached: what counts say never depends on how much is sorted.
struct SettlingTests {
  @Test func `sorting the older events leaves the newest quarter and changes no count`() {
    var matrix = EventMatrix(pendingLimit: 1000)
    var other = matrix
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for index in 0..<400 {
      // Every tenth event is late by five.
      let time = Int64(index % 10 == 9 ? index - 5 : index)
      columns.append(
        time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: UInt32(index % 3)),
        severity: index % 4 == 0 ? .error : .info)
    }
    matrix.add(columns)
    other.add(columns)
    #expect(matrix.pendingCount == 400)
    matrix.settleOlder()
    #expect(matrix.pendingCount == 100)
    let query = MatrixQuery(
      columns: TimeColumns(start: Timestamp(nanoseconds: 0), widthNs: 7, count: 60), rowOfService: [0, 1, 2],
      rowCount: 3, severities: .all)
    #expect(matrix.counts(query).counts == other.counts(query).counts)
    #expect(matrix.counts(query).counts.reduce(0, +) == 400)
    matrix.settleOlder()
    matrix.settle()
    #expect(matrix.pendingCount == 0)
    #expect(matrix.counts(query).counts == other.counts(query).counts)
  }

  @Test func `nothing to sort is nothing to do`() {
    var matrix = EventMatrix()
    matrix.settleOlder()
    #expect(matrix.pendingCount == 0 && matrix.eventCount == 0)
  }
}
