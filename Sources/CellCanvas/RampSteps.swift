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

  init(_ ramp: Ramp, tone: CellTone, depth: ColorDepth, glyphs set: GlyphSet) {
    isColored = depth > .mono && !ramp.colors.isEmpty
    steps =
      isColored
      ? Self.colored(ramp.colors.map { $0.fitted(to: depth) }, mark: set.mark(tone), depth: depth)
      : Self.drawn(ramp.glyphs, tone: tone, glyphs: set)
  }

  /// - Parameter intensity: 1 ... 255.
  subscript(intensity: UInt8) -> Step {
    steps[(max(1, Int(intensity)) - 1) * steps.count / 255]
  }

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

  /// Without colour the amount is a ramp of glyphs and a tone is its letter: small, large, large and bold. The
  /// attributes say the same again, so that neither plain text nor a font without shades loses a class.
  private static func drawn(_ themed: [Character], tone: CellTone, glyphs set: GlyphSet) -> [Step] {
    let fits = themed.count >= 3 && (set != .ascii || themed.allSatisfy(\.isASCII))
    let (glyphs, modifiers, boldFrom): ([Character], Modifiers, Int) =
      switch tone {
      case .amount: (fits ? themed : set.ramp, [], .max)
      case .warn: (["w", "W", "W"], .underline, 2)
      case .error: (["e", "E", "E"], .reverse, 2)
      case .less: (["-", "=", "="], [], 2)
      case .more: (["+", "#", "#"], [], 2)
      }
    return glyphs.enumerated().map { index, glyph in
      let style = CellStyle(modifiers: index >= boldFrom ? modifiers.union(.bold) : modifiers)
      return Step(style: style, glyphStyle: style, glyph: glyph)
    }
  }
}
