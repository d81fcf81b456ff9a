import Preferences
import SceneGraph

extension CellFrame {
  /// Rows joined by newlines, trailing blanks cut: what a person without colour reads.
  public func plainText() -> String {
    (0..<rows).map { plainText(ofRow: $0) }.joined(separator: "\n")
  }

  func plainText(ofRow row: Int) -> String {
    var text = ""
    var kept = text.endIndex
    for cell in self.row(row) where cell.width > 0 {
      text.append(cell.text)
      if cell.text != " " { kept = text.endIndex }
    }
    return String(text[..<kept])
  }

  /// Rows with SGR sequences of the frame's depth (ECMA-48 8.3.117), each row reset at its end; trailing cells that
  /// would show nothing are cut.
  public func ansiText() -> String {
    (0..<rows).map { ansiText(ofRow: $0) }.joined(separator: "\n")
  }

  private func ansiText(ofRow row: Int) -> String {
    let cells = self.row(row)
    let end = (cells.lastIndex { $0.showsSomething } ?? cells.startIndex - 1) + 1
    var text = ""
    var current = CellStyle()
    for cell in cells[cells.startIndex..<end] where cell.width > 0 {
      if cell.style != current {
        text += cell.style.selectGraphicRendition
        current = cell.style
      }
      text.append(cell.text)
    }
    return current == CellStyle() ? text : text + "\u{1B}[0m"
  }
}

extension Cell {
  fileprivate var showsSomething: Bool {
    text != " " || style.background != .terminal || !style.modifiers.isDisjoint(with: [.reverse, .underline])
  }
}

extension CellStyle: CustomStringConvertible {
  /// `fg 252 bg 24 bold`; only `plain` when nothing is set.
  public var description: String {
    var words: [String] = []
    if foreground != .terminal { words.append("fg \(foreground.spelling)") }
    if background != .terminal { words.append("bg \(background.spelling)") }
    for (modifier, name) in Self.modifierNames where modifiers.contains(modifier) { words.append(name) }
    return words.isEmpty ? "plain" : words.joined(separator: " ")
  }

  private static let modifierNames: [(Modifiers, String)] = [
    (.bold, "bold"), (.dim, "dim"), (.italic, "italic"), (.underline, "underline"), (.reverse, "reverse"),
  ]

  /// The SGR sequence that sets exactly this style, whatever was set before.
  public var selectGraphicRendition: String {
    var codes = ["0"]
    let modifierCodes: [(Modifiers, String)] = [
      (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.reverse, "7"),
    ]
    for (modifier, code) in modifierCodes where modifiers.contains(modifier) { codes.append(code) }
    if let code = foreground.code(isForeground: true) { codes.append(code) }
    if let code = background.code(isForeground: false) { codes.append(code) }
    return "\u{1B}[" + codes.joined(separator: ";") + "m"
  }
}

extension Color {
  fileprivate var spelling: String {
    switch self {
    case .terminal: "terminal"
    case .palette(let index): String(index)
    case .rgb(let red, let green, let blue):
      "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  fileprivate func code(isForeground: Bool) -> String? {
    switch self {
    case .terminal: nil
    case .palette(let index) where index < 8: String((isForeground ? 30 : 40) + Int(index))
    case .palette(let index) where index < 16: String((isForeground ? 90 : 100) + Int(index) - 8)
    case .palette(let index): (isForeground ? "38;5;" : "48;5;") + String(index)
    case .rgb(let red, let green, let blue): (isForeground ? "38;2;" : "48;2;") + "\(red);\(green);\(blue)"
    }
  }
}
