import EventModel
import LogFormats
import Testing

@Suite struct TimeTests {
  /// The time of a record that has `value` (JSON text) under `time`; `nil` when it counts as without time.
  private func time(_ value: String, zone: TimeZoneRules = .utc) -> Int64? {
    let options = DecodingOptions(
      timeZone: zone, modificationTime: writtenAt, defaultService: ForeignText("f"))
    let reading = Reading("{\"time\":\(value)}\n", as: "ndjson", options: options)
    return reading.tally.withoutTimeCount == 0 ? reading.counted[0].timeNs : nil
  }

  @Test(arguments: [
    "2026-03-01 10:00:07.5", "2026-03-01 10:00:60", "2026-03-01 10:00:61", "2026-03-01 10:00:7x",
    "2026-03-01 10:00", "2026-03-01 10:00:", "2026-03-01 10:00:0", "2026-03-01 10:00Z",
    "2026-03-01 10:00 +02:00",
    "2026-03-01 10:00:07Z", "2026-03-01 10:00:07+05:30", "2026-03-01 10:00:07 UTC",
    "2026-03-01 10:00:07,1234567891",
    "2026-03-01 10:00:07.", "2026-03-01 10:00x", "2026-03-01 1:00:07", "2026-03-01 10:0:07",
  ])
  func `a time in the minute of the one before reads as it does alone`(text: String) {
    let zone = TimeZoneRules(name: "+01:00", offsetSeconds: 3600)
    for before in [
      "2026-03-01 10:00:59,999", "2026-03-01 10:00Z", "2026-03-01 1:00:07", "2026-03-01T10:00:59",
    ] {
      let options = DecodingOptions(
        timeZone: zone, modificationTime: writtenAt, defaultService: ForeignText("f"))
      let lines = { (times: [String]) in
        Reading(times.map { "{\"time\":\"\($0)\"}\n" }.joined(), as: "ndjson", options: options)
      }
      let alone = lines([text])
      let behind = lines([before, text])
      guard alone.tally.withoutTimeCount == 0 else {
        // No time of its own: it has that of the line before.
        #expect(behind.counted[1].timeNs == behind.counted[0].timeNs, "\(text) behind \(before)")
        continue
      }
      #expect(behind.counted[1] == alone.counted[0], "\(text) behind \(before)")
    }
  }

  @Test(arguments: [
    ("\"2026-03-01T10:00:00Z\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"2026-03-01t10:00:00z\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"2026-03-01 10:00:00,5\"", utc(2026, 3, 1, 10, 0, 0, ns: 500_000_000)),
    ("\"2026-03-01T10:00:00.1234567891+05:30\"", utc(2026, 3, 1, 4, 30, 0, ns: 123_456_789)),
    ("\"2026-03-01T10:00:00-0800\"", utc(2026, 3, 1, 18, 0, 0)),
    ("\"2026-03-01 10:00:00 +0100\"", utc(2026, 3, 1, 9, 0, 0)),
    ("\"2026-03-01 10:00:00 UTC\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"2026-03-01T10:00Z\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"2026/03/01 10:00:00\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"20260301T100000Z\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"2024-02-29T23:59:60Z\"", utc(2024, 3, 1, 0, 0, 0)),
    ("\"01/Mar/2026:10:00:00 -0700\"", utc(2026, 3, 1, 17, 0, 0)),
    ("\"Sun Mar  1 10:00:00 2026\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"Sun, 01 Mar 2026 10:00:00 GMT\"", utc(2026, 3, 1, 10, 0, 0)),
    ("\"Mar 01, 2026 10:00:00 PM\"", utc(2026, 3, 1, 22, 0, 0)),
    ("\"Mar 01, 2026 12:00:00 AM\"", utc(2026, 3, 1, 0, 0, 0)),
    ("\"1969-12-31T23:59:59.5Z\"", -500_000_000),
    ("1772359200", utc(2026, 3, 1, 10, 0, 0)),
    ("1772359200123", utc(2026, 3, 1, 10, 0, 0, ns: 123_000_000)),
    ("1772359200123456", utc(2026, 3, 1, 10, 0, 0, ns: 123_456_000)),
    ("1772359200123456789", utc(2026, 3, 1, 10, 0, 0, ns: 123_456_789)),
    ("\"1772359200123456789\"", utc(2026, 3, 1, 10, 0, 0, ns: 123_456_789)),
    ("1772359200.123456789", utc(2026, 3, 1, 10, 0, 0, ns: 123_456_789)),
    ("1772359200.1", utc(2026, 3, 1, 10, 0, 0, ns: 100_000_000)),
    ("1772359200123.25", utc(2026, 3, 1, 10, 0, 0, ns: 123_250_000)),
    ("1.772359200123456789e9", utc(2026, 3, 1, 10, 0, 0, ns: 123_456_789)),
    ("1772359200.12345678999", utc(2026, 3, 1, 10, 0, 0, ns: 123_456_789)),
  ])
  func `a time is read exactly`(text: String, expected: Int64) {
    #expect(time(text) == expected)
  }

