internal import EventModel

extension LogRendering {
  static let webServerDialects = [
    access("common", isCombined: false, offsetMinutes: 0),
    access("combined", isCombined: true, offsetMinutes: 120),
    nginxError, apacheError24, apacheError22,
  ]

  /// The status is all the severity there is: 5xx error, 4xx warn, else info.
  private static func status(of event: IncidentEvent, turn: Int) -> (code: Int, band: Severity) {
    let (codes, band): ([Int], Severity) =
      switch event.severity {
      case .error, .fatal: ([500, 502, 503, 504], .error)
      case .warn: ([400, 403, 404, 422, 429, 499], .warn)
      default: ([200, 201, 204, 301, 304], .info)
      }
    return (codes[turn % codes.count], band)
  }

  /// Apache's common and combined log formats, nginx's default (mod_log_config, ngx_http_log_module).
  private static func access(_ variant: String, isCombined: Bool, offsetMinutes: Int) -> LogRendering {
    LogRendering("access-log", variant, namesServices: false) {
      (event: IncidentEvent, writer: inout LogWriter) in
      let (code, band) = status(of: event, turn: writer.ordinal)
      let civil = CivilTime(event.time, offsetSeconds: offsetMinutes * 60)
      writer.buffer.append(writer.isTurn(of: 5) ? "2001:db8::7" : "10.3.0.80")
      writer.buffer.append(writer.isTurn(of: 9) ? " - alice [" : " - - [")
      writer.buffer.decimal(civil.day, width: 2)
      writer.buffer.append("/")
      writer.buffer.append(text: monthNames[civil.month - 1])
      writer.buffer.append("/")
      writer.buffer.decimal(civil.year, width: 4)
      writer.buffer.append(":")
      writer.buffer.clock(civil)
      writer.buffer.append(offsetMinutes == 0 ? " +0000] \"" : " +0200] \"")
      writer.buffer.append(text: event.route.text)
      writer.buffer.append("?q=%22a%22 HTTP/1.1\" ")
      writer.buffer.decimal(code)
      writer.buffer.append(code == 304 ? " -" : " 5124")
      if isCombined { writer.buffer.append(" \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64)\"") }
      writer.newline()
      writer.expect(event.time.cut(to: secondNs), nil, band)
    }
  }

  private static let nginxError = LogRendering("nginx-error", "default", namesServices: false) {
    (event: IncidentEvent, writer: inout LogWriter) in
    let (word, band) = Levels.syslogWords.word(for: event.severity, turn: writer.ordinal)
    let civil = CivilTime(event.time)
    writer.buffer.date(civil, separator: UInt8(ascii: "/"))
    writer.buffer.append(" ")
    writer.buffer.clock(civil)
    writer.buffer.append(" [")
    writer.buffer.append(text: word)
    writer.buffer.append(writer.isTurn(of: 4) ? "] 31#31: " : "] 31#31: *8812 ")
    writer.message(of: event)
    writer.buffer.append(", client: 10.3.0.80, server: shop.example, request: \"GET / HTTP/1.1\"\n")
    writer.expect(event.time.cut(to: secondNs), nil, band)
  }

  /// Apache's `LogLevel`: trace1 to trace8 below debug.
  private static let apacheLevels = Levels(
    trace: ["trace1", "trace4", "trace8"], debug: ["debug"], info: ["info", "notice"], warn: ["warn"],
    error: ["error"], fatal: ["crit", "alert", "emerg"])

  /// The default `ErrorLogFormat` of 2.4, with the module and microseconds.
  private static let apacheError24 = LogRendering("apache-error", "2.4", namesServices: false) {
    (event: IncidentEvent, writer: inout LogWriter) in
    let (word, band) = apacheLevels.word(for: event.severity, turn: writer.ordinal)
    let civil = CivilTime(event.time)
    apacheDate(civil, digits: 6, to: &writer.buffer)
    writer.buffer.append(" [proxy_http:")
    writer.buffer.append(text: word)
    writer.buffer.append("] [pid 35708:tid 140328636416] ")
    if writer.ordinal % 2 == 0 { writer.buffer.append("[client 10.3.0.80:51822] ") }
    writer.buffer.append("AH01114: ")
    writer.message(of: event)
    writer.newline()
    writer.expect(event.time.cut(to: microsecondNs), nil, band)
  }

  private static let apacheError22 = LogRendering("apache-error", "2.2", namesServices: false) {
    (event: IncidentEvent, writer: inout LogWriter) in
    let (word, band) = Levels.syslogWords.word(for: event.severity, turn: writer.ordinal)
    apacheDate(CivilTime(event.time), digits: 0, to: &writer.buffer)
    writer.buffer.append(" [")
    writer.buffer.append(text: word)
    writer.buffer.append("] [client 10.3.0.80] ")
    writer.message(of: event)
    writer.newline()
    writer.expect(event.time.cut(to: secondNs), nil, band)
  }

  /// `[Mon Nov 23 03:04:01.491919 2026]`
  private static func apacheDate(_ civil: CivilTime, digits: Int, to buffer: inout TextBuffer) {
    buffer.append("[")
    buffer.append(text: dayNames[civil.weekday])
    buffer.append(" ")
    buffer.append(text: monthNames[civil.month - 1])
    buffer.append(" ")
    buffer.decimal(civil.day, width: 2)
    buffer.append(" ")
    buffer.clock(civil, digits: digits)
    buffer.append(" ")
    buffer.decimal(civil.year, width: 4)
    buffer.append("]")
  }
}
