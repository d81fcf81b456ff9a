import CellCanvas
import Preferences

/// What is decided from the environment before anything is drawn. Pure; the environment comes as a function.
struct TerminalChoice: Sendable {
  /// `$NAME`, `nil` when unset.
  var environment: @Sendable (String) -> String?

  init(environment: @escaping @Sendable (String) -> String?) { self.environment = environment }

  func isSet(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }

  var isRemote: Bool { isSet("SSH_TTY") || isSet("SSH_CONNECTION") }

  /// Terminal descriptions to try, best first. Empty for a terminal that cannot place a cursor (`dumb`, none).
  func terminalNames(requested: ColorDepth?) -> [String] {
    guard let term = environment("TERM"), !term.isEmpty, term != "dumb", term != "unknown" else { return [] }
    var names = [term]
    if wantsTruecolor(requested), !term.hasSuffix("-direct") {
      names.insert(term.prefix { $0 != "-" } + "-direct", at: 0)
    }
    let isMultiplexer = term.hasPrefix("tmux") || term.hasPrefix("screen")
    names += isMultiplexer ? ["screen-256color", "screen"] : ["xterm-256color", "xterm"]
    names.append("vt100")
    return names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Over a network only when asked: three times the bytes, and the fitted steps of 256 colours lose nothing.
  private func wantsTruecolor(_ requested: ColorDepth?) -> Bool {
    if let requested { return requested == .truecolor }
    let promised = environment("COLORTERM")
    return !isRemote && !isSet("NO_COLOR") && (promised == "truecolor" || promised == "24bit")
  }

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
  func notice(used term: String, depth: ColorDepth, requested: ColorDepth?) -> String? {
    let own = environment("TERM") ?? ""
    if term != own && !term.hasSuffix("-direct") { return "TERM \(own) is unknown here, using \(term)" }
    if let requested, depth < requested {
      return "\(term) cannot show the colours asked for, using \(depth.name)"
    }
    return nil
  }

  /// A lone ESC is known as such after this time; over a network a sequence may arrive in pieces.
  var escapeDelayMs: Int { isRemote ? 100 : 25 }

  /// What the terminal's fonts can be trusted with.
  func glyphs(isUTF8: Bool) -> GlyphSet {
    guard isUTF8, let term = environment("TERM") else { return .ascii }
    return term.hasPrefix("vt") || term == "linux" || term == "ansi" ? .ascii : .safe
  }
}

extension ColorDepth {
  /// As `--color` spells it.
  fileprivate var name: String {
    switch self {
    case .mono: "none"
    case .colors16: "16"
    case .colors256: "256"
    case .truecolor: "truecolor"
    }
  }
}
