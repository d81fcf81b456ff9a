import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `At the ends of time` {
  /// A few events at each end of what a time can be, and an hour of them today.
  private var world: World {
    var world = World()
    let today: Int64 = 1_767_225_600_000_000_000
    for time: Int64 in [.min + 700_000_000_000_000, today, .max - 700_000_000_000_000] {
      for offset in 0..<20 {
        world.add(at: 0, "shop/a", offset % 5 == 0 ? .error : .info)
        world.events[world.events.count - 1].time = Timestamp(
          nanoseconds: time + Int64(offset) * 60_000_000_000)
      }
    }
    return world
  }

  @Test func `events six centuries apart are counted, each where one goes to it`() throws {
    var desk = Desk(world, columns: 200, rows: 60)
    let whole = TimeRange.everything
    let counts = desk.state.severityCounts(of: desk.state.rows(of: desk.view), in: whole)
    #expect(counts.reduce(0) { $0 + $1.total } == 60 && counts.reduce(0) { $0 + $1.errors } == 12)
    for (key, time) in [(CommandName.goStart, world.events.first), (.goEnd, world.events.last)] {
      desk.press(key)
      let grid = try #require(desk.scene.grid("matrix.grid"))
      #expect(desk.view.window.columns(grid.columns).range.contains(try #require(time).time))
      #expect(grid.sum > 0)
    }
  }

  @Test func `a window knows how far away a time is, however far`() {
    let week: Int64 = 604_800_000_000_000
    let first = TimeWindow(start: .first, widthNs: week)
    #expect(first.start.nanoseconds.isMultiple(of: week) && first.start > .first)
    #expect(first.column(of: .last) == Int(2 * (Int64.max / week)))
    #expect(TimeWindow(start: .last, widthNs: week).column(of: .first) == -Int(2 * (Int64.max / week)) - 1)
    let narrow = TimeWindow(start: .first, widthNs: 1)
    #expect(narrow.column(of: .last) == .max)
    #expect(first.shifted(byColumns: -5) == first)
  }
}
