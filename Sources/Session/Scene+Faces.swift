import EventMatrix
import EventModel
import SceneGraph

// MARK: - The three faces

extension SessionState {
  func timeServicePane(_ view: ViewState, _ frame: ViewLayout.FaceFrame) -> Pane {
    let shown = shownRows(of: view)
    let visible = Array(shown.rows.dropFirst(view.firstRow).prefix(frame.grid.rows))
    let columns = view.window.columns(frame.columnCount)
    var values = cellValues(columns, visible, view)
    if view.form == .words { values.labels = labelsInWords(values) }
    let grid = cellGrid("matrix.grid", frame, values, columns: columns.count, rows: visible.count)
    let hiddenCount = servicesInDice.count - shown.serviceCount
    let severities = severityCounts(of: visible, in: columns.range)
    let affixes = labelling(view, width: view.extent.columns).affixes
    var labels = rowTicks(visible, severities, width: frame.labels.columns - 1, without: affixes, view)
    if hiddenCount > 0, labels.count < frame.labels.rows {
      let words: SafeText =
        view.hidesQuiet ? "\(hiddenCount) quiet (\(keyLabel(.hideQuiet)))" : "\(hiddenCount) no match"
      labels.append(Axis.Tick(offset: labels.count, label: [TextRun(words, .muted)]))
    }
    let corner = GridRect(
      column: frame.labels.column, row: frame.axis.row, columns: frame.labels.columns, rows: frame.axis.rows)
    let pattern =
      affixes.map { [TextRun($0.pattern.truncated(toWidth: max(0, corner.columns - 1)), .muted)] } ?? []
    var nodes: [Node] = [
      .axis(timeAxis(view, frame)), .text(TextBlock(id: "matrix.affixes", frame: corner, lines: [pattern])),
      .axis(Axis(id: "matrix.rows", frame: frame.labels, edge: .vertical, ticks: labels)),
      .cellGrid(grid),
    ]
    nodes += markers(on: grid, face: .timeService, view, columns: columns, rows: visible)
    let last = view.firstRow + visible.count
    let scroll: SafeText =
      shown.rows.count > frame.grid.rows
      ? "  rows \(view.firstRow + 1)-\(last) of \(shown.rows.count)" : .empty
    let title = title(view, frame, words: "1 time x service", values, scroll: scroll)
    return Pane(
      id: "matrix", kind: .framed, frame: frame.pane, title: title,
      isFocused: view.focus == .face(.timeService), nodes: nodes)
  }

  func timeSeverityPane(_ view: ViewState, _ frame: ViewLayout.FaceFrame) -> Pane {
    let severities = severityRows(view)
    let columns = view.window.columns(frame.columnCount)
    var values = severityRowValues(columns, severities, view)
    if view.form == .words { values.labels = labelsInWords(values) }
    let grid = cellGrid("severities.grid", frame, values, columns: columns.count, rows: severities.count)
    let labels = severities.enumerated().map { offset, severity in
      Axis.Tick(offset: offset, label: [TextRun("\(severity.name)", .severity(severity.name))])
    }
    var nodes: [Node] = [
      .axis(Axis(id: "severities.rows", frame: frame.labels, edge: .vertical, ticks: labels)),
      .cellGrid(grid),
    ]
    if !frame.axis.isEmpty { nodes.append(.axis(timeAxis(view, frame))) }
    nodes += severityMarkers(on: grid, view, columns: columns, severities: severities)
    return Pane(
      id: "severities", kind: .framed, frame: frame.pane,
      title: title(view, frame, words: "2 time x severity", values),
      isFocused: view.focus == .face(.timeSeverity), nodes: nodes)
  }

