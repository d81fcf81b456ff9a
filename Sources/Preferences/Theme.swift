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
  public enum Appearance: String, Hashable, Sendable { case dark, light }

  public var name: String
  public var appearance: Appearance

  public init(name: String, appearance: Appearance) {
    self.name = name
    self.appearance = appearance
  }

  /// The look of `role`; the theme's `ui.text` where nothing more special is given.
  public func style(_ role: Role, at depth: ColorDepth) -> Style { Style() }

  /// The ramp for `tone`; a theme without it uses `.amount`'s.
  public func ramp(_ tone: CellTone, at depth: ColorDepth) -> Ramp { Ramp(colors: [], glyphs: [".", "+", "#"]) }
}
