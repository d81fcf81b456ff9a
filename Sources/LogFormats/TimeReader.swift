internal import EventModel

/// A time found in a record.
struct FoundTime {
  var nanoseconds: Int64
  /// Whether the record names the zone, so that the instant is certain.
  var isZoned: Bool
  /// After the time's last byte.
  var end: BytePointer
  /// `false` for a time before 1677 or after 2262: it is there, but there are no nanoseconds for it.
  var isInRange = true
}

/// The date and minute of a time in ISO's order, as it is written: `2026-01-02T03:04`.
private struct WrittenMinute {
  private var head: UInt64 = 0
  private var tail: UInt64 = 0
  /// Its first second on the wall clock.
  private(set) var local: Int64 = 0

  /// - Parameter start: of sixteen bytes.
  @inline(__always) func isWritten(at start: BytePointer) -> Bool {
    load64(start) == head && load64(start + 8) == tail
  }

  /// - Parameter start: of sixteen bytes, of which the first ten say `days`. Hours of one digit are left alone.
  mutating func remember(_ start: BytePointer, days: Int64) {
    let hour = twoDigits(start + 11)
    let minute = twoDigits(start + 14)
    guard start[13] == 0x3a, hour >= 0, hour < 24, minute >= 0, minute < 60 else { return }
    head = load64(start)
    tail = load64(start + 8)
    local = days * 86_400 + Int64(hour * 3600 + minute * 60)
  }
}

/// Reads times in every common notation. Keeps the last date and the last zone offset, since neighbours share them.
struct TimeReader: Sendable {
  let zone: TimeZoneRules
  let modificationTime: Timestamp
  /// The time of the event before, which helps to find the year of a growing file.
  var previousNs: Int64?
  /// Whether a time was found that `previousNs` had a part in; stays true until it is set back.
  var hasReliedOnPrevious = false

  /// Whether the time of the event before was asked for where there is none, and what it could have changed.
  var missedPrevious = MissedPrevious.no

  enum MissedPrevious: Sendable { case no, forYear, forTime }

  /// What the modification time had a part in so far; never goes back.
  var datedByFile = DecodingTally.DatedByFile.nothing

  private var cachedDate = Int.min
  private var cachedDays: Int64 = 0
  /// The first second, on the zone's wall clock, of the minute that `cachedOffset` is for.
  private var cachedMinute = Int64.min
  private var cachedOffset: Int64 = 0
  private var lastMinute = WrittenMinute()

  init(zone: TimeZoneRules, modificationTime: Timestamp) {
    self.zone = zone
    self.modificationTime = modificationTime
  }

  /// A time that is all of `slice`, as a value under a time key: any notation, or a number as text.
  mutating func whole(_ slice: ByteSlice) -> FoundTime? {
    let slice = slice.trimmed
    guard !slice.isEmpty else { return nil }
    if let found = leading(slice.start, slice.end), found.end == slice.end { return found }
    return Self.number(slice)
  }

  /// A time at `start`, which ends at a boundary. The first byte decides most refusals.
  mutating func leading(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard end - start >= 8 else { return nil }
    let first = start[0]
    if first.isDigit {
      if start[4] == 0x2d || start[4] == 0x2f || start[4] == 0x2e { return isoDate(start, end) }
      if start[2] == 0x3a || start[1] == 0x3a { return timeOfDay(start, end) }
      return dayFirst(start, end) ?? compactDate(start, end) ?? monthDay(start, end) ?? epoch(start, end)
    }
    guard first.isUpper else { return nil }
    return monthFirst(start, end) ?? weekdayFirst(start, end)
  }

  // MARK: Notations

  /// `2026-01-02T03:04:05.678Z`, with `T`, blank or `_` between, `-` `/` `.` in the date, `.` or `,` before the fraction.
  private mutating func isoDate(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard end - start >= 16 else { return nil }
    if lastMinute.isWritten(at: start) { return afterMinute(start + 16, end) }
    guard start[7] == start[4] else { return nil }
    let separator = start[10]
    guard separator == 0x54 || separator == 0x20 || separator == 0x74 || separator == 0x5f else { return nil }
    let year = fourDigits(start)
    let month = twoDigits(start + 5)
    let day = twoDigits(start + 8)
    guard year | month | day >= 0, let days = days(year, month, day) else { return nil }
    lastMinute.remember(start, days: days)
    return clock(start + 11, end, days: days)
  }

