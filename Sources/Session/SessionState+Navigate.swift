import EventMatrix
import EventModel
import SceneGraph

// MARK: - Rows

extension SessionState {
  /// The rows of the service axis as this view shows them: ordered, folded, quiet ones left out if so chosen.
  func shownRows(of view: ViewState) -> ShownRows {
    let arrangement = RowArrangement(view)
    let columns = view.hidesQuiet ? view.window.columns(plotColumnCount(view)) : nil
    return facts.rows.answer(for: RowsQuestion(arrangement: arrangement, loudColumns: columns)) {
      var rows = serviceRows(order: view.rowServices, names: data.services, folded: view.folded)
      if let columns {
        let quiet = quietRows(rows, in: columns.range)
        rows.removeAll { quiet.contains($0.key) }
      }
      return ShownRows(rows, serviceCount: data.services.count)
    }
  }

  func rows(of view: ViewState) -> [ServiceRow] { shownRows(of: view).rows }

  /// The same with the quiet ones.
  func allRows(of view: ViewState) -> [ServiceRow] {
    var view = view
    view.hidesQuiet = false
    return rows(of: view)
  }

  /// Keys of the rows without anything at warn or worse in `range`.
  private func quietRows(_ rows: [ServiceRow], in range: TimeRange) -> Set<RowKey> {
    let counts = countedSeverities(of: rows, in: range)
    let quiet = rows.indices.filter { counts[$0][.warn] + counts[$0].errors == 0 }
    return Set(quiet.map { rows[$0].key })
  }

  /// Counts by severity of each row over `range`, one number a row and severity.
  ///
  /// Two panes ask for the same rows, and again with every frame until the window moves.
  func severityCounts(of rows: [ServiceRow], in range: TimeRange) -> [SeverityCounts] {
    facts.sums.answer(for: SumQuestion(rows: rows, range: range)) {
      countedSeverities(of: rows, in: range)
    }
  }

  private func countedSeverities(of rows: [ServiceRow], in range: TimeRange) -> [SeverityCounts] {
    // What the dice lets through; nothing is left where they do not meet.
    guard let part = span?.intersection(range) else { return rows.map { _ in SeverityCounts() } }
    let totals = matrix.totals(
      in: part, rowOfService: rowOfService(rows), rowCount: rows.count, severities: dice.severities)
    return rows.indices.map { SeverityCounts(totals, row: $0) }
  }

  func query(_ columns: TimeColumns, rows: [ServiceRow]) -> MatrixQuery {
    MatrixQuery(
      columns: columns, rowOfService: rowOfService(rows), rowCount: rows.count, severities: dice.severities)
  }

  private func rowOfService(_ rows: [ServiceRow]) -> [Int32] {
    if rows.count == 1, rows[0].services == facts.services { return facts.singleRow }
    var rowOfService = [Int32](repeating: -1, count: data.services.count)
    for (index, row) in rows.enumerated() {
      for service in row.services { rowOfService[service.index] = Int32(index) }
    }
    return rowOfService
  }

  /// All services of the dice in one row: the time x severity face.
  func queryOfAllServices(_ columns: TimeColumns) -> MatrixQuery {
    MatrixQuery(columns: columns, rowOfService: facts.singleRow, rowCount: 1, severities: dice.severities)
  }

