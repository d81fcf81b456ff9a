import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `Drilling down` {
  @Test(arguments: SeededNumbers.seeds(5))
  func `lists the events of the cell, as many as it says`(seed: UInt64) throws {
    var walk = RandomWalk(seed: seed)
    var desk = Desk(World.random(&walk.numbers))
    let moves: [CommandName] = [
      .cursorLeft, .cursorDown, .cursorUp, .zoomIn, .zoomOut, .focusNext, .goWorst, .nextError, .fold,
      .filterAdd,
      .severityFloorNext, .select, .cursorRight, .filterRemoveLast,
    ]
    for _ in 0..<40 {
      desk.apply(walk.invocation(by: Desk.first, of: moves))
      while desk.view.prompt != nil { desk.press(.back) }
      let target = desk.state.drillTarget(desk.view)
      let slow = desk.eventsInDice.filter { event in
        target.range.contains(event.time) && target.services?.contains(event.service) ?? true
          && target.severities.contains(event.severity)
      }
      #expect(target.count == UInt64(slow.count), "seed \(seed): \(target)")
      guard case .face = desk.view.focus, !slow.isEmpty else { continue }
      desk.press(.open)
      let drill = try #require(desk.view.drill)
      #expect(drill.count == target.count && drill.range == target.range, "seed \(seed)")
      #expect(drill.events == slow.sorted(by: Event.precedes), "seed \(seed)")
      desk.press(.back)
    }
  }

  @Test func `asks for exactly the cell`() throws {
    var world = World()
    for second in 0..<100 { world.add(at: Double(second), "shop/cart", second == 42 ? .error : .info) }
    world.add(at: 42.5, "shop/pay", .error)
    var desk = Desk(world)
    while desk.view.window.widthNs < 1_000_000_000 { desk.press(.zoomOut) }
    while desk.view.window.widthNs > 1_000_000_000 { desk.press(.zoomIn) }
    desk.press(.search, argument: "cart")
    desk.press(.goStart, .nextError, .open)
    let start = World.start.advanced(byNanoseconds: 42_000_000_000)
    let requests = desk.effects.compactMap { effect -> EventRequest? in
      if case .fetchEvents(let request) = effect { return request }
      return nil
    }
    let request = try #require(requests.last)
    #expect(request.range == TimeRange(start: start, end: start.advanced(byNanoseconds: 1_000_000_000)))
    #expect(request.services?.count == 1 && request.severities == .all && request.filter.isEverything)
  }

  private func longList() -> Desk {
    var world = World()
    for index in 0..<2500 { world.add(at: Double(index) / 1000, "a", .info, "event \(index)") }
    var desk = Desk(world)
    while desk.view.window.widthNs < 10_000_000_000 { desk.press(.zoomOut) }
    desk.press(.open)
    return desk
  }

  @Test func `a time goes to the list's first event from then on, and one outside is told`() throws {
    var world = World()
    for second in 0..<60 { world.add(at: Double(second), "a", .info, "event \(second)") }
    var desk = Desk(world)
    while desk.view.window.widthNs < 10_000_000_000 { desk.press(.zoomOut) }
    desk.press(.open)
    let drill = try #require(desk.view.drill)
    let times = TimeText(zone: .utc, widthNs: 1_000_000_000)
    let third = drill.events[3]
    desk.press(.goTime, argument: times.clock(third.time.advanced(byNanoseconds: -500_000_000)))
    #expect(desk.view.drill?.event?.message == third.message && desk.view.notice == nil)
    let window = desk.view.cursorTime
    desk.press(.goTime, argument: times.full(drill.range.end.advanced(byNanoseconds: 60_000_000_000)))
    #expect(desk.view.notice?.text.string.contains("is outside of this list") == true)
    #expect(desk.view.drill?.event?.message == third.message && desk.view.cursorTime == window)
  }

  @Test func `shows where the list cursor stands, and reads earlier events at its top`() throws {
    var desk = longList()
    #expect(desk.view.drill?.event?.message == ForeignText("event 2499"))
    let table = try #require(desk.scene.table("events.table"))
    #expect(table.cursorRow == table.rows.count - 1)
    desk.press(.goFirstRow)
    #expect(desk.view.drill?.events.count == 2000)
    #expect(desk.view.drill?.event?.message == ForeignText("event 1500"))
    #expect(desk.scene.table("events.table")?.cursorRow != nil)
    desk.press(.goFirstRow)
    #expect(desk.view.drill?.events.count == 2500)
    #expect(desk.view.drill?.hasEarlier == false)
  }

  @Test func `clicks on the row that is under the pointer`() throws {
    var desk = longList()
    let table = try #require(desk.scene.table("events.table"))
    desk.apply(
      .point(Desk.first, GridPoint(column: table.frame.column + 3, row: table.frame.row + 2), .press))
    #expect(desk.view.drill?.cursor == table.firstRow + 2)
    desk.press(.palette)
    for _ in 0..<20 { desk.press(.promptDown) }
    let list = try #require(desk.scene.table("prompt.list"))
    #expect(list.firstRow > 0)
    desk.type("undo the last")
    let narrowed = try #require(desk.scene.table("prompt.list"))
    desk.apply(
      .point(Desk.first, GridPoint(column: narrowed.frame.column + 3, row: narrowed.frame.row), .press))
    #expect(desk.view.prompt == nil)
  }

  @Test func `follows a filter that comes while the list is open`() {
    var desk = longList()
    desk.press(.filterAdd, argument: "\"event 17\"")
    #expect(desk.view.drill?.events.count == 111)  // 17, 170 ... 179, 1700 ... 1799
    #expect(desk.view.drill?.count == 111)
    desk.press(.undo)
    #expect(desk.view.drill?.events.count == 1000)
  }

  @Test func `goes back to the face it came from`() {
    var desk = Desk(World.checkoutIncident)
    desk.press(.focusNext)
    let face = desk.view.focus
    desk.press(.open)
    #expect(desk.view.focus == .events)
    desk.press(.back)
    #expect(desk.view.focus == face)
    #expect(face != .face(.timeService))
  }

  @Test func `an answer to an older question is dropped`() {
    var desk = longList()
    let events = desk.view.drill?.events
    desk.apply(.events(EventAnswer(id: 1, events: [], hasEarlier: false)))
    #expect(desk.view.drill?.events == events)
  }

  @Test func `says what cannot be read again`() {
    var state = Desk(World.checkoutIncident).state
    let effects =
      state.apply(.invoke(Desk.first, .goWorst, argument: nil))
      + state.apply(.invoke(Desk.first, .open, argument: nil))
    guard case .fetchEvents(let request) = effects.last else {
      Issue.record("nothing was asked for")
      return
    }
    let answer = EventAnswer(
      id: request.id, events: [], hasEarlier: false, problems: [ForeignText("source changed at 03:20")])
    _ = state.apply(.events(answer))
    #expect(state.scene(for: Desk.first)?.words("events").contains("source changed at 03:20") == true)
  }
}

