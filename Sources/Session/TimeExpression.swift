public import EventModel

/// What people type where a time is asked for: `03:07`, `2026-11-23 03:07`, RFC 3339, `-15m`, `end-1h`, `now`, Unix
/// seconds or finer by magnitude. It becomes an instant only together with a `TimeContext`.
public enum TimeExpression: Hashable, Sendable {
  public enum Anchor: String, CaseIterable, Hashable, Sendable { case cursor, now, start, end }

  /// So many nanoseconds after a known instant; before it when negative.
  case anchored(Anchor, offsetNs: Int64)
  /// A time of day, on the day that fits best; in the zone shown unless an offset is written with it.
  case clock(hour: Int, minute: Int, second: Int, nanosecond: Int, offsetSeconds: Int?)
  /// A date and time of day in the zone shown.
  case local(CivilTime)
  case instant(Timestamp)
}

/// What a time is relative to.
public struct TimeContext: Hashable, Sendable {
  /// The time under the cursor.
  public var reference: Timestamp
  /// From the first event to the last; `nil` when there are none.
  public var range: TimeRange?
  public var now: Timestamp
  /// The zone in which times are shown.
  public var zone: TimeZoneRules

  public init(reference: Timestamp, range: TimeRange?, now: Timestamp, zone: TimeZoneRules) {
    self.reference = reference
    self.range = range
    self.now = now
    self.zone = zone
  }
}

/// Why a text is no time, or no duration.
public struct TimeExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  public var text: String
  public var reason: String
  /// Texts that would be understood.
  public var examples: String

  public init(text: String, reason: String, examples: String) {
    self.text = text
    self.reason = reason
    self.examples = examples
  }

  public var description: String { "'\(text)': \(reason); for example \(examples)" }
}

extension TimeExpression {
  /// The instant meant; `nil` only for `start` and `end` when there are no events. A date is its midnight.
  ///
  /// A time of day is the one nearest to the cursor among those inside the range of events, yesterday's and tomorrow's
  /// included; when none is inside, the cursor's day decides.
  public func resolved(in context: TimeContext) -> Timestamp? {
    switch self {
    case .instant(let time): return time
    case .local(let civil): return context.zone.timestamp(of: civil)
    case .anchored(let anchor, let offsetNs):
      return Self.instant(of: anchor, in: context)?.advanced(byNanoseconds: offsetNs)
    case .clock(let hour, let minute, let second, let nanosecond, let offsetSeconds):
      let zone = offsetSeconds.map { TimeZoneRules(name: "", offsetSeconds: $0) } ?? context.zone
      var today = CivilTime(
        context.reference, offsetSeconds: zone.offsetSeconds(at: context.reference))
      (today.hour, today.minute, today.second, today.nanosecond) = (hour, minute, second, nanosecond)
      let candidates = [0, -1, 1].map { zone.timestamp(of: today.advanced(byDays: $0)) }
      let inside = candidates.filter { context.range?.contains($0) ?? false }
      return inside.min { Self.distance($0, context.reference) < Self.distance($1, context.reference) }
        ?? candidates[0]
    }
  }

  private static func instant(of anchor: Anchor, in context: TimeContext) -> Timestamp? {
    switch anchor {
    case .cursor: context.reference
    case .now: context.now
    case .start: context.range?.start
    case .end: context.range?.end
    }
  }

  private static func distance(_ left: Timestamp, _ right: Timestamp) -> Int64 {
    TimeRange(start: min(left, right), end: max(left, right)).durationNs
  }
}

extension TimeExpression {
  private static let examples = "03:07, 2026-11-23 03:07, 2026-11-23T03:07:00Z, -15m, end-1h, now"

  /// Longer texts are refused unread.
  private static let byteLimit = 128

  public init(_ text: String) throws(TimeExpressionError) {
    let shown = String(text.prefix(Self.byteLimit))
    func refusal(_ reason: String) -> TimeExpressionError {
      TimeExpressionError(text: shown, reason: reason, examples: Self.examples)
    }
    guard text.utf8.count <= Self.byteLimit else { throw refusal("this is too long for a time") }
    var scanner = TimeScanner(text)
    guard !scanner.isAtEnd else { throw refusal("no time is given") }
    if let anchored = try Self.anchored(&scanner, refusal) {
      self = anchored
      return
    }
    if let unix = try Self.unix(&scanner, refusal) {
      self = .instant(unix)
      return
    }
    self = try Self.calendar(&scanner, refusal)
  }

