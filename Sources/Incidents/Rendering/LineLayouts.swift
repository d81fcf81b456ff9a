internal import EventModel

/// A line's time, as text logs write it.
enum LineTime: Sendable {
  /// `2026-11-23T03:04:01.491Z`
  case rfc3339(digits: Int)
  /// `2026-11-23 03:04:01,491`
  case spaced(digits: Int, mark: UInt8)
  /// `2026-11-23T05:04:01.491+0200`, or with a space for the `T`
  case zoned(offsetMinutes: Int, digits: Int, colon: Bool, separator: StaticString)
  /// `2026/11/23 03:04:01`
  case slashed(digits: Int)
  /// `23/Nov/2026:03:04:01 +0000`
  case apache
  /// `03:04:01.491`
  case timeOfDay(digits: Int)
  /// Since the epoch, in units or as seconds with six digits after the point.
  case epoch(unitNs: Int64)
  case epochDecimal
  /// `1123 03:04:01.491919`, klog's; glog of late has the year before it.
  case klog(hasYear: Bool)

  var unitNs: Int64 {
    switch self {
    case .rfc3339(let digits), .spaced(let digits, _), .zoned(_, let digits, _, _), .slashed(let digits),
      .timeOfDay(let digits):
      (digits..<9).reduce(1) { unit, _ in unit * 10 }
    case .apache: secondNs
    case .epoch(let unitNs): unitNs
    case .epochDecimal, .klog: microsecondNs
    }
  }

  func append(_ time: Timestamp, to buffer: inout TextBuffer) {
    let civil = CivilTime(time)
    switch self {
    case .rfc3339(let digits): buffer.rfc3339(time, digits: digits)
    case .spaced(let digits, let mark):
      buffer.date(civil)
      buffer.append(" ")
      buffer.clock(civil, digits: digits, mark: mark)
    case .zoned(let minutes, let digits, let colon, let separator):
      LogRendering.zoned(
        time, offsetMinutes: minutes, digits: digits, colon: colon, separator: separator, to: &buffer)
    case .slashed(let digits):
      buffer.date(civil, separator: UInt8(ascii: "/"))
      buffer.append(" ")
      buffer.clock(civil, digits: digits)
    case .apache:
      buffer.decimal(civil.day, width: 2)
      buffer.append("/")
      buffer.append(text: monthNames[civil.month - 1])
      buffer.append("/")
      buffer.decimal(civil.year, width: 4)
      buffer.append(":")
      buffer.clock(civil)
      buffer.append(" +0000")
    case .timeOfDay(let digits): buffer.clock(civil, digits: digits)
    case .epoch(let unitNs): buffer.decimal(Int(time.nanoseconds / unitNs))
    case .epochDecimal: JSONTime.decimalSeconds.append(time, to: &buffer)
    case .klog(let hasYear):
      if hasYear { buffer.decimal(civil.year, width: 4) }
      buffer.decimal(civil.month, width: 2)
      buffer.decimal(civil.day, width: 2)
      buffer.append(" ")
      buffer.clock(civil, digits: 6)
    }
  }
}

/// A layout of lines: `before` TIME `between` LEVEL `after` message, or the level first. Lines that follow an error
/// (`trailing`) have no time of their own.
struct LineLayout: Sendable {
  var time: LineTime?
  var levels: Levels? = .usual
  /// Least width of the level, filled with spaces behind it, or before it.
  var levelWidth = 0
  var levelIsAtRight = false
  var levelIsFirst = false
  var before: StaticString = ""
  var between: StaticString = " "
  var after: StaticString = " "
  var trailing: [StaticString] = []

  /// Appends the lines of `event` and returns the band a reader finds.
  func append(
    _ event: IncidentEvent, turn: Int, to buffer: inout TextBuffer
  ) -> Severity {
    let (word, band) = levels?.word(for: event.severity, turn: turn) ?? ("", .unknown)
    buffer.append(before)
    if levelIsFirst {
      appendLevel(word, to: &buffer)
      buffer.append(between)
    }
    time?.append(event.time, to: &buffer)
    if !levelIsFirst {
      buffer.append(between)
      appendLevel(word, to: &buffer)
    }
    buffer.append(after)
    event.appendMessage(to: &buffer)
    buffer.append("\n")
    guard event.severity >= .error else { return band }
    for line in trailing {
      buffer.append(line)
      buffer.append("\n")
    }
    return band
  }

  private func appendLevel(_ word: String, to buffer: inout TextBuffer) {
    if !levelIsAtRight { buffer.append(text: word) }
    for _ in 0..<max(0, levelWidth - word.utf8.count) { buffer.append(" ") }
    if levelIsAtRight { buffer.append(text: word) }
  }
}

extension LineLayout {
  static let javaTrace: [StaticString] = [
    "com.shop.charge.TokenException: card token invalid", "\tat com.shop.charge.Charge.run(Charge.java:42)",
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)", "Caused by: java.io.IOException: no prefix",
    "\t... 12 more",
  ]
  static let pythonTrace: [StaticString] = [
    "Traceback (most recent call last):", "  File \"/app/charge.py\", line 42, in charge",
    "    raise TokenError(token)", "charge.TokenError: no prefix",
  ]
  static let goTrace: [StaticString] = [
    "goroutine 18 [running]:", "main.charge(0xc000012345)", "\t/app/charge.go:42 +0x1d",
  ]

  static let klog = LineLayout(
    time: .klog(hasYear: false), levels: .klog, levelIsFirst: true, between: "",
    after: "       1 charge.go:42] ",
    trailing: goTrace)
  /// `%d [%t] %-5p %c - %m%n`
  static let log4j = LineLayout(
    time: .spaced(digits: 3, mark: UInt8(ascii: ",")), levels: .log4j, levelWidth: 5,
    between: " [http-nio-8080-exec-1] ",
    after: " com.shop.charge.Charge - ", trailing: javaTrace)
  static let dashed = LineLayout(
    time: .spaced(digits: 3, mark: UInt8(ascii: ",")), levels: .python, between: " - shop.charge - ",
    after: " - ",
    trailing: pythonTrace)
  static let plainText = LineLayout(time: .rfc3339(digits: 6), trailing: goTrace)
}

