import EventMatrix
import EventModel
import SceneGraph

// MARK: - Links, marks, saved views, copies

extension SessionState {
  /// The view as a link: it opens the same sources with the same window, dice, face, lens and cursor.
  func link(to view: ViewState) -> SessionLink {
    var link = SessionLink()
    link.sources = data.sources.filter(\.isPath).map(\.name.repaired)
    let range = view.window.columns(plotColumnCount(view)).range
    link.from = range.start
    link.to = range.end
    link.services = dice.services
    link.severity = dice.severities == .all ? nil : dice.severities.severities.first
    link.filter = dice.filter
    link.face = view.singleFace?.rawValue
    link.lens = view.lens == .count ? nil : view.lens.rawValue
    if let row = view.cursorRow {
      link.place = SessionLink.Place(time: view.cursorTime, service: row.path, severity: view.cursorSeverity)
    }
    return link
  }

  mutating func follow(_ link: SessionLink, in id: ViewID) -> [Effect] {
    guard let index = views.firstIndex(where: { $0.id == id }) else { return [] }
    var view = views[index]
    view.hasActed = true
    let effects = follow(link, &view)
    let isRead = data.matrix.timeRange != nil && data.loading == nil
    view.destination = isRead ? nil : link
    views[index] = view
    return effects
  }

  mutating func follow(_ link: SessionLink, _ view: inout ViewState) -> [Effect] {
    var dice = Dice(services: link.services, filter: link.filter)
    if let severity = link.severity { dice.severities = .atLeast(severity) }
    // What a link names is looked at with the eyes of the clock's time.
    if view.player?.hidesLater == true { dice.knownBefore = self.dice.knownBefore }
    let effects = setDice(dice, &view)
    view.singleFace = link.face.flatMap(Face.init)
    if let face = view.singleFace { view.focus = .face(face) }
    if let name = link.lens, let lens = Lens(rawValue: name) { view.lens = lens }
    if let from = link.from {
      let to = link.to ?? span?.end ?? from
      let range = TimeRange(start: from, end: max(to, from.advanced(byNanoseconds: 1)))
      // The labels may be narrower here than where the link was made: a few columns over the edge keep the zoom.
      let columnCount = max(1, plotColumnCount(view))
      let width = ZoomLadder.width(fitting: range, columnCount: columnCount + columnCount / 10)
      view.window = TimeWindow(start: from, widthNs: width)
    }
    if let cell = link.place {
      view.cursorTime = cell.time
      // A link has no word for the service without a name.
      if cell.service != nil || data.services.id(of: .empty) != nil {
        view.cursorRow = .service(cell.service ?? .empty)
      }
      view.cursorSeverity = cell.severity ?? view.cursorSeverity
    } else {
      goToTrouble(&view)
    }
    stopFollowing(&view)
    revealCursor(&view)
    return effects
  }

  mutating func setMark(_ letter: String, _ view: inout ViewState) -> [Effect] {
    if refusesApproximate(&view) { return [] }
    guard let letter = letter.first, letter.isLetter else {
      view.notice = Notice("a mark is a letter", .bad)
      return []
    }
    marks.removeAll { $0.letter == letter }
    marks.append(Mark(letter: letter, link: link(to: view)))
    marks.sort { $0.letter < $1.letter }
    return [.saveMarks(marks, Receipt(view: view.id, words: "marked as \(String(letter))"))]
  }

  mutating func goToMark(_ letter: String, _ view: inout ViewState) -> [Effect] {
    guard let mark = marks.first(where: { String($0.letter) == letter }) else {
      let known = marks.map { String($0.letter) }.joined(separator: " ")
      view.notice = Notice("no mark '\(letter)'\(known.isEmpty ? "" : "; there are \(known)")", .bad)
      return []
    }
    return follow(mark.link, &view)
  }

  mutating func saveView(_ name: String, _ view: inout ViewState) -> [Effect] {
    guard !name.isEmpty, !refusesApproximate(&view) else { return [] }
    savedViews.removeAll { $0.name == name }
    savedViews.append(SavedView(name: name, link: link(to: view)))
    return [.saveViews(savedViews, Receipt(view: view.id, words: "view saved as '\(name)'"))]
  }

  mutating func openSavedView(_ name: String, _ view: inout ViewState) -> [Effect] {
    guard let saved = savedViews.first(where: { $0.name == name }) else {
      view.notice = Notice("no view is saved as '\(name)'", .bad)
      return []
    }
    return follow(saved.link, &view)
  }

  func copy(_ view: inout ViewState) -> [Effect] {
    let text: SafeText
    if view.focus == .event || view.focus == .events, let event = view.drill?.event {
      let times = timeText(for: view)
      let fields = event.fields.map { "\($0.name)=\($0.value)" as SafeText }
      text = SafeText.joined(
        [
          "\(times.full(event.time)) \(times.zoneLabel(at: event.time))", "\(event.severity.name)",
          SafeText(data.services[event.service]), SafeText(event.message),
        ] + fields, separator: " ")
    } else {
      if refusesApproximate(&view) { return [] }
      text = cellText(view)
    }
    view.notice = Notice("copied: \(text)", .good)
    return [.copy(view.id, text)]
  }

