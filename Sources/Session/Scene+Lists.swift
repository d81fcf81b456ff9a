import EventModel
import SceneGraph

// MARK: - Events and one event

extension SessionState {
  func eventsPane(_ view: ViewState, _ frame: GridRect) -> Pane {
    let isFocused = view.focus == .events
    var title: TextLine = [TextRun("events", isFocused ? .titleFocused : .title)]
    guard let drill = view.drill else { return Pane(id: "events", kind: .framed, frame: frame, title: title) }
    title = fitting(
      [
        title, [TextRun("  \(drill.title)", .strong)], [TextRun("  \(eventCountLabel(drill))", .muted)],
      ], width: frame.columns - 6)
    let inner = Pane(id: "events", kind: .framed, frame: frame).content
    let visibleCount = max(0, inner.rows)
    let visible = drill.events.dropFirst(drill.firstRow).prefix(visibleCount)
    let times = timeText(for: view)
    let showsService = Set(drill.events.prefix(1000).map(\.service)).count > 1
    let serviceWidth = min(24, max(8, inner.columns / 6))
    var columns = [
      Table.Column(title: "time", width: 12), Table.Column(title: "severity", width: 7),
      Table.Column(title: "message", width: max(0, inner.columns - 21)),
    ]
    if showsService { columns.insert(Table.Column(title: "service", width: serviceWidth), at: 2) }
    let rows = visible.map { event -> Table.Row in
      var cells: [TextLine] = [
        [TextRun("\(times.clock(event.time))", .muted)],
        [TextRun("\(event.severity.name)", .severity(event.severity.name))],
        [TextRun(SafeText(event.message, byteLimit: 1024), .text)],
      ]
      if showsService {
        let name = SafeText(data.services[event.service], byteLimit: 120).keepingEnd(toWidth: serviceWidth)
        cells.insert([TextRun(name, .text)], at: 2)
      }
      return Table.Row(cells: cells)
    }
    var nodes: [Node] = []
    if rows.isEmpty {
      let words: SafeText = drill.requestID != nil ? "reading..." : "no events here"
      let lines = [[TextRun(words, .muted)]] + problemLines(drill)
      nodes.append(.text(TextBlock(id: "events.empty", frame: inner, lines: lines)))
    } else {
      if let problem = drill.problems.first { title.append(TextRun("  \(problem)", .caution)) }
      nodes.append(
        .table(
          Table(
            id: "events.table", frame: inner, columns: columns, rows: rows, firstRow: drill.firstRow,
            totalRowCount: drill.events.count,
            cursorRow: visible.indices.contains(drill.cursor) ? drill.cursor - drill.firstRow : nil,
            showsTitles: false)))
    }
    return Pane(id: "events", kind: .framed, frame: frame, title: title, isFocused: isFocused, nodes: nodes)
  }

  private func eventCountLabel(_ drill: Drill) -> String {
    if drill.requestID != nil, drill.events.isEmpty { return "\(told(drill.count)) counted" }
    let position = drill.events.isEmpty ? 0 : drill.cursor + 1
    if drill.hasEarlier {
      let of = drill.count > 0 ? " of \(told(drill.count))" : ""
      return "\(grouped(UInt64(position))) of the last \(grouped(UInt64(drill.events.count)))\(of)"
    }
    return "\(grouped(UInt64(position))) of \(grouped(UInt64(drill.events.count)))"
  }

  private func problemLines(_ drill: Drill) -> [TextLine] {
    drill.problems.map { [TextRun(SafeText($0), .caution)] }
  }

  func eventPane(_ view: ViewState, _ frame: GridRect) -> Pane {
    let isFocused = view.focus == .event
    var pane = Pane(
      id: "event", kind: .framed, frame: frame, title: [TextRun("event", isFocused ? .titleFocused : .title)],
      isFocused: isFocused)
    guard let drill = view.drill, let event = drill.event else { return pane }
    pane.title.append(TextRun("  \(drill.cursor + 1) of \(drill.events.count)", .muted))
    let inner = pane.content
    let fields = fieldLines(event, view)
    let nameWidth = min(24, fields.reduce(8) { max($0, min(24, $1.name.displayWidth)) })
    let full = fullText(
      fields, at: drill.fieldCursor, event, valueWidth: inner.columns - nameWidth - 1, inner)
    let fullRows = full.map { min($0.lines.count + 1, max(inner.rows / 2, inner.rows - fields.count)) } ?? 0
    let tableFrame = GridRect(
      column: inner.column, row: inner.row, columns: inner.columns, rows: inner.rows - fullRows)
    let firstField = min(drill.firstField, max(0, drill.fieldCursor))
    let shift = max(0, drill.fieldCursor - firstField - tableFrame.rows + 1)
    let first = firstField + shift
    let rows = fields.dropFirst(first).prefix(tableFrame.rows).map { field in
      Table.Row(cells: [
        [TextRun(field.name.truncated(toWidth: nameWidth), .muted)], [TextRun(field.value, field.role)],
      ])
    }
    pane.nodes.append(
      .table(
        Table(
          id: "event.table", frame: tableFrame,
          columns: [
            Table.Column(title: "field", width: nameWidth),
            Table.Column(title: "value", width: max(0, inner.columns - nameWidth - 1)),
          ], rows: Array(rows), firstRow: first, totalRowCount: fields.count,
          cursorRow: isFocused && !rows.isEmpty ? drill.fieldCursor - first : nil, showsTitles: false)))
    if let full, fullRows > 0 {
      let shown = full.lines.prefix(fullRows - 1)
      let hidden = full.lines.count - shown.count
      let title: SafeText =
        full.name + (hidden > 0 ? ":  (\(counted(UInt64(hidden), "line")) more; y copies all)" : ":")
      pane.nodes.append(
        .text(
          TextBlock(
            id: "event.full",
            frame: GridRect(
              column: inner.column, row: tableFrame.endRow, columns: inner.columns, rows: fullRows),
            lines: [[TextRun(title, .muted)]] + shown.map { [TextRun($0, .text)] })))
    }
    return pane
  }

