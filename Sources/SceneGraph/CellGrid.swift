/// What is known about a cell before its count: three different things everywhere (DESIGN §3).
public enum CellPresence: UInt8, Hashable, Sendable {
  /// Outside the source's first to last event: nothing can be said.
  case noData
  /// A named hole: unreadable part, missing batch, dropped, paused.
  case gap
  /// Inside, and nothing happened.
  case zero
  /// Something happened; `intensity` says how much.
  case value
}

/// Which ramp of the theme a cell's intensity runs on: the worst severity that shapes it.
public enum CellTone: UInt8, CaseIterable, Hashable, Sendable {
  /// Amount only (`ramp.heat`).
  case amount
  /// Warnings shape this cell (`ramp.warn`).
  case warn
  /// Errors or worse shape this cell (`ramp.error`).
  case error
  /// Fewer than before (`ramp.less`), in lenses that compare.
  case less
  /// More than before (`ramp.more`), in lenses that compare.
  case more
}

/// Cells in columns, rows and layers of depth. A terminal is given depth 1; a headset the third axis.
///
/// All layers are row-major: the cell (column, row, layer) is at `(layer * rows + row) * columns + column`.
public struct CellGrid: Hashable, Sendable {
  public var id: NodeID
  /// Where the cells lie: one terminal cell for each grid cell, so `frame.columns >= columns * cellColumns`.
  public var frame: GridRect
  public var columns: Int
  public var rows: Int
  public var depth: Int
  /// Terminal columns a cell is wide (faces with few columns use wide cells).
  public var cellColumns: Int
  public var presence: [CellPresence]
  /// 0 ... 255 on the lens's scale; 0 where presence is not `.value`, at least 1 where it is.
  public var intensity: [UInt8]
  public var tone: [CellTone]
  /// The numbers behind the cells, for bars, exports and cards.
  public var counts: [UInt64]
  /// Words drawn in a cell when it is wide enough (face 3); empty or one per cell.
  public var labels: [SafeText]

  public init(
    id: NodeID, frame: GridRect, columns: Int, rows: Int, depth: Int = 1, cellColumns: Int = 1,
    presence: [CellPresence], intensity: [UInt8], tone: [CellTone], counts: [UInt64], labels: [SafeText] = []
  ) {
    let cellCount = columns * rows * depth
    precondition(
      presence.count == cellCount && intensity.count == cellCount && tone.count == cellCount
        && counts.count == cellCount && (labels.isEmpty || labels.count == cellCount),
      "a grid of \(columns) x \(rows) x \(depth) cells has layers of \(cellCount)")
    self.id = id
    self.frame = frame
    self.columns = columns
    self.rows = rows
    self.depth = depth
    self.cellColumns = cellColumns
    self.presence = presence
    self.intensity = intensity
    self.tone = tone
    self.counts = counts
    self.labels = labels
  }

  /// Where a grid cell lies on the view, before clipping to `frame`.
  public func frame(of cells: GridRect) -> GridRect {
    GridRect(
      column: frame.column + cells.column * cellColumns, row: frame.row + cells.row,
      columns: cells.columns * cellColumns, rows: cells.rows)
  }
}
