import EventMatrix
import EventModel
public import SceneGraph

extension SessionState {
  /// What the view shows now. A pure function of the state; O(what is on screen).
  public func scene(for id: ViewID) -> Scene? {
    guard let view = view(id) else { return nil }
    let layout = layout(of: view)
    var panes = [headerPane(view, layout)]
    for frame in layout.faces {
      switch frame.face {
      case .timeService: panes.append(timeServicePane(view, frame))
      case .timeSeverity: panes.append(timeSeverityPane(view, frame))
      case .serviceSeverity: panes.append(serviceSeverityPane(view, frame))
      }
    }
    if let frame = layout.events { panes.append(eventsPane(view, frame)) }
    if let frame = layout.event { panes.append(eventPane(view, frame)) }
    panes.append(statusPane(view, layout))
    if let frame = layout.hints { panes.append(hintsPane(view, frame)) }
    panes += overlays(view)
    return Scene(revision: version, extent: view.extent, panes: panes)
  }
}

// MARK: - Header

extension SessionState {
  private func headerPane(_ view: ViewState, _ layout: ViewLayout) -> Pane {
    var lines: [TextLine] = [identityLine(view)]
    if layout.header.rows > 1 { lines.append(sentenceLine(view)) }
    let text = TextBlock(id: "header.text", frame: layout.header, lines: lines, background: .bar)
    return Pane(id: "header", kind: .bar, frame: layout.header, nodes: [.text(text)])
  }

  /// What is open and what it is restricted to.
  private func identityLine(_ view: ViewState) -> TextLine {
    var line: TextLine = [
      TextRun(" triptych ", .titleFocused), TextRun(" ", .bar), TextRun(sourceLabel, .strong),
    ]
    for (index, term) in dice.terms.enumerated() {
      line.append(TextRun("  ", .bar))
      line.append(TextRun(" \(index + 1) \(label(of: term, view)) ", .selection))
    }
    line.append(
      TextRun("  \(grouped(UInt64(data.matrix.eventCount))) events  \(data.services.count) services", .bar))
    if view.lens != .count { line.append(TextRun("  \(view.lens.title)", .key)) }
    if let share = filtered?.share, share < 1 {
      line.append(TextRun("  counting \(Int(share * 100)) %", .progress))
    } else if filtered == nil, !dice.filter.isEverything {
      line.append(TextRun("  counting...", .progress))
    }
    if view.isFollowing { line.append(TextRun("  following", .good)) }
    if view.isPaused, data.isLive { line.append(TextRun("  paused, \(view.missedCount) missed", .caution)) }
    if let retention = data.retention { line.append(TextRun("  " + retention, .caution)) }
    let problems = data.sources.filter { $0.problem != nil }.count
    if problems > 0 {
      let keys = keyLabel(.sources)
      line.append(
        TextRun("  \(problems) source\(problems == 1 ? "" : "s") with a problem (\(keys))", .caution))
    }
    return line
  }

  /// The name of the only source, or how many there are.
  private var sourceLabel: SafeText {
    switch data.sources.count {
    case 0: "no source"
    case 1:
      "\(SafeText(data.sources[0].name, byteLimit: 200).keepingEnd(toWidth: 32)) (\(data.sources[0].layout))"
    default: "\(data.sources.count) sources"
    }
  }

  func label(of term: DiceTerm, _ view: ViewState) -> SafeText {
    switch term {
    case .range(let range): timeText(for: view).rangeLabel(range)
    case .severities(let set): "\(set.label)"
    case .included(let globs):
      globs.count > 2 ? "\(globs.count) services" : "\(globs.map(\.pattern).joined(separator: " "))"
    case .excluded(let glob): "not \(glob.pattern)"
    case .filter(let index): "\(dice.filter.terms[index].text)"
    }
  }