  /// `now`, `end-15m`, `+2h`; `nil`, with nothing read, for anything else.
  private static func anchored(
    _ scanner: inout TimeScanner, _ refusal: (String) -> TimeExpressionError
  ) throws(TimeExpressionError) -> TimeExpression? {
    let word = scanner.word()
    let anchor = word.isEmpty ? Anchor.cursor : Anchor(rawValue: word.lowercased())
    guard let anchor else {
      let nearest = nearestName(to: word, in: Anchor.allCases.map(\.rawValue))
      throw refusal("'\(word)' is no time" + (nearest.map { ", did you mean '\($0)'?" } ?? ""))
    }
    scanner.skipBlanks()
    if scanner.isAtEnd { return .anchored(anchor, offsetNs: 0) }
    guard let sign = scanner.sign() else {
      if word.isEmpty { return nil }
      throw refusal("after '\(word)' comes + or - and a duration")
    }
    scanner.skipBlanks()
    let length = scanner.rest
    guard let nanoseconds = try DurationNotation.value(length, isNegative: sign < 0, refusal) else {
      throw refusal("'\(length)' is no duration, it needs a unit such as 15m")
    }
    return .anchored(anchor, offsetNs: nanoseconds)
  }

  /// Nine digits or more, perhaps a fraction of seconds.
  private static func unix(
    _ scanner: inout TimeScanner, _ refusal: (String) -> TimeExpressionError
  ) throws(TimeExpressionError) -> Timestamp? {
    let text = scanner.rest
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(TimeScanner.isDigit) })
    else { return nil }
    guard parts[0].utf8.count >= 9 else {
      throw refusal("a number of this length is no Unix time, and a time of day is written with a colon")
    }
    guard let value = Int64(parts[0]) else { throw refusal("this Unix time is out of range") }
    guard parts.count == 1 else {
      guard value < 100_000_000_000 else { throw refusal("only Unix seconds have a fraction") }
      return Timestamp(seconds: value, nanoseconds: TimeScanner.nanoseconds(fraction: parts[1]))
    }
    switch value {
    case ..<100_000_000_000: return Timestamp(seconds: value)
    case ..<100_000_000_000_000: return Timestamp(nanoseconds: value * 1_000_000)
    case ..<100_000_000_000_000_000: return Timestamp(nanoseconds: value * 1000)
    default: return Timestamp(nanoseconds: value)
    }
  }

  /// A date, a time of day, or both, with or without an offset.
  private static func calendar(
    _ scanner: inout TimeScanner, _ refusal: (String) -> TimeExpressionError
  ) throws(TimeExpressionError) -> TimeExpression {
    let date = scanner.date()
    if date != nil && scanner.isAtEnd { return .local(try valid(date, refusal)) }
    if date != nil && !scanner.dateEnd() {
      throw refusal("after a date comes a blank or T and a time of day")
    }
    guard let time = scanner.timeOfDay() else { throw refusal("this is no time") }
    let offset = scanner.offset()
    scanner.skipBlanks()
    guard scanner.isAtEnd else { throw refusal("'\(scanner.rest)' at its end means nothing") }

    var civil = date ?? CivilTime(year: 1970, month: 1, day: 1)
    (civil.hour, civil.minute, civil.second, civil.nanosecond) = time
    civil = try valid(civil, refusal)
    guard date != nil else {
      return .clock(
        hour: civil.hour, minute: civil.minute, second: civil.second, nanosecond: civil.nanosecond,
        offsetSeconds: offset)
    }
    return offset.map { .instant(civil.timestamp(offsetSeconds: $0)) } ?? .local(civil)
  }

  private static func valid(
    _ civil: CivilTime?, _ refusal: (String) -> TimeExpressionError
  ) throws(TimeExpressionError) -> CivilTime {
    guard let civil, civil.isValid else { throw refusal("there is no such date or time of day") }
    guard (1677...2262).contains(civil.year) else { throw refusal("years go from 1677 to 2262") }
    return civil
  }
}

