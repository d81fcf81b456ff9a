import EventMatrix
import EventModel
import Foundation
import LogFiles
import SessionHost
import Testing

@Suite struct MatrixCellsTests {
  private struct Key: Hashable {
    var bucket: Int64
    var service: UInt32
    var severity: UInt8
  }

  private func cells(_ matrix: EventMatrix, widthNs: Int64, services: [ServiceID]) -> [MatrixCell] {
    var cells: [MatrixCell] = []
    matrix.forEachCell(widthNs: widthNs, services: services) { cells.append($0) }
    return cells
  }

  private func services(_ numbers: UInt32...) -> [ServiceID] { numbers.map(ServiceID.init) }

  @Test func `cells come by time, then in the order of the services asked for, then by severity`() {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for (second, service, severity) in [
      (61, 0, .info), (0, 1, .error), (1, 1, .unknown), (2, 0, .warn), (3, 0, .warn), (4, 2, .info),
    ] as [(Int64, UInt32, Severity)] {
      columns.append(
        time: Timestamp(seconds: second, nanoseconds: 0), service: ServiceID(rawValue: service),
        severity: severity)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    let found = cells(matrix, widthNs: 60_000_000_000, services: services(1, 0))
    #expect(found.map(\.service.rawValue) == [1, 1, 0, 0])
    #expect(found.map(\.severity) == [.unknown, .error, .warn, .info])
    #expect(found.map(\.count) == [1, 1, 2, 1])
    #expect(found.map(\.time.nanoseconds) == [0, 0, 0, 60_000_000_000])
  }

  @Test func `two events a century apart are found in buckets of a millisecond`() {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    let times: [Int64] = [-1_500_000_000 * 1_000_000_000 - 1, 1_500_000_000 * 1_000_000_000]
    for time in times {
      columns.append(
        time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: 0), severity: .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    let found = cells(matrix, widthNs: 1_000_000, services: services(0))
    #expect(found.map(\.time.nanoseconds) == [times[0] + 1 - 1_000_000, times[1]])
  }

  @Test(arguments: [86_400, 31_536_000, 3_153_600_000, 9_000_000_000] as [Int64])
  func `events from one end of time to the other are all found, also where a bucket begins before it`(
    seconds: Int64
  ) {
    let widthNs = seconds * 1_000_000_000
    let times = [.min, .min + 5_000_000_000, -1, 0, 9_221_990_400_000_000_000, .max - 1] as [Int64]
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for time in times {
      columns.append(time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: 0), severity: .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    var expected: [Int64: UInt32] = [:]
    for time in times {
      let start = Int128(time.flooredDivision(by: widthNs)) * Int128(widthNs)
      expected[Int64(clamping: start), default: 0] += 1
    }
    let found = cells(matrix, widthNs: widthNs, services: services(0))
    #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.time.nanoseconds, $0.count) }) == expected)
  }

  @Test func `the first instant, the epoch and the last instant are found in buckets of a day`() {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for time in [.min, .max, 0] as [Int64] {
      columns.append(time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: 0), severity: .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    let day: Int64 = 86_400_000_000_000
    let found = cells(matrix, widthNs: day, services: services(0))
    #expect(found.map(\.time.nanoseconds) == [.min, 0, .max / day * day])
    #expect(found.map(\.count) == [1, 1, 1])
  }

  @Test(arguments: [1, 1000, 86_400_000_000_000] as [Int64])
  func `a hundred thousand events in one microsecond are all counted`(widthNs: Int64) {
    let start: Int64 = 1_790_000_000_000_000_000
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for index in 0..<100_000 {
      columns.append(
        time: Timestamp(nanoseconds: start + Int64(index % 1000)), service: ServiceID(rawValue: 0),
        severity: .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    let found = cells(matrix, widthNs: widthNs, services: services(0))
    #expect(found.map(\.count) == (widthNs == 1 ? Array(repeating: 100, count: 1000) : [100_000]))
    #expect(found.first?.time.nanoseconds == start.flooredDivision(by: widthNs) * widthNs)
  }

  @Test(arguments: [Int64(1_000_000), 100_000_000, 1_000_000_000, 7_000_000_000, 3_600_000_000_000])
  func `random events are counted as a dictionary counts them, at any width`(widthNs: Int64) {
    let seed =
      ProcessInfo.processInfo.environment["TRIPTYCH_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    var state = seed
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var matrix = EventMatrix()
    var expected: [Key: UInt32] = [:]
    for _ in 0..<20 {
      var columns = EventColumns(source: SourceID(rawValue: 0))
      let start = Int64(random(40_000)) * 1_000_000_000
      for _ in 0..<500 {
        let time = start + Int64(random(2_000_000_000))
        let key = Key(
          bucket: time / widthNs, service: UInt32(random(40)),
          severity: UInt8(random(UInt64(Severity.bandCount))))
        expected[key, default: 0] += 1
        columns.append(
          time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: key.service),
          severity: Severity(rawValue: key.severity) ?? .unknown)
      }
      matrix.add(columns)
    }
    var found: [Key: UInt32] = [:]
    for cell in cells(matrix, widthNs: widthNs, services: (0..<40).map(ServiceID.init)) {
      let key = Key(
        bucket: cell.time.nanoseconds / widthNs, service: cell.service.rawValue,
        severity: cell.severity.rawValue)
      #expect(found[key] == nil, "a cell came twice; TRIPTYCH_SEED=\(seed)")
      found[key] = cell.count
    }
    #expect(found == expected, "TRIPTYCH_SEED=\(seed)")
  }

  @Test func `no service and no event are no cells`() {
    #expect(cells(EventMatrix(), widthNs: 1000, services: services(0)).isEmpty)
    var columns = EventColumns(source: SourceID(rawValue: 0))
    columns.append(time: Timestamp(nanoseconds: 5), service: ServiceID(rawValue: 0), severity: .info)
    var matrix = EventMatrix()
    matrix.add(columns)
    #expect(cells(matrix, widthNs: 1000, services: []).isEmpty)
  }
}

@Suite struct LocalZoneTests {
  @Test func `a zone is found by its name, and summer is told from winter`() throws {
    let berlin = try #require(LocalZone.named("Europe/Berlin"))
    #expect(berlin.offsetSeconds(at: Timestamp(seconds: 1_768_000_000)) == 3600)
    #expect(berlin.offsetSeconds(at: Timestamp(seconds: 1_784_000_000)) == 7200)
    #expect(LocalZone.named("UTC") == .utc)
  }

  @Test(arguments: ["", "No/Such", "../../../etc/passwd", "Europe/../UTC", "/etc/passwd", "Europe"])
  func `what is no zone is refused`(name: String) {
    #expect(LocalZone.named(name) == nil)
  }
}

@Suite struct `Counts in buckets of a big file` {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "buckets-\(UUID().uuidString.prefix(8))")

  /// Lines of four services over two hours, one of which has no name.
  private func write(_ count: Int) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "app.log").path
    let lines = (0..<count).map { index in
      let time = Timestamp(seconds: 1_790_000_000 + Int64(index * 7_200 / count)).rfc3339()
      let service = index % 4 == 3 ? "" : "\"service\":\"s\(index % 4)\","
      return "{\"time\":\"\(time)\",\(service)\"level\":\"\(index % 5 == 0 ? "error" : "info")\"}\n"
    }.joined()
    try Data(lines.utf8).write(to: URL(filePath: path))
    let old = Date(timeIntervalSinceNow: -60)
    try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
    return path
  }

  private func options(_ change: (inout ReadingOptions) -> Void = { _ in }) -> ReadingOptions {
    var options = ReadingOptions(now: Timestamp(nanoseconds: 0), keepsBlocks: false)
    options.indexCache = IndexCache(
      directory: folder.appending(path: "cache").path, program: "test", leastByteCount: 1)
    // A test writes and reads within one second.
    options.indexCache?.restNs = 0
    change(&options)
    return options
  }

  /// - Parameter widthNs: of the buckets of a matrix that answers instead of counted ones.
  private func lines(_ reading: EventReading, widthNs: Int64 = 60_000_000_000) -> [String] {
    let services = (0..<UInt32(reading.services.count)).map(ServiceID.init)
    var lines: [String] = []
    func add(_ cell: MatrixCell) {
      let name = reading.services[cell.service].repaired
      lines.append("\(cell.time.nanoseconds) \(name) \(cell.severity) \(cell.count)")
    }
    if let cells = reading.cells {
      cells.forEachCell(services: services, add)
    } else {
      reading.matrix.forEachCell(widthNs: widthNs, services: services, add)
    }
    return lines.sorted()
  }

  @Test(arguments: [1, 60, 90] as [Int64], [false, true])
  func `are those of a matrix that was kept whole, also of a part of its time and after the log has grown`(
    seconds: Int64, hasGrown: Bool
  ) throws {
    let path = try write(6_000)
    defer { try? FileManager.default.removeItem(at: folder) }
    EventReading.atRest([.path(path)], options: options { $0.keepsBlocks = true }).keepIndex()
    if hasGrown {
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.seekToEnd()
      try file.write(
        contentsOf: Data(#"{"time":"2026-09-21T14:13:30Z","service":"late","level":"fatal"}"#.utf8 + [0x0A]))
      try file.close()
    }
    let widthNs = seconds * 1_000_000_000
    let part = TimeRange(start: Timestamp(seconds: 1_790_000_030), end: Timestamp(seconds: 1_790_003_100))
    for range in [TimeRange.everything, part] {
      let kept = EventReading.atRest([.path(path)], options: options(), range: range, cellWidthNs: widthNs)
      let fresh = EventReading.atRest(
        [.path(path)], options: options { $0.indexCache = nil }, range: range, cellWidthNs: widthNs)
      // The log is not counted again, unless new events of that time come on top.
      let hasNewEvents = hasGrown && range == .everything
      #expect(fresh.cells != nil)
      #expect((kept.cells == nil) == !hasNewEvents)
      #expect(lines(kept, widthNs: widthNs) == lines(fresh))
      #expect(!lines(fresh).isEmpty)
      #expect(lines(fresh).contains { $0.contains("late") } == hasNewEvents)
    }
  }

  @Test(arguments: [60, 300, 90] as [Int64])
  func `are the same when they are kept and asked for again in wider ones, or are counted anew`(
    seconds: Int64
  ) throws {
    let path = try write(6_000)
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = EventReading.atRest([.path(path)], options: options(), cellWidthNs: 60_000_000_000)
    first.keepIndex()
    let entries = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "cache").path)
    #expect(entries.count == 1)
    let again = EventReading.atRest([.path(path)], options: options(), cellWidthNs: seconds * 1_000_000_000)
    let fresh = EventReading.atRest(
      [.path(path)], options: options { $0.indexCache = nil }, cellWidthNs: seconds * 1_000_000_000)
    #expect(lines(again) == lines(fresh))
    #expect(lines(fresh).isEmpty == false)
    #expect(again.statuses.first?.tally == fresh.statuses.first?.tally)
  }

  @Test func `of a part of the time are counted from the events, not from buckets that reach over its ends`()
    throws
  {
    let path = try write(6_000)
    defer { try? FileManager.default.removeItem(at: folder) }
    EventReading.atRest([.path(path)], options: options(), cellWidthNs: 60_000_000_000).keepIndex()
    let range = TimeRange(start: Timestamp(seconds: 1_790_000_030), end: Timestamp(seconds: 1_790_000_100))
    let part = EventReading.atRest(
      [.path(path)], options: options(), range: range, cellWidthNs: 60_000_000_000)
    let fresh = EventReading.atRest(
      [.path(path)], options: options { $0.indexCache = nil }, range: range, cellWidthNs: 60_000_000_000)
    #expect(lines(part) == lines(fresh))
    #expect(!lines(part).isEmpty)
  }
}

@Suite struct BucketTableTests {
  @Test(arguments: [Int64(1_000_000), 1_000_000_000, 7_000_000_000, 86_400_000_000_000])
  func `cells are counted as a dictionary counts them, also at the ends of time`(widthNs: Int64) {
    let seed =
      ProcessInfo.processInfo.environment["TRIPTYCH_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    var state = seed
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var truth: [Int64: [UInt32: [Severity: UInt32]]] = [:]
    var counts = BucketTable(widthNs: widthNs)
    let ends: [Int64] = [.min, .min + 1, .max, .max - 1, 0, -1]
    for _ in 0..<20 {
      var columns = EventColumns(source: SourceID(rawValue: 0))
      for _ in 0..<500 {
        let near = Int64(random(60_000)) * 1_000_000 - 30_000_000_000
        let time = random(50) == 0 ? ends[Int(random(6))] : near
        let (service, severity) = (UInt32(random(40)), Severity.allCases[Int(random(7))])
        columns.append(
          time: Timestamp(nanoseconds: time), service: ServiceID(rawValue: service), severity: severity)
        let counted = min(time, .max - 1)
        let bucket = counted / widthNs - (counted % widthNs < 0 ? 1 : 0)
        truth[bucket, default: [:]][service, default: [:]][severity, default: 0] += 1
      }
      counts.add(columns)
    }
    counts.settle()
    let services = (0..<39).map { ServiceID(rawValue: 38 - $0) }
    var wanted: [String] = []
    for bucket in truth.keys.sorted() {
      let (start, overflow) = bucket.multipliedReportingOverflow(by: widthNs)
      for service in services {
        for severity in SeveritySet.atLeast(.info).severities {
          guard let count = truth[bucket]?[service.rawValue]?[severity] else { continue }
          wanted.append("\(overflow ? .min : start) \(service.rawValue) \(severity) \(count)")
        }
      }
    }
    var found: [String] = []
    counts.forEachCell(services: services, severities: .atLeast(.info)) {
      found.append("\($0.time.nanoseconds) \($0.service.rawValue) \($0.severity) \($0.count)")
    }
    #expect(found == wanted, "seed \(seed)")
    #expect(found.count > 200)
  }
}