  /// Puts the services of the dice into the view's order.
  func orderRows(_ view: inout ViewState) {
    let services = shownServices
    let name = { (id: ServiceID) in data.services[id] }
    let rows = services.map { ServiceRow(key: .service(name($0)), services: [$0]) }
    switch view.order {
    case .name:
      view.rowServices = services.sorted { name($0) < name($1) }
    case .loudest:
      let counts = severityCounts(of: rows, in: .everything)
      let ranked = zip(services, counts).map { ($0, ($1.errors, $1[.warn], $1.total)) }
      view.rowServices = ranked.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : name($0.0) < name($1.0) }.map(\.0)
    case .earliest:
      let first = firstInstants(of: services)
      view.rowServices = zip(services, first).sorted {
        $0.1 != $1.1 ? $0.1 < $1.1 : name($0.0) < name($1.0)
      }.map(\.0)
    }
  }

  /// Adds services that came since the rows were ordered, and drops those that left the dice.
  func appendRows(_ view: inout ViewState) {
    let known = Set(view.rowServices)
    let shown = Set(shownServices)
    view.rowServices.removeAll { !shown.contains($0) }
    view.rowServices += shownServices.filter { !known.contains($0) }
  }

  /// With a filter that has been counted, only the services in which it lets anything through.
  private var shownServices: [ServiceID] {
    let services = servicesInDice
    guard !dice.countsEveryEvent, let filtered, filtered.share >= 1, filtered.matrix.eventCount > 0 else {
      return services
    }
    let rows = services.map { ServiceRow(key: .service(data.services[$0]), services: [$0]) }
    return zip(services, severityCounts(of: rows, in: .everything)).filter { $0.1.total > 0 }.map(\.0)
  }

  var servicesInDice: [ServiceID] { facts.services }

  /// When each service has its first error; those without one come after, by their first event.
  private func firstInstants(of services: [ServiceID]) -> [Timestamp] {
    let start = (span?.start ?? .first).advanced(byNanoseconds: -1)
    let errors = dice.severities.intersection([SeveritySet(.error), SeveritySet(.fatal)])
    var rowOfService = [Int32](repeating: -1, count: data.services.count)
    return services.map { service in
      rowOfService[service.index] = 0
      defer { rowOfService[service.index] = -1 }
      return matrix.nextEvent(after: start, rowOfService: rowOfService, severities: errors) ?? .last
    }
  }
}

// MARK: - Cursor

extension SessionState {
  func plotColumnCount(_ view: ViewState) -> Int { layout(of: view).plotColumnCount }

  /// The row the cursor is in; the first one where its row is not shown, `nil` without rows.
  func rowIndex(_ view: ViewState) -> Int? {
    let shown = shownRows(of: view)
    let known =
      switch view.cursorRow {
      case .service(let path): data.services.id(of: path).flatMap(shown.index(of:))
      case .branch(let path): shown.index(ofBranch: path)
      case nil: nil as Int?
      }
    return known ?? (shown.rows.isEmpty ? nil : 0)
  }

  func column(_ view: ViewState) -> Int { view.window.column(of: view.cursorTime) }

  /// Brings the cursor onto an existing row, its cell and the list cursors onto the screen, and the focus to a pane
  /// that is there. The window and the rows move for the cursor, not the cursor for them.
  func keepCursorVisible(_ view: inout ViewState) {
    let layout = layout(of: view)
    keepFocusVisible(&view, layout)
    // Time first: which rows are quiet depends on the columns on screen.
    showCursorTime(&view, columnCount: layout.plotColumnCount)
    let rows = rows(of: view)
    if let index = rowIndex(view) {
      view.cursorRow = rows[index].key
      let visible = max(1, layout.serviceRowCount)
      view.firstRow = min(view.firstRow, index, max(0, rows.count - visible))
      view.firstRow = max(view.firstRow, index - visible + 1, 0)
    } else if !isCounting {
      view.firstRow = 0
    }
    let severities = shownSeverities
    if !severities.contains(view.cursorSeverity), let worst = severities.first { view.cursorSeverity = worst }
    scrollLists(&view)
  }

  private func keepFocusVisible(_ view: inout ViewState, _ layout: ViewLayout) {
    let faces = layout.faces.map { Focus.face($0.face) }
    let lists: [Focus] = (layout.events == nil ? [] : [.events]) + (layout.event == nil ? [] : [.event])
    guard !(faces + lists).contains(view.focus) else { return }
    if case .face = view.focus {
      view.focus = (faces + lists).first ?? view.focus
    } else {
      view.focus = (lists + faces).first ?? view.focus
    }
  }

