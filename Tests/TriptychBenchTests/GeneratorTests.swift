import EventModel
import Foundation
import Testing

@testable import triptych_bench

@Suite struct GeneratorTests {
  private let folder =
    FileManager.default.temporaryDirectory.path + "/triptych-bench-tests-\(UUID().uuidString)"

  private func log(_ dialect: LogDialect, seed: UInt64 = 42, eventCount: Int = 600) throws -> (
    text: Data, cells: String
  ) {
    try BenchData.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/fleet.log"
    try BenchData.write(
      dialect, path, cells: "\(folder)/cells.csv", fileName: "fleet", eventCount: eventCount, seed: seed)
    return (
      try Data(contentsOf: URL(filePath: path)),
      try String(contentsOfFile: "\(folder)/cells.csv", encoding: .utf8)
    )
  }

  @Test(arguments: LogDialect.allCases)
  func `the same seed writes the same bytes and another seed others`(dialect: LogDialect) throws {
    let first = try log(dialect)
    #expect(try log(dialect).text == first.text)
    #expect(try log(dialect).cells == first.cells)
    #expect(try log(dialect, seed: 43).text != first.text)
  }

  @Test(arguments: LogDialect.allCases)
  func `every event is a line and is in one of the expected cells`(dialect: LogDialect) throws {
    let (text, cells) = try log(dialect)
    #expect(text.count { $0 == 0x0a } == 600)
    let counts = cells.split(separator: "\n").dropFirst().map { Int($0.split(separator: ",")[3]) ?? -1 }
    #expect(counts.allSatisfy { $0 > 0 })
    #expect(counts.reduce(0, +) == 600)
  }

  @Test func `the expected cells are those of the lines, counted by Foundation`() throws {
    struct Line: Decodable {
      var ts: Int64
      var level: String
      var service: String
    }
    let (text, cells) = try log(.ndjson)
    var counts: [String: Int] = [:]
    for line in text.split(separator: 0x0a) {
      let event = try JSONDecoder().decode(Line.self, from: line)
      counts["\(event.ts / 30_000_000 * 30_000_000_000),\(event.service),\(event.level)", default: 0] += 1
    }
    let lines = cells.split(separator: "\n").dropFirst().map(String.init)
    #expect(Set(lines) == Set(counts.map { "\($0.key),\($0.value)" }))
    #expect(lines.count == counts.count)
  }

  @Test func `expected cells come by time, then by the bytes of the service, then by rank`() throws {
    let lines = try log(.ndjson).cells.split(separator: "\n").dropFirst()
    let keys = lines.map { line in
      let parts = line.split(separator: ",")
      let rank = Severity(name: String(parts[2]))?.rawValue ?? .max
      return (Int64(parts[0]) ?? 0, Array(parts[1].utf8), rank)
    }
    for (left, right) in zip(keys, keys.dropFirst()) {
      #expect(
        left.0 < right.0
          || left.0 == right.0
            && (left.1.lexicographicallyPrecedes(right.1) || left.1 == right.1 && left.2 < right.2)
      )
    }
  }

  @Test func `columns and single events are the same events`() {
    var single = GeneratedEvents(eventCount: 1_500, seconds: 3_600, seed: 7)
    var batched = GeneratedEvents(eventCount: 1_500, seconds: 3_600, seed: 7)
    var columns = EventColumns(source: SourceID(rawValue: 0))
    var count = 0
    while true {
      batched.next(999, into: &columns)
      if columns.count == 0 { break }
      for index in 0..<columns.count {
        let event = single.next()
        #expect(event.map { $0.microseconds * 1_000 } == columns.times[index])
        #expect(event?.service == columns.services[index].rawValue)
        #expect(event?.severity == columns.severities[index])
        count += 1
      }
    }
    #expect(count == 1_500)
    #expect(single.next() == nil)
  }

  @Test func `the busiest service has its share by Zipf's law`() {
    // Outside of incidents the first of 200 services has 1 / (1 + 2^-1.1 + ... + 200^-1.1) of the events.
    let share = 1 / (1...200).reduce(0.0) { $0 + pow(Double($1), -1.1) }
    var numbers = SeededNumbers(seed: 1)
    let table = AliasTable(weights: (1...200).map { pow(Double($0), -1.1) })
    let hits = (0..<20_000).count { _ in table.draw(&numbers) == 0 }
    #expect(abs(Double(hits) / 20_000 - share) < 0.02)
  }

  @Test func `names of services are distinct, however many there are`() {
    #expect(Set(FleetNames.services(2_000)).count == 2_000)
  }

  @Test(arguments: [0, 9, 10, 99, 100, 1_768_471_200_000_000, UInt64.max])
  func `numbers are written whole`(number: UInt64) throws {
    try BenchData.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var file = try OutputFile("\(folder)/number")
    file.append(number)
    file.append("|")
    file.append(7, width: 3)
    file.append("|")
    file.appendHex(0xbeef, digitCount: 6)
    try file.finish()
    #expect(try String(contentsOfFile: "\(folder)/number", encoding: .utf8) == "\(number)|007|00beef")
  }

  @Test func `a folder that cannot be written is told`() {
    #expect(throws: BenchError.self) { _ = try OutputFile("/proc/nowhere/file") }
  }
}

@Suite struct BenchDataTests {
  private let folder =
    FileManager.default.temporaryDirectory.path + "/triptych-bench-tests-\(UUID().uuidString)"

  @Test func `a file that is not as long as when it was made is made again, and one that is stays`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try BenchData(folder: folder, scale: .small)
    let log = try data.smallLog()
    let first = try Data(contentsOf: URL(filePath: log.path))
    var other = first
    other[0] ^= 1
    try other.write(to: URL(filePath: log.path))
    #expect(try Data(contentsOf: URL(filePath: data.smallLog().path)) == other)
    try other.dropLast().write(to: URL(filePath: log.path))
    #expect(try Data(contentsOf: URL(filePath: data.smallLog().path)) == first)
    data.discard(log.path)
    #expect(!FileManager.default.fileExists(atPath: log.path))
    #expect(try Data(contentsOf: URL(filePath: data.smallLog().path)) == first)
  }
}
