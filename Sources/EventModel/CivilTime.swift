/// A date and time of day in the proleptic Gregorian calendar, without a zone.
///
/// Conversions follow Howard Hinnant's `days_from_civil`/`civil_from_days` (chrono-compatible low-level date
/// algorithms): exact integer arithmetic for all years used here.
public struct CivilTime: Hashable, Sendable {
  public var year: Int
  public var month: Int  // 1...12
  public var day: Int  // 1...31
  public var hour: Int  // 0...23
  public var minute: Int  // 0...59
  public var second: Int  // 0...60 when parsed, 0...59 when computed
  public var nanosecond: Int  // 0..<1_000_000_000

  public init(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, nanosecond: Int = 0
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.nanosecond = nanosecond
  }

  /// The civil time `offsetSeconds` east of UTC at `time`.
  public init(_ time: Timestamp, offsetSeconds: Int = 0) {
    let utcSeconds = time.nanoseconds.flooredDivision(by: 1_000_000_000)
    let seconds = utcSeconds + Int64(offsetSeconds)
    let days = seconds.flooredDivision(by: 86_400)
    let secondOfDay = Int(seconds - days * 86_400)
    (year, month, day) = Self.date(daysSinceEpoch: Int(days))
    hour = secondOfDay / 3600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
    // The product may wrap at the first representable second; the difference is right all the same.
    nanosecond = Int(time.nanoseconds &- utcSeconds &* 1_000_000_000)
  }

  /// Whether every component is in its range, the day within its month.
  public var isValid: Bool {
    (1...12).contains(month) && day >= 1 && day <= Self.dayCount(month: month, year: year)
      && (0...23).contains(hour) && (0...59).contains(minute) && (0...60).contains(second)
      && (0..<1_000_000_000).contains(nanosecond)
  }

  /// The instant this civil time names `offsetSeconds` east of UTC. A leap second counts as the next second.
  public func timestamp(offsetSeconds: Int = 0) -> Timestamp {
    Timestamp(seconds: secondsSinceEpoch - Int64(offsetSeconds), nanoseconds: Int64(nanosecond))
  }

  /// Seconds since 1970-01-01T00:00:00 on this same wall clock.
  public var secondsSinceEpoch: Int64 {
    let days = Int64(Self.daysSinceEpoch(year: year, month: month, day: day))
    return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// 0 = Monday ... 6 = Sunday.
  public var weekday: Int {
    let days = Self.daysSinceEpoch(year: year, month: month, day: day)
    return Int(Int64(days + 3) - Int64(days + 3).flooredDivision(by: 7) * 7)
  }

  /// The same time of day `days` later, or earlier when negative.
  public func advanced(byDays days: Int) -> CivilTime {
    var moved = self
    let day = Self.daysSinceEpoch(year: year, month: month, day: day)
    (moved.year, moved.month, moved.day) = Self.date(daysSinceEpoch: day + days)
    return moved
  }

  public static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  public static func dayCount(month: Int, year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  static func date(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = daysSinceEpoch + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

extension Timestamp {
  /// RFC 3339 in UTC with `Z`, for example `2026-11-23T03:07:00.250Z`.
  ///
  /// - Parameter fractionDigitCount: 0 to 9; further digits are cut off, never rounded.
  public func rfc3339(fractionDigitCount: Int = 0) -> String {
    let civil = CivilTime(self)
    return CivilText.make { text in
      text.append(dateOf: civil)
      text.append("T")
      text.append(timeOf: civil, fractionDigitCount: fractionDigitCount)
      text.append("Z")
    }
  }
}

extension CivilTime {
  /// `2026-11-23`
  public var dateText: String { CivilText.make { $0.append(dateOf: self) } }

  /// `03:07:00` or, with digits, `03:07:00.250`. Further digits are cut off.
  public func timeText(fractionDigitCount: Int = 0) -> String {
    CivilText.make { $0.append(timeOf: self, fractionDigitCount: fractionDigitCount) }
  }
}

/// Writes dates and times into one string without intermediate ones: exports print one for every row.
private struct CivilText {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private var count = 0

  /// Seven numbers of up to 20 characters, and what stands between them.
  private static let capacity = 160

  static func make(_ write: (inout CivilText) -> Void) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { bytes in
      var text = CivilText(bytes: bytes)
      write(&text)
      return String(decoding: bytes[..<text.count], as: UTF8.self)
    }
  }

  private init(bytes: UnsafeMutableBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func append(dateOf civil: CivilTime) {
    append(civil.year, width: 4)
    append("-")
    append(civil.month, width: 2)
    append("-")
    append(civil.day, width: 2)
  }

  mutating func append(timeOf civil: CivilTime, fractionDigitCount: Int) {
    precondition((0...9).contains(fractionDigitCount), "\(fractionDigitCount) digits do not fit a nanosecond")
    append(civil.hour, width: 2)
    append(":")
    append(civil.minute, width: 2)
    append(":")
    append(civil.second, width: 2)
    guard fractionDigitCount > 0 else { return }
    append(".")
    append(civil.nanosecond, width: 9)
    count -= 9 - fractionDigitCount
  }

  mutating func append(_ character: Unicode.Scalar) {
    bytes[count] = UInt8(ascii: character)
    count += 1
  }

  /// In decimal with at least `width` digits.
  private mutating func append(_ value: Int, width: Int) {
    if value < 0 { append("-") }
    var digitCount = 1
    var rest = value.magnitude
    while rest >= 10 {
      rest /= 10
      digitCount += 1
    }
    rest = value.magnitude
    let end = count + max(width, digitCount)
    for index in stride(from: end - 1, through: count, by: -1) {
      bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    count = end
  }
}
