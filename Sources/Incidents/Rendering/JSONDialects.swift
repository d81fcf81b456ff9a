internal import EventModel

/// How a JSON dialect writes its time.
enum JSONTime: Sendable {
  case rfc3339(digits: Int)
  /// Whole seconds, milliseconds, microseconds or nanoseconds since the epoch.
  case integer(unitNs: Int64)
  /// Seconds with six digits after the point.
  case decimalSeconds
  /// Microseconds in a string, as the journal does.
  case microsecondString

  var unitNs: Int64 {
    switch self {
    case .rfc3339(let digits): (digits..<9).reduce(1) { unit, _ in unit * 10 }
    case .integer(let unitNs): unitNs
    case .decimalSeconds, .microsecondString: microsecondNs
    }
  }

  func append(_ time: Timestamp, to buffer: inout TextBuffer) {
    switch self {
    case .rfc3339(let digits):
      buffer.append("\"")
      buffer.rfc3339(time, digits: digits)
      buffer.append("\"")
    case .integer(let unitNs): buffer.decimal(Int(time.nanoseconds / unitNs))
    case .decimalSeconds:
      buffer.decimal(Int(time.nanoseconds / secondNs))
      buffer.append(".")
      buffer.decimal(Int(time.nanoseconds % secondNs / microsecondNs), width: 6)
    case .microsecondString:
      buffer.append("\"")
      buffer.decimal(Int(time.nanoseconds / microsecondNs))
      buffer.append("\"")
    }
  }
}

extension LogRendering {
  /// One JSON object a line. `time` is a key; the other keys are written by `rest`, which names the service (or
  /// `nil` for the file's) and returns the band its level is read as.
  private static func json(
    _ variant: String, time key: StaticString, _ notation: JSONTime, namesServices: Bool = true,
    rest: @escaping @Sendable (IncidentEvent, inout LogWriter) -> (service: String?, band: Severity)
  ) -> LogRendering {
    LogRendering(
      "ndjson", variant, namesServices: namesServices, fileExtension: "json",
      each: { event, writer in
        if writer.isTurn(of: 53) {
          writer.buffer.append("{\"message\":\"cut in the mid\n")
          writer.expectUnreadable()
        }
        let hasTime = !writer.isTurn(of: 41)
        writer.buffer.append("{")
        if hasTime {
          writer.buffer.append("\"")
          writer.buffer.append(key)
          writer.buffer.append("\":")
          notation.append(event.time, to: &writer.buffer)
          writer.buffer.append(",")
        }
        let (service, band) = rest(event, &writer)
        writer.buffer.append("}\n")
        writer.expect(hasTime ? event.time.cut(to: notation.unitNs) : writer.previousTime, service, band)
      })
  }

  /// The usual case: `"levelKey":level,"serviceKey":"…","messageKey":"…"` and then `more`.
  private static func flat(
    _ variant: String, time: StaticString, _ notation: JSONTime, level: StaticString, _ levels: Levels,
    quoted: Bool = true, service: StaticString?, message: StaticString,
    more: (@Sendable (IncidentEvent, inout LogWriter) -> Void)? = nil
  ) -> LogRendering {
    json(variant, time: time, notation, namesServices: service != nil) { event, writer in
      let (word, band) = levels.word(for: event.severity, turn: writer.ordinal)
      writer.buffer.append("\"")
      writer.buffer.append(level)
      writer.buffer.append(quoted ? "\":\"" : "\":")
      writer.buffer.append(text: word)
      writer.buffer.append(quoted ? "\"," : ",")
      if let service {
        writer.buffer.append("\"")
        writer.buffer.append(service)
        writer.buffer.append("\":")
        writer.buffer.json(event.service.name.utf8)
        writer.buffer.append(",")
      }
      writer.buffer.append("\"")
      writer.buffer.append(message)
      writer.buffer.append("\":")
      writer.quotedMessage(of: event)
      more?(event, &writer)
      return (service == nil ? nil : event.service.name, band)
    }
  }

