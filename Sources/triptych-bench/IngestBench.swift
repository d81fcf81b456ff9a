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
    attempt("screen") { try screen(rig) }
    attempt("screen-text") { try screenOfText(rig) }
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

  /// Of a file that was read before, and of the same file after it has changed.
  private func reopened(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    var runs = Runs("reopened", log.path)
    _ = try rig.count(log)
    for _ in 0..<options.scale.startRuns { runs.add(try rig.count(log, isSeenBefore: true), ResultLine.us) }
    runs.print(eventCount: log.eventCount)
    // The same after somebody has looked at it on the screen, which keeps the index of all its events.
    try rig.home.empty()
    _ = try opened(log, rig)
    var indexed = Runs("reopened-indexed", log.path)
    for _ in 0..<options.scale.startRuns {
      indexed.add(try rig.count(log, isSeenBefore: true), ResultLine.us)
    }
    indexed.print(eventCount: log.eventCount)
    try rig.data.withChange(of: log.path) { changed in
      let run = try ChildProcess.run(
        [rig.triptych, "matrix", log.path, "--bucket", "365d"], environment: rig.home.environment,
        output: .file(rig.ourCells))
      _ = try run.succeeded("triptych matrix \(log.path)")
      let expected = changed == .appended ? log.eventCount + 1 : log.eventCount - 1
      try Self.check(
        try CellComparison.sum(of: rig.ourCells), expected, "triptych", "\(log.path), \(changed)")
    }
    _ = try rig.count(log, isSeenBefore: true)
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
    rig.data.discard(path, out)
  }

  static func check(_ count: Int, _ expected: Int, _ tool: String, _ path: String) throws {
    guard count == expected else {
      throw BenchError("\(tool) counts \(count) events in \(path); the generator wrote \(expected)")
    }
  }

  // MARK: On screen

  /// Ours and lnav in turn: to a matrix that says something, to the exact one, and to that of a file seen before.
  private func screen(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    var useful: [Double] = []
    var exact: [Double] = []
    var again: [Double] = []
    var rival: [Double] = []
    var line = ResultLine("ingest", "screen")
    for turn in 0..<options.scale.startRuns {
      try rig.home.empty()
      let first = try opened(log, rig) {
        line["peak_resident_bytes"] = max($0, line["peak_resident_bytes"] ?? 0)
      }
      useful.append(first.useful)
      exact.append(first.exact)
      // `end` waits for the program, which ends when it has kept what it read.
      again.append(try opened(log, rig).exact)
      guard let lnav = rig.lnav, turn < options.scale.runs else { continue }
      let theirs = try lnav.terminal(log.path)
      rival += [theirs.wait { $0.filledCellCount >= 400 }].compactMap(\.self)
      theirs.end()
    }
    for (name, times) in [("first_matrix_ms", useful), ("exact_ms", exact), ("again_ms", again)] {
      line[name] = times.median
      line["\(name)_p95"] = times.quantile(0.95)
    }
    line["count"] = Double(exact.count)
    line.print()
    guard !rival.isEmpty else { return }
    var theirs = ResultLine("ingest", "screen", tool: "lnav")
    theirs["count"] = Double(rival.count)
    theirs["first_matrix_ms"] = rival.median
    theirs["first_matrix_ms_p95"] = rival.quantile(0.95)
    theirs.print()
  }

  /// Opens the log, waits until it is read, and closes it.
  private func opened(
    _ log: BenchLog, _ rig: IngestRig, peak: (Double) -> Void = { _ in }
  ) throws -> (useful: Double, exact: Double) {
    let busiest = FleetNames.services(1)[0]
    let total = "\(grouped(log.eventCount)) events"
    let ours = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
    defer { ours.end() }
    guard let useful = ours.wait(until: { Self.showsMatrix($0, busiest) }),
      let exact = ours.wait(until: {
        $0.contains(total) && !$0.contains("approximate") && !$0.contains("reading")
      })
    else {
      throw BenchError(
        "the matrix of \(log.path) did not come on screen within a minute:\n\(ours.screen.text)")
    }
    if let bytes = ours.memory("VmHWM") { peak(bytes) }
    return (useful, exact)
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
    _ = ours.takeUntilQuiet(quietMs: 5_000)
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