  /// What is wrong on screen, since when, and where: from cell numbers only.
  private func sentenceLine(_ view: ViewState) -> TextLine {
    guard data.matrix.eventCount > 0 else {
      return [TextRun(data.loading == nil ? " no events" : " reading...", .bar)]
    }
    if isCounting { return [TextRun(" counting what the filter lets through...", .bar)] }
    guard let trouble = trouble(in: view) else {
      let columns = view.window.columns(plotColumnCount(view))
      let total = severityCounts(of: rows(of: view), in: columns.range).reduce(UInt64(0)) { $0 + $1[.warn] }
      if let share = filtered?.share, share < 1 { return [TextRun(" No errors so far.", .bar)] }
      return [
        TextRun(" No errors on screen", .good),
        TextRun(total > 0 ? "; \(grouped(total)) warnings." : ".", .bar),
      ]
    }
    let times = timeText(for: view)
    var line: TextLine = [
      TextRun(" ", .bar), TextRun(trouble.label, .severity("error")),
      TextRun(" \(grouped(trouble.errorCount)) errors", .bar),
    ]
    if let since = trouble.since {
      let before = trouble.startsBeforeWindow ? "before " : ""
      line.append(TextRun(", above usual since ", .bar))
      line.append(TextRun("\(before)\(times.tick(since))", .strong))
    }
    line.append(TextRun(", most at \(times.tick(trouble.peak)) (\(grouped(trouble.peakCount)))", .bar))
    if trouble.otherRowCount > 0 {
      line.append(
        TextRun("; \(grouped(trouble.allErrorCount)) in all, \(trouble.otherRowCount + 1) services", .bar))
    }
    return line + [TextRun(".", .bar)]
  }
}

// MARK: - Status and hints

extension SessionState {
  private func statusPane(_ view: ViewState, _ layout: ViewLayout) -> Pane {
    let text = TextBlock(
      id: "status.text", frame: layout.status, lines: [statusLine(view, width: layout.status.columns)],
      background: .bar)
    return Pane(id: "status", kind: .bar, frame: layout.status, nodes: [.text(text)])
  }

  private func statusLine(_ view: ViewState, width: Int) -> TextLine {
    if let notice = view.notice { return [TextRun(" ", .bar), TextRun(notice.text, notice.role)] }
    if view.coachStep < configuration.coach.count {
      return [
        TextRun(" DEMO \(view.coachStep + 1)/\(configuration.coach.count) ", .titleFocused),
        TextRun(" ", .bar),
        TextRun(configuration.coach[view.coachStep], .strong),
      ]
    }
    if let loading = data.loading { return progressLine(loading, width: width) }
    return cursorLine(view)
  }