  /// What its line cannot hold, with its own line breaks: the field under the cursor, else the message.
  private func fullText(
    _ fields: [(name: SafeText, value: SafeText, role: Role)], at cursor: Int, _ event: Event,
    valueWidth: Int,
    _ inner: GridRect
  ) -> (name: SafeText, lines: [SafeText])? {
    guard inner.rows >= 6 else { return nil }
    let own =
      event.fields.indices.contains(cursor - EventFields.fixedCount)
      ? event.fields[cursor - EventFields.fixedCount]
      : EventField(name: ForeignText("message"), value: event.message)
    let needsBlock = { (field: EventField) in
      field.value.bytes.contains(UInt8(ascii: "\n")) || SafeText(field.value).displayWidth > valueWidth
    }
    let message = EventField(name: ForeignText("message"), value: event.message)
    guard let field = [own, message].first(where: needsBlock) else { return nil }
    let lines = field.value.bytes.prefix(65_536).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    )
    .prefix(1000).flatMap { wrapped(SafeText(ForeignText($0)), width: max(1, inner.columns)) }
    return (SafeText(field.name), lines)
  }

  /// The event as names and values: `EventFields.fixedCount` of ours, then its own.
  func fieldLines(_ event: Event, _ view: ViewState) -> [(
    name: SafeText, value: SafeText, role: Role
  )] {
    let times = timeText(for: view)
    let source = data.sources.first { $0.id == event.position.source }
    let origin: SafeText =
      switch event.timeOrigin {
      case .record: ""
      case .previousEvent: "  (the record has no time: that of the event before)"
      case .source: "  (no record has a time: that of the file)"
      }
    var lines: [(SafeText, SafeText, Role)] = [
      ("time", "\(times.full(event.time)) \(times.zoneLabel(at: event.time))" + origin, .text),
      ("service", SafeText(data.services[event.service]), .strong),
      ("severity", "\(event.severity.name)", .severity(event.severity.name)),
      ("message", SafeText(event.message), .text),
      (
        "source",
        "\(source?.name ?? .empty) at byte \(event.position.byteOffset), \(event.trust.name)", .muted
      ),
    ]
    lines += event.fields.map { (SafeText($0.name), SafeText($0.value), Role.text) }
    return lines
  }
}

/// `text` in lines of at most `width` columns, broken at a space where there is one in the second half of the line.
func wrapped(_ text: SafeText, width: Int) -> [SafeText] {
  var lines: [SafeText] = []
  var line: [Character] = []
  var lineWidth = 0
  for character in text.string {
    let characterWidth = displayWidth(of: character)
    if lineWidth + characterWidth > width, !line.isEmpty {
      let space = line.lastIndex(of: " ").flatMap { $0 > line.count / 2 ? $0 : nil }
      let end = character == " " ? line.count : space ?? line.count
      lines.append(SafeText(String(line[..<end])))
      line.removeFirst(min(line.count, end == line.count ? end : end + 1))
      lineWidth = line.reduce(0) { $0 + displayWidth(of: $1) }
      if character == " ", line.isEmpty { continue }
    }
    line.append(character)
    lineWidth += characterWidth
  }
  if !line.isEmpty || lines.isEmpty { lines.append(SafeText(String(line))) }
  return lines
}

extension SafeText {
  /// At most `width` columns, cut at the front, where long paths agree.
  func keepingEnd(toWidth width: Int) -> SafeText {
    guard displayWidth > width, width > 0 else { return self }
    var kept: [Character] = []
    var keptWidth = 1
    for character in string.reversed() {
      let characterWidth = SceneGraph.displayWidth(of: character)
      guard keptWidth + characterWidth <= width else { break }
      kept.append(character)
      keptWidth += characterWidth
    }
    return SafeText.ellipsis + SafeText(String(kept.reversed()))
  }
}
