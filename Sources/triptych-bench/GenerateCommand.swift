import ArgumentParser

/// Only writes what the other subcommands would write when they need it.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes the logs and columns that the benches read, and says how fast.",
    discussion: "Example: triptych-bench generate --scale full")

  @OptionGroup var options: BenchOptions

  @Flag(help: "Also what takes most room: the columns, the compressed logs and the hostile shapes.")
  var everything = false

  func run() throws {
    let data = try options.benchData()
    try report("log") { try data.mainLog().path }
    for dialect in [LogDialect.syslog, .logback, .access] {
      try report("text-\(dialect.rawValue)") { try data.textLog(dialect).path }
    }
    guard everything else { return }
    for count in options.scale.columnEvents {
      try report("columns-\(count)") { try data.columns(count) + ".times" }
    }
    for ending in ["gz", "zst"] { try report("compressed-\(ending)") { try data.compressed(ending) } }
    for shape in HostileShape.allCases {
      try report("hostile-\(shape.rawValue)") { try data.hostile(shape).path }
    }
  }

  private func report(_ name: String, _ make: () throws -> String) throws {
    let start = monotonicNs()
    let path = try make()
    var line = ResultLine("generate", name)
    line["seconds"] = Double(monotonicNs() - start) * 1e-9
    line["bytes"] = Double(fileByteCount(path))
    line.print()
  }
}
