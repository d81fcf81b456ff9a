/// Shapes that nobody would write on purpose, through every way of looking at them.
extension IngestBench {
  func hostile(_ shape: HostileShape, _ rig: IngestRig) throws {
    let (path, eventCount) = try rig.data.hostile(shape)
    let out = rig.data.path("hostile.csv")
    defer { rig.data.discard(path, out) }
    let name = "hostile-\(shape.rawValue)"
    try rig.home.empty()
    // One bucket wide enough for all of time, so that the sum is of few lines.
    let counting = try ChildProcess.run(
      [rig.triptych, "matrix", path, "--bucket", "365d", "--time", "unix-ns"],
      environment: rig.home.environment, output: .file(out)
    ).succeeded("triptych matrix \(path)")
    var runs = Runs(name, path)
    runs.add(counting, ResultLine.us)
    runs.print(eventCount: eventCount)
    try Self.check(try CellComparison.sum(of: out), eventCount, "triptych", path)
    // Each is attempted: a shape that kills one way of looking may kill the next one too.
    var failures: [String] = []
    for (way, body) in [
      ("frame", { try hostileFrame(name, path, eventCount, rig) }),
      ("plain", { try hostileLines(name, path, eventCount, rig) }),
      ("screen", { try hostileScreen(name, path, eventCount, rig) }),
    ] as [(String, () throws -> Void)] {
      do { try body() } catch { failures.append("\(way): \(error)") }
    }
    guard failures.isEmpty else { throw BenchError(failures.joined(separator: "\n")) }
  }

  private func hostileFrame(_ name: String, _ path: String, _ eventCount: Int, _ rig: IngestRig) throws {
    try rig.home.empty()
    let run = try ChildProcess.run(
      [rig.triptych, "frame", path, "--size", "120x40", "--keys", "w = = home end ret"],
      environment: rig.home.environment, output: .captured
    ).succeeded("triptych frame \(path)")
    guard run.text.contains(" \(Self.total(eventCount))") else {
      throw BenchError("triptych frame \(path) does not say \(Self.total(eventCount)):\n\(run.text)")
    }
    var runs = Runs("\(name)-frame", path)
    runs.add(run, ResultLine.us)
    runs.print(eventCount: eventCount)
  }

  private func hostileLines(_ name: String, _ path: String, _ eventCount: Int, _ rig: IngestRig) throws {
    try rig.home.empty()
    let commands = rig.data.path("hostile.commands")
    defer { rig.data.discard(commands) }
    var file = try OutputFile(commands)
    try file.append(Array("worst\nopen\nzoom.fit\nquit\n".utf8))
    try file.finish()
    let run = try ChildProcess.run(
      [rig.triptych, path, "--plain"], environment: rig.home.environment, output: .captured, input: commands
    ).succeeded("triptych --plain \(path)")
    guard run.text.contains(" \(Self.total(eventCount))") else {
      throw BenchError(
        "triptych --plain \(path) does not say \(Self.total(eventCount)):\n\(run.text.prefix(500))")
    }
    var runs = Runs("\(name)-plain", path)
    runs.add(run, ResultLine.us)
    runs.print(eventCount: eventCount)
  }

  /// To the exact matrix, then from one end to the other and to events; every key must be survived.
  private func hostileScreen(_ name: String, _ path: String, _ eventCount: Int, _ rig: IngestRig) throws {
    try rig.home.empty()
    let ours = try PseudoTerminal([rig.triptych, path], environment: rig.home.environment)
    let total = " \(Self.total(eventCount))"
    let exact = ours.wait(limitMs: 300_000) {
      $0.line(0).contains(total) && !$0.contains("approximate") && !$0.contains("reading")
    }
    let processorSeconds = ours.processorSeconds
    for key in [Key.worst, Key.zoomIn, Key.zoomIn, Key.home, Key.end, Key.zoomOut, Key.enter, Key.escape] {
      _ = ours.press(key, quietMs: 200)
    }
    let isAlive = ours.isOpen && ours.screen.contains(total)
    let text = ours.screen.text
    let peak = ours.memory("VmHWM")
    let code = ours.end(patienceMs: 60_000)
    guard let exact, isAlive, code == 0 else {
      throw BenchError("triptych \(path) on screen ended with exit code \(code); its screen was:\n\(text)")
    }
    var line = ResultLine("ingest", "\(name)-screen")
    line["exact_ms"] = exact
    line["cpu_s"] = processorSeconds
    line["peak_resident_bytes"] = peak
    line.print()
  }

  /// As the first line of a screen says it.
  private static func total(_ eventCount: Int) -> String {
    "\(grouped(eventCount)) event\(eventCount == 1 ? "" : "s")"
  }
}
