import ArgumentParser
import EventMatrix
import EventModel
import Glibc

/// Thousands of services, most of them quiet or all of them busy, of which a screen shows 200; and shapes that hurt.
struct ServicesBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services",
    abstract:
      "Asks for panes of 200 rows out of 2,000 and 10,000 services, and of events crowded into a microsecond."
  )

  @OptionGroup var options: WorldOptions

  private static let start: Int64 = 1_768_471_200_000_000_000
  private static let rowCount = 200

  func run() {
    for (name, serviceCount, exponent) in [
      ("zipf-200", 200, 1.1), ("zipf-2000", 2_000, 1.1), ("zipf-10000", 10_000, 1.1),
      ("even-2000", 2_000, 0), ("even-10000", 10_000, 0),
    ] {
      let spanNs = Int64(options.seconds) * 1_000_000_000
      measure(name, serviceCount, exponent, spanNs: spanNs, widths: columnWidths(spanNs))
    }
    measure("one-microsecond", 200, 1.1, spanNs: 1_000, widths: [1, 5])
  }

  /// Of round widths, those at which 120 columns cover a thousandth to all of the time.
  private func columnWidths(_ spanNs: Int64) -> [Int64] {
    [30, 20, 10, 5, 2, 1].map { $0 * 1_000_000_000 }.filter { $0 <= spanNs / 120 }
  }

  private func measure(
    _ name: String, _ serviceCount: Int, _ exponent: Double, spanNs: Int64, widths: [Int64]
  ) {
    guard options.only.isEmpty || name.contains(options.only) else { return }
    var numbers = SeededNumbers(seed: options.seed)
    let services = AliasTable(weights: (1...serviceCount).map { pow(Double($0), -exponent) })
    var matrix = EventMatrix()
    var adding = Measurement()
    var columns = EventColumns(source: SourceID(rawValue: 0))
    // Loudness has nothing to do with the number of a service.
    let numberOfRank = (0..<UInt32(serviceCount)).shuffled(using: &numbers)
    for index in 0..<options.events {
      let share = numbers.unit()
      let severity: Severity = share < 0.3 ? .debug : share < 0.9 ? .info : share < 0.97 ? .warn : .error
      columns.append(
        time: Timestamp(
          nanoseconds: Self.start + Int64(Double(spanNs) * Double(index) / Double(options.events))),
        service: ServiceID(rawValue: numberOfRank[Int(services.draw(&numbers))]), severity: severity)
      if columns.count == 4_096 || index == options.events - 1 {
        adding.time { matrix.add(columns) }
        columns.removeAll()
      }
    }
    adding.time { matrix.settle() }
    let perEvent = { (bytes: Int) in (Double(bytes) / Double(options.events)).rounded(to: 2) }
    printLine(
      "services", options.events, name,
      [
        ("million_events_per_s", (Double(options.events) / adding.totalSeconds / 1e6).rounded(to: 1)),
        ("longest_ms", (adding.quantile(1) / 1_000).rounded(to: 2)),
        ("row_bytes", "\(matrix.memory.rowByteCount)"),
        ("row_bytes_per_event", perEvent(matrix.memory.rowByteCount)),
        ("index_bytes_per_event", perEvent(matrix.memory.indexByteCount)),
        ("other_bytes_per_event", perEvent(matrix.memory.otherByteCount)),
      ])
    var rows = [Int32](repeating: -1, count: serviceCount)
    for rank in 0..<Self.rowCount { rows[Int(numberOfRank[rank])] = Int32(rank) }
    pane(name + "-loudest", matrix, rows, spanNs, widths)
    pane(name + "-fine", matrix, rows, spanNs, [spanNs / 100_000 + 1])
  }

  private func pane(
    _ name: String, _ matrix: EventMatrix, _ rows: [Int32], _ spanNs: Int64, _ widths: [Int64]
  ) {
    guard let widest = widths.first else { return }
    var choices = SeededNumbers(seed: options.seed)
    var measurement = Measurement()
    var answer = MatrixCounts()
    var sum: UInt64 = 0
    for _ in 0..<options.repetitions {
      let width = widths.randomElement(using: &choices) ?? widest
      let room = max(1, spanNs - width * 120)
      let offset = Int64.random(in: 0..<room, using: &choices) / width * width
      let query = MatrixQuery(
        columns: TimeColumns(
          start: Timestamp(nanoseconds: Self.start + offset), widthNs: width, count: 120),
        rowOfService: rows, rowCount: Self.rowCount)
      measurement.time { matrix.count(query, into: &answer) }
      sum &+= checksum(answer.counts)
    }
    printLine("services", options.events, name, measurement.fields + [("checksum", "\(sum)")])
  }
}
