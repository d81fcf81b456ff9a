import ArgumentParser
import EventModel
import Glibc

/// Everything in one run on the same data, and the report of it.
struct AllBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Runs every bench and every peer, and writes the Markdown report.",
    discussion: """
      A few minutes at --scale small, under half an hour at --scale full; other work on the machine shows in the \
      wall-clock rows. Ends with code 1 when a part fails or counts differ; a row that is not met is no failure.

      Example: triptych-bench all --scale full --report .build/bench/report.md
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: ArgumentHelp("Where the report is written.", valueName: "file"))
  var report = ".build/bench/report.md"

  @Option(help: ArgumentHelp("Where the lines of all parts are kept.", valueName: "file"))
  var results = ".build/bench/results.jsonl"

  @Option(help: "Only parts whose name contains this.")
  var only = ""

  func run() throws {
    var lines = machine()
    var failures: [String] = []
    let parts = parts.filter { only.isEmpty || $0.joined(separator: " ").contains(only) }
    let start = monotonicNs()
    for (index, part) in parts.enumerated() {
      let minutes = Double(monotonicNs() - start) / 60e9
      complain(
        "\(index + 1) of \(parts.count), after \(minutes.rounded(to: 1)) min: \(part.prefix(3).joined(separator: " "))"
      )
      let begin = monotonicNs()
      // A process of its own: what one part held in memory is not counted to the next.
      let run = try ChildProcess.run([BenchOptions.ownPath] + part, output: .captured)
      lines += run.text.split(separator: "\n").compactMap { ResultLine(json: $0) }
      var took = ResultLine("all", part.prefix(3).joined(separator: " "))
      took["seconds"] = Double(monotonicNs() - begin) * 1e-9
      lines.append(took)
      if run.exitCode != 0 {
        failures.append("`\(part.joined(separator: " "))` ended with code \(run.exitCode)")
      }
      try write(lines)
    }
    let report = Report(lines: lines, rows: ReportRows.rows(options.scale), failures: failures)
    var file = try OutputFile(self.report)
    try file.append(Array(report.markdown(everything: true).utf8))
    try file.finish()
    print(report.markdown(everything: true), terminator: "")
    complain("the report is in \(self.report); `make bench-readme` puts its table into README.md")
    if !failures.isEmpty { throw ExitCode(1) }
  }

  private func write(_ lines: [ResultLine]) throws {
    var file = try OutputFile(results)
    for line in lines { try file.append(Array((line.json + "\n").utf8)) }
    try file.finish()
  }

  private var parts: [[String]] {
    let common =
      [
        "--scale", options.scale.rawValue, "--data", options.data, "--python", options.python, "--scripts",
        options.scripts,
      ]
      + (options.program.map { ["--program", $0] } ?? []) + (options.peers ? [] : ["--no-peers"])
    let asked = ["--repetitions", options.scale.isFull ? "500" : "200"]
    var parts = [["generate"] + common, ["ingest"] + common]
    for count in options.scale.columnEvents {
      parts.append(["matrix", "--events", "\(count)"] + asked + (options.peers ? ["--peers"] : []) + common)
      parts.append(["drill", "--events", "\(count)"] + asked)
    }
    let usual = "\(options.scale.columnEvents[1])"
    parts.append(["services", "--events", usual] + asked)
    return parts + [
      ["drill", "--on-screen"] + common, ["filter"] + common, ["frame", "--events", usual] + asked,
      ["keys"] + common, ["recording"] + common,
    ]
  }

  // MARK: What it ran on

  private func machine() -> [ResultLine] {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let date = CivilTime(Timestamp(seconds: Int64(now.tv_sec)))
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    let sizes =
      "\(grouped(options.scale.logEvents)) events as NDJSON, \(grouped(options.scale.textEvents(.syslog))) as syslog, "
      + "columns of \(options.scale.columnEvents.map(grouped).joined(separator: ", ")) events"
    return [
      ("date", "\(date.year)-\(two(date.month))-\(two(date.day))"), ("machine", hardware),
      ("versions", versions), ("sizes", sizes), ("scale", options.scale.rawValue),
    ].map { name, text in
      var line = ResultLine("machine", name)
      line.set("text", text: text)
      return line
    }
  }

  private var hardware: String {
    let info =
      (try? CellComparison.contents("/proc/cpuinfo")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = model?.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "unknown processor"
    let pages = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    return
      "\(name), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, \(Int((pages / 1_073_741_824).rounded())) GiB"
  }

  private var versions: String {
    let python = options.pythonPeers()
    let engines = [("DuckDB", "duckdb"), ("Polars", "polars"), ("chdb", "chdb"), ("numpy", "numpy")].map {
      name, module in
      "\(name) \(python[module] ?? "not available")"
    }
    let programs = [("lnav", "-V"), ("less", "--version"), ("rg", "--version"), ("zstd", "--version")].map {
      name, flag in
      guard let path = options.peer(name),
        let run = try? ChildProcess.run([path, flag], output: .captured, showsErrors: false)
      else { return "\(name) not available" }
      let number = run.text.split(whereSeparator: { $0.isWhitespace || $0 == "," }).first { word in
        word.drop { $0 == "v" }.first?.isNumber == true
      }
      return "\(name) \(number.map(String.init) ?? "")"
    }
    return (engines + programs).joined(separator: ", ")
  }
}

/// The table of a run that is over.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Prints the report of the last run again, or puts its table into README.md.",
    discussion: "Example: triptych-bench report --scale full --readme README.md")

  @Option(help: "The scale that was measured.")
  var scale = BenchScale.small

  @Option(help: ArgumentHelp("The lines of the run.", valueName: "file"))
  var results = ".build/bench/results.jsonl"

  @Option(help: ArgumentHelp("Replace the table between the marks of this file.", valueName: "file"))
  var readme: String?

  func run() throws {
    let text = String(decoding: try CellComparison.contents(results), as: UTF8.self)
    let lines = text.split(separator: "\n").compactMap { ResultLine(json: $0) }
    let report = Report(lines: lines, rows: ReportRows.rows(scale))
    guard let readme else { return print(report.markdown(everything: true), terminator: "") }
    let old = String(decoding: try CellComparison.contents(readme), as: UTF8.self)
    guard let new = Report.replacing(in: old, by: report.markdown(everything: false)) else {
      throw BenchError("\(readme) has no '\(Report.startMark)' with '\(Report.endMark)' after it")
    }
    var file = try OutputFile(readme)
    try file.append(Array(new.utf8))
    try file.finish()
  }
}
