internal import EventModel

extension LogRendering {
  static let openTelemetryDialects = [dataModel, numbersOnly, otlpLines, otlpDocument]

  /// The log data model's names (OpenTelemetry specification, "Logs Data Model", SeverityNumber: 1-4 trace, 5-8
  /// debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal).
  private static func severityNumber(of event: IncidentEvent, turn: Int) -> Int {
    (Int(event.severity.rawValue) - 1) * 4 + 1 + turn % 4
  }

  private static let dataModel = LogRendering("ndjson", "OpenTelemetry data model", fileExtension: "json") {
    (event: IncidentEvent, writer: inout LogWriter) in
    writer.buffer.append("{\"Timestamp\":\"")
    writer.buffer.decimal(Int(event.time.nanoseconds))
    writer.buffer.append("\",\"SeverityText\":\"")
    writer.buffer.append(text: event.severity.upperCaseName)
    writer.buffer.append("\",\"SeverityNumber\":")
    writer.buffer.decimal(severityNumber(of: event, turn: writer.ordinal))
    writer.buffer.append(",\"Body\":")
    writer.quotedMessage(of: event)
    writer.buffer.append(",\"Resource\":{\"service.name\":")
    writer.buffer.json(event.service.name.utf8)
    writer.buffer.append("},\"TraceId\":\"")
    writer.buffer.hex(event.traceHigh)
    writer.buffer.hex(event.traceLow)
    writer.buffer.append("\"}\n")
    writer.expect(event.time, event.service.name, event.severity)
  }

  private static let numbersOnly = LogRendering(
    "ndjson", "OpenTelemetry, numbers only", fileExtension: "json"
  ) {
    (event: IncidentEvent, writer: inout LogWriter) in
    writer.buffer.append("{\"timestamp\":\"")
    writer.buffer.rfc3339(event.time)
    writer.buffer.append("\",\"severity_number\":")
    writer.buffer.decimal(severityNumber(of: event, turn: writer.ordinal))
    writer.buffer.append(",\"body\":")
    writer.quotedMessage(of: event)
    writer.buffer.append(",\"resource\":{\"service.name\":")
    writer.buffer.json(event.service.name.utf8)
    writer.buffer.append("}}\n")
    writer.expect(event.time, event.service.name, event.severity)
  }

  /// OTLP/JSON as the collector's file exporter writes it: a request of up to 20 records a line.
  private static let otlpLines = LogRendering(
    "otlp", "a request a line", fileExtension: "json",
    all: {
      events, writer in
      for start in stride(from: 0, to: events.count, by: 20) {
        request(events[start..<min(start + 20, events.count)], to: &writer)
        writer.newline()
      }
    })

  private static let otlpDocument = LogRendering(
    "otlp", "one request", fileExtension: "json",
    all: {
      events, writer in request(events[...], to: &writer)
    })

  /// `ExportLogsServiceRequest`; a 64-bit time is a string, zero means there is none (opentelemetry-proto, logs.proto).
  private static func request(_ events: ArraySlice<IncidentEvent>, to writer: inout LogWriter) {
    writer.buffer.append("{\"resourceLogs\":[")
    let services = Set(events.map(\.service)).sorted()
    for (index, service) in services.enumerated() {
      if index > 0 { writer.buffer.append(",") }
      writer.buffer.append(
        "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":")
      writer.buffer.json(service.name.utf8)
      writer.buffer.append("}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"app\"},\"logRecords\":[")
      for (place, event) in events.filter({ $0.service == service }).enumerated() {
        if place > 0 { writer.buffer.append(",") }
        record(event, to: &writer)
        writer.ordinal += 1
      }
      writer.buffer.append("]}]}")
    }
    writer.buffer.append("]}")
  }

  private static func record(_ event: IncidentEvent, to writer: inout LogWriter) {
    let isObservedOnly = writer.isTurn(of: 11)
    let hasNoTime = writer.isTurn(of: 37)
    writer.buffer.append("{\"timeUnixNano\":\"")
    writer.buffer.decimal(isObservedOnly || hasNoTime ? 0 : Int(event.time.nanoseconds))
    if !hasNoTime {
      writer.buffer.append("\",\"observedTimeUnixNano\":\"")
      writer.buffer.decimal(Int(event.time.nanoseconds) + (isObservedOnly ? 0 : 5_000_000))
    }
    writer.buffer.append("\",\"severityNumber\":")
    writer.buffer.decimal(severityNumber(of: event, turn: writer.ordinal))
    writer.buffer.append(",\"severityText\":\"")
    writer.buffer.append(text: event.severity.upperCaseName)
    writer.buffer.append("\",\"body\":{\"stringValue\":")
    writer.quotedMessage(of: event)
    writer.buffer.append("},\"attributes\":[{\"key\":\"user\",\"value\":{\"stringValue\":\"u-1\"}},")
    writer.buffer.append("{\"key\":\"http.status\",\"value\":{\"intValue\":\"")
    writer.buffer.decimal(Int(event.status))
    writer.buffer.append("\"}}],\"traceId\":\"")
    writer.buffer.hex(event.traceHigh)
    writer.buffer.hex(event.traceLow)
    writer.buffer.append("\",\"spanId\":\"")
    writer.buffer.hex(event.span)
    writer.buffer.append("\"}")
    writer.expect(hasNoTime ? writer.previousTime : event.time, event.service.name, event.severity)
  }
}
