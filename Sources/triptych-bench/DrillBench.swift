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
    if onScreen { return try ScreenDrill(screen).run() }
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
