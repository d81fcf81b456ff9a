import SceneGraph

/// Which signs a terminal and its font can be trusted with.
public enum GlyphSet: String, CaseIterable, Hashable, Sendable {
  /// ASCII only, for every terminal and every locale.
  case ascii
  /// Box drawing and blocks, which every UTF-8 terminal draws one column wide.
  case safe
  /// Rounder corners and finer marks, for fonts that have them.
  case rich
}

/// The lines of a border.
struct BorderGlyphs: Sendable {
  var topLeft: Character
  var top: Character
  var topRight: Character
  var side: Character
  var bottomLeft: Character
  var bottom: Character
  var bottomRight: Character
}

extension GlyphSet {
  func border(focused: Bool) -> BorderGlyphs {
    switch (self, focused) {
    case (.ascii, false): BorderGlyphs("+", "-", "+", "|", "+", "-", "+")
    case (.ascii, true): BorderGlyphs("#", "=", "#", "|", "#", "=", "#")
    case (.safe, false): BorderGlyphs("┌", "─", "┐", "│", "└", "─", "┘")
    case (.rich, false): BorderGlyphs("╭", "─", "╮", "│", "╰", "─", "╯")
    case (_, true): BorderGlyphs("┏", "━", "┓", "┃", "┗", "━", "┛")
    }
  }

  /// Stands where words were cut.
  var ellipsis: String { self == .ascii ? ".." : "…" }
  var zero: Character { self == .ascii ? "." : "·" }
  var gap: Character { self == .ascii ? "-" : "╌" }
  /// The part of a side border that shows which part of a table is seen.
  var scrollThumb: Character { self == .ascii ? "#" : "█" }
  /// Points from the border at the row under the cursor.
  var rowPointer: Character {
    switch self {
    case .ascii: ">"
    case .safe: "►"
    case .rich: "▶"
    }
  }
  var bookmark: Character { self == .ascii ? "*" : "◆" }
  var match: Character { self == .ascii ? "/" : "◇" }

  /// Least to most, where colours cannot say how much and the theme's own glyphs do not fit the set.
  var ramp: [Character] { self == .ascii ? [":", "+", "*", "#", "@"] : ["░", "▒", "▓", "█"] }

  /// What says the tone of a coloured cell without its colour; amounts need no mark.
  func mark(_ tone: CellTone) -> Character {
    switch tone {
    case .amount: " "
    case .warn: self == .ascii ? "." : "·"
    case .error: self == .ascii ? "x" : "×"
    case .less: "-"
    case .more: "+"
    }
  }

  /// The ASCII sign that stands for one of our own signs; other text stays as it is.
  func spelling(of text: Character) -> Character {
    guard self == .ascii, !text.isASCII else { return text }
    return Self.asciiSpellings[text] ?? text
  }

  private static let asciiSpellings: [Character: Character] = [
    "·": ".", "•": "*", "…": ".", "×": "x", "–": "-", "—": "-", "−": "-", "→": ">", "←": "<", "↑": "^",
    "↓": "v",
    "▸": ">", "▾": "-", "▶": ">", "►": ">", "▼": "v", "▲": "^", "◆": "!", "◇": "?", "○": "o", "●": "*",
    "≈": "=",
    "≥": ">", "≤": "<", "│": "|", "─": "-", "┃": "|", "━": "=", "█": "#", "▓": "*", "▒": "+", "░": ":",
    "▕": "|",
    "▏": "|", "±": "~", "✔": "y", "✖": "x", "⏎": "<", "┊": ":", "╌": "-", "└": "`", "├": "|",
  ]
}

extension BorderGlyphs {
  init(
    _ topLeft: Character, _ top: Character, _ topRight: Character, _ side: Character, _ bottomLeft: Character,
    _ bottom: Character, _ bottomRight: Character
  ) {
    self.topLeft = topLeft
    self.top = top
    self.topRight = topRight
    self.side = side
    self.bottomLeft = bottomLeft
    self.bottom = bottom
    self.bottomRight = bottomRight
  }
}
