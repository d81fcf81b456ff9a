public import Preferences
public import SceneGraph

/// A screen of cells, ready for any terminal of its depth.
public struct CellFrame: Hashable, Sendable {
  public let columns: Int
  public let rows: Int
  public let depth: ColorDepth
  /// Row-major, `columns * rows`.
  public internal(set) var cells: [Cell]
  /// Where the hardware cursor rests: on the focused item, so that screen readers and eyes find it.
  public internal(set) var cursor: GridPoint?

  /// A blank frame.
  public init(extent: GridExtent, depth: ColorDepth, style: CellStyle = CellStyle()) {
    self.columns = max(0, extent.columns)
    self.rows = max(0, extent.rows)
    self.depth = depth
    self.cells = Array(repeating: Cell(.space, packedStyle: PackedStyle(style)), count: columns * rows)
  }

  public var extent: GridExtent { GridExtent(columns: columns, rows: rows) }

  /// - Parameter column, row: inside the frame; any other place traps.
  public subscript(column: Int, row: Int) -> Cell {
    precondition(
      column >= 0 && column < columns && row >= 0 && row < rows,
      "(\(column), \(row)) lies outside a frame of \(columns) x \(rows)")
    return cells[row * columns + column]
  }

  public func row(_ row: Int) -> ArraySlice<Cell> { cells[row * columns..<(row + 1) * columns] }
}

extension CellFrame {
  /// Writes one grapheme and keeps every wide grapheme whole: what it cuts in two becomes blank.
  mutating func put(_ glyph: Glyph, width: Int, column: Int, row: Int, style: PackedStyle) {
    open(row: row, columns: column..<column + width)
    let index = row * columns + column
    cells[index] = Cell(glyph, width: UInt8(width), packedStyle: style)
    if width == 2 { cells[index + 1] = Cell(.space, width: 0, packedStyle: style) }
  }

  /// Writes `cell`, which is one column wide, all over `columns` of `row`.
  mutating func fill(row: Int, columns: Range<Int>, with cell: Cell) {
    write(row: row, columns: columns) { $0.update(repeating: cell) }
  }

  /// Lends the cells of `columns` in `row`, none of them half of a grapheme that reaches out of them; `body` leaves
  /// none that does.
  mutating func write(row: Int, columns: Range<Int>, _ body: (UnsafeMutableBufferPointer<Cell>) -> Void) {
    guard !columns.isEmpty else { return }
    open(row: row, columns: columns)
    let start = row * self.columns
    cells.withUnsafeMutableBufferPointer {
      body(UnsafeMutableBufferPointer(rebasing: $0[start + columns.lowerBound..<start + columns.upperBound]))
    }
  }

  /// Blanks the outer halves of graphemes that an edge of `columns` cuts in two.
  private mutating func open(row: Int, columns: Range<Int>) {
    let start = row * self.columns
    let first = start + columns.lowerBound
    if cells[first].width == 0 && columns.lowerBound > 0 {
      cells[first - 1] = Cell(.space, packedStyle: cells[first - 1].packedStyle)
    }
    let last = start + columns.upperBound - 1
    if cells[last].width == 2 && columns.upperBound < self.columns {
      cells[last + 1] = Cell(.space, packedStyle: cells[last + 1].packedStyle)
    }
  }
}
