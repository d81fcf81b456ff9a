import Preferences
import SceneGraph

/// Draws one frame: the only place that writes cells. Everything goes through a clip rectangle.
struct Painter {
  let canvas: CellCanvas
  private(set) var frame: CellFrame
  /// By the words of the role; keys of a type of their own would cost a search for how it is hashed.
  private var styles: [String: CellStyle] = [:]
  /// For each role the few grounds that it stands on.
  private var stylesOnGround: [String: [(ground: PackedStyle, style: CellStyle)]] = [:]
  let bounds: GridRect

  init(canvas: CellCanvas, extent: GridExtent) {
    self.canvas = canvas
    bounds = GridRect(column: 0, row: 0, columns: max(0, extent.columns), rows: max(0, extent.rows))
    frame = CellFrame(extent: extent, depth: canvas.depth, style: canvas.fittedStyle(.text))
  }

  var glyphs: GlyphSet { canvas.glyphs }

  mutating func style(_ role: Role) -> CellStyle {
    if let known = styles[role.rawValue] { return known }
    let style = canvas.fittedStyle(role)
    styles[role.rawValue] = style
    return style
  }

  /// Words of `role` on `base`, readable there: a colour too near the ground gives way to the ground's own.
  mutating func style(_ role: Role, on base: CellStyle) -> CellStyle {
    let ground = PackedStyle(base)
    if let known = stylesOnGround[role.rawValue]?.first(where: { $0.ground == ground }) { return known.style }
    var own = style(role)
    // The ground that every role inherits from plain text is no ground of its own: words stand on what is under them.
    if own.background == style(.text).background { own.background = base.background }
    var style = own.over(base)
    if style.background == base.background, style.foreground != base.foreground,
      let contrast = style.foreground.contrast(with: base.background), contrast < 3
    {
      style.foreground = base.foreground
    }
    stylesOnGround[role.rawValue, default: []].append((ground, style))
    return style
  }

  mutating func placeCursor(column: Int, row: Int) {
    let point = GridPoint(column: column, row: row)
    if bounds.contains(point) { frame.cursor = point }
  }

  func cell(column: Int, row: Int) -> Cell? {
    bounds.contains(GridPoint(column: column, row: row)) ? frame[column, row] : nil
  }

  mutating func fill(_ rect: GridRect, with style: CellStyle, glyph: Character = " ") {
    let visible = rect.intersection(bounds)
    guard !visible.isEmpty else { return }
    let cell = Cell(glyph, style: style)
    for row in visible.row..<visible.endRow {
      frame.fill(row: row, columns: visible.column..<visible.endColumn, with: cell)
    }
  }

  /// Lends the cells of `columns` in `row`, which lie inside the bounds; `body` writes cells one column wide.
  mutating func write(row: Int, columns: Range<Int>, _ body: (UnsafeMutableBufferPointer<Cell>) -> Void) {
    frame.write(row: row, columns: columns, body)
  }

  /// One grapheme; blanks where its second half would leave the clip.
  mutating func put(
    _ text: Character, width: Int = 1, column: Int, row: Int, style: CellStyle, clip: GridRect
  ) {
    let clip = clip.intersection(bounds)
    let style = PackedStyle(style)
    let isFirstInside = clip.contains(GridPoint(column: column, row: row))
    let isLastInside = width == 1 ? isFirstInside : clip.contains(GridPoint(column: column + 1, row: row))
    switch (isFirstInside, isLastInside) {
    case (true, true): frame.put(Glyph(text), width: width, column: column, row: row, style: style)
    case (true, false): frame.put(.space, width: 1, column: column, row: row, style: style)
    case (false, true): frame.put(.space, width: 1, column: column + 1, row: row, style: style)
    case (false, false): break
    }
  }
}

extension Painter {
  /// A line of words in `columns` columns from (`column`, `row`); too long a line ends in an ellipsis.
  /// Returns the columns used.
  @discardableResult
  mutating func draw(
    _ line: TextLine, column: Int, row: Int, columns: Int, base: CellStyle, clip: GridRect,
    alignment: Table.Column.Alignment = .leading
  ) -> Int {
    guard columns > 0 else { return 0 }
    let width = measure(line, upTo: columns)
    let isCut = width > columns
    let ellipsis = isCut ? String(glyphs.ellipsis.prefix(columns)) : ""
    let budget = isCut ? columns - ellipsis.count : width
    let start = alignment == .trailing && !isCut ? column + columns - width : column
    var used = 0
    var lastStyle = base
    words: for run in line where used < budget {
      lastStyle = style(run.role, on: base)
      let room = budget - used
      if let count = drawPlain(run.text, column: start + used, row: row, room: room, lastStyle, clip) {
        used += count
        continue
      }
      let escapeStyle = run.text.escapes.isEmpty ? lastStyle : style(.caution, on: base)
      for (index, text) in zip(run.text.string.indices, run.text.string) {
        let text = glyphs.spelling(of: text)
        let textWidth = displayWidth(of: text)
        if textWidth == 0 { continue }
        if used + textWidth > budget { break words }
        let style = run.text.isEscape(at: index) ? escapeStyle : lastStyle
        put(text, width: textWidth, column: start + used, row: row, style: style, clip: clip)
        used += textWidth
      }
    }
    for text in ellipsis {
      put(text, column: start + used, row: row, style: lastStyle, clip: clip)
      used += 1
    }
    return used
  }

  /// Words of nothing but ASCII, at most `room` columns of them; `nil` where there is more to look at.
  private mutating func drawPlain(
    _ text: SafeText, column: Int, row: Int, room: Int, _ style: CellStyle, _ clip: GridRect
  ) -> Int? {
    guard text.escapes.isEmpty else { return nil }
    let style = PackedStyle(style)
    let clip = clip.intersection(bounds)
    return text.string.utf8.withContiguousStorageIfAvailable { bytes -> Int? in
      guard bytes.isASCII else { return nil }
      let count = min(bytes.count, room)
      let first = max(column, clip.column)
      let end = min(column + count, clip.endColumn)
      guard first < end, clip.row <= row, row < clip.endRow else { return count }
      frame.write(row: row, columns: first..<end) { cells in
        for offset in cells.indices {
          cells[offset] = Cell(Glyph(ascii: bytes[first - column + offset]), packedStyle: style)
        }
      }
      return count
    } ?? nil
  }

  /// Columns of a line; counting stops soon after `limit`.
  func measure(_ line: TextLine, upTo limit: Int) -> Int {
    var width = 0
    for run in line {
      if let count = run.text.string.utf8.withContiguousStorageIfAvailable({ $0.isASCII ? $0.count : nil })
        ?? nil
      {
        width += count
        if width > limit { return width }
        continue
      }
      for text in run.text.string {
        width += displayWidth(of: text)
        if width > limit { return width }
      }
    }
    return width
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate var isASCII: Bool { allSatisfy { $0 < 0x80 } }
}

extension SafeText {
  /// Whether the character at `index` spells out something that may not be drawn.
  fileprivate func isEscape(at index: String.Index) -> Bool {
    guard !escapes.isEmpty else { return false }
    let offset = string.utf8.distance(from: string.startIndex, to: index)
    return escapes.contains { $0.contains(offset) }
  }
}