extension Levels {
  /// log4j: TRACE DEBUG INFO WARN ERROR FATAL.
  static let log4j = Levels(
    trace: ["TRACE"], debug: ["DEBUG"], info: ["INFO"], warn: ["WARN"], error: ["ERROR"], fatal: ["FATAL"])
  /// logback knows no FATAL.
  static let logback = Levels(
    trace: ["TRACE"], debug: ["DEBUG"], info: ["INFO"], warn: ["WARN"], error: ["ERROR"], fatal: ["ERROR"],
    fatalIs: .error)
}

extension LogRendering {
  private static func lines(
    _ name: String, _ variant: String, _ layout: LineLayout, preamble: Bool = false
  ) -> LogRendering {
    LogRendering(name, variant, namesServices: false) { (event: IncidentEvent, writer: inout LogWriter) in
      if preamble, writer.ordinal == 0 {
        writer.buffer.append("Picked up JAVA_TOOL_OPTIONS: -Xmx2g\n  with defaults\n")
        writer.expectUnreadable()
      }
      let band = layout.append(event, turn: writer.ordinal, to: &writer.buffer)
      writer.expect(layout.time.map { event.time.cut(to: $0.unitNs) } ?? writer.modificationTime, nil, band)
    }
  }

  static let lineLayouts: [LogRendering] = [
    lines("klog", "klog", .klog),
    lines(
      "klog", "glog with year",
      LineLayout(
        time: .klog(hasYear: true), levels: .klog, levelIsFirst: true, between: "",
        after: "   812 charge.cc:42] ")),
    lines("log4j", "log4j", .log4j),
    lines(
      "log4j", "logback default",
      LineLayout(
        time: .timeOfDay(digits: 3), levels: .logback, levelWidth: 5, between: " [main] ",
        after: " com.shop.charge.Charge - ", trailing: LineLayout.javaTrace)),
    lines(
      "log4j", "Spring Boot",
      LineLayout(
        time: .zoned(offsetMinutes: 60, digits: 3, colon: true, separator: "T"), levels: .logback,
        levelWidth: 5, levelIsAtRight: true,
        after: " 1 --- [nio-8080-exec-1] c.s.charge.Charge   : ",
        trailing: LineLayout.javaTrace)),
    lines("python-logging", "name between dashes", .dashed),
    lines(
      "plain", "Python's basicConfig",
      LineLayout(time: nil, levels: .python, between: "", after: ":shop.charge:")),
    lines(
      "python-logging", "asctime level name: message",
      LineLayout(
        time: .spaced(digits: 3, mark: UInt8(ascii: ",")), levels: .python, after: " shop.charge: ",
        trailing: LineLayout.pythonTrace)),
    lines("text", "RFC 3339", .plainText),
    lines("text", "RFC 3339 after a preamble", .plainText, preamble: true),
    lines(
      "text", "level in brackets",
      LineLayout(time: .spaced(digits: 3, mark: UInt8(ascii: ".")), between: " [", after: "] ")),
    lines(
      "text", "time in brackets",
      LineLayout(time: .spaced(digits: 0, mark: 0), before: "[", between: "] ", after: ": ")),
    lines(
      "text", "level first",
      LineLayout(time: .spaced(digits: 3, mark: UInt8(ascii: ",")), levelIsFirst: true, after: " ")),
    lines(
      "text", "offset without colon, lower case",
      LineLayout(
        time: .zoned(offsetMinutes: 120, digits: 3, colon: false, separator: "T"),
        levels: Levels.usual.lowerCased,
        after: ": ")),
    lines(
      "text", "offset after a space",
      LineLayout(
        time: .zoned(offsetMinutes: 330, digits: 6, colon: true, separator: " "),
        levels: Levels.usual.lowerCased,
        between: " [", after: "] ")),
    lines("text", "every severity word", LineLayout(time: .rfc3339(digits: 9), levels: .everyWord)),
    lines("text", "slashes", LineLayout(time: .slashed(digits: 0), after: " ")),
    lines(
      "text", "Go's log, no level",
      LineLayout(time: .slashed(digits: 6), levels: nil, between: "", after: " ")),
    lines("text", "Apache's time", LineLayout(time: .apache, before: "[", between: "] ", after: " ")),
    lines("text", "epoch milliseconds", LineLayout(time: .epoch(unitNs: millisecondNs))),
    lines("text", "epoch nanoseconds", LineLayout(time: .epoch(unitNs: 1))),
    lines("text", "epoch seconds with decimals", LineLayout(time: .epochDecimal)),
    lines(
      "text", "bars",
      LineLayout(time: .rfc3339(digits: 3), between: " | ", after: " | ", trailing: LineLayout.pythonTrace)),
  ]
}