  /// Moves the window as little as it takes.
  private func showCursorTime(_ view: inout ViewState, columnCount: Int) {
    let column = column(view)
    let count = max(1, columnCount)
    if column < 0 { view.window = view.window.shifted(byColumns: column) }
    if column >= count { view.window = view.window.shifted(byColumns: column - count + 1) }
    // The window ends where time does.
    let left = self.column(view)
    if left < 0 { moveTime(&view, columns: -left) }
    if left >= count { moveTime(&view, columns: count - 1 - left) }
  }

  /// Moves the window, if it must, so that the cursor's time is well inside; then the row.
  func revealCursor(_ view: inout ViewState) {
    let count = max(1, plotColumnCount(view))
    let column = column(view)
    if column < 0 || column >= count { view.window = view.window.shifted(byColumns: column - count / 2) }
    keepCursorVisible(&view)
  }

  private func moveTime(_ view: inout ViewState, columns: Int) {
    let (offset, overflow) = Int64(columns).multipliedReportingOverflow(by: view.window.widthNs)
    guard !overflow else { return }
    view.cursorTime = view.cursorTime.advanced(byNanoseconds: offset)
  }

  mutating func moveCursor(_ view: inout ViewState, columns: Int, rows: Int) -> [Effect] {
    if view.overlay != nil {
      scrollOverlay(&view, by: rows)
      return []
    }
    switch view.focus {
    case .events:
      return moveEventCursor(&view, by: rows)
    case .event:
      if columns != 0 { return moveEventCursor(&view, by: columns) }
      moveFieldCursor(&view, by: rows)
      return []
    case .face(let face):
      if columns != 0 { moveAcross(&view, face, by: columns) }
      if rows != 0 { moveDown(&view, face, by: rows) }
      if view.isSelecting { extendSelection(&view) }
      return updateOpenList(&view)
    }
  }

  private func moveAcross(_ view: inout ViewState, _ face: Face, by columns: Int) {
    guard face != .serviceSeverity else {
      moveSeverity(&view, by: -columns)  // worst last from left to right
      return
    }
    moveTime(&view, columns: columns)
    stopFollowing(&view)
    keepCursorVisible(&view)
  }

  private func moveDown(_ view: inout ViewState, _ face: Face, by count: Int) {
    guard face != .timeSeverity else {
      moveSeverity(&view, by: count)
      return
    }
    let rows = rows(of: view)
    guard let index = rowIndex(view) else { return }
    view.cursorRow = rows[min(max(index + count, 0), rows.count - 1)].key
    keepCursorVisible(&view)
  }

  /// `shownSeverities` runs from the worst down.
  private func moveSeverity(_ view: inout ViewState, by count: Int) {
    let severities = shownSeverities
    guard let index = severities.firstIndex(of: view.cursorSeverity) ?? severities.indices.first else {
      return
    }
    view.cursorSeverity = severities[min(max(index + count, 0), severities.count - 1)]
  }

  /// The bands in the dice that the data has, worst first; at least one. Filters do not change them, so that the screen
  /// stands still while they count.
  var shownSeverities: [Severity] { facts.severities }

  func pageRowCount(_ view: ViewState) -> Int {
    let layout = layout(of: view)
    switch view.focus {
    case .events: return max(1, (layout.events?.rows ?? 4) - 3)
    case .event: return max(1, (layout.event?.rows ?? 4) - 3)
    case .face: return max(1, layout.serviceRowCount - 1)
    }
  }
}

// MARK: - Window

extension SessionState {
  func page(_ view: inout ViewState, by direction: Int) {
    let step = max(1, plotColumnCount(view) / 2) * direction
    view.window = view.window.shifted(byColumns: step)
    moveTime(&view, columns: step)
    stopFollowing(&view)
    keepCursorVisible(&view)
  }

  func pan(_ view: inout ViewState, columns: Int) {
    view.window = view.window.shifted(byColumns: columns)
    stopFollowing(&view)
    let column = column(view)
    let last = max(1, plotColumnCount(view)) - 1
    moveTime(&view, columns: min(max(column, 0), last) - column)
    keepCursorVisible(&view)
  }

