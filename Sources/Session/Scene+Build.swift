import EventMatrix
import EventModel
public import SceneGraph

extension SessionState {
  /// What the view shows now. A pure function of the state; O(what is on screen).
  public func scene(for id: ViewID) -> Scene? {
    guard let view = view(id) else { return nil }
    let layout = layout(of: view)
    var panes = [headerPane(view, layout)]
    let hasEvents = data.matrix.eventCount > 0
    if !hasEvents, layout.events == nil { panes += emptyPane(view, layout) }
    for frame in layout.faces where hasEvents {
      switch frame.face {
      case .timeService: panes.append(timeServicePane(view, frame))
      case .timeSeverity: panes.append(timeSeverityPane(view, frame))
      case .serviceSeverity: panes.append(serviceSeverityPane(view, frame))
      }
    }
    if let frame = layout.events { panes.append(eventsPane(view, frame)) }
    if let frame = layout.event { panes.append(eventPane(view, frame)) }
    if let frame = layout.scrubber, let scrubber = scrubberPane(view, frame) { panes.append(scrubber) }
    panes.append(statusPane(view, layout))
    if let frame = layout.hints { panes.append(hintsPane(view, frame)) }
    if let stats = statsPane(view, below: layout.header.endRow) { panes.append(stats) }
    panes += overlays(view)
    return Scene(revision: version, extent: view.extent, panes: panes)
  }
}

// MARK: - Nothing to show

extension SessionState {
  /// Instead of faces: what was read, and what went wrong with it.
  private func emptyPane(_ view: ViewState, _ layout: ViewLayout) -> [Pane] {
    let frame = GridRect(
      column: 0, row: layout.header.endRow, columns: view.extent.columns,
      rows: max(0, layout.status.row - layout.header.endRow))
    guard frame.rows >= 3, frame.columns >= 3 else { return [] }
    var pane = Pane(
      id: "matrix", kind: .framed, frame: frame, title: [TextRun("no events", .titleFocused)], isFocused: true
    )
    let words: SafeText = data.loading == nil ? "Nothing with an event in it was read." : "reading..."
    let lines = [[TextRun(words, .strong)], []] + sourceLines(width: pane.content.columns)
    pane.nodes = [.text(TextBlock(id: "matrix.empty", frame: pane.content, lines: lines))]
    return [pane]
  }
}

// MARK: - Header

extension SessionState {
  private func headerPane(_ view: ViewState, _ layout: ViewLayout) -> Pane {
    let width = layout.header.columns
    var lines: [TextLine] = [fitting(identityParts(view), width: width)]
    if layout.header.rows > 1 { lines.append(sentenceLine(view)) }
    let text = TextBlock(id: "header.text", frame: layout.header, lines: lines, background: .bar)
    return Pane(id: "header", kind: .bar, frame: layout.header, nodes: [.text(text)])
  }

  /// What is open and what it is restricted to; what matters most comes first.
  private func identityParts(_ view: ViewState) -> [TextLine] {
    let layout: SafeText = data.sources.count == 1 ? "  \(data.sources[0].layout)" : .empty
    var line: TextLine = [TextRun(" triptych ", .titleFocused), TextRun(" ", .bar)]
    for (index, term) in dice.terms.enumerated() {
      line.append(TextRun(" \(index + 1) \(label(of: term, view)) ", .selection))
      line.append(TextRun("  ", .bar))
    }
    line.append(TextRun(sourceLabel, .strong))
    return [line] + newsParts(view) + [
      [
        TextRun(
          eventCountWords, .bar)
      ],
      [TextRun("  \(serviceCountLabel)", .bar)], [TextRun(layout, .bar)],
    ]
  }

  private var eventCountWords: SafeText {
    guard let approximation = data.approximation else {
      return "  \(counted(UInt64(data.matrix.eventCount), "event"))"
    }
    return "  \(told(approximation.eventCount)) events"
  }

