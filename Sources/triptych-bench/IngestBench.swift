import ArgumentParser
import Glibc

/// Whole programs from a file on disk to exact counts.
struct IngestBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Runs the program on logs of a gigabyte, compressed logs and hostile shapes, beside its peers.",
    discussion: """
      Processor time is what the kernel charged to the whole process (wait4), start included. Every count is compared \
      with what the generator wrote and with each peer; the first cell that differs ends the run.

      Example: triptych-bench ingest --scale small --only text
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: "Only cases whose name contains this.")
  var only = ""

  func run() throws {
    let rig = try IngestRig(options)
    var failed = false
    // What goes wrong in one case is told at once and ends the run badly, but not before the others are measured.
    func attempt(_ name: String, _ body: () throws -> Void) {
      guard only.isEmpty || name.contains(only) else { return }
      do {
        try body()
      } catch {
        complain("\(name): \(error)")
        failed = true
      }
    }
    attempt("log") { try mainLog(rig) }
    for dialect in [LogDialect.syslog, .logback, .access] {
      attempt("text-\(dialect.rawValue)") { try text(dialect, rig) }
    }
    for ending in ["gz", "zst"] { attempt("compressed-\(ending)") { try compressed(ending, rig) } }
    attempt("reopened") { try reopened(rig) }
    for shape in HostileShape.allCases { attempt("hostile-\(shape.rawValue)") { try hostile(shape, rig) } }
    attempt("screen") { try screen(rig) }
    attempt("screen-text") { try screenOfText(rig) }
    if failed { throw ExitCode(1) }
  }

  /// Ours and the peers in turn, so that what disturbs the machine disturbs all of them.
  private func mainLog(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    let engines = ["duckdb", "polars", "chdb"].filter { rig.peers[$0] != nil }
    var runs = Runs("log", log.path)
    for _ in 0..<options.scale.runs {
      runs.add(try rig.count(log), ResultLine.us)
      for engine in engines {
        let out = rig.data.path("cells.\(engine).csv")
        let script = "\(options.scripts)/cells.py"
        let run = try ChildProcess.run(
          [options.python, script, engine, log.path, out], environment: ["TZ": "UTC"])
        runs.add(try run.succeeded(engine), engine)
        try CellComparison.check(rig.ourCells, out, names: ("triptych", engine))
      }
      if let lnav = rig.lnav {
        let (count, run) = try lnav.index(log)
        try Self.check(count, log.eventCount, "lnav", log.path)
        runs.add(run, "lnav")
      }
    }
    runs.print(eventCount: log.eventCount)
  }

  private func text(_ dialect: LogDialect, _ rig: IngestRig) throws {
    let log = try rig.data.textLog(dialect)
    var runs = Runs("text-\(dialect.rawValue)", log.path)
    for _ in 0..<options.scale.runs {
      runs.add(try rig.count(log), ResultLine.us)
      guard let lnav = rig.lnav else { continue }
      let (count, run) = try lnav.index(log)
      try Self.check(count, log.eventCount, "lnav", log.path)
      runs.add(run, "lnav")
    }
    runs.print(eventCount: log.eventCount)
  }

  private func compressed(_ ending: String, _ rig: IngestRig) throws {
    var log = try rig.data.mainLog()
    log.path = try rig.data.compressed(ending)
    let rival = ending == "gz" ? ["zcat"] : ["zstd", "-dc", "-q"]
    var runs = Runs("compressed-\(ending)", log.path)
    for _ in 0..<options.scale.runs {
      runs.add(try rig.count(log), ResultLine.us)
      if options.peer(rival[0]) != nil {
        runs.add(try ChildProcess.run(rival + [log.path]).succeeded(rival[0]), rival[0])
      }
    }
    runs.print(eventCount: log.eventCount)
  }

  private func reopened(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    var runs = Runs("reopened", log.path)
    _ = try rig.count(log)
    for _ in 0..<max(3, options.scale.runs) { runs.add(try rig.count(log, fromCache: true), ResultLine.us) }
    runs.print(eventCount: log.eventCount)
  }

  private func hostile(_ shape: HostileShape, _ rig: IngestRig) throws {
    let (path, eventCount) = try rig.data.hostile(shape)
    try rig.home.empty()
    let out = rig.data.path("hostile.csv")
    // One bucket wide enough for all of time, so that the sum is of few lines.
    let run = try ChildProcess.run(
      [rig.triptych, "matrix", path, "--bucket", "365d", "--time", "unix-ns"],
      environment: rig.home.environment, output: .file(out)
    ).succeeded("triptych matrix \(path)")
    var runs = Runs("hostile-\(shape.rawValue)", path)
    runs.add(run, ResultLine.us)
    runs.print(eventCount: eventCount)
    try Self.check(try CellComparison.sum(of: out), eventCount, "triptych", path)
  }

  static func check(_ count: Int, _ expected: Int, _ tool: String, _ path: String) throws {
    guard count == expected else {
      throw BenchError("\(tool) counts \(count) events in \(path); the generator wrote \(expected)")
    }
  }

  // MARK: On screen

  private func screen(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    let busiest = FleetNames.services(1)[0]
    var useful: [Double] = []
    var exact: [Double] = []
    var rival: [Double] = []
    var line = ResultLine("ingest", "screen")
    for _ in 0..<options.scale.runs {
      try rig.home.empty()
      let ours = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
      useful += [ours.wait { Self.showsMatrix($0, busiest) }].compactMap(\.self)
      let total = "\(grouped(log.eventCount)) events"
      exact += [ours.wait { $0.contains(total) && !$0.contains("approximate") && !$0.contains("reading") }]
        .compactMap(\.self)
      line["peak_resident_bytes"] = ours.memory("VmHWM")
      _ = ours.takeUntilQuiet(quietMs: 1_000)
      line["idle_resident_bytes"] = ours.memory("VmRSS")
      ours.end()
      guard let lnav = rig.lnav else { continue }
      let theirs = try lnav.terminal(log.path)
      rival += [theirs.wait { $0.filledCellCount >= 400 }].compactMap(\.self)
      theirs.end()
    }
    guard useful.count == options.scale.runs, exact.count == options.scale.runs else {
      throw BenchError("the matrix of \(log.path) did not come on screen within a minute")
    }
    line["first_matrix_ms"] = useful.median
    line["exact_ms"] = exact.median
    line.print()
    guard !rival.isEmpty else { return }
    var theirs = ResultLine("ingest", "screen", tool: "lnav")
    theirs["first_matrix_ms"] = rival.median
    theirs.print()
  }

  /// Memory with half a gigabyte of text on screen.
  private func screenOfText(_ rig: IngestRig) throws {
    let log = try rig.data.textLog(.syslog)
    try rig.home.empty()
    let ours = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
    let total = "\(grouped(log.eventCount)) events"
    guard ours.wait(until: { $0.contains(total) && !$0.contains("reading") }) != nil else {
      throw BenchError("\(log.path) was not read on screen within a minute")
    }
    var line = ResultLine("ingest", "screen-text")
    line["peak_resident_bytes"] = ours.memory("VmHWM")
    _ = ours.takeUntilQuiet(quietMs: 2_000)
    line["idle_resident_bytes"] = ours.memory("VmRSS")
    ours.end()
    line.print()
  }

  /// Rows of services with cells in them: what a person can begin to work with.
  private static func showsMatrix(_ screen: TerminalScreen, _ service: String) -> Bool {
    screen.filledCellCount >= 400 && screen.contains(service)
  }
}

/// `4,550,000`, as the screen writes it.
func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  return digits.indices.reduce(into: "") { text, index in
    if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
    text.append(digits[index])
  }
}

/// What the cases have in common.
struct IngestRig {
  let data: BenchData
  let triptych: String
  let home: CleanHome
  let peers: [String: String]
  let lnav: Lnav?
  /// Where the counts of our last run are.
  let ourCells: String

  init(_ options: BenchOptions) throws {
    data = try options.benchData()
    triptych = try options.triptych()
    home = try CleanHome(data.path("home"))
    peers = options.pythonPeers()
    lnav = try Lnav(options)
    ourCells = data.path("cells.triptych.csv")
  }

  /// Our program from the file to exact counts, compared with the generator's.
  func count(_ log: BenchLog, fromCache: Bool = false) throws -> ChildRun {
    if !fromCache { try home.empty() }
    let run = try ChildProcess.run(
      [triptych, "matrix", log.path, "--bucket", "30s", "--time", "unix-ns"],
      environment: home.environment, output: .file(ourCells)
    ).succeeded("triptych matrix \(log.path)")
    try CellComparison.check(ourCells, log.cellsPath, names: ("triptych", "the generator"))
    return run
  }
}

/// Several runs of several tools on one file.
private struct Runs {
  private let name: String
  private let path: String
  private var runs: [(tool: String, run: ChildRun)] = []

  init(_ name: String, _ path: String) {
    self.name = name
    self.path = path
  }

  mutating func add(_ run: ChildRun, _ tool: String) { runs.append((tool, run)) }

  /// A line for each tool.
  func print(eventCount: Int) {
    let byteCount = fileByteCount(path)
    var seen: [String] = []
    for (tool, _) in runs where !seen.contains(tool) {
      seen.append(tool)
      let own = runs.filter { $0.tool == tool }.map(\.run)
      var line = ResultLine("ingest", name, tool: tool)
      line["events"] = Double(eventCount)
      line["bytes"] = Double(byteCount)
      line["count"] = Double(own.count)
      line["cpu_s"] = own.map(\.processorSeconds).median
      line["wall_s"] = own.map(\.wallSeconds).median
      line["peak_resident_bytes"] = Double(own.map(\.peakResidentBytes).max() ?? 0)
      line.print()
    }
  }
}
