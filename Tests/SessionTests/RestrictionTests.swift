import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

private func requests() -> World {
  var world = World()
  for index in 0..<20 {
    world.add(
      at: Double(index), index % 2 == 0 ? "shop/cart" : "edge", index % 5 == 0 ? .error : .info,
      index % 4 == 0 ? "timeout of cart" : "done", ["status": index % 10 == 0 ? "503" : "200"])
  }
  return world
}

@Suite struct `Restrictions` {
  private func shown(_ desk: Desk) -> UInt64? { desk.scene.grid("severities.grid")?.sum }

  @Test func `add up, are shown with numbers, and go by number`() {
    var desk = Desk(requests(), columns: 160)
    desk.press(.filterAdd, argument: "/time.?out/")
    #expect(shown(desk) == 5)
    desk.press(.filterAdd, argument: "status>=500")
    #expect(shown(desk) == 1)
    desk.press(.filterService, argument: "shop/*")
    desk.press(.severityFloor, argument: "error")
    #expect(shown(desk) == 1)
    let header = desk.scene.words("header")
    for label in [" 1 error+ ", " 2 shop/* ", " 3 /time.?out/ ", " 4 status>=500 "] {
      #expect(header.contains(label), "\(label) in \(header)")
    }
    desk.press(.filterRemove, argument: "3")
    #expect(shown(desk) == 2)
    desk.press(.filterRemove, argument: "1")
    desk.press(.filterRemoveLast)
    #expect(desk.state.dice.terms == [.included([Glob("shop/*")])])
    #expect(shown(desk) == 10)
    desk.press(.filterRemove, argument: "9")
    #expect(desk.view.notice?.text.string.contains("'9'; there are 1") == true)
    desk.press(.sliceRelease)
    #expect(shown(desk) == 20)
    desk.press(.filterRemoveLast)
    #expect(desk.view.notice?.text.string == "nothing is restricted")
  }

  @Test func `exclude with a mark of exclamation`() {
    var desk = Desk(requests())
    desk.press(.filterAdd, argument: "!timeout")
    #expect(shown(desk) == 15)
    desk.press(.filterService, argument: "!edge")
    #expect(shown(desk) == 5)
    desk.press(.filterAdd, argument: "user=")
    #expect(shown(desk) == 5)
  }

  @Test func `that cannot be used come back to be mended, with the reason`() {
    var desk = Desk(requests())
    for (name, text, words) in [
      (CommandName.filterAdd, "/[/", "filter"), (.filterService, "nobody*", "no service matches 'nobody*'"),
      (.severityFloor, "loud", "no severity is called 'loud'"), (.lens, "rose", "no lens is called 'rose'"),
      (.theme, "plaid", "no theme is called 'plaid'; there are dark, light"), (.goTime, "noonish", "noonish"),
    ] {
      desk.press(name, argument: text)
      #expect(desk.complaint?.contains(words) == true, "\(name): \(desk.complaint ?? "no complaint")")
      #expect(desk.view.prompt?.text == text)
      #expect(desk.scene.words("prompt").contains(words))
      desk.press(.back)
    }
    #expect(desk.state.dice.isEverything)
  }

  @Test func `of text are counted by the world, and answers to other questions are ignored`() {
    var state = Desk(requests()).state
    let effects = state.apply(.invoke(Desk.first, .filterAdd, argument: "timeout"))
    guard case .count(let request?) = effects.first else {
      Issue.record("no count was asked for: \(effects)")
      return
    }
    #expect(request.filter.expression == "timeout")
    #expect(state.scene(for: Desk.first)?.words("header").contains("counting") == true)
    #expect(state.scene(for: Desk.first)?.words("header").contains("No errors") == false)
    _ = state.apply(.filtered(FilteredMatrix(id: request.id + 7, matrix: requests().matrix(), share: 1)))
    #expect(state.filtered == nil)
    let half = requests().matrix { $0.message == ForeignText("timeout of cart") && $0.time < World.start }
    _ = state.apply(.filtered(FilteredMatrix(id: request.id, matrix: half, share: 0.5)))
    #expect(state.scene(for: Desk.first)?.words("header").contains("counting 50 %") == true)
    #expect(state.scene(for: Desk.first)?.words("header").contains("No errors so far") == true)
    let stop = state.apply(.invoke(Desk.first, .filterRemoveLast, argument: nil))
    #expect(stop.first == .count(nil))
    #expect(state.filtered == nil)
  }

  @Test func `by slices are those of the cursor or the selection`() throws {
    var desk = Desk(requests(), columns: 160)
    desk.press(.goWorst, .sliceSeverity)
    #expect(desk.state.dice.severities == SeveritySet(.error))
    #expect(shown(desk) == 4)
    desk.press(.undo, .sliceService)
    #expect(shown(desk) == 10)
    desk.press(.undo, .goStart, .select)
    let start = desk.view.cursorTime
    for _ in 0..<3 { desk.press(.cursorRight) }
    desk.press(.select, .sliceTime)
    let width = try #require(desk.state.dice.range).durationNs
    #expect(desk.state.dice.range?.start ?? .last <= start)
    #expect(shown(desk) == UInt64(desk.eventsInDice.count) && width > 0)
  }

  @Test func `of a folded branch hold its services`() {
    var desk = Desk(requests())
    desk.press(.search, argument: "shop")
    desk.press(.fold)
    #expect(desk.view.cursorRow == .branch(ForeignText("shop")))
    desk.press(.sliceService)
    #expect(desk.state.dice.services.included == [Glob("shop/*")])
    #expect(shown(desk) == 10)
  }

