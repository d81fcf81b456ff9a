import ArgumentParser
import EventMatrix
import EventModel

/// Adding, panes at every zoom, dice and snapshots.
struct MatrixBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix",
    abstract: "Adds events, then asks for panes of 120 x 200 x 6 at ten zooms, and for dice.")

  @OptionGroup var options: WorldOptions

  @OptionGroup(title: "Peers") var peers: ColumnPeerOptions

  func run() throws {
    let world = LoadedWorld(options)
    try measureOurs(world)
    try peers.run(world, options)
  }

  private func measureOurs(_ world: LoadedWorld) throws {
    world.printAdding("matrix")
    try panes(world)
    measure("pane-empty", world) { world.pane(start: .first, widthNs: 1) }
    measure("pane-same", world) { world.pane(start: GeneratedEvents.start, widthNs: world.spanNs / 120) }
    unalignedPanes(world)
    fineZooms(world)
    dice(world)
  }

  private func panes(_ world: LoadedWorld) throws {
    let width = world.spanNs / 120
    let first = world.matrix.counts(world.pane(start: GeneratedEvents.start, widthNs: width)).counts
    printLine(
      "matrix", options.events, "whole",
      [("checksum", "\(checksum(first))"), ("exact", "\(first == world.expected)")])
    guard first == world.expected else {
      throw BenchError("the pane of the whole does not hold what was added")
    }
    var zooms = SeededNumbers(seed: options.seed)
    let widths: [Int64] = [30, 20, 10, 5, 3, 2, 1].map { $0 * 1_000_000_000 }.filter { $0 <= width }
    measure("pane", world) {
      let width = widths.randomElement(using: &zooms) ?? width
      return world.pane(start: world.randomStart(width, &zooms, aligned: true), widthNs: width)
    }
  }

  private func unalignedPanes(_ world: LoadedWorld) {
    var zooms = SeededNumbers(seed: options.seed)
    measure("pane-unaligned", world) {
      let width = world.spanNs / Int64.random(in: 120...1_200, using: &zooms)
      return world.pane(start: world.randomStart(width, &zooms, aligned: false), widthNs: width)
    }
  }

  private func fineZooms(_ world: LoadedWorld) {
    for (name, width) in [("100ms", 100_000_000), ("10ms", 10_000_000), ("1ms", 1_000_000)]
      as [(String, Int64)]
    {
      var zooms = SeededNumbers(seed: options.seed)
      measure("fine-\(name)", world) {
        world.pane(start: world.randomStart(width, &zooms, aligned: true), widthNs: width)
      }
    }
  }

  private func dice(_ world: LoadedWorld) {
    var choices = SeededNumbers(seed: options.seed)
    measure("dice", world) {
      var rows = [Int32](repeating: -1, count: GeneratedEvents.serviceCount)
      for row in 0..<5 as Range<Int32> { rows[Int.random(in: 0..<rows.count, using: &choices)] = row }
      return MatrixQuery(
        columns: TimeColumns(start: GeneratedEvents.start, widthNs: world.spanNs / 120, count: 120),
        rowOfService: rows, rowCount: 5, severities: .atLeast(.error))
    }
  }

  private func measure(_ name: String, _ world: LoadedWorld, _ query: () -> MatrixQuery) {
    guard options.only.isEmpty || name.contains(options.only) else { return }
    var measurement = Measurement()
    var sum: UInt64 = 0
    var answer = MatrixCounts()
    for _ in 0..<options.repetitions {
      let query = query()
      measurement.time { world.matrix.count(query, into: &answer) }
      sum &+= checksum(answer.counts)
    }
    printLine("matrix", options.events, name, measurement.fields + [("checksum", "\(sum)")])
  }
}