  /// Beyond the limit nobody counts them, and all others are one.
  private var serviceCountLabel: String {
    data.services.count > ServiceTable.limit
      ? "over \(counted(UInt64(ServiceTable.limit), "service"))"
      : counted(UInt64(data.services.count), "service")
  }

  /// What is not as usual.
  private func newsParts(_ view: ViewState) -> [TextLine] {
    var line: TextLine = []
    if let recordingRun { line.append(recordingRun) }
    // Where the line below says it, once is enough.
    if data.approximation != nil, view.extent.rows < Self.twoLineRows || !dice.countsEveryEvent {
      line.append(TextRun("  approximate", .caution))
    }
    if view.lens != .count {
      let weights = view.lens == .weighted ? " (\(configuration.weights.label))" : ""
      line.append(TextRun("  \(view.lens.title)\(weights)", .key))
    }
    if let share = filtered?.share, share < 1 {
      line.append(TextRun("  counting \(Int(share * 100)) %", .progress))
    } else if filtered == nil, !dice.countsEveryEvent {
      line.append(TextRun("  counting...", .progress))
    }
    if data.hasEnded {
      line.append(TextRun("  ended", .caution))
    } else if view.isFollowing {
      line.append(TextRun("  following", .good))
    }
    if view.isPaused, data.isLive, !data.hasEnded || view.missedCount > 0 {
      line.append(TextRun("  paused, \(view.missedCount) missed", .caution))
    }
    if let retention = data.retention { line.append(TextRun("  " + retention, .caution)) }
    let problems = data.sources.filter { $0.problem != nil }.count
    if problems > 0 {
      let keys = keyLabel(.sources)
      line.append(
        TextRun("  \(problems) source\(problems == 1 ? "" : "s") with a problem (\(keys))", .caution))
    }
    return line.map { [$0] }
  }

  /// The name of the only source, or how many there are.
  private var sourceLabel: SafeText {
    switch data.sources.count {
    case 0: "no source"
    case 1: SafeText(data.sources[0].name, byteLimit: 200).keepingEnd(toWidth: 32)
    default: "\(data.sources.count) sources"
    }
  }

  func label(of term: DiceTerm, _ view: ViewState) -> SafeText {
    switch term {
    case .knownBefore(let time):
      "known at \(TimeText(zone: timeText(for: view).zone, widthNs: 1_000_000_000).tick(time, within: span))"
    case .range(let range): timeText(for: view).rangeLabel(range)
    case .severities(let set): "\(set.label)"
    case .included(let globs):
      globs.count > 2 ? "\(globs.count) services" : "\(globs.map(\.pattern).joined(separator: " "))"
    case .excluded(let glob): "not \(glob.pattern)"
    case .filter(let index): "\(dice.filter.terms[index].text)"
    }
  }

  /// What is wrong, since when, and where; as much of it as fits.
  private func sentenceLine(_ view: ViewState) -> TextLine {
    guard data.matrix.eventCount > 0 else {
      return [
        TextRun(
          data.loading == nil ? " Nothing has been read; \(keyLabel(.sources)) tells why." : " reading...",
          .bar)
      ]
    }
    if let approximation = data.approximation, dice.countsEveryEvent {
      return approximateSentence(approximation, view)
    }
    if isCounting { return [TextRun(" Counting what the filter lets through...", .bar)] }
    guard let trouble = trouble(in: view), trouble.errorCount > 0 else {
      if let share = filtered?.share, share < 1 { return [TextRun(" No errors so far.", .bar)] }
      let warnings = trouble(in: view)?.warnCount ?? 0
      return [
        TextRun(
          dice.isEverything ? " No errors" : " No errors with the restrictions above",
          dice.isEverything ? .good : .caution),
        TextRun(warnings > 0 ? "; \(grouped(warnings)) warning\(warnings == 1 ? "" : "s")." : ".", .bar),
      ]
    }
    let total = TextRun(
      " \(grouped(trouble.errorCount)) error\(trouble.errorCount == 1 ? "" : "s") in \(trouble.rowCount) service\(trouble.rowCount == 1 ? "" : "s")",
      .bar)
    guard !trouble.rises.isEmpty else {
      return [
        total, TextRun(", none above its usual; most in ", .bar),
        TextRun(trouble.loudest, .severity("error")),
        TextRun(" (\(grouped(trouble.loudestCount))).", .bar),
      ]
    }
    return riseLine(trouble, view, total: total)
  }