/// Durations as people write them: `100ms`, `1s`, `1h30m`, `1.5h`; units ns, us, ms, s, m, h, d and w.
public enum DurationNotation {
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
    ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("\u{B5}s", 1000), ("\u{3BC}s", 1000), ("ns", 1),
  ]
  private static let examples = "100ms, 1s, 5m, 1h30m, 1d"

  /// Throws for anything that is no duration above zero. A fraction must come out at whole nanoseconds.
  public static func nanoseconds(_ text: String) throws(TimeExpressionError) -> Int64 {
    let shown = String(text.prefix(64))
    let refusal = { TimeExpressionError(text: shown, reason: $0, examples: examples) }
    guard text.utf8.count <= 64, let value = try value(text, isNegative: false, refusal) else {
      throw refusal("this is no duration")
    }
    guard value > 0 else { throw refusal("a duration is longer than nothing") }
    return value
  }

  /// The shortest exact notation that `nanoseconds(_:)` reads back: `1h30m`, `250ms`; `0s` for none.
  public static func text(nanoseconds: Int64) -> String {
    var rest = nanoseconds.magnitude
    var text = nanoseconds < 0 ? "-" : ""
    for unit in units where unit.name.utf8.allSatisfy({ $0 < 0x80 }) {
      let count = rest / unit.nanoseconds.magnitude
      rest %= unit.nanoseconds.magnitude
      if count > 0 { text += "\(count)\(unit.name)" }
    }
    return nanoseconds == 0 ? "0s" : text
  }

  /// `nil` when `text` is no duration; throws when it is one that does not fit.
  fileprivate static func value(
    _ text: String, isNegative: Bool, _ refusal: (String) -> TimeExpressionError
  ) throws(TimeExpressionError) -> Int64? {
    var rest = text[...]
    var sum: Int128 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard let unit = units.first(where: { $0.name == name }) else { return nil }
      let parts = number.split(separator: ".", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
      guard let whole = Int64(parts[0]) else { throw refusal("this is longer than 292 years") }
      sum += Int128(whole) * Int128(unit.nanoseconds)
      if parts.count == 2 { sum += try fraction(parts[1], of: unit.nanoseconds, refusal) }
    }
    guard let value = Int64(exactly: isNegative ? -sum : sum) else {
      throw refusal("this is longer than 292 years")
    }
    return value
  }

  private static func fraction(
    _ digits: Substring, of unit: Int64, _ refusal: (String) -> TimeExpressionError
  ) throws(TimeExpressionError) -> Int128 {
    var digits = digits
    while digits.last == "0" { digits.removeLast() }
    guard !digits.isEmpty else { return 0 }
    guard digits.utf8.count <= 15, let value = Int128(digits) else {
      throw refusal("this is finer than a nanosecond")
    }
    let scale = digits.utf8.reduce(Int128(1)) { scale, _ in scale * 10 }
    guard value * Int128(unit) % scale == 0 else { throw refusal("this is finer than a nanosecond") }
    return value * Int128(unit) / scale
  }
}

/// Takes pieces of a time from the front; every piece is taken whole or not at all.
private struct TimeScanner {
  private var bytes: ArraySlice<UInt8>

  init(_ text: String) {
    bytes = Array(text.utf8)[...]
    skipBlanks()
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
  }

  var isAtEnd: Bool { bytes.isEmpty }
  var rest: String { String(decoding: bytes, as: UTF8.self) }

  mutating func skipBlanks() { bytes = bytes.drop { $0 == UInt8(ascii: " ") } }

  mutating func word() -> String {
    let letters = bytes.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    bytes = bytes.dropFirst(letters.count)
    return String(decoding: letters, as: UTF8.self)
  }

  /// 1 or -1.
  mutating func sign() -> Int? {
    if skip("+") { return 1 }
    return skip("-") ? -1 : nil
  }

  /// `2026-11-23`
  mutating func date() -> CivilTime? {
    let start = self
    if let year = number(4...4), skip("-"), let month = number(2...2), skip("-"), let day = number(2...2) {
      return CivilTime(year: year, month: month, day: day)
    }
    self = start
    return nil
  }

  /// What stands between a date and a time of day.
  mutating func dateEnd() -> Bool {
    if skip("T") || skip("t") { return true }
    guard skip(" ") else { return false }
    skipBlanks()
    return true
  }

  /// `3:07`, `03:07:30`, `03:07:30.5` (or with a comma), further digits than nine cut off.
  mutating func timeOfDay() -> (Int, Int, Int, Int)? {
    guard let hour = number(1...2), skip(":"), let minute = number(2...2) else { return nil }
    guard skip(":") else { return (hour, minute, 0, 0) }
    guard let second = number(2...2) else { return nil }
    guard skip(".") || skip(",") else { return (hour, minute, second, 0) }
    let digits = bytes.prefix(while: Self.isDigit)
    guard !digits.isEmpty else { return nil }
    bytes = bytes.dropFirst(digits.count)
    let fraction = String(decoding: digits, as: UTF8.self)[...]
    return (hour, minute, second, Int(Self.nanoseconds(fraction: fraction)))
  }

  /// `Z`, `UTC`, `+01:00`, `-0330`, `+01` in seconds east of UTC; `nil`, with nothing read, for anything else.
  mutating func offset() -> Int? {
    let start = self
    skipBlanks()
    if ["z", "utc"].contains(word().lowercased()) { return 0 }
    self = start
    skipBlanks()
    if let sign = sign(), let hour = number(2...2), hour < 24 {
      let hasColon = skip(":")
      let minute = number(2...2)
      if minute ?? 0 < 60 && (minute != nil || !hasColon) { return sign * (hour * 3600 + (minute ?? 0) * 60) }
    }
    self = start
    return nil
  }

  private mutating func number(_ digitCounts: ClosedRange<Int>) -> Int? {
    let digits = bytes.prefix(digitCounts.upperBound).prefix(while: Self.isDigit)
    guard digitCounts.contains(digits.count) else { return nil }
    bytes = bytes.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard bytes.first == UInt8(ascii: character) else { return false }
    bytes = bytes.dropFirst()
    return true
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Digits after the point, as nanoseconds; what is finer is cut off.
  static func nanoseconds(fraction: Substring) -> Int64 {
    let nine = fraction.utf8.prefix(9).reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    return (fraction.utf8.count..<max(9, fraction.utf8.count)).reduce(nine) { value, _ in value * 10 }
  }
}
