import EventMatrix
public import EventModel
public import SceneGraph

/// What there is to tell somebody who was not there, in numbers of the matrix and words of its notes: the source of
/// the hand-over and of reports.
public struct SessionSummary: Sendable {
  /// A service whose errors rise above their usual.
  public struct Rise: Hashable, Sendable {
    public var service: SafeText
    public var since: Timestamp
    /// It was so when the data begins.
    public var isFromTheStart: Bool
    public var isFatal: Bool
    public var errorCount: UInt64
  }

  /// A cell with many errors.
  public struct WorstCell: Hashable, Sendable {
    public var range: TimeRange
    public var service: SafeText
    public var fatalCount: UInt64
    public var errorCount: UInt64
    public var link: SessionLink
  }

  /// `nil` without events.
  public var span: TimeRange?
  /// The earliest first.
  public var rises: [Rise]
  public var eventCount: UInt64
  /// Fatal ones among them.
  public var errorCount: UInt64
  public var warnCount: UInt64
  public var serviceCount: Int
  public var troubledServiceCount: Int
  /// Worst first.
  public var worstCells: [WorstCell]
  public var notes: [Note]
  /// The present view.
  public var link: SessionLink
}

extension SessionState {
  private static let worstCellCount = 8
  private static let worstRowCount = 64

  /// `nil` for a view that is not attached. O(services x 48 columns).
  public func summary(for id: ViewID) -> SessionSummary? { view(id).map(summary) }

  private func summary(_ view: ViewState) -> SessionSummary {
    let rows = allRows(of: view)
    let totals = severityCounts(of: rows, in: span ?? .everything)
    let trouble = trouble(in: view)
    return SessionSummary(
      span: data.matrix.eventCount > 0 ? span : nil,
      rises: (trouble?.rises ?? []).map {
        SessionSummary.Rise(
          service: $0.label, since: $0.since, isFromTheStart: $0.isFromTheStart, isFatal: $0.isFatal,
          errorCount: $0.errorCount)
      }, eventCount: totals.reduce(0) { $0 + $1.total }, errorCount: totals.reduce(0) { $0 + $1.errors },
      warnCount: totals.reduce(0) { $0 + $1[.warn] }, serviceCount: servicesInDice.count,
      troubledServiceCount: trouble?.rowCount ?? 0,
      worstCells: worstCells(of: rows, totals, view), notes: notes, link: link(to: view))
  }

  private func worstCells(
    of rows: [ServiceRow], _ totals: [SeverityCounts], _ view: ViewState
  ) -> [SessionSummary.WorstCell] {
    guard let bulk else { return [] }
    let looked = rows.indices.filter { totals[$0].errors > 0 }
      .sorted { totals[$0].errors != totals[$1].errors ? totals[$0].errors > totals[$1].errors : $0 < $1 }
      .prefix(Self.worstRowCount).map { rows[$0] }
    let width = ZoomLadder.width(fitting: bulk, columnCount: 48)
    let columns = TimeWindow(start: bulk.start, widthNs: width).columns(48)
    let counts = clippedCounts(query(columns, rows: looked))
    var cells: [(fatal: UInt64, errors: UInt64, row: Int, column: Int)] = []
    for row in looked.indices {
      for column in 0..<columns.count {
        let cell = SeverityCounts(counts, row: row, column: column)
        if cell.errors > 0 { cells.append((cell[.fatal], cell.errors, row, column)) }
      }
    }
    cells.sort {
      if $0.fatal != $1.fatal { return $0.fatal > $1.fatal }
      if $0.errors != $1.errors { return $0.errors > $1.errors }
      return $0.column != $1.column ? $0.column < $1.column : $0.row < $1.row
    }
    return cells.prefix(Self.worstCellCount).map { cell in
      var link = link(to: view)
      let range = columns.range(ofColumn: cell.column)
      link.place = SessionLink.Place(
        time: range.start, service: looked[cell.row].key.path, severity: cell.fatal > 0 ? .fatal : .error)
      link.from = columns.start
      link.to = columns.range(ofColumn: columns.count - 1).end
      return SessionSummary.WorstCell(
        range: range, service: rowLabel(looked[cell.row]), fatalCount: cell.fatal, errorCount: cell.errors,
        link: link)
    }
  }
}