  func serviceSeverityPane(_ view: ViewState, _ frame: ViewLayout.FaceFrame) -> Pane {
    let severities = totalsSeverities(view)
    let visible = Array(rows(of: view).dropFirst(view.firstRow).prefix(frame.grid.rows))
    let counts = severityCounts(of: visible, in: shownRange(view))
    var values = serviceSeverityValues(counts, severities, view)
    if view.form == .words { values.labels = values.labels.map { $0.isEmpty ? "0" : $0 } }
    let grid = cellGrid("totals.grid", frame, values, columns: severities.count, rows: visible.count)
    let ticks = severities.enumerated().map { column, severity in
      Axis.Tick(
        offset: column * frame.cellColumns,
        label: [
          TextRun(SafeText(columnTitle(severity, width: frame.cellColumns - 1)), .severity(severity.name))
        ])
    }
    var nodes: [Node] = [
      .axis(Axis(id: "totals.columns", frame: frame.axis, edge: .horizontal, ticks: ticks)), .cellGrid(grid),
    ]
    if !frame.labels.isEmpty {
      let affixes = labelling(view, width: view.extent.columns).affixes
      let labels = rowTicks(visible, counts, width: frame.labels.columns - 1, without: affixes, view)
      nodes.append(.axis(Axis(id: "totals.rows", frame: frame.labels, edge: .vertical, ticks: labels)))
    }
    nodes += totalsMarkers(on: grid, view, rows: visible, severities: severities)
    if let card = cardBlock(view, frame) { nodes.append(.text(card)) }
    let isNarrowed = view.selection?.range != nil
    return Pane(
      id: "totals", kind: .framed, frame: frame.pane,
      title: [
        TextRun(
          isNarrowed ? "3 in the selection" : "3 service x severity",
          view.focus == .face(.serviceSeverity) ? .titleFocused : .title)
      ],
      isFocused: view.focus == .face(.serviceSeverity), nodes: nodes)
  }

  private func title(
    _ view: ViewState, _ frame: ViewLayout.FaceFrame, words: SafeText, _ values: CellValues,
    scroll: SafeText = .empty
  ) -> TextLine {
    let times = timeText(for: view)
    let start = view.window.columns(plotColumnCount(view)).start
    let name = TextRun(words, view.focus == .face(frame.face) ? .titleFocused : .title)
    guard frame.face == .timeService || view.singleFace != nil else { return [name] }
    let width = ZoomLadder.label(view.window.widthNs)
    var parts: [SafeText] = [
      "  \(width)/column \(times.zoneLabel(at: start))", "  \(times.date(start))", scroll,
    ]
    if frame.face == .timeService, let outside = outsideNote(view) { parts.insert(outside, at: 0) }
    if view.lens != .rate { parts.append("  scale to \(aboutSign)\(compact(values.scale))") }
    return fitting([[name]] + parts.map { [TextRun($0, .muted)] }, width: frame.pane.columns - 6)
  }

  private func rowTicks(
    _ rows: [ServiceRow], _ counts: [SeverityCounts], width: Int, without affixes: SharedAffixes?,
    _ view: ViewState
  ) -> [Axis.Tick] {
    rows.indices.map { index in
      let role = labelRole(counts[index])
      let letter: SafeText = view.form == .words ? Self.letter(of: role) : .empty
      // Long paths keep their end, where they differ.
      let label = rowLabel(rows[index], without: affixes).keepingEnd(
        toWidth: max(1, width - letter.displayWidth))
      return Axis.Tick(offset: index, label: [TextRun(letter + label, role)])
    }
  }

  /// Where events lie so far away from all others that the fitted window leaves them out.
  private func outsideNote(_ view: ViewState) -> SafeText? {
    let count = facts.outlierCount
    guard count > 0, let span, let bulk else { return nil }
    let earlier = span.start < bulk.start ? keyLabel(.goStart) : ""
    let later = span.end > bulk.end ? keyLabel(.goEnd) : ""
    let keys = [earlier, later].filter { !$0.isEmpty }.joined(separator: " ")
    return "  \(counted(count, "event")) far outside (\(keys))"
  }

  private func labelRole(_ counts: SeverityCounts) -> Role {
    if counts[.fatal] > 0 { return .severity("fatal") }
    if counts[.error] > 0 { return .severity("error") }
    if counts[.warn] > 0 { return .severity("warn") }
    return counts.total > 0 ? .text : .muted
  }

  /// Says the same as the colour of a label.
  private static func letter(of role: Role) -> SafeText {
    switch role {
    case .severity("fatal"): "F "
    case .severity("error"): "E "
    case .severity("warn"): "W "
    default: "  "
    }
  }

