import EventMatrix
import EventModel
public import SceneGraph

/// Where everything of a view lies, in columns and rows of its extent.
public struct ViewLayout: Hashable, Sendable {
  public struct FaceFrame: Hashable, Sendable {
    public var face: Face
    /// With its border.
    public var pane: GridRect
    public var axis: GridRect
    public var labels: GridRect
    public var grid: GridRect
    /// Terminal columns of one cell of the grid.
    public var cellColumns: Int

    /// Columns of cells.
    public var columnCount: Int { grid.columns / max(1, cellColumns) }
  }

  public var header: GridRect
  public var faces: [FaceFrame]
  public var events: GridRect?
  public var event: GridRect?
  /// One row, where a replay is shown.
  public var scrubber: GridRect?
  public var status: GridRect
  public var hints: GridRect?

  public func frame(of face: Face) -> FaceFrame? { faces.first { $0.face == face } }

  /// Columns of time on screen.
  public var plotColumnCount: Int {
    (frame(of: .timeService) ?? frame(of: .timeSeverity))?.columnCount ?? fallbackColumnCount
  }

  /// Rows of services on screen.
  public var serviceRowCount: Int {
    (frame(of: .timeService) ?? frame(of: .serviceSeverity))?.grid.rows ?? 1
  }

  /// The columns of time that face 3 sums over when no other face is on screen.
  var fallbackColumnCount: Int
}

extension SessionState {
  /// Divides the view's extent. Every frame lies inside it, however small it is.
  public func layout(of view: ViewState) -> ViewLayout {
    let extent = view.extent
    let headerRows = extent.rows >= Self.twoLineRows ? 2 : 1
    let hasHints = configuration.showsHints && extent.rows >= 14
    let statusRows = statusRowCount(view)
    let scrubberRows = view.player == nil || extent.rows < Self.scrubbedRows ? 0 : 1
    let footRows = statusRows + scrubberRows + (hasHints ? 1 : 0)
    let header = GridRect(column: 0, row: 0, columns: extent.columns, rows: min(headerRows, extent.rows))
    let bodyRows = max(0, extent.rows - headerRows - footRows)
    var body = GridRect(column: 0, row: header.endRow, columns: extent.columns, rows: bodyRows)
    let scrubber =
      scrubberRows == 0
      ? nil : GridRect(column: 0, row: body.endRow, columns: extent.columns, rows: scrubberRows)
    let status = GridRect(
      column: 0, row: min(body.endRow + scrubberRows, max(0, extent.rows - 1)), columns: extent.columns,
      rows: extent.rows > headerRows ? statusRows : 0)
    let hints = hasHints ? GridRect(column: 0, row: extent.rows - 1, columns: extent.columns, rows: 1) : nil

    let wholeBody = body
    var events: GridRect?
    var event: GridRect?
    let spareRows = spareRowCount(view, bodyRows: body.rows)
    // A list that nobody asked for takes only what is to spare, whether its events are here yet or not.
    let asked = view.drill.flatMap { $0.isPreview && spareRows < Self.previewRowCount ? nil : $0 }
    if asked != nil || spareRows >= Self.previewRowCount {
      let drill = asked ?? Drill(title: .empty, range: .everything, severities: .all, count: 0)
      let lower = takeLower(of: &body, spareRows: spareRows)
      if drill.showsEvent, lower.columns >= 150 {
        let left = lower.columns * 11 / 20
        events = GridRect(column: 0, row: lower.row, columns: left, rows: lower.rows)
        event = GridRect(column: left, row: lower.row, columns: lower.columns - left, rows: lower.rows)
      } else if drill.showsEvent {
        event = lower
      } else {
        events = lower
      }
    }
    let faces = faceFrames(in: body, view)
    // Face 3 sums over the columns that face 1 would have, and so does what a list covers.
    var timeView = view
    if faces.isEmpty, view.singleFace == nil {
      timeView.drill = nil
    } else {
      timeView.singleFace = .timeService
    }
    let columnCount = faceFrames(in: wholeBody, timeView).first { $0.face != .serviceSeverity }?.columnCount
    return ViewLayout(
      header: header, faces: faces, events: events, event: event, scrubber: scrubber, status: status,
      hints: hints,
      fallbackColumnCount: columnCount ?? max(8, (extent.columns - 24) / timeCellColumns(view)))
  }

  /// From so many rows on, the header has a line for what is wrong.
  static let twoLineRows = 12
  /// From so many rows on, a scrubber has one.
  private static let scrubbedRows = 8

  /// In words the sentence is all that a screen reader has: it gets as many lines as it takes. Over the faces it is
  /// always the same number, so that nothing moves under the cursor.
  private func statusRowCount(_ view: ViewState) -> Int {
    guard view.form == .words else { return 1 }
    let width = max(1, view.extent.columns - 2)
    let usual = min((Self.usualSentenceColumns + width - 1) / width, max(1, view.extent.rows / 3))
    if case .face = view.focus { return usual }
    let needed = spoken(sentenceParts(view).flatMap(\.self), width: width + 1, rows: .max).count
    return min(max(usual, needed), max(usual, view.extent.rows / 2))
  }

