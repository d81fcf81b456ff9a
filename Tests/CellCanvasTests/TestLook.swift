import CellCanvas
import Preferences
import SceneGraph

/// A small dark theme with everything a canvas asks for.
func testCanvas(_ depth: ColorDepth, _ glyphs: GlyphSet = .safe) -> CellCanvas {
  CellCanvas(depth: depth, glyphs: glyphs, styleOf: { testStyle($0, depth) }, rampOf: { testRamp($0, depth) })
}

private func testStyle(_ role: Role, _ depth: ColorDepth) -> Style {
  if depth == .mono {
    switch role {
    case .cursor, .bar: return Style(modifiers: .reverse)
    case .selection: return Style(modifiers: .underline)
    case .strong, .key, .titleFocused, .borderFocused: return Style(modifiers: .bold)
    case .muted, .axis: return Style(modifiers: .dim)
    default: return Style()
    }
  }
  switch role {
  case .muted, .axis, .border: return Style(foreground: .palette(244))
  case .strong: return Style(foreground: .palette(255), modifiers: .bold)
  case .key: return Style(foreground: .palette(117))
  case .bar: return Style(foreground: .palette(250), background: .palette(236))
  case .overlay: return Style(foreground: .palette(252), background: .palette(235))
  case .borderFocused: return Style(foreground: .palette(117))
  case .title: return Style(foreground: .palette(250))
  case .titleFocused: return Style(foreground: .palette(117), modifiers: .bold)
  case .cursor: return Style(foreground: .palette(16), background: .palette(255))
  case .otherCursor: return Style(foreground: .palette(219))
  case .selection: return Style(foreground: .palette(255), background: .palette(238))
  case .good: return Style(foreground: .palette(114))
  case .caution: return Style(foreground: .palette(179))
  case .bad: return Style(foreground: .palette(210))
  case .match: return Style(foreground: .palette(228), modifiers: .underline)
  case "severity.error", "severity.fatal": return Style(foreground: .palette(210), glyph: "E")
  case "severity.warn": return Style(foreground: .palette(179), glyph: "W")
  default: return Style(foreground: .palette(252))
  }
}

private func testRamp(_ tone: CellTone, _ depth: ColorDepth) -> Ramp {
  let indices: [UInt8] =
    switch tone {
    case .amount: [235, 237, 24, 242, 245, 144, 185, 227]
    case .warn: [58, 94, 136, 172, 178, 214]
    case .error: [52, 88, 124, 160, 196, 203]
    case .less: [17, 18, 19, 20, 21, 27]
    case .more: [94, 130, 166, 202, 208, 214]
    }
  let glyphs: [Character] =
    switch tone {
    case .warn: ["w", "W", "M"]
    case .error: ["e", "E", "X"]
    default: [".", ":", "-", "=", "+", "*", "#", "%", "@"]
    }
  return Ramp(colors: depth == .mono ? [] : indices.map { .palette($0) }, glyphs: glyphs)
}
