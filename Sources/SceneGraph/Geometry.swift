/// A place in columns and rows of a view's extent; (0, 0) is the top left.
public struct GridPoint: Hashable, Sendable {
  public var column: Int
  public var row: Int

  public init(column: Int, row: Int) {
    self.column = column
    self.row = row
  }
}

/// A rectangle in columns and rows. Empty when either count is 0.
public struct GridRect: Hashable, Sendable {
  public var column: Int
  public var row: Int
  public var columns: Int
  public var rows: Int

  public init(column: Int, row: Int, columns: Int, rows: Int) {
    precondition(columns >= 0 && rows >= 0, "a rectangle of \(columns) x \(rows) cells")
    self.column = column
    self.row = row
    self.columns = columns
    self.rows = rows
  }

  public var isEmpty: Bool { columns == 0 || rows == 0 }
  public var endColumn: Int { column + columns }
  public var endRow: Int { row + rows }

  public func contains(_ point: GridPoint) -> Bool {
    point.column >= column && point.column < endColumn && point.row >= row && point.row < endRow
  }

  /// The part in both; empty when there is none.
  public func intersection(_ other: GridRect) -> GridRect {
    let column = max(column, other.column)
    let row = max(row, other.row)
    return GridRect(
      column: column, row: row, columns: max(0, min(endColumn, other.endColumn) - column),
      rows: max(0, min(endRow, other.endRow) - row))
  }
}

/// The size of a view in columns and rows.
public struct GridExtent: Hashable, Sendable {
  public var columns: Int
  public var rows: Int

  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}