  @Test(arguments: [
    "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "\"2026-02-29T10:00:00Z\"",
    "\"2026-13-01T10:00:00Z\"",
    "\"2026-03-01T24:00:00Z\"", "\"2026-03-01T10:61:00Z\"", "\"yesterday\"", "\"\"", "\"2026-03-01\"", "true",
    "null",
    "0", "99999999999999999999", "1e40", "\"2026-03-01T10:00:00Z and more\"", "[1772359200]",
  ])
  func `what is no time is not taken for one`(text: String) {
    #expect(time(text) == nil)
  }

  @Test(arguments: [
    #"{"time":"YEAR-03-01T10:00:00Z","service":"a"}"#,
    "YEAR-03-01 10:00:00,000 INFO  [main] shop.Cart - put one item",
    "<34>1 YEAR-03-01T10:00:00Z host shop - - - put one item",
    #"10.0.0.1 - - [01/Mar/YEAR:10:00:00 +0000] "GET / HTTP/1.1" 200 12"#,
    "YEAR-03-01T10:00:00.000000000Z stdout F put one item",
  ])
  func `a record of a year there are no nanoseconds for is an event without a time, and its place is known`(
    line: String
  ) {
    let lines = ["2026", "9999", "2027", "0001"].map { line.replacing("YEAR", with: $0) + "\n" }
    let reading = Reading(lines.joined())
    let (first, later) = (utc(2026, 3, 1, 10, 0, 0), utc(2027, 3, 1, 10, 0, 0))
    #expect(reading.counted.map(\.timeNs) == [first, first, later, later])
    #expect(reading.tally.withoutTimeCount == 2)
    #expect(reading.tally.timeOutOfRangeAt == Int64(lines[0].utf8.count))
    #expect(reading.tally.outOfOrderCount == 0)
  }

