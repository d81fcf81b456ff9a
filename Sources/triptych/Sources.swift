internal import ArgumentParser
internal import EventModel
internal import LogFiles
internal import LogFormats
internal import SceneGraph
internal import SessionHost

struct Sources: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what was read from each file, and what could not be read.",
    usage: "triptych sources [<options>] [<source> ...]",
    discussion: """
      Columns: format as recognised, lines, events, lines that continue an event, events without a time of their \
      own, records that do not parse, first and last time (UTC), events earlier than the one before them.

      Examples:
        triptych sources app.log
        triptych sources /var/log --format json | jq 'select(.unparsable > 0)'
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @OptionGroup var options: ReadingArguments

  @Option(help: "A table for people, or one json object a line.")
  var format: Format = .text

  func run() throws {
    let reading = try EventReading.uncounted(options)
    switch format {
    case .text: Output.print(Self.table(reading.statuses))
    case .json:
      var output = Output()
      for status in reading.statuses { output.write(Self.json(status)) }
      output.flush()
    }
  }

  private static let headings: [SafeText] = [
    "source", "format", "lines", "events", "continued", "no time", "unparsable", "first", "last",
    "out of order",
  ]
  private static let rightAligned: Set<Int> = [2, 3, 4, 5, 6, 9]

  private static func table(_ statuses: [SourceStatus]) -> String {
    let rows = [headings] + statuses.map(cells)
    let widths = headings.indices.map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let isLast = column == row.count - 1
        return isLast && !rightAligned.contains(column)
          ? text.string
          : text.padded(toWidth: widths[column], leading: rightAligned.contains(column)).string
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private static func cells(_ status: SourceStatus) -> [SafeText] {
    let tally = status.tally
    return [
      SafeText(status.name), SafeText(formatName(status)), "\(tally.lineCount)", "\(tally.eventCount)",
      "\(tally.continuedCount)", "\(tally.withoutTimeCount)", "\(tally.unparsableCount)",
      SafeText(tally.first?.rfc3339(fractionDigitCount: 3) ?? "-"),
      SafeText(tally.last?.rfc3339(fractionDigitCount: 3) ?? "-"), "\(tally.outOfOrderCount)",
    ]
  }

  /// `ndjson`, `ndjson (gzip)`, `-` while nothing has come.
  private static func formatName(_ status: SourceStatus) -> String {
    let layout = status.layout?.description ?? "-"
    return status.compression.map { "\(layout) (\($0))" } ?? layout
  }

  private static func json(_ status: SourceStatus) -> [UInt8] {
    let tally = status.tally
    var line = Array("{".utf8)
    JSONText.append(key: "source", isFirst: true, to: &line)
    JSONText.append(status.name, to: &line)
    for (key, text) in [
      ("format", status.layout?.description), ("compression", status.compression),
      ("state", status.state.name),
      ("first", tally.first?.rfc3339(fractionDigitCount: 9)),
      ("last", tally.last?.rfc3339(fractionDigitCount: 9)),
    ] {
      JSONText.append(key: key, to: &line)
      if let text { JSONText.append(text, to: &line) } else { line.append(contentsOf: "null".utf8) }
    }
    for (key, count) in [
      ("lines", tally.lineCount), ("events", tally.eventCount), ("continued", tally.continuedCount),
      ("without_time", tally.withoutTimeCount), ("unparsable", tally.unparsableCount),
      ("out_of_order", tally.outOfOrderCount), ("problems", status.problemCount),
    ] {
      JSONText.append(key: key, to: &line)
      line.append(contentsOf: String(count).utf8)
    }
    return line + "}\n".utf8
  }
}