  /// bunyan and pino: `TRACE` 10 to `FATAL` 60 (bunyan's README, "Levels").
  private static let tens = Levels(
    trace: ["10"], debug: ["20"], info: ["30"], warn: ["40"], error: ["50"], fatal: ["60"])
  /// zap's `zapcore.Level` in lower case; no trace.
  private static let zap = Levels(
    trace: ["debug"], debug: ["debug"], info: ["info"], warn: ["warn"], error: ["error"],
    fatal: ["fatal", "panic"],
    traceIs: .debug)
  /// logrus: trace debug info warning error fatal panic.
  private static let logrus = Levels(
    trace: ["trace"], debug: ["debug"], info: ["info"], warn: ["warning"], error: ["error"],
    fatal: ["fatal", "panic"])
  /// log/slog: DEBUG INFO WARN ERROR, nothing beyond.
  private static let slog = Levels(
    trace: ["DEBUG"], debug: ["DEBUG"], info: ["INFO"], warn: ["WARN"], error: ["ERROR"], fatal: ["ERROR"],
    traceIs: .debug, fatalIs: .error)
  /// Google Cloud's `LogSeverity`.
  private static let googleCloud = Levels(
    trace: ["DEBUG"], debug: ["DEBUG"], info: ["INFO", "NOTICE"], warn: ["WARNING"], error: ["ERROR"],
    fatal: ["CRITICAL", "ALERT", "EMERGENCY"], traceIs: .debug)
  private static let ecs = Levels(
    trace: ["trace"], debug: ["debug"], info: ["info"], warn: ["warn"], error: ["error"], fatal: ["fatal"])
  /// SOURCES.md: TRACE for spans, UNKNOWN where upstream has none.
  private static let eventLine = Levels(
    trace: ["TRACE"], debug: ["DEBUG", "UNKNOWN"], info: ["INFO"], warn: ["WARN"], error: ["ERROR"],
    fatal: ["FATAL"])

  static let jsonDialects: [LogRendering] = [
    flat(
      "slog", time: "time", .rfc3339(digits: 9), level: "level", slog, service: "service", message: "msg",
      more: traceFields),
    flat(
      "logrus", time: "time", .rfc3339(digits: 0), level: "level", logrus, service: "service", message: "msg"),
    flat("zap", time: "ts", .decimalSeconds, level: "level", zap, service: "service", message: "msg") {
      _, writer in
      writer.buffer.append(",\"caller\":\"app/server.go:118\",\"attempt\":2.50")
    },
    flat(
      "structlog", time: "timestamp", .rfc3339(digits: 6), level: "level", Levels.python.lowerCased,
      service: "service", message: "event"),
    flat(
      "bunyan", time: "time", .rfc3339(digits: 3), level: "level", tens, quoted: false, service: "name",
      message: "msg"
    ) { event, writer in
      writer.buffer.append(",\"hostname\":")
      writer.quotedHost(of: event)
      writer.buffer.append(",\"pid\":4711,\"v\":0")
    },
    flat(
      "pino", time: "time", .integer(unitNs: millisecondNs), level: "level", tens, quoted: false,
      service: nil,
      message: "msg"
    ) { event, writer in
      writer.buffer.append(",\"pid\":4711,\"hostname\":")
      writer.quotedHost(of: event)
    },
    flat(
      "short keys, milliseconds", time: "ts", .integer(unitNs: millisecondNs), level: "sev", .usual,
      service: "svc",
      message: "msg"
    ) { event, writer in
      writer.buffer.append(",\"tpl\":")
      writer.buffer.decimal(Int(event.template.rawValue))
      writer.buffer.append(",\"trace\":\"")
      writer.buffer.hex(event.traceLow)
      writer.buffer.append("\"")
    },
    flat(
      "short keys, seconds", time: "ts", .integer(unitNs: secondNs), level: "sev", .usual, service: "svc",
      message: "msg"),
    flat(
      "short keys, microseconds", time: "ts", .integer(unitNs: microsecondNs), level: "sev", .usual,
      service: "svc",
      message: "msg"),
    flat(
      "short keys, RFC 3339", time: "ts", .rfc3339(digits: 3), level: "sev", .usual, service: "svc",
      message: "msg"),
    flat(
      "ECS, dotted keys", time: "@timestamp", .rfc3339(digits: 3), level: "log.level", ecs.upperCased,
      service: "service.name", message: "message"
    ) { _, writer in writer.buffer.append(",\"ecs.version\":\"1.6.0\"") },
    flat(
      "every severity word", time: "time", .rfc3339(digits: 9), level: "level", .everyWord,
      service: "service",
      message: "message"),
    eventLineDialect, ecsNested, cloudLogging, journal,
  ]

