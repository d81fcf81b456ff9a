// triptych-bench: how fast and how big the rooms are, on worlds made from a seed.
// Each line of output is one JSON object. It reads no file and knows no screen.

import ArgumentParser

@main
struct TriptychBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "triptych-bench",
    abstract: "Measures the matrix on generated events; one JSON object a line.",
    discussion: "Example: triptych-bench matrix --events 10000000",
    subcommands: [MatrixBench.self, DrillBench.self, FrameBench.self])
}

struct WorldOptions: ParsableArguments {
  @Option(help: "How many events to generate.")
  var events = 1_000_000

  @Option(help: "The same seed gives the same events.")
  var seed: UInt64 = 42

  @Option(help: "Seconds from the first event to the last.")
  var seconds = 3_600

  @Option(help: "How often each query is asked.")
  var repetitions = 500

  @Option(help: "Only cases whose name contains this.")
  var only = ""

  func validate() throws {
    guard events > 0, seconds > 0, repetitions > 0 else {
      throw ValidationError("--events, --seconds and --repetitions count from 1")
    }
  }
}
