import CNcurses
import CellCanvas
import Preferences
import SceneGraph

/// ncurses' screen, spoken to in frames. Only the thread that owns the terminal may touch it.
struct CursesScreen {
  private let usesRGB: Bool
  private var pairs: ColorPairs
  private let isUTF8: Bool
  /// Of this frame.
  private var lastLook: (style: PackedStyle, cell: cn_cell)?

  init(depth: ColorDepth, isUTF8: Bool) {
    usesRGB = cn_has_rgb() && cn_colors() > 256
    pairs = ColorPairs(count: depth == .mono ? 0 : Int(cn_pairs()))
    self.isUTF8 = isUTF8
  }

  /// Draws a frame; ncurses sends what differs from the screen. What lies outside the screen is cut.
  mutating func draw(_ frame: CellFrame) {
    let columns = Int(cn_columns())
    let rows = Int(cn_lines())
    pairs.startFrame()
    lastLook = nil
    for row in 0..<rows {
      let cells = row < frame.rows ? cursesCells(frame.row(row), columns: columns) : []
      cn_put_row(Int32(row), cells, Int32(cells.count))
    }
    let cursor = frame.cursor.flatMap { $0.column < columns && $0.row < rows ? $0 : nil }
    cn_flush(Int32(cursor?.column ?? -1), Int32(cursor?.row ?? -1))
  }

  private mutating func cursesCells(_ row: ArraySlice<Cell>, columns: Int) -> [cn_cell] {
    var result: [cn_cell] = []
    result.reserveCapacity(row.count)
    var used = 0
    for cell in row where cell.width > 0 {
      let width = Int(cell.width)
      if used + width > columns { break }
      // Nearly every cell: borders, ramps and words in Latin letters.
      if let scalar = cell.glyph.onlyScalar, scalar.isASCII || isUTF8 && cn_width(scalar.value) == 1,
        width == 1
      {
        result.append(cursesCell(scalar, cell.packedStyle))
        used += 1
        continue
      }
      for scalars in Self.spelling(of: cell, isUTF8: isUTF8, width: { Int(cn_width($0.value)) }) {
        result.append(cursesCell(scalars, cell.packedStyle))
      }
      used += width
    }
    while used < columns, let last = row.last {
      result.append(cursesCell(" " as Unicode.Scalar, last.packedStyle))
      used += 1
    }
    return result
  }

  /// The scalars of a grapheme in as many terminal cells as it is wide, by the widths the C library believes in: ncurses
  /// and most terminals believe the same, and where they do not, no later cell moves.
  static func spelling(of cell: Cell, isUTF8: Bool, width: (Unicode.Scalar) -> Int) -> [[Unicode.Scalar]] {
    let columns = Int(cell.width)
    if let ascii = cell.text.asciiValue { return [[Unicode.Scalar(ascii)]] }
    guard isUTF8 else { return Array(repeating: ["?"], count: columns) }
    var cells: [[Unicode.Scalar]] = []
    var used = 0
    for scalar in cell.text.unicodeScalars {
      let scalarWidth = width(scalar)
      if scalarWidth == 0, let last = cells.indices.last, cells[last].count < Int(CN_SCALARS_PER_CELL),
        !isInvisible(scalar)
      {
        cells[last].append(scalar)
      } else if scalarWidth > 0, used + scalarWidth <= columns {
        cells.append([scalar])
        used += scalarWidth
      }
    }
    if cells.isEmpty {
      cells = [["\u{FFFD}"]]
      used = 1
    }
    return cells + Array(repeating: [" "], count: columns - used)
  }

  /// Joiners and variation selectors: terminals disagree about what they do to a width.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{200C}" || scalar == "\u{200D}" || (0xFE00...0xFE0F).contains(scalar.value)
  }

  private mutating func cursesCell(_ scalars: [Unicode.Scalar], _ style: PackedStyle) -> cn_cell {
    var cell = look(of: style)
    withUnsafeMutableBytes(of: &cell.scalars) { bytes in
      let slots = bytes.assumingMemoryBound(to: UInt32.self)
      for (slot, scalar) in zip(slots.indices, scalars) { slots[slot] = scalar.value }
    }
    return cell
  }

  private mutating func cursesCell(_ scalar: Unicode.Scalar, _ style: PackedStyle) -> cn_cell {
    var cell = look(of: style)
    cell.scalars.0 = scalar.value
    return cell
  }

  /// A cell without text. Neighbours mostly look the same.
  private mutating func look(of packed: PackedStyle) -> cn_cell {
    if let last = lastLook, last.style == packed { return last.cell }
    let style = packed.style
    var cell = cn_cell()
    let pair = ColorPairs.Pair(
      foreground: number(of: style.foreground), background: number(of: style.background))
    cell.pair = Int32(pairs.number(of: pair, define: Self.define))
    cell.attributes = Self.attributes(of: style.modifiers)
    lastLook = (packed, cell)
    return cell
  }

  private static func define(_ number: Int, _ pair: ColorPairs.Pair) {
    _ = init_extended_pair(Int32(number), pair.foreground, pair.background)
  }

  /// -1 is the terminal's own colour, which costs no bytes.
  private func number(of color: Color) -> Int32 {
    switch color {
    case .terminal: return -1
    case .palette(let index) where !usesRGB: return Int32(index)
    default:
      guard let channels = color.channels else { return -1 }
      let value = Int32(channels.red) << 16 | Int32(channels.green) << 8 | Int32(channels.blue)
      // Direct-colour entries take 0 to 7 for the palette.
      return usesRGB ? max(8, value) : -1
    }
  }

  private static func attributes(of modifiers: Modifiers) -> UInt32 {
    var attributes: UInt32 = 0
    if modifiers.contains(.bold) { attributes |= cn_attribute_bold() }
    if modifiers.contains(.dim) { attributes |= cn_attribute_dim() }
    if modifiers.contains(.italic) { attributes |= cn_attribute_italic() }
    if modifiers.contains(.underline) { attributes |= cn_attribute_underline() }
    if modifiers.contains(.reverse) { attributes |= cn_attribute_reverse() }
    return attributes
  }
}
