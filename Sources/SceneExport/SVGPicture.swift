// SceneExport: frames of cells as files for other programs: SVG pictures, asciicast recordings.
// Knows no session, no source and no clock, and writes no file: it makes text of what it is given.

public import CellCanvas
internal import Preferences

/// A frame as an SVG document (SVG 1.1): rectangles and text, no scripts, no fonts, nothing from elsewhere.
public struct SVGPicture: Sendable {
  /// The whole document, or an element to put into an HTML page.
  public let text: String

  private static let cellWidth = 8
  private static let cellHeight = 17
  private static let baseline = 13

  /// - Parameters:
  ///   - title: read aloud in place of the picture.
  ///   - isDark: the ground behind cells that leave it to the terminal.
  public init(_ frame: CellFrame, title: String, isDark: Bool) {
    let ground = Ground(isDark: isDark)
    let width = frame.columns * Self.cellWidth
    let height = frame.rows * Self.cellHeight
    var svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
      + "height=\"\(height)\" role=\"img\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" "
      + "font-size=\"13\">\n<title>\(MarkupText.escaped(title))</title>\n"
      + "<rect width=\"\(width)\" height=\"\(height)\" fill=\"\(ground.background)\"/>\n"
    for row in 0..<frame.rows { Self.append(frame.row(row), row: row, ground, to: &svg) }
    text = svg + "</svg>\n"
  }

  /// Neighbours of one style become one rectangle and one text.
  private static func append(_ cells: ArraySlice<Cell>, row: Int, _ ground: Ground, to svg: inout String) {
    var start = cells.startIndex
    while start < cells.endIndex {
      let style = cells[start].packedStyle
      let end = cells[start...].firstIndex { $0.packedStyle != style } ?? cells.endIndex
      append(
        cells[start..<end], style: cells[start].style, column: start - cells.startIndex, row: row, ground,
        to: &svg)
      start = end
    }
  }

  private static func append(
    _ cells: ArraySlice<Cell>, style: CellStyle, column: Int, row: Int, _ ground: Ground, to svg: inout String
  ) {
    var (fore, back) = (ground.hex(style.foreground), ground.hex(style.background, isBackground: true))
    if style.modifiers.contains(.reverse) { swap(&fore, &back) }
    let (x, y) = (column * cellWidth, row * cellHeight)
    let width = cells.count * cellWidth
    if back != ground.background {
      svg += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(cellHeight)\" fill=\"\(back)\"/>\n"
    }
    let words = String(cells.filter { $0.width > 0 }.map(\.text))
    guard words.contains(where: { $0 != " " }) else { return }
    svg +=
      "<text x=\"\(x)\" y=\"\(y + baseline)\" textLength=\"\(width)\" fill=\"\(fore)\" xml:space=\"preserve\""
    svg += " lengthAdjust=\"spacingAndGlyphs\""
    if style.modifiers.contains(.bold) { svg += " font-weight=\"bold\"" }
    if style.modifiers.contains(.italic) { svg += " font-style=\"italic\"" }
    if style.modifiers.contains(.dim) { svg += " opacity=\"0.7\"" }
    if style.modifiers.contains(.underline) { svg += " text-decoration=\"underline\"" }
    svg += ">\(MarkupText.escaped(words))</text>\n"
  }
}

/// What a terminal would put where a style leaves it open, and colours as SVG writes them.
private struct Ground {
  let foreground: String
  let background: String

  init(isDark: Bool) {
    foreground = isDark ? "#d6dae0" : "#20242a"
    background = isDark ? "#14171c" : "#ffffff"
  }

  func hex(_ color: Color, isBackground: Bool = false) -> String {
    switch color {
    case .terminal: isBackground ? background : foreground
    case .rgb(let red, let green, let blue): "#" + [red, green, blue].map(Self.digits).joined()
    case .palette(let index): Self.palette(index)
    }
  }

  private static func digits(_ value: UInt8) -> String { (value < 16 ? "0" : "") + String(value, radix: 16) }

  /// As xterm has them.
  private static func palette(_ index: UInt8) -> String {
    let named = [
      "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5", "#7f7f7f",
      "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
    ]
    if Int(index) < named.count { return named[Int(index)] }
    if index >= 232 { return "#" + String(repeating: digits(8 + 10 * (index - 232)), count: 3) }
    let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
    let cube = Int(index) - 16
    return "#" + [cube / 36, cube / 6 % 6, cube % 6].map { digits(steps[$0]) }.joined()
  }
}

/// Words for SVG, HTML and XML.
public enum MarkupText {
  /// What could be read as markup is named; what XML cannot hold becomes U+FFFD.
  public static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case _
      where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE:
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
