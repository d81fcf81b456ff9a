internal import EventModel

extension LogRendering {
  static let syslogDialects = [
    rfc5424, rfc3164(hasPriority: true), rfc3164(hasPriority: false), rsyslogFile, journalExport,
  ]

  private static func priority(_ event: IncidentEvent, _ writer: inout LogWriter) -> Severity {
    let (word, band) = Levels.syslogNumbers.word(for: event.severity, turn: writer.ordinal)
    let facility = 16 + writer.ordinal % 8  // local0 to local7
    writer.buffer.append("<")
    writer.buffer.decimal(facility * 8 + (Int(word) ?? 0))
    writer.buffer.append(">")
    return band
  }

  /// RFC 5424 §6: `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID SD MSG`; `-` where there is none.
  private static let rfc5424 = LogRendering("syslog-5424", "structured data") {
    (event: IncidentEvent, writer: inout LogWriter) in
    if writer.isTurn(of: 53) {
      writer.buffer.append("<134>1 2026-11-23T03\n")
      writer.expectUnreadable()
    }
    let band = priority(event, &writer)
    writer.buffer.append("1 ")
    let hasTime = !writer.isTurn(of: 41)
    if !hasTime {
      writer.buffer.append("-")
    } else if writer.ordinal % 3 == 0 {
      zoned(event.time, offsetMinutes: 330, digits: 6, colon: true, to: &writer.buffer)
    } else {
      writer.buffer.rfc3339(event.time, digits: 6)
    }
    writer.buffer.append(" ")
    event.appendHost(to: &writer.buffer)
    writer.buffer.append(" ")
    writer.buffer.append(text: event.service.shortName)
    writer.buffer.append(
      writer.ordinal % 2 == 0 ? " 812 - - " : " - ID7 [shop@32473 build=\"v1\" note=\"a \\\"b\\] c\"] ")
    if writer.isTurn(of: 7) { writer.buffer.append([0xef, 0xbb, 0xbf]) }
    writer.message(of: event)
    writer.newline()
    writer.expect(
      hasTime ? event.time.cut(to: microsecondNs) : writer.previousTime, event.service.shortName, band)
  }

  /// RFC 3164 §4.1: seconds, no year, no zone; files written by syslogd leave the priority out, and with it the severity.
  private static func rfc3164(hasPriority: Bool) -> LogRendering {
    LogRendering("syslog-3164", hasPriority ? "with priority" : "as in /var/log") {
      (event: IncidentEvent, writer: inout LogWriter) in
      let band = hasPriority ? priority(event, &writer) : .unknown
      let civil = CivilTime(event.time)
      writer.buffer.append(text: monthNames[civil.month - 1])
      writer.buffer.append(civil.day < 10 ? "  " : " ")
      writer.buffer.decimal(civil.day)
      writer.buffer.append(" ")
      writer.buffer.clock(civil)
      tagged(event, &writer)
      if event.severity >= .error { writer.buffer.append("\tat charge (card.c:42)\n") }
      writer.expect(event.time.cut(to: secondNs), event.service.shortName, band)
    }
  }

  /// rsyslog's `RSYSLOG_FileFormat`: a zone and microseconds, else as above.
  private static let rsyslogFile = LogRendering("syslog-3164", "RSYSLOG_FileFormat") {
    (event: IncidentEvent, writer: inout LogWriter) in
    zoned(event.time, offsetMinutes: 60, digits: 6, colon: true, to: &writer.buffer)
    tagged(event, &writer)
    writer.expect(event.time.cut(to: microsecondNs), event.service.shortName, .unknown)
  }

  private static func tagged(_ event: IncidentEvent, _ writer: inout LogWriter) {
    writer.buffer.append(" ")
    event.appendHost(to: &writer.buffer)
    writer.buffer.append(" ")
    writer.buffer.append(text: event.service.shortName)
    writer.buffer.append(writer.ordinal % 3 == 0 ? ": " : "[812]: ")
    writer.message(of: event)
    writer.newline()
  }

  /// systemd's "Journal Export Formats": fields a line each, an empty line after each entry; a value with a newline as
  /// its name, its length in eight little-endian bytes, and its bytes.
  private static let journalExport = LogRendering(
    "journald-export", "text and binary fields", fileExtension: "export"
  ) {
    (event: IncidentEvent, writer: inout LogWriter) in
    let (word, band) = Levels.syslogNumbers.word(for: event.severity, turn: writer.ordinal)
    let hasTime = !writer.isTurn(of: 41)
    writer.buffer.append("__CURSOR=s=5c1a;i=2f\n")
    if hasTime {
      writer.buffer.append("__REALTIME_TIMESTAMP=")
      writer.buffer.decimal(Int(event.time.nanoseconds / microsecondNs))
      writer.newline()
    }
    writer.buffer.append("PRIORITY=")
    writer.buffer.append(text: word)
    writer.buffer.append("\nSYSLOG_IDENTIFIER=")
    writer.buffer.append(text: event.service.shortName)
    writer.buffer.append("\n_HOSTNAME=")
    event.appendHost(to: &writer.buffer)
    writer.buffer.append(event.severity >= .warn ? "\nMESSAGE\n" : "\nMESSAGE=")
    if event.severity >= .warn {
      let text = Array("\(event.message)\n\nPRIORITY=7\n".utf8)
      for shift in stride(from: 0, to: 64, by: 8) {
        writer.buffer.append([UInt8(truncatingIfNeeded: UInt64(text.count) >> UInt64(shift))])
      }
      writer.buffer.append(text)
    } else {
      writer.message(of: event)
    }
    writer.buffer.append("\n\n")
    writer.expect(
      hasTime ? event.time.cut(to: microsecondNs) : writer.previousTime, event.service.shortName, band)
  }

  /// RFC 3339 with an offset, `+05:30`, or without the colon, `+0530`.
  static func zoned(
    _ time: Timestamp, offsetMinutes: Int, digits: Int, colon: Bool, separator: StaticString = "T",
    to buffer: inout TextBuffer
  ) {
    let civil = CivilTime(time, offsetSeconds: offsetMinutes * 60)
    buffer.date(civil)
    buffer.append(separator)
    buffer.clock(civil, digits: digits)
    buffer.append("+")
    buffer.decimal(offsetMinutes / 60, width: 2)
    if colon { buffer.append(":") }
    buffer.decimal(offsetMinutes % 60, width: 2)
  }
}

let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
let dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