  private func timeAxis(_ view: ViewState, _ frame: ViewLayout.FaceFrame) -> Axis {
    if view.form == .words {
      return Axis(
        id: frame.face == .timeService ? "matrix.time" : "severities.time", frame: frame.axis,
        edge: .horizontal, ticks: wordTicks(view, columns: view.window.columns(frame.columnCount)))
    }
    let times = timeText(for: view)
    let gap = view.window.widthNs < 1_000_000_000 ? 14 : 10
    let ticks = times.ticks(view.window.columns(frame.axis.columns), minimumGap: gap).map {
      Axis.Tick(offset: $0.column, label: [TextRun("\($0.label)", .axis)])
    }
    return Axis(
      id: frame.face == .timeService ? "matrix.time" : "severities.time", frame: frame.axis,
      edge: .horizontal, ticks: ticks)
  }

  private func columnTitle(_ severity: Severity, width: Int) -> String {
    severity.name.count <= width ? severity.name : String(severity.name.prefix(min(3, max(0, width))))
  }

  /// The rows of face 2, worst first: as many as fit, the cursor's among them.
  func severityRows(_ view: ViewState) -> [Severity] {
    let all = shownSeverities
    let rowCount = layout(of: view).frame(of: .timeSeverity)?.grid.rows ?? all.count
    let cursor = all.firstIndex(of: view.cursorSeverity) ?? 0
    return Array(all.dropFirst(max(0, cursor - rowCount + 1)).prefix(rowCount))
  }

  /// The columns of face 3, worst last: as many as fit, the cursor's among them.
  func totalsSeverities(_ view: ViewState) -> [Severity] {
    let all = shownSeverities
    let frame = layout(of: view).frame(of: .serviceSeverity)
    let columnCount = frame.map { $0.grid.columns / $0.cellColumns } ?? all.count
    let cursor = all.firstIndex(of: view.cursorSeverity) ?? 0
    return all.dropFirst(max(0, cursor - columnCount + 1)).prefix(columnCount).reversed()
  }

  /// The time that face 3 sums over: the selection's, else what is on screen.
  func shownRange(_ view: ViewState) -> TimeRange {
    view.selection?.range ?? view.window.columns(plotColumnCount(view)).range
  }

  private func cellGrid(
    _ id: NodeID, _ frame: ViewLayout.FaceFrame, _ values: CellValues, columns: Int, rows: Int
  ) -> CellGrid {
    CellGrid(
      id: id, frame: frame.grid, columns: columns, rows: rows, cellColumns: frame.cellColumns,
      presence: values.presence, intensity: values.intensity, tone: values.tone, counts: values.counts,
      labels: values.labels)
  }

  /// The cell under the cursor by severity, below face 3 where there is room.
  private func cardBlock(_ view: ViewState, _ frame: ViewLayout.FaceFrame) -> TextBlock? {
    let top = frame.grid.endRow + 1
    let bottom = frame.pane.endRow - 1
    guard bottom - top >= 3 else { return nil }
    let view = view.detailed
    let rows = rows(of: view)
    guard let index = rowIndex(view) else { return nil }
    let cell = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs)
    let now = severityCounts(of: [rows[index]], in: cell.columns(1).range)[0]
    let before = severityCounts(of: [rows[index]], in: cell.shifted(byColumns: -1).columns(1).range)[0]
    let width = frame.pane.columns - 4
    let times = timeText(for: view)
    var lines: [TextLine] = [
      [TextRun(rowLabel(rows[index]).keepingEnd(toWidth: width), .strong)],
      fitting(
        [[TextRun(times.rangeLabel(cell.columns(1).range), .muted)], [TextRun("   now / before", .muted)]],
        width: width),
    ]
    for severity in shownSeverities.prefix(bottom - top - 2) {
      lines.append([
        TextRun(SafeText(severity.name).padded(toWidth: 9), .severity(severity.name)),
        TextRun(
          "\(grouped(now[severity])) / \(grouped(before[severity]))", now[severity] > 0 ? .text : .muted),
      ])
    }
    return TextBlock(
      id: "totals.card",
      frame: GridRect(column: frame.pane.column + 2, row: top, columns: width, rows: bottom - top),
      lines: lines)
  }
}

// MARK: - Markers

