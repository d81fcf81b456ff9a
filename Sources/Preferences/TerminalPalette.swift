/// The colours of a terminal or editor scheme that somebody already likes: a ground, words, and six hues.
///
/// Reads base16 and base24 YAML, kitty.conf, and terminal.sexy's JSON; each is taken line by line or word by word,
/// so that what surrounds the colours does not matter.
public struct TerminalPalette: Hashable, Sendable {
  public var name: String
  public var ground: SRGB
  public var words: SRGB
  public var red: SRGB
  public var orange: SRGB
  public var yellow: SRGB
  public var green: SRGB
  public var cyan: SRGB
  public var blue: SRGB

  public var appearance: Theme.Appearance {
    ground.contrast(to: SRGB(255, 255, 255)) >= ground.contrast(to: SRGB(0, 0, 0)) ? .dark : .light
  }

  /// The scheme in `file`; the problem says which colours are missing.
  public static func read(_ file: TextFile) throws(Problem) -> TerminalPalette {
    guard file.bytes.count <= FileSystem.byteLimit else {
      throw Problem(
        at: SourceLine(file: file.path), "longer than \(FileSystem.byteLimit) bytes: no colour scheme")
    }
    let text = String(decoding: file.bytes, as: UTF8.self)
    let found = SchemeWords(text)
    let stem = file.path.split(separator: "/").last.map { $0.prefix { $0 != "." } }.map(String.init) ?? ""
    let name = found.name ?? (stem.isEmpty ? "imported" : stem)
    if !found.base16.isEmpty { return try base16(found.base16, name: name, file: file.path) }
    return try sixteen(found, name: name, file: file.path)
  }

  /// What each slot is for: the base16 styling guidelines 0.3 (base00 ground, base05 words, base08 ... base0D hues).
  private static func base16(
    _ slots: [String: SRGB], name: String, file: String
  ) throws(Problem) -> TerminalPalette {
    func slot(_ digit: String) throws(Problem) -> SRGB {
      guard let color = slots["base0" + digit] else { throw missing(["base0" + digit], in: file) }
      return color
    }
    return TerminalPalette(
      name: name, ground: try slot("0"), words: try slot("5"), red: try slot("8"), orange: try slot("9"),
      yellow: try slot("A"), green: try slot("B"), cyan: try slot("C"), blue: try slot("D"))
  }

  /// The first eight ANSI colours; orange, which they lack, lies between red and yellow.
  private static func sixteen(
    _ found: SchemeWords, name: String, file: String
  ) throws(Problem) -> TerminalPalette {
    let wanted = (1...6).filter { found.numbered[$0] == nil }.map { "color\($0)" }
    let grounds = [("background", found.ground), ("foreground", found.words)].filter { $0.1 == nil }.map(\.0)
    guard let ground = found.ground, let words = found.words, wanted.isEmpty else {
      throw missing(grounds + wanted, in: file)
    }
    let hues = (1...6).compactMap { found.numbered[$0] }
    let orange = OklabColor(hues[0]).mixed(with: OklabColor(hues[2]), share: 0.5)
    return TerminalPalette(
      name: name, ground: ground, words: words, red: hues[0], orange: orange, yellow: hues[2], green: hues[1],
      cyan: hues[5], blue: hues[3])
  }

  private static func missing(_ names: [String], in file: String) -> Problem {
    Problem(
      at: SourceLine(file: file), "no colour for \(names.joined(separator: ", "))",
      remedy: "base16 YAML, kitty.conf and terminal.sexy's JSON are understood")
  }
}

