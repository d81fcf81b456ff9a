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
}