  private func progressLine(_ loading: LoadProgress, width: Int) -> TextLine {
    let rate = "\(compact(UInt64(max(0, loading.bytesPerSecond))))B/s"
    guard let total = loading.totalByteCount, total > 0 else {
      return [TextRun(" reading  \(compact(UInt64(max(0, loading.byteCount))))B  \(rate)", .progress)]
    }
    let barColumns = max(4, min(40, width / 3))
    let share = min(1, Double(loading.byteCount) / Double(total))
    let filled = Int(share * Double(barColumns))
    let remaining = loading.bytesPerSecond > 0 ? (total - loading.byteCount) / loading.bytesPerSecond : 0
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barColumns - filled)
    return [
      TextRun(" reading ", .bar), TextRun("[\(bar)]", .progress),
      TextRun(" \(Int(share * 100)) %  \(rate)  \(remaining) s left", .bar),
    ]
  }

  /// The cell under the cursor in words and numbers.
  private func cursorLine(_ view: ViewState) -> TextLine {
    let rows = rows(of: view)
    guard let index = rowIndex(view, in: rows) else { return [] }
    let times = timeText(for: view)
    var face = Face.timeService
    if case .face(let focused) = view.drillFocus { face = focused }
    let cell = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs)
    let range =
      face == .serviceSeverity ? shownRange(view) : cell.columns(1).range
    var line: TextLine = [TextRun(" ", .bar)]
    let row =
      face == .timeSeverity ? ServiceRow(key: .branch(.empty), services: servicesInDice) : rows[index]
    line.append(TextRun(face == .timeSeverity ? "all services" : rowLabel(row), .strong))
    line.append(TextRun("  \(times.rangeLabel(range))", .bar))
    let counts = severityCounts(of: [row], in: range)[0]
    let shown = face == .timeService ? shownSeverities(view) : [view.cursorSeverity]
    for severity in shown where counts[severity] > 0 {
      line.append(TextRun("  ", .bar))
      line.append(TextRun("\(grouped(counts[severity])) \(severity.name)", .severity(severity.name)))
    }
    if shown.allSatisfy({ counts[$0] == 0 }) { line.append(TextRun("  no events", .muted)) }
    if face != .serviceSeverity {
      let before = severityCounts(of: [row], in: cell.shifted(byColumns: -1).columns(1).range)[0]
      let now = shown.reduce(0) { $0 + counts[$1] }
      let then = shown.reduce(0) { $0 + before[$1] }
      line.append(TextRun("  (column before: \(grouped(then))\(ratioLabel(now, then)))", .muted))
    }
    if view.selection != nil {
      let target = drillTarget(view)
      let mode = view.isSelecting ? "selecting" : "selected"
      line.append(TextRun("  \(mode): \(target.title), \(grouped(target.count)) events", .selection))
    }
    return line
  }

  private func ratioLabel(_ now: UInt64, _ then: UInt64) -> String {
    guard then > 0, now >= 2 * then else { return "" }
    return ", x\(now / then)"
  }

  private func hintsPane(_ view: ViewState, _ frame: GridRect) -> Pane {
    var line: TextLine = []
    for (name, words) in hints(view) {
      let keys = keyLabel(name)
      guard !keys.isEmpty else { continue }
      line.append(TextRun(" \(keys)", .key))
      line.append(TextRun(" \(words) ", .muted))
    }
    let text = TextBlock(id: "hints.text", frame: frame, lines: [line], background: .bar)
    return Pane(id: "hints", kind: .bar, frame: frame, nodes: [.text(text)])
  }

  /// The first key of a command in the keymap in force.
  func keyLabel(_ name: CommandName) -> String { configuration.keys[name]?.first ?? "" }

  private func hints(_ view: ViewState) -> [(CommandName, String)] {
    if let prompt = view.prompt {
      if case .character = prompt.purpose { return [(.back, "cancel")] }
      return [
        (.promptAccept, "accept"), (.back, "cancel"), (.promptComplete, "complete"), (.promptClear, "clear"),
      ]
    }
    if view.overlay != nil {
      return [(.back, "close"), (.cursorDown, "down"), (.cursorUp, "up"), (.pageDown, "page")]
    }
    switch view.focus {
    case .face:
      return [
        (.open, "open"), (.goWorst, "worst"), (.nextError, "next error"), (.zoomIn, "in"), (.zoomOut, "out"),
        (.zoomFit, "fit"), (.filterAdd, "filter"), (.severityFloorNext, "severity"), (.select, "select"),
        (.faceTimeService, "one face"), (.lensNext, "lens"), (.goTime, "time"), (.undo, "undo"),
        (.help, "keys"),
        (.quit, "quit"),
      ]
    case .events:
      return [
        (.open, "one event"), (.back, "close"), (.nextError, "next error"), (.search, "search"),
        (.sameTrace, "same trace"), (.copy, "copy"), (.focusNext, "pane"), (.help, "keys"),
      ]
    case .event:
      return [
        (.filterByField, "same value"), (.sameTrace, "same trace"), (.cursorRight, "next event"),
        (.copy, "copy"),
        (.back, "close"), (.help, "keys"),
      ]
    }
  }
}
