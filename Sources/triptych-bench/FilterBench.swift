import ArgumentParser
import EventModel
import Glibc
import LogFiles
import SessionHost

/// Text and regular expressions over raw events, beside ripgrep over the same bytes.
struct FilterBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filter",
    abstract: "Scans the log for two literals and three regular expressions, beside ripgrep.",
    discussion: "Example: triptych-bench filter --scale small")

  @OptionGroup var options: BenchOptions

  /// Each hits fewer than one line in a hundred.
  static let patterns: [Pattern] = [
    Pattern(name: "literal-rare", text: "req=00ff", isRegex: false),
    Pattern(name: "literal-usual", text: "tenant 471", isRegex: false),
    Pattern(name: "regex-alternatives", text: "(expired|aborted) for tenant 1[0-9]{2} in", isRegex: true),
    Pattern(name: "regex-class", text: "in 29[0-9]{2} ms upstream=[a-z]+-index", isRegex: true),
    Pattern(name: "regex-repeat", text: "req=[0-9]{5}[a-f]{3}", isRegex: true),
  ]

  struct Pattern {
    var name: String
    var text: String
    var isRegex: Bool

    /// As our filter language says it.
    var expression: String { isRegex ? "/\(text)/" : "\"\(text)\"" }
  }

  func run() throws {
    let log = try options.benchData().mainLog()
    let reading = EventReading.atRest(
      [.path(log.path)], options: ReadingOptions(timeZone: .utc, now: GeneratedEvents.start),
      countsEvents: false)
    for pattern in Self.patterns {
      let (hits, cpu, wall, first) = try ours(pattern, reading)
      guard hits * 100 < log.eventCount else {
        throw BenchError("\(pattern.text) hits \(hits) of \(log.eventCount) lines: not below 1 %")
      }
      print(pattern, ResultLine.us, hits: hits, cpu: cpu, wall: wall, first: first)
      guard let rg = options.peer("rg") else { continue }
      let runs = try (0..<options.scale.runs).map { _ in
        try ChildProcess.run(
          [rg, "--count", "--no-config"] + (pattern.isRegex ? [] : ["--fixed-strings"]) + [
            "-e", pattern.text, log.path,
          ],
          output: .captured)
      }
      let theirs = Int(runs[0].text.filter { !$0.isWhitespace }) ?? 0
      guard hits == theirs else {
        throw BenchError("\(pattern.text): \(hits) hits for triptych, \(theirs) for ripgrep, in \(log.path)")
      }
      print(
        pattern, "rg", hits: theirs, cpu: runs.map(\.processorSeconds).median,
        wall: runs.map(\.wallSeconds).median,
        first: nil)
    }
    try onScreen(log)
  }

  private func ours(
    _ pattern: Pattern, _ reading: EventReading
  ) throws -> (hits: Int, cpu: Double, wall: Double, first: Double?) {
    let filter = try EventFilter(pattern.expression)
    var hits = 0
    var cpu: [Double] = []
    var wall: [Double] = []
    var first: Double?
    for _ in 0..<options.scale.runs {
      hits = 0
      let start = (processorSeconds(), monotonicNs())
      _ = reading.sources.scan(RawQuery(filter: filter)) { columns, _ in
        if first == nil { first = Double(monotonicNs() - start.1) * 1e-6 }
        hits += columns.count
      }
      cpu.append(processorSeconds() - start.0)
      wall.append(Double(monotonicNs() - start.1) * 1e-9)
    }
    return (hits, cpu.median, wall.median, first)
  }

  private func print(
    _ pattern: Pattern, _ tool: String, hits: Int, cpu: Double, wall: Double, first: Double?
  ) {
    var line = ResultLine("filter", pattern.name, tool: tool)
    line["hits"] = Double(hits)
    line["cpu_s"] = cpu
    line["wall_s"] = wall
    if let first { line["first_ms"] = first }
    line.print()
  }

  /// From the key that accepts a filter to the first counts of what it lets through, and to all of them.
  private func onScreen(_ log: BenchLog) throws {
    let home = try CleanHome(try options.benchData().path("home"))
    let terminal = try PseudoTerminal([try options.triptych(), log.path], environment: home.environment)
    let total = "\(grouped(log.eventCount)) events"
    guard terminal.wait(until: { $0.contains(total) && !$0.contains("reading") }) != nil else {
      throw BenchError("\(log.path) was not read on screen within a minute")
    }
    var first: [Double] = []
    var complete: [Double] = []
    for pattern in Self.patterns {
      _ = terminal.takeUntilQuiet(quietMs: 500)
      terminal.send("f" + pattern.expression)
      _ = terminal.takeUntilQuiet(quietMs: 200)
      let sent = monotonicNs()
      terminal.send(Key.enter)
      let isAnswered = { (screen: TerminalScreen) in
        screen.line(0).contains(pattern.text) && !screen.contains("counting...")
      }
      let isComplete = { (screen: TerminalScreen) in isAnswered(screen) && !screen.contains("counting") }
      guard let some = terminal.wait(sinceNs: sent, limitMs: 60_000, until: isAnswered),
        let all = terminal.wait(sinceNs: sent, limitMs: 60_000, until: isComplete)
      else {
        throw BenchError("\(pattern.text): no counts on screen within a minute:\n\(terminal.screen.text)")
      }
      first.append(some)
      complete.append(all)
      terminal.send("sr")
    }
    terminal.end()
    var line = ResultLine("filter", "screen")
    line["count"] = Double(complete.count)
    line["first_p50_ms"] = first.median
    line["first_most_ms"] = first.max()
    line["complete_p50_ms"] = complete.median
    line.print()
  }
}
