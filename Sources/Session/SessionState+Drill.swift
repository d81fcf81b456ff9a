import EventMatrix
import EventModel
import SceneGraph

/// The lines of the event pane before the event's own fields: time, service, severity, message, source.
enum EventFields {
  static let fixedCount = 5
}

// MARK: - Drill down: cell, events, one event

extension SessionState {
  /// How many events a list asks for at once.
  static let eventPageCount = 1000

  mutating func open(_ view: inout ViewState) -> [Effect] {
    switch view.focus {
    case .face:
      let target = drillTarget(view)
      guard target.count > 0 else {
        view.notice = Notice(
          "no events in this cell; \(keyLabel(.nextError)) goes to the next error", .caution)
        return []
      }
      view.isSelecting = false
      // The target depends on the face that has the focus until now.
      let effects = openEvents(&view)
      view.focus = .events
      keepCursorVisible(&view)
      return effects
    case .events:
      guard view.drill?.event != nil else {
        let isReading = view.drill?.requestID != nil
        view.drill?.opensWhenRead = isReading
        return []
      }
      view.drill?.isPreview = false
      view.drill?.showsEvent = true
      view.drill?.fieldCursor = 0
      view.drill?.firstField = 0
      view.focus = .event
      keepCursorVisible(&view)
      return []
    case .event:
      return filterByField(&view)
    }
  }

  /// Opens (or refreshes) the list for what the cursor or the selection stands on.
  mutating func openEvents(_ view: inout ViewState, isPreview: Bool = false) -> [Effect] {
    let target = drillTarget(view)
    return openDrill(
      title: target.title, range: target.range, services: target.services, severities: target.severities,
      count: target.count, isPreview: isPreview, &view)
  }

  /// The list follows the cursor while it is open.
  mutating func updateOpenList(_ view: inout ViewState) -> [Effect] {
    guard let drill = view.drill, !drill.isPreview else { return [] }
    return openEvents(&view)
  }

  mutating func openDrill(
    title: SafeText, range: TimeRange, services: [ServiceID]?, severities: SeveritySet, count: UInt64,
    isPreview: Bool = false, _ view: inout ViewState
  ) -> [Effect] {
    var drill = Drill(title: title, range: range, services: services, severities: severities, count: count)
    (drill.filter, drill.knownBefore) = (dice.filter, dice.knownBefore)
    if case .face(let face) = view.drillFocus { drill.face = face }
    drill.isPreview = isPreview
    drill.cursor = Int.max
    if isPreview, let next = view.nextPreview, next.isSameList(as: drill) { return [] }
    view.nextPreview = nil
    if let open = view.drill, open.isSameList(as: drill) {
      // Now somebody waits for what may not even have been begun.
      let isAwaited = open.isPreview && !isPreview && open.requestID != nil
      view.drill?.isPreview = isPreview
      return isAwaited ? refreshEvents(&view) : []
    }
    if isPreview, let open = view.drill, open.requestID == nil, open.filter == drill.filter,
      open.knownBefore == drill.knownBefore
    {
      // What is there stays until the answer comes: neither a held key nor a stream makes the list flicker.
      let effect = request(&drill, view)
      view.nextPreview = drill
      return [effect]
    }
    view.drill = drill
    if isPreview, count == 0, dice.countsEveryEvent { return [] }
    if view.focus == .event { view.focus = .events }
    keepCursorVisible(&view)
    return refreshEvents(&view)
  }

  /// Where there is room to spare, the events under the cursor are listed without being asked for.
  mutating func previewEvents() -> [Effect] {
    var effects: [Effect] = []
    for index in views.indices where views[index].drill?.isPreview ?? true {
      var view = views[index]
      guard data.matrix.eventCount > 0, layout(of: view.withoutDrill).events != nil else {
        if view.focus == .events { view.focus = view.drillFocus }
        view.drill = nil
        view.nextPreview = nil
        views[index] = view
        continue
      }
      // While following, one reading at a time, as in `followEvents`.
      let isAwaited = view.isFollowing && (view.drill?.requestID != nil || view.nextPreview != nil)
      if data.loading == nil, !isAwaited { effects += openEvents(&view, isPreview: true) }
      effects += enterNextPreview(&view)
      views[index] = view
    }
    return effects
  }

  /// Whoever goes into the list means the one of the cell under the cursor, not the one that is still there.
  private mutating func enterNextPreview(_ view: inout ViewState) -> [Effect] {
    guard view.focus == .events, !view.isFollowing, let next = view.nextPreview,
      view.drill?.isSamePlace(as: next) == false
    else { return [] }
    view.drill = next
    view.nextPreview = nil
    return refreshEvents(&view)
  }

