import Preferences

/// Numbers for pairs of colours: a terminal has few (64) or many (65,536) of them. The least recently used pair makes
/// room; a frame that alone has more pairs than the terminal gets pair 0, the terminal's own colours, for the rest.
struct ColorPairs {
  struct Pair: Hashable {
    var foreground: Int32
    var background: Int32
  }

  /// Numbers from 1 to this one may be defined.
  let lastNumber: Int
  private var numbers: [Pair: Int] = [:]
  private var pairs: [Pair?]
  /// The frame that used a number last.
  private var usedIn: [Int]
  private var frame = 0

  /// - Parameter count: of all pairs, 0 included; 0 when the terminal has no colours.
  init(count: Int, limit: Int = 4096) {
    lastNumber = max(0, min(count, limit) - 1)
    pairs = Array(repeating: nil, count: lastNumber + 1)
    usedIn = Array(repeating: -1, count: lastNumber + 1)
  }

  mutating func startFrame() { frame += 1 }

  /// The number of a pair; `define` is called when the terminal must learn it.
  mutating func number(of pair: Pair, define: (Int, Pair) -> Void) -> Int {
    if pair.foreground == -1 && pair.background == -1 { return 0 }
    if let number = numbers[pair] {
      usedIn[number] = frame
      return number
    }
    guard let number = freeNumber() else { return 0 }
    if let old = pairs[number] { numbers[old] = nil }
    pairs[number] = pair
    numbers[pair] = number
    usedIn[number] = frame
    define(number, pair)
    return number
  }

  private mutating func freeNumber() -> Int? {
    guard lastNumber > 0 else { return nil }
    if numbers.count < lastNumber { return numbers.count + 1 }
    let oldest = (1...lastNumber).min { usedIn[$0] < usedIn[$1] }
    return oldest.flatMap { usedIn[$0] < frame ? $0 : nil }
  }
}
