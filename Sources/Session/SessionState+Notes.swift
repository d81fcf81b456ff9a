import EventModel
import SceneGraph

// MARK: - Notes and hypotheses

extension SessionState {
  mutating func addNote(_ kind: Note.Kind, _ text: String, _ view: inout ViewState) -> [Effect] {
    if refusesApproximate(&view) { return [] }
    guard let text = noteText(text, &view) else { return [] }
    let target = drillTarget(view)
    var note = Note(
      id: newNoteID, kind: kind, writtenAt: now, author: configuration.author, text: text,
      target: Note.Target(
        range: target.range, services: target.services?.map { data.services[$0] },
        severities: target.severities), link: link(to: view))
    if kind == .hypothesis { note.evidence = [Note.Evidence(addedAt: now, link: note.link)] }
    notes.append(note)
    return save(note, "\(kind.rawValue) \(notes.count) is kept", view)
  }

  /// The time of writing makes it differ from those of other sessions, the version from those of this one.
  private var newNoteID: String { "\(String(now.nanoseconds, radix: 16)).\(String(version, radix: 16))" }

  private func noteText(_ text: String, _ view: inout ViewState) -> ForeignText? {
    guard text.contains(where: { !$0.isWhitespace }) else {
      view.notice = Notice("nothing was written: no note is kept", .caution)
      return nil
    }
    guard text.utf8.count <= Note.textLimit else {
      view.notice = Notice("a note holds up to \(Note.textLimit) bytes", .bad)
      return nil
    }
    return ForeignText(text)
  }

  private func save(_ note: Note, isDeleted: Bool = false, _ words: SafeText, _ view: ViewState) -> [Effect] {
    [.saveNote(NoteChange(note, isDeleted: isDeleted), Receipt(view: view.id, words: words))]
  }

  /// Goes to where the note was written (`3`), or to a view that is its evidence (`3.1`).
  mutating func goToNote(_ text: String, _ view: inout ViewState) -> [Effect] {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard let index = noteIndex(String(parts.first ?? ""), &view) else { return [] }
    let note = notes[index]
    guard parts.count == 2 else {
      let effects = follow(note.link, &view)
      view.notice = Notice("\(index + 1) \(words(of: note, view))", .good)
      return effects
    }
    guard let number = Int(parts[1]), note.evidence.indices.contains(number - 1) else {
      let count = note.evidence.count
      view.notice = Notice("note \(index + 1) has \(counted(UInt64(count), "view")) as evidence", .bad)
      return []
    }
    let effects = follow(note.evidence[number - 1].link, &view)
    view.notice = Notice("evidence \(index + 1).\(number) of: \(note.text)", .good)
    return effects
  }

  /// `3 NEW TEXT`; a number alone opens the prompt with the text there is.
  mutating func editNote(_ argument: String, _ view: inout ViewState) -> [Effect] {
    let (number, rest) = numbered(argument)
    guard let index = noteIndex(number, &view) else { return [] }
    guard let rest else {
      view.prompt = Prompt(.argument(.noteEdit))
      view.prompt?.text = "\(index + 1) \(SafeText(notes[index].text, byteLimit: 900).string)"
      return []
    }
    guard let text = noteText(rest, &view) else { return [] }
    notes[index].text = text
    return save(notes[index], "note \(index + 1) is changed", view)
  }

  mutating func deleteNote(_ argument: String, _ view: inout ViewState) -> [Effect] {
    guard let index = noteIndex(numbered(argument).number, &view) else { return [] }
    let note = notes.remove(at: index)
    deletedNotes.append(DeletedNote(note: note, index: index))
    return save(
      note, isDeleted: true, "note \(index + 1) is deleted; ':note.restore' brings it back", view)
  }

  mutating func restoreNote(_ view: inout ViewState) -> [Effect] {
    guard let last = deletedNotes.popLast() else {
      view.notice = Notice("no note was deleted in this session", .caution)
      return []
    }
    let index = min(last.index, notes.count)
    notes.insert(last.note, at: index)
    return save(last.note, "note \(index + 1) is back", view)
  }

  /// `3 supported`; a number alone asks for the state.
  mutating func setNoteState(_ argument: String, _ view: inout ViewState) -> [Effect] {
    let (number, rest) = numbered(argument)
    guard let index = noteIndex(number, &view) else { return [] }
    guard notes[index].kind == .hypothesis else {
      view.notice = Notice("\(index + 1) is a note; only hypotheses are proposed, supported or refuted", .bad)
      return []
    }
    guard let rest else {
      view.prompt = Prompt(.argument(.hypothesisState))
      view.prompt?.text = "\(index + 1) "
      return []
    }
    guard let state = Note.State(rawValue: rest) else {
      let hint =
        nearestName(to: rest, in: Note.State.allCases.map(\.rawValue)).map { "; did you mean '\($0)'?" } ?? ""
      view.notice = Notice("'\(rest)' is none of proposed, supported and refuted\(hint)", .bad)
      return []
    }
    notes[index].state = state
    return save(notes[index], "hypothesis \(index + 1) is \(state.rawValue)", view)
  }

  mutating func addEvidence(_ argument: String, _ view: inout ViewState) -> [Effect] {
    if refusesApproximate(&view) { return [] }
    guard let index = noteIndex(numbered(argument).number, &view) else { return [] }
    guard notes[index].evidence.count < Note.evidenceLimit else {
      view.notice = Notice("a note has up to \(Note.evidenceLimit) views as evidence", .bad)
      return []
    }
    notes[index].evidence.append(Note.Evidence(addedAt: now, link: link(to: view)))
    let number = notes[index].evidence.count
    return save(notes[index], "this view is evidence \(index + 1).\(number)", view)
  }

