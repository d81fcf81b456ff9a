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
      complain("filter \(pattern.name)")
      try measure(pattern, log, reading)
    }
    try onScreen(log)
  }

  /// Ours and ripgrep in turn.
  private func measure(_ pattern: Pattern, _ log: BenchLog, _ reading: EventReading) throws {
    let filter = try EventFilter(pattern.expression)
    var ours: [Scan] = []
    var theirs: [Scan] = []
    for _ in 0..<options.scale.runs {
      ours.append(Self.scan(reading, filter))
      if let rg = options.peer("rg") { theirs.append(try Self.scan(log, pattern, rg)) }
    }
    let hits = ours[0].hits
    guard hits * 100 < log.eventCount else {
      throw BenchError("\(pattern.text) hits \(hits) of \(log.eventCount) lines: not below 1 %")
    }
    if let other = (ours + theirs).first(where: { $0.hits != hits }) {
      throw BenchError(
        "\(pattern.text): \(hits) hits for triptych, then \(other.hits) for it or ripgrep, in \(log.path)")
    }
    print(pattern, ResultLine.us, ours)
    if !theirs.isEmpty { print(pattern, "rg", theirs) }
  }

  private struct Scan {
    var hits: Int
    var cpuSeconds: Double
    var wallSeconds: Double
    /// Until the first hit was there.
    var firstMs: Double?
  }

  private static func scan(_ reading: EventReading, _ filter: EventFilter) -> Scan {
    var scan = Scan(hits: 0, cpuSeconds: 0, wallSeconds: 0)
    let start = (processorSeconds(), monotonicNs())
    _ = reading.sources.scan(RawQuery(filter: filter)) { columns, _ in
      if scan.firstMs == nil { scan.firstMs = Double(monotonicNs() - start.1) * 1e-6 }
      scan.hits += columns.count
    }
    scan.cpuSeconds = processorSeconds() - start.0
    scan.wallSeconds = Double(monotonicNs() - start.1) * 1e-9
    return scan
  }

  private static func scan(_ log: BenchLog, _ pattern: Pattern, _ rg: String) throws -> Scan {
    let run = try ChildProcess.run(
      [rg, "--count", "--no-config"] + (pattern.isRegex ? [] : ["--fixed-strings"]) + [
        "-e", pattern.text, log.path,
      ], output: .captured)
    return Scan(
      hits: Int(run.text.filter { !$0.isWhitespace }) ?? 0, cpuSeconds: run.processorSeconds,
      wallSeconds: run.wallSeconds)
  }

  private func print(_ pattern: Pattern, _ tool: String, _ scans: [Scan]) {
    var line = ResultLine("filter", pattern.name, tool: tool)
    line["count"] = Double(scans.count)
    line["hits"] = Double(scans[0].hits)
    line["cpu_s"] = scans.map(\.cpuSeconds).median
    line["cpu_s_p95"] = scans.map(\.cpuSeconds).quantile(0.95)
    line["wall_s"] = scans.map(\.wallSeconds).median
    line["wall_s_p95"] = scans.map(\.wallSeconds).quantile(0.95)
    let first = scans.compactMap(\.firstMs)
    if !first.isEmpty { line["first_ms"] = first.median }
    line.print()
  }

  /// From the key that accepts a filter to the first counts of what it lets through, and to all of them.
  private func onScreen(_ log: BenchLog) throws {
    var first: [Double] = []
    var complete: [Double] = []
    // A program of its own each turn: what it has found before is of no use to it.
    for _ in 0..<options.scale.slowRuns {
      let home = try CleanHome(try options.benchData().path("home"))
      let terminal = try PseudoTerminal([try options.triptych(), log.path], environment: home.environment)
      defer { terminal.end() }
      let total = "\(grouped(log.eventCount)) events"
      guard terminal.wait(until: { $0.contains(total) && !$0.contains("reading") }) != nil else {
        throw BenchError("\(log.path) was not read on screen within a minute")
      }
      for pattern in Self.patterns {
        let (some, all) = try filter(terminal, pattern)
        first.append(some)
        complete.append(all)
      }
    }
    var line = ResultLine("filter", "screen")
    line["count"] = Double(complete.count)
    line["first_p50_ms"] = first.median
    line["first_p95_ms"] = first.quantile(0.95)
    line["first_most_ms"] = first.max()
    line["complete_p50_ms"] = complete.median
    line["complete_p95_ms"] = complete.quantile(0.95)
    line.print()
  }

  private func filter(_ terminal: PseudoTerminal, _ pattern: Pattern) throws -> (
    first: Double, complete: Double
  ) {
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
    terminal.send("sr")
    return (some, all)
  }
}