@Suite struct `From an event` {
  private func desk(_ fields: KeyValuePairs<String, String>) -> Desk {
    var world = World()
    world.add(at: 1, "shop/cart", .info, "one", ["trace_id": "t1", "user": "7"])
    world.add(at: 2, "shop/pay", .error, "two", fields)
    world.add(at: 3, "edge", .warn, "three", ["trace_id": "t1", "user": "8"])
    world.add(at: 4, "edge", .info, "four", ["trace_id": "t2", "user": "7"])
    var desk = Desk(world)
    desk.press(.sliceService)
    desk.press(.goWorst, .open, .open)
    return desk
  }

  @Test func `its whole trace is listed across services, whatever was sliced`() {
    var desk = desk(["trace_id": "t1", "user": "7"])
    desk.press(.sameTrace)
    #expect(desk.view.drill?.events.map(\.message.repaired) == ["one", "two", "three"])
    #expect(desk.state.dice.services.isEverything)
    #expect(desk.scene.grid("matrix.grid")?.sum == 3)
    desk.press(.undo)
    #expect(desk.view.focus == .event && desk.view.drill?.event?.message == ForeignText("two"))
  }

  @Test func `every event with the value of a field is listed`() {
    var desk = desk(["trace_id": "t1", "user": "7"])
    for _ in 0..<6 { desk.press(.cursorDown) }
    desk.press(.filterByField)
    #expect(desk.view.drill?.events.map(\.message.repaired) == ["one", "two", "four"])
    #expect(desk.state.dice.filter.expression == "user=\"7\"")
  }