  /// `:05.678` and the zone, behind the minute of the time before.
  @inline(__always) private mutating func afterMinute(
    _ start: BytePointer, _ end: BytePointer
  ) -> FoundTime? {
    guard end - start >= 3, start[0] == 0x3a else { return finish(start, end, local: lastMinute.local) }
    guard let (second, fraction, after) = Self.secondValue(start + 1, end) else { return nil }
    return finish(after, end, local: lastMinute.local + Int64(second), fraction: fraction)
  }

  /// `20260102T030405Z`.
  private mutating func compactDate(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard end - start >= 15, start[8] == 0x54 else { return nil }
    let year = fourDigits(start)
    let month = twoDigits(start + 4)
    let day = twoDigits(start + 6)
    let hour = twoDigits(start + 9)
    let minute = twoDigits(start + 11)
    let second = twoDigits(start + 13)
    guard year | month | day | hour | minute | second >= 0, hour < 24, minute < 60, second <= 60,
      let days = days(year, month, day)
    else { return nil }
    return finish(start + 15, end, local: days * 86_400 + Int64(hour * 3600 + minute * 60 + second))
  }

  /// `10/Oct/2000:13:55:36 -0700`, `02-Jan-2026 03:04:05.678`, `02 Jan 2026 03:04:05.678`.
  private mutating func dayFirst(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    let isShort = !start[1].isDigit
    let place = isShort ? start + 1 : start + 2
    let day = isShort ? Int(start[0] - 0x30) : twoDigits(start)
    guard end - place >= 14, place[0] == 0x2f || place[0] == 0x2d || place[0] == 0x20 else { return nil }
    let month = Self.month(place + 1)
    let year = fourDigits(place + 5)
    guard day >= 0, month > 0, place[4] == place[0], year >= 0, place[9] == 0x3a || place[9] == 0x20,
      let days = days(year, month, day)
    else { return nil }
    return clock(place + 10, end, days: days)
  }

  /// `Jan  2 03:04:05`, `Jan 02 2026 03:04:05`, `Jan  2 03:04:05.678 2026`.
  private mutating func monthFirst(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    let month = Self.month(start)
    guard month > 0, start[3] == 0x20, end - start >= 14 else { return nil }
    var place = start + 4
    if place[0] == 0x20 { place += 1 }
    guard place[0].isDigit else { return nil }
    var day = Int(place[0] - 0x30)
    place += 1
    if place[0].isDigit {
      day = day * 10 + Int(place[0] - 0x30)
      place += 1
    }
    if place < end, place[0] == 0x2c { place += 1 }
    guard end - place >= 9, place[0] == 0x20 else { return nil }
    place += 1
    var year = end - place >= 13 ? fourDigits(place) : -1
    if year >= 0 {
      guard place[4] == 0x20 else { return nil }
      place += 5
    }
    guard let (clockSecond, fraction, afterClock) = Self.clockValue(place, end) else { return nil }
    var secondOfDay = clockSecond
    place = afterClock
    if let half = Self.halfOfDay(afterClock, end), secondOfDay < 13 * 3600 {
      secondOfDay = secondOfDay % 43_200 + half
      place += 3
    }
    if year < 0, end - place >= 5, place[0] == 0x20, fourDigits(place + 1) >= 1900,
      end - place == 5 || !place[5].isWord
    {
      year = fourDigits(place + 1)
      place += 5
    }
    if year < 0 { return yearless(month, day, secondOfDay, fraction, place) }
    guard let days = days(year, month, day) else { return nil }
    return finish(place, end, local: days * 86_400 + Int64(secondOfDay), fraction: fraction)
  }