  /// `3 rest`: both parts, the second `nil` where nothing follows.
  private func numbered(_ argument: String) -> (number: String, rest: String?) {
    let parts = argument.split(separator: " ", maxSplits: 1).map(String.init)
    return (parts.first ?? "", parts.count == 2 ? parts[1] : nil)
  }

  private func noteIndex(_ number: String, _ view: inout ViewState) -> Int? {
    if let number = Int(number), notes.indices.contains(number - 1) { return number - 1 }
    let there: SafeText =
      notes.isEmpty ? "there are none; \(keyLabel(.noteAdd)) writes one" : "there are 1 to \(notes.count)"
    view.notice = Notice("no note has the number '\(number)'; \(there)", .bad)
    return nil
  }
}

// MARK: - What lists and marks say

extension SessionState {
  /// `hypothesis, supported: text  (shop/cart  03:07-03:08)`
  func words(of note: Note, _ view: ViewState) -> SafeText {
    let kind: SafeText =
      note.kind == .note ? "note" : "hypothesis, \(note.state.rawValue)"
    return "\(kind): \(note.text)  (\(targetWords(note, view)))"
  }

  func targetWords(_ note: Note, _ view: ViewState) -> SafeText {
    let who: SafeText =
      switch note.target.services?.count {
      case nil: "all services"
      case 1: note.target.services.map { SafeText($0[0], byteLimit: 120) } ?? .empty
      case let count?: "\(count) services"
      }
    return "\(who)  \(timeText(for: view).rangeLabel(note.target.range))"
  }

  /// What the list above a prompt for a note offers; nothing once its text is being written.
  func noteEntries(for name: CommandName, _ text: String, _ view: ViewState) -> [PromptEntry] {
    if name == .hypothesisState, let space = text.firstIndex(of: " ") {
      let typed = String(text[text.index(after: space)...])
      return Note.State.allCases.filter { fuzzyScore(of: typed, in: $0.rawValue) != nil }.map {
        PromptEntry(value: "\(text[..<space]) \($0.rawValue)", title: "\($0.rawValue)", detail: "")
      }
    }
    if name == .noteEdit, text.contains(" ") { return [] }
    var entries: [PromptEntry] = []
    for (index, note) in notes.enumerated()
    where isKnown(note) && (name != .hypothesisState || note.kind == .hypothesis) {
      let title: SafeText = "\(index + 1) \(words(of: note, view))"
      entries.append(
        PromptEntry(
          value: "\(index + 1)", title: title, detail: SafeText(note.author, byteLimit: 64)))
      guard name == .noteList else { continue }
      for (number, evidence) in note.evidence.enumerated() {
        let time = evidence.link.place?.time ?? evidence.link.from ?? evidence.addedAt
        let times = timeText(for: view)
        entries.append(
          PromptEntry(
            value: "\(index + 1).\(number + 1)",
            title:
              "  \(index + 1).\(number + 1) evidence: the view at \(times.date(time)) \(times.tick(time))",
            detail: ""))
      }
    }
    if text.isEmpty { return entries }
    return entries.filter { $0.value == text || fuzzyScore(of: text, in: $0.title.string) != nil }
      .sorted { ($0.value == text ? 0 : 1) < ($1.value == text ? 0 : 1) }
  }

  /// Notes stand on the cell in which they were written, with their number; several on one, and those beyond nine, as
  /// an `&`.
  func noteMarkers(
    on grid: CellGrid, _ view: ViewState, rows: [ServiceRow]
  ) -> [Node] {
    // A number among numbers would be read as a count; there the list of notes tells.
    guard view.form == .cells else { return [] }
    let all = GridRect(column: 0, row: 0, columns: grid.columns, rows: grid.rows)
    var markers: [Marker] = []
    for (index, note) in notes.enumerated() where isKnown(note) {
      guard let row = noteRow(note, rows) else { continue }
      let rect = GridRect(
        column: view.window.column(of: note.link.place?.time ?? note.target.range.start), row: row,
        columns: 1, rows: 1
      ).intersection(all)
      guard !rect.isEmpty else { continue }
      if let there = markers.firstIndex(where: { $0.cells == rect }) {
        markers[there].label = "&"
        continue
      }
      markers.append(
        Marker(
          id: NodeID(rawValue: "matrix.note.\(note.id)"), kind: .bookmark, grid: grid.id, cells: rect,
          label: index < 9 ? "\(index + 1)" : "&"))
    }
    return markers.map { .marker($0) }
  }

  /// What somebody concluded later is hidden with what became known later.
  func isKnown(_ note: Note) -> Bool { dice.knownBefore.map { note.writtenAt < $0 } ?? true }

  private func noteRow(_ note: Note, _ rows: [ServiceRow]) -> Int? {
    if let path = note.link.place?.service, let row = rows.firstIndex(where: { $0.key.path == path }) {
      return row
    }
    guard let names = note.target.services else { return rows.isEmpty ? nil : 0 }
    return rows.firstIndex { row in row.services.contains { names.contains(data.services[$0]) } }
  }
}

/// A note that was deleted, and where it stood.
struct DeletedNote: Hashable, Sendable {
  var note: Note
  var index: Int
}
