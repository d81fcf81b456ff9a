import Preferences

extension Ramp {
  /// The ramp with at most `count` of its colours, first and last among them, evenly chosen; glyphs stay.
  func reduced(to count: Int) -> Ramp {
    guard count >= 2, colors.count > count else { return self }
    var ramp = self
    ramp.colors = (0..<count).map { colors[($0 * (colors.count - 1) + (count - 1) / 2) / (count - 1)] }
    return ramp
  }
}