  @Test func `a value of any bytes makes a filter that finds it`() {
    var desk = desk(["trace_id": "a\"b \\ !=/\n\u{1B}x"])
    desk.press(.sameTrace)
    #expect(desk.view.drill?.events.map(\.message.repaired) == ["two"])
  }

  @Test func `without a trace or request a line says what else there is`() {
    var desk = desk(["user": "7"])
    desk.press(.sameTrace)
    #expect(desk.view.notice?.text.string.contains("names no trace") == true)
    #expect(desk.state.dice.filter.isEverything)
    desk.press(.filterByField)
    #expect(desk.view.notice?.text.string.contains("own fields") == true)
  }
}

/// A view whose cursor moves while a key is held.
@Suite struct `Beside a moving cursor` {
  private static let world: World = {
    var world = World()
    for second in 0..<60 { world.add(at: Double(second), "cart", .error, "m\(second)") }
    return world
  }()

  private static func session(defersDetails: Bool) -> SessionState {
    var state = SessionState(defersDetails: defersDetails)
    _ = state.apply(.configure(SessionConfiguration()))
    _ = state.apply(.attach(Desk.first, GridExtent(columns: 120, rows: 40)))
    _ = state.apply(.data(world.data()))
    press([.cursorRight, .cursorRight, .cursorRight], &state)
    _ = state.apply(.rested(Desk.first))
    return state
  }

  @discardableResult
  private static func press(_ names: [CommandName], _ state: inout SessionState) -> [Effect] {
    names.flatMap { state.apply(.invoke(Desk.first, $0, argument: nil)) }
  }

  private func status(_ state: SessionState) -> Pane? {
    state.scene(for: Desk.first)?.panes.first { $0.id == "status" }
  }

  @Test func `details stay until keys rest, and are those of its cell then`() {
    var state = Self.session(defersDetails: true)
    let before = status(state)
    Self.press([.cursorLeft], &state)
    #expect(status(state) == before)
    #expect(state.view(Desk.first)?.awaitsRest == true)
    _ = state.apply(.rested(Desk.first))
    #expect(status(state) != before)
    #expect(state.view(Desk.first)?.awaitsRest == false)
    var other = Self.session(defersDetails: false)
    Self.press([.cursorLeft], &other)
    #expect(state.scene(for: Desk.first)?.panes == other.scene(for: Desk.first)?.panes)
  }

  @Test func `the face that has the focus shows it at once`() {
    var state = Self.session(defersDetails: true)
    let before = state.scene(for: Desk.first)?.panes.first { $0.id == "matrix" }
    Self.press([.cursorLeft], &state)
    #expect(state.scene(for: Desk.first)?.panes.first { $0.id == "matrix" } != before)
  }

  @Test func `a list that nobody asked for stays until the next one has come`() throws {
    var state = Self.session(defersDetails: true)
    func request(_ effects: [Effect]) -> EventRequest? {
      effects.compactMap { if case .fetchEvents(let request) = $0 { request } else { nil } }.last
    }
    let first = try #require(state.view(Desk.first)?.drill?.requestID)
    _ = state.apply(.events(EventAnswer(id: first, events: [Self.world.events[7]], hasEarlier: false)))
    let shown = try #require(state.view(Desk.first)?.drill)
    #expect(shown.isPreview && shown.events == [Self.world.events[7]])
    let next = try #require(request(Self.press([.cursorLeft], &state)))
    #expect(next.mayWait)
    #expect(state.view(Desk.first)?.drill == shown)
    _ = state.apply(.events(EventAnswer(id: next.id, events: [Self.world.events[6]], hasEarlier: false)))
    #expect(state.view(Desk.first)?.drill?.events == [Self.world.events[6]])
    #expect(state.view(Desk.first)?.drill?.range == next.range)
  }

  @Test func `whoever opens the list gets that of the cell under the cursor, at once`() throws {
    var state = Self.session(defersDetails: true)
    let first = try #require(state.view(Desk.first)?.drill?.requestID)
    _ = state.apply(.events(EventAnswer(id: first, events: [Self.world.events[7]], hasEarlier: false)))
    Self.press([.cursorLeft], &state)
    let effects = Self.press([.open], &state)
    let requests = effects.compactMap { if case .fetchEvents(let request) = $0 { request } else { nil } }
    #expect(requests.last?.mayWait == false)
    #expect(state.view(Desk.first)?.drill?.events.isEmpty == true)
    #expect(state.view(Desk.first)?.drill?.range == requests.last?.range)
  }
}