  /// What the sentence of a cell takes, names and numbers being long.
  private static let usualSentenceColumns = 150

  /// A list with fewer rows, border included, is not worth showing unasked.
  private static let previewRowCount = 9

  /// Rows that no service needs: room for a list of events without taking any from the faces.
  private func spareRowCount(_ view: ViewState, bodyRows: Int) -> Int {
    // A list that changes with every step of the cursor is noise to ears.
    guard view.form == .cells else { return 0 }
    guard data.matrix.eventCount > 0, view.singleFace == nil || view.singleFace == .timeService else {
      return 0
    }
    // Which rows are quiet depends on the columns on screen, so those that are hidden count here.
    let rowCount = allRows(of: view).count
    let severityRows = view.singleFace == nil ? shownSeverities.count + 2 : 0
    return bodyRows - severityRows - max(6, rowCount) - 3
  }

  /// Cuts the rows of the lists off the bottom of `body`: those to spare, else nearly half; all of it where both do
  /// not fit.
  private func takeLower(of body: inout GridRect, spareRows: Int) -> GridRect {
    let half = body.rows < 15 ? body.rows : max(9, body.rows * 45 / 100)
    let wanted = spareRows >= Self.previewRowCount ? spareRows : half
    let lower = GridRect(
      column: body.column, row: body.endRow - wanted, columns: body.columns, rows: wanted)
    body.rows -= wanted
    return lower
  }

  /// Face 3 has room for its title, and for the card below it.
  private static let cardColumnCount = 30

  private func faceFrames(in body: GridRect, _ view: ViewState) -> [ViewLayout.FaceFrame] {
    guard body.rows >= 3, body.columns >= 12 else { return [] }
    // In words each label begins with the letter of its worst severity.
    let labelColumns = labelling(view, width: body.columns).columns + (view.form == .words ? 2 : 0)
    if let face = view.singleFace { return [frame(of: face, in: body, labelColumns: labelColumns, view)] }

    var main = body
    var frames: [ViewLayout.FaceFrame] = []
    let severityCount = shownSeverities.count
    let isCrowded = view.drill.map { !$0.isPreview } ?? false
    if body.rows >= (isCrowded ? 16 : 9) + severityCount {
      // A table of numbers has its times above it.
      let hasAxis = view.form == .words
      let rows = severityCount + (hasAxis ? 3 : 2)
      main.rows -= rows
      let lower = GridRect(column: body.column, row: main.endRow, columns: body.columns, rows: rows)
      frames.append(frame(of: .timeSeverity, in: lower, labelColumns: labelColumns, view, hasAxis: hasAxis))
    }
    let cellColumns = body.columns >= 160 ? 7 : 6
    let sideColumns = max(Self.cardColumnCount, severityCount * cellColumns + 2)
    if body.columns - sideColumns >= labelColumns + 50 {
      main.columns -= sideColumns
      let side = GridRect(column: main.endColumn, row: main.row, columns: sideColumns, rows: main.rows)
      frames.append(frame(of: .serviceSeverity, in: side, labelColumns: 0, view))
      if let index = frames.firstIndex(where: { $0.face == .timeSeverity }) {
        var lower = frames[index].pane
        lower.columns = main.columns
        frames[index] = frame(
          of: .timeSeverity, in: lower, labelColumns: labelColumns, view, hasAxis: view.form == .words)
        // The side pane goes down to the foot of the lower one.
        let tall = GridRect(
          column: side.column, row: side.row, columns: side.columns, rows: main.rows + lower.rows)
        let sideIndex = frames.count - 1
        frames[sideIndex].pane = tall
      }
    }
    frames.insert(frame(of: .timeService, in: main, labelColumns: labelColumns, view), at: 0)
    return frames.sorted { $0.face.rawValue < $1.face.rawValue }
  }

  private func timeCellColumns(_ view: ViewState) -> Int { view.form == .words ? Self.wordCellColumns : 1 }

  private func frame(
    of face: Face, in pane: GridRect, labelColumns: Int, _ view: ViewState, hasAxis: Bool = true
  ) -> ViewLayout.FaceFrame {
    let inner = GridRect(
      column: pane.column + 1, row: pane.row + 1, columns: max(0, pane.columns - 2),
      rows: max(0, pane.rows - 2))
    let axisRows = hasAxis && inner.rows > 1 ? 1 : 0
    let labels = min(labelColumns, inner.columns)
    let grid = GridRect(
      column: inner.column + labels, row: inner.row + axisRows, columns: inner.columns - labels,
      rows: inner.rows - axisRows)
    let severityCount = max(1, shownSeverities.count)
    let cellColumns =
      face == .serviceSeverity ? max(1, min(10, grid.columns / severityCount)) : timeCellColumns(view)
    return ViewLayout.FaceFrame(
      face: face, pane: pane,
      axis: GridRect(column: grid.column, row: inner.row, columns: grid.columns, rows: axisRows),
      labels: GridRect(column: inner.column, row: grid.row, columns: labels, rows: grid.rows), grid: grid,
      cellColumns: cellColumns)
  }
}
