/// lnav, told how our JSON log is written.
struct Lnav {
  private let program: String
  private let home: CleanHome

  /// `nil` where lnav is not installed or not wanted.
  init?(_ options: BenchOptions) throws {
    guard let program = options.peer("lnav") else { return nil }
    self.program = program
    home = try CleanHome("\(options.data)/lnav-home")
    let folder = "\(home.folder)/config/lnav/formats/installed"
    try BenchData.makeFolder(folder)
    var file = try OutputFile("\(folder)/fleet.json")
    try file.append(Array(Self.format.utf8))
    try file.finish()
  }

  /// How many lines the log's index holds, and what making it took.
  func index(_ log: BenchLog) throws -> (lineCount: Int, run: ChildRun) {
    let run = try ChildProcess.run(
      [
        program, "-n", "-N", "-c", ";select count(*) as total from \(Self.table(log.dialect))", "-c",
        ":write-csv-to -", log.path,
      ],
      environment: home.environment, output: .captured, showsErrors: false)
    let numbers = run.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard let count = numbers.last else { throw BenchError("lnav counted nothing: \(run.text.prefix(200))") }
    return (count, run)
  }

  /// What lnav finds in our JSON log, as `triptych matrix --bucket 30s --time unix-ns` writes it.
  func writeCells(_ log: BenchLog, to path: String) throws {
    let query = """
      ;select log_time_msecs / 30000 * 30000000000 as time, service, level as severity, count(*) as count \
      from \(Self.table(log.dialect)) group by 1, 2, 3 \
      order by 1, 2, instr('unknown trace debug info warn error fatal', level)
      """
    _ = try ChildProcess.run(
      [program, "-n", "-N", "-c", query, "-c", ":write-csv-to -", log.path],
      environment: home.environment, output: .file(path), showsErrors: false
    ).succeeded("lnav \(log.path)")
  }

  func terminal(_ path: String) throws -> PseudoTerminal {
    try PseudoTerminal([program, "-q", path], environment: home.environment)
  }

  private static func table(_ dialect: LogDialect) -> String {
    switch dialect {
    case .ndjson: "fleet_log"
    case .syslog: "syslog_log"
    case .logback: "all_logs"
    case .access: "access_log"
    }
  }

  /// The three fields that all the others read too, and the text that it shows.
  private static let format = """
    {"$schema": "https://lnav.org/schemas/format-v1.schema.json",
     "fleet_log": {
      "title": "fleet", "description": "JSON lines of a generated fleet", "json": true, "hide-extra": true,
      "timestamp-field": "ts", "timestamp-divisor": 1000000, "level-field": "level", "body-field": "msg",
      "line-format": [{"field": "__timestamp__"}, " ", {"field": "level"}, " ", {"field": "service"}, " ",
                      {"field": "msg"}],
      "value": {"service": {"kind": "string", "identifier": true}, "ts": {"kind": "integer"},
                "level": {"kind": "string"}, "msg": {"kind": "string"}}}}
    """
}
