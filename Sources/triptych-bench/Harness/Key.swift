/// What xterm sends with its keypad in application mode, as ncurses asks for.
enum Key {
  static let left = "\u{1b}OD"
  static let right = "\u{1b}OC"
  static let up = "\u{1b}OA"
  static let down = "\u{1b}OB"
  static let panLeft = "\u{1b}[1;2D"
  static let panRight = "\u{1b}[1;2C"
  static let panUp = "\u{1b}[1;2A"
  static let panDown = "\u{1b}[1;2B"
  static let moves = [left, right, up, down]
  static let zoomIn = "="
  static let zoomOut = "-"
  static let pageLater = "L"
  static let worst = "w"
  static let home = "\u{1b}OH"
  static let end = "\u{1b}OF"
  static let enter = "\r"
  static let escape = "\u{1b}"
}
