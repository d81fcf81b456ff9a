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
    var times: [String: [Double]] = [:]
    for _ in 0..<options.scale.startRuns {
      try rig.home.empty()
      let ours = try PseudoTerminal([rig.triptych, log.path], environment: rig.home.environment)
      times[ResultLine.us, default: []] += Self.painted(ours)
      if let less = options.peer("less") {
        times["less", default: []] += Self.painted(
          try PseudoTerminal([less, log.path], environment: ["LESS": ""]))
      }
      if let lnav { times["lnav", default: []] += Self.painted(try lnav.terminal(log.path)) }
    }
    for (tool, times) in times.sorted(by: { $0.key < $1.key }) {
      var line = ResultLine("keys", "first-paint", tool: tool)
      line["count"] = Double(times.count)
      line["p50_ms"] = times.median
      line["p95_ms"] = times.quantile(0.95)
      line.print()
    }
  }

  private static func painted(_ terminal: PseudoTerminal) -> [Double] {
    // Lines of the log or rows of services: what was asked for, and not only a frame around it.
    let busiest = FleetNames.services(1)[0]
    let time = terminal.wait(limitMs: 10_000) { $0.filledCellCount >= 400 && $0.contains(busiest) }
    terminal.end()
    return [time].compactMap(\.self)
  }

  // MARK: Bytes

  /// At 200 x 60 in 256 colours, once with all faces and once with the first alone.
  private func bytes(_ rig: Rig) throws {
    for (layout, start) in [("all-faces", "4"), ("one-face", "1")] {
      let terminal = try settled(rig, keys: [Key.zoomIn, Key.zoomIn, start, Key.pageLater, Key.worst])
      let cases = [
        ("cursor", [Key.right, Key.down, Key.right, Key.left, Key.up, Key.left]),
        ("pan-column", [Key.panLeft, Key.panLeft, Key.panRight]),
        ("pan-row", [Key.panDown, Key.panDown, Key.panUp]),
        ("zoom", [Key.zoomIn, Key.zoomOut]),
      ]
      for (name, keys) in cases {
        var counts: [Double] = []
        for turn in 0..<30 {
          counts.append(Double(terminal.press(keys[turn % keys.count], quietMs: 60).byteCount))
        }
        var line = ResultLine("keys", "bytes-\(name)-\(layout)")
        line["count"] = Double(counts.count)
        line["p50_bytes"] = counts.median
        line["p95_bytes"] = counts.quantile(0.95)
        line["most_bytes"] = counts.max()
        line.print()
      }
      terminal.end()
    }
  }

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
    let terminal = try settled(rig, keys: [])
    print(idle: "idle", terminal, seconds: options.scale.isFull ? 10 : 4)
    terminal.end()
    let feed = try Feed(["--rate", "2"])
    let following = try PseudoTerminal(
      [rig.triptych, "-"], environment: rig.home.environment, input: feed.output)
    _ = following.wait(limitMs: 5_000) { $0.filledCellCount >= 100 }
    following.send("F")
    _ = following.takeUntilQuiet(quietMs: 400, limitMs: 3_000)
    print(idle: "following-2-hz", following, seconds: options.scale.isFull ? 20 : 6)
    following.end()
    feed.end()
  }

  private func print(idle name: String, _ terminal: PseudoTerminal, seconds: Double) {
    let before = terminal.byteCount
    let end = monotonicNs() + Int64(seconds * 1e9)
    while monotonicNs() < end { _ = terminal.take(waitingMs: 50) }
    var line = ResultLine("keys", name)
    line["bytes_per_s"] = Double(terminal.byteCount - before) / seconds
    line.print()
  }

  // MARK: Latency

  /// Keys while 50,000 events a second come in. A frame of new data that falls between a key and its answer counts
  /// against us, as it does for the person who waits.
  private func latency(_ rig: Rig) throws {
    let feed = try Feed(["--rate", "50000"])
    let terminal = try PseudoTerminal(
      [rig.triptych, "-"], environment: rig.home.environment, input: feed.output)
    guard terminal.wait(limitMs: 10_000, until: { $0.filledCellCount >= 400 }) != nil else {
      throw BenchError("no matrix of the events on standard input within ten seconds")
    }
    let warm = monotonicNs() + 2_000_000_000
    while monotonicNs() < warm { _ = terminal.take(waitingMs: 20) }
    // Away from the edges, and back to where it began after each round: a key that cannot move is not answered.
    for key in Array(repeating: Key.left, count: 10) + Array(repeating: Key.down, count: 5) {
      _ = terminal.press(key, quietMs: 20)
    }
    let keys = [
      Key.left, Key.down, Key.left, Key.up, Key.panLeft, Key.right, Key.panRight, Key.right, Key.zoomIn,
      Key.zoomOut,
    ]
    var chance = SeededNumbers(seed: BenchData.seed)
    var first: [Double] = []
    var last: [Double] = []
    var silent = 0
    let processorBefore = terminal.processorSeconds
    let start = monotonicNs()
    for turn in 0..<options.scale.keyCount {
      // People do not wait for frames of new data; a key falls anywhere between two.
      let pause = monotonicNs() + 5_000_000 + Int64(chance.next() % 20_000_000)
      while monotonicNs() < pause { _ = terminal.take(waitingMs: Double(pause - monotonicNs()) * 1e-6) }
      let key = keys[turn % keys.count]
      // A cursor key is answered when the cursor has moved: a frame of new data before that is not the answer.
      let answer = terminal.press(key, quietMs: 3, firstMs: 200) { Key.moves.contains(key) ? $0 != $1 : true }
      guard let firstMs = answer.firstMs, let lastMs = answer.lastMs else {
        silent += 1
        continue
      }
      first.append(firstMs)
      last.append(lastMs)
    }
    let seconds = Double(monotonicNs() - start) * 1e-9
    var line = ResultLine("keys", "latency-50000-events-per-s")
    line["count"] = Double(last.count)
    line["silent"] = Double(silent)
    line["first_byte_p50_ms"] = first.median
    line["p50_ms"] = last.median
    line["p95_ms"] = last.quantile(0.95)
    line["p99_ms"] = last.quantile(0.99)
    line["cpu_share"] = (terminal.processorSeconds - processorBefore) / seconds
    line["peak_resident_bytes"] = terminal.memory("VmHWM")
    line.print()
    terminal.end()
    feed.end()
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

/// What xterm sends with its keypad in application mode, as ncurses asks for.
enum Key {
  static let left = "\u{1b}OD"
  static let right = "\u{1b}OC"
  static let up = "\u{1b}OA"
  static let down = "\u{1b}OB"
  static let panLeft = "\u{1b}[1;2D"
  static let panRight = "\u{1b}[1;2C"
  static let panUp = "\u{1b}[1;2A"
  static let panDown = "\u{1b}[1;2B"
  static let moves = [left, right, up, down]
  static let zoomIn = "="
  static let zoomOut = "-"
  static let pageLater = "L"
  static let worst = "w"
  static let enter = "\r"
  static let escape = "\u{1b}"
}

/// A child that writes events at a rate into a pipe.
struct Feed {
  /// The end to read from.
  let output: Int32
  private let child: pid_t

  init(_ arguments: [String]) throws {
    let ends = try ChildProcess.pipeEnds()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends.write, 1)
    child = try ChildProcess.spawn([BenchOptions.ownPath, "feed"] + arguments, [:], &actions, nil)
    close(ends.write)
    output = ends.read
  }

  func end() {
    kill(child, SIGTERM)
    waitpid(child, nil, 0)
  }
}

/// Writes events of the present time to standard output, evenly.
struct FeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed", abstract: "Writes events to standard output at a rate, for ever.",
    shouldDisplay: false)

  @Option(help: "Events a second.")
  var rate = 50_000

  func run() throws {
    var events = GeneratedEvents(eventCount: .max, seconds: 1_000_000, seed: BenchData.seed)
    var writer = LogWriter(.ndjson, serviceCount: events.serviceCount)
    var file = try OutputFile("-")
    signal(SIGPIPE, SIG_DFL)
    // A hundred portions a second, or one event at a time.
    let portion = max(1, rate / 100)
    let intervalNs = Int64(1_000_000_000) * Int64(portion) / Int64(rate)
    var next = monotonicNs()
    while true {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
      for _ in 0..<portion {
        guard var event = events.next() else { return }
        event.microseconds = microseconds
        try writer.write(event, to: &file)
      }
      try file.flush()
      next += intervalNs
      let waitNs = next - monotonicNs()
      if waitNs > 0 { usleep(UInt32(waitNs / 1_000)) }
    }
  }
}
