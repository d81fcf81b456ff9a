import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `Places` {
  private func world() -> World {
    var world = World()
    for index in 0..<200 {
      let service = index % 3 == 0 ? "shop/cart" : index % 3 == 1 ? "edge" : ""
      world.add(
        at: Double(index), service, index % 40 == 39 ? .error : .info, "m\(index)",
        ["status": "\(200 + index)"])
    }
    return world
  }

  @Test func `of jumps are gone back to and forward again`() {
    var desk = Desk(world())
    desk.press(.goStart)
    let start = desk.view.cursorTime
    desk.press(.nextError)
    let first = desk.view.cursorTime
    desk.press(.nextError)
    let second = desk.view.cursorTime
    #expect(start < first && first < second)
    desk.press(.jumpBack)
    #expect(desk.view.cursorTime == first)
    desk.press(.jumpBack)
    #expect(desk.view.cursorTime == start)
    desk.press(.jumpForward, .jumpForward)
    #expect(desk.view.cursorTime == second)
    desk.press(.jumpForward)
    #expect(desk.view.notice?.text.string == "no later jump")
  }

  @Test func `are marked by a letter and gone to, and kept by the world`() {
    var desk = Desk(world())
    desk.press(.goWorst, .zoomIn, .markSet)
    desk.type("k")
    let marked = desk.view
    let receipt = Receipt(view: Desk.first, words: "marked as k")
    #expect(desk.effects.contains(.saveMarks(desk.state.marks, receipt)))
    // Nobody is told before it is on the disk.
    #expect(desk.view.notice == nil)
    desk.apply(.kept(receipt))
    #expect(desk.view.notice?.text.string == "marked as k")
    #expect(desk.scene.markers.contains { $0.kind == .bookmark && $0.label.string == "k" })
    desk.press(.goEnd, .zoomFit, .goLastRow)
    desk.press(.markGo, argument: "k")
    #expect(desk.view.cursorTime == marked.cursorTime && desk.view.cursorRow == marked.cursorRow)
    #expect(desk.view.window == marked.window)
    desk.press(.markGo, argument: "z")
    #expect(desk.view.notice?.text.string == "no mark 'z'; there are k")
    desk.press(.markSet, argument: "1")
    #expect(desk.view.notice?.text.string == "a mark is a letter")
  }

  @Test func `are saved as views with a name`() {
    var desk = Desk(world())
    desk.press(.filterAdd, argument: "status>=300")
    desk.press(.faceTimeSeverity)
    desk.press(.viewSave, argument: "late ones")
    let receipt = Receipt(view: Desk.first, words: "view saved as 'late ones'")
    #expect(desk.effects.contains(.saveViews(desk.state.savedViews, receipt)))
    #expect(desk.view.notice == nil)
    desk.press(.sliceRelease, .faceAll, .viewOpen)
    desk.type("late")
    desk.press(.promptAccept)
    #expect(desk.state.dice.filter.expression == "status>=300" && desk.view.singleFace == .timeSeverity)
    desk.press(.viewOpen, argument: "early ones")
    #expect(desk.view.notice?.text.string == "no view is saved as 'early ones'")
  }

  @Test(arguments: SeededNumbers.seeds(5))
  func `travel as links: a fresh session shows the same grids`(seed: UInt64) throws {
    var walk = RandomWalk(seed: seed)
    let world = World.random(&walk.numbers)
    var desk = Desk(world)
    let changes: [CommandName] = [
      .zoomIn, .zoomOut, .pageLater, .filterAdd, .severityFloor, .filterService, .cursorDown, .cursorRight,
      .lens,
      .faceTimeSeverity, .faceAll, .faceServiceSeverity, .nextError, .sliceService, .goWorst, .sliceSeverity,
    ]
    for _ in 0..<12 {
      desk.apply(walk.invocation(by: Desk.first, of: changes))
      while desk.view.prompt != nil { desk.press(.back) }
    }
    desk.press(.copyLink)
    guard case .copy(_, let text) = desk.effects.last else {
      Issue.record("nothing was copied")
      return
    }
    let link = try SessionLink(text.string)
    #expect(link.sources == ["app.log", "edge.log"])
    var fresh = Desk(world)
    fresh.apply(.follow(Desk.first, link))
    for id in ["matrix.grid", "severities.grid", "totals.grid"] as [NodeID] {
      #expect(fresh.scene.grid(id) == desk.scene.grid(id), "seed \(seed): \(text.string)")
    }
    let cursors = { (desk: Desk) in desk.scene.markers.filter { $0.kind == .cursor } }
    #expect(cursors(fresh) == cursors(desk), "seed \(seed): \(text.string)")
  }

  @Test func `are copied as words`() {
    var desk = Desk(world())
    desk.press(.goWorst, .copy)
    guard case .copy(_, let cell) = desk.effects.last else {
      Issue.record("nothing was copied")
      return
    }
    #expect(cell.string.hasSuffix("1 error, 1 info"), "\(cell.string)")
    desk.press(.open, .copy)
    guard case .copy(_, let event) = desk.effects.last else { return }
    #expect(
      event.string.hasPrefix("2026-11-23 03:0") && event.string.contains(" UTC error "), "\(event.string)")
    #expect(event.string.contains("status="))
  }
}

