import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `Labels of a time axis` {
  private let dayNs: Int64 = 86_400_000_000_000

  private func ticks(firstDay: Int64, widthNs: Int64, count: Int) -> [String] {
    TimeText(zone: .utc, widthNs: widthNs)
      .ticks(
        TimeColumns(start: Timestamp(nanoseconds: firstDay * dayNs), widthNs: widthNs, count: count),
        minimumGap: 2
      ).map { "\($0.column) \($0.label)" }
  }

  @Test func `end where time does`() {
    // The last whole day is the 106,751st after the epoch, 2262-04-11; labels stand at every second day.
    let all = ["1 04-02", "3 04-04", "5 04-06", "7 04-08", "9 04-10"]
    #expect(ticks(firstDay: 106_741, widthNs: dayNs, count: 120) == all)
    // Here the round time after the window's start lies after the last instant: it stopped the program.
    #expect(ticks(firstDay: 106_750, widthNs: dayNs, count: 120) == ["0 04-10"])
    #expect(ticks(firstDay: 106_751, widthNs: dayNs, count: 120) == [])
  }

  @Test func `begin where time does`() {
    // 1677-09-22 is the first whole day, 106,751 before the epoch.
    #expect(ticks(firstDay: -106_751, widthNs: dayNs, count: 4) == ["1 09-23", "3 09-25"])
    #expect(ticks(firstDay: -3, widthNs: dayNs, count: 6) == ["1 12-30", "3 01-01", "5 01-03"])
  }
}

@Suite struct `More services than there is room for` {
  @Test func `are not said to be counted`() throws {
    var services = ServiceTable()
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for number in 0...ServiceTable.limit {
      let service = services.intern(ForeignText("service-\(number)"))
      columns.append(
        time: Timestamp(seconds: 1_700_000_000 + Int64(number)), service: service, severity: .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    let view = ViewID(rawValue: 1)
    var state = SessionState()
    _ = state.apply(.configure(SessionConfiguration()))
    _ = state.apply(.attach(view, GridExtent(columns: 120, rows: 30)))
    _ = state.apply(.data(SessionData(matrix: matrix, services: services)))
    let scene = try #require(state.scene(for: view))
    let header = try #require(scene.panes.first { $0.id == "header" })
    guard case .text(let text) = header.nodes.first else {
      Issue.record("the header has no text")
      return
    }
    let words = text.lines[0].map(\.text.string).joined()
    #expect(words.contains("over 65,536 services"), "\(words)")
  }
}