/// The words of a scheme file that speak of colours.
private struct SchemeWords {
  var name: String?
  var ground: SRGB?
  var words: SRGB?
  var numbered: [Int: SRGB] = [:]
  var base16: [String: SRGB] = [:]
  /// terminal.sexy lists its colours after one key.
  private var isInList = false

  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      // JSON may come on a single line; YAML and kitty.conf have one pair on each.
      let isComment = line.drop { $0 == " " }.hasPrefix("#")
      if !isComment { read(line) }
    }
  }

  private mutating func read(_ line: Substring) {
    let isJSON =
      line.contains("\"") && (line.contains(",") || line.contains("{") || line.contains("[") || isInList)
    guard isJSON else { return readPair(line) }
    // Every second piece lies inside quotes; what follows tells whether it is a key.
    let pieces = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
    var key = ""
    for (index, piece) in pieces.enumerated() {
      guard index % 2 == 1 else {
        if piece.contains("]") { isInList = false }
        if piece.contains("["), key == "color" { isInList = true }
        continue
      }
      let isKey = index + 1 < pieces.count && pieces[index + 1].drop { $0 == " " }.hasPrefix(":")
      if isKey {
        key = piece
      } else if isInList {
        if let color = Self.color(piece) { numbered[numbered.count] = color }
      } else {
        set(key, to: piece)
      }
    }
  }

  private mutating func readPair(_ line: Substring) {
    guard
      let end = line.firstIndex(where: { $0 == ":" }) ?? line.drop(while: { $0 == " " }).firstIndex(of: " ")
    else {
      return
    }
    let key = line[..<end].filter { $0 != " " && $0 != "\"" && $0 != "\t" }
    let value = line[line.index(after: end)...].drop { $0 == " " || $0 == "\t" }
    set(String(key), to: String(value))
  }

  private mutating func set(_ key: String, to value: String) {
    let color = Self.color(value)
    switch key.lowercased() {
    case "scheme", "name":
      let plain = value.filter { $0 != "\"" && $0 != "'" }
      if !plain.isEmpty { name = plain }
    case "background": ground = color ?? ground
    case "foreground": words = color ?? words
    case let word where word.hasPrefix("base0") && word.count == 6:
      base16["base0" + word.dropFirst(5).uppercased()] = color
    case let word where word.hasPrefix("color"):
      if let number = Int(word.dropFirst(5)), (0...15).contains(number) { numbered[number] = color }
    default: break
    }
  }

  /// `#181818`, `181818`, quoted or not, with a comment after it or not.
  private static func color(_ text: String) -> SRGB? {
    let bare = text.drop { " \t\"'".contains($0) }.prefix { $0.isHexDigit || $0 == "#" }
    return SRGB(hex: bare.hasPrefix("#") ? String(bare) : "#" + bare)
  }
}

// MARK: - As a theme

extension TerminalPalette {
  /// A name that files and `--theme` can take: lower case letters, digits and hyphens.
  public var fileName: String {
    var words = ""
    for scalar in name.lowercased().unicodeScalars {
      let isPlain = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
      if isPlain { words.unicodeScalars.append(scalar) } else if words.last != "-" { words += "-" }
    }
    let trimmed = words.drop { $0 == "-" }
    let name = trimmed.last == "-" ? trimmed.dropLast() : trimmed
    return name.isEmpty ? "imported" : String(name.prefix(64))
  }