@Suite struct `Following` {
  private func worlds() -> (few: World, many: World) {
    var world = World()
    for index in 0..<50 { world.add(at: Double(index), "a", .info) }
    let few = world
    for index in 50..<300 { world.add(at: Double(index), "a", .info) }
    return (few, world)
  }

  @Test func `stays at the end, and says what came while it was paused`() throws {
    let (few, many) = worlds()
    var desk = Desk(few, isLive: true)
    desk.press(.follow)
    #expect(desk.scene.words("header").contains("following"))
    desk.apply(.data(many.data(isLive: true)))
    #expect(desk.view.cursorTime == many.events.last?.time)
    desk.press(.cursorLeft)
    #expect(!desk.view.isFollowing)
    desk.apply(.data(few.data(isLive: true)))
    desk.apply(.data(many.data(isLive: true)))
    #expect(desk.scene.words("header").contains("paused, 250 missed"))
    desk.press(.follow)
    #expect(desk.view.notice?.text.string == "following again; 250 events came while paused")
  }

  @Test(arguments: [CommandName.panLeft, .pageEarlier, .goStart, .goWorst, .cursorLeft])
  func `ends when one looks elsewhere`(name: CommandName) {
    let (few, many) = worlds()
    var desk = Desk(few, isLive: true)
    desk.press(.follow, name)
    let time = desk.view.cursorTime
    desk.apply(.data(many.data(isLive: true)))
    #expect(desk.view.cursorTime == time)
    #expect(desk.view.isPaused)
  }
}

@Suite struct `Times and coach` {
  @Test func `are local or UTC, and always labelled`() {
    var world = World()
    world.add(at: 0, "a", .error)
    world.add(at: 3600, "a", .error)
    let zone = TimeZoneRules(name: "CET", offsetSeconds: 3600)
    var desk = Desk(world, configuration: SessionConfiguration(zone: zone))
    #expect(desk.scene.words("matrix").contains("/column UTC"))
    desk.press(.timeZone)
    #expect(desk.scene.words("matrix").contains("/column CET"))
    #expect(desk.scene.words("matrix").contains("04:"))
    desk.press(.goTime, argument: "04:30")
    #expect(desk.view.cursorTime == World.start.advanced(byNanoseconds: 1_800_000_000_000))
    desk.press(.timeZone)
    #expect(!desk.scene.words("matrix").contains("04:3"))
  }

  @Test func `the demo's steps go on when they are done`() {
    var desk = Desk(
      World.checkoutIncident, configuration: SessionConfiguration(coach: ["one", "two", "three", "four"]))
    #expect(desk.scene.words("status").contains("DEMO 1/4"))
    desk.press(.zoomIn)
    #expect(desk.scene.words("status").contains("DEMO 1/4"))
    desk.press(.zoomOut, .goWorst, .open)
    #expect(desk.scene.words("status").contains("DEMO 3/4"))
    desk.press(.open, .back)
    #expect(!desk.scene.words("status").contains("DEMO"))
  }
}
