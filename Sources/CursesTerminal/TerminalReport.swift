import CNcurses
public import CellCanvas
import Glibc
public import Preferences

/// What the terminal of this process is taken for, found out without drawing on it.
public struct TerminalReport: Sendable {
  /// `TERM`; `nil` when it says nothing.
  public let term: String?
  /// The description it is driven by; `nil`: none fits, and there is only the line mode.
  public let description: String?
  public let depth: ColorDepth
  public let glyphs: GlyphSet
  /// `nil` when neither COLORFGBG nor the terminal tells.
  public let background: Theme.Appearance?
  /// Who told: `COLORFGBG` or `the terminal`.
  public let backgroundSource: String
  /// Questions and private modes may be sent to it.
  public let mayAsk: Bool
  /// It paints a frame at once (mode 2026); `nil` when it was not asked or did not say.
  public let synchronizes: Bool?
  public let isRemote: Bool

  /// Asks the terminal, and waits for its answers for `patienceMs` at most; what is typed meanwhile is lost.
  ///
  /// - Returns: `nil` when standard input or output is no terminal.
  public init?(patienceMs: Int = 1500) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
    let choice = TerminalChoice { name in getenv(name).map { String(cString: $0) } }
    var caller = TerminalCaller(input: STDIN_FILENO, output: STDOUT_FILENO, patienceMs: patienceMs)
    let isUTF8 = cn_set_locale()
    description =
      choice.candidates(requested: nil).first {
        (!$0.needsAnswer || caller.isAnswered) && cn_describe($0.name, STDOUT_FILENO)
      }?.name
    term = choice.term
    isRemote = choice.isRemote
    let colors = description == nil ? 0 : Int(cn_described_colors())
    depth = choice.depth(requested: nil, colors: colors, hasRGB: description != nil && cn_has_rgb())
    glyphs = choice.glyphs(isUTF8: isUTF8)
    mayAsk = description.map(choice.mayAsk) ?? false
    var replies: [TerminalReply] = []
    if mayAsk {
      _ = caller.ask(Array("\u{1B}[?2026$p".utf8) + BackgroundQuestion.bytes)
      replies = caller.replies
    }
    synchronizes =
      replies.lazy.compactMap { reply -> Bool? in
        if case .mode(2026, let state) = reply { (1...3).contains(state) } else { nil }
      }.first
    let told = replies.lazy.compactMap { reply -> Theme.Appearance? in
      guard case .background(let red, let green, let blue) = reply else { return nil }
      return BackgroundQuestion.appearance(red: red, green: green, blue: blue)
    }.first
    background = choice.backgroundOfVariable ?? told
    backgroundSource = choice.backgroundOfVariable == nil ? "the terminal" : "COLORFGBG"
  }
}
