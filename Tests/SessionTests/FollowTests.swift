import EventModel
import SceneGraph
import Session
import Testing

@Suite struct `A list while following` {
  private let view = Desk.first

  private func requests(_ effects: [Effect]) -> [EventRequest] {
    effects.compactMap { effect in
      if case .fetchEvents(let request) = effect { request } else { nil }
    }
  }

  @Test func `is asked for once at a time and keeps its events until the next have come`() throws {
    var world = World()
    var snapshots: [SessionData] = []
    for index in 0..<50 {
      world.add(at: Double(index), "a", .info, "event \(index)")
      if index >= 47 { snapshots.append(world.data(isLive: true)) }
    }
    var desk = Desk(world, isLive: true)
    desk.apply(.data(snapshots[0]))
    desk.press(.follow)
    #expect(desk.scene.words("events").contains("event 47"))

    let first = requests(desk.state.apply(.data(snapshots[1])))
    #expect(first.count == 1)
    #expect(desk.scene.words("events").contains("event 47"))
    #expect(requests(desk.state.apply(.data(snapshots[2]))).isEmpty, "one is still on its way")

    let answer = try #require(first.first)
    let next = requests(
      desk.state.apply(.events(EventAnswer(id: answer.id, events: [world.events[48]], hasEarlier: false))))
    #expect(next.count == 1 && next.first?.range.contains(world.events[49].time) == true)
    #expect(desk.scene.words("events").contains("event 48"))
  }

  @Test func `is said to have ended when nothing more can come`() {
    var world = World()
    for second in 0..<20 { world.add(at: Double(second), "a", .info) }
    var desk = Desk(world, isLive: true)
    desk.press(.follow)
    #expect(desk.scene.words("header").contains("following"))
    var data = world.data(isLive: true)
    data.hasEnded = true
    desk.apply(.data(data))
    #expect(desk.scene.words("header").contains("ended") && !desk.scene.words("header").contains("following"))
  }

  @Test func `names a service whose events are read before they are counted`() throws {
    var world = World()
    for second in 0..<20 { world.add(at: Double(second), "a", .info) }
    let counted = world.data(isLive: true)
    var desk = Desk(world, isLive: true)
    desk.apply(.data(counted))
    let request = try #require(
      requests(desk.state.apply(.invoke(view, .goEnd, argument: nil))).first)
    world.add(at: 20, "newcomer", .error)
    desk.apply(
      .events(
        EventAnswer(
          id: request.id, events: [world.events[19], world.events[20]], hasEarlier: false,
          services: world.services)))
    #expect(desk.scene.words("events").contains("newcomer"))
    desk.apply(.data(counted))
    #expect(desk.scene.words("events").contains("newcomer"))

    world.add(at: 21, "another", .error)
    let found = desk.state.apply(.invoke(view, .search, argument: "no service")).compactMap { effect in
      if case .find(let search) = effect { search.id } else { nil }
    }
    let id = try #require(found.first)
    desk.apply(.found(FindAnswer(id: id, event: world.events[21], services: world.services)))
    #expect(desk.view.notice?.text.string.contains("another") == true)
  }
}

@Suite struct `A window while following` {
  /// An event every half second.
  private func stream(halfSeconds count: Int) -> World {
    var world = World()
    for index in 0..<count { world.add(at: Double(index) / 2, "a", .info) }
    return world
  }

  @Test func `shows a stream that has just begun in columns of a second`() {
    var desk = Desk(stream(halfSeconds: 4), isLive: true)
    #expect(desk.view.window.widthNs < 1_000_000_000)
    desk.press(.follow)
    #expect(desk.view.window.widthNs == 1_000_000_000)
  }

  @Test func `keeps the columns that somebody has chosen`() {
    var desk = Desk(stream(halfSeconds: 4), isLive: true)
    desk.press(.follow, .zoomIn)
    let width = desk.view.window.widthNs
    #expect(width < 1_000_000_000)
    desk.press(.follow, .follow)
    #expect(desk.view.window.widthNs == width, "following again is no new beginning")

    var wide = Desk(stream(halfSeconds: 2_000), isLive: true)
    let fitted = wide.view.window.widthNs
    wide.press(.follow)
    #expect(wide.view.window.widthNs == fitted && fitted > 1_000_000_000)

    var narrow = Desk(stream(halfSeconds: 2_000), isLive: true)
    while narrow.view.window.widthNs >= 1_000_000_000 { narrow.press(.zoomIn) }
    let chosen = narrow.view.window.widthNs
    narrow.press(.follow)
    #expect(narrow.view.window.widthNs == chosen, "not all of it is on screen")
  }

  @Test func `stays until the newest event leaves it, and then moves on by several columns`() throws {
    var desk = Desk(stream(halfSeconds: 4), isLive: true)
    desk.press(.follow)
    let count = try #require(desk.scene.grid("matrix.grid")).columns
    var starts = [desk.view.window.start]
    for halfSeconds in 5..<600 {
      desk.apply(.data(stream(halfSeconds: halfSeconds).data(isLive: true)))
      let view = desk.view
      #expect((0..<count).contains(view.window.column(of: view.cursorTime)))
      #expect(view.cursorTime == World.start.advanced(byNanoseconds: Int64(halfSeconds - 1) * 500_000_000))
      if view.window.start != starts.last { starts.append(view.window.start) }
    }
    #expect(starts.count > 2)
    for (old, new) in zip(starts, starts.dropFirst()) {
      let columns = (new.nanoseconds - old.nanoseconds) / 1_000_000_000
      #expect(columns == count / 16 + 1)
    }
  }
}
