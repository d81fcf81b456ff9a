import CellCanvas
import Preferences

/// What is decided from the environment before anything is drawn. Pure; the environment comes as a function.
struct TerminalChoice: Sendable {
  /// A terminal description to try.
  struct Candidate: Hashable, Sendable {
    var name: String
    /// Only for a terminal that answers: nothing else says that it understands this description.
    var needsAnswer = false
  }

  /// `$NAME`, `nil` when unset.
  var environment: @Sendable (String) -> String?

  init(environment: @escaping @Sendable (String) -> String?) { self.environment = environment }

  func isSet(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }

  var isRemote: Bool { isSet("SSH_TTY") || isSet("SSH_CONNECTION") }

  /// `TERM`; `nil` when it says nothing.
  var term: String? {
    guard let term = environment("TERM"), !term.isEmpty, term != "unknown" else { return nil }
    return term
  }

  // MARK: Which description

  /// Terminals that understand what xterm does, whatever this machine's terminfo knows of them.
  private static let xtermLike = [
    "xterm", "kitty", "ghostty", "foot", "wezterm", "rio", "contour", "alacritty", "konsole", "vte", "gnome",
    "iterm", "mintty", "rxvt", "st-", "putty", "mlterm", "hterm", "warp",
  ]

  private static func isXtermLike(_ name: String) -> Bool {
    name == "st" || xtermLike.contains(where: name.hasPrefix)
  }

  private static func isMultiplexer(_ name: String) -> Bool {
    name.hasPrefix("tmux") || name.hasPrefix("screen")
  }

  /// Terminal descriptions to try, best first. Empty for a terminal that cannot place a cursor (`dumb`).
  func candidates(requested: ColorDepth?) -> [Candidate] {
    // Nobody says what it is: it is asked, and without an answer there is only the line mode.
    guard let term else { return [Candidate(name: "xterm-256color", needsAnswer: true)] }
    guard term != "dumb" else { return [] }
    var names: [Candidate] = [Candidate(name: term)]
    if wantsTruecolor(requested), !term.hasSuffix("-direct") {
      names.insert(Candidate(name: term.prefix { $0 != "-" } + "-direct"), at: 0)
    }
    if Self.isMultiplexer(term) {
      names += ["screen-256color", "screen"].map { Candidate(name: $0) }
    } else if Self.isXtermLike(term) {
      names += ["xterm-256color", "xterm"].map { Candidate(name: $0) }
    } else if !isConsole(term) {
      names.append(Candidate(name: "xterm-256color", needsAnswer: true))
    }
    names.append(Candidate(name: "vt100"))
    return names.reduce(into: []) { names, next in
      if !names.contains(where: { $0.name == next.name }) { names.append(next) }
    }
  }

  /// Terminals of hardware and of kernels: they know what their own description says and no more.
  private func isConsole(_ term: String) -> Bool {
    ["linux", "vt1", "vt2", "vt3", "vt4", "vt5", "ansi", "cons25", "sun"].contains(where: term.hasPrefix)
  }

  /// Over a network only when asked: three times the bytes, and the fitted steps of 256 colours lose nothing.
  private func wantsTruecolor(_ requested: ColorDepth?) -> Bool {
    if let requested { return requested == .truecolor }
    let promised = environment("COLORTERM")
    return !isRemote && !isSet("NO_COLOR") && (promised == "truecolor" || promised == "24bit")
  }

  /// Whether questions and private modes may be sent to a terminal that is driven as `used`: a console would print
  /// them or beep, and GNU screen (`screen` without tmux around) does not pass answers on.
  func mayAsk(used: String) -> Bool {
    if used.hasPrefix("screen") { return isSet("TMUX") || term?.hasPrefix("tmux") == true }
    return used.hasPrefix("tmux") || Self.isXtermLike(used)
  }

  // MARK: What it can

  /// `requested` (a flag of the command line) wins over `NO_COLOR`, which wins over what the terminal can do.
  ///
  /// - Parameter colors: how many the terminal has; with `hasRGB` colours are numbers 0xRRGGBB.
  func depth(requested: ColorDepth?, colors: Int, hasRGB: Bool) -> ColorDepth {
    let possible: ColorDepth =
      switch colors {
      case ..<8: .mono
      case 8..<256: .colors16
      default: hasRGB && colors > 256 ? .truecolor : .colors256
      }
    if let requested { return min(requested, possible) }
    return isSet("NO_COLOR") ? .mono : possible
  }

  /// One line for the status bar about what is not as one might expect; `nil` when all is.
  func notice(used: String, depth: ColorDepth, requested: ColorDepth?) -> String? {
    guard let term else { return "TERM is not set, using \(used)" }
    if used != term && !used.hasSuffix("-direct") { return "TERM \(term) is unknown here, using \(used)" }
    if let requested, depth < requested {
      return "\(used) cannot show the colours asked for, using \(depth.name)"
    }
    return nil
  }

  /// A lone ESC is known as such after this time; over a network a sequence may arrive in pieces.
  var escapeDelayMs: Int { isRemote ? 100 : 25 }

  /// How long a terminal may take to say that it is one; asked only where TERM says nothing that is known.
  var answerMs: Int { isRemote ? 600 : 200 }

  /// What the terminal's fonts can be trusted with.
  func glyphs(isUTF8: Bool) -> GlyphSet {
    guard isUTF8, let term else { return .ascii }
    return isConsole(term) ? .ascii : .safe
  }

  // MARK: Light or dark

  /// What `COLORFGBG` says of the background (rxvt's `15;0`, `0;default;15`); `nil` when it says nothing.
  var backgroundOfVariable: Theme.Appearance? {
    guard let last = environment("COLORFGBG")?.split(separator: ";").last, let index = Int(last) else {
      return nil
    }
    switch index {
    case 0...6, 8: return .dark
    case 7, 9...15: return .light
    default: return nil
    }
  }
}

extension ColorDepth {
  /// As `--color` spells it.
  var name: String {
    switch self {
    case .mono: "none"
    case .colors16: "16"
    case .colors256: "256"
    case .truecolor: "truecolor"
    }
  }
}
