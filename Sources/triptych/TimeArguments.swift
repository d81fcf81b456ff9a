internal import ArgumentParser
internal import EventModel

/// A width of time as people write it: `250ms`, `5s`, `1m`, `1h`, `1d`, `1w`; also `ns` and `us`.
struct WidthArgument: ExpressibleByArgument {
  var nanoseconds: Int64

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit = argument.dropFirst(digits.count).drop { $0 == " " }
    guard let count = Int64(digits), count > 0, let unitNs = Self.units[String(unit)] else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unitNs)
    guard !overflow else { return nil }
    nanoseconds = product
  }

  private static let units: [String: Int64] = [
    "ns": 1, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "min": 60_000_000_000,
    "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
  ]
}

/// How times are printed.
enum TimeNotation: String, ExpressibleByArgument, CaseIterable {
  case rfc3339
  case unixNs = "unix-ns"

  /// - Parameter fractionDigitCount: for RFC 3339.
  func text(_ time: Timestamp, fractionDigitCount: Int) -> String {
    switch self {
    case .rfc3339: time.rfc3339(fractionDigitCount: fractionDigitCount)
    case .unixNs: String(time.nanoseconds)
    }
  }

  /// Fraction digits that tell buckets of this width apart: 0, 3, 6 or 9.
  static func fractionDigitCount(forWidthNs width: Int64) -> Int {
    if width % 1_000_000_000 == 0 { return 0 }
    if width % 1_000_000 == 0 { return 3 }
    return width % 1000 == 0 ? 6 : 9
  }
}

/// An instant as people write it: RFC 3339, a date with or without a time of day (in `--tz`), or a count of s, ms,
/// us or ns since the epoch, told apart by magnitude.
struct InstantReader {
  var zone: TimeZoneRules

  /// `nil` when `text` names no instant.
  func read(_ text: String) -> Timestamp? {
    if let number = Int64(text) { return Self.sinceEpoch(number) }
    var rest = Substring(text)[...]
    guard let date = Self.date(&rest) else { return nil }
    var civil = date
    if !rest.isEmpty {
      guard let separator = rest.popFirst(), "Tt ".contains(separator), Self.clock(&rest, into: &civil) else {
        return nil
      }
    }
    guard civil.isValid else { return nil }
    if rest.isEmpty { return zone.timestamp(of: civil) }
    return ZoneOffset.seconds(String(rest)).map { civil.timestamp(offsetSeconds: $0) }
  }

  /// Up to 1e11 seconds (the year 5138), 1e14 milliseconds, 1e17 microseconds; beyond it nanoseconds.
  private static func sinceEpoch(_ number: Int64) -> Timestamp {
    let unitNs: Int64 =
      switch number.magnitude {
      case ..<100_000_000_000: 1_000_000_000
      case ..<100_000_000_000_000: 1_000_000
      case ..<100_000_000_000_000_000: 1000
      default: 1
      }
    let perSecond = 1_000_000_000 / unitNs
    let seconds = number.flooredDivision(by: perSecond)
    return Timestamp(seconds: seconds, nanoseconds: (number - seconds * perSecond) * unitNs)
  }

  /// `2026-11-23`
  private static func date(_ rest: inout Substring) -> CivilTime? {
    guard let year = number(&rest, digits: 4), skip("-", &rest), let month = number(&rest, digits: 2),
      skip("-", &rest), let day = number(&rest, digits: 2)
    else { return nil }
    return CivilTime(year: year, month: month, day: day)
  }

  /// `03:07`, `03:07:30`, `03:07:30.250`
  private static func clock(_ rest: inout Substring, into civil: inout CivilTime) -> Bool {
    guard let hour = number(&rest, digits: 2), skip(":", &rest), let minute = number(&rest, digits: 2) else {
      return false
    }
    civil.hour = hour
    civil.minute = minute
    guard skip(":", &rest) else { return true }
    guard let second = number(&rest, digits: 2) else { return false }
    civil.second = second
    guard skip(".", &rest) || skip(",", &rest) else { return true }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest.removeFirst(digits.count)
    let nine = (digits + String(repeating: "0", count: max(0, 9 - digits.count))).prefix(9)
    guard !digits.isEmpty, let nanosecond = Int(nine) else { return false }
    civil.nanosecond = nanosecond
    return true
  }

  private static func number(_ rest: inout Substring, digits: Int) -> Int? {
    let head = rest.prefix(digits)
    guard head.count == digits, head.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    rest.removeFirst(digits)
    return Int(head)
  }

  private static func skip(_ character: Character, _ rest: inout Substring) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }
}

/// `Z`, `+02:00`, `+0200`, `+02`
enum ZoneOffset {
  /// Seconds east of UTC; `nil` when `text` is no offset.
  static func seconds(_ text: String) -> Int? {
    if text == "Z" || text == "z" { return 0 }
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let hours = Int(digits.prefix(2)),
      let minutes = Int(digits.dropFirst(2).isEmpty ? "0" : digits.dropFirst(2)),
      hours <= 18, minutes < 60
    else { return nil }
    return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}
