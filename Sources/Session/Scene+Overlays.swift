import EventModel
import SceneGraph

// MARK: - Palette, prompts, which-key, help

extension SessionState {
  func overlays(_ view: ViewState) -> [Pane] {
    var panes: [Pane] = []
    if let overlay = view.overlay { panes.append(textOverlay(view, overlay)) }
    if let prompt = view.prompt { panes.append(promptPane(view, prompt)) }
    if !view.pendingKeys.isEmpty { panes.append(whichKeyPane(view)) }
    return panes
  }

  private func textOverlay(_ view: ViewState, _ overlay: Overlay) -> Pane {
    let lines = overlayLines(view)
    let title: SafeText
    let first: Int
    switch overlay {
    case .help(let firstLine): (title, first) = ("keys and commands", firstLine)
    case .sources(let firstLine): (title, first) = ("sources", firstLine)
    case .training(let firstLine): (title, first) = ("training", firstLine)
    case .handover(let firstLine): (title, first) = ("hand-over (\(keyLabel(.copy)) copies)", firstLine)
    }
    let columns = overlayColumnCount(view, atMost: 100)
    let rows = min(view.extent.rows, overlayRowCount(view) + 2)
    var pane = Pane(
      id: "overlay", kind: .overlay,
      frame: GridRect(
        column: (view.extent.columns - columns) / 2, row: max(0, (view.extent.rows - rows) / 2),
        columns: columns,
        rows: rows), title: [TextRun(title, .titleFocused)], isFocused: true)
    let last = min(first + overlayRowCount(view), lines.count)
    if lines.count > overlayRowCount(view) {
      pane.title.append(TextRun("  \(first + 1)-\(last) of \(lines.count)", .muted))
    }
    let shown = Array(lines[min(first, lines.count)..<last])
    pane.nodes = [
      .text(TextBlock(id: "overlay.text", frame: pane.content, lines: shown, background: .overlay))
    ]
    return pane
  }

  /// Leaves a column free on both sides where there are some to spare.
  private func overlayColumnCount(_ view: ViewState, atMost limit: Int) -> Int {
    min(view.extent.columns > 30 ? view.extent.columns - 2 : view.extent.columns, limit)
  }

  func overlayRowCount(_ view: ViewState) -> Int {
    max(1, min(overlayLines(view).count, view.extent.rows - 4))
  }

  func overlayLines(_ view: ViewState) -> [TextLine] {
    switch view.overlay {
    case .help: helpLines()
    case .sources: sourceLines(width: overlayColumnCount(view, atMost: 100) - 2)
    case .handover:
      handoverLines(view).flatMap { wrapped($0, width: max(1, overlayColumnCount(view, atMost: 100) - 2)) }
        .map { [TextRun($0, .text)] }
    case .training:
      trainingLines(view).flatMap { wrapped($0, width: max(1, overlayColumnCount(view, atMost: 100) - 2)) }
        .map { [TextRun($0, .text)] }
    case nil: []
    }
  }

  private func helpLines() -> [TextLine] {
    let groups: [(String, [CommandSpec])] = CommandTable.groups
    var lines: [TextLine] = []
    for (title, specs) in groups {
      if !lines.isEmpty { lines.append([]) }
      lines.append([TextRun("\(title)", .title)])
      for spec in specs {
        let keys = (configuration.keys[spec.name] ?? []).joined(separator: "  ")
        lines.append([
          TextRun("  " + SafeText(keys.isEmpty ? ":" : keys).padded(toWidth: 18), .key),
          TextRun("\(spec.title)", .text),
        ])
      }
    }
    lines.append([])
    lines.append([TextRun("How to read the screen", .title)])
    for words in [
      "  A cell is what happened in one column of time: brighter = more, on a logarithmic scale.",
      "  Red cells hold errors, by their number; amber ones are shaped by warnings.",
      "  A dot is zero: nothing happened. Blank is no data: outside the source's first and last event.",
      "  Dashes are a gap: a named hole in what could be read. [ ] is the cursor.",
      "  Without colours: . + # (or shaded blocks) is amount, w W M warnings, e E X errors, from few to many.",
      "  A letter on a cell is a mark, a number a note; & where there are several.",
      "  In words (--a11y, --plain): 41E is 41 errors, 3W 3 warnings, a bare number all events; 0 is zero.",
      "  'Scale to N' in the title: N events in a cell are the top of the ramp.",
      "  The headline speaks of all that is not restricted away: services whose errors rise clearly above their usual",
      "  (the median of 48 stretches of time, and how far they stray from it), the earliest first.",
      "  Filters: a word matches in any case until it has a capital; -15m in 'go to time' counts from the cursor.",
    ] { lines.append([TextRun("\(words)", .text)]) }
    return lines
  }