  private func riseLine(_ trouble: Trouble, _ view: ViewState, total: TextRun) -> TextLine {
    let times = TimeText(zone: timeText(for: view).zone, widthNs: 1_000_000_000)
    var line: TextLine = [TextRun(" ", .bar)]
    var room = view.extent.columns - 12
    for (index, rise) in trouble.rises.enumerated() {
      let since = rise.isFromTheStart ? "the start" : "\(times.tick(rise.since, within: span))" as SafeText
      var words = riseWords(rise, since: since, isFirst: index == 0)
      var width = words.reduce(0) { $0 + $1.text.displayWidth }
      // On a narrow screen: when it began is worth more than the word for it.
      if index == 0, width >= view.extent.columns {
        words = riseWords(rise, since: since, isFirst: true, isShort: true)
        width = words.reduce(0) { $0 + $1.text.displayWidth }
      }
      guard index == 0 || width <= room else {
        return line + [TextRun(", \(trouble.rises.count - index) more", .bar)]
      }
      line += words
      room -= width
    }
    return total.text.displayWidth + 2 <= room + 10
      ? line + [TextRun(".", .bar), total, TextRun(".", .bar)] : line
  }

  private func riseWords(
    _ rise: Trouble.Rise, since: SafeText, isFirst: Bool, isShort: Bool = false
  ) -> TextLine {
    [
      TextRun(isFirst ? "" : ", ", .bar), TextRun(rise.label, .severity("error")),
      TextRun(rise.words(isFirst: isFirst, isShort: isShort), .bar), TextRun(since, .strong),
      TextRun(" (\(grouped(rise.errorCount)))", .bar),
    ]
  }
}

// MARK: - Status and hints

extension SessionState {
  private func statusPane(_ view: ViewState, _ layout: ViewLayout) -> Pane {
    let line = statusLine(view, width: layout.status.columns)
    let lines =
      layout.status.rows > 1
      ? spoken(line, width: layout.status.columns - 1, rows: layout.status.rows) : [line]
    let text = TextBlock(id: "status.text", frame: layout.status, lines: lines, background: .bar)
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
    if let loading = data.loading { return progressLine(loading, width: width, in: view.form) }
    if view.form == .words { return [TextRun(" ", .bar)] + sentenceParts(view).joined() }
    return fitting(cursorParts(view.detailed), width: width)
  }

