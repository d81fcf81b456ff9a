import Preferences

/// Finds out whether the terminal's background is dark or light, without ever waiting for the answer.
///
/// OSC 11 asks for the colour; DA1 behind it is the fence: terminals answer in order, so that a terminal that answers
/// the second and not the first never will.
struct BackgroundQuestion {
  static let bytes = Array("\u{1B}]11;?\u{1B}\\\u{1B}[c".utf8)

  /// The fence has not been answered.
  private(set) var isOpen = false
  /// The terminal has told its colour once: what it tells of schemes is a hint to ask again.
  private var answersColors = false

  /// What to send; empty while an answer is on its way.
  mutating func ask() -> [UInt8] {
    guard !isOpen else { return [] }
    isOpen = true
    return Self.bytes
  }

  /// What a reply says of the background, and what to send because of it.
  mutating func take(_ reply: TerminalReply) -> (appearance: Theme.Appearance?, send: [UInt8]) {
    switch reply {
    case .attributes:
      isOpen = false
      return (nil, [])
    case .background(let red, let green, let blue):
      answersColors = true
      return (Self.appearance(red: red, green: green, blue: blue), [])
    case .colorScheme(let isDark):
      return answersColors ? (nil, ask()) : (isDark ? .dark : .light, [])
    case .mode, .ready:
      return (nil, [])
    }
  }

  /// By perceived brightness (ITU-R BT.601 luma), half of white.
  static func appearance(red: UInt8, green: UInt8, blue: UInt8) -> Theme.Appearance {
    299 * Int(red) + 587 * Int(green) + 114 * Int(blue) < 127_500 ? .dark : .light
  }
}
