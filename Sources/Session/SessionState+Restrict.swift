import EventMatrix
import EventModel
import SceneGraph

// MARK: - Changing the dice

extension SessionState {
  /// Sets the dice, reorders the view's rows and counts anew where a filter asks for it.
  mutating func setDice(_ dice: Dice, _ view: inout ViewState) -> [Effect] {
    guard dice != self.dice, mayChangeSession(&view) else { return [] }
    let effects = changeDice(dice, by: view)
    orderRows(&view)
    keepCursorVisible(&view)
    view.seeksEvents = true
    leaveEmptyRow(&view)
    return effects + updateOpenList(&view)
  }

  /// After a change of the dice: to the worst cell on screen when the cursor's row has nothing on screen any more.
  func leaveEmptyRow(_ view: inout ViewState) {
    guard view.seeksEvents, !isCounting, filtered.map({ $0.share >= 1 }) ?? true else { return }
    view.seeksEvents = false
    guard !view.isFollowing, case .face = view.focus else { return }
    let range = view.window.columns(plotColumnCount(view)).range
    let counts = severityCounts(of: rows(of: view), in: range)
    guard let index = rowIndex(view), drillTarget(view).count == 0,
      counts.contains(where: { $0.total > 0 })
    else { return }
    let service = rows(of: view)[index].services
    var rowOfService = [Int32](repeating: -1, count: data.services.count)
    for id in service { rowOfService[id.index] = 0 }
    let before = range.start.advanced(byNanoseconds: -1)
    let next = matrix.nextEvent(after: before, rowOfService: rowOfService, severities: dice.severities)
    if counts[index].total > 0, let next, next < range.end {
      view.cursorTime = next
      keepCursorVisible(&view)
    } else {
      goToWorst(&view)
    }
  }

  /// The view whose command it is follows by itself; the others are brought along here.
  mutating func changeDice(_ dice: Dice, by view: ViewState) -> [Effect] {
    var dice = dice
    // Whatever else is released: a learner sees nothing that was not known yet.
    if isTraining, let training { dice.knownBefore = training.knownBefore }
    let filterChanged = dice.filter != self.dice.filter || dice.knownBefore != self.dice.knownBefore
    self.dice = dice
    var effects: [Effect] = []
    if filterChanged {
      filtered = nil
      if dice.countsEveryEvent {
        effects.append(.count(nil))
      } else {
        countRequestID = nextRequestID()
        effects.append(
          .count(CountRequest(id: countRequestID, filter: dice.filter, knownBefore: dice.knownBefore)))
      }
    }
    for index in views.indices where views[index].id != view.id {
      var other = views[index]
      appendRows(&other)
      keepCursorVisible(&other)
      effects += updateOpenList(&other)
      views[index] = other
    }
    return effects
  }

  private mutating func change(_ view: inout ViewState, _ edit: (inout Dice) -> Void) -> [Effect] {
    var dice = dice
    edit(&dice)
    return setDice(dice, &view)
  }
}

// MARK: - Filters and slices

extension SessionState {
  mutating func addFilter(_ text: String, _ view: inout ViewState) -> [Effect] {
    do {
      let filter = try dice.filter.adding(text)
      return change(&view) { $0.filter = filter }
    } catch {
      reopenPrompt(.filterAdd, text, complaint: "\(error.description)", &view)
      return []
    }
  }

  mutating func removeLastTerm(_ view: inout ViewState) -> [Effect] {
    guard let last = dice.terms.last else {
      view.notice = Notice("nothing is restricted", .caution)
      return []
    }
    return change(&view) { $0.remove(last) }
  }

  mutating func removeTerm(numbered text: String, _ view: inout ViewState) -> [Effect] {
    guard let number = Int(text), dice.terms.indices.contains(number - 1) else {
      view.notice = Notice("no restriction has the number '\(text)'; there are \(dice.terms.count)", .bad)
      return []
    }
    let term = dice.terms[number - 1]
    return change(&view) { $0.remove(term) }
  }

  mutating func addServiceGlobs(_ text: String, _ view: inout ViewState) -> [Effect] {
    let globs = text.split(separator: " ").map(String.init)
    guard !globs.isEmpty else { return [] }
    let added = ServiceSelection(globs: globs)
    let matched = (0..<UInt32(data.services.count)).map(ServiceID.init).contains {
      added.contains(data.services[$0])
    }
    guard matched else {
      reopenPrompt(.filterService, text, complaint: "no service matches '\(text)'", &view)
      return []
    }
    return change(&view) {
      $0.services.included += added.included
      $0.services.excluded += added.excluded
    }
  }

  mutating func setSeverityFloor(_ text: String, _ view: inout ViewState) -> [Effect] {
    if text == "all" { return change(&view) { $0.severities = .all } }
    guard let floor = Severity(name: text) else {
      let names = Severity.allCases.map(\.name).joined(separator: ", ")
      reopenPrompt(
        .severityFloor, text, complaint: "no severity is called '\(text)'; there are all, \(names)", &view)
      return []
    }
    return change(&view) { $0.severities = .atLeast(floor) }
  }

