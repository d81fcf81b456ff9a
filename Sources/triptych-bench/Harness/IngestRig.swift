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
  ///
  /// - Parameter isSeenBefore: what an earlier run kept of the file may be used.
  func count(_ log: BenchLog, isSeenBefore: Bool = false) throws -> ChildRun {
    if !isSeenBefore { try home.empty() }
    let run = try ChildProcess.run(
      [triptych, "matrix", log.path, "--bucket", "30s", "--time", "unix-ns"],
      environment: home.environment, output: .file(ourCells)
    ).succeeded("triptych matrix \(log.path)")
    try CellComparison.check(ourCells, log.cellsPath, names: ("triptych", "the generator"))
    return run
  }
}

/// Several runs of several tools on one file.
struct Runs {
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
      line["cpu_s_p95"] = own.map(\.processorSeconds).quantile(0.95)
      line["wall_s"] = own.map(\.wallSeconds).median
      line["wall_s_p95"] = own.map(\.wallSeconds).quantile(0.95)
      line["cores"] = own.map { $0.processorSeconds / $0.wallSeconds }.median
      line["peak_resident_bytes"] = Double(own.map(\.peakResidentBytes).max() ?? 0)
      line.print()
    }
  }
}