  /// `Wed Oct 11 14:32:52.123456 2000`, `Wed, 11 Oct 2000 14:32:52 GMT`, `Wed 2000-10-11 14:32:52 UTC`.
  private mutating func weekdayFirst(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard end - start >= 20 else { return nil }
    switch UInt32(start[0] | 0x20) << 16 | UInt32(start[1] | 0x20) << 8 | UInt32(start[2] | 0x20) {
    case 0x6d6f6e, 0x747565, 0x776564, 0x746875, 0x667269, 0x736174, 0x73756e: break
    default: return nil
    }
    if start[3] == 0x2c, start[4] == 0x20, start[5].isDigit { return dayFirst(start + 5, end) }
    guard start[3] == 0x20 else { return nil }
    return start[4].isDigit ? isoDate(start + 4, end) : monthFirst(start + 4, end)
  }

  /// `01-02 03:04:05.678`, month and day without a year.
  private mutating func monthDay(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard end - start >= 14, start[2] == 0x2d, start[5] == 0x20 else { return nil }
    let month = twoDigits(start)
    let day = twoDigits(start + 3)
    guard month | day >= 0, let (second, fraction, after) = Self.clockValue(start + 6, end) else {
      return nil
    }
    return yearless(month, day, second, fraction, after)
  }

  /// `03:04:05.678`, at the day that puts it nearest to the event before; for the first one, nearest before the
  /// modification time (an hour after it is allowed: a pipe goes on after it was opened).
  private mutating func timeOfDay(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard let (second, fraction, after) = Self.clockValue(start, end), Self.isBoundary(after, end) else {
      return nil
    }
    if previousNs == nil {
      missedPrevious = .forTime
      datedByFile = .times
    }
    hasReliedOnPrevious = true
    let tolerance: Int64 = (previousNs == nil ? 1 : 12) * 3_600_000_000_000
    let latest = Timestamp(nanoseconds: previousNs ?? modificationTime.nanoseconds)
      .advanced(byNanoseconds: tolerance)
    let latestSeconds = latest.nanoseconds.flooredDivision(by: 1_000_000_000)
    let civil = CivilTime(latest, offsetSeconds: zone.offsetSeconds(at: latest))
    var local = civil.secondsSinceEpoch.flooredDivision(by: 86_400) * 86_400 + Int64(second)
    if utcSeconds(local: local) > latestSeconds { local -= 86_400 }
    let seconds = utcSeconds(local: local)
    guard seconds > -9_223_372_036, seconds < 9_223_372_036 else { return nil }
    return FoundTime(nanoseconds: seconds * 1_000_000_000 + fraction, isZoned: false, end: after)
  }

  /// Seconds, milliseconds, microseconds or nanoseconds since the epoch at the head of a line.
  private func epoch(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    var place = start
    while place < end, place[0].isDigit { place += 1 }
    let digitCount = place - start
    guard digitCount == 10 || digitCount == 13 || digitCount == 16 || digitCount == 19 else { return nil }
    if place < end, place[0] == 0x2e, end - place >= 2, place[1].isDigit {
      place += 1
      while place < end, place[0].isDigit { place += 1 }
    }
    guard Self.isBoundary(place, end), start[0] == 0x31 || start[0] == 0x32 else { return nil }
    return Self.number(ByteSlice(start, place))
  }

  /// klog's `0102 03:04:05.678901` and glog's `20260102 03:04:05.678901`.
  mutating func klog(_ start: BytePointer, _ end: BytePointer) -> FoundTime? {
    guard end - start >= 17 else { return nil }
    let hasYear = start[4] != 0x20
    let date = hasYear ? start + 4 : start
    guard end - date >= 13, date[4] == 0x20 else { return nil }
    let month = twoDigits(date)
    let day = twoDigits(date + 2)
    guard month | day >= 0, let (second, fraction, after) = Self.clockValue(date + 5, end) else { return nil }
    guard hasYear else { return yearless(month, day, second, fraction, after) }
    let year = fourDigits(start)
    guard year >= 0, let days = days(year, month, day) else { return nil }
    return finish(after, after, local: days * 86_400 + Int64(second), fraction: fraction)
  }

  // MARK: Parts

  private mutating func clock(_ start: BytePointer, _ end: BytePointer, days: Int64) -> FoundTime? {
    guard let (second, fraction, after) = Self.clockValue(start, end, isSecondOptional: true) else {
      return nil
    }
    return finish(after, end, local: days * 86_400 + Int64(second), fraction: fraction)
  }

