import SceneGraph

/// What frames have cost, as measured outside: a state measures nothing, it only shows what it is told. What nobody
/// has measured is `nil`.
public struct FrameMeasures: Hashable, Sendable {
  /// Of the last frame, in microseconds: from state to scene, from scene to cells.
  public var buildUs: Int?
  public var paintUs: Int?
  /// Frames that were shown, and frames that a newer one replaced before.
  public var frameCount: Int?
  public var droppedFrameCount: Int?
  /// Bytes to the terminal: of the last frame, and of all.
  public var lastFrameByteCount: Int?
  public var byteCount: Int?
  /// Questions that frames have asked since the data changed, and how many of them had been answered before.
  public var askedCount: Int?
  public var rememberedCount: Int?
  public var eventsPerSecond: Int?
  /// Bytes of counts, and of the whole process.
  public var matrixByteCount: Int?
  public var residentByteCount: Int?

  public init() {}
}

extension SessionState {
  /// How often frames have asked what follows from the data, and how often it was known.
  public var rememberedAnswers: (askedCount: Int, knownCount: Int) {
    let uses = [facts.rows.use, facts.labellings.use, facts.troubles.use, facts.totals.use]
    return (uses.reduce(0) { $0 + $1.askedCount }, uses.reduce(0) { $0 + $1.knownCount })
  }

  /// A small pane over the upper right corner; not in anybody's way, since keys and clicks go on as without it.
  func statsPane(_ view: ViewState, below row: Int) -> Pane? {
    let lines = statsLines(view.measures ?? FrameMeasures())
    let columns = min(30, view.extent.columns)
    let rows = min(lines.count + 2, view.extent.rows - row)
    guard view.showsStats, rows >= 3, columns >= 12 else { return nil }
    var pane = Pane(
      id: "stats", kind: .framed,
      frame: GridRect(column: view.extent.columns - columns, row: row, columns: columns, rows: rows),
      title: [TextRun("stats", .title)])
    let rowsOfTable = lines.prefix(rows - 2).map { name, value in
      Table.Row(cells: [[TextRun(name, .muted)], [TextRun(value, .text)]])
    }
    pane.nodes = [
      .table(
        Table(
          id: "stats.table", frame: pane.content,
          columns: [
            Table.Column(title: "", width: 12), Table.Column(title: "", width: 0, alignment: .trailing),
          ],
          rows: rowsOfTable, totalRowCount: rowsOfTable.count, showsTitles: false))
    ]
    return pane
  }

  private func statsLines(_ measures: FrameMeasures) -> [(SafeText, SafeText)] {
    func amount(_ count: Int?, _ unit: String) -> SafeText {
      count.map { "\(grouped(UInt64(max(0, $0))))\(unit)" } ?? "not measured"
    }
    func size(_ count: Int?) -> SafeText {
      count.map { "\(compact(UInt64(max(0, $0))))B" } ?? "not measured"
    }
    var frames: SafeText = "not measured"
    if let shown = measures.frameCount {
      frames = "\(shown), \(measures.droppedFrameCount ?? 0) dropped"
    }
    var answers: SafeText = "not measured"
    if let asked = measures.askedCount { answers = "\(measures.rememberedCount ?? 0) of \(asked)" }
    return [
      ("build", amount(measures.buildUs, " us")), ("paint", amount(measures.paintUs, " us")),
      ("last frame", amount(measures.lastFrameByteCount, " B")), ("all frames", size(measures.byteCount)),
      ("frames", frames), ("cache hits", answers), ("events/s", amount(measures.eventsPerSecond, "")),
      ("counts", size(measures.matrixByteCount)), ("memory", size(measures.residentByteCount)),
    ]
  }
}