  func scrollRows(_ view: inout ViewState, by count: Int) {
    if view.overlay != nil {
      scrollOverlay(&view, by: count)
      return
    }
    let total = rows(of: view).count
    let visible = max(1, layout(of: view).serviceRowCount)
    view.firstRow = min(max(view.firstRow + count, 0), max(0, total - visible))
    let rows = rows(of: view)
    guard let index = rowIndex(view) else { return }
    let inside = min(max(index, view.firstRow), view.firstRow + visible - 1)
    view.cursorRow = rows[min(inside, rows.count - 1)].key
  }

  func zoom(_ view: inout ViewState, steps: Int) {
    let width = ZoomLadder.width(view.window.widthNs, steps: steps)
    guard width != view.window.widthNs else {
      view.notice = Notice("columns of \(ZoomLadder.label(width)): no further step", .caution)
      return
    }
    view.window = view.window.zoomed(toWidthNs: width, keeping: view.cursorTime)
    if view.isFollowing { goToEnd(&view) }
    keepCursorVisible(&view)
  }

  /// Shows all of the dice's time, at the narrowest step that fits.
  func fit(_ view: inout ViewState) {
    // A replay has all of its time before it, known or not.
    guard let span = view.player == nil ? fittingSpan : span else { return }
    let columnCount = max(1, plotColumnCount(view))
    let width = ZoomLadder.width(fitting: span, columnCount: columnCount)
    view.window = TimeWindow(start: span.start, widthNs: width)
    // What does not fit even so is cut at its old end.
    let last = view.window.column(of: span.end.advanced(byNanoseconds: -1))
    if last >= columnCount { view.window = view.window.shifted(byColumns: last - columnCount + 1) }
    if !view.hasActed {
      // As much of the top as there is room for above the cursor, whatever an earlier look had to scroll.
      view.firstRow = 0
      goToTrouble(&view)
    }
    view.cursorTime = min(max(view.cursorTime, span.start), span.end.advanced(byNanoseconds: -1))
    keepCursorVisible(&view)
  }

  /// With a filter, where its events are; else the dice.
  private var fittingSpan: TimeRange? {
    if !dice.countsEveryEvent, let range = filtered?.matrix.timeRange {
      return dice.range.flatMap { $0.intersection(range) } ?? range
    }
    return bulk
  }

  /// Where nearly all events are: the span of the dice, less a few events that would stretch it twentyfold: one device
  /// with a wrong clock must not hide the night.
  var bulk: TimeRange? { facts.bulk }

  /// Where the headline says that it began; without a rise on screen, the worst cell.
  func goToTrouble(_ view: inout ViewState) {
    let columns = view.window.columns(plotColumnCount(view)).range
    guard let rise = trouble(in: view)?.rises.first(where: { columns.contains($0.since) }) else {
      goToWorst(&view)
      return
    }
    view.cursorTime = rise.since
    view.cursorRow = rise.key
    view.cursorSeverity = rise.isFatal ? .fatal : .error
    keepCursorVisible(&view)
  }

  func goToEdge(_ view: inout ViewState, isEnd: Bool) {
    guard let span else { return }
    view.cursorTime = isEnd ? span.end.advanced(byNanoseconds: -1) : span.start
    stopFollowing(&view)
    keepCursorVisible(&view)
  }

  func goToTime(_ text: String, _ view: inout ViewState) {
    do {
      let zone = view.usesLocalTime ? configuration.zone : .utc
      let expression = try TimeExpression(text)
      let reference = view.isInList ? view.drill?.event?.time : nil
      let context = TimeContext(
        reference: reference ?? view.cursorTime, range: span, now: now, zone: zone)
      guard let time = expression.resolved(in: context) else {
        view.notice = Notice("'\(text)' names no time here: there is no data yet", .caution)
        return
      }
      if view.isInList { return goToTimeInList(time, &view) }
      view.cursorTime = time
      stopFollowing(&view)
      revealCursor(&view)
    } catch {
      reopenPrompt(.goTime, text, complaint: "\(error.description)", &view)
    }
  }
}