  /// `hh:mm:ss` with a fraction after `.` or `,`: second of the day, nanoseconds, and where it ends.
  @inline(__always) private static func clockValue(
    _ start: BytePointer, _ end: BytePointer, isSecondOptional: Bool = false
  ) -> (second: Int, fraction: Int64, end: BytePointer)? {
    guard end - start >= 5 else { return nil }
    let isShort = start[1] == 0x3a
    let hour = isShort ? Int(start[0] &- 0x30) : twoDigits(start)
    var place = isShort ? start + 1 : start + 2
    guard hour >= 0, hour < 24, place[0] == 0x3a, end - place >= 3 else { return nil }
    let minute = twoDigits(place + 1)
    guard minute >= 0, minute < 60 else { return nil }
    place += 3
    guard end - place >= 3, place[0] == 0x3a else {
      return isSecondOptional ? (hour * 3600 + minute * 60, 0, place) : nil
    }
    guard let (second, fraction, after) = secondValue(place + 1, end) else { return nil }
    return (hour * 3600 + minute * 60 + second, fraction, after)
  }

  /// `ss` with a fraction after `.` or `,`: the second, nanoseconds, and where it ends. There are two bytes at least.
  @inline(__always) private static func secondValue(
    _ start: BytePointer, _ end: BytePointer
  ) -> (second: Int, fraction: Int64, end: BytePointer)? {
    let second = twoDigits(start)
    guard second >= 0, second <= 60 else { return nil }
    var place = start + 2
    guard end - place >= 2, place[0] == 0x2e || place[0] == 0x2c, place[1].isDigit else {
      return (second, 0, place)
    }
    place += 1
    var fraction: Int64 = 0
    var digitCount = 0
    while place < end, place[0].isDigit {
      if digitCount < 9 {
        fraction = fraction * 10 + Int64(place[0] - 0x30)
        digitCount += 1
      }
      place += 1
    }
    return (second, fraction * Int64(powerOfTen(9 - digitCount)), place)
  }

  /// Seconds that ` AM` or ` PM` stands for.
  private static func halfOfDay(_ place: BytePointer, _ end: BytePointer) -> Int? {
    guard end - place >= 3, place[0] == 0x20, place[2] == 0x4d, isBoundary(place + 3, end) else { return nil }
    return place[1] == 0x50 ? 43_200 : place[1] == 0x41 ? 0 : nil
  }

  /// Reads the zone that follows a clock time, if any. `nil` when the time does not end there.
  @inline(__always) private mutating func finish(
    _ start: BytePointer, _ end: BytePointer, local: Int64, fraction: Int64 = 0
  ) -> FoundTime? {
    if start < end, start[0] | 0x20 == 0x7a, end - start == 1 || !start[1].isWord {
      return Self.found(local, fraction, isZoned: true, end: start + 1)
    }
    if let (offset, after) = Self.zoneOffset(start, end) {
      return Self.found(local - Int64(offset), fraction, isZoned: true, end: after)
    }
    guard start >= end || !start[0].isWord else { return nil }
    // The zone's rules hold for times that there are.
    let isKnown = local > -9_223_372_036 && local < 9_223_285_636
    return Self.found(isKnown ? utcSeconds(local: local) : local, fraction, isZoned: false, end: start)
  }

  /// - Parameter seconds: since the epoch, in UTC.
  @inline(__always) private static func found(
    _ seconds: Int64, _ fraction: Int64, isZoned: Bool, end: BytePointer
  ) -> FoundTime {
    guard seconds > -9_223_372_036, seconds < 9_223_372_036 else {
      return FoundTime(nanoseconds: 0, isZoned: isZoned, end: end, isInRange: false)
    }
    return FoundTime(nanoseconds: seconds * 1_000_000_000 + fraction, isZoned: isZoned, end: end)
  }

