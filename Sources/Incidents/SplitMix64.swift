/// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): one 64-bit state, the
/// same numbers on every machine. Everything the simulator decides comes from here.
struct SplitMix64: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// `0 ..< bound`, by multiplication: the bias is below `bound / 2^64`. `bound` is positive.
  mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "no number lies below \(bound)")
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True `permille` times in a thousand.
  mutating func happens(permille: Int) -> Bool { below(1000) < permille }
}
