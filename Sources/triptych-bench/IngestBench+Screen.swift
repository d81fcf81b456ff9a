/// A log on screen: what `triptych FILE` takes, which is what people run.
extension IngestBench {
  struct Opened {
    /// To rows of services with cells in them: what a person can begin to work with.
    var usefulMs: Double
    var exactMs: Double
    /// Until the exact matrix was there, all threads.
    var processorSeconds: Double
    var peakResidentBytes: Double
    var idleResidentBytes: Double?
  }

  /// Opens the log, waits until it is read, and closes it.
  ///
  /// - Parameters:
  ///   - isIdle: also wait until nothing has moved for five seconds.
  ///   - expected: how many events must be there, when it is not the log as it was generated.
  func open(
    _ log: BenchLog, _ rig: IngestRig, isIdle: Bool = false, expected: Int? = nil
  ) throws -> Opened {
    // A changed log may have lost its busiest service.
    let busiest = log.dialect.namesServices && expected == nil ? FleetNames.services(1)[0] : ""
    let total = " \(grouped(expected ?? log.eventCount)) events"
    let ours = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
    var isOver = false
    // What it keeps of a file of a gigabyte may be written when it ends.
    defer { if !isOver { ours.end(patienceMs: 60_000) } }
    let useful = ours.wait { $0.filledCellCount >= 400 && (busiest.isEmpty || $0.contains(busiest)) }
    let exact = ours.wait {
      $0.line(0).contains(total) && !$0.contains("approximate") && !$0.contains("reading")
    }
    guard let useful, let exact else {
      throw BenchError(
        "the\(total) of \(log.path) did not come on screen within a minute:\n\(ours.screen.text)")
    }
    var opened = Opened(
      usefulMs: useful, exactMs: exact, processorSeconds: ours.processorSeconds,
      peakResidentBytes: ours.memory("VmHWM") ?? .infinity)
    if isIdle {
      _ = ours.takeUntilQuiet(quietMs: 5_000, limitMs: 60_000)
      opened.peakResidentBytes = ours.memory("VmHWM") ?? .infinity
      opened.idleResidentBytes = ours.memory("VmRSS") ?? .infinity
    }
    let code = ours.end(patienceMs: 60_000)
    isOver = true
    guard code == 0 else { throw BenchError("triptych \(log.path) ended with exit code \(code)") }
    return opened
  }

  /// Ours and lnav in turn: to a matrix that says something, to the exact one, and to that of a file seen before.
  func screen(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    var first: [Opened] = []
    var again: [Opened] = []
    var rival = LimitedTimes(limitMs: 60_000)
    for turn in 0..<options.scale.startRuns {
      try rig.home.empty()
      first.append(try open(log, rig))
      try rig.checkKept(of: log.path)
      again.append(try open(log, rig))
      guard let lnav = rig.lnav, turn < options.scale.runs else { continue }
      let theirs = try lnav.terminal(log.path)
      rival.add(theirs.wait(limitMs: rival.limitMs) { $0.filledCellCount >= 400 })
      theirs.end()
    }
    var line = ResultLine("ingest", "screen")
    line["count"] = Double(first.count)
    line.put(first, \.usefulMs, as: "first_matrix_ms")
    line.put(first, \.exactMs, as: "exact_ms")
    line.put(first, \.processorSeconds, as: "cpu_s")
    line.put(again, \.exactMs, as: "again_ms")
    line.put(again, \.processorSeconds, as: "again_cpu_s")
    line["peak_resident_bytes"] = (first + again).map(\.peakResidentBytes).max()
    line.print()
    guard !rival.values.isEmpty else { return }
    var theirs = ResultLine("ingest", "screen", tool: "lnav")
    theirs["count"] = Double(rival.values.count)
    theirs["first_matrix_ms"] = rival.values.median
    theirs["first_matrix_ms_p95"] = rival.values.quantile(0.95)
    theirs.print()
    try rival.check("lnav's first paint")
  }

  /// Half a gigabyte of text on screen, and left alone there.
  func screenOfText(_ log: BenchLog, _ rig: IngestRig) throws {
    var runs: [Opened] = []
    for turn in 0..<options.scale.slowRuns {
      try rig.home.empty()
      runs.append(try open(log, rig, isIdle: turn == 0))
    }
    var line = ResultLine("ingest", "screen-text-\(log.dialect.rawValue)")
    line["count"] = Double(runs.count)
    line.put(runs, \.exactMs, as: "exact_ms")
    line.put(runs, \.processorSeconds, as: "cpu_s")
    line["peak_resident_bytes"] = runs.map(\.peakResidentBytes).max()
    line["idle_resident_bytes"] = runs[0].idleResidentBytes
    line.print()
  }
}

extension ResultLine {
  /// The median of the runs, and what 19 of 20 did not exceed beside it.
  fileprivate mutating func put(
    _ runs: [IngestBench.Opened], _ value: KeyPath<IngestBench.Opened, Double>, as name: String
  ) {
    self[name] = runs.map { $0[keyPath: value] }.median
    self[name + "_p95"] = runs.map { $0[keyPath: value] }.quantile(0.95)
  }
}
