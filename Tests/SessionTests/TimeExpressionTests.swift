import EventModel
import Session
import Testing

/// 2026-11-23T12:00:00Z under the cursor, events of 24 hours before it, shown one hour east.
private func context(zone: TimeZoneRules = TimeZoneRules(name: "CET", offsetSeconds: 3600)) -> TimeContext {
  let noon = Timestamp(seconds: 1_795_435_200)
  return TimeContext(
    reference: noon, range: TimeRange(start: noon.advanced(byNanoseconds: -86_400_000_000_000), end: noon),
    now: Timestamp(seconds: 1_795_440_000), zone: zone)
}

@Test(
  arguments: [
    ("03:07", 1_795_399_620.0), ("3:07", 1_795_399_620), ("03:07:30.5", 1_795_399_650.5),
    ("03:07:30,25", 1_795_399_650.25),
    ("03:07Z", 1_795_403_220), ("03:07+02:00", 1_795_396_020),
    // 14:00 of the cursor's day is outside the events, yesterday's is not.
    ("14:00", 1_795_352_400), ("12:59:59", 1_795_435_199),
    ("2026-11-23", 1_795_388_400), ("2026-11-23 03:07", 1_795_399_620),
    ("2026-11-23T03:07:30", 1_795_399_650),
    ("2026-11-23T03:07:00Z", 1_795_403_220), ("2026-11-23t03:07:00.5z", 1_795_403_220.5),
    ("2026-11-23T03:07:00-05:30", 1_795_423_020), ("2026-11-23 03:07 UTC", 1_795_403_220),
    ("2026-11-23 03:07+0100", 1_795_399_620),
    ("-15m", 1_795_434_300), ("+2h", 1_795_442_400), ("-1h30m", 1_795_429_800), ("- 1.5s", 1_795_435_198.5),
    ("now", 1_795_440_000), ("NOW", 1_795_440_000), ("start", 1_795_348_800), ("end", 1_795_435_200),
    ("end-1h", 1_795_431_600),
    ("start + 1d", 1_795_435_200), ("cursor", 1_795_435_200), ("1795399620", 1_795_399_620),
    ("1795399620.25", 1_795_399_620.25),
    ("1795399620500", 1_795_399_620.5), ("1795399620500000", 1_795_399_620.5),
    ("1795399620500000000", 1_795_399_620.5),
    ("  03:07  ", 1_795_399_620),
  ] as [(String, Double)])
func `a typed time is the instant meant`(text: String, seconds: Double) throws {
  // Quarters of a second are exact in a Double of this size.
  let expected = Timestamp(
    seconds: Int64(seconds), nanoseconds: Int64((seconds - seconds.rounded(.down)) * 1e9))
  #expect(try TimeExpression(text).resolved(in: context()) == expected)
}

@Test func `nanoseconds are kept`() throws {
  let time = try TimeExpression("2026-11-23T03:07:00.123456789Z").resolved(in: context())
  #expect(time == Timestamp(seconds: 1_795_403_220, nanoseconds: 123_456_789))
  #expect(
    try TimeExpression("1795399620.000000001").resolved(in: context())?.nanoseconds
      == 1_795_399_620_000_000_001)
}

@Test func `without events there is no start, and a time of day is the cursor's day's`() throws {
  var empty = context()
  empty.range = nil
  #expect(try TimeExpression("start").resolved(in: empty) == nil)
  #expect(try TimeExpression("14:00").resolved(in: empty) == Timestamp(seconds: 1_795_438_800))
}

@Test func `an offset before the epoch's range stops at its ends`() throws {
  var early = context()
  early.reference = .first
  #expect(try TimeExpression("-1w").resolved(in: early) == .first)
  #expect(try TimeExpression("1677-01-01").resolved(in: early) == .first)
}

@Test(arguments: [
  ("", "no time is given"), ("soon", "'soon' is no time"),
  ("strat", "'strat' is no time, did you mean 'start'?"),
  ("307", "a number of this length is no Unix time, and a time of day is written with a colon"),
  ("-15", "'15' is no duration, it needs a unit such as 15m"),
  ("now 5m", "after 'now' comes + or - and a duration"),
  ("25:00", "there is no such date or time of day"), ("2026-02-29", "there is no such date or time of day"),
  ("2026-11-23x", "after a date comes a blank or T and a time of day"),
  ("03:07 pm", "'pm' at its end means nothing"),
  ("1600-01-01", "years go from 1677 to 2262"), ("99999999999999999999", "this Unix time is out of range"),
  ("+99999999999w", "this is longer than 292 years"), ("+0.3ns", "this is finer than a nanosecond"),
  ("1795399620500.5", "only Unix seconds have a fraction"),
  ("3", "a number of this length is no Unix time, and a time of day is written with a colon"),
])
func `what is no time says why, with examples`(text: String, reason: String) {
  let examples = "03:07, 2026-11-23 03:07, 2026-11-23T03:07:00Z, -15m, end-1h, now"
  #expect { try TimeExpression(text) } throws: { "\($0)" == "'\(text)': \(reason); for example \(examples)" }
}

@Test func `a text of any length is refused unread`() {
  #expect(throws: TimeExpressionError.self) { try TimeExpression(String(repeating: "9", count: 1_000_000)) }
}

@Test(
  arguments: [
    ("100ms", 100_000_000), ("1s", 1_000_000_000), ("1m", 60_000_000_000), ("1h", 3_600_000_000_000),
    ("1d", 86_400_000_000_000), ("1w", 604_800_000_000_000), ("1.5s", 1_500_000_000),
    ("1h30m", 5_400_000_000_000),
    ("5us", 5000), ("5µs", 5000), ("7ns", 7), ("0.5us", 500),
  ] as [(String, Int64)])
func `a duration is so many nanoseconds`(text: String, nanoseconds: Int64) throws {
  #expect(try DurationNotation.nanoseconds(text) == nanoseconds)
}

@Test func `a duration prints as it reads`() throws {
  #expect(DurationNotation.text(nanoseconds: 5_400_000_000_000) == "1h30m")
  #expect(DurationNotation.text(nanoseconds: 1_250_000_000) == "1s250ms")
  #expect(DurationNotation.text(nanoseconds: 0) == "0s")
  #expect(DurationNotation.text(nanoseconds: -60_000_000_000) == "-1m")
  for value in [1, 999, 1000, 604_800_000_000_000, 86_400_000_000_001, Int64.max] {
    #expect(try DurationNotation.nanoseconds(DurationNotation.text(nanoseconds: value)) == value)
  }
}

@Test(arguments: ["", "5", "s", "0s", "-1s", "1x", "1.s", ".5s", "1..5s", "1 s", "99999999999999999999w"])
func `what is no duration is refused with examples`(text: String) {
  #expect { try DurationNotation.nanoseconds(text) } throws: {
    "\($0)".hasSuffix("; for example 100ms, 1s, 5m, 1h30m, 1d")
  }
}
