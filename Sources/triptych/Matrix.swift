internal import ArgumentParser
internal import EventMatrix
internal import EventModel
internal import Glibc
internal import SceneGraph
internal import Session
internal import SessionHost

struct Matrix: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the counts of events by time, service and severity.",
    discussion: """
      One line for each cell that is not zero, as csv with the header time,service,severity,count. Times are the \
      starts of buckets, multiples of the width since the epoch; a service without a name is '-'.

      Examples:
        triptych matrix app.log --bucket 1m
        triptych matrix /var/log --severity warn --service '!cron' --format json | jq .count
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json }
  enum TrustFloor: String, ExpressibleByArgument, CaseIterable { case any, verified }

  @OptionGroup var options: SourceOptions

  @Option(
    help: ArgumentHelp(
      "Width of a bucket: 250ms, 5s, 1m, 1h, 1d. Default: the narrowest that gives at most 120 columns.",
      valueName: "width"))
  var bucket: WidthArgument?

  @Option(help: "How times are written.")
  var time: TimeNotation = .rfc3339

  @Option(help: "How lines are written.")
  var format: Format = .csv

  @Option(help: "Count only events whose signature was verified.")
  var trust: TrustFloor = .any

  static let defaultColumnCount = 120
  /// From this width on, counting by cell takes less memory than a matrix of every width.
  private static let leastCellWidthNs: Int64 = 1_000_000_000

  func run() throws {
    let selection = try options.eventSelection()
    let cellWidthNs = bucket?.nanoseconds ?? 0
    let reading = try EventReading.atRest(
      options, cellWidthNs: cellWidthNs >= Self.leastCellWidthNs ? cellWidthNs : nil)
    var output = Output()
    if format == .csv { output.write("time,service,severity,count\n") }
    // Files and pipes carry no signatures: none of their events is verified.
    if trust == .any { write(reading, selection, to: &output) }
    output.flush()
    reading.keepIndex()
  }

  /// Without the header.
  func write(_ reading: EventReading, _ selection: EventSelection, to output: inout Output) {
    guard let width = width(for: reading) else { return }
    let digits = TimeNotation.fractionDigitCount(forWidthNs: width)
    let names = reading.services.names
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let fields = names.map { name in
      // Raw bytes are for programs; a terminal would obey them.
      format == .csv
        ? Self.csvField(isTerminal ? ForeignText(SafeText(name).string) : name) : Self.jsonString(name)
    }
    var line = LineParts(format, fields)
    var lastTime: Timestamp?
    let services = orderedServices(reading.services, selection.services)
    func write(_ cell: MatrixCell) {
      if cell.time != lastTime {
        line.begin(
          time.text(cell.time, fractionDigitCount: digits), isNumber: time == .unixNs)
        lastTime = cell.time
      }
      line.write(cell, to: &output)
    }
    if let cells = reading.cells {
      cells.forEachCell(services: services, severities: selection.severities, write)
    } else {
      reading.matrix.forEachCell(
        widthNs: width, services: services, severities: selection.severities, write)
    }
  }

  /// Of a bucket; `nil` where there are no events.
  private func width(for reading: EventReading) -> Int64? {
    if let cells = reading.cells { return cells.widthNs }
    guard let range = reading.matrix.timeRange else { return nil }
    return bucket?.nanoseconds ?? ZoomLadder.width(fitting: range, columnCount: Self.defaultColumnCount)
  }

  /// The wanted services by the bytes of their names.
  private func orderedServices(_ services: ServiceTable, _ selection: ServiceSelection) -> [ServiceID] {
    services.names.indices.filter { selection.contains(services.names[$0]) }
      .sorted { services.names[$0] < services.names[$1] }
      .map { ServiceID(rawValue: UInt32($0)) }
  }

  /// RFC 4180: quoted where it holds a comma, a quote or a line break.
  private static func csvField(_ name: ForeignText) -> String {
    if name.isEmpty { return "-" }
    let text = name.repaired
    guard text.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { quoted.unicodeScalars.append("\"") }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }

  private static func jsonString(_ name: ForeignText) -> String {
    var bytes: [UInt8] = []
    JSONText.append(name.isEmpty ? ForeignText("-") : name, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The lines of the output, each of what is the same in many of them and a number.
private struct LineParts {
  private let format: Matrix.Format
  /// What stands between time and count, by service and severity.
  private let labels: [[UInt8]]
  private let end: [UInt8]
  private var time: [UInt8] = []

  /// - Parameter fields: the names of the services, as `format` writes them.
  init(_ format: Matrix.Format, _ fields: [String]) {
    self.format = format
    labels = fields.flatMap { field in
      (0..<UInt8(Severity.bandCount)).map { band in
        let severity = Severity(rawValue: band)?.name ?? ""
        switch format {
        case .csv: return Array(",\(field),\(severity),".utf8)
        case .json: return Array(",\"service\":\(field),\"severity\":\"\(severity)\",\"count\":".utf8)
        }
      }
    }
    end = Array((format == .csv ? "\n" : "}\n").utf8)
  }

  /// The lines that follow have this time.
  mutating func begin(_ text: String, isNumber: Bool) {
    switch format {
    case .csv: time = Array(text.utf8)
    case .json: time = Array((isNumber ? "{\"time\":\(text)" : "{\"time\":\"\(text)\"").utf8)
    }
  }

  func write(_ cell: MatrixCell, to output: inout Output) {
    output.write(time)
    output.write(labels[cell.service.index * Severity.bandCount + Int(cell.severity.rawValue)])
    output.write(number: cell.count)
    output.write(end)
  }
}
