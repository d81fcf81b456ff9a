import ArgumentParser
import Glibc

/// The program in a terminal: how soon and with how many bytes it answers.
struct KeysBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Presses keys in a pseudo terminal: latency, bytes, bursts, silence and first paint.",
    discussion: "Example: triptych-bench keys --scale small --only bytes")

  @OptionGroup var options: BenchOptions

  @Option(help: "Only cases whose name contains this.")
  var only = ""

  private struct Rig {
    let data: BenchData
    let triptych: String
    let home: CleanHome
  }

  func run() throws {
    let data = try options.benchData()
    let rig = Rig(data: data, triptych: try options.triptych(), home: try CleanHome(data.path("home")))
    var failed = false
    // What goes wrong in one case is told at once and ends the run badly, but not before the others are measured.
    func attempt(_ name: String, _ body: () throws -> Void) {
      guard only.isEmpty || name.contains(only) else { return }
      complain("keys \(name)")
      do {
        try body()
      } catch {
        complain("\(name): \(error)")
        failed = true
      }
    }
    attempt("first-paint") { try firstPaint(rig) }
    attempt("bytes") { try bytes(rig) }
    attempt("burst") { try burst(rig) }
    attempt("idle") { try idle(rig) }
    attempt("latency") { try latency(rig) }
    if failed { throw ExitCode(1) }
  }

  // MARK: First paint

  /// Ours, less and lnav in turn on a megabyte: from exec to a screen with content.
  private func firstPaint(_ rig: Rig) throws {
    let log = try rig.data.smallLog()
    let lnav = try Lnav(options)
    var times: [String: LimitedTimes] = [:]
    for _ in 0..<options.scale.startRuns {
      try rig.home.empty()
      let ours = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
      Self.paint(ours, &times[ResultLine.us, default: Self.paintTimes])
      if let less = options.peer("less") {
        let terminal = try PseudoTerminal([less, log.path], environment: ["LESS": ""])
        Self.paint(terminal, &times["less", default: Self.paintTimes])
      }
      if let lnav { Self.paint(try lnav.terminal(log.path), &times["lnav", default: Self.paintTimes]) }
    }
    for (tool, times) in times.sorted(by: { $0.key < $1.key }) {
      var line = ResultLine("keys", "first-paint", tool: tool)
      line["count"] = Double(times.values.count)
      line["p50_ms"] = times.values.median
      line["p95_ms"] = times.values.quantile(0.95)
      line.print()
    }
    for (tool, times) in times { try times.check("first paint of \(tool)") }
  }

  private static let paintTimes = LimitedTimes(limitMs: 10_000)

  private static func paint(_ terminal: PseudoTerminal, _ times: inout LimitedTimes) {
    // Lines of the log or rows of services: what was asked for, and not only a frame around it.
    let busiest = FleetNames.services(1)[0]
    times.add(
      terminal.wait(limitMs: times.limitMs) { $0.filledCellCount >= 400 && $0.contains(busiest) })
    terminal.end()
  }

  // MARK: Bytes

  /// At 200 x 60 in 256 colours, once with all faces and once with the first alone: of a key that is held, and of
  /// one that is pressed alone and looked at.
  private func bytes(_ rig: Rig) throws {
    let cases = [
      ("cursor", [Key.right, Key.down, Key.right, Key.left, Key.up, Key.left]),
      ("pan-column", [Key.panLeft, Key.panLeft, Key.panRight]),
      ("pan-row", [Key.panDown, Key.panDown, Key.panUp]),
      ("zoom", [Key.zoomIn, Key.zoomOut]),
    ]
    for (layout, start) in [("all-faces", "4"), ("one-face", "1")] {
      let terminal = try settled(rig, keys: [Key.zoomIn, Key.zoomIn, start, Key.pageLater, Key.worst])
      defer { terminal.end() }
      for (name, keys) in cases {
        try heldBytes("\(name)-held-\(layout)", keys, terminal)
        try aloneBytes("\(name)-alone-\(layout)", keys, terminal)
      }
    }
  }

  /// Keys as a keyboard repeats them: the next one comes whether the last was answered or not.
  private func heldBytes(_ name: String, _ keys: [String], _ terminal: PseudoTerminal) throws {
    let intervalNs: Int64 = 60_000_000
    _ = terminal.takeUntilQuiet(quietMs: Self.restedMs)
    var counts = SharedBytes()
    var next = monotonicNs()
    // The first one is no repetition yet: it is answered in full, as a key alone.
    for turn in 0...32 {
      terminal.send(keys[turn % keys.count])
      next += intervalNs
      let burst = terminal.takeAll(untilNs: next)
      if turn > 0 { counts.add(burst.byteCount) }
    }
    let rest = terminal.takeUntilQuiet(quietMs: Self.restedMs).byteCount
    var line = ResultLine("keys", "bytes-\(name)")
    line["count"] = Double(counts.values.count)
    line["p50_bytes"] = counts.values.median
    line["p95_bytes"] = counts.values.quantile(0.95)
    line["most_bytes"] = counts.values.max()
    line["rest_bytes"] = Double(rest)
    line.print()
    // The last answer may be late: what comes when keys rest is its own as well.
    guard counts.openCount == 0 || counts.openCount == 1 && rest > 0 else {
      throw BenchError("\(name): \(counts.openCount) keys were not answered")
    }
  }

  /// A key, and all that follows from it until the screen has rested: its details and the list beside it too.
  private func aloneBytes(_ name: String, _ keys: [String], _ terminal: PseudoTerminal) throws {
    var counts: [Double] = []
    var times = LimitedTimes(limitMs: Self.restedMs)
    _ = terminal.takeUntilQuiet(quietMs: Self.restedMs)
    for turn in 0..<(options.scale.isFull ? 30 : 12) {
      let answer = terminal.press(keys[turn % keys.count], quietMs: Self.restedMs, firstMs: Self.restedMs)
      counts.append(Double(answer.byteCount))
      times.add(answer.lastMs)
    }
    var line = ResultLine("keys", "bytes-\(name)")
    line["count"] = Double(counts.count)
    line["p50_bytes"] = counts.median
    line["p95_bytes"] = counts.quantile(0.95)
    line["most_bytes"] = counts.max()
    line["last_p50_ms"] = times.values.median
    line["last_p95_ms"] = times.values.quantile(0.95)
    line.print()
    try times.check(name)
  }

  /// Longer than anything on screen waits for keys to rest.
  private static let restedMs = 450.0

  // MARK: Bursts

  private func burst(_ rig: Rig) throws {
    let terminal = try settled(rig, keys: [Key.zoomIn, Key.zoomIn])
    var frames: [Double] = []
    var bytes: [Double] = []
    for turn in 0..<6 {
      let key = turn % 2 == 0 ? Key.panLeft : Key.panRight
      let framesBefore = terminal.screen.synchronizedFrameCount
      terminal.send(String(repeating: key, count: 50))
      let burst = terminal.takeUntilQuiet(quietMs: 150)
      let marked = terminal.screen.synchronizedFrameCount - framesBefore
      frames.append(Double(marked > 0 ? marked : burst.writeCount))
      bytes.append(Double(burst.byteCount))
    }
    terminal.end()
    var line = ResultLine("keys", "burst-50-pans")
    line["p50_frames"] = frames.median
    line["most_frames"] = frames.max()
    line["p50_bytes"] = bytes.median
    line["most_bytes"] = bytes.max()
    line.print()
  }

  // MARK: Silence

  private func idle(_ rig: Rig) throws {
    let terminal = try settled(rig, keys: [Key.worst])
    defer { terminal.end() }
    print(idle: "idle", terminal, seconds: options.scale.isFull ? 10 : 4)
    // A program that has died or hangs is silent too.
    guard terminal.press(Key.left, quietMs: 100).byteCount > 0 else {
      throw BenchError("the idle program does not answer a key; the screen says:\n\(terminal.screen.text)")
    }
    let feed = try Feed(["--rate", "2"])
    defer { feed.end() }
    let following = try PseudoTerminal(
      [rig.triptych, "-"], environment: rig.home.environment, input: feed.output)
    defer { following.end() }
    guard following.wait(limitMs: 10_000, until: { ($0.eventCount ?? 0) > 0 }) != nil else {
      throw BenchError("no event of standard input on screen within ten seconds")
    }
    following.send("F")
    _ = following.takeUntilQuiet(quietMs: 400, limitMs: 3_000)
    let before = following.screen.eventCount ?? 0
    let seconds = options.scale.isFull ? 20.0 : 6
    print(idle: "following-2-hz", following, seconds: seconds)
    // Two events a second come in; that few bytes are worth something only when these are on screen.
    let after = following.screen.eventCount ?? 0
    guard following.isOpen, Double(after - before) >= seconds else {
      throw BenchError(
        "following: \(before) events on screen, and \(after) after \(seconds) s at 2 events a second")
    }
  }

  private func print(idle name: String, _ terminal: PseudoTerminal, seconds: Double) {
    let before = terminal.byteCount
    let end = monotonicNs() + Int64(seconds * 1e9)
    _ = terminal.takeAll(untilNs: end)
    var line = ResultLine("keys", name)
    line["bytes_per_s"] = Double(terminal.byteCount - before) / seconds
    line.print()
  }

  // MARK: Latency

  /// Keys while 50,000 events a second come in: close together, as they are held, and apart.
  private func latency(_ rig: Rig) throws {
    let feed = try Feed(["--rate", "50000"])
    defer { feed.end() }
    let terminal = try PseudoTerminal(
      [rig.triptych, "-"], environment: rig.home.environment, input: feed.output)
    defer { terminal.end() }
    guard terminal.wait(limitMs: 10_000, until: { $0.filledCellCount >= 400 }) != nil else {
      throw BenchError("no matrix of the events on standard input within ten seconds")
    }
    _ = terminal.takeAll(untilNs: monotonicNs() + 2_000_000_000)
    let before = terminal.screen.eventCount ?? 0
    // Away from either edge, wherever the cursor is, and back to where it began after each round: a key that cannot
    // move is not answered. Columns grow wider while more time comes in, so an edge comes nearer.
    let approach = [(Key.right, 40), (Key.left, 20), (Key.down, 5)]
    for key in approach.flatMap({ Array(repeating: $0.0, count: $0.1) }) {
      _ = terminal.press(key, quietMs: 20)
    }
    let held = latencies(terminal, keyCount: options.scale.keyCount, pausesMs: 5..<25, restMs: nil)
    held.print("latency-50000-events-per-s")
    // Longer than two keys are taken for one that is held.
    let alone = latencies(
      terminal, keyCount: options.scale.keyCount / 5, pausesMs: 250..<350, restMs: Self.restWindowMs)
    alone.print("latency-alone-50000-events-per-s")
    try held.answers.check("key to last byte")
    try alone.answers.check("key alone to last byte")
    let after = terminal.screen.eventCount ?? 0
    guard after > before else {
      throw BenchError("no new event on screen while keys were pressed: \(before), then \(after)")
    }
  }

  /// Details that wait until keys rest are there by then.
  private static let restWindowMs = 300.0

  /// Service and time that the line above the last one tells of.
  private static func detailPlace(_ screen: TerminalScreen) -> [Substring] {
    let words = screen.line(screen.rows - 2).split(separator: " ")
    return words.prefix(1) + words.filter { $0.contains(":") && $0.first?.isNumber == true }
  }

  /// When the details of a key were on screen: what they tell of does not change afterwards, while their numbers go on
  /// with the events that come in.
  private func detailsMs(
    _ terminal: PseudoTerminal, sentNs: Int64, _ answer: PseudoTerminal.KeyAnswer, restMs: Double
  ) -> Double {
    let end = sentNs + Int64(restMs * 1e6)
    var place = Self.detailPlace(terminal.screen)
    var lastMs = answer.lastMs ?? restMs
    while terminal.isOpen, case let leftMs = Double(end - monotonicNs()) * 1e-6, leftMs > 0 {
      guard let (_, timeNs) = terminal.take(waitingMs: leftMs) else { continue }
      let next = Self.detailPlace(terminal.screen)
      if next != place { (place, lastMs) = (next, Double(timeNs - sentNs) * 1e-6) }
    }
    return lastMs
  }

  private struct Latencies {
    var firstBytes: [Double] = []
    /// To the last byte of the first complete answer.
    var answers = LimitedTimes(limitMs: 200)
    /// To the last byte after which the details are those of where the key led.
    var details: [Double] = []
    var processorShare = 0.0
    var peakResidentBytes: Double?

    func print(_ name: String) {
      var line = ResultLine("keys", name)
      line["count"] = Double(answers.values.count)
      line["silent"] = Double(answers.lateCount)
      line["first_byte_p50_ms"] = firstBytes.median
      line["p50_ms"] = answers.values.median
      line["p95_ms"] = answers.values.quantile(0.95)
      line["p99_ms"] = answers.values.quantile(0.99)
      if !details.isEmpty {
        line["details_p50_ms"] = details.median
        line["details_p95_ms"] = details.quantile(0.95)
      }
      line["cpu_share"] = processorShare
      line["peak_resident_bytes"] = peakResidentBytes
      line.print()
    }
  }

  /// A frame of new data that falls between a key and its answer counts against us, as it does for the person who
  /// waits.
  ///
  /// - Parameter restMs: how long to look on after each key for details that come later.
  private func latencies(
    _ terminal: PseudoTerminal, keyCount: Int, pausesMs: Range<Int64>, restMs: Double?
  ) -> Latencies {
    let keys = [
      Key.left, Key.down, Key.left, Key.up, Key.panLeft, Key.right, Key.panRight, Key.right, Key.zoomIn,
      Key.zoomOut,
    ]
    var chance = SeededNumbers(seed: BenchData.seed)
    var result = Latencies()
    let processorBefore = terminal.processorSeconds
    let start = monotonicNs()
    for turn in 0..<keyCount {
      // People do not wait for frames of new data; a key falls anywhere between two.
      let pauseNs = Int64.random(
        in: pausesMs.lowerBound * 1_000_000..<pausesMs.upperBound * 1_000_000, using: &chance)
      _ = terminal.takeAll(untilNs: monotonicNs() + pauseNs)
      let key = keys[turn % keys.count]
      let sent = monotonicNs()
      // A cursor key is answered when the cursor has moved: a frame of new data before that is not the answer.
      let answer = terminal.press(key, quietMs: 3, firstMs: result.answers.limitMs) {
        Key.moves.contains(key) ? $0 != $1 : true
      }
      if let firstMs = answer.firstMs { result.firstBytes.append(firstMs) }
      result.answers.add(answer.isAnswered ? answer.lastMs : nil)
      guard let restMs else { continue }
      result.details.append(detailsMs(terminal, sentNs: sent, answer, restMs: restMs))
    }
    let seconds = Double(monotonicNs() - start) * 1e-9
    result.processorShare = (terminal.processorSeconds - processorBefore) / seconds
    result.peakResidentBytes = terminal.memory("VmHWM")
    return result
  }

  /// The main log on screen, read to its end, after these keys.
  private func settled(_ rig: Rig, keys: [String]) throws -> PseudoTerminal {
    let log = try rig.data.textLog(.syslog)
    let terminal = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
    let total = "\(grouped(log.eventCount)) events"
    guard terminal.wait(until: { $0.contains(total) && !$0.contains("reading") }) != nil else {
      throw BenchError("\(log.path) was not read within a minute; the screen says:\n\(terminal.screen.text)")
    }
    _ = terminal.takeUntilQuiet(quietMs: 300)
    for key in keys { _ = terminal.press(key, quietMs: 100) }
    return terminal
  }
}
