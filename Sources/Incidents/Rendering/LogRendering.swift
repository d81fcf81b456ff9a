public import EventModel

/// Writes the fleet's events as some program or tool would, and keeps account of what is left of each: an
/// implementation of the formats that shares nothing with the decoder it is compared with.
///
/// Levels follow each dialect's own definition, named where they are written. Here and there a file has what real
/// files have: a record without a time, one that is cut, a stack trace of many lines.
public struct LogRendering: Sendable, CustomStringConvertible {
  /// The layout as `--read-as` calls it, for example `kubectl-prefix + text`.
  public let name: String
  /// The dialect within the layout: `bunyan`, `combined`.
  public let variant: String
  /// Whether the records name their service; if not, every service has its own file.
  public let namesServices: Bool
  let fileExtension: String
  let write: @Sendable ([IncidentEvent], inout LogWriter) -> Void

  public var description: String { "\(name), \(variant)" }

  /// Every dialect this room can write.
  public static let all: [LogRendering] =
    jsonDialects + openTelemetryDialects + pairDialects + syslogDialects + webServerDialects + lineLayouts
    + wrappings + fromWindows

  /// The first dialect of some layouts with a byte-order mark before and CR LF after the lines.
  private static let fromWindows: [LogRendering] = [
    jsonDialects[0], pairDialects[0], syslogDialects[1], webServerDialects[1], lineLayouts[0], lineLayouts[2],
  ].map { dialect in
    LogRendering(
      dialect.name, dialect.variant + ", BOM and CR LF", namesServices: dialect.namesServices,
      fileExtension: dialect.fileExtension
    ) { (events: [IncidentEvent], writer: inout LogWriter) in
      dialect.write(events, &writer)
      writer.endLinesAsWindows()
    }
  }

  /// The files that `events` (in order of time) become: one, or one a service.
  public func render(_ events: [IncidentEvent]) -> [RenderedLog] {
    guard !namesServices else { return [renderedFile(events, service: "fleet")] }
    return FleetService.allCases.compactMap { service in
      let own = events.filter { $0.service == service }
      return own.isEmpty ? nil : renderedFile(own, service: service.name)
    }
  }

  private func renderedFile(_ events: [IncidentEvent], service: String) -> RenderedLog {
    let last = events.map(\.time).max() ?? .first
    let modificationTime = last.advanced(byNanoseconds: 3_000_000_000)
    var writer = LogWriter(defaultService: service, modificationTime: modificationTime)
    write(events, &writer)
    let stem = service.split(separator: "/").last.map(String.init) ?? service
    return RenderedLog(
      bytes: writer.buffer.bytes, truth: writer.truth, suggestedFileName: "\(stem).\(fileExtension)",
      modificationTime: modificationTime, defaultService: service)
  }

  init(
    _ name: String, _ variant: String, namesServices: Bool = true, fileExtension: String = "log",
    all write: @escaping @Sendable ([IncidentEvent], inout LogWriter) -> Void
  ) {
    self.name = name
    self.variant = variant
    self.namesServices = namesServices
    self.fileExtension = fileExtension
    self.write = write
  }

  init(
    _ name: String, _ variant: String, namesServices: Bool = true, fileExtension: String = "log",
    each write: @escaping @Sendable (IncidentEvent, inout LogWriter) -> Void
  ) {
    self.init(
      name, variant, namesServices: namesServices, fileExtension: fileExtension,
      all: { events, writer in
        for event in events {
          write(event, &writer)
          writer.ordinal += 1
        }
      })
  }
}

/// A file of log lines, and what a reader must find in it.
public struct RenderedLog: Sendable {
  public var bytes: [UInt8]
  /// In the order of the file.
  public var truth: [RenderedEvent]
  public var suggestedFileName: String
  public var modificationTime: Timestamp
  /// The service of records that name none.
  public var defaultService: String
}

/// What is left of one event in a rendering.
public struct RenderedEvent: Hashable, Sendable {
  public var time: Timestamp
  public var service: String
  public var severity: Severity

  public init(time: Timestamp, service: String, severity: Severity) {
    self.time = time
    self.service = service
    self.severity = severity
  }
}