  mutating func nextSeverityFloor(_ view: inout ViewState) -> [Effect] {
    let next: SeveritySet =
      switch dice.severities {
      case .all: .atLeast(.warn)
      case .atLeast(.warn): .atLeast(.error)
      default: .all
      }
    return change(&view) { $0.severities = next }
  }

  mutating func sliceService(_ view: inout ViewState) -> [Effect] {
    let paths = view.selection?.rows?.map(\.path) ?? view.cursorRow.map { [$0.path] } ?? []
    guard !paths.isEmpty else { return [] }
    let keys = view.selection?.rows ?? view.cursorRow.map { [$0] } ?? []
    let globs = keys.map { key in
      switch key {
      case .service(let path): Glob(literal: path)
      case .branch(let path): Glob(Glob(literal: path).pattern + "/*")
      }
    }
    return change(&view) { $0.services.included = globs }
  }

  mutating func sliceSeverity(_ view: inout ViewState) -> [Effect] {
    let wanted = view.selection?.severities ?? SeveritySet(view.cursorSeverity)
    return change(&view) { $0.severities = wanted }
  }

  mutating func sliceTime(_ view: inout ViewState) -> [Effect] {
    let range = view.selection?.range ?? view.window.columns(plotColumnCount(view)).range
    let effects = change(&view) { $0.range = range }
    fit(&view)
    return effects
  }

  mutating func slice(_ range: TimeRange, in id: ViewID) -> [Effect] {
    guard let index = views.firstIndex(where: { $0.id == id }) else { return [] }
    var view = views[index]
    let effects = change(&view) { $0.range = range }
    fit(&view)
    goToTrouble(&view)
    view.notice = nil
    views[index] = view
    return effects
  }

  mutating func setWeights(_ text: String, _ view: inout ViewState) {
    let weights = text.split { $0 == " " || $0 == "," }.map { UInt64($0) }
    let wanted = weights.compactMap(\.self)
    guard wanted.count == weights.count, wanted.count == Severity.bandCount,
      wanted.allSatisfy({ $0 <= 1_000_000 })
    else {
      let example = configuration.weights.label
      reopenPrompt(
        .weights, text, complaint: "seven numbers up to 1,000,000 are needed, as in \(example)", &view)
      return
    }
    configuration.weights = SeverityWeights(weights: wanted)
    view.lens = .weighted
  }

  mutating func chooseLens(_ text: String, _ view: inout ViewState) {
    guard let lens = Lens.allCases.first(where: { $0.rawValue == text }) else {
      let names = Lens.allCases.map(\.rawValue).joined(separator: ", ")
      reopenPrompt(.lens, text, complaint: "no lens is called '\(text)'; there are \(names)", &view)
      return
    }
    view.lens = lens
  }

  func reopenPrompt(
    _ name: CommandName, _ text: String, complaint: SafeText, _ view: inout ViewState
  ) {
    var prompt = Prompt(.argument(name))
    prompt.text = text
    prompt.complaint = complaint
    view.prompt = prompt
  }
}

// MARK: - From an event to everything like it

extension SessionState {
  /// Names of fields that tie the events of one trace or request together, the strongest first.
  static let traceFields = [
    "trace_id", "traceId", "trace.id", "traceID", "TraceId", "traceid", "trace",
    "logging.googleapis.com/trace",
    "dd.trace_id", "request_id", "requestId", "request.id", "req_id", "req.id", "x_request_id",
    "correlation_id",
    "correlationId",
  ]

  mutating func filterSameTrace(_ view: inout ViewState) -> [Effect] {
    guard let event = view.drill?.event else {
      view.notice = Notice("open an event first (Enter, Enter), then its trace", .caution)
      return []
    }
    for name in Self.traceFields {
      if let value = event.field(name), !value.isEmpty {
        return showAll(withField: name, value: value, &view)
      }
    }
    view.notice = Notice(
      "this event names no trace or request; \(keyLabel(.filterByField)) on a field filters by any value",
      .caution)
    return []
  }

  mutating func filterByField(_ view: inout ViewState) -> [Effect] {
    guard let drill = view.drill, let event = drill.event else { return [] }
    let fieldIndex = drill.fieldCursor - EventFields.fixedCount
    guard event.fields.indices.contains(fieldIndex) else {
      view.notice = Notice("choose one of the event's own fields below", .caution)
      return []
    }
    let field = event.fields[fieldIndex]
    return showAll(withField: field.name.repaired, value: field.value, &view)
  }

  /// Every event with this value, over all services and severities: matrix and list.
  private mutating func showAll(
    withField name: String, value: ForeignText, _ view: inout ViewState
  ) -> [Effect] {
    guard mayChangeSession(&view) else { return [] }
    let expression = EventFilter.expression(field: ForeignText(name), equals: value)
    guard let filter = try? EventFilter(expression) else {
      view.notice = Notice("the value of \(name) cannot be written as a filter", .bad)
      return []
    }
    var effects = changeDice(Dice(filter: filter), by: view)
    orderRows(&view)
    view.selection = nil
    effects += openDrill(
      title: "\(name)=\(value)", range: .everything, services: nil, severities: .all, count: 0, &view)
    return effects
  }
}