  /// `{"ts":ns,"kind":…,"service",…}`, the order of keys as upstream writes them.
  private static let eventLineDialect = json("event line", time: "ts", .integer(unitNs: 1)) { event, writer in
    let (word, _) = eventLine.word(for: event.severity, turn: writer.ordinal)
    writer.buffer.append(event.severity == .trace ? "\"kind\":\"span\"," : "\"kind\":\"log\",")
    writer.buffer.append("\"service\":")
    writer.buffer.json(event.service.name.utf8)
    writer.buffer.append(",\"severity\":\"")
    writer.buffer.append(text: word)
    writer.buffer.append("\",\"host\":")
    writer.quotedHost(of: event)
    writer.buffer.append(",\"node\":\"10.3.0.80\"")
    traceFields(event, &writer)
    writer.buffer.append(",\"message\":")
    writer.quotedMessage(of: event)
    writer.buffer.append(",\"dur_us\":")
    writer.buffer.decimal(Int(event.durationUs))
    return (event.service.name, word == "UNKNOWN" ? .unknown : event.severity)
  }

  private static let ecsNested = json("ECS, nested keys", time: "@timestamp", .rfc3339(digits: 9)) {
    event, writer in
    let (word, band) = ecs.word(for: event.severity, turn: writer.ordinal)
    writer.buffer.append("\"log\":{\"level\":\"")
    writer.buffer.append(text: word)
    writer.buffer.append("\",\"logger\":\"app\"},\"message\":")
    writer.quotedMessage(of: event)
    writer.buffer.append(",\"service\":{\"name\":")
    writer.buffer.json(event.service.name.utf8)
    writer.buffer.append(",\"version\":\"v")
    writer.buffer.decimal(Int(event.build))
    writer.buffer.append("\"},\"ecs\":{\"version\":\"8.11\"}")
    return (event.service.name, band)
  }

  /// A `LogEntry` of Google Cloud Logging as exported; text and JSON payloads take turns.
  private static let cloudLogging = json("Google Cloud", time: "timestamp", .rfc3339(digits: 9)) {
    event, writer in
    let (word, band) = googleCloud.word(for: event.severity, turn: writer.ordinal)
    writer.buffer.append("\"severity\":\"")
    writer.buffer.append(text: word)
    writer.buffer.append("\",\"logName\":\"projects/shop/logs/stdout\",\"insertId\":\"1a2b3c\",")
    writer.buffer.append("\"resource\":{\"type\":\"k8s_container\",\"labels\":{\"container_name\":")
    writer.buffer.json(event.service.shortName.utf8)
    writer.buffer.append(",\"pod_name\":")
    writer.quotedHost(of: event)
    writer.buffer.append("}},")
    if writer.ordinal % 2 == 0 {
      writer.buffer.append("\"textPayload\":")
      writer.quotedMessage(of: event)
    } else {
      writer.buffer.append("\"jsonPayload\":{\"message\":")
      writer.quotedMessage(of: event)
      writer.buffer.append(",\"user\":\"u-1\"}")
    }
    return (event.service.shortName, band)
  }

  /// `journalctl -o json`: every value a string; a message that is not UTF-8 is an array of bytes.
  private static let journal = json("journalctl -o json", time: "__REALTIME_TIMESTAMP", .microsecondString) {
    event, writer in
    let (word, band) = Levels.syslogNumbers.word(for: event.severity, turn: writer.ordinal)
    writer.buffer.append("\"__CURSOR\":\"s=5c1a;i=2f\",\"PRIORITY\":\"")
    writer.buffer.append(text: word)
    writer.buffer.append("\",\"SYSLOG_IDENTIFIER\":")
    writer.buffer.json(event.service.shortName.utf8)
    writer.buffer.append(",\"_PID\":\"812\",\"_HOSTNAME\":")
    writer.quotedHost(of: event)
    writer.buffer.append(",\"MESSAGE\":")
    if writer.isTurn(of: 30) {
      writer.buffer.append("[110,111,32,85,84,70,45,56,58,255]")
    } else {
      writer.quotedMessage(of: event)
    }
    return (event.service.shortName, band)
  }

  private static let traceFields: @Sendable (IncidentEvent, inout LogWriter) -> Void = { event, writer in
    guard event.isInTrace else { return }
    writer.buffer.append(",\"trace_id\":\"")
    writer.buffer.hex(event.traceHigh)
    writer.buffer.hex(event.traceLow)
    writer.buffer.append("\",\"span_id\":\"")
    writer.buffer.hex(event.span)
    writer.buffer.append("\"")
  }
}

extension Levels {
  var lowerCased: Levels {
    let lower = bands.map { $0.words.map { $0.lowercased() } }
    return Levels(
      trace: lower[0], debug: lower[1], info: lower[2], warn: lower[3], error: lower[4], fatal: lower[5],
      traceIs: bands[0].band, debugIs: bands[1].band, fatalIs: bands[5].band)
  }
}