  /// An open list of a view that follows is read again when there is more in it. One reading at a time: with a stream
  /// that never rests, a list that is asked for anew before it has come never comes.
  mutating func followEvents(_ view: inout ViewState) -> [Effect] {
    guard view.isFollowing, let drill = view.drill, !drill.isPreview, drill.requestID == nil else {
      return []
    }
    let count = count(in: drill)
    guard count != drill.count else { return [] }
    view.drill?.count = count
    return refreshEvents(&view)
  }

  mutating func refreshEvents(_ view: inout ViewState, before: EventKey? = nil) -> [Effect] {
    guard var drill = view.drill else { return [] }
    let effect = request(&drill, view, before: before)
    view.drill = drill
    return [effect]
  }

  private mutating func request(_ drill: inout Drill, _ view: ViewState, before: EventKey? = nil) -> Effect {
    let id = nextRequestID()
    drill.requestID = id
    (drill.filter, drill.knownBefore) = (dice.filter, dice.knownBefore)
    drill.isAppendingEarlier = before != nil
    return .fetchEvents(
      EventRequest(
        id: id, view: view.id, range: drill.range, services: drill.services, severities: drill.severities,
        filter: dice.filter, knownBefore: dice.knownBefore, limit: Self.eventPageCount, before: before,
        latest: before == nil ? latestInstants(drill) : nil,
        mayWait: drill.isPreview && view.focus != .events))
  }

  /// When the events of a list happened, by the counts; `nil` while these are not those of all events that match.
  private func latestInstants(_ drill: Drill) -> LatestInstants? {
    guard data.approximation == nil, dice.countsEveryEvent || filtered?.share == 1 else { return nil }
    var rows = [Int32](repeating: drill.services == nil ? 0 : -1, count: data.services.count)
    for service in drill.services ?? [] where service.index < rows.count { rows[service.index] = 0 }
    return matrix.latestInstants(
      Self.eventPageCount, in: drill.range, rowOfService: rows, severities: drill.severities)
  }

  /// What Enter opens: the selection, else the cell under the cursor.
  func drillTarget(
    _ view: ViewState
  ) -> (title: SafeText, range: TimeRange, services: [ServiceID]?, severities: SeveritySet, count: UInt64) {
    let rows = rows(of: view)
    let window = view.window.columns(plotColumnCount(view)).range
    var range = window
    var chosen: [ServiceRow]?
    var severities = dice.severities
    if let selection = view.selection {
      range = selection.range ?? window
      chosen = selection.rows.map { keys in rows.filter { keys.contains($0.key) } }
      severities.formIntersection(selection.severities)
    } else if case .face(let face) = view.drillFocus {
      if face != .serviceSeverity {
        range = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs).columns(1).range
      }
      if face != .timeSeverity { chosen = rowIndex(view).map { [rows[$0]] } ?? [] }
      if face != .timeService { severities.formIntersection(SeveritySet(view.cursorSeverity)) }
    }
    range = span.flatMap { range.intersection($0) } ?? range
    let services =
      chosen.map { $0.flatMap(\.services).sorted() } ?? (dice.services.isEverything ? nil : servicesInDice)
    let title = drillTitle(range, chosen, severities, view)
    let drill = Drill(title: title, range: range, services: services, severities: severities, count: 0)
    return (title, range, services, severities, count(in: drill))
  }

  /// How many events the list holds, by the matrix.
  func count(in drill: Drill) -> UInt64 {
    let row = ServiceRow(key: .branch(.empty), services: drill.services ?? servicesInDice)
    let counts = severityCounts(of: [row], in: drill.range)[0]
    return drill.severities.severities.reduce(0) { $0 + counts[$1] }
  }

  private func drillTitle(
    _ range: TimeRange, _ rows: [ServiceRow]?, _ severities: SeveritySet, _ view: ViewState
  ) -> SafeText {
    let times = timeText(for: view)
    var parts: [SafeText] = []
    if let rows {
      parts.append(rows.count == 1 ? rowLabel(rows[0]) : "\(rows.count) services")
    } else {
      parts.append("all services")
    }
    if severities != .all { parts.append("\(severities.label)") }
    parts.append(times.rangeLabel(range))
    return SafeText.joined(parts, separator: "  ")
  }
}

extension ViewState {
  var withoutDrill: ViewState {
    var view = self
    view.drill = nil
    return view
  }

  /// The focus is on events, or on one of them.
  var isInList: Bool { focus == .events || focus == .event }

