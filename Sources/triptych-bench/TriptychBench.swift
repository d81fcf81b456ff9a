// triptych-bench: how fast and how big the rooms and the program are, on worlds made from a seed, beside their peers.
// Each line of output is one JSON object. Nothing here is part of the program.

import ArgumentParser

@main
struct TriptychBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "triptych-bench",
    abstract: "Measures Triptych and its peers on generated events; one JSON object a line.",
    discussion: "Examples:\n  triptych-bench matrix --events 10000000\n  triptych-bench all --scale full",
    subcommands: [
      IngestBench.self, MatrixBench.self, DrillBench.self, FilterBench.self, FrameBench.self, KeysBench.self,
      AddBench.self, ServicesBench.self, RecordingBench.self,
      AllBench.self, GenerateCommand.self, ReportCommand.self, CountsCommand.self, HotPathCommand.self,
      FeedCommand.self,
    ])

  static func main() {
    // Before anything else takes memory: this process must be small.
    if CommandLine.arguments.dropFirst().first == MeasuredChild.word {
      MeasuredChild.run(Array(CommandLine.arguments.dropFirst(2)))
    }
    main(nil)
  }
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
