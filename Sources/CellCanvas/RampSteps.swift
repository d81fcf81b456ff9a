import Preferences
import SceneGraph

/// A theme's ramp made ready: a style and a glyph for each of the 256 intensities.
struct RampSteps: Sendable {
  /// Cell looks, least to most; never empty.
  let styles: [CellStyle]
  /// What is drawn in a cell one column wide, one for each of `styles`.
  let glyphs: [Character]
  /// Colour carries the amount; the glyph is only a mark of the tone.
  let isColored: Bool

  init(_ ramp: Ramp, tone: CellTone, depth: ColorDepth, glyphs set: GlyphSet) {
    isColored = depth > .mono && !ramp.colors.isEmpty
    if isColored {
      let mark = tone.mark.map(set.mark) ?? " "
      styles = ramp.colors.map { color in
        let background = color.fitted(to: depth)
        return CellStyle(foreground: background.readableForeground(at: depth), background: background)
      }
      glyphs = Array(repeating: mark, count: ramp.colors.count)
    } else {
      let fits = ramp.glyphs.count >= 3 && (set != .ascii || ramp.glyphs.allSatisfy(\.isASCII))
      glyphs = fits ? ramp.glyphs : set.ramp
      styles = Array(repeating: CellStyle(modifiers: tone.modifiers), count: glyphs.count)
    }
  }

  /// - Parameter intensity: 1 ... 255.
  func step(_ intensity: UInt8) -> Int {
    (max(1, Int(intensity)) - 1) * styles.count / 255
  }
}

extension CellTone {
  var mark: ToneMark? {
    switch self {
    case .amount: nil
    case .warn: .warn
    case .error: .error
    case .less: .less
    case .more: .more
    }
  }

  /// What says the tone where there is no colour.
  var modifiers: Modifiers {
    switch self {
    case .amount: []
    case .warn, .more: .underline
    case .error: [.bold, .reverse]
    case .less: .dim
    }
  }
}
