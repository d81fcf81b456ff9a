import EventMatrix
import EventModel
public import SceneGraph

/// How a view is shown.
public enum ViewForm: String, Hashable, Sendable {
  /// Cells with colours and glyphs.
  case cells
  /// Numbers and words, for ears and fingers: screen readers, braille, line mode. Nothing moves unasked.
  case words
}

extension SessionState {
  /// Terminal columns of a cell with a number in it: `[1.2kE]`.
  static let wordCellColumns = 7

  /// What a cell says in words: the number that shapes it and the letter of what it counts; zero, a gap and no data are
  /// three different things here as well.
  func labelsInWords(_ values: CellValues) -> [SafeText] {
    values.presence.indices.map { index in
      switch values.presence[index] {
      case .noData: return .empty
      case .gap: return "gap"
      case .zero: return "0"
      case .value:
        let count = values.shaping.isEmpty ? values.counts[index] : values.shaping[index]
        return "\(compact(count))\(values.tone[index].letter)"
      }
    }
  }

  /// Every column's start, or every other's where they do not fit.
  func wordTicks(_ view: ViewState, columns: TimeColumns) -> [Axis.Tick] {
    let times = timeText(for: view)
    let step = times.tick(columns.start).count < Self.wordCellColumns ? 1 : 2
    return stride(from: 0, to: columns.count, by: step).map { column in
      let label = times.tick(columns.range(ofColumn: column).start)
      return Axis.Tick(offset: column * Self.wordCellColumns, label: [TextRun("\(label)", .axis)])
    }
  }
}

// MARK: - Where the cursor is

extension SessionState {
  /// What the focus is on, in one sentence: `row 12 of 400, service checkout, 14:03:20-14:03:30, errors 41, up 6x`.
  public func sentence(for id: ViewID) -> SafeText {
    guard let view = view(id) else { return .empty }
    let parts = sentenceParts(view).map { line in line.reduce(SafeText.empty) { $0 + $1.text } }
    return parts.dropFirst().reduce(parts.first ?? .empty) { $0 + $1 }
  }

  /// The same in pieces; what matters most comes first.
  func sentenceParts(_ view: ViewState) -> [TextLine] {
    if let prompt = view.prompt, let words = chosenWords(view, prompt) { return [[TextRun(words, .bar)]] }
    switch view.focus {
    case .face(let face): return cellParts(view, face)
    case .events: return eventParts(view)
    case .event: return fieldParts(view)
    }
  }

  /// The entry that accepting would take; `nil` where there is none to choose.
  private func chosenWords(_ view: ViewState, _ prompt: Prompt) -> SafeText? {
    let entries = promptEntries(view)
    guard entries.indices.contains(prompt.choice) else { return nil }
    return "choice \(prompt.choice + 1) of \(entries.count): \(entries[prompt.choice].title)"
  }

