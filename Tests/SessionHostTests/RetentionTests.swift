import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import SessionHost

@Suite struct RetentionTests {
  /// 200,000 events of one service, 10 ms apart: half an hour.
  private func matrix() -> EventMatrix {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for index in 0..<200_000 {
      columns.append(
        time: Timestamp(nanoseconds: Int64(index) * 10_000_000 + Int64(index % 7)),
        service: ServiceID(rawValue: 0),
        severity: .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    matrix.settle()
    return matrix
  }

  @Test func `counts that fit the memory stay as they are`() {
    var matrix = matrix()
    var retention = Retention()
    retention.apply(to: &matrix, memoryLimit: 512 << 20, isFeed: false)
    #expect(matrix.eventCount == 200_000)
    #expect(retention.note == nil)
  }

  @Test func `counts of files become coarser before any is dropped, and that is said`() {
    var matrix = matrix()
    var retention = Retention()
    let limit = matrix.byteCount * 3 / 4
    retention.apply(to: &matrix, memoryLimit: limit, isFeed: false)
    #expect(matrix.byteCount <= limit)
    #expect(matrix.eventCount == 200_000)
    #expect(
      retention.note?.string.contains("in steps of 1 s") == true, "\(String(describing: retention.note))")
  }
}
