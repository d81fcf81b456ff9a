import ArgumentParser

/// The peers at the same questions about the same columns.
struct ColumnPeerOptions: ParsableArguments {
  @Flag(name: .customLong("peers"), help: "Ask DuckDB, Polars, chdb and numpy too, and compare every cell.")
  var isWanted = false

  @OptionGroup var bench: BenchOptions
}

extension ColumnPeerOptions {
  /// Every peer in a process of its own; a cell that differs from ours ends the run.
  func run(_ world: LoadedWorld, _ options: WorldOptions) throws {
    guard isWanted else { return }
    guard options.seed == BenchData.seed, options.seconds == BenchData.seconds else {
      throw ValidationError(
        "--peers: the peers' columns have seed \(BenchData.seed) and \(BenchData.seconds) seconds")
    }
    let data = try bench.benchData()
    let stem = try data.columns(options.events)
    let ours = data.path("columns.triptych.csv")
    try world.writeCells(to: ours)
    let installed = bench.pythonPeers()
    defer { data.discard("\(stem).times", "\(stem).services", "\(stem).severities", ours) }
    for engine in ["duckdb", "polars", "chdb", "numpy"] where installed[engine] != nil {
      complain("matrix, \(grouped(options.events)) events: \(engine)")
      let theirs = data.path("columns.\(engine).csv")
      let run = try ChildProcess.run(
        [bench.python, "\(bench.scripts)/columns.py", engine, stem, theirs, "\(world.serviceCount)"],
        output: .captured
      ).succeeded("columns.py \(engine)")
      try CellComparison.check(ours, theirs, names: ("triptych", engine))
      data.discard(theirs)
      print(run.text, terminator: "")
    }
  }
}
