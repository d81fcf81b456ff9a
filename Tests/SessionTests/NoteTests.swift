import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `Notes` {
  private static func world() -> World {
    var world = World()
    for index in 0..<200 {
      let service = index % 2 == 0 ? "shop/cart" : "edge"
      world.add(at: Double(index), service, index % 40 == 38 ? .error : .info, "m\(index)")
    }
    return world
  }

  private func desk() -> Desk {
    var configuration = SessionConfiguration()
    configuration.author = ForeignText("ada")
    var desk = Desk(Self.world(), configuration: configuration)
    desk.apply(.tick(World.start.advanced(byNanoseconds: 3_600_000_000_000)))
    return desk
  }

  private func saved(_ desk: Desk) -> [NoteChange] {
    desk.effects.compactMap { effect in
      guard case .saveNote(let change, _) = effect else { return nil }
      return change
    }
  }

  @Test func `are written at the cursor, told as kept when they are, and marked by their number`() throws {
    var desk = desk()
    desk.press(.goWorst, .zoomIn, .noteAdd)
    desk.type("naïve 日本?")
    let before = desk.view
    desk.press(.promptAccept)
    let note = try #require(desk.state.notes.first)
    #expect(note.text == ForeignText("naïve 日本?") && note.author == ForeignText("ada"))
    #expect(note.target.services == [ForeignText("shop/cart")])
    #expect(note.target.range.contains(before.cursorTime))
    #expect(note.writtenAt == World.start.advanced(byNanoseconds: 3_600_000_000_000))
    #expect(saved(desk) == [NoteChange(note)])
    // Nobody is told before it is on the disk.
    #expect(desk.view.notice == nil)
    #expect(desk.scene.markers.contains { $0.kind == .bookmark && $0.label.string == "1" })
    desk.press(.zoomFit, .goEnd)
    desk.press(.noteList, argument: "1")
    #expect(desk.view.cursorTime == before.cursorTime && desk.view.window == before.window)
    #expect(desk.view.notice?.text.string.contains("naïve 日本?") == true)
  }

  @Test func `and who writes them outlive a change of theme`() {
    var desk = desk()
    desk.press(.noteAdd, argument: "one")
    desk.apply(.configure(SessionConfiguration(themeName: "light")))
    desk.press(.noteAdd, argument: "two")
    #expect(desk.state.notes.map(\.author) == [ForeignText("ada"), ForeignText("ada")])
  }

  @Test func `that are cancelled or empty are none`() {
    var desk = desk()
    desk.press(.noteAdd)
    desk.type("half a")
    desk.press(.back)
    #expect(desk.state.notes.isEmpty && desk.view.prompt == nil)
    desk.press(.noteAdd, argument: "  ")
    #expect(desk.state.notes.isEmpty && saved(desk).isEmpty)
    #expect(desk.view.notice?.text.string == "nothing was written: no note is kept")
    desk.press(.noteList, argument: "1")
    #expect(desk.view.notice?.text.string == "no note has the number '1'; there are none; N writes one")
  }

  @Test func `about a selection name all its services and its whole time`() throws {
    var desk = desk()
    desk.press(.goFirstRow, .select, .cursorDown, .cursorRight, .cursorRight, .noteAdd)
    let range = try #require(desk.view.selection?.range)
    desk.type("both")
    desk.press(.promptAccept)
    let note = try #require(desk.state.notes.first)
    #expect(Set(note.target.services ?? []) == [ForeignText("edge"), ForeignText("shop/cart")])
    #expect(note.target.range == (desk.state.span.flatMap { $0.intersection(range) } ?? range))
  }

  @Test func `are changed, deleted, and brought back to where they stood`() {
    var desk = desk()
    for text in ["one", "two", "three"] { desk.press(.noteAdd, argument: text) }
    desk.press(.noteEdit, argument: "2")
    #expect(desk.view.prompt?.text == "2 two")
    desk.type(" more")
    desk.press(.promptAccept)
    #expect(desk.state.notes[1].text == ForeignText("two more"))
    desk.press(.noteDelete, argument: "2")
    #expect(desk.state.notes.map(\.text.repaired) == ["one", "three"])
    #expect(saved(desk).last?.isDeleted == true)
    desk.press(.noteRestore)
    #expect(desk.state.notes.map(\.text.repaired) == ["one", "two more", "three"])
    #expect(saved(desk).last?.isDeleted == false)
    desk.press(.noteRestore)
    #expect(desk.view.notice?.text.string == "no note was deleted in this session")
    #expect(Set(desk.state.notes.map(\.id)).count == 3)
  }

  @Test func `that are hypotheses have a state, and views as evidence to jump back into`() {
    var desk = desk()
    desk.press(.noteAdd, argument: "plain")
    desk.press(.goWorst)
    desk.press(.hypothesisAdd, argument: "tokens")
    desk.press(.zoomFit, .goEnd)
    let end = desk.view
    desk.press(.noteEvidence, argument: "2")
    #expect(desk.state.notes[1].evidence.count == 2)
    desk.press(.goStart, .zoomIn, .zoomIn)
    desk.press(.noteList, argument: "2.2")
    #expect(desk.view.cursorTime == end.cursorTime && desk.view.window == end.window)
    desk.press(.noteList, argument: "2.3")
    #expect(desk.view.notice?.text.string == "note 2 has 2 views as evidence")
    desk.press(.hypothesisState, argument: "2 refuted")
    #expect(desk.state.notes[1].state == .refuted)
    desk.press(.hypothesisState, argument: "2 suported")
    #expect(desk.view.notice?.text.string.contains("did you mean 'supported'") == true)
    desk.press(.hypothesisState, argument: "1 refuted")
    #expect(desk.view.notice?.role == .bad)
    desk.press(.hypothesisState)
    desk.press(.promptAccept, .promptDown, .promptAccept)
    #expect(desk.state.notes[1].state == .supported)
  }

  @Test func `are handed over with what is wrong, in counts that the events have`() throws {
    var desk = desk()
    desk.press(.hypothesisAdd, argument: "is it\u{1B}[31m the cart?")
    let summary = try #require(desk.state.summary(for: Desk.first))
    #expect(summary.errorCount == 5 && summary.eventCount == 200 && summary.serviceCount == 2)
    #expect(summary.worstCells.allSatisfy { $0.service.string == "shop/cart" && $0.errorCount == 1 })
    #expect(summary.worstCells.count == 5)
    desk.press(.handover)
    let words = desk.scene.words("overlay")
    #expect(
      words.contains("5 errors") && words.contains("Open questions") && words.contains("triptych://open?"))
    #expect(!words.contains("\u{1B}"))
    desk.press(.copy)
    guard case .copy(_, let text)? = desk.effects.last else { Issue.record("nothing was copied"); return }
    #expect(text.string.contains("hypothesis, proposed, 1 view as evidence"))
    desk.press(.handoverSave, argument: "a.txt")
    guard case .saveText("a.txt", let lines, _)? = desk.effects.last else {
      Issue.record("nothing was saved")
      return
    }
    #expect(lines == desk.state.handoverLines(desk.view))
  }
}