// MARK: - Jumps to what matters

extension SessionState {
  /// The cell on screen with the most severity-weighted events; the earliest, then the topmost of equals.
  func goToWorst(_ view: inout ViewState) {
    let columns = view.window.columns(plotColumnCount(view))
    let rows = rows(of: view)
    guard let worst = worstCell(columns, rows) else {
      if view.hasActed { view.notice = Notice("nothing on screen", .caution) }
      return
    }
    stopFollowing(&view)
    view.cursorTime = columns.edge(worst.column)
    view.cursorRow = rows[worst.row].key
    view.cursorSeverity = Severity.allCases.last { worst.counts[$0] > 0 } ?? view.cursorSeverity
    keepCursorVisible(&view)
  }

  /// Rows that are looked at cell by cell together.
  private static let worstRowCount = 64

  private func worstCell(
    _ columns: TimeColumns, _ rows: [ServiceRow]
  ) -> (column: Int, row: Int, counts: SeverityCounts)? {
    let weights = severityCounts(of: rows, in: columns.range).map { $0.weighted(configuration.weights) }
    let heaviestFirst = rows.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
    var worst = (column: 0, row: 0, counts: SeverityCounts())
    var worstWeight: UInt64 = 0
    for start in stride(from: 0, to: rows.count, by: Self.worstRowCount) {
      // No cell weighs more than its row.
      guard weights[heaviestFirst[start]] >= worstWeight else { break }
      let some = heaviestFirst[start..<min(start + Self.worstRowCount, rows.count)]
      let counts = clippedCounts(query(columns, rows: some.map { rows[$0] }))
      for (index, row) in some.enumerated() {
        for column in 0..<columns.count {
          let cell = SeverityCounts(counts, row: index, column: column)
          let weight = cell.weighted(configuration.weights)
          let (mine, most) = ((weight, cell.total), (worstWeight, worst.counts.total))
          guard mine > most || mine == most && (column, row) < (worst.column, worst.row) else { continue }
          worst = (column, row, cell)
          worstWeight = weight
        }
      }
    }
    return worst.counts.total > 0 ? worst : nil
  }

  /// The next (or previous) column, at this width, in which any row has an error; the row with the most of them.
  func goToError(_ view: inout ViewState, isForward: Bool) {
    guard view.focus != .events, view.focus != .event else {
      goToErrorInList(&view, isForward: isForward)
      return
    }
    guard let column = errorColumn(from: view, isForward: isForward) else {
      view.notice = Notice(isForward ? "no later error" : "no earlier error", .caution)
      return
    }
    let rows = rows(of: view)
    let counts = clippedCounts(query(column, rows: rows))
    let errors = rows.indices.map { SeverityCounts(counts, row: $0, column: 0).errors }
    view.cursorTime = column.start
    if let most = errors.max(), most > 0, let row = errors.firstIndex(of: most) {
      view.cursorRow = rows[row].key
      let cell = SeverityCounts(counts, row: row, column: 0)
      view.cursorSeverity = cell[.fatal] > 0 ? .fatal : .error
    }
    stopFollowing(&view)
    revealCursor(&view)
  }

  /// The column of the next (or previous) error outside the cursor's own column.
  private func errorColumn(from view: ViewState, isForward: Bool) -> TimeColumns? {
    guard let span else { return nil }
    let severities = dice.severities.intersection(.atLeast(.error))
    let services = queryOfAllServices(view.window.columns(1)).rowOfService
    let cell = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs).columns(1).range
    let found =
      isForward
      ? matrix.nextEvent(
        after: max(cell.end, span.start).advanced(byNanoseconds: -1), rowOfService: services,
        severities: severities)
      : matrix.previousEvent(
        before: min(cell.start, span.end), rowOfService: services, severities: severities)
    guard let found, span.contains(found) else { return nil }
    return TimeWindow(start: found, widthNs: view.window.widthNs).columns(1)
  }
}