  private func cellParts(_ view: ViewState, _ face: Face) -> [TextLine] {
    let rows = rows(of: view)
    guard let index = rowIndex(view) else {
      return [[TextRun(data.matrix.eventCount == 0 ? "no events" : "no rows", .bar)]]
    }
    let cell = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs)
    let range = face == .serviceSeverity ? shownRange(view) : cell.columns(1).range
    let isAll = face == .timeSeverity
    let row = isAll ? ServiceRow(key: .branch(.empty), services: servicesInDice) : rows[index]
    let shown = face == .timeService ? shownSeverities : [view.cursorSeverity]
    let counts = severityCounts(of: [row], in: range)[0]
    var parts: [TextLine] = []
    if let selection = selectionWords(view) { parts.append([TextRun(selection + ", ", .selection)]) }
    if isAll {
      parts.append([TextRun("all services", .strong)])
    } else {
      parts.append([TextRun("row \(index + 1) of \(rows.count), ", .bar)])
      parts.append([TextRun("service " + rowLabel(row), .strong)])
    }
    parts.append([TextRun(", \(timeText(for: view).rangeLabel(range))", .bar)])
    for severity in shown where counts[severity] > 0 {
      let words = "\(severity.plural) \(grouped(counts[severity]))"
      parts.append([TextRun(", ", .bar), TextRun("\(words)", .severity(severity.name))])
    }
    let now = shown.reduce(0) { $0 + counts[$1] }
    if now == 0 {
      let what = shown.count == 1 ? "no \(shown[0].plural)" : "no events"
      parts.append([TextRun(isKnown(range) ? ", \(what)" : ", no data", .muted)])
    }
    guard face != .serviceSeverity else { return parts }
    let before = severityCounts(of: [row], in: cell.shifted(byColumns: -1).columns(1).range)[0]
    let then = shown.reduce(0) { $0 + before[$1] }
    if let change = Self.change(from: then, to: now) { parts.append([TextRun(", \(change)", .bar)]) }
    return parts
  }

  /// Whether the data says anything of this time.
  private func isKnown(_ range: TimeRange) -> Bool { data.matrix.timeRange?.intersection(range) != nil }

  private func selectionWords(_ view: ViewState) -> SafeText? {
    guard view.selection != nil else { return nil }
    let target = drillTarget(view)
    return "\(view.isSelecting ? "selecting" : "selected") \(target.title), \(counted(target.count, "event"))"
  }

  /// Against the column before; `nil` where it is much the same.
  static func change(from then: UInt64, to now: UInt64) -> String? {
    switch (then, now) {
    case (0, 0): nil
    case (0, _): "none in the column before"
    case (_, 0): "\(grouped(then)) in the column before"
    case _ where now / then >= 2: "up \(now / then)x"
    case _ where then / now >= 2: "down \(then / now)x"
    default: nil
    }
  }

  private func eventParts(_ view: ViewState) -> [TextLine] {
    guard let drill = view.drill, let event = drill.event else {
      return [[TextRun(view.drill?.requestID == nil ? "no events here" : "reading...", .bar)]]
    }
    let place = "event \(drill.cursor + 1) of \(drill.hasEarlier ? "the last " : "")\(drill.events.count)"
    return [
      [TextRun("\(place), \(timeText(for: view).clock(event.time)), ", .bar)],
      [TextRun("\(event.severity.name)", .severity(event.severity.name))],
      [TextRun(", service \(data.services[event.service])", .strong)],
      [TextRun(": " + SafeText(event.message, byteLimit: 1024), .bar)],
    ]
  }

  private func fieldParts(_ view: ViewState) -> [TextLine] {
    guard let drill = view.drill, let event = drill.event else { return [[TextRun("no event", .bar)]] }
    let fields = fieldLines(event, view)
    guard fields.indices.contains(drill.fieldCursor) else { return [[TextRun("no field", .bar)]] }
    let field = fields[drill.fieldCursor]
    return [
      [TextRun("event \(drill.cursor + 1) of \(drill.events.count), ", .bar)],
      [TextRun("field \(drill.fieldCursor + 1) of \(fields.count), ", .bar)],
      [TextRun(field.name + ": ", .strong), TextRun(field.value, field.role)],
    ]
  }
}

// MARK: - Over several lines

/// `line` in at most `rows` lines of at most `width` columns, each after a blank and broken between words; the last one
/// keeps what is left over.
func spoken(_ line: TextLine, width: Int, rows: Int) -> [TextLine] {
  var lines: [TextLine] = [[TextRun(" ", .bar)]]
  var left = width - 1
  for (word, role) in words(of: line) {
    let columns = word.displayWidth
    let isBlank = word.string == " "
    if columns > left, lines.count < rows, lines[lines.count - 1].count > 1 {
      lines.append([TextRun(" ", .bar)])
      left = width - 1
    }
    if isBlank, lines[lines.count - 1].count == 1 { continue }
    lines[lines.count - 1].append(TextRun(word, role))
    left -= columns
  }
  return lines
}

/// Blanks, and what lies between them.
private func words(of line: TextLine) -> [(SafeText, Role)] {
  let blank: SafeText = " "
  var words: [(SafeText, Role)] = []
  for run in line {
    for (index, word) in run.text.string.split(separator: " ", omittingEmptySubsequences: false).enumerated()
    {
      if index > 0 { words.append((blank, run.role)) }
      if !word.isEmpty { words.append((SafeText(String(word)), run.role)) }
    }
  }
  return words
}

// MARK: - For the line mode

extension SessionState {
  /// Whether everything that was asked for has been answered: lists, searches, the filter's counts.
  public func isAnswered(for id: ViewID) -> Bool {
    guard let view = view(id) else { return true }
    let isCounted = dice.countsEveryEvent || filtered?.share == 1
    return isCounted && view.drill?.requestID == nil && view.search?.requestID == nil
  }

  /// What is read, a line each.
  public func sourcesInWords() -> [SafeText] {
    sourceLines(width: 100).map { $0.reduce(SafeText.empty) { $0 + $1.text } }
  }
}

extension CellTone {
  /// What says the tone beside a number.
  fileprivate var letter: String {
    switch self {
    case .amount: ""
    case .warn: "W"
    case .error: "E"
    case .less: "-"
    case .more: "+"
    }
  }
}

extension Severity {
  /// As counts are told: `errors 41`.
  fileprivate var plural: String {
    switch self {
    case .warn: "warnings"
    case .error: "errors"
    default: name
    }
  }
}
