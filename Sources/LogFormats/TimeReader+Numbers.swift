internal import EventModel

/// Times that are numbers: seconds since the epoch, or thousandths, millionths or billionths of them.
extension TimeReader {
  /// A decimal number since the epoch; its size says whether it counts s, ms, us or ns. Exact, never through Double.
  static func number(_ slice: ByteSlice) -> FoundTime? {
    if let count = wholeNumber(slice) {
      return epoch(mantissa: count, scale: 0, isNegative: false, end: slice.end)
    }
    var place = slice.start
    let isNegative = place < slice.end && place[0] == 0x2d
    if isNegative { place += 1 }
    var mantissa: UInt64 = 0
    var kept = 0
    var scale = 0
    var digitCount = 0
    var isFraction = false
    while place < slice.end {
      let byte = place[0]
      if byte.isDigit {
        digitCount += 1
        if kept < 19 {
          mantissa = mantissa * 10 + UInt64(byte - 0x30)
          if mantissa > 0 { kept += 1 }
          if isFraction { scale -= 1 }
        } else if !isFraction {
          return nil
        }
      } else if byte == 0x2e, !isFraction {
        isFraction = true
      } else {
        break
      }
      place += 1
    }
    guard digitCount > 0, let exponent = exponent(ByteSlice(place, slice.end)) else { return nil }
    return epoch(mantissa: mantissa, scale: scale + exponent, isNegative: isNegative, end: slice.end)
  }

  /// Milliseconds, microseconds or nanoseconds since the epoch, of the years 2001 to 2262: the same as `number`, sooner.
  ///
  /// - Parameter slice: digits and nothing else, the first of them no zero.
  @inline(__always) static func usualNumber(_ slice: ByteSlice) -> Int64? {
    let count = slice.count
    guard count >= 13, let low = eightDigits(slice.end - 8) else { return nil }
    switch count {
    case 16:
      guard let high = eightDigits(slice.start), high < 92_233_720 else { return nil }
      return Int64(high * 100_000_000 + low) * 1000
    case 13:
      let (first, second) = (UInt64(slice.start[0] - 0x30), UInt64(slice.start[1] - 0x30))
      let rest = (2..<5).reduce(first * 10 + second) { $0 * 10 + UInt64(slice.start[$1] - 0x30) }
      guard rest < 92_233 else { return nil }
      return Int64(rest * 100_000_000 + low) * 1_000_000
    case 19:
      guard let middle = eightDigits(slice.end - 16) else { return nil }
      let high = (0..<3).reduce(UInt64(0)) { $0 * 10 + UInt64(slice.start[$1] - 0x30) }
      guard high < 922 else { return nil }
      return Int64(high * 10_000_000_000_000_000 + middle * 100_000_000 + low)
    default: return nil
    }
  }

  /// The value of 8 to 18 digits and nothing else, read eight at a time.
  @inline(__always) private static func wholeNumber(_ slice: ByteSlice) -> UInt64? {
    let count = slice.count
    guard count >= 8, count <= 18, let low = eightDigits(slice.end - 8) else { return nil }
    if count == 16 { return eightDigits(slice.start).map { $0 * 100_000_000 + low } }
    var high: UInt64 = 0
    for index in 0..<(count - 8) {
      guard slice.start[index].isDigit else { return nil }
      high = high * 10 + UInt64(slice.start[index] - 0x30)
    }
    return high * 100_000_000 + low
  }

  /// `e+09` and the like; 0 when there is none, `nil` when something else is left.
  private static func exponent(_ slice: ByteSlice) -> Int? {
    if slice.isEmpty { return 0 }
    guard slice.start[0] | 0x20 == 0x65 else { return nil }
    var digits = ByteSlice(slice.start + 1, slice.end)
    var sign = 1
    if !digits.isEmpty, digits.start[0] == 0x2b || digits.start[0] == 0x2d {
      sign = digits.start[0] == 0x2d ? -1 : 1
      digits.start += 1
    }
    guard let value = digits.number, value <= 40 else { return nil }
    return sign * value
  }

  private static func epoch(
    mantissa: UInt64, scale: Int, isNegative: Bool, end: BytePointer
  ) -> FoundTime? {
    guard let whole = scale == 0 ? mantissa : scaled(mantissa, by: scale) else { return nil }
    let unit =
      switch whole {
      case ..<100_000_000_000: 9
      case ..<100_000_000_000_000: 6
      case ..<100_000_000_000_000_000: 3
      default: 0
      }
    guard let count = scaled(mantissa, by: scale + unit), let value = Int64(exactly: count) else {
      return nil
    }
    return FoundTime(nanoseconds: isNegative ? -value : value, isZoned: true, end: end)
  }

  /// `value * 10^exponent`, digits below one dropped; `nil` when it does not fit.
  private static func scaled(_ value: UInt64, by exponent: Int) -> UInt64? {
    if value == 0 { return 0 }
    if exponent < 0 {
      return exponent < -19
        ? 0 : exponent == -19 ? value / 10 / powerOfTen(18) : value / powerOfTen(-exponent)
    }
    guard exponent <= 18 else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: powerOfTen(exponent))
    return overflow ? nil : product
  }
}