@Suite struct `A note as JSON` {
  private func change() -> NoteChange {
    var link = SessionLink()
    link.sources = ["/var/log/a b.log"]
    let start = World.start
    var note = Note(
      id: "a.1", kind: .hypothesis, writtenAt: start, author: ForeignText("ada"),
      text: ForeignText("\"quoted\\\" \n\u{1}\u{202E} 日本 😀"),
      target: Note.Target(
        range: TimeRange(start: start, end: start.advanced(byNanoseconds: 1)),
        services: [ForeignText("shop/\"cart")], severities: .atLeast(.warn)), link: link)
    note.state = .supported
    note.evidence = [Note.Evidence(addedAt: start, link: link)]
    return NoteChange(note)
  }

  @Test func `is read back as it was, deleted or not`() {
    var change = change()
    #expect(NoteChange(json: change.json) == change)
    #expect(!change.json.contains("\n") && !change.json.contains("\u{202E}"))
    change.isDeleted = true
    #expect(NoteChange(json: change.json) == change)
    change.note.target.services = nil
    #expect(NoteChange(json: change.json) == change)
  }

  @Test func `may have keys of later versions, and escapes of other writers`() {
    let json = change().json.dropLast() + ",\"later\":{\"a\":[1,null,true]},\"author\":\"\\ud83d\\ude00\\/\"}"
    #expect(NoteChange(json: String(json))?.note.author == ForeignText("😀/"))
  }

  @Test func `is refused when cut anywhere, of another version, or nested without end`() {
    let json = change().json
    for end in json.indices { #expect(NoteChange(json: String(json[..<end])) == nil) }
    #expect(NoteChange(json: json.replacing("\"v\":1", with: "\"v\":2")) == nil)
    #expect(NoteChange(json: json.replacing("\"from\":", with: "\"form\":")) == nil)
    #expect(NoteChange(json: String(repeating: "[", count: 100_000)) == nil)
    #expect(NoteChange(json: json + "x") == nil)
    #expect(NoteChange(json: "{\"v\":1,\"id\":\"\\ud800\"}") == nil)
  }

  @Test(arguments: SeededNumbers.seeds(3))
  func `of any bytes never ends the program`(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let whole = Array(change().json.utf8)
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...numbers.below(4) {
        bytes[numbers.below(bytes.count)] = UInt8(truncatingIfNeeded: numbers.next())
      }
      guard let read = NoteChange(json: String(decoding: bytes, as: UTF8.self)) else { continue }
      #expect(NoteChange(json: read.json) == read, "seed \(seed)")
    }
  }
}