extension SessionSummary {
  /// What is wrong and since when, in one sentence.
  ///
  /// - Parameter zone: of the times in it.
  public func headline(_ zone: TimeZoneRules) -> SafeText {
    guard span != nil else { return "Nothing with an event in it was read." }
    guard errorCount > 0 else { return "No errors." }
    guard !rises.isEmpty else { return "Errors in \(troubledServiceCount) services, none above its usual." }
    let parts = rises.map { rise -> SafeText in
      let since: SafeText =
        rise.isFromTheStart ? "the start" : "\(Self.minute(rise.since, zone))"
      return "\(rise.service) \(rise.isFatal ? "FATAL " : "")since \(since) (\(grouped(rise.errorCount)))"
    }
    return "Errors above their usual: " + SafeText.joined(parts, separator: ", ") + "."
  }

  /// How much, in counts.
  public func impact(_ zone: TimeZoneRules) -> SafeText {
    guard let span else { return "no events" }
    return
      "\(counted(errorCount, "error")) and \(counted(warnCount, "warning")) among \(counted(eventCount, "event")), in \(troubledServiceCount) of \(counted(UInt64(serviceCount), "service")), \(Self.minute(span.start, zone)) to \(Self.minute(span.end, zone)) \(zone.abbreviation(at: span.start))"
  }

  /// The hand-over: a line for each thing to know.
  public func handover(_ zone: TimeZoneRules) -> [SafeText] {
    let width = worstCells.first.map { " (of \(ZoomLadder.label($0.range.durationNs)))" } ?? ""
    var lines: [SafeText] = [
      "What:    " + headline(zone), "Impact:  " + impact(zone), .empty, "Worst cells\(width)",
    ]
    if worstCells.isEmpty { lines.append("  none has errors") }
    for cell in worstCells {
      let fatal: SafeText = cell.fatalCount > 0 ? ", \(grouped(cell.fatalCount)) of them fatal" : ""
      lines.append(
        "  \(Self.minute(cell.range.start, zone))  \(cell.service)  \(counted(cell.errorCount, "error"))\(fatal)"
      )
    }
    lines += [.empty, "Notes and hypotheses"]
    if notes.isEmpty { lines.append("  none") }
    for (index, note) in notes.enumerated() { lines.append("  \(index + 1) \(words(of: note, zone))") }
    lines += [.empty, "Open questions"]
    let open = notes.enumerated().filter { $0.element.kind == .hypothesis && $0.element.state == .proposed }
    if open.isEmpty { lines.append("  none was written down (:hypothesis adds one)") }
    for (index, note) in open { lines.append("  \(index + 1) \(note.text)") }
    return lines + [.empty, "Link:    \(link.description)"]
  }

  private func words(of note: Note, _ zone: TimeZoneRules) -> SafeText {
    let kind = note.kind == .note ? "note" : "hypothesis, \(note.state.rawValue)"
    let views: SafeText =
      note.evidence.isEmpty ? "" : ", \(counted(UInt64(note.evidence.count), "view")) as evidence"
    let author: SafeText = note.author.isEmpty ? "" : " by \(note.author)"
    return "\(kind)\(views), \(Self.minute(note.writtenAt, zone))\(author): \(note.text)"
  }

  /// `2026-11-23 03:07:00`
  public static func minute(_ time: Timestamp, _ zone: TimeZoneRules) -> String {
    let civil = CivilTime(time, offsetSeconds: zone.offsetSeconds(at: time))
    return civil.dateText + " " + civil.timeText()
  }
}

// MARK: - On screen

extension SessionState {
  func handoverLines(_ view: ViewState) -> [SafeText] {
    summary(view).handover(timeText(for: view).zone)
  }

  func copyHandover(_ view: inout ViewState) -> [Effect] {
    view.notice = Notice("the hand-over is copied", .good)
    return [.copy(view.id, SafeText.joined(handoverLines(view), separator: "\n"))]
  }

  func saveHandover(_ path: String, _ view: inout ViewState) -> [Effect] {
    if refusesApproximate(&view) { return [] }
    guard !path.isEmpty else {
      view.notice = Notice("name a file for the hand-over", .caution)
      return []
    }
    return [
      .saveText(
        path: path, lines: handoverLines(view), Receipt(view: view.id, words: "hand-over saved in \(path)"))
    ]
  }
}
