/// What a person asks for with `--color`, `TRIPTYCH_COLOR` or `color` in the configuration.
public enum ColorChoice: String, CaseIterable, Hashable, Sendable {
  case auto, never, mono
  case colors16 = "16"
  case colors256 = "256"
  case truecolor
}

extension ColorDepth {
  /// How many colours to draw with.
  ///
  /// A choice wins over everything but a terminal that has no colours at all; `NO_COLOR` (no-color.org, not empty)
  /// wins over what the terminal can. Truecolor is only chosen without asking on the same machine: over SSH it costs
  /// three times the bytes.
  ///
  /// - Parameters:
  ///   - flag: `.auto` when nobody chose.
  ///   - terminalColors: what terminfo says; `nil` when the output is no terminal.
  ///   - hasRGB: terminfo's `RGB` flag.
  public static func chosen(
    flag: ColorChoice, environment: [String: String], terminalColors: Int?, hasRGB: Bool
  ) -> ColorDepth {
    if let terminalColors, terminalColors < 8 { return .mono }
    switch flag {
    case .never, .mono: return .mono
    case .colors16: return .colors16
    case .colors256: return .colors256
    case .truecolor: return .truecolor
    case .auto: break
    }
    func isSet(_ name: String) -> Bool { environment[name]?.isEmpty == false }
    guard let terminalColors, !isSet("NO_COLOR"), isSet("TERM"), environment["TERM"] != "dumb" else {
      return .mono
    }
    guard terminalColors >= 256 else { return .colors16 }
    let isRemote = isSet("SSH_TTY") || isSet("SSH_CONNECTION")
    let saysTruecolor = environment["COLORTERM"] == "truecolor" || environment["COLORTERM"] == "24bit"
    return (hasRGB || saysTruecolor) && !isRemote ? .truecolor : .colors256
  }
}
