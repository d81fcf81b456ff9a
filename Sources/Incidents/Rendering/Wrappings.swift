internal import EventModel

/// A tool's own words around each line.
private enum Wrapping: String {
  case kubectlTimestamps = "kubectl-timestamps"
  case kubectlPrefix = "kubectl-prefix"
  case dockerCompose = "docker-compose"
  case stern
  case dockerJSON = "docker-json"
  case cri

  /// Whether each line says which container it is from.
  var namesServices: Bool { self == .kubectlPrefix || self == .dockerCompose || self == .stern }
}

extension LogRendering {
  static let wrappings: [LogRendering] = [
    wrapped(.kubectlTimestamps, "klog", .klog), wrapped(.kubectlTimestamps, "log4j", .log4j),
    wrapped(.kubectlTimestamps, "text", .plainText), wrappedJSON(.kubectlTimestamps),
    wrapped(.kubectlPrefix, "klog", .klog), wrapped(.kubectlPrefix, "text", .plainText),
    wrapped(.kubectlPrefix, "python-logging", .dashed), wrappedJSON(.kubectlPrefix),
    wrapped(.dockerCompose, "text", .plainText), wrapped(.dockerCompose, "log4j", .log4j),
    wrappedJSON(.dockerCompose),
    wrapped(.stern, "text", .plainText), wrapped(.stern, "klog", .klog), wrappedJSON(.stern),
    wrapped(.dockerJSON, "text", .plainText), wrapped(.dockerJSON, "log4j", .log4j),
    wrapped(.dockerJSON, "plain", LineLayout(time: nil, levels: nil, between: "", after: "")),
    wrapped(.cri, "klog", .klog),
    wrapped(.cri, "plain", LineLayout(time: nil, levels: nil, between: "", after: "")),
  ]

  /// Both the tool and the program state the time, with the program's precision. A line that the program continues
  /// gets the tool's words as well, and is no event.
  private static func wrapped(_ wrapping: Wrapping, _ inner: String, _ layout: LineLayout) -> LogRendering {
    LogRendering("\(wrapping.rawValue) + \(inner)", inner, namesServices: wrapping.namesServices) {
      (event: IncidentEvent, writer: inout LogWriter) in
      var event = event
      event.time = event.time.cut(to: layout.time?.unitNs ?? 1)
      var inside = TextBuffer()
      let band = layout.append(event, turn: writer.ordinal, to: &inside)
      for line in inside.bytes.split(separator: UInt8(ascii: "\n")) {
        wrap(line, of: event, wrapping, &writer)
      }
      writer.expect(event.time, wrapping.namesServices ? event.service.shortName : nil, band)
    }
  }

  private static func wrappedJSON(_ wrapping: Wrapping) -> LogRendering {
    LogRendering("\(wrapping.rawValue) + ndjson", "ndjson", namesServices: wrapping.namesServices) {
      (event: IncidentEvent, writer: inout LogWriter) in
      var inside = TextBuffer()
      inside.append("{\"level\":\"")
      inside.append(text: event.severity.upperCaseName)
      inside.append("\",\"time\":\"")
      inside.rfc3339(event.time)
      inside.append("\",\"msg\":\"")
      event.appendMessage(to: &inside)
      inside.append("\"}")
      wrap(inside.bytes[...], of: event, wrapping, &writer)
      writer.expect(event.time, wrapping.namesServices ? event.service.shortName : nil, event.severity)
    }
  }

  private static func wrap(
    _ line: ArraySlice<UInt8>, of event: IncidentEvent, _ wrapping: Wrapping, _ writer: inout LogWriter
  ) {
    switch wrapping {
    case .kubectlTimestamps:
      writer.buffer.rfc3339(event.time)
      writer.buffer.append(" ")
    case .kubectlPrefix:  // [pod/NAME/CONTAINER]
      writer.buffer.append("[pod/")
      event.appendHost(to: &writer.buffer)
      writer.buffer.append("/")
      writer.buffer.append(text: event.service.shortName)
      writer.buffer.append("] ")
    case .dockerCompose:  // SERVICE-INDEX, filled to the longest
      let name = "\(event.service.shortName)-1"
      writer.buffer.append(text: name)
      for _ in name.utf8.count..<15 { writer.buffer.append(" ") }
      writer.buffer.append("| ")
    case .stern:  // POD CONTAINER
      event.appendHost(to: &writer.buffer)
      writer.buffer.append(" ")
      writer.buffer.append(text: event.service.shortName)
      writer.buffer.append(" ")
    case .dockerJSON:
      writer.buffer.append("{\"log\":\"")
      for byte in line { writer.buffer.jsonEscaped(byte) }
      writer.buffer.append("\\n\",\"stream\":\"stdout\",\"time\":\"")
      writer.buffer.rfc3339(event.time)
      return writer.buffer.append("\"}\n")
    case .cri:
      writer.buffer.rfc3339(event.time)
      writer.buffer.append(" stdout F ")
    }
    writer.buffer.append(Array(line))
    writer.newline()
  }
}
