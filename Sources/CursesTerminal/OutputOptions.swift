public import Preferences

/// Who turns frames into bytes. Both give the same screens.
public enum ScreenPresenter: String, CaseIterable, Hashable, Sendable {
  /// The stream where the terminal's description says what it needs, else ncurses.
  case auto
  case curses
  case stream
}

/// How frames get to the terminal.
public struct OutputOptions: Hashable, Sendable {
  public var presenter: ScreenPresenter
  public var link: LinkSpeed
  /// Brackets around long frames (mode 2026) for terminals known to honour them.
  public var synchronizes: Bool

  public init(
    presenter: ScreenPresenter = .auto, link: LinkSpeed = .auto, synchronizes: Bool = true
  ) {
    self.presenter = presenter
    self.link = link
    self.synchronizes = synchronizes
  }

  /// What the stream may use on the terminal that is open; `nil` leaves it to ncurses, whatever was asked for, where
  /// the terminal does not know the little the stream cannot do without.
  func stream(environment: (String) -> String?, isUTF8: Bool) -> StreamCapabilities? {
    guard presenter != .curses else { return nil }
    let brackets = synchronizes && Self.honoursBrackets(environment)
    guard let found = StreamCapabilities.ofOpenTerminal(synchronizes: brackets, isUTF8: isUTF8) else {
      return nil
    }
    return presenter == .stream || found.shiftsColumns ? found : nil
  }

  /// Terminals by the names they give themselves. Asking (DECRQM) is no way out: some print the question.
  static func honoursBrackets(_ environment: (String) -> String?) -> Bool {
    // A multiplexer stands between: what the terminal around it can do does not count.
    let term = environment("TERM") ?? ""
    if term.hasPrefix("tmux") || term.hasPrefix("screen") { return false }
    let byTerm = ["xterm-kitty", "xterm-ghostty", "foot", "wezterm", "alacritty", "contour", "rio"]
    if byTerm.contains(where: term.hasPrefix) { return true }
    let programs = ["WezTerm", "ghostty", "iTerm.app", "rio"]
    if programs.contains(environment("TERM_PROGRAM") ?? "") { return true }
    return environment("LC_TERMINAL") == "iTerm2"
  }
}
