import EventMatrix
import EventModel
import SceneGraph

/// The line of a replay: its clock, where that stands between the first event and the last, and what lies along the way.
extension SessionState {
  /// `nil` where nothing has been read.
  func scrubberPane(_ view: ViewState, _ frame: GridRect) -> Pane? {
    guard let player = view.player, let span else { return nil }
    let before = clockParts(player, view)
    let after = endParts(player, span, view)
    let barColumns = frame.columns - before.displayWidth - after.displayWidth - 1
    var line = before
    if view.form == .cells, barColumns >= Self.leastBarColumns {
      line += bar(player, span, columns: barColumns) + after
    } else {
      line += after
    }
    let text = TextBlock(id: "scrubber.text", frame: frame, lines: [line], background: .bar)
    return Pane(id: "scrubber", kind: .bar, frame: frame, nodes: [.text(text)])
  }

  private static let leastBarColumns = 12

  /// `▶ 60x 03:08:12 `
  private func clockParts(_ player: Player, _ view: ViewState) -> TextLine {
    if view.form == .words {
      let state = player.isPlaying ? "playing" : "paused"
      return [
        TextRun(
          " replay \(SafeText(state)) at \(SafeText(headText(player, view))), speed \(SafeText(player.speedLabel))",
          .strong)
      ]
    }
    return [
      TextRun(player.isPlaying ? " ▶ " : " ■ ", player.isPlaying ? .good : .muted),
      TextRun("\(player.speedLabel) ", .bar), TextRun("\(headText(player, view)) ", .strong),
    ]
  }

  private func headText(_ player: Player, _ view: ViewState) -> String {
    let zone = timeText(for: view).zone
    // While it runs, nobody reads milliseconds.
    let width = player.isPlaying ? 1_000_000_000 : min(view.window.widthNs, 1_000_000_000)
    return TimeText(zone: zone, widthNs: width).tick(player.head, within: span)
  }

  /// Which of the two clocks it is, and where on the trail.
  private func endParts(_ player: Player, _ span: TimeRange, _ view: ViewState) -> TextLine {
    let separator: SafeText = view.form == .words ? ", " : " "
    var line: TextLine = [
      TextRun(
        separator + (player.hidesLater ? "known then" : "event time"), player.hidesLater ? .key : .muted)
    ]
    if !trail.isEmpty {
      let step = view.trailStep.map { "step \($0 + 1)/\(trail.count)" } ?? "\(trail.count) steps"
      line.append(TextRun(separator + SafeText(player.isFree ? "off trail" : step), .muted))
    }
    let noteCount = notes.count(where: isKnown)
    if noteCount > 0 {
      line.append(TextRun(separator + "\(noteCount) note\(noteCount == 1 ? "" : "s")", .muted))
    }
    return line
  }

  /// A column for each stretch of time: the clock, a note, a step, more errors than usual, or nothing of these.
  private func bar(_ player: Player, _ span: TimeRange, columns: Int) -> TextLine {
    let durationNs = Int128(span.end.nanoseconds) - Int128(span.start.nanoseconds)
    func column(of time: Timestamp) -> Int? {
      guard span.contains(time), durationNs > 0 else { return nil }
      return Int((Int128(time.nanoseconds) - Int128(span.start.nanoseconds)) * Int128(columns) / durationNs)
    }
    var marks = [BarMark](repeating: .quiet, count: columns)
    for range in errorRanges(span, columns: columns) {
      let first = column(of: max(range.start, span.start)) ?? 0
      let last = column(of: min(range.end, span.end).advanced(byNanoseconds: -1)) ?? first
      for index in first...max(first, last) { marks[index] = .errors }
    }
    func put(_ mark: BarMark, at time: Timestamp) {
      if let column = column(of: time) { marks[column] = mark }
    }
    for step in trail { put(.step, at: step.time) }
    for note in notes where isKnown(note) {
      put(.note, at: note.target.range.start)
    }
    marks[column(of: player.head) ?? (player.head < span.start ? 0 : columns - 1)] = .head
    var line: TextLine = []
    for mark in marks {
      if let last = line.last, last.role == mark.role {
        line[line.count - 1] = TextRun(last.text + mark.text, mark.role)
      } else {
        line.append(TextRun(mark.text, mark.role))
      }
    }
    return line
  }

  /// Where there were three times as many errors as in the calmest quarter of the time, by what is shown: what was not known yet gives
  /// nothing away.
  private func errorRanges(_ span: TimeRange, columns: Int) -> [TimeRange] {
    let width = ZoomLadder.width(fitting: span, columnCount: columns)
    let window = TimeWindow(start: span.start, widthNs: width)
    let count = min(columns, max(1, window.column(of: span.end.advanced(byNanoseconds: -1)) + 1))
    let shown = window.columns(count)
    let counts = clippedCounts(queryOfAllServices(shown))
    let errors = (0..<count).map { counts[0, $0, .error] + counts[0, $0, .fatal] }
    let usual = errors.sorted()[count / 4]
    return errors.indices.filter { errors[$0] > 0 && errors[$0] > 3 * usual }.map(shown.range(ofColumn:))
  }
}

private enum BarMark {
  case quiet, errors, step, note, head

  var text: SafeText {
    switch self {
    case .quiet: "─"
    case .errors: "━"
    case .step: "○"
    case .note: "◆"
    case .head: "●"
    }
  }

  var role: Role {
    switch self {
    case .quiet, .step: .muted
    case .errors: .severity("error")
    case .note: .key
    case .head: .strong
    }
  }
}
