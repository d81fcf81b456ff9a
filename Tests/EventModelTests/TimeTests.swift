import EventModel
import Testing

/// From Python's `datetime`: seconds, text in UTC, weekday from Monday.
private let pythonTimes: [(Int64, String, Int)] = [
  (0, "1970-01-01T00:00:00Z", 3), (-1, "1969-12-31T23:59:59Z", 2), (86399, "1970-01-01T23:59:59Z", 3),
  (86400, "1970-01-02T00:00:00Z", 4), (-86400, "1969-12-31T00:00:00Z", 2),
  (-86401, "1969-12-30T23:59:59Z", 1),
  (951_782_399, "2000-02-28T23:59:59Z", 0), (951_782_400, "2000-02-29T00:00:00Z", 1),
  (951_868_800, "2000-03-01T00:00:00Z", 2), (4_107_542_399, "2100-02-28T23:59:59Z", 6),
  (4_107_542_400, "2100-03-01T00:00:00Z", 0), (-2_203_977_600, "1900-02-28T00:00:00Z", 2),
  (-2_203_891_200, "1900-03-01T00:00:00Z", 3), (1_709_164_800, "2024-02-29T00:00:00Z", 3),
  (1_709_251_199, "2024-02-29T23:59:59Z", 3), (9_223_372_036, "2262-04-11T23:47:16Z", 4),
  (-9_223_372_036, "1677-09-21T00:12:44Z", 1), (8_978_547_449, "2254-07-09T08:57:29Z", 6),
  (-2_590_958_010, "1887-11-24T01:26:30Z", 3), (6_255_346_681, "2168-03-22T20:18:01Z", 1),
  (-3_921_960_913, "1845-09-19T22:24:47Z", 4), (5_707_451_308, "2150-11-11T11:08:28Z", 2),
]

@Test func `civil times are Python's, both ways`() {
  for (second, text, weekday) in pythonTimes {
    let time = Timestamp(seconds: second)
    let civil = CivilTime(time)
    #expect(time.rfc3339() == text)
    #expect(civil.weekday == weekday, "\(text)")
    #expect(civil.isValid)
    #expect(civil.timestamp() == time)
    #expect(CivilTime(time, offsetSeconds: -5400).timestamp(offsetSeconds: -5400) == time)
  }
}

@Test func `fractions count upward before the epoch too, and are cut, not rounded`() {
  let time = Timestamp(nanoseconds: -1)
  #expect(CivilTime(time).nanosecond == 999_999_999)
  #expect(time.rfc3339(fractionDigitCount: 3) == "1969-12-31T23:59:59.999Z")
  #expect(Timestamp(nanoseconds: 1_999_999).rfc3339(fractionDigitCount: 3) == "1970-01-01T00:00:00.001Z")
  #expect(Timestamp(nanoseconds: 5).rfc3339(fractionDigitCount: 9) == "1970-01-01T00:00:00.000000005Z")
}

@Test func `the first and last instants are civil times like others`() {
  #expect(Timestamp.first.rfc3339(fractionDigitCount: 9) == "1677-09-21T00:12:43.145224192Z")
  #expect(Timestamp.last.rfc3339(fractionDigitCount: 9) == "2262-04-11T23:47:16.854775807Z")
  for time in [Timestamp.first, .last] {
    for offset in [-93_599, 0, 93_599] {
      #expect(CivilTime(time, offsetSeconds: offset).timestamp(offsetSeconds: offset) == time)
    }
  }
}

@Test func `instants stop at the ends of their range`() {
  #expect(Timestamp(seconds: .max) == .last)
  #expect(Timestamp(seconds: .min) == .first)
  #expect(Timestamp(seconds: -9_223_372_037, nanoseconds: 145_224_192) == .first)
  #expect(Timestamp(seconds: 9_223_372_037, nanoseconds: -1_000_000_000) == Timestamp(seconds: 9_223_372_036))
  #expect(Timestamp.last.advanced(byNanoseconds: 1) == .last)
  #expect(Timestamp.first.advanced(byNanoseconds: -1) == .first)
}

@Test func `days that do not exist are not valid`() {
  func isValid(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ second: Int = 0) -> Bool {
    CivilTime(year: year, month: month, day: day, hour: hour, second: second).isValid
  }
  #expect(isValid(2024, 2, 29) && isValid(2000, 2, 29) && isValid(2026, 12, 31, 23, 60))
  #expect(!isValid(2100, 2, 29) && !isValid(2026, 2, 29) && !isValid(2026, 4, 31) && !isValid(2026, 0, 1))
  #expect(
    !isValid(2026, 13, 1) && !isValid(2026, 1, 0) && !isValid(2026, 1, 1, 24) && !isValid(2026, 1, 1, 0, 61))
}

@Test func `days are added across months and leap days`() {
  let day = CivilTime(year: 2024, month: 2, day: 28, hour: 3)
  #expect(day.advanced(byDays: 1) == CivilTime(year: 2024, month: 2, day: 29, hour: 3))
  #expect(day.advanced(byDays: 2) == CivilTime(year: 2024, month: 3, day: 1, hour: 3))
  #expect(day.advanced(byDays: -59) == CivilTime(year: 2023, month: 12, day: 31, hour: 3))
}

@Test func `a range holds its start and not its end`() {
  let range = TimeRange(start: Timestamp(nanoseconds: 10), end: Timestamp(nanoseconds: 20))
  #expect(range.contains(Timestamp(nanoseconds: 10)) && !range.contains(Timestamp(nanoseconds: 20)))
  #expect(range.durationNs == 10 && TimeRange.everything.durationNs == .max)
  let next = TimeRange(start: range.end, end: Timestamp(nanoseconds: 30))
  #expect(!range.overlaps(next) && range.intersection(next) == nil)
  #expect(range.union(next) == TimeRange(start: range.start, end: next.end))
  #expect(range.intersection(.everything) == range)
}

@Test func `floored division rounds downward`() {
  #expect((-1 as Int64).flooredDivision(by: 10) == -1)
  #expect((-10 as Int64).flooredDivision(by: 10) == -1)
  #expect((9 as Int64).flooredDivision(by: 10) == 0)
  #expect(Int64.min.flooredDivision(by: 1) == .min)
}

@Test func `a range that runs backward is our own mistake`() async {
  await #expect(processExitsWith: .failure) {
    _ = TimeRange(start: Timestamp(nanoseconds: 1), end: Timestamp(nanoseconds: 0))
  }
}