  /// `+02:00`, `-0700`, `+02`, each after a blank or not, `UTC`, `GMT`.
  private static func zoneOffset(_ start: BytePointer, _ end: BytePointer) -> (
    seconds: Int, end: BytePointer
  )? {
    var place = start
    if place < end, place[0] == 0x20 { place += 1 }
    guard end - place >= 3 else { return nil }
    let rest = ByteSlice(place, end)
    if rest.hasPrefix("UTC") || rest.hasPrefix("GMT") {
      return isBoundary(place + 3, end) ? (0, place + 3) : nil
    }
    guard place[0] == 0x2b || place[0] == 0x2d else { return nil }
    let sign = place[0] == 0x2b ? 1 : -1
    let hour = twoDigits(place + 1)
    guard hour >= 0, hour <= 18 else { return nil }
    place += 3
    var minute = 0
    if end - place >= 3, place[0] == 0x3a, twoDigits(place + 1) >= 0 {
      minute = twoDigits(place + 1)
      place += 3
    } else if end - place >= 2, twoDigits(place) >= 0 {
      minute = twoDigits(place)
      place += 2
    }
    guard minute < 60, isBoundary(place, end) else { return nil }
    return (sign * (hour * 3600 + minute * 60), place)
  }

  private static func isBoundary(_ place: BytePointer, _ end: BytePointer) -> Bool {
    place >= end || !place[0].isWord
  }

  /// 1 to 12, or 0 for three letters that are no English month.
  private static func month(_ start: BytePointer) -> Int {
    switch UInt32(start[0] | 0x20) << 16 | UInt32(start[1] | 0x20) << 8 | UInt32(start[2] | 0x20) {
    case 0x6a616e: 1
    case 0x666562: 2
    case 0x6d6172: 3
    case 0x617072: 4
    case 0x6d6179: 5
    case 0x6a756e: 6
    case 0x6a756c: 7
    case 0x617567: 8
    case 0x736570: 9
    case 0x6f6374: 10
    case 0x6e6f76: 11
    case 0x646563: 12
    default: 0
    }
  }

  /// Days since the epoch; `nil` for a day that does not exist.
  @inline(__always) private mutating func days(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
    let date = year * 10_000 + month * 100 + day
    if date == cachedDate { return cachedDays }
    let civil = CivilTime(year: year, month: month, day: day)
    guard civil.isValid else { return nil }
    cachedDate = date
    cachedDays = civil.secondsSinceEpoch / 86_400
    return cachedDays
  }

  /// Seconds since the epoch in UTC of a time on the wall clock of `zone`.
  @inline(__always) private mutating func utcSeconds(local: Int64) -> Int64 {
    if !(0..<60).contains(local &- cachedMinute) {
      cachedMinute = local.flooredDivision(by: 60) * 60
      let start = Timestamp(seconds: cachedMinute)
      let utc = zone.timestamp(of: CivilTime(start)).nanoseconds.flooredDivision(by: 1_000_000_000)
      cachedOffset = cachedMinute - utc
    }
    return local - cachedOffset
  }

  /// A time without a year is not later than this: the modification time and, as a file that is followed grows past
  /// it, the event before; a day more for clocks and zones that differ.
  private var latestYearlessTime: Timestamp {
    let known = max(modificationTime.nanoseconds, previousNs ?? .min)
    return Timestamp(nanoseconds: known).advanced(byNanoseconds: 86_400_000_000_000)
  }

  private mutating func yearless(
    _ month: Int, _ day: Int, _ second: Int, _ fraction: Int64, _ end: BytePointer
  ) -> FoundTime? {
    if previousNs == nil, missedPrevious == .no { missedPrevious = .forYear }
    hasReliedOnPrevious = true
    datedByFile = max(datedByFile, .years)
    let latest = latestYearlessTime
    let year = CivilTime(latest, offsetSeconds: zone.offsetSeconds(at: latest)).year
    // Nine years back there is always a 29 February, also around 1900.
    for candidate in stride(from: year, through: year - 9, by: -1) {
      guard let days = days(candidate, month, day) else { continue }
      let seconds = utcSeconds(local: days * 86_400 + Int64(second))
      guard seconds > -9_223_372_036, seconds < 9_223_372_036 else { return nil }
      let nanoseconds = seconds * 1_000_000_000 + fraction
      if nanoseconds <= latest.nanoseconds {
        return FoundTime(nanoseconds: nanoseconds, isZoned: false, end: end)
      }
    }
    return nil
  }
}
