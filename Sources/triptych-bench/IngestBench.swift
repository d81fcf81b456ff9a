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
      complain("ingest \(name)")
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
    attempt("changed") { try changed(rig) }
    attempt("screen") { try screen(rig) }
    for shape in HostileShape.allCases { attempt("hostile-\(shape.rawValue)") { try hostile(shape, rig) } }
    if failed { throw ExitCode(1) }
  }

  /// Ours and the peers in turn, so that what disturbs the machine disturbs all of them.
  private func mainLog(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    let engines = ["duckdb", "polars", "chdb"].filter { rig.peers[$0] != nil }
    var runs = Runs("log", log.path)
    for turn in 0..<options.scale.runs {
      runs.add(try rig.count(log), ResultLine.us)
      for engine in engines {
        let out = rig.data.path("cells.\(engine).csv")
        let script = "\(options.scripts)/cells.py"
        let run = try ChildProcess.run(
          [options.python, script, engine, log.path, out], environment: ["TZ": "UTC"])
        runs.add(try run.succeeded(engine), engine)
        try CellComparison.check(rig.ourCells, out, names: ("triptych", engine))
      }
      if let lnav = rig.lnav, turn < options.scale.slowRuns {
        let (count, run) = try lnav.index(log)
        try Self.check(count, log.eventCount, "lnav", log.path)
        runs.add(run, "lnav")
      }
    }
    runs.print(eventCount: log.eventCount)
    // Not timed: that lnav's format reads the same time, service and severity of each event as we do.
    if let lnav = rig.lnav {
      let out = rig.data.path("cells.lnav.csv")
      try lnav.writeCells(log, to: out)
      try CellComparison.checkNearly(
        rig.ourCells, out, eventCount: log.eventCount, names: ("triptych", "lnav"))
    }
  }

  private func text(_ dialect: LogDialect, _ rig: IngestRig) throws {
    let log = try rig.data.textLog(dialect)
    var runs = Runs("text-\(dialect.rawValue)", log.path)
    for turn in 0..<options.scale.runs {
      runs.add(try rig.count(log), ResultLine.us)
      guard let lnav = rig.lnav, turn < options.scale.slowRuns else { continue }
      let (count, run) = try lnav.index(log)
      try Self.check(count, log.eventCount, "lnav", log.path)
      runs.add(run, "lnav")
    }
    runs.print(eventCount: log.eventCount)
    try screenOfText(log, rig)
    // The keys are pressed on syslog later; nobody reads the others again.
    if dialect != .syslog { rig.data.discard(log.path, log.cellsPath) }
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

  static func check(_ count: Int, _ expected: Int, _ tool: String, _ path: String) throws {
    guard count == expected else {
      throw BenchError("\(tool) counts \(count) events in \(path); the generator wrote \(expected)")
    }
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