  /// A cell or selection as words that mean the same in another window: dates, zone, counts by severity.
  private func cellText(_ view: ViewState) -> SafeText {
    let target = drillTarget(view)
    let times = timeText(for: view)
    let services = target.services ?? servicesInDice
    let row = ServiceRow(key: .branch(.empty), services: services)
    let counts = severityCounts(of: [row], in: target.range)[0]
    let what = target.severities.severities.reversed().filter { counts[$0] > 0 }
      .map { "\(grouped(counts[$0])) \($0.name)" as SafeText }
    let who: SafeText =
      services.count == 1
      ? SafeText(data.services[services[0]]) : "\(counted(UInt64(services.count), "service"))"
    return SafeText.joined(
      [
        "\(times.full(target.range.start)) - \(times.full(target.range.end)) \(times.zoneLabel(at: target.range.start))",
        who, what.isEmpty ? "no events" : SafeText.joined(what, separator: ", "),
      ], separator: "  ")
  }

  func copyLink(_ view: inout ViewState) -> [Effect] {
    if refusesApproximate(&view) { return [] }
    let text = SafeText(link(to: view).description)
    let isWhole = data.sources.allSatisfy(\.isPath)
    view.notice = Notice(isWhole ? "copied: \(text)" : "copied without pipes and commands: \(text)", .good)
    return [.copy(view.id, text)]
  }

  func chooseTheme(_ name: String, _ view: inout ViewState) -> [Effect] {
    guard configuration.themeNames.contains(name) else {
      let known = configuration.themeNames.joined(separator: ", ")
      reopenPrompt(.theme, name, complaint: "no theme is called '\(name)'; there are \(known)", &view)
      return []
    }
    return [.chooseTheme(name)]
  }

  func chooseKeymap(_ name: String, _ view: inout ViewState) -> [Effect] {
    guard configuration.keymapNames.contains(name) else {
      let known = configuration.keymapNames.joined(separator: ", ")
      reopenPrompt(.keymap, name, complaint: "no keymap is called '\(name)'; there are \(known)", &view)
      return []
    }
    return [.chooseKeymap(name)]
  }
}

// MARK: - Pointer

extension SessionState {
  /// A click puts the cursor there, a second opens; the wheel moves rows, with a list under it the list.
  mutating func pointed(at point: GridPoint, _ action: PointerAction, in id: ViewID) -> [Effect] {
    guard let scene = scene(for: id), var hit = scene.hit(point),
      let index = views.firstIndex(where: { $0.id == id })
    else { return [] }
    // Tables show a stretch of their rows; from here on the row is that of the whole.
    if let node = hit.node { hit.cell?.row += scene.firstRow(ofTable: node) }
    var view = views[index]
    view.notice = nil
    view.hasActed = true
    let effects = pointed(at: hit, action, &view)
    views[index] = view
    return effects
  }

  private mutating func pointed(at hit: SceneHit, _ action: PointerAction, _ view: inout ViewState)
    -> [Effect]
  {
    switch action {
    case .wheelUp, .wheelDown: return wheel(hit.pane, by: action == .wheelUp ? -3 : 3, &view)
    case .press, .doublePress: break
    }
    focus(on: hit.pane, &view)
    guard let cell = hit.cell else { return [] }
    switch hit.node {
    case "matrix.grid":
      view.cursorTime = view.window.columns(1).start.advanced(
        byNanoseconds: Int64(cell.column) * view.window.widthNs)
      let rows = rows(of: view)
      if rows.indices.contains(view.firstRow + cell.row) {
        view.cursorRow = rows[view.firstRow + cell.row].key
      }
    case "severities.grid":
      view.cursorTime = view.window.columns(1).start.advanced(
        byNanoseconds: Int64(cell.column) * view.window.widthNs)
      let severities = severityRows(view)
      if severities.indices.contains(cell.row) { view.cursorSeverity = severities[cell.row] }
    case "totals.grid":
      let severities = totalsSeverities(view)
      if severities.indices.contains(cell.column) { view.cursorSeverity = severities[cell.column] }
      let rows = rows(of: view)
      if rows.indices.contains(view.firstRow + cell.row) {
        view.cursorRow = rows[view.firstRow + cell.row].key
      }
    case "events.table":
      view.drill?.cursor = cell.row
    case "event.table":
      view.drill?.fieldCursor = cell.row
    case "prompt.list":
      view.prompt?.choice = cell.row
      return acceptPrompt(&view)
    default:
      return []
    }
    keepCursorVisible(&view)
    if view.isSelecting { extendSelection(&view) }
    if action == .doublePress { return open(&view) }
    if case .face = view.focus { return updateOpenList(&view) }
    return []
  }

  private func focus(on pane: NodeID, _ view: inout ViewState) {
    switch pane {
    case "matrix": view.focus = .face(.timeService)
    case "severities": view.focus = .face(.timeSeverity)
    case "totals": view.focus = .face(.serviceSeverity)
    case "events": view.focus = .events
    case "event": view.focus = .event
    default: break
    }
  }

  private mutating func wheel(_ pane: NodeID, by rows: Int, _ view: inout ViewState) -> [Effect] {
    switch pane {
    case "overlay":
      scrollOverlay(&view, by: rows)
    case "prompt":
      movePromptChoice(&view, by: rows.signum())
    case "events":
      return moveEventCursor(&view, by: rows)
    case "event":
      moveFieldCursor(&view, by: rows)
    default:
      scrollRows(&view, by: rows)
    }
    return []
  }
}

extension Scene {
  /// The first row that a table shows; 0 for any other node.
  fileprivate func firstRow(ofTable id: NodeID) -> Int {
    for pane in panes {
      for case .table(let table) in pane.nodes where table.id == id { return table.firstRow }
    }
    return 0
  }
}