  func sourceLines(width: Int) -> [TextLine] {
    if data.sources.isEmpty { return [[TextRun("no source is open", .muted)]] }
    var lines: [TextLine] = []
    for source in data.sources {
      lines.append([TextRun(SafeText(source.name), .strong), TextRun("  \(source.layout)", .key)])
      lines.append([
        TextRun(
          "  \(grouped(UInt64(source.eventCount))) events, \(source.withoutTimeCount) without time, \(source.unparsableCount) unparsable",
          .muted)
      ])
      for problem in source.problems {
        lines += wrapped(SafeText(problem), width: max(1, width - 2)).map { [TextRun("  " + $0, .caution)] }
      }
    }
    return lines
  }

  private func promptPane(_ view: ViewState, _ prompt: Prompt) -> Pane {
    let entries = promptEntries(view)
    let columns = overlayColumnCount(view, atMost: 84)
    let listRows = min(entries.count, max(0, min(14, view.extent.rows - 6)))
    let complaint = prompt.complaint.map { wrapped($0, width: max(1, columns - 2)) } ?? []
    let rows = min(view.extent.rows, 3 + listRows + complaint.count)
    var pane = Pane(
      id: "prompt", kind: .overlay,
      frame: GridRect(
        column: (view.extent.columns - columns) / 2, row: min(3, view.extent.rows - rows),
        columns: columns,
        rows: rows), title: [TextRun(promptTitle(prompt), .titleFocused)], isFocused: true)
    let inner = pane.content
    var lines: [TextLine] = [
      [TextRun("> ", .key), TextRun("\(prompt.text)", .strong), TextRun("_", .cursor)]
    ]
    lines += complaint.map { [TextRun($0, .bad)] }
    let lineRows = min(lines.count, inner.rows)
    pane.nodes.append(
      .text(
        TextBlock(
          id: "prompt.line",
          frame: GridRect(column: inner.column, row: inner.row, columns: inner.columns, rows: lineRows),
          lines: lines, background: .overlay)))
    if listRows > 0 {
      let first = max(0, min(prompt.choice - listRows + 1, entries.count - listRows))
      let detailWidth = min(20, inner.columns / 3)
      let shown = entries[first..<first + listRows].map {
        Table.Row(cells: [
          [TextRun($0.title.truncated(toWidth: max(1, inner.columns - detailWidth - 1)), .text)],
          [TextRun($0.detail, .key)],
        ])
      }
      pane.nodes.append(
        .table(
          Table(
            id: "prompt.list",
            frame: GridRect(
              column: inner.column, row: inner.row + lineRows, columns: inner.columns,
              rows: max(0, inner.rows - lineRows)),
            columns: [
              Table.Column(title: "", width: max(0, inner.columns - detailWidth - 1)),
              Table.Column(title: "", width: detailWidth),
            ], rows: shown, firstRow: first, totalRowCount: entries.count, cursorRow: prompt.choice - first,
            showsTitles: false)))
    }
    return pane
  }

  private func promptTitle(_ prompt: Prompt) -> SafeText {
    switch prompt.purpose {
    case .palette: return "commands"
    case .argument(let name), .character(let name):
      switch CommandTable.spec(name).argument {
      case .text(let words), .character(let words): return "\(words)"
      case nil: return "\(name.rawValue)"
      }
    }
  }

  private func whichKeyPane(_ view: ViewState) -> Pane {
    let width = view.pendingKeys.reduce(10) { max($0, $1.stroke.count + $1.title.count + 3) }
    let columns = min(view.extent.columns, width + 3)
    let rows = min(view.extent.rows, view.pendingKeys.count + 2)
    var pane = Pane(
      id: "which-key", kind: .overlay,
      frame: GridRect(
        column: view.extent.columns - columns, row: max(0, view.extent.rows - rows - 2), columns: columns,
        rows: rows),
      title: [TextRun("keys", .titleFocused)], isFocused: true)
    let lines: [TextLine] = view.pendingKeys.map {
      [TextRun(SafeText($0.stroke).padded(toWidth: 6), .key), TextRun("\($0.title)", .text)]
    }
    pane.nodes = [
      .text(TextBlock(id: "which-key.text", frame: pane.content, lines: lines, background: .overlay))
    ]
    return pane
  }
}
