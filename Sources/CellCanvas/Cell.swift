public import Preferences

/// How one cell looks. `.terminal` colours are the terminal's own.
public struct CellStyle: Hashable, Sendable {
  public var foreground: Color
  public var background: Color
  public var modifiers: Modifiers

  public init(foreground: Color = .terminal, background: Color = .terminal, modifiers: Modifiers = []) {
    self.foreground = foreground
    self.background = background
    self.modifiers = modifiers
  }

  /// Words of this style on a ground of `base`: what this style leaves open shows the ground.
  func over(_ base: CellStyle) -> CellStyle {
    CellStyle(
      foreground: foreground == .terminal ? base.foreground : foreground,
      background: background == .terminal ? base.background : background,
      modifiers: modifiers.union(base.modifiers))
  }
}

/// A `CellStyle` in one word: two styles look the same exactly when their words are equal.
public struct PackedStyle: Hashable, Sendable {
  /// 26 bits for each colour, then the modifiers; `bitCount` of them.
  public let bits: UInt64
  static let bitCount: UInt64 = 60

  init(bits: UInt64) { self.bits = bits }

  public init(_ style: CellStyle) {
    bits =
      Self.bits(of: style.foreground) | Self.bits(of: style.background) << 26
      | UInt64(style.modifiers.rawValue) << 52
  }

  public var style: CellStyle {
    CellStyle(
      foreground: Self.color(bits & 0x3FF_FFFF), background: Self.color(bits >> 26 & 0x3FF_FFFF),
      modifiers: Modifiers(rawValue: UInt8(truncatingIfNeeded: bits >> 52)))
  }

  private static func bits(of color: Color) -> UInt64 {
    switch color {
    case .terminal: 0
    case .palette(let index): 1 << 24 | UInt64(index)
    case .rgb(let red, let green, let blue):
      2 << 24 | UInt64(red) << 16 | UInt64(green) << 8 | UInt64(blue)
    }
  }

  private static func color(_ bits: UInt64) -> Color {
    switch bits >> 24 {
    case 0: .terminal
    case 1: .palette(UInt8(truncatingIfNeeded: bits))
    default:
      .rgb(
        red: UInt8(truncatingIfNeeded: bits >> 16), green: UInt8(truncatingIfNeeded: bits >> 8),
        blue: UInt8(truncatingIfNeeded: bits))
    }
  }
}

/// One column of one row. A grapheme two columns wide is followed by a cell of width 0.
public struct Cell: Hashable, Sendable {
  public let glyph: Glyph
  /// The style's bits, and the width above them.
  private let bits: UInt64

  public init(_ glyph: Glyph, width: UInt8 = 1, packedStyle: PackedStyle) {
    self.glyph = glyph
    bits = packedStyle.bits | UInt64(width) << PackedStyle.bitCount
  }

  public init(_ text: Character, width: UInt8 = 1, style: CellStyle = CellStyle()) {
    self.init(Glyph(text), width: width, packedStyle: PackedStyle(style))
  }

  /// 1, 2, or 0 for the second half of the cell before it.
  public var width: UInt8 { UInt8(truncatingIfNeeded: bits >> PackedStyle.bitCount) }
  public var packedStyle: PackedStyle { PackedStyle(bits: bits & (1 << PackedStyle.bitCount - 1)) }

  public var text: Character { glyph.character }
  public var style: CellStyle { packedStyle.style }
}
