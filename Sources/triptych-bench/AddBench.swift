import ArgumentParser
import EventMatrix
import EventModel

/// Adding events: in order, nearly in order, late ones anywhere, and a live feed that is looked at.
struct AddBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds events in order, out of order and live, and says what each event costs.")

  @OptionGroup var options: WorldOptions

  func run() {
    let batches = generatedBatches()
    add("nearly-in-order", batches)
    add("in-order", inOrder(batches))
    var choices = SeededNumbers(seed: options.seed)
    // Every hundredth batch comes at a random place.
    let late = batches.indices.filter { $0 % 100 == 99 }
    var shuffled = batches
    for index in late { shuffled.swapAt(index, late.randomElement(using: &choices) ?? index) }
    add("some-late", shuffled)
    if options.only.isEmpty || "random-order".contains(options.only) {
      add("random-order", anyOrder(batches, &choices))
    }
    live(batches)
  }

  private func anyOrder(_ batches: [EventColumns], _ choices: inout SeededNumbers) -> [EventColumns] {
    let all = batches.flatMap { batch in batch.times.indices.map { (batch, $0) } }.shuffled(using: &choices)
    return cut(all)
  }

  private func cut(_ all: [(EventColumns, Int)]) -> [EventColumns] {
    stride(from: 0, to: all.count, by: 4_096).map { start in
      var columns = EventColumns(source: SourceID(rawValue: 0))
      for (batch, index) in all[start..<min(start + 4_096, all.count)] {
        columns.append(
          time: Timestamp(nanoseconds: batch.times[index]), service: batch.services[index],
          severity: batch.severities[index])
      }
      return columns
    }
  }

  private func generatedBatches() -> [EventColumns] {
    var generator = GeneratedEvents(
      eventCount: options.events, seconds: options.seconds, seed: options.seed)
    var batches: [EventColumns] = []
    while true {
      var columns = EventColumns(source: SourceID(rawValue: 0))
      columns.reserveCapacity(4_096)
      generator.next(4_096, into: &columns)
      if columns.count == 0 { return batches }
      batches.append(columns)
    }
  }

  private func inOrder(_ batches: [EventColumns]) -> [EventColumns] {
    guard options.only.isEmpty || "in-order".contains(options.only) else { return [] }
    let all = batches.flatMap { batch in batch.times.indices.map { (batch, $0) } }
      .sorted { $0.0.times[$0.1] < $1.0.times[$1.1] }
    return cut(all)
  }

  private func add(_ name: String, _ batches: [EventColumns]) {
    guard options.only.isEmpty || name.contains(options.only) else { return }
    var best = 0.0
    var longest = 0.0
    var matrix = EventMatrix()
    for _ in 0..<5 {
      matrix = EventMatrix()
      var adding = Measurement()
      for columns in batches { adding.time { matrix.add(columns) } }
      adding.time { matrix.settle() }
      best = max(best, Double(matrix.eventCount) / adding.totalSeconds)
      longest = adding.quantile(1)
    }
    printLine(
      "add", options.events, name,
      [
        ("million_events_per_s", (best / 1e6).rounded(to: 1)),
        ("longest_ms", (longest / 1_000).rounded(to: 2)),
        ("row_bytes_per_event", perEvent(matrix.memory.rowByteCount)),
        ("index_bytes_per_event", perEvent(matrix.memory.indexByteCount)),
        ("other_bytes_per_event", perEvent(matrix.memory.otherByteCount)),
      ])
  }

  /// 50,000 events a second in 20 batches, each followed by a snapshot and a pane of its newest two minutes.
  private func live(_ batches: [EventColumns]) {
    guard options.only.isEmpty || "live".contains(options.only) else { return }
    var matrix = EventMatrix()
    var cost = Measurement()
    var answer = MatrixCounts()
    var batch = EventColumns(source: SourceID(rawValue: 0))
    let rows = (0..<Int32(GeneratedEvents.serviceCount)).map { $0 }
    for columns in batches {
      for index in 0..<columns.count {
        batch.append(
          time: Timestamp(nanoseconds: columns.times[index]), service: columns.services[index],
          severity: columns.severities[index])
        guard batch.count == 2_500 else { continue }
        let newest = columns.times[index]
        cost.time {
          matrix.add(batch)
          let snapshot = matrix
          let start = Timestamp(nanoseconds: newest - 119_000_000_000)
          snapshot.count(
            MatrixQuery(
              columns: TimeColumns(start: start, widthNs: 1_000_000_000, count: 120), rowOfService: rows,
              rowCount: rows.count), into: &answer)
        }
        batch.removeAll()
      }
    }
    printLine(
      "add", options.events, "live",
      cost.fields + [
        ("core_percent", (cost.totalSeconds * 5_000_000 / Double(options.events)).rounded(to: 2))
      ])
  }

  private func perEvent(_ byteCount: Int) -> String {
    (Double(byteCount) / Double(options.events)).rounded(to: 2)
  }
}
