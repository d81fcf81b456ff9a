import Glibc

/// A colour of the sRGB standard (IEC 61966-2-1), eight bits per channel: what is measured, mixed and fitted.
public struct SRGB: Hashable, Sendable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// What entry `index` of xterm's 256-colour palette shows: 0-15 as xterm's defaults have them (people theme
  /// those), 16-231 a cube of six levels per channel, 232-255 a grey ramp.
  public init(palette index: UInt8) {
    switch index {
    case 0..<16:
      self = Self.ansi[Int(index)]
    case 16..<232:
      let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
      let cube = Int(index) - 16
      self.init(levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    default:
      let grey = 8 + 10 * (index - 232)
      self.init(grey, grey, grey)
    }
  }

  /// `#rrggbb` or `#rgb`; `nil` for any other text.
  public init?(hex text: String) {
    guard text.hasPrefix("#") else { return nil }
    let digits = text.dropFirst().map { $0.isASCII ? $0.hexDigitValue : nil }
    let values = digits.compactMap { $0 }
    guard values.count == digits.count else { return nil }
    switch values.count {
    case 3: self.init(UInt8(values[0] * 17), UInt8(values[1] * 17), UInt8(values[2] * 17))
    case 6:
      self.init(
        UInt8(values[0] * 16 + values[1]), UInt8(values[2] * 16 + values[3]),
        UInt8(values[4] * 16 + values[5]))
    default: return nil
    }
  }

  private static let ansi: [SRGB] = [
    SRGB(0, 0, 0), SRGB(205, 0, 0), SRGB(0, 205, 0), SRGB(205, 205, 0), SRGB(0, 0, 238), SRGB(205, 0, 205),
    SRGB(0, 205, 205), SRGB(229, 229, 229), SRGB(127, 127, 127), SRGB(255, 0, 0), SRGB(0, 255, 0),
    SRGB(255, 255, 0), SRGB(92, 92, 255), SRGB(255, 0, 255), SRGB(0, 255, 255), SRGB(255, 255, 255),
  ]
}

/// How eyes see: three kinds of colour blindness, at full strength, and none.
public enum Vision: String, CaseIterable, Sendable {
  case normal, protan, deutan, tritan

  /// On linear RGB, row by row. Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation
  /// of Color Vision Deficiency", table 1, severity 1.0.
  var matrix: [[Double]] {
    switch self {
    case .normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    case .protan:
      [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
      ]
    case .deutan:
      [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
      ]
    case .tritan:
      [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
      ]
    }
  }
}

/// CIE 1976 L*a*b* under D65: equal distances look about equally far apart.
public struct LabColor: Hashable, Sendable {
  /// 0 is black, 100 is white.
  public var lightness: Double
  public var a: Double
  public var b: Double

  /// `color` as seen by `vision`.
  public init(_ color: SRGB, vision: Vision = .normal) {
    let linear = LinearRGB(color)
    let seen = vision.matrix.map {
      min(1, max(0, $0[0] * linear.red + $0[1] * linear.green + $0[2] * linear.blue))
    }
    let x = (0.4124564 * seen[0] + 0.3575761 * seen[1] + 0.1804375 * seen[2]) / 0.95047
    let y = 0.2126729 * seen[0] + 0.7151522 * seen[1] + 0.0721750 * seen[2]
    let z = (0.0193339 * seen[0] + 0.1191920 * seen[1] + 0.9503041 * seen[2]) / 1.08883
    let (fx, fy, fz) = (Self.response(x), Self.response(y), Self.response(z))
    lightness = 116 * fy - 16
    a = 500 * (fx - fy)
    b = 200 * (fy - fz)
  }

  /// Delta-E of 1976: the straight line. About 2.3 is just noticeable.
  public func distance(to other: LabColor) -> Double {
    let (dl, da, db) = (lightness - other.lightness, a - other.a, b - other.b)
    return (dl * dl + da * da + db * db).squareRoot()
  }

  private static func response(_ value: Double) -> Double {
    value > 216.0 / 24389 ? cbrt(value) : (24389.0 / 27 * value + 16) / 116
  }
}

extension SRGB {
  /// WCAG 2.2 contrast ratio, 1 ... 21.
  public func contrast(to other: SRGB) -> Double {
    let (one, two) = (LinearRGB(self).luminance, LinearRGB(other).luminance)
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)
  }

  /// The entry of `candidates` that looks most alike; the first of equals.
  func nearest(in candidates: ClosedRange<UInt8>) -> UInt8 {
    let own = LabColor(self)
    var best = (index: candidates.lowerBound, distance: Double.infinity)
    for index in candidates {
      let distance = own.distance(to: Self.paletteLab[Int(index)])
      if distance < best.distance { best = (index, distance) }
    }
    return best.index
  }

  private static let paletteLab: [LabColor] = (0...255).map { LabColor(SRGB(palette: UInt8($0))) }
}

/// Light itself, channel by channel, 0 ... 1.
struct LinearRGB {
  var red: Double
  var green: Double
  var blue: Double

  init(_ color: SRGB) {
    red = Self.decode(color.red)
    green = Self.decode(color.green)
    blue = Self.decode(color.blue)
  }

  init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// WCAG's relative luminance.
  var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }

  var encoded: SRGB { SRGB(Self.encode(red), Self.encode(green), Self.encode(blue)) }

  private static func decode(_ byte: UInt8) -> Double {
    let value = Double(byte) / 255
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }

  private static func encode(_ light: Double) -> UInt8 {
    let light = min(1, max(0, light))
    let value = light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
    return UInt8((value * 255).rounded())
  }
}

/// Ottosson 2020, "A perceptual color space for image processing": mixing in it keeps hues and even steps.
struct OklabColor {
  var lightness: Double
  var a: Double
  var b: Double

  init(_ color: SRGB) {
    let rgb = LinearRGB(color)
    let l = cbrt(0.4122214708 * rgb.red + 0.5363325363 * rgb.green + 0.0514459929 * rgb.blue)
    let m = cbrt(0.2119034982 * rgb.red + 0.6806995451 * rgb.green + 0.1073969566 * rgb.blue)
    let s = cbrt(0.0883024619 * rgb.red + 0.2817188376 * rgb.green + 0.6299787005 * rgb.blue)
    lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s
    a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s
    b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
  }

  /// `share` 0 is `self`, 1 is `other`.
  func mixed(with other: OklabColor, share: Double) -> SRGB {
    let lightness = lightness + (other.lightness - lightness) * share
    let a = a + (other.a - a) * share
    let b = b + (other.b - b) * share
    let l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    return LinearRGB(
      red: 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      green: -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      blue: -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s
    ).encoded
  }

  private func cube(_ value: Double) -> Double { value * value * value }
}
