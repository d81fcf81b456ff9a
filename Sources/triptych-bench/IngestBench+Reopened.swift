import Glibc

/// A file that was opened before: how soon it is there again, and that no change of it goes unnoticed.
extension IngestBench {
  func reopened(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    // A person looks at it on screen, a script counts it, and both come back.
    try reopen("reopened-after-screen", log, rig) {
      try rig.home.empty()
      _ = try open(log, rig)
      try rig.checkKept(of: log.path)
    }
    try reopen("reopened-after-matrix", log, rig) {
      try rig.home.empty()
      _ = try rig.matrix(log.path, [])
      try rig.checkKept(of: log.path)
    }
    try reopen("reopened-after-buckets", log, rig) { _ = try rig.count(log) }
  }

  private func reopen(_ name: String, _ log: BenchLog, _ rig: IngestRig, after prepare: () throws -> Void)
    throws
  {
    try prepare()
    var runs = Runs(name, log.path)
    for _ in 0..<options.scale.startRuns { runs.add(try rig.count(log, isSeenBefore: true), ResultLine.us) }
    runs.print(eventCount: log.eventCount)
  }

  /// What was kept of the log as it was, while the log is another one: on screen and counted, with what was kept and
  /// without, the same must come out.
  func changed(_ rig: IngestRig) throws {
    let log = try rig.data.mainLog()
    for change in BenchData.Change.allCases {
      try rig.home.empty()
      _ = try open(log, rig)
      _ = try rig.matrix(log.path, ["--bucket", "30s"])
      try rig.checkKept(of: log.path)
      let kept = try rig.keptAside()
      try rig.data.with(change, of: log) { eventCount in
        try rig.checkSame(log.path, [], "\(change)")
        try rig.restoreKept(kept)
        try rig.checkSame(log.path, ["--bucket", "30s"], "\(change)")
        try Self.check(
          try CellComparison.sum(of: rig.ourCells), eventCount, "triptych", "\(log.path), \(change)")
        try rig.restoreKept(kept)
        _ = try open(log, rig, expected: eventCount)
        // What it has kept now must be right as well.
        try rig.checkSame(log.path, [], "\(change) and opened on screen")
        try rig.checkSame(log.path, ["--bucket", "30s"], "\(change) and opened on screen")
      }
    }
    var line = ResultLine("ingest", "changed")
    line["count"] = Double(BenchData.Change.allCases.count)
    line.print()
  }
}

extension IngestRig {
  /// `triptych matrix` of a file, with what was kept of it; its counts are in `ourCells`.
  func matrix(_ path: String, _ options: [String]) throws -> ChildRun {
    try ChildProcess.run(
      [triptych, "matrix", path, "--time", "unix-ns"] + options, environment: home.environment,
      output: .file(ourCells)
    ).succeeded("triptych matrix \(path)")
  }

  /// Throws unless the file counts the same with what was kept of it and without.
  fileprivate func checkSame(_ path: String, _ options: [String], _ what: String) throws {
    let anew = data.path("cells.anew.csv")
    defer { data.discard(anew) }
    _ = try ChildProcess.run(
      [triptych, "matrix", path, "--time", "unix-ns", "--no-cache"] + options, environment: home.environment,
      output: .file(anew)
    ).succeeded("triptych matrix --no-cache \(path)")
    _ = try matrix(path, options)
    try CellComparison.check(
      ourCells, anew, names: ("the kept index of a file \(what)", "a reading without it"))
  }

  private var indexFolder: String { "\(home.folder)/cache/triptych/index" }

  /// Throws when nothing was kept: a reading from the beginning is no opening again.
  func checkKept(of path: String) throws {
    guard let folder = opendir(indexFolder) else {
      throw BenchError("\(path): nothing was kept of it: there is no \(indexFolder)")
    }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".index") { return }
    }
    throw BenchError("\(path): nothing was kept of it in \(indexFolder)")
  }

  /// A copy of all that is kept, to begin from again.
  fileprivate func keptAside() throws -> String {
    let copy = "\(home.folder)/kept"
    _ = try ChildProcess.run(["cp", "-a", "--", "\(home.folder)/cache", copy]).succeeded("cp")
    return copy
  }

  fileprivate func restoreKept(_ copy: String) throws {
    _ = try ChildProcess.run(["rm", "-rf", "--", "\(home.folder)/cache"]).succeeded("rm")
    _ = try ChildProcess.run(["cp", "-a", "--", copy, "\(home.folder)/cache"]).succeeded("cp")
  }
}
