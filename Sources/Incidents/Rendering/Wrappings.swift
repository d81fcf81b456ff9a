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

  func wrap(_ line: [UInt8], of event: IncidentEvent) -> [UInt8] {
    var buffer = TextBuffer()
    switch self {
    case .kubectlTimestamps:
      buffer.rfc3339(event.time)
      buffer.append(" ")
    case .kubectlPrefix:  // [pod/NAME/CONTAINER]
      buffer.append("[pod/")
      event.appendHost(to: &buffer)
      buffer.append("/")
      buffer.append(text: event.service.shortName)
      buffer.append("] ")
    case .dockerCompose:  // SERVICE-INDEX, filled to the longest
      let name = "\(event.service.shortName)-1"
      buffer.append(text: name)
      for _ in name.utf8.count..<15 { buffer.append(" ") }
      buffer.append("| ")
    case .stern:  // POD CONTAINER
      event.appendHost(to: &buffer)
      buffer.append(" ")
      buffer.append(text: event.service.shortName)
      buffer.append(" ")
    case .dockerJSON:
      buffer.append("{\"log\":\"")
      for byte in line { buffer.jsonEscaped(byte) }
      buffer.append("\\n\",\"stream\":\"stdout\",\"time\":\"")
      buffer.rfc3339(event.time)
      buffer.append("\"}")
      return buffer.bytes
    case .cri:
      buffer.rfc3339(event.time)
      buffer.append(" stdout F ")
    }
    return buffer.bytes + line
  }
}

extension LogRendering {
  private static let noTime = LineLayout(time: nil, levels: nil, between: "", after: "")

  static let wrappings: [LogRendering] = [
    wrapped([.kubectlTimestamps], "klog", .klog), wrapped([.kubectlTimestamps], "log4j", .log4j),
    wrapped([.kubectlTimestamps], "text", .plainText), wrappedJSON([.kubectlTimestamps]),
    wrapped([.kubectlPrefix], "klog", .klog), wrapped([.kubectlPrefix], "text", .plainText),
    wrapped([.kubectlPrefix], "python-logging", .dashed), wrappedJSON([.kubectlPrefix]),
    wrapped([.kubectlPrefix, .kubectlTimestamps], "klog", .klog),
    wrapped(
      [.kubectlPrefix], "text", LineLayout(time: .rfc3339(digits: 9), levels: nil, between: "", after: " "),
      "--timestamps"),
    wrapped([.dockerCompose], "text", .plainText), wrapped([.dockerCompose], "log4j", .log4j),
    wrappedJSON([.dockerCompose]),
    wrapped([.stern], "text", .plainText), wrapped([.stern], "klog", .klog), wrappedJSON([.stern]),
    wrapped([.dockerJSON], "text", .plainText), wrapped([.dockerJSON], "log4j", .log4j),
    wrapped([.dockerJSON], "plain", noTime), wrapped([.cri], "klog", .klog), wrapped([.cri], "plain", noTime),
  ]

  /// The tool and the program state the same time, with the program's precision. A line that the program continues
  /// gets the tool's words as well, and is no event.
  private static func wrapped(
    _ wrappings: [Wrapping], _ inner: String, _ layout: LineLayout, _ variant: String = "wrapped"
  ) -> LogRendering {
    LogRendering(name(wrappings, inner), variant, namesServices: wrappings[0].namesServices) {
      (event: IncidentEvent, writer: inout LogWriter) in
      var event = event
      event.time = event.time.cut(to: layout.time?.unitNs ?? 1)
      var inside = TextBuffer()
      let band = layout.append(event, turn: writer.ordinal, to: &inside)
      for line in inside.bytes.split(separator: UInt8(ascii: "\n")) {
        wrap(Array(line), of: event, wrappings, &writer)
      }
      writer.expect(event.time, wrappings[0].namesServices ? event.service.shortName : nil, band)
    }
  }

  private static func wrappedJSON(_ wrappings: [Wrapping]) -> LogRendering {
    LogRendering(name(wrappings, "ndjson"), "wrapped", namesServices: wrappings[0].namesServices) {
      (event: IncidentEvent, writer: inout LogWriter) in
      var inside = TextBuffer()
      inside.append("{\"level\":\"")
      inside.append(text: event.severity.upperCaseName)
      inside.append("\",\"time\":\"")
      inside.rfc3339(event.time)
      inside.append("\",\"msg\":\"")
      event.appendMessage(to: &inside)
      inside.append("\"}")
      wrap(inside.bytes, of: event, wrappings, &writer)
      writer.expect(event.time, wrappings[0].namesServices ? event.service.shortName : nil, event.severity)
    }
  }

  private static func name(_ wrappings: [Wrapping], _ inner: String) -> String {
    (wrappings.map(\.rawValue) + [inner]).joined(separator: " + ")
  }

  /// `wrappings` outermost first.
  private static func wrap(
    _ line: [UInt8], of event: IncidentEvent, _ wrappings: [Wrapping], _ writer: inout LogWriter
  ) {
    writer.buffer.append(wrappings.reversed().reduce(line) { $1.wrap($0, of: event) })
    writer.newline()
  }
}