  /// A theme file that inherits `dark` or `light` and takes its colours from here. A colour too near the ground to be
  /// read is moved towards the words until it can be (WCAG 2.2), at every depth for itself.
  public func themeText() -> String {
    let isDark = appearance == .dark
    var lines = ["[meta]", "name = \"\(fileName)\"", "format = 1", "appearance = \"\(appearance.rawValue)\""]
    lines += ["inherits = \"\(appearance.rawValue)\"", "", "[palette]"]
    for swatch in swatches {
      let sixteen = isDark ? swatch.sixteen.dark : swatch.sixteen.light
      lines.append(
        "\(swatch.name) = { rgb = \"\(swatch.color.hex)\", c256 = \(swatch.c256), c16 = \"\(sixteen)\" }")
    }
    let (stops, c256) = heat
    lines += [
      "", "[ramp.heat]", "stops = [\(stops.map { "\"\($0.hex)\"" }.joined(separator: ", "))]",
      "space = \"oklab\"", "levels = 16", "c256 = [\(c256.map { "\($0)" }.joined(separator: ", "))]",
      "c16 = \(isDark ? "[\"blue\", \"cyan\"]" : "[\"cyan\", \"blue\"]")", "ascii = \".:-=+*#%@\"", "",
    ]
    return lines.joined(separator: "\n")
  }

  private struct Swatch {
    var name: String
    var color: SRGB
    var c256: UInt8
    /// The names of the sixteen that stand for it on dark and on light grounds.
    var sixteen: (dark: String, light: String)
  }

  private var swatches: [Swatch] {
    let panel = mixed(ground, words, 0.08)
    let lifted = mixed(ground, blue, 0.25)
    let grounds = [ground, panel]
    let white = appearance == .dark ? SRGB(255, 255, 255) : SRGB(0, 0, 0)
    let bright = readable(mixed(words, white, 0.6), on: grounds + [lifted], 4.5)
    let blood = away(from: bright.color, mixed(ground, red, 0.5))
    func plain(_ name: String, _ color: SRGB, _ sixteen: (String, String)) -> Swatch {
      Swatch(name: name, color: color, c256: color.nearest(in: 16...255), sixteen: sixteen)
    }
    func text(_ name: String, _ color: SRGB, _ contrast: Double, _ sixteen: (String, String)) -> Swatch {
      let (color, c256) = readable(color, on: grounds, contrast)
      return Swatch(name: name, color: color, c256: c256, sixteen: sixteen)
    }
    return [
      plain("ground", ground, ("black", "bright-white")), plain("panel", panel, ("black", "bright-white")),
      plain("lifted", lifted, ("blue", "cyan")),
      text("line", mixed(ground, words, 0.5), 3, ("white", "black")),
      text("faint", mixed(ground, words, 0.65), 4.5, ("white", "black")),
      text("text", words, 4.5, ("white", "black")),
      Swatch(name: "bright", color: bright.color, c256: bright.c256, sixteen: ("bright-white", "black")),
      text("sky", cyan, 4.5, ("bright-cyan", "blue")), text("steel", blue, 4.5, ("cyan", "blue")),
      text("amber", orange, 4.5, ("bright-yellow", "magenta")), text("red", red, 4.5, ("bright-red", "red")),
      plain("blood", blood, ("red", "bright-white")), text("leaf", green, 4.5, ("bright-green", "green")),
    ]
  }

  /// From just above the ground to the scheme's blue, with as many steps at 256 colours as every kind of vision can
  /// tell apart.
  private var heat: (stops: [SRGB], c256: [UInt8]) {
    let most = readable(blue, on: [ground], 4).color
    let stops = [mixed(ground, words, 0.14), mixed(mixed(ground, words, 0.3), blue, 0.3), most]
    let rises = appearance == .dark
    var steps: [UInt8] = []
    for index in 0...48 {
      let position = Double(index) / 24
      let (low, high) = position <= 1 ? (stops[0], stops[1]) : (stops[1], stops[2])
      let step = mixed(low, high, position <= 1 ? position : position - 1).nearest(in: 16...255)
      guard let last = steps.last else {
        steps.append(step)
        continue
      }
      let (from, to) = (SRGB(palette: last), SRGB(palette: step))
      let (less, more) = (LabColor(from).lightness, LabColor(to).lightness)
      let isApart = Vision.allCases.allSatisfy {
        LabColor(from, vision: $0).distance(to: LabColor(to, vision: $0)) >= ThemeLint.stepDistance
      }
      if isApart, rises ? more > less : more < less { steps.append(step) }
    }
    return (stops, steps.count > 1 ? steps : steps + [most.nearest(in: 16...255)])
  }

  private func mixed(_ one: SRGB, _ other: SRGB, _ share: Double) -> SRGB {
    OklabColor(one).mixed(with: OklabColor(other), share: share)
  }

  /// `color`, moved towards white or black until it stands out from every ground by `contrast`, in truecolor and as
  /// the nearest of those entries of the 256 that do so too. Where nothing does, white or black.
  private func readable(_ color: SRGB, on grounds: [SRGB], _ contrast: Double) -> (color: SRGB, c256: UInt8) {
    let end = appearance == .dark ? SRGB(255, 255, 255) : SRGB(0, 0, 0)
    let fitted = grounds.map { SRGB(palette: $0.nearest(in: 16...255)) }
    func stands(_ color: SRGB, _ grounds: [SRGB]) -> Bool {
      grounds.allSatisfy { color.contrast(to: $0) >= contrast }
    }
    let steps = (0...32).map { mixed(color, end, Double($0) / 32) }
    let found = steps.first { stands($0, grounds) } ?? end
    let wanted = LabColor(found)
    let c256 = (UInt8(16)...255).filter { stands(SRGB(palette: $0), fitted) }
      .min {
        LabColor(SRGB(palette: $0)).distance(to: wanted) < LabColor(SRGB(palette: $1)).distance(to: wanted)
      }
    return (found, c256 ?? end.nearest(in: 16...255))
  }

  /// A ground on which `words` can be read.
  private func away(from words: SRGB, _ color: SRGB) -> SRGB {
    let end = appearance == .dark ? SRGB(0, 0, 0) : SRGB(255, 255, 255)
    let steps = (0...32).map { mixed(color, end, Double($0) / 32) }
    return steps.first { step in
      step.contrast(to: words) >= 4.5
        && SRGB(palette: step.nearest(in: 16...255)).contrast(to: words) >= 4.5
    } ?? end
  }
}

extension SRGB {
  /// `#rrggbb`.
  public var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
