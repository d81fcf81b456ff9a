/// A number written in decimal (`-0.50`, `12`, `1.5e3`), compared without rounding.
///
/// Its value is 0.d1d2d3... times ten to the power `point`, with no zeros at either end of `digits`.
struct ExactDecimal: Hashable, Sendable, Comparable {
  private var isNegative = false
  private var digits: [UInt8] = []
  private var point = 0

  /// `nil` unless all of `text` is a number; an exponent of more than six digits makes it none. O(bytes).
  init?(_ text: some Sequence<UInt8>) {
    var iterator = text.makeIterator()
    var byte = iterator.next()
    if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
      isNegative = byte == UInt8(ascii: "-")
      byte = iterator.next()
    }
    var sawPoint = false
    while let current = byte, let isPoint = Self.isPoint(current), !(isPoint && sawPoint) {
      if isPoint {
        sawPoint = true
      } else {
        digits.append(current - UInt8(ascii: "0"))
        point += sawPoint ? 0 : 1
      }
      byte = iterator.next()
    }
    guard !digits.isEmpty else { return nil }
    if let marker = byte {
      guard marker | 0x20 == UInt8(ascii: "e"), let exponent = Self.exponent(&iterator) else { return nil }
      point += exponent
    }
    dropZeros()
  }

  static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
    guard left.isNegative == right.isNegative else { return left.isNegative }
    return left.isNegative ? right.isSmallerInSize(than: left) : left.isSmallerInSize(than: right)
  }

  private func isSmallerInSize(than other: ExactDecimal) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    return point != other.point ? point < other.point : digits.lexicographicallyPrecedes(other.digits)
  }

  private mutating func dropZeros() {
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { (isNegative, point) = (false, 0) }
  }

  /// Whether `byte` is a decimal point rather than a digit; `nil` when it is neither.
  private static func isPoint(_ byte: UInt8) -> Bool? {
    if byte == UInt8(ascii: ".") { return true }
    return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? false : nil
  }

  private static func exponent(_ iterator: inout some IteratorProtocol<UInt8>) -> Int? {
    var byte = iterator.next()
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative || byte == UInt8(ascii: "+") { byte = iterator.next() }
    var value = 0
    var digitCount = 0
    while let digit = byte {
      guard isPoint(digit) == false, digitCount < 6 else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
      digitCount += 1
      byte = iterator.next()
    }
    return digitCount == 0 ? nil : isNegative ? -value : value
  }
}
