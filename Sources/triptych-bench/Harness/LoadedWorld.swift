import EventMatrix
import EventModel

/// A matrix with generated events in it, and what adding them took.
struct LoadedWorld {
  let matrix: EventMatrix
  let spanNs: Int64
  let serviceCount: Int
  /// Counted event by event beside the matrix: 120 columns over everything, all services.
  let expected: [UInt32]
  private let eventCount: Int
  private let adding: Measurement

  init(_ options: WorldOptions) {
    var generator = GeneratedEvents(
      eventCount: options.events, seconds: options.seconds, seed: options.seed)
    serviceCount = generator.serviceCount
    eventCount = options.events
    spanNs = generator.spanNs
    let columnNs = spanNs / 120
    var matrix = EventMatrix()
    var adding = Measurement()
    var expected = [UInt32](repeating: 0, count: serviceCount * 120 * Severity.bandCount)
    var columns = EventColumns(source: SourceID(rawValue: 0))
    var batchCount = 0
    var snapshot = matrix
    while true {
      generator.next(4_096, into: &columns)
      if columns.count == 0 { break }
      for index in 0..<columns.count {
        let column = Int((columns.times[index] - GeneratedEvents.start.nanoseconds) / columnNs)
        let cell = columns.services[index].index * 120 + column
        if column < 120 { expected[cell * Severity.bandCount + Int(columns.severities[index].rawValue)] += 1 }
      }
      adding.time { matrix.add(columns) }
      batchCount += 1
      // About as often as a screen asks while a file is read; what it costs shows in the next `add`.
      if batchCount % 100 == 0 { snapshot = matrix }
    }
    adding.time { matrix.settle() }
    precondition(snapshot.eventCount <= matrix.eventCount, "a snapshot cannot grow")
    self.matrix = matrix
    self.expected = expected
    self.adding = adding
  }

  func printAdding(_ bench: String) {
    printLine(
      bench, eventCount, "add",
      [
        ("seconds", adding.totalSeconds.rounded(to: 3)),
        ("million_events_per_s", (Double(eventCount) / adding.totalSeconds / 1e6).rounded(to: 1)),
        ("longest_ms", (adding.quantile(1) / 1_000).rounded(to: 2)),
        ("bytes_per_event", perEvent(matrix.byteCount)),
        ("row_bytes_per_event", perEvent(matrix.memory.rowByteCount)),
        ("index_bytes_per_event", perEvent(matrix.memory.indexByteCount)),
        ("peak_resident_bytes", "\(peakResidentBytes())"),
      ])
  }

  private func perEvent(_ byteCount: Int) -> String {
    (Double(byteCount) / Double(eventCount)).rounded(to: 2)
  }

  /// The cells of the whole, as the peers' scripts write them: services by number.
  func writeCells(to path: String) throws {
    var file = try OutputFile(path)
    try file.append(Array("time,service,severity,count\n".utf8))
    for column in 0..<120 {
      let time = GeneratedEvents.start.nanoseconds + Int64(column) * (spanNs / 120)
      for service in 0..<serviceCount {
        for severity in Severity.allCases {
          let count = expected[(service * 120 + column) * Severity.bandCount + Int(severity.rawValue)]
          if count > 0 { try file.append(Array("\(time),\(service),\(severity.name),\(count)\n".utf8)) }
        }
      }
    }
    try file.finish()
  }

  func pane(start: Timestamp, widthNs: Int64) -> MatrixQuery {
    MatrixQuery(
      columns: TimeColumns(start: start, widthNs: widthNs, count: 120),
      rowOfService: (0..<Int32(serviceCount)).map { $0 },
      rowCount: serviceCount)
  }

  /// Somewhere inside, so that 120 columns of `widthNs` still fit if they can.
  func randomStart(_ widthNs: Int64, _ numbers: inout SeededNumbers, aligned: Bool) -> Timestamp {
    let room = max(1, spanNs - widthNs * 120)
    let offset = Int64.random(in: 0..<room, using: &numbers)
    return GeneratedEvents.start.advanced(
      byNanoseconds: aligned ? offset.flooredDivision(by: widthNs) * widthNs : offset)
  }
}