// MARK: - Folding, faces, selection

extension SessionState {
  func foldCursorRow(_ view: inout ViewState) {
    switch view.cursorRow {
    case .branch(let path):
      view.folded.remove(path)
      view.cursorRow = view.rowServices.map { data.services[$0] }.first { $0.ancestorPaths.contains(path) }
        .map(RowKey.service)
    case .service(let path):
      guard let parent = path.parentPath else {
        view.notice = Notice("\(path) is in no branch to fold", .caution)
        return
      }
      view.folded.insert(parent)
      view.cursorRow = .branch(parent)
    case nil:
      return
    }
    keepCursorVisible(&view)
  }

  func foldAll(_ view: inout ViewState) {
    view.folded = Set(view.rowServices.compactMap { data.services[$0].ancestorPaths.first })
    if case .service(let path) = view.cursorRow, let branch = path.ancestorPaths.first {
      view.cursorRow = .branch(branch)
    }
    keepCursorVisible(&view)
  }

  func show(_ face: Face?, in view: inout ViewState) {
    view.singleFace = face
    switch view.focus {
    case .face(let current): view.focus = .face(face ?? current)
    case .events, .event: break
    }
    keepCursorVisible(&view)
  }

  func pivot(_ view: inout ViewState) {
    let current: Face = view.singleFace ?? .timeService
    let faces = Face.allCases
    let next = faces[((faces.firstIndex(of: current) ?? 0) + 1) % faces.count]
    show(view.singleFace == nil ? .timeSeverity : next, in: &view)
  }

  func moveFocus(_ view: inout ViewState, by step: Int) {
    let layout = layout(of: view)
    var order = layout.faces.map { Focus.face($0.face) }
    if layout.events != nil { order.append(.events) }
    if layout.event != nil { order.append(.event) }
    guard !order.isEmpty else { return }
    let index = order.firstIndex(of: view.focus) ?? 0
    view.focus = order[(index + step + order.count) % order.count]
  }

  func toggleSelection(_ view: inout ViewState) {
    guard case .face(let face) = view.focus else { return }
    if view.isSelecting {
      view.isSelecting = false
      return
    }
    view.isSelecting = true
    view.selection = Selection(
      face: face, anchorTime: view.cursorTime, anchorRow: view.cursorRow, anchorSeverity: view.cursorSeverity,
      severities: .all)
    extendSelection(&view)
  }

  func extendSelection(_ view: inout ViewState) {
    guard var selection = view.selection else { return }
    let first = TimeWindow(start: min(selection.anchorTime, view.cursorTime), widthNs: view.window.widthNs)
    let last = TimeWindow(start: max(selection.anchorTime, view.cursorTime), widthNs: view.window.widthNs)
    let rows = rows(of: view)
    let anchorIndex = rows.firstIndex { $0.key == selection.anchorRow } ?? 0
    let cursorIndex = rowIndex(view) ?? 0
    let between = rows.isEmpty ? [] : rows[min(anchorIndex, cursorIndex)...max(anchorIndex, cursorIndex)]
    let worst = max(selection.anchorSeverity, view.cursorSeverity)
    let mildest = min(selection.anchorSeverity, view.cursorSeverity)
    let severities = Severity.allCases.filter { $0 >= mildest && $0 <= worst }
    selection.range = nil
    selection.rows = nil
    selection.severities = .all
    if selection.face != .serviceSeverity {
      selection.range = TimeRange(start: first.start, end: last.columns(1).range.end)
    }
    if selection.face != .timeSeverity { selection.rows = between.map(\.key) }
    if selection.face != .timeService {
      selection.severities = severities.reduce(into: []) { $0.formUnion(SeveritySet($1)) }
    }
    view.selection = selection
  }
}

// MARK: - What was known when

extension SessionState {
  /// To the end of the cursor's column; there already, everything again.
  mutating func toggleKnown(_ view: inout ViewState) -> [Effect] {
    let column = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs).columns(1).range
    let instant = view.isInList ? view.drill?.event?.time.advanced(byNanoseconds: 1) : nil
    let end = instant ?? column.end
    return know(dice.knownBefore == end ? nil : end, &view)
  }

  mutating func setKnown(_ text: String, _ view: inout ViewState) -> [Effect] {
    if text == "now" || text.isEmpty { return know(nil, &view) }
    do {
      let zone = view.usesLocalTime ? configuration.zone : .utc
      let context = TimeContext(reference: view.cursorTime, range: span, now: now, zone: zone)
      guard let time = try TimeExpression(text).resolved(in: context) else { return [] }
      return know(time, &view)
    } catch {
      reopenPrompt(.knownAt, text, complaint: "\(error.description)", &view)
      return []
    }
  }

  private mutating func know(_ instant: Timestamp?, _ view: inout ViewState) -> [Effect] {
    change(&view) { $0.knownBefore = instant }
  }
}
