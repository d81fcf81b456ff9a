// Preferences: what people may choose: themes, keymaps, configuration.
// Reads files below Themes/, Keymaps/ and the XDG directories. Draws nothing and applies no command.

public import SceneGraph

/// How many colours a terminal is given.
public enum ColorDepth: Int, CaseIterable, Comparable, Hashable, Sendable {
  case mono, colors16, colors256, truecolor
  public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }
}

public enum Color: Hashable, Sendable {
  /// The terminal's own foreground or background.
  case terminal
  /// An index of the 16- or 256-colour palette.
  case palette(UInt8)
  case rgb(red: UInt8, green: UInt8, blue: UInt8)
}

public struct Modifiers: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let bold = Modifiers(rawValue: 1)
  public static let dim = Modifiers(rawValue: 2)
  public static let italic = Modifiers(rawValue: 4)
  public static let underline = Modifiers(rawValue: 8)
  public static let reverse = Modifiers(rawValue: 16)
}

/// How words with one role look at one depth.
public struct Style: Hashable, Sendable {
  public var foreground: Color
  public var background: Color
  public var modifiers: Modifiers
  /// What carries the meaning without colour (`E` for `severity.error`); `nil` where words already do.
  public var glyph: Character?

  public init(
    foreground: Color = .terminal, background: Color = .terminal, modifiers: Modifiers = [],
    glyph: Character? = nil
  ) {
    self.foreground = foreground
    self.background = background
    self.modifiers = modifiers
    self.glyph = glyph
  }
}

/// The steps from little to much, at one depth.
public struct Ramp: Hashable, Sendable {
  /// Backgrounds from least to most; empty at `mono`.
  public var colors: [Color]
  /// Glyphs from least to most, for depths and fonts without colour steps: at least 3, each one column wide.
  public var glyphs: [Character]

  public init(colors: [Color], glyphs: [Character]) {
    self.colors = colors
    self.glyphs = glyphs
  }
}

/// Looks for roles, resolved through `inherits` and longest prefixes. One theme serves every presenter.
public struct Theme: Sendable {
  public enum Appearance: String, CaseIterable, Hashable, Sendable { case dark, light }

  public var name: String
  public var appearance: Appearance

  /// By role as written in the theme, each with one style per `ColorDepth`: all that inheriting, merging and fitting
  /// can find out is found out at load time, so that a lookup costs one hash.
  private var looks: [String: [Style]]
  /// By `CellTone`, then by `ColorDepth`.
  private var ramps: [[Ramp]]

  /// A theme without colours that still tells everything by glyphs and attributes: what a program uses whose theme
  /// files cannot be found.
  public init(name: String, appearance: Appearance) {
    self.init(name: name, appearance: appearance, looks: Self.plainLooks, ramps: Self.plainRamps)
  }

  init(name: String, appearance: Appearance, looks: [String: [Style]], ramps: [[Ramp]]) {
    precondition(
      ramps.count == CellTone.allCases.count && ramps.allSatisfy { $0.count == ColorDepth.allCases.count })
    self.name = name
    self.appearance = appearance
    self.looks = looks
    self.ramps = ramps
  }

  /// The look of `role`; the theme's `ui.text` where nothing more special is given.
  ///
  /// - Complexity: one hash for a role the theme names, one more per word that must be left out.
  public func style(_ role: Role, at depth: ColorDepth) -> Style {
    var words = role.rawValue
    while true {
      if let styles = looks[words] { return styles[depth.rawValue] }
      guard let dot = words.lastIndex(of: ".") else { break }
      words = String(words[..<dot])
    }
    return looks[Role.text.rawValue]?[depth.rawValue] ?? Style()
  }

  /// The ramp for `tone`; a theme without it uses `.amount`'s.
  ///
  /// - Returns: no colours at `mono`, at least 2 at every other depth; at least 3 glyphs at every depth.
  public func ramp(_ tone: CellTone, at depth: ColorDepth) -> Ramp {
    ramps[Int(tone.rawValue)][depth.rawValue]
  }

  /// Whether a style is given for `role` itself or a prefix of it.
  func names(_ role: Role) -> Bool {
    var words = role.rawValue
    while looks[words] == nil {
      guard let dot = words.lastIndex(of: ".") else { return false }
      words = String(words[..<dot])
    }
    return true
  }
}

extension Theme {
  /// What carries a severity where nothing else does.
  static let severityGlyphs: [(name: String, glyph: Character)] = [
    ("unknown", "?"), ("trace", "T"), ("debug", "D"), ("info", "I"), ("warn", "W"), ("error", "E"),
    ("fatal", "F"),
  ]

  private static let plainLooks: [String: [Style]] = {
    var styles: [String: Style] = [
      "ui.text": Style(), "ui.text.muted": Style(modifiers: .dim), "ui.text.strong": Style(modifiers: .bold),
      "ui.key": Style(modifiers: .bold), "ui.bar": Style(modifiers: .reverse),
      "ui.border.focused": Style(modifiers: .bold), "ui.title.focused": Style(modifiers: [.bold, .reverse]),
      "ui.title": Style(modifiers: .bold), "ui.cursor": Style(modifiers: [.bold, .reverse]),
      "ui.cursor.other": Style(modifiers: [.underline, .reverse]), "ui.selection": Style(modifiers: .reverse),
      "ui.match": Style(modifiers: [.bold, .underline]), "state.caution": Style(modifiers: .bold),
      "state.bad": Style(modifiers: [.bold, .reverse]),
    ]
    for (name, glyph) in severityGlyphs {
      let modifiers: Modifiers = name == "fatal" ? [.bold, .reverse] : name == "error" ? .bold : []
      styles["severity." + name] = Style(modifiers: modifiers, glyph: glyph)
    }
    return styles.mapValues { Array(repeating: $0, count: ColorDepth.allCases.count) }
  }()

  private static let plainRamps: [[Ramp]] = CellTone.allCases.map { tone in
    let colors = RampFile.plain(tone)
    return ColorDepth.allCases.map { Ramp(colors: colors.colors(at: $0), glyphs: tone.plainGlyphs) }
  }
}
