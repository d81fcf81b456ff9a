import SceneGraph

/// One ramp as a theme writes it; `colors(at:)` fits the depths it leaves out.
struct RampFile: Sendable {
  /// Least to most, with anything between mixed in Oklab.
  var stops: [SRGB] = []
  /// How many steps `stops` become in truecolor.
  var levels = 16
  var c256: [UInt8] = []
  var c16: [UInt8] = []
  var glyphs: [Character] = []

  /// Least to most; none at `mono`.
  func colors(at depth: ColorDepth) -> [Color] {
    switch depth {
    case .mono:
      return []
    case .colors16:
      let fitted = c16.isEmpty ? Self.distinct(anchors.map { $0.nearest(in: 0...15) }) : c16
      return fitted.map(Color.palette)
    case .colors256:
      let fitted = c256.isEmpty ? Self.distinct(mixed(8).map { $0.nearest(in: 16...255) }) : c256
      return fitted.map(Color.palette)
    case .truecolor:
      let steps = stops.isEmpty ? anchors : mixed(levels)
      return steps.map { .rgb(red: $0.red, green: $0.green, blue: $0.blue) }
    }
  }

  /// The colours the theme itself chose.
  private var anchors: [SRGB] { stops.isEmpty ? c256.map(SRGB.init(palette:)) : stops }

  /// `count` even steps along the stops; `count` is at least 2.
  private func mixed(_ count: Int) -> [SRGB] {
    let inks = stops.map(OklabColor.init)
    guard let last = inks.indices.last, last > 0 else { return stops }
    return (0..<count).map { step in
      let position = Double(step * last) / Double(count - 1)
      let lower = min(Int(position), last - 1)
      return inks[lower].mixed(with: inks[lower + 1], share: position - Double(lower))
    }
  }

  /// Equal neighbours become one step. A ramp of one colour keeps two, as every ramp has a least and a most.
  private static func distinct(_ steps: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    for step in steps where kept.last != step { kept.append(step) }
    return kept.count == 1 ? kept + kept : kept
  }

  /// What a program without theme files uses: measured ramps of xterm's palette.
  static func plain(_ tone: CellTone) -> RampFile {
    switch tone {
    case .amount: RampFile(c256: [18, 54, 24, 30, 36, 143, 149, 220], c16: [4, 6, 2, 3])
    case .warn: RampFile(c256: [58, 136, 178], c16: [3, 11])
    case .error: RampFile(c256: [88, 124, 196, 203, 217], c16: [1, 9])
    case .less: RampFile(c256: [24, 31, 74, 117], c16: [4, 12])
    case .more: RampFile(c256: [94, 130, 173, 216], c16: [5, 13])
    }
  }
}

extension CellTone {
  /// The name after `ramp.` in a theme.
  var rampName: String {
    switch self {
    case .amount: "heat"
    case .warn: "warn"
    case .error: "error"
    case .less: "less"
    case .more: "more"
    }
  }

  /// More ink for more, and another letter for each tone, so that a screen without colour still says which.
  var plainGlyphs: [Character] {
    switch self {
    case .amount: Array(".:-=+*#%@")
    case .warn: Array("wWM")
    case .error: Array("eEX")
    case .less: Array("-vV")
    case .more: Array("+^A")
    }
  }
}