  @Test func `years from 1 to 9999 are counted, each with its time as far as there is one`() {
    let text = (1...9999).map { "{\"time\":\"\(String(10_000 + $0).dropFirst())-07-01T00:00:00Z\"}\n" }
      .joined()
    let reading = Reading(text, as: "ndjson")
    #expect(reading.tally.eventCount == 9999)
    // From 1677-09-21 to 2262-04-11 there are nanoseconds.
    #expect(reading.tally.withoutTimeCount == 9999 - (1678...2261).count)
    #expect(reading.tally.timeOutOfRangeAt == 0)
    for year in 1678...2261 { #expect(reading.counted[year - 1].timeNs == utc(year, 7, 1, 0, 0, 0)) }
    #expect(reading.counted[9998].timeNs == utc(2261, 7, 1, 0, 0, 0))
  }

  @Test(arguments: [
    "1677-09-21T00:12:44+18:00", "1677-09-21T00:12:43Z", "2262-04-11T23:47:16Z", "2262-04-11T23:47:15-00:01",
  ])
  func `a zone that moves a time out of what there is leaves the record without one`(text: String) {
    #expect(time("\"\(text)\"") == nil)
  }

  @Test func `a time without a zone is read in the given one, a zoned one is not moved`() {
    let tokyo = TimeZoneRules(name: "Asia/Tokyo", offsetSeconds: 9 * 3600)
    #expect(time("\"2026-03-01 10:00:00\"", zone: tokyo) == utc(2026, 3, 1, 1, 0, 0))
    #expect(time("\"2026-03-01 10:00:00Z\"", zone: tokyo) == utc(2026, 3, 1, 10, 0, 0))
    #expect(time("1772359200", zone: tokyo) == utc(2026, 3, 1, 10, 0, 0))
  }

  @Test func `a time without a year takes the year that puts it nearest before the modification time`() {
    let reading = Reading(
      "Feb 29 01:00:00 h a: x\nMar  9 00:00:00 h a: x\nNov 30 00:00:00 h a: x\nMar 10 00:00:30 h a: x\n",
      as: "syslog-3164")
    #expect(
      reading.counted.map(\.timeNs) == [
        utc(2024, 2, 29, 1, 0, 0), utc(2026, 3, 9, 0, 0, 0), utc(2025, 11, 30, 0, 0, 0),
        utc(2026, 3, 10, 0, 0, 30),
      ])
  }

  @Test func `whole seconds with nanoseconds beside them make one time`() {
    let text =
      "{\"instant\":{\"epochSecond\":1772359200,\"nanoOfSecond\":7},\"level\":\"WARN\",\"message\":\"m\"}\n"
    #expect(Reading(text).counted == [Counted(utc(2026, 3, 1, 10, 0, 0, ns: 7), "file", .warn)])
  }
}

@Suite struct SeverityTests {
  @Test(arguments: [
    (Severity.trace, ["trace", "finest", "verbose", "vrb", "trc"]),
    (.debug, ["debug", "fine", "config", "dbg", "finer"]),
    (.info, ["info", "information", "notice", "inf"]), (.warn, ["warn", "warning", "wrn"]),
    (.error, ["error", "err", "severe"]),
    (.fatal, ["fatal", "critical", "crit", "alert", "emerg", "emergency", "panic", "ftl", "pnc", "dpanic"]),
    (
      .unknown,
      ["", "inform", "errors", "x", "level", "warnings", "emergencyy", "fatality", "infinite", "log", "fail"]
    ),
  ])
  func `a level word means its band in any case, and nothing else does`(severity: Severity, words: [String]) {
    for word in words {
      for spelling in [word, word.uppercased(), word.prefix(1).uppercased() + word.dropFirst()] {
        let reading = Reading("{\"level\":\"\(spelling)\",\"time\":1772359200}\n", as: "ndjson")
        #expect(reading.counted.map(\.severity) == [severity], "\(spelling)")
      }
    }
  }

  @Test func `numbers follow the scale of their key`() {
    func severity(_ pair: String) -> Severity {
      Reading("{\(pair),\"time\":1772359200}\n", as: "ndjson").counted[0].severity
    }
    let byTens: [Severity] = [.trace, .debug, .info, .warn, .error, .fatal]
    for (index, band) in byTens.enumerated() {
      #expect(severity("\"level\":\((index + 1) * 10)") == band)
      for step in 1...4 { #expect(severity("\"severityNumber\":\(index * 4 + step)") == band) }
    }
    let syslog: [Severity] = [.fatal, .fatal, .fatal, .error, .warn, .info, .info, .debug]
    for (number, band) in syslog.enumerated() {
      #expect(severity("\"PRIORITY\":\"\(number)\"") == band)
      #expect(severity("\"level\":\(number)") == band)
    }
    #expect(severity("\"severityNumber\":25") == .unknown)
    #expect(severity("\"severityNumber\":0") == .unknown)
    #expect(severity("\"level\":-1") == .unknown)
    #expect(severity("\"level\":70") == .unknown)
    #expect(severity("\"status\":599") == .error)
    #expect(severity("\"status\":600") == .unknown)
  }
}
