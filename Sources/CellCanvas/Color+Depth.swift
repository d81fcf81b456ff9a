public import Preferences

import func Glibc.pow

extension Color {
  /// The nearest colour that `depth` can show; nothing but the terminal's own at `mono`.
  func fitted(to depth: ColorDepth) -> Color {
    switch (self, depth) {
    case (.terminal, _), (_, .mono): .terminal
    case (.palette(let index), .colors16) where index >= 16: .palette(nearest(in: 0..<16))
    case (.rgb, .colors16): .palette(nearest(in: 0..<16))
    case (.rgb, .colors256): .palette(nearest(in: 16..<256))
    default: self
    }
  }

  /// Black or white, whichever reads better on this colour; the terminal's own on the terminal's own.
  func readableForeground(at depth: ColorDepth) -> Color {
    guard let luminance else { return .terminal }
    // Where the contrast with black equals the contrast with white (WCAG 2, relative luminance 0.179).
    let isBright = luminance > 0.179
    switch depth {
    case .mono: return .terminal
    case .colors16: return .palette(isBright ? 0 : 15)
    case .colors256: return .palette(isBright ? 16 : 231)
    case .truecolor: return isBright ? .rgb(red: 8, green: 8, blue: 8) : .rgb(red: 255, green: 255, blue: 255)
    }
  }

  /// WCAG 2 contrast, 1 ... 21; `nil` when one of them is the terminal's own and nobody knows it.
  func contrast(with other: Color) -> Double? {
    guard let luminance, let otherLuminance = other.luminance else { return nil }
    let light = max(luminance, otherLuminance)
    let dark = min(luminance, otherLuminance)
    return (light + 0.05) / (dark + 0.05)
  }

  /// WCAG 2 relative luminance, 0 ... 1; `nil` for the terminal's own colour.
  var luminance: Double? {
    guard let rgb = channels else { return nil }
    func linear(_ channel: UInt8) -> Double {
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(rgb.red) + 0.7152 * linear(rgb.green) + 0.0722 * linear(rgb.blue)
  }

  /// Red, green, blue; of xterm's default palette where the terminal decides; `nil` for the terminal's own.
  public var channels: (red: UInt8, green: UInt8, blue: UInt8)? {
    switch self {
    case .terminal: nil
    case .palette(let index): Self.paletteChannels(index)
    case .rgb(let red, let green, let blue): (red, green, blue)
    }
  }

  /// xterm's default palette: 16 named colours, a cube of 6 x 6 x 6, 24 greys.
  private static func paletteChannels(_ index: UInt8) -> (red: UInt8, green: UInt8, blue: UInt8) {
    switch index {
    case 0..<16:
      return named[Int(index)]
    case 16..<232:
      let cube = Int(index) - 16
      func level(_ step: Int) -> UInt8 { step == 0 ? 0 : UInt8(55 + 40 * step) }
      return (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
    default:
      let grey = UInt8(8 + 10 * (Int(index) - 232))
      return (grey, grey, grey)
    }
  }

  private static let named: [(red: UInt8, green: UInt8, blue: UInt8)] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
  ]

  private func nearest(in indices: Range<Int>) -> UInt8 {
    guard let own = channels else { return 0 }
    func distance(_ index: Int) -> Int {
      let other = Self.paletteChannels(UInt8(index))
      let red = Int(own.red) - Int(other.red)
      let green = Int(own.green) - Int(other.green)
      let blue = Int(own.blue) - Int(other.blue)
      return 2 * red * red + 4 * green * green + 3 * blue * blue
    }
    return UInt8(indices.min { distance($0) < distance($1) } ?? 0)
  }
}
