import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `A line is a command` {
  @Test func `its name or short word first, the rest is its argument`() throws {
    #expect(try phrase("go.time 03:07") == (.goTime, "03:07", 1))
    #expect(try phrase("  go   03:07 +2h ") == (.goTime, "03:07 +2h", 1))
    #expect(try phrase("filter status>=500") == (.filterAdd, "status>=500", 1))
    #expect(try phrase("mark.set a") == (.markSet, "a", 1))
    #expect(try phrase("zoom.in") == (.zoomIn, nil, 1))
    #expect(try phrase("cursor.down\t12") == (.cursorDown, nil, 12))
  }

  @Test func `what is none is told with the nearest name`() {
    #expect(refusal("zoom.inn") == "no command is called 'zoom.inn'; did you mean 'zoom.in'?")
    #expect(refusal("zoom") == "no command is called 'zoom'; did you mean 'zoom.out'?")
    #expect(refusal("errors") == "no command is called 'errors'; help lists them all")
    #expect(refusal("causes") == "no command is called 'causes'; help lists them all")
    #expect(refusal(" ") == "an empty line is no command; help lists them all")
    #expect(refusal("\u{1B}[2J")?.hasPrefix("no command is called") == true)
  }

  @Test func `what is missing or too much is told`() {
    #expect(refusal("go") == "go.time needs more: go to time, as in 'go.time 03:07'")
    #expect(refusal("mark.set ab") == "mark.set takes one letter, not 'ab'")
    #expect(refusal("zoom.in twice") == "zoom.in takes no words after it, only how often (1 to 1000)")
    #expect(refusal("cursor.down 0") != nil && refusal("cursor.down 1001") != nil)
  }

  @Test func `every short word is one command's, and no command's name`() {
    let words = CommandTable.all.compactMap(\.word)
    #expect(words.count >= 5 && Set(words).count == words.count)
    #expect(Set(words).isDisjoint(with: CommandTable.all.map(\.id)))
  }

  @Test(arguments: CommandTable.all)
  func `every command can be written with the example its refusal shows`(spec: CommandSpec) throws {
    let line = spec.argument.map { "\(spec.id) \($0.example(for: spec.name))" } ?? spec.id
    #expect(try CommandPhrase(line).name == spec.name)
  }

  @Test func `the palette takes a command with its argument`() {
    var desk = Desk(small)
    desk.press(.palette)
    desk.type("filter.add zzz")
    #expect(desk.state.promptEntries(desk.view(Desk.first)).map(\.value) == ["filter.add zzz"])
    desk.press(.promptAccept)
    #expect(desk.state.dice.filter.terms.map(\.text) == ["zzz"])
    desk.press(.palette)
    desk.type("filter zzz=9")
    desk.press(.promptAccept)
    #expect(desk.state.dice.filter.terms.count == 2)
  }

  @Test func `words of a title are no argument`() {
    var desk = Desk(small)
    desk.press(.palette)
    desk.type("go to time")
    #expect(desk.state.promptEntries(desk.view(Desk.first)).first?.value == "go.time")
    desk.press(.promptAccept)
    #expect(desk.view(Desk.first).prompt?.purpose == .argument(.goTime))
  }

  private var small: World {
    var world = World()
    for second in 0..<10 { world.add(at: Double(second), "web", .info, "served") }
    return world
  }

  private func phrase(_ line: String) throws -> (CommandName, String?, Int) {
    let phrase = try CommandPhrase(line)
    return (phrase.name, phrase.argument, phrase.repetitionCount)
  }

  private func refusal(_ line: String) -> String? {
    do {
      _ = try CommandPhrase(line)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

private func == (left: (CommandName, String?, Int), right: (CommandName, String?, Int)) -> Bool {
  left.0 == right.0 && left.1 == right.1 && left.2 == right.2
}

@Suite struct `A view in words` {
  /// Two services over four columns of ten seconds: errors of one rise from 1 to 6.
  private func desk(isLive: Bool = false) -> Desk {
    var world = World()
    for second in 0..<40 { world.add(at: Double(second), "web", .info, "ok") }
    world.add(at: 21, "pay", .error, "no")
    for index in 0..<6 { world.add(at: 31 + Double(index) / 10, "pay", .error, "no") }
    var desk = Desk(world, isLive: isLive)
    desk.apply(.attach(Desk.second, GridExtent(columns: 80, rows: 24), .words))
    return desk
  }

  @Test func `says where the cursor is: row, service, time, counts, change`() {
    var desk = desk()
    desk.press(.goWorst, by: Desk.second)
    #expect(
      desk.state.sentence(for: Desk.second).string
        == "row 1 of 2, service pay, 03:00:30-03:00:35, errors 6, none in the column before")
    desk.press(.cursorDown, by: Desk.second)
    #expect(desk.state.sentence(for: Desk.second).string.hasPrefix("row 2 of 2, service web, "))
  }

  @Test func `a change is told in words from twice on`() {
    #expect(SessionState.change(from: 1, to: 6) == "up 6x")
    #expect(SessionState.change(from: 9, to: 3) == "down 3x")
    #expect(SessionState.change(from: 4, to: 5) == nil && SessionState.change(from: 0, to: 0) == nil)
    #expect(SessionState.change(from: 0, to: 5) == "none in the column before")
    #expect(SessionState.change(from: 1200, to: 0) == "1,200 in the column before")
  }

  @Test func `has a number in each cell, with a letter for what it counts`() throws {
    let desk = desk()
    let scene = desk.scene(Desk.second)
    let pane = try #require(scene.panes.first { $0.id == "matrix" })
    let grid = try #require(
      pane.nodes.compactMap { if case .cellGrid(let grid) = $0 { grid } else { nil } }.first)
    #expect(grid.cellColumns == SessionState.wordCellColumns)
    #expect(grid.labels.count == grid.columns * grid.rows)
    let total = grid.labels.prefix(grid.columns).compactMap { label in
      label.string.hasSuffix("E") ? Int(label.string.dropLast()) : nil
    }.reduce(0, +)
    #expect(total == 7, "all errors of pay, whatever the columns: \(grid.labels.map(\.string))")
    for (label, presence) in zip(grid.labels, grid.presence) {
      #expect(label.isEmpty == (presence == .noData) && (label.string == "0") == (presence == .zero))
    }
  }

  @Test func `new data moves nothing before the person has acted`() {
    var desk = desk(isLive: true)
    let before = desk.view(Desk.second).window
    let cells = desk.view(Desk.first).window
    desk.world.add(at: 4000, "web", .info, "late")
    desk.apply(.data(desk.world.data(isLive: true)))
    #expect(desk.view(Desk.second).window == before)
    #expect(desk.view(Desk.first).window != cells, "a view of cells fits what has come")
    desk.press(.follow, by: Desk.second)
    desk.world.add(at: 8000, "web", .info, "later")
    desk.apply(.data(desk.world.data(isLive: true)))
    #expect(desk.view(Desk.second).window != before, "followed when asked to")
  }

  @Test func `names the entry of a list that accepting would take`() {
    var desk = desk()
    desk.press(.palette, by: Desk.second)
    for character in "zoom" { desk.apply(.typed(Desk.second, character)) }
    let sentence = desk.state.sentence(for: Desk.second).string
    #expect(sentence.hasPrefix("choice 1 of ") && sentence.contains("Zoom"))
    desk.apply(.closePrompt(Desk.second))
    #expect(desk.view(Desk.second).prompt == nil)
  }
}
