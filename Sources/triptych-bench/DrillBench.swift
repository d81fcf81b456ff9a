import ArgumentParser
import EventMatrix
import EventModel
import Glibc

/// Finding single events: in the matrix, and on screen.
struct DrillBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill", abstract: "Finds the next and the previous error of a service, and of any service.",
    discussion: """
      With --on-screen it opens the log in a terminal instead, and goes from cells to their newest events.

      Examples:
        triptych-bench drill --events 10000000
        triptych-bench drill --on-screen --scale small
      """)

  @OptionGroup var options: WorldOptions

  @Flag(help: "Go from cells to their events in the program itself.")
  var onScreen = false

  @OptionGroup(title: "On screen") var screen: BenchOptions

  func run() throws {
    if onScreen { return try ScreenDrill(options: screen).run() }
    let world = LoadedWorld(options)
    world.printAdding("drill")
    measure("next-error", world) {
      world.matrix.nextEvent(after: $0, rowOfService: $1, severities: .atLeast(.error))
    }
    measure("previous-error", world) {
      world.matrix.previousEvent(before: $0, rowOfService: $1, severities: .atLeast(.error))
    }
    measure("last-100-errors", world) {
      world.matrix.start(ofLast: 100, before: $0, rowOfService: $1, severities: .atLeast(.error))
    }
  }

  private func measure(_ name: String, _ world: LoadedWorld, _ find: (Timestamp, [Int32]) -> Timestamp?) {
    for everywhere in [false, true] {
      var choices = SeededNumbers(seed: options.seed)
      var measurement = Measurement()
      var sum: UInt64 = 0
      for _ in 0..<options.repetitions {
        let time = world.randomStart(1, &choices, aligned: false)
        var rows = [Int32](repeating: everywhere ? 0 : -1, count: GeneratedEvents.serviceCount)
        rows[Int.random(in: 0..<rows.count, using: &choices)] = 0
        let found = measurement.time { find(time, rows) }
        sum = sum &* 31 &+ UInt64(bitPattern: found?.nanoseconds ?? 0)
      }
      printLine(
        "drill", options.events, name + (everywhere ? "-any-service" : ""),
        measurement.fields + [("checksum", "\(sum)")])
    }
  }
}

/// From a cell to its newest raw events on screen.
private struct ScreenDrill {
  let options: BenchOptions

  func run() throws {
    let data = try options.benchData()
    let log = try data.mainLog()
    let home = try CleanHome(data.path("home"))
    let terminal = try PseudoTerminal([try options.triptych(), log.path], environment: home.environment)
    let total = "\(grouped(log.eventCount)) events"
    guard terminal.wait(until: { $0.contains(total) && !$0.contains("reading") }) != nil else {
      throw BenchError("\(log.path) was not read within a minute")
    }
    _ = terminal.takeUntilQuiet(quietMs: 500)
    var cold: [Double] = []
    var again: [Double] = []
    terminal.send("w")
    for _ in 0..<(options.scale.isFull ? 20 : 3) {
      // Another cell whose events nobody has looked at.
      for key in [Key.left, Key.left, Key.down] { _ = terminal.press(key, quietMs: 60) }
      forgetPages(of: log.path)
      cold.append(try open(terminal))
      again.append(try open(terminal))
    }
    terminal.end()
    var line = ResultLine("drill", "screen")
    line["count"] = Double(cold.count)
    line["cold_p50_ms"] = cold.median
    line["cold_p95_ms"] = cold.quantile(0.95)
    line["cold_most_ms"] = cold.max()
    line["warm_p50_ms"] = again.median
    line["warm_p95_ms"] = again.quantile(0.95)
    line["warm_most_ms"] = again.max()
    line.print()
  }

  /// From the key until the list is there and the screen is quiet; closes the list again.
  private func open(_ terminal: PseudoTerminal) throws -> Double {
    let sent = monotonicNs()
    terminal.send(Key.enter)
    let isListed = { (screen: TerminalScreen) in screen.contains(" events  ") && screen.contains(" req=") }
    guard terminal.wait(sinceNs: sent, limitMs: 5_000, until: isListed) != nil else {
      throw BenchError("no events of the cell within five seconds; the screen says:\n\(terminal.screen.text)")
    }
    var last = monotonicNs()
    if let quiet = terminal.takeUntilQuiet(quietMs: 30).lastNs { last = quiet }
    terminal.send(Key.escape)
    _ = terminal.takeUntilQuiet(quietMs: 150)
    return Double(last - sent) * 1e-6
  }

  /// Takes the file's clean pages out of the page cache (posix_fadvise(2)); needs no rights.
  private func forgetPages(of path: String) {
    let descriptor = Glibc.open(path, O_RDONLY)
    guard descriptor >= 0 else { return }
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }
}
