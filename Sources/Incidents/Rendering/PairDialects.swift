internal import EventModel

extension LogRendering {
  static let pairDialects = [
    pairs("time first", time: "time", level: "level", message: "msg", digits: 9, namesServices: true),
    pairs("ts, lvl", time: "ts", level: "lvl", message: "msg", digits: 3, namesServices: true),
    pairs("no service", time: "time", level: "level", message: "message", digits: 0, namesServices: false),
  ]

  /// go-kit's and logrus's levels in logfmt.
  private static let levels = Levels(
    trace: ["trace"], debug: ["debug"], info: ["info"], warn: ["warn", "warning"], error: ["error"],
    fatal: ["fatal", "panic"])

  private static func pairs(
    _ variant: String, time: StaticString, level: StaticString, message: StaticString, digits: Int,
    namesServices: Bool
  ) -> LogRendering {
    LogRendering("logfmt", variant, namesServices: namesServices) {
      (event: IncidentEvent, writer: inout LogWriter) in
      let (word, band) = levels.word(for: event.severity, turn: writer.ordinal)
      let hasTime = !writer.isTurn(of: 41)
      if hasTime {
        writer.buffer.append(time)
        writer.buffer.append("=")
        writer.buffer.rfc3339(event.time, digits: digits)
        writer.buffer.append(" ")
      }
      writer.buffer.append(level)
      writer.buffer.append("=")
      writer.buffer.append(text: word)
      if namesServices {
        writer.buffer.append(" service=")
        writer.buffer.append(text: event.service.name)
      }
      writer.buffer.append(" caller=charge.go:42 ")
      writer.buffer.append(message)
      writer.buffer.append("=")
      writer.quotedMessage(of: event)
      writer.buffer.append(" status=")
      writer.buffer.decimal(Int(event.status))
      writer.buffer.append(" empty= flag\n")
      let unitNs = JSONTime.rfc3339(digits: digits).unitNs
      writer.expect(
        hasTime ? event.time.cut(to: unitNs) : writer.previousTime, namesServices ? event.service.name : nil,
        band)
    }
  }
}