  /// The face a drill-down belongs to while the focus is in a list.
  var drillFocus: Focus {
    if case .face = focus { return focus }
    return .face(singleFace ?? drill?.face ?? .timeService)
  }
}

// MARK: - Moving in lists

extension SessionState {
  mutating func moveEventCursor(_ view: inout ViewState, by count: Int) -> [Effect] {
    guard var drill = view.drill, !drill.events.isEmpty else { return [] }
    let target =
      drill.cursor.addingReportingOverflow(count).overflow ? (count < 0 ? 0 : Int.max) : drill.cursor + count
    drill.cursor = min(max(target, 0), drill.events.count - 1)
    view.drill = drill
    scrollLists(&view)
    guard target < 0 || drill.cursor == 0, count < 0, drill.hasEarlier, drill.requestID == nil else {
      return []
    }
    let first = drill.events[0]
    return refreshEvents(&view, before: EventKey(first))
  }

  func moveFieldCursor(_ view: inout ViewState, by count: Int) {
    guard let event = view.drill?.event else { return }
    let fieldCount = EventFields.fixedCount + event.fields.count
    let current = view.drill?.fieldCursor ?? 0
    view.drill?.fieldCursor = min(max(current.addingReportingOverflow(count).partialValue, 0), fieldCount - 1)
    if count > 1000 { view.drill?.fieldCursor = fieldCount - 1 }
    if count < -1000 { view.drill?.fieldCursor = 0 }
    scrollLists(&view)
  }

  /// Keeps list cursors on the screen.
  func scrollLists(_ view: inout ViewState) {
    guard var drill = view.drill else { return }
    let layout = layout(of: view)
    if let events = layout.events, !drill.events.isEmpty {
      let visible = max(1, events.rows - 2)
      drill.cursor = min(max(drill.cursor, 0), max(0, drill.events.count - 1))
      drill.firstRow = min(drill.firstRow, drill.cursor, max(0, drill.events.count - visible))
      drill.firstRow = max(drill.firstRow, drill.cursor - visible + 1, 0)
    }
    if let event = layout.event, let fieldCount = drill.event?.fields.count {
      drill.fieldCursor = min(drill.fieldCursor, EventFields.fixedCount + fieldCount - 1)
      let visible = max(1, event.rows - 2)
      drill.firstField = min(drill.firstField, drill.fieldCursor)
      drill.firstField = max(drill.firstField, drill.fieldCursor - visible + 1, 0)
    }
    view.drill = drill
  }

  func goToErrorInList(_ view: inout ViewState, isForward: Bool) {
    guard let drill = view.drill else { return }
    let isError = { (index: Int) in drill.events[index].severity >= .error }
    let hit =
      isForward
      ? drill.events.indices.first { $0 > drill.cursor && isError($0) }
      : drill.events.indices.last { $0 < drill.cursor && isError($0) }
    guard let hit else {
      view.notice = Notice(
        isForward ? "no later error in this list" : "no earlier error in this list", .caution)
      return
    }
    view.drill?.cursor = hit
    scrollLists(&view)
  }

  /// The first event of the list at `time` or later; says why where the list has none.
  func goToTimeInList(_ time: Timestamp, _ view: inout ViewState) {
    guard let drill = view.drill else { return }
    let times = timeText(for: view)
    guard let first = drill.events.first, let last = drill.events.last else {
      view.notice = Notice("there is no event in this list", .caution)
      return
    }
    let hit = drill.events.firstIndex { $0.time >= time }
    if time < drill.range.start || time >= drill.range.end {
      view.notice = Notice(
        "\(times.clock(time)) is outside of this list, \(times.rangeLabel(drill.range)); \(keyLabel(.back)) closes it",
        .caution)
      return
    }
    if hit == 0, drill.hasEarlier {
      view.notice = Notice(
        "the list begins at \(times.clock(first.time)): go to its first event to read further back", .caution)
    } else if hit == nil {
      view.notice = Notice(
        "no later event in this list: this is the last, \(times.clock(last.time))", .caution)
    }
    view.drill?.cursor = hit ?? drill.events.count - 1
    view.drill?.fieldCursor = 0
    scrollLists(&view)
  }

  func scrollOverlay(_ view: inout ViewState, by count: Int) {
    let lineCount = overlayLines(view).count
    let last = max(0, lineCount - overlayRowCount(view))
    let clamp = { (line: Int) in min(max(line.addingReportingOverflow(count).partialValue, 0), last) }
    switch view.overlay {
    case .help(let first): view.overlay = .help(firstLine: count > 1000 ? last : clamp(first))
    case .sources(let first): view.overlay = .sources(firstLine: count > 1000 ? last : clamp(first))
    case .training(let first): view.overlay = .training(firstLine: count > 1000 ? last : clamp(first))
    case .handover(let first): view.overlay = .handover(firstLine: count > 1000 ? last : clamp(first))
    case nil: break
    }
  }

