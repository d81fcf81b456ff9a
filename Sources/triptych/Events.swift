internal import ArgumentParser
internal import EventModel
internal import LogFiles
internal import SessionHost

struct Events: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print events as json lines, by time.",
    usage: "triptych events [<options>] [<source> ...]",
    discussion: """
      Keys: time, service, severity, message, source, position (byte offset of the record in the uncompressed \
      source; ordinal is the place within it, where a record holds several events), trust, fields.

      Examples:
        triptych events app.log --severity error --limit 20
        triptych events /var/log --filter 'status>=500' --from '2026-11-23 03:00' | jq -r .message
      """)

  @OptionGroup var options: SourceOptions

  @Option(help: ArgumentHelp("Only the last so many events.", valueName: "count"))
  var limit: Int?

  @Option(help: "How times are written.")
  var time: TimeNotation = .rfc3339

  /// Events fetched at a time, so that memory does not grow with the log.
  private static let pageSize = 10_000

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit: \(limit) is below 0") }
  }

  func run() throws {
    // Words that mean nothing are told before anything is read.
    let selection = try options.eventSelection()
    let reading = try EventReading.uncounted(options.reading)
    var query = RawQuery(
      range: selection.range, services: selectedServices(reading.services, selection.services),
      severities: selection.severities, filter: selection.filter)
    var output = Output()
    if let limit {
      query.limit = limit
      query.end = .last
      if limit > 0 { write(reading.sources.events(matching: query), reading, to: &output) }
    } else {
      writePages(query, reading, to: &output)
    }
    output.flush()
  }

  private func writePages(_ query: RawQuery, _ reading: EventReading, to output: inout Output) {
    var query = query
    query.limit = Self.pageSize
    query.end = .first
    while true {
      let page = reading.sources.events(matching: query)
      write(page, reading, to: &output)
      guard page.events.count == Self.pageSize, let last = page.events.last else { return }
      query.beyond = EventKey(last)
    }
  }

  private func selectedServices(
    _ services: ServiceTable, _ selection: ServiceSelection
  ) -> Set<ServiceID>? {
    if selection.isEverything { return nil }
    let wanted = services.names.indices.filter { selection.contains(services.names[$0]) }
    return Set(wanted.map { ServiceID(rawValue: UInt32($0)) })
  }

  private func write(_ answer: RawAnswer, _ reading: EventReading, to output: inout Output) {
    let names = reading.statuses.map(\.name)
    var line: [UInt8] = []
    for event in answer.events {
      line.removeAll(keepingCapacity: true)
      append(
        event, service: reading.services[event.service], source: names[event.position.source.index], to: &line
      )
      output.write(line)
    }
    for missing in answer.missing {
      Output.complain(
        "\(names[missing.source.index].repaired): up to \(missing.eventCount) events cannot be shown: "
          + missing.reasonText)
    }
  }

  private func append(_ event: Event, service: ForeignText, source: ForeignText, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "{"))
    JSONText.append(key: "time", isFirst: true, to: &line)
    switch time {
    case .rfc3339: JSONText.append(event.time.rfc3339(fractionDigitCount: 9), to: &line)
    case .unixNs: line.append(contentsOf: String(event.time.nanoseconds).utf8)
    }
    JSONText.append(key: "service", to: &line)
    JSONText.append(service.isEmpty ? ForeignText("-") : service, to: &line)
    JSONText.append(key: "severity", to: &line)
    JSONText.append(event.severity.name, to: &line)
    JSONText.append(key: "message", to: &line)
    JSONText.append(event.message, to: &line)
    JSONText.append(key: "source", to: &line)
    JSONText.append(source, to: &line)
    JSONText.append(key: "position", to: &line)
    line.append(contentsOf: String(event.position.byteOffset).utf8)
    if event.position.ordinal > 0 {
      JSONText.append(key: "ordinal", to: &line)
      line.append(contentsOf: String(event.position.ordinal).utf8)
    }
    JSONText.append(key: "trust", to: &line)
    JSONText.append(event.trust.name, to: &line)
    JSONText.append(key: "fields", to: &line)
    appendFields(event.fields, to: &line)
    line.append(contentsOf: "}\n".utf8)
  }

  /// An object; a name that occurs again becomes a list, so that nothing is lost and the JSON stays unambiguous.
  private func appendFields(_ fields: [EventField], to line: inout [UInt8]) {
    var values: [ForeignText: [ForeignText]] = [:]
    for field in fields { values[field.name, default: []].append(field.value) }
    line.append(UInt8(ascii: "{"))
    var isFirst = true
    for field in fields {
      guard let all = values.removeValue(forKey: field.name) else { continue }
      JSONText.append(key: field.name.repaired, isFirst: isFirst, to: &line)
      isFirst = false
      if all.count == 1 {
        JSONText.append(all[0], to: &line)
      } else {
        line.append(UInt8(ascii: "["))
        for (index, value) in all.enumerated() {
          if index > 0 { line.append(UInt8(ascii: ",")) }
          JSONText.append(value, to: &line)
        }
        line.append(UInt8(ascii: "]"))
      }
    }
    line.append(UInt8(ascii: "}"))
  }
}
