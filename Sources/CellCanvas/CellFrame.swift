public import Preferences
public import SceneGraph

/// How one cell looks. `.terminal` colours are the terminal's own.
public struct CellStyle: Hashable, Sendable {
  public var foreground: Color
  public var background: Color
  public var modifiers: Modifiers

  public init(foreground: Color = .terminal, background: Color = .terminal, modifiers: Modifiers = []) {
    self.foreground = foreground
    self.background = background
    self.modifiers = modifiers
  }

  /// Words of this style on a ground of `base`: what this style leaves open shows the ground.
  func over(_ base: CellStyle) -> CellStyle {
    CellStyle(
      foreground: foreground == .terminal ? base.foreground : foreground,
      background: background == .terminal ? base.background : background,
      modifiers: modifiers.union(base.modifiers))
  }
}

/// One column of one row. A grapheme two columns wide is followed by a cell of width 0.
public struct Cell: Hashable, Sendable {
  public var text: Character
  /// 1, 2, or 0 for the second half of the cell before it.
  public var width: UInt8
  public var style: CellStyle

  public init(_ text: Character, width: UInt8 = 1, style: CellStyle = CellStyle()) {
    self.text = text
    self.width = width
    self.style = style
  }
}

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
    self.cells = Array(repeating: Cell(" ", style: style), count: columns * rows)
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
  mutating func put(_ text: Character, width: Int, column: Int, row: Int, style: CellStyle) {
    let index = row * columns + column
    blankHalves(around: index, column: column, width: width)
    cells[index] = Cell(text, width: UInt8(width), style: style)
    if width == 2 { cells[index + 1] = Cell(" ", width: 0, style: style) }
  }

  private mutating func blankHalves(around index: Int, column: Int, width: Int) {
    if cells[index].width == 0 && column > 0 {
      cells[index - 1] = Cell(" ", style: cells[index - 1].style)
    }
    let last = index + width - 1
    if cells[last].width == 2 && column + width < columns {
      cells[last + 1] = Cell(" ", style: cells[last + 1].style)
    }
  }
}