  private func progressLine(_ loading: LoadProgress, width: Int, in form: ViewForm) -> TextLine {
    let rate = "\(compact(UInt64(max(0, loading.bytesPerSecond))))B/s"
    guard let total = loading.totalByteCount, total > 0 else {
      return [TextRun(" reading  \(compact(UInt64(max(0, loading.byteCount))))B  \(rate)", .progress)]
    }
    let barColumns = max(4, min(40, width / 3))
    let share = min(1, Double(loading.byteCount) / Double(total))
    if form == .words { return [TextRun(" reading, \(Int(share * 100)) percent, \(rate)", .progress)] }
    let filled = Int(share * Double(barColumns))
    // A file that grows may have given more than it promised.
    let bytesLeft = max(0, total - loading.byteCount)
    let remaining = loading.bytesPerSecond > 0 ? bytesLeft / loading.bytesPerSecond : 0
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barColumns - filled)
    return [
      TextRun(" reading ", .bar), TextRun("[\(bar)]", .progress),
      TextRun(" \(Int(share * 100)) %  \(rate)  \(remaining) s left", .bar),
    ]
  }

  /// The cell under the cursor in words and numbers.
  private func cursorParts(_ view: ViewState) -> [TextLine] {
    let rows = rows(of: view)
    guard let index = rowIndex(view) else { return [] }
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
    let counts = severityCounts(of: [row], in: range)[0]
    let shown = face == .timeService ? shownSeverities : [view.cursorSeverity]
    var parts = [line]
    for severity in shown where counts[severity] > 0 {
      let words = "\(grouped(counts[severity])) \(severity.name)"
      parts.append([TextRun("  ", .bar), TextRun("\(words)", .severity(severity.name))])
    }
    if shown.allSatisfy({ counts[$0] == 0 }) { parts.append([TextRun("  no events", .muted)]) }
    if view.selection != nil {
      let target = drillTarget(view)
      let mode = view.isSelecting ? "selecting" : "selected"
      let events = "\(grouped(target.count)) event\(target.count == 1 ? "" : "s")"
      parts.insert([TextRun(" \(mode): \(target.title), \(events)", .selection), TextRun(" ", .bar)], at: 0)
    }
    parts.append([TextRun("  \(times.rangeLabel(range))", .bar)])
    if face != .serviceSeverity {
      let before = severityCounts(of: [row], in: cell.shifted(byColumns: -1).columns(1).range)[0]
      let now = shown.reduce(0) { $0 + counts[$1] }
      let then = shown.reduce(0) { $0 + before[$1] }
      parts.append([TextRun("  (column before: \(grouped(then))\(ratioLabel(now, then)))", .muted)])
    }
    return parts
  }

  private func ratioLabel(_ now: UInt64, _ then: UInt64) -> String {
    guard then > 0, now >= 2 * then else { return "" }
    return ", x\(now / then)"
  }

  private func hintsPane(_ view: ViewState, _ frame: GridRect) -> Pane {
    let parts = hints(view).compactMap { name, words -> TextLine? in
      let keys = keyLabel(name)
      return keys.isEmpty ? nil : [TextRun(" \(keys)", .key), TextRun(" \(words) ", .muted)]
    }
    // The way to all the other keys is always there.
    let last = view.prompt == nil && view.overlay == nil ? parts.suffix(1) : []
    let rest = fitting(parts.dropLast(last.count), width: frame.columns - last.joined().displayWidth)
    let line = rest + last.joined()
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
      return [(.back, "close"), (.cursorDown, "next line"), (.pageDown, "next page"), (.goLastRow, "end")]
    }
    switch view.focus {
    case .face where isTraining:
      return [
        (.trainAnswer, "answer"), (.replayPlay, view.player?.isPlaying == true ? "pause" : "play"),
        (.replayPrevious, "back"), (.replayNext, "on"), (.replaySlower, "slower"), (.replayFaster, "faster"),
        (.open, "open"), (.goWorst, "worst"), (.filterAdd, "filter"), (.help, "keys"),
      ]
    case .face where view.player != nil:
      return [
        (.replayPlay, view.player?.isPlaying == true ? "pause" : "play"), (.replayPrevious, "back"),
        (.replayNext, "on"), (.replaySlower, "slower"), (.replayFaster, "faster"),
        (.knownAtCursor, "known then"), (.trailNext, "step"), (.noteNext, "note"), (.open, "open"),
        (.replayToggle, "close"), (.help, "keys"),
      ]
    case .face:
      return [
        (.open, "open"), (.goWorst, "worst"), (.nextError, "next error"), (.zoomIn, "in"), (.zoomOut, "out"),
        (.zoomFit, "fit"), (.filterAdd, "filter"), (.severityFloorNext, "severity"), (.select, "select"),
        (.faceTimeService, "one face"), (.lensNext, "lens"), (.goTime, "time"), (.undo, "undo"),
        (.quit, "quit"), (.help, "keys"),
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

/// As many of `parts`, from the first on, as fit whole; the first in any case.
func fitting(_ parts: [TextLine], width: Int) -> TextLine {
  var line: TextLine = parts.first ?? []
  var left = width - line.displayWidth
  for part in parts.dropFirst() {
    left -= part.displayWidth
    guard left >= 0 else { break }
    line += part
  }
  return line
}

extension Sequence where Element == TextRun {
  var displayWidth: Int { reduce(0) { $0 + $1.text.displayWidth } }
}
