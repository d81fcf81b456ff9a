internal import EventModel

extension Incident {
  /// Appends the events of `range` (all by default) to `bytes`, one JSON object a line.
  ///
  /// Keys: `time` (RFC 3339, nine digits, UTC), `severity` (OpenTelemetry's words), `service`, `message`, then the
  /// event's fields. A caller with little memory writes a few thousand events at a time; 250 to 350 bytes a line.
  public func appendNDJSON(_ range: Range<Int>? = nil, to bytes: inout [UInt8]) {
    var buffer = TextBuffer()
    swap(&buffer.bytes, &bytes)
    for index in range ?? events.indices { events[index].appendNDJSONLine(to: &buffer) }
    swap(&buffer.bytes, &bytes)
  }
}

extension IncidentEvent {
  func appendNDJSONLine(to buffer: inout TextBuffer) {
    buffer.append("{\"time\":\"")
    buffer.rfc3339(time)
    buffer.append("\",\"severity\":\"")
    buffer.append(text: severity.upperCaseName)
    buffer.append("\",\"service\":\"")
    buffer.append(text: service.name)
    buffer.append("\",\"message\":\"")
    let messageStart = buffer.bytes.count
    appendMessage(to: &buffer)
    buffer.escapeJSON(from: messageStart)
    buffer.append("\"")
    forEachField { name, value in
      buffer.append(",\"")
      buffer.append(name)
      switch value {
      case .number(let number):
        buffer.append("\":")
        buffer.decimal(number)
      case .text(let write):
        buffer.append("\":\"")
        write(&buffer)
        buffer.append("\"")
      }
    }
    buffer.append("}\n")
  }
}

extension Severity {
  /// OpenTelemetry's severity texts; `UNKNOWN` where it has none.
  var upperCaseName: String {
    switch self {
    case .unknown: "UNKNOWN"
    case .trace: "TRACE"
    case .debug: "DEBUG"
    case .info: "INFO"
    case .warn: "WARN"
    case .error: "ERROR"
    case .fatal: "FATAL"
    }
  }
}

extension TextBuffer {
  /// Escapes what was appended from `start` on; costs a scan when nothing needs it, which is the usual case.
  mutating func escapeJSON(from start: Int) {
    let needsEscape = bytes[start...].contains {
      $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
    }
    guard needsEscape else { return }
    let plain = Array(bytes[start...])
    bytes.removeSubrange(start...)
    for byte in plain { jsonEscaped(byte) }
  }
}
