import EventModel
import Foundation
import Testing

@testable import triptych_bench

@Suite struct LimitedTimesTests {
  @Test func `what does not come counts as the limit and fails the case`() throws {
    var times = LimitedTimes(limitMs: 200)
    for ms in [1.0, 2, 3] { times.add(ms) }
    try times.check("keys")
    times.add(nil)
    #expect(times.values == [1, 2, 3, 200])
    #expect(times.values.quantile(0.95) == 200)
    let error = #expect(throws: BenchError.self) { try times.check("keys") }
    #expect(error?.description == "keys: 1 of 4 did not come within 200 ms")
  }
}

@Suite struct SharedBytesTests {
  @Test func `an answer to several keys is shared among them`() {
    var bytes = SharedBytes()
    for count in [50, 0, 0, 90, 40, 0] { bytes.add(count) }
    #expect(bytes.values == [50, 30, 30, 30, 40])
    #expect(bytes.openCount == 1)
  }
}

@Suite struct FileChangeTests {
  /// 3,000 events, so that the middle is neither the beginning nor the end.
  private func log() throws -> (folder: String, log: BenchLog) {
    let folder = NSTemporaryDirectory() + "bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/fleet.ndjson"
    try BenchData.write(.ndjson, path, cells: "\(folder)/cells.csv", fileName: "fleet", eventCount: 3_000)
    return (
      folder, BenchLog(path: path, cellsPath: "\(folder)/cells.csv", eventCount: 3_000, dialect: .ndjson)
    )
  }

  @Test(arguments: BenchData.Change.allCases)
  func `a log is changed as it is said, and afterwards it is as it was`(change: BenchData.Change) throws {
    let (folder, log) = try log()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try BenchData(folder: folder, scale: .small)
    let before = try CellComparison.contents(log.path)
    try data.with(change, of: log) { eventCount in
      let now = try CellComparison.contents(log.path)
      #expect(now != before)
      #expect(now.count { $0 == 0x0a } == eventCount)
      let isEdited = change == .edited || change == .editedAndAppended
      let common = min(now.count, before.count)
      #expect((now[..<common] != before[..<common]) == (isEdited || change == .rotated))
      #expect((now.count == before.count) == (change == .edited))
      // An edited line is as long as it was, and its severity is another.
      guard isEdited else { return }
      let (old, new) = (String(decoding: before, as: UTF8.self), String(decoding: now, as: UTF8.self))
      let warnings = { (text: String) in text.matches(of: /"level":"warn"/).count }
      #expect(warnings(new) > warnings(old))
      #expect(new.prefix(1_000) == old.prefix(1_000))
    }
    #expect(try CellComparison.contents(log.path) == before)
  }

  @Test func `a log that cannot be read is not changed`() throws {
    let folder = NSTemporaryDirectory() + "bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try BenchData(folder: folder, scale: .small)
    let log = BenchLog(path: data.path("none"), cellsPath: "", eventCount: 0, dialect: .ndjson)
    for change in BenchData.Change.allCases {
      #expect(throws: BenchError.self) { try data.with(change, of: log) { _ in Issue.record("it was") } }
    }
  }
}

@Suite struct RequestTests {
  @Test func `the words that tell an event are those in the log`() throws {
    let path = NSTemporaryDirectory() + "bench-\(UUID().uuidString).ndjson"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var events = GeneratedEvents(eventCount: 500, seconds: 60, seed: 7)
    var writer = LogWriter(.ndjson, serviceCount: events.serviceCount)
    var file = try OutputFile(path)
    var requests: [String] = []
    while let event = events.next() {
      try writer.write(event, to: &file)
      requests.append(LogWriter.request(of: event))
    }
    try file.finish()
    let text = String(decoding: try CellComparison.contents(path), as: UTF8.self)
    #expect(text.matches(of: /req=([0-9a-f]{8})"/).map { String($0.1) } == requests)
    #expect(Set(requests).count == 500)
  }
}