  /// Closes the innermost thing that is open. False when nothing was.
  func goBack(_ view: inout ViewState) -> Bool {
    if view.prompt != nil {
      view.prompt = nil
    } else if view.overlay != nil {
      view.overlay = nil
    } else if view.isSelecting {
      view.isSelecting = false
      view.selection = nil
    } else if view.focus == .event {
      view.drill?.showsEvent = false
      view.focus = .events
    } else if let drill = view.drill, drill.isPreview, view.focus == .events {
      view.focus = view.drillFocus
    } else if let drill = view.drill, !drill.isPreview {
      if view.focus == .events { view.focus = view.drillFocus }
      view.drill = nil
    } else if view.selection != nil {
      view.selection = nil
    } else if view.singleFace != nil {
      show(nil, in: &view)
    } else {
      return false
    }
    keepCursorVisible(&view)
    return true
  }
}

// MARK: - Search

extension SessionState {
  /// A service whose name holds the text; else the next event that does.
  mutating func search(_ text: String, _ view: inout ViewState) -> [Effect] {
    guard !text.isEmpty else {
      view.search = nil
      return []
    }
    view.search = Search(text: text)
    return findNext(&view, isForward: true)
  }

  mutating func findNext(_ view: inout ViewState, isForward: Bool) -> [Effect] {
    guard let search = view.search else {
      view.notice = Notice("search first with \(keyLabel(.search))", .caution)
      return []
    }
    if view.focus == .events || view.focus == .event {
      findInList(search.text, &view, isForward: isForward)
      return []
    }
    if findRow(search.text, &view, isForward: isForward) { return [] }
    let filter: EventFilter
    do {
      filter = try dice.filter.adding(search.text)
    } catch {
      reopenPrompt(.search, search.text, complaint: "\(error.description)", &view)
      return []
    }
    let bounds = dice.range ?? .everything
    let from =
      isForward
      ? max(view.cursorTime, bounds.start.advanced(byNanoseconds: -1)) : min(view.cursorTime, bounds.end)
    let id = nextRequestID()
    view.search?.requestID = id
    view.notice = Notice("searching...", .muted)
    return [
      .find(
        FindRequest(
          id: id, view: view.id, filter: filter, knownBefore: dice.knownBefore,
          services: dice.services.isEverything ? nil : servicesInDice,
          severities: dice.severities, from: from, isForward: isForward, range: bounds))
    ]
  }

  func searchProgress(_ share: Double) -> SafeText {
    "searching... \(Int(share * 100)) %; \(keyLabel(.back)) stops"
  }

  /// - Returns: `nil` when no search is on its way.
  mutating func stopSearch(_ view: inout ViewState) -> [Effect]? {
    guard view.prompt == nil, view.overlay == nil, view.search?.requestID != nil else { return nil }
    view.search?.requestID = nil
    view.notice = Notice("search stopped", .muted)
    return [.stopFinding(view.id)]
  }

  private func findRow(_ text: String, _ view: inout ViewState, isForward: Bool) -> Bool {
    let rows = rows(of: view)
    let needle = text.lowercased()
    let hits = rows.indices.filter { rows[$0].key.path.repaired.lowercased().contains(needle) }
    guard !hits.isEmpty else { return false }
    let current = rowIndex(view) ?? 0
    let next = isForward ? hits.first { $0 > current } ?? hits.first : hits.last { $0 < current } ?? hits.last
    if let next {
      view.cursorRow = rows[next].key
      keepCursorVisible(&view)
      let number = (hits.firstIndex(of: next) ?? 0) + 1
      view.notice = Notice("service \(number) of \(hits.count) like '\(text)'", .good)
    }
    return true
  }

  private func findInList(_ text: String, _ view: inout ViewState, isForward: Bool) {
    guard let drill = view.drill, let filter = try? EventFilter(text) else { return }
    let matches = { (index: Int) in
      filter.matches(drill.events[index], serviceName: data.services[drill.events[index].service])
    }
    let hit =
      isForward
      ? drill.events.indices.first { $0 > drill.cursor && matches($0) }
      : drill.events.indices.last { $0 < drill.cursor && matches($0) }
    guard let hit else {
      view.notice = Notice("no further '\(text)' in this list", .caution)
      return
    }
    view.drill?.cursor = hit
    scrollLists(&view)
  }
}