  @Test func `of severity go round all, warn, error`() {
    var desk = Desk(requests())
    let floors = (0..<3).map { _ in
      desk.press(.severityFloorNext)
      return desk.state.dice.severities.label
    }
    #expect(floors == ["warn+", "error+", "all"])
  }

  @Test func `hold for a search as well`() {
    var desk = Desk(requests())
    desk.press(.filterAdd, argument: "status=503")
    desk.press(.goStart, .search, argument: nil)
    desk.type("timeout")
    desk.press(.promptAccept)
    // Of the events with a timeout, those at 0 and ... have status 503: the first after the cursor is 0 or later.
    guard case .find(let request) = desk.effects.last(where: { if case .find = $0 { true } else { false } })
    else {
      Issue.record("nothing was searched")
      return
    }
    #expect(request.filter.expression == "status=503 timeout")
  }

  @Test func `a search says how far it is, and Escape stops it`() throws {
    var desk = Desk(requests())
    let view = desk.view.id
    let effects = desk.state.apply(.invoke(view, .search, argument: "no service"))
    let id = try #require(
      effects.compactMap { effect in if case .find(let request) = effect { request.id } else { nil } }.first)
    _ = desk.state.apply(.finding(id: id, share: 0.4))
    #expect(desk.view.notice?.text.string.hasPrefix("searching... 40 %") == true)
    #expect(desk.state.apply(.invoke(view, .back, argument: nil)) == [.stopFinding(view)])
    #expect(desk.view.notice?.text.string == "search stopped")
    // What it found after all is not wanted any more.
    let place = desk.view.cursorTime
    _ = desk.state.apply(.finding(id: id, share: 0.9))
    _ = desk.state.apply(.found(FindAnswer(id: id, event: nil)))
    #expect(desk.view.notice?.text.string == "search stopped" && desk.view.cursorTime == place)
  }

  @Test func `hidden rows are counted on the screen`() {
    var world = requests()
    world.add(at: 3, "quiet", .info)
    world.add(at: 4, "silent", .debug)
    var desk = Desk(world)
    desk.press(.hideQuiet)
    #expect(desk.scene.grid("matrix.grid")?.rows == 2)
    #expect(desk.scene.words("matrix").contains("2 quiet (z z)"))
    desk.press(.hideQuiet)
    #expect(desk.scene.grid("matrix.grid")?.rows == 4)
  }
}

@Suite struct `Prompts` {
  @Test func `the palette finds commands by letters of their titles`() throws {
    var desk = Desk(requests())
    desk.press(.palette)
    let all = try #require(desk.scene.table("prompt.list")).totalRowCount
    #expect(all == CommandTable.all.count { !$0.contexts.contains(.prompt) })
    desk.type("wrst")
    #expect(desk.scene.words("prompt").contains("Go to the worst cell on screen"))
    desk.press(.promptAccept)
    #expect(desk.view.prompt == nil && desk.view.jumpsBack.count <= 1)
    desk.press(.palette)
    desk.type("xqzj")
    desk.press(.promptAccept)
    #expect(desk.complaint == "no command like 'xqzj'")
    desk.press(.promptClear)
    desk.type("lens")
    desk.press(.promptDown, .promptUp, .promptComplete)
    #expect(desk.view.prompt?.text.lowercased().contains("lens") == true)
  }

  @Test func `a command of the palette that wants words asks for them`() {
    var desk = Desk(requests())
    desk.press(.palette)
    desk.type("severity.floor")
    desk.press(.promptAccept)
    #expect(desk.view.prompt?.purpose == .argument(.severityFloor))
    desk.type("err")
    desk.press(.promptAccept)
    #expect(desk.state.dice.severities == .atLeast(.error))
  }

  @Test func `erase to nothing closes, and typing is bounded`() {
    var desk = Desk(requests())
    desk.press(.search)
    desk.type("ab")
    desk.press(.promptErase, .promptErase)
    #expect(desk.view.prompt?.text == "")
    desk.press(.promptErase)
    #expect(desk.view.prompt == nil)
    desk.press(.search)
    desk.type(String(repeating: "x", count: 3000))
    #expect(desk.view.prompt?.text.utf8.count == 1000)
  }

  @Test func `which-key shows what a begun sequence can become`() {
    var desk = Desk(requests())
    desk.apply(.pendingKeys(Desk.first, [KeyContinuation(stroke: "t", title: "Go to a time")]))
    #expect(desk.scene.words("which-key").contains("Go to a time"))
    desk.apply(.pendingKeys(Desk.first, []))
    #expect(desk.scene.pane("which-key") == nil)
  }

  @Test func `help scrolls to its end and no further`() {
    var desk = Desk(requests(), columns: 80, rows: 24)
    desk.press(.help)
    let first = desk.scene.words("overlay")
    #expect(first.contains("Moving"))
    desk.press(.cursorUp)
    #expect(desk.scene.words("overlay") == first)
    desk.press(.goLastRow)
    let last = desk.scene.words("overlay")
    #expect(last.contains("Dashes are a gap"))
    desk.press(.cursorDown)
    #expect(desk.scene.words("overlay") == last)
    desk.press(.goFirstRow)
    #expect(desk.scene.words("overlay") == first)
    desk.press(.quit)
    #expect(desk.view.overlay == nil)
  }
}
