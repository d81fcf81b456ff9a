/// Names a node for as long as it means the same thing: `matrix`, `matrix.grid`, `events.table`.
public struct NodeID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
}

/// All there is to see in one view at one moment. Panes later in `panes` lie over earlier ones.
public struct Scene: Hashable, Sendable {
  /// The state's version this scene was built from; grows with every applied command.
  public var revision: UInt64
  public var extent: GridExtent
  public var panes: [Pane]

  public init(revision: UInt64, extent: GridExtent, panes: [Pane]) {
    self.revision = revision
    self.extent = extent
    self.panes = panes
  }
}

/// A rectangle with a meaning. Content lies inside `content`; a framed pane keeps one cell around it for the border.
public struct Pane: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A line or two without a border (header, status, hints).
    case bar
    /// Bordered, part of the layout.
    case framed
    /// Bordered, over the layout; what lies under it is not reachable (palette, help, which-key).
    case overlay
  }

  public var id: NodeID
  public var kind: Kind
  public var frame: GridRect
  public var title: [TextRun]
  public var isFocused: Bool
  public var nodes: [Node]

  public init(
    id: NodeID, kind: Kind, frame: GridRect, title: [TextRun] = [], isFocused: Bool = false,
    nodes: [Node] = []
  ) {
    self.id = id
    self.kind = kind
    self.frame = frame
    self.title = title
    self.isFocused = isFocused
    self.nodes = nodes
  }

  /// Where nodes may draw.
  public var content: GridRect {
    guard kind != .bar else { return frame }
    return GridRect(
      column: frame.column + 1, row: frame.row + 1, columns: max(0, frame.columns - 2),
      rows: max(0, frame.rows - 2))
  }
}

/// One thing inside a pane. All frames are in columns and rows of the view's extent, not of the pane.
public enum Node: Hashable, Sendable {
  case cellGrid(CellGrid)
  case axis(Axis)
  case table(Table)
  case text(TextBlock)
  case marker(Marker)
}

/// Words with a meaning.
public struct TextRun: Hashable, Sendable {
  public var text: SafeText
  public var role: Role

  public init(_ text: SafeText, _ role: Role = .text) {
    self.text = text
    self.role = role
  }
}

public typealias TextLine = [TextRun]

/// Lines of words, top to bottom; lines beyond the frame and columns beyond its edge are cut.
public struct TextBlock: Hashable, Sendable {
  public var id: NodeID
  public var frame: GridRect
  public var lines: [TextLine]
  /// Drawn under the words over the whole frame.
  public var background: Role?

  public init(id: NodeID, frame: GridRect, lines: [TextLine], background: Role? = nil) {
    self.id = id
    self.frame = frame
    self.lines = lines
    self.background = background
  }
}

/// Rows of columns with one row under the cursor. `rows` are the visible ones only.
public struct Table: Hashable, Sendable {
  public struct Column: Hashable, Sendable {
    public enum Alignment: Hashable, Sendable { case leading, trailing }
    public var title: SafeText
    /// Width in columns; the last column takes what is left.
    public var width: Int
    public var alignment: Alignment

    public init(title: SafeText, width: Int, alignment: Alignment = .leading) {
      self.title = title
      self.width = width
      self.alignment = alignment
    }
  }

  public struct Row: Hashable, Sendable {
    public var cells: [TextLine]
    public init(cells: [TextLine]) { self.cells = cells }
  }

  public var id: NodeID
  public var frame: GridRect
  public var columns: [Column]
  public var rows: [Row]
  /// Index of the first of `rows` among `totalRowCount`.
  public var firstRow: Int
  public var totalRowCount: Int
  /// Index into `rows`.
  public var cursorRow: Int?
  /// Titles take the first row of the frame.
  public var showsTitles: Bool

  public init(
    id: NodeID, frame: GridRect, columns: [Column], rows: [Row], firstRow: Int = 0, totalRowCount: Int,
    cursorRow: Int? = nil, showsTitles: Bool = true
  ) {
    self.id = id
    self.frame = frame
    self.columns = columns
    self.rows = rows
    self.firstRow = firstRow
    self.totalRowCount = totalRowCount
    self.cursorRow = cursorRow
    self.showsTitles = showsTitles
  }
}

/// Labels along an edge of a grid.
public struct Axis: Hashable, Sendable {
  public enum Edge: Hashable, Sendable {
    /// Labels left to right; a label starts at its tick's offset.
    case horizontal
    /// One label a row.
    case vertical
  }

  public struct Tick: Hashable, Sendable {
    /// Columns (or rows) from the frame's start.
    public var offset: Int
    public var label: TextLine

    public init(offset: Int, label: TextLine) {
      self.offset = offset
      self.label = label
    }
  }

  public var id: NodeID
  public var frame: GridRect
  public var edge: Edge
  public var ticks: [Tick]

  public init(id: NodeID, frame: GridRect, edge: Edge, ticks: [Tick]) {
    self.id = id
    self.frame = frame
    self.edge = edge
    self.ticks = ticks
  }
}

/// Something that stands on cells of a grid: the cursor, a selection, a mark, another view's cursor.
public struct Marker: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case cursor, selection, bookmark, otherCursor, match
  }

  public var id: NodeID
  public var kind: Kind
  /// The grid it stands on.
  public var grid: NodeID
  /// In cells of that grid, clipped to it.
  public var cells: GridRect
  public var label: SafeText

  public init(id: NodeID, kind: Kind, grid: NodeID, cells: GridRect, label: SafeText = .empty) {
    self.id = id
    self.kind = kind
    self.grid = grid
    self.cells = cells
    self.label = label
  }
}
