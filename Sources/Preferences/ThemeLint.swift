public import SceneGraph

/// What eyes would stumble over in a theme, measured: contrast, order and distance of colours.
///
/// The sixteen colours people choose themselves and the terminal's own foreground and background cannot be measured;
/// the terminal's own count as black and white, as the theme's appearance says.
public struct ThemeLint {
  public struct Finding: Hashable, Sendable, CustomStringConvertible {
    public enum Rule: Hashable, Sendable {
      case role, glyph, contrast, order, distance, palette, attribute
    }

    public var rule: Rule
    public var depth: ColorDepth
    /// The role or ramp, and the numbers.
    public var message: String

    public var description: String { "\(message) (\(depth))" }
  }

  /// WCAG 2.2, success criterion 1.4.3, for words.
  public static let textContrast = 4.5
  /// WCAG 2.2, success criterion 1.4.11, for lines, bars and cursors.
  public static let markContrast = 3.0
  /// CIE 1976 delta-E between neighbouring steps, for every vision.
  public static let stepDistance = 8.0

  /// Every finding, roles first; empty for a theme that is fine.
  public static func findings(in theme: Theme) -> [Finding] {
    var lint = ThemeLint(theme: theme)
    lint.checkRoles()
    lint.checkAttributes()
    lint.checkTones()
    for depth in [ColorDepth.colors256, .truecolor] {
      lint.checkContrast(at: depth)
      for tone in CellTone.allCases { lint.checkRamp(tone, at: depth) }
    }
    return lint.found
  }

  private let theme: Theme
  private var found: [Finding] = []

  private init(theme: Theme) { self.theme = theme }

  private mutating func add(_ rule: Finding.Rule, at depth: ColorDepth, _ message: String) {
    found.append(Finding(rule: rule, depth: depth, message: message))
  }

  // MARK: Roles

  private mutating func checkRoles() {
    for role in Role.all where !theme.names(role) {
      add(.role, at: .mono, "\(role.rawValue) is not given, nor any beginning of it")
    }
    for role in Role.all where role.rawValue.hasPrefix("severity.") {
      for depth in ColorDepth.allCases where theme.style(role, at: depth).glyph == nil {
        add(.glyph, at: depth, "\(role.rawValue) has no glyph, so that only its colour would tell it")
      }
    }
  }

  /// Without colour, attributes must do.
  private mutating func checkAttributes() {
    let text = theme.style(.text, at: .mono).modifiers
    for role in [Role.cursor, .selection, .bad] where theme.style(role, at: .mono).modifiers == text {
      add(.attribute, at: .mono, "\(role.rawValue) looks like plain text; give it modifiers")
    }
  }

  // MARK: Contrast

  /// Roles that are drawn as lines or areas.
  private static let marks: [Role] = [.border, .borderFocused, .progress]

  private mutating func checkContrast(at depth: ColorDepth) {
    let ground = shown(theme.style(.text, at: depth)).background
    for role in Role.all {
      let style = shown(theme.style(role, at: depth))
      let needed = Self.marks.contains(role) ? Self.markContrast : Self.textContrast
      check(
        style.foreground.contrast(to: style.background), needed, "\(role.rawValue) on its background", depth)
    }
    for role in [Role.cursor, .otherCursor] {
      let area = shown(theme.style(role, at: depth)).background
      check(area.contrast(to: ground), Self.markContrast, "\(role.rawValue) on ui.text's background", depth)
    }
  }

  private mutating func check(_ contrast: Double, _ needed: Double, _ what: String, _ depth: ColorDepth) {
    guard contrast < needed else { return }
    add(.contrast, at: depth, "\(what) has contrast \(Self.tenths(contrast)), less than \(needed)")
  }

  // MARK: Ramps

  private mutating func checkRamp(_ tone: CellTone, at depth: ColorDepth) {
    let colors = theme.ramp(tone, at: depth).colors
    let name = "ramp.\(tone.rampName)"
    for case .palette(let index) in colors where index < 16 {
      add(.palette, at: depth, "\(name) uses colour \(index), which people choose themselves")
    }
    let steps = colors.map { sRGB($0) ?? SRGB(0, 0, 0) }
    let rising = theme.appearance == .dark
    for (index, pair) in zip(steps, steps.dropFirst()).enumerated() {
      let (less, more) = (LabColor(pair.0), LabColor(pair.1))
      if rising ? more.lightness <= less.lightness : more.lightness >= less.lightness {
        add(
          .order, at: depth,
          "\(name) does not get \(rising ? "lighter" : "darker") from step \(index + 1) to \(index + 2)")
      }
    }
    // In truecolor the steps are many and meant to flow.
    if depth == .colors256 { checkDistances(of: steps, in: name, at: depth) }
  }

  private mutating func checkDistances(of steps: [SRGB], in name: String, at depth: ColorDepth) {
    for (index, pair) in zip(steps, steps.dropFirst()).enumerated() {
      for vision in Vision.allCases {
        let distance = LabColor(pair.0, vision: vision).distance(to: LabColor(pair.1, vision: vision))
        guard distance < Self.stepDistance else { continue }
        add(
          .distance, at: depth,
          "\(name): steps \(index + 1) and \(index + 2) are \(Self.tenths(distance)) apart for \(vision.rawValue) "
            + "vision, less than \(Self.stepDistance)")
      }
    }
  }

  /// An error must never look like an amount.
  private mutating func checkTones() {
    let distance = Self.toneDistance(.amount, .error, in: theme, vision: .normal)
    if let distance, distance < Self.stepDistance {
      add(.distance, at: .colors256, "ramp.heat and ramp.error come as near as \(Self.tenths(distance))")
    }
  }

  /// How near two tones come at 256 colours, over all pairs of their steps; `nil` where one has no colours.
  public static func toneDistance(
    _ one: CellTone, _ other: CellTone, in theme: Theme, vision: Vision
  ) -> Double? {
    let lint = ThemeLint(theme: theme)
    let steps = [one, other].map { tone in
      theme.ramp(tone, at: .colors256).colors.compactMap(lint.sRGB).map { LabColor($0, vision: vision) }
    }
    return steps[0].flatMap { step in steps[1].map(step.distance(to:)) }.min()
  }

  // MARK: Colours

  private struct Shown {
    var foreground: SRGB
    var background: SRGB
  }

  private func shown(_ style: Style) -> Shown {
    let dark = theme.appearance == .dark
    let (black, white) = (SRGB(0, 0, 0), SRGB(255, 255, 255))
    let foreground = sRGB(style.foreground) ?? (dark ? white : black)
    let background = sRGB(style.background) ?? (dark ? black : white)
    return style.modifiers.contains(.reverse)
      ? Shown(foreground: background, background: foreground)
      : Shown(foreground: foreground, background: background)
  }

  private func sRGB(_ color: Color) -> SRGB? {
    switch color {
    case .terminal: nil
    case .palette(let index): SRGB(palette: index)
    case .rgb(let red, let green, let blue): SRGB(red, green, blue)
    }
  }

  private static func tenths(_ value: Double) -> Double { (value * 10).rounded(.down) / 10 }
}
