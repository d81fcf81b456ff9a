import Preferences
import SceneGraph

@testable import CellCanvas

/// SplitMix64: the same frames from the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

/// Frames as a session makes them and worse: heat maps, words, wide and marked letters, pans both ways, other sizes.
struct RandomFrames {
  private var generator: SeededGenerator
  private(set) var frame: CellFrame
  private let depth: ColorDepth
  private let largest: GridExtent

  init(seed: UInt64, depth: ColorDepth = .colors256, largest: GridExtent = GridExtent(columns: 36, rows: 12))
  {
    generator = SeededGenerator(seed: seed)
    self.depth = depth
    self.largest = largest
    frame = CellFrame(extent: GridExtent(columns: 20, rows: 5), depth: depth)
    resize()
  }

  /// Changes the frame in one to three ways.
  mutating func next() -> CellFrame {
    for _ in 0..<number(1...3) {
      switch number(0...13) {
      case 0...3: slide()
      case 4...6: scroll()
      case 7: words()
      case 8: patch()
      case 9: heat(randomRect())
      case 10: fill()
      case 11: resize()
      default: scatter()
      }
    }
    moveCursor()
    return frame
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  private mutating func color() -> Color {
    switch depth {
    case .mono: .terminal
    case .colors16: number(0...4) == 0 ? .terminal : .palette(UInt8(number(0...15)))
    case .colors256: number(0...4) == 0 ? .terminal : .palette(UInt8([17, 60, 9, 233, 196][number(0...4)]))
    case .truecolor:
      number(0...3) == 0
        ? .palette(UInt8(number(0...255)))
        : .rgb(red: UInt8(number(0...255)), green: 8, blue: UInt8(number(0...3)))
    }
  }

  private mutating func style() -> CellStyle {
    let modifiers = number(0...3) == 0 ? Modifiers(rawValue: UInt8(number(0...31))) : []
    return CellStyle(foreground: color(), background: color(), modifiers: modifiers)
  }

  private mutating func randomRect() -> GridRect {
    let column = number(0...frame.columns - 1)
    let row = number(0...frame.rows - 1)
    return GridRect(
      column: column, row: row, columns: number(1...frame.columns - column),
      rows: number(1...frame.rows - row))
  }

  private mutating func put(_ text: Character, width: Int, _ column: Int, _ row: Int, _ style: CellStyle) {
    guard column + width <= frame.columns else { return }
    frame.put(Glyph(text), width: width, column: column, row: row, style: PackedStyle(style))
  }

  private mutating func heat(_ rect: GridRect) {
    let styles = (0..<4).map { _ in CellStyle(foreground: color(), background: color()) }
    for row in rect.row..<rect.endRow {
      for column in rect.column..<rect.endColumn {
        put(number(0...9) == 0 ? "×" : " ", width: 1, column, row, styles[number(0...3)])
      }
    }
  }

  private mutating func fill() {
    let rect = randomRect()
    let (style, text) = (style(), number(0...2) == 0 ? Character("─") : " ")
    for row in rect.row..<rect.endRow {
      for column in rect.column..<rect.endColumn { put(text, width: 1, column, row, style) }
    }
  }

  private mutating func words() {
    let letters: [(Character, Int)] = [
      ("a", 1), ("z", 1), (" ", 1), ("支", 2), ("e\u{323}", 1), ("█", 1), ("ﬀ", 1), ("한", 2), ("é", 1),
    ]
    var column = number(0...frame.columns - 1)
    let row = number(0...frame.rows - 1)
    let style = style()
    for _ in 0..<number(1...20) {
      let (text, width) = letters[number(0...letters.count - 1)]
      put(text, width: width, column, row, style)
      column += width
    }
  }

  private mutating func scatter() {
    for _ in 0..<number(1...6) {
      put("x", width: 1, number(0...frame.columns - 1), number(0...frame.rows - 1), style())
    }
  }

  private mutating func patch() {
    let (column, row) = (number(0...frame.columns - 1), number(0...frame.rows - 1))
    put("文", width: 2, column, row, style())
  }

  /// As a plot does when its time moves: everything in a rectangle goes sideways, something new comes in.
  private mutating func slide() {
    let rect = randomRect()
    let distance = number(1...4) * (number(0...1) == 0 ? 1 : -1)
    let before = frame
    for row in rect.row..<rect.endRow {
      for column in rect.column..<rect.endColumn {
        let source = column + distance
        if source >= rect.column, source < rect.endColumn, before[source, row].width == 1 {
          put(before[source, row].text, width: 1, column, row, before[source, row].style)
        } else {
          put(" ", width: 1, column, row, CellStyle(background: color()))
        }
      }
    }
  }

  private mutating func scroll() {
    let first = number(0...frame.rows - 1)
    let rows = first..<first + number(1...frame.rows - first)
    let distance = number(1...3) * (number(0...1) == 0 ? 1 : -1)
    let before = frame
    for row in rows {
      for column in 0..<frame.columns {
        let cell = rows.contains(row + distance) ? before[column, row + distance] : Cell(" ")
        if cell.width > 0 { put(cell.text, width: Int(cell.width), column, row, cell.style) }
      }
    }
  }

  private mutating func resize() {
    let extent = GridExtent(columns: number(1...largest.columns), rows: number(1...largest.rows))
    frame = CellFrame(extent: extent, depth: depth, style: style())
    heat(randomRect())
    words()
  }

  private mutating func moveCursor() {
    frame.cursor =
      number(0...5) == 0
      ? nil : GridPoint(column: number(0...frame.columns - 1), row: number(0...frame.rows - 1))
  }
}
