import Preferences
import SceneGraph

/// A theme's ramp made ready to draw: what a cell looks like from least to most.
struct RampSteps: Sendable {
  struct Step: Sendable {
    /// For words in the cell.
    var style: CellStyle
    /// For the glyph alone: a mark in a coloured cell is quieter than words.
    var glyphStyle: CellStyle
    var glyph: Character
  }

  /// Least to most, never empty.
  let steps: [Step]
  /// Colour carries the amount; the glyph is only a mark of the tone.
  let isColored: Bool

  /// - Parameter amount: the theme's ramp for `.amount`; a tone that only repeats its glyphs gets letters of ours.
  init(_ ramp: Ramp, tone: CellTone, amount: Ramp, depth: ColorDepth, glyphs set: GlyphSet) {
    isColored = depth > .mono && !ramp.colors.isEmpty
    steps =
      isColored
      ? Self.colored(ramp.colors.map { $0.fitted(to: depth) }, mark: set.mark(tone), depth: depth)
      : Self.drawn(
        tone != .amount && ramp.glyphs == amount.glyphs ? [] : ramp.glyphs, tone: tone, glyphs: set)
  }

  /// - Parameter intensity: 1 ... 255.
  subscript(intensity: UInt8) -> Step { steps[index(of: intensity)] }

  func index(of intensity: UInt8) -> Int { (max(1, Int(intensity)) - 1) * steps.count / 255 }

  private static func colored(_ colors: [Color], mark: Character, depth: ColorDepth) -> [Step] {
    colors.map { background in
      let words = background.readableForeground(at: depth)
      let quiet = quietest(of: colors, on: background) ?? words
      return Step(
        style: CellStyle(foreground: words, background: background),
        glyphStyle: CellStyle(foreground: quiet, background: background), glyph: mark)
    }
  }

  /// The ramp's own colour that stands out least and still reads as a mark (WCAG 2: at least 3 to 1).
  private static func quietest(of colors: [Color], on background: Color) -> Color? {
    let readable = colors.compactMap { color in
      color.contrast(with: background).map { (color: color, contrast: $0) }
    }
    return readable.filter { $0.contrast >= 3 }.min { $0.contrast < $1.contrast }?.color
  }

  /// Without colour the amount is a ramp of glyphs and a tone has letters of its own; attributes say the same again,
  /// so that neither plain text nor a terminal without attributes loses a class.
  private static func drawn(_ themed: [Character], tone: CellTone, glyphs set: GlyphSet) -> [Step] {
    let modifiers = tone.modifiers
    let glyphs = glyphs(themed, tone: tone, glyphs: set)
    return glyphs.enumerated().map { index, glyph in
      let isMost = tone != .amount && index == glyphs.count - 1
      let style = CellStyle(modifiers: isMost ? modifiers.union(.bold) : modifiers)
      return Step(style: style, glyphStyle: style, glyph: glyph)
    }
  }

  /// The theme's glyphs where they can be used: inside the set, not mistaken for zero or a gap, and readable in
  /// reverse, where a full block would be a hole.
  private static func glyphs(_ themed: [Character], tone: CellTone, glyphs set: GlyphSet) -> [Character] {
    let usable = themed.filter { $0 != set.zero && $0 != set.gap && $0 != " " }
    let isASCII = usable.allSatisfy(\.isASCII)
    switch tone {
    case .amount:
      let fits = set == .ascii ? isASCII : !isASCII
      return fits && usable.count >= 3 ? usable : set.ramp
    case .warn: return isASCII && usable.count >= 2 ? usable : ["w", "W"]
    case .error: return isASCII && usable.count >= 2 ? usable : ["e", "E"]
    case .less: return isASCII && usable.count >= 2 ? usable : ["v", "V"]
    case .more: return isASCII && usable.count >= 2 ? usable : ["^", "A"]
    }
  }
}

extension CellTone {
  /// What says the tone where there is no colour.
  var modifiers: Modifiers {
    switch self {
    case .amount, .less, .more: []
    case .warn: .underline
    case .error: .reverse
    }
  }
}
