import EventModel
import Glibc

/// From a cell to its newest raw events on screen. What must be there is known from the generator, so that the clock
/// stops when it is and not before.
struct ScreenDrill {
  private let options: BenchOptions
  private let log: BenchLog
  /// By service: times in microseconds and the words that tell an event from all others, in the file's order.
  private let events: [String: [(microseconds: Int64, request: String)]]

  init(_ options: BenchOptions) throws {
    self.options = options
    log = try options.benchData().mainLog()
    events = Self.events(of: log)
  }

  private static func events(of log: BenchLog) -> [String: [(microseconds: Int64, request: String)]] {
    var generated = GeneratedEvents(
      eventCount: log.eventCount, seconds: BenchData.seconds, seed: BenchData.seed)
    let names = FleetNames.services(generated.serviceCount)
    var events: [String: [(microseconds: Int64, request: String)]] = [:]
    while let event = generated.next() {
      events[names[Int(event.service)], default: []].append(
        (event.microseconds, LogWriter.request(of: event)))
    }
    return events
  }

  func run() throws {
    let home = try CleanHome(try options.benchData().path("home"))
    let terminal = try PseudoTerminal([try options.triptych(), log.path], environment: home.environment)
    defer { terminal.end() }
    let total = "\(grouped(log.eventCount)) events"
    guard terminal.wait(until: { $0.contains(total) && !$0.contains("reading") }) != nil else {
      throw BenchError("\(log.path) was not read within a minute")
    }
    // One face alone: a list beside it would read the events of the cell before they are asked for.
    for key in ["1", Key.worst] { _ = terminal.press(key, quietMs: 500) }
    var cold = LimitedTimes(limitMs: 5_000)
    var warm = LimitedTimes(limitMs: 5_000)
    var seen: Set<String> = []
    while cold.values.count < (options.scale.isFull ? 20 : 5) {
      // Another cell whose events nobody has looked at: to and fro, one column on each time, wherever it began.
      let isBack = cold.values.count % 2 == 0
      let keys = isBack ? [Key.left, Key.left, Key.down] : [Key.right, Key.right, Key.right, Key.up]
      for key in keys { _ = terminal.press(key, quietMs: 60) }
      _ = terminal.takeUntilQuiet(quietMs: 300)
      let cell = try Cell(terminal.screen)
      guard seen.insert(cell.title).inserted else {
        throw BenchError("the cursor does not move on from \(cell.title)")
      }
      let requests = requests(in: cell)
      if requests.isEmpty { continue }
      forgetPages(of: log.path)
      cold.add(try open(terminal, cell, requests, limitMs: cold.limitMs))
      warm.add(try open(terminal, cell, requests, limitMs: warm.limitMs))
    }
    var line = ResultLine("drill", "screen")
    line["count"] = Double(cold.values.count)
    for (name, times) in [("cold", cold.values), ("warm", warm.values)] {
      line["\(name)_p50_ms"] = times.median
      line["\(name)_p95_ms"] = times.quantile(0.95)
      line["\(name)_most_ms"] = times.max()
    }
    line.print()
    let screen = terminal.screen.text
    do {
      try cold.check("events of a cell")
      try warm.check("events of a cell, again")
    } catch {
      throw BenchError("\(error); the last screen was:\n\(screen)")
    }
  }

  private func requests(in cell: Cell) -> Set<String> {
    let inside = (events[cell.service] ?? []).filter { cell.microseconds.contains($0.microseconds) }
    return Set(inside.map(\.request))
  }

  /// From the key until the cell's own list, with events of it, is there and the screen is quiet; closes the list
  /// again. A long list opens at the first of the worst events, so that the newest need not be on screen.
  ///
  /// - Returns: `nil` when they did not come in time.
  private func open(_ terminal: PseudoTerminal, _ cell: Cell, _ requests: Set<String>, limitMs: Double) throws
    -> Double?
  {
    let sent = monotonicNs()
    terminal.send(Key.enter)
    let isListed = { (screen: TerminalScreen) in
      screen.contains(" events  \(cell.title)  ") && screen.contains(" req=")
    }
    var answer: Double?
    if let listed = terminal.wait(sinceNs: sent, limitMs: limitMs, until: isListed) {
      let last = terminal.takeUntilQuiet(quietMs: 30).lastNs
      answer = last.map { Double($0 - sent) * 1e-6 } ?? listed
      let shown = terminal.screen.text.split(separator: " ").filter { $0.hasPrefix("req=") }.map {
        $0.dropFirst(4)
      }
      guard shown.contains(where: { requests.contains(String($0.prefix(8))) }) else {
        throw BenchError("the list of \(cell.title) shows none of its events")
      }
      terminal.send(Key.escape)
    }
    _ = terminal.takeUntilQuiet(quietMs: 150)
    return answer
  }

  /// Takes the file's clean pages out of the page cache (posix_fadvise(2)); needs no rights.
  private func forgetPages(of path: String) {
    let descriptor = Glibc.open(path, O_RDONLY)
    guard descriptor >= 0 else { return }
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }

  /// The cell under the cursor, as the line above the keys tells it: ` checkout-api  2 info  10:52:00-10:52:30  (...)`.
  private struct Cell {
    var service: String
    /// What the title of its list begins with.
    var title: String
    var microseconds: Range<Int64>

    init(_ screen: TerminalScreen) throws {
      let line = screen.line(screen.rows - 2)
      let parts = line.split(separator: "  ").map { String($0.drop { $0 == " " }) }
      let time = parts.dropFirst().first { $0.wholeMatch(of: /\d\d:\d\d:\d\d-\d\d:\d\d:\d\d/) != nil }
      guard let service = parts.first, let time else {
        throw BenchError("no service and time of the cell in '\(line)'; the screen says:\n\(screen.text)")
      }
      let ends = time.split(separator: "-").map { Self.microseconds($0) }
      guard ends[0] < ends[1] else { throw BenchError("a cell of no time: '\(line)'") }
      self.service = service
      title = "\(service)  \(time)"
      microseconds = ends[0]..<ends[1]
    }

    /// Of the day that the log is of.
    private static func microseconds(_ clock: Substring) -> Int64 {
      let day = GeneratedEvents.start.nanoseconds / 1_000 / 86_400_000_000 * 86_400_000_000
      return day + 1_000_000 * clock.split(separator: ":").reduce(0) { $0 * 60 + (Int64($1) ?? 0) }
    }
  }
}
