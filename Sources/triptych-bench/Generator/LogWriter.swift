import EventModel

/// Writes generated events as lines of a dialect.
struct LogWriter: ~Copyable {
  private let dialect: LogDialect
  private let services: WordTable
  private let hosts = WordTable(FleetNames.hosts)
  private let templates: WordTable
  private let serviceCount: Int
  private let severities = WordTable(Severity.allCases.map(\.name))
  private let logbackLevels = WordTable(["INFO ", "TRACE", "DEBUG", "INFO ", "WARN ", "ERROR", "ERROR"])
  /// Of the second written last: most lines share it with the line before.
  private var second = Int64.min
  private var civil = CivilTime(Timestamp(seconds: 0))

  init(_ dialect: LogDialect, serviceCount: Int) {
    self.dialect = dialect
    self.serviceCount = serviceCount
    services = WordTable(FleetNames.services(serviceCount))
    templates = WordTable(FleetNames.templates(serviceCount))
  }

  mutating func write(_ event: GeneratedEvent, to file: inout OutputFile) throws {
    switch dialect {
    case .ndjson: ndjson(event, &file)
    case .syslog: syslog(event, &file)
    case .logback: logback(event, &file)
    case .access: access(event, &file)
    }
    try file.endLine()
  }

  private func ndjson(_ event: GeneratedEvent, _ file: inout OutputFile) {
    file.append("{\"ts\":")
    file.append(UInt64(event.microseconds))
    file.append(",\"level\":\"")
    file.append(severities, Int(event.severity.rawValue))
    file.append("\",\"service\":\"")
    file.append(services, Int(event.service))
    file.append("\",\"host\":\"")
    file.append(hosts, host(of: event))
    file.append("\",\"trace_id\":\"")
    // About eight events to a trace.
    let trace = SeededNumbers.mixed(UInt64(event.microseconds / 8_000) << 8 | event.bits >> 56)
    file.appendHex(trace, digitCount: 16)
    file.appendHex(SeededNumbers.mixed(trace), digitCount: 16)
    file.append("\",\"msg\":\"")
    message(event, &file)
    file.append("\"}")
  }

  private mutating func syslog(_ event: GeneratedEvent, _ file: inout OutputFile) {
    // RFC 5424 §6.2.1, facility local0.
    let number = 16 * 8 + [6, 7, 7, 6, 4, 3, 2][Int(event.severity.rawValue)]
    file.append("<")
    file.append(UInt64(number))
    file.append(">1 ")
    date(event, separator: 0x2d, &file)
    file.append("T")
    clock(&file)
    file.append(".")
    file.append(Int(event.microseconds % 1_000_000), width: 6)
    file.append("Z ")
    file.append(hosts, host(of: event))
    file.append(" ")
    file.append(services, Int(event.service))
    file.append(" ")
    file.append(1_000 + event.bits >> 33 % 9_000)
    file.append(" - - ")
    message(event, &file)
  }

  private mutating func logback(_ event: GeneratedEvent, _ file: inout OutputFile) {
    date(event, separator: 0x2d, &file)
    file.append(" ")
    clock(&file)
    file.append(",")
    file.append(Int(event.microseconds / 1_000 % 1_000), width: 3)
    file.append(" [http-nio-8080-exec-")
    file.append(1 + event.bits >> 40 % 16)
    file.append("] ")
    file.append(logbackLevels, Int(event.severity.rawValue))
    file.append(" com.example.")
    file.append(services, Int(event.service))
    file.append(".Handler - ")
    message(event, &file)
  }

  private mutating func access(_ event: GeneratedEvent, _ file: inout OutputFile) {
    file.append("10.")
    file.append(event.bits >> 20 & 15)
    file.append(".")
    file.append(event.bits >> 24 & 255)
    file.append(".")
    file.append(event.bits >> 32 & 255)
    file.append(" - - [")
    setTime(event)
    file.append(civil.day, width: 2)
    file.append("/Jan/")
    file.append(civil.year, width: 4)
    file.append(":")
    clock(&file)
    file.append(" +0000] \"GET /")
    file.append(services, Int(event.service))
    file.append("/v1/items/")
    file.append(event.bits >> 40 & 0xffff)
    file.append(" HTTP/1.1\" ")
    file.append(UInt64(event.severity >= .error ? 503 : event.severity == .warn ? 404 : 200))
    file.append(" ")
    file.append(200 + event.bits >> 12 & 0x3fff)
    file.append(" \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\"")
  }

  private func host(of event: GeneratedEvent) -> Int {
    (Int(event.service) * 5 + Int(event.bits >> 60 & 3)) % 1_000
  }

  private func message(_ event: GeneratedEvent, _ file: inout OutputFile) {
    let kind = event.severity >= .error ? 8 + Int(event.bits >> 50 & 1) : Int(event.bits >> 50 & 7)
    file.append(templates, Int(event.service) * 10 + kind)
    file.append(event.bits >> 20 % 5_000)
    file.append(" in ")
    file.append(event.bits >> 36 % 3_000)
    file.append(" ms upstream=")
    file.append(services, Int(event.bits >> 8 % UInt64(serviceCount)))
    file.append(" req=")
    file.appendHex(SeededNumbers.mixed(event.bits), digitCount: Self.requestDigitCount)
  }

  private static let requestDigitCount = 8

  /// What is written behind `req=`.
  static func request(of event: GeneratedEvent) -> String {
    let number = SeededNumbers.mixed(event.bits) & (1 << (4 * requestDigitCount) - 1)
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: requestDigitCount - digits.count) + digits
  }

  private mutating func setTime(_ event: GeneratedEvent) {
    let seconds = event.microseconds / 1_000_000
    guard seconds != second else { return }
    second = seconds
    civil = CivilTime(Timestamp(seconds: seconds))
  }

  private mutating func date(_ event: GeneratedEvent, separator: UInt8, _ file: inout OutputFile) {
    setTime(event)
    file.append(civil.year, width: 4)
    file.append(byte: separator)
    file.append(civil.month, width: 2)
    file.append(byte: separator)
    file.append(civil.day, width: 2)
  }

  private func clock(_ file: inout OutputFile) {
    file.append(civil.hour, width: 2)
    file.append(":")
    file.append(civil.minute, width: 2)
    file.append(":")
    file.append(civil.second, width: 2)
  }
}