extension SessionState {
  private func markers(
    on grid: CellGrid, face: Face, _ view: ViewState, columns: TimeColumns, rows: [ServiceRow]
  ) -> [Node] {
    var nodes: [Node] = []
    let all = GridRect(column: 0, row: 0, columns: grid.columns, rows: grid.rows)
    if let selection = view.selection {
      let rect = selectionRect(selection, view, columns: columns, rows: rows).intersection(all)
      if !rect.isEmpty {
        nodes.append(.marker(Marker(id: "matrix.selection", kind: .selection, grid: grid.id, cells: rect)))
      }
    }
    for mark in marks {
      guard let at = mark.link.place, let row = rows.firstIndex(where: { $0.key.path == at.service }) else {
        continue
      }
      let rect = GridRect(column: view.window.column(of: at.time), row: row, columns: 1, rows: 1)
        .intersection(all)
      guard !rect.isEmpty else { continue }
      nodes.append(
        .marker(
          Marker(
            id: NodeID(rawValue: "matrix.mark.\(mark.letter)"), kind: .bookmark, grid: grid.id, cells: rect,
            label: "\(String(mark.letter))")))
    }
    nodes += noteMarkers(on: grid, view, rows: rows)
    for other in views where other.id != view.id {
      let column = view.window.column(of: other.cursorTime)
      guard (0..<grid.columns).contains(column),
        let row = rows.firstIndex(where: { $0.key == other.cursorRow })
      else { continue }
      nodes.append(
        .marker(
          Marker(
            id: NodeID(rawValue: "matrix.view.\(other.id.rawValue)"), kind: .otherCursor, grid: grid.id,
            cells: GridRect(column: column, row: row, columns: 1, rows: 1))))
    }
    let cursor = view.cursorView(of: face)
    if let index = rows.firstIndex(where: { $0.key == cursor.cursorRow }) {
      nodes += cursorMarker(on: grid, column: column(cursor), row: index)
    }
    return nodes
  }

  private func selectionRect(
    _ selection: Selection, _ view: ViewState, columns: TimeColumns, rows: [ServiceRow]
  ) -> GridRect {
    var firstColumn = 0
    var endColumn = columns.count
    if let range = selection.range {
      firstColumn = min(max(view.window.column(of: range.start), 0), columns.count)
      endColumn = min(
        max(view.window.column(of: range.end.advanced(byNanoseconds: -1)) + 1, firstColumn), columns.count)
    }
    var firstRow = 0
    var endRow = rows.count
    if let keys = selection.rows {
      let inside = rows.indices.filter { keys.contains(rows[$0].key) }
      firstRow = inside.first ?? 0
      endRow = (inside.last ?? -1) + 1
    }
    return GridRect(
      column: firstColumn, row: firstRow, columns: endColumn - firstColumn, rows: max(0, endRow - firstRow))
  }

  private func severityMarkers(
    on grid: CellGrid, _ view: ViewState, columns: TimeColumns, severities: [Severity]
  ) -> [Node] {
    var nodes: [Node] = []
    if let selection = view.selection {
      let inside = severities.indices.filter { selection.severities.contains(severities[$0]) }
      let time = selectionRect(selection, view, columns: columns, rows: [])
      if let first = inside.first, let last = inside.last, time.columns > 0 {
        let rect = GridRect(column: time.column, row: first, columns: time.columns, rows: last - first + 1)
        nodes.append(
          .marker(Marker(id: "severities.selection", kind: .selection, grid: grid.id, cells: rect)))
      }
    }
    let cursor = view.cursorView(of: .timeSeverity)
    if let row = severities.firstIndex(of: cursor.cursorSeverity) {
      nodes += cursorMarker(on: grid, column: column(cursor), row: row)
    }
    return nodes
  }

  private func totalsMarkers(
    on grid: CellGrid, _ view: ViewState, rows: [ServiceRow], severities: [Severity]
  ) -> [Node] {
    let cursor = view.cursorView(of: .serviceSeverity)
    guard let row = rows.firstIndex(where: { $0.key == cursor.cursorRow }),
      let column = severities.firstIndex(of: cursor.cursorSeverity)
    else { return [] }
    return cursorMarker(on: grid, column: column, row: row)
  }

  private func cursorMarker(on grid: CellGrid, column: Int, row: Int) -> [Node] {
    guard (0..<grid.columns).contains(column), (0..<grid.rows).contains(row) else { return [] }
    return [
      .marker(
        Marker(
          id: NodeID(rawValue: grid.id.rawValue + ".cursor"), kind: .cursor, grid: grid.id,
          cells: GridRect(column: column, row: row, columns: 1, rows: 1)))
    ]
  }
}
