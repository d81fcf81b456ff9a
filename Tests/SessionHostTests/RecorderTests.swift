import Crypto
import EventModel
import Foundation
import LogFiles
import LogFormats
import Preferences
import Recording
import SessionHost
import Testing

@Suite("The recorder")
struct RecorderTests {
  private static let options = ReadingOptions(now: Timestamp(nanoseconds: 0), followIntervalMs: 5)

  @Test func `writes all of a source, and what people did, into a file that is read like the source`() throws
  {
    try Room.with { room in
      let source = try room.write(Room.lines(0..<6000), "a.log")
      let sources = Room.read([source])
      let recorder = try room.recorder(.all, sources)
      recorder.put(Array(#"{"v":1}"#.utf8), topic: "/commands", time: Timestamp(seconds: 5))
      #expect(recorder.finish())
      #expect(recorder.status.savedEventCount == 6000)
      #expect(Room.messages(Room.read([room.file])) == Room.messages(sources))
      let reader = try RecordingReader(path: room.file)
      #expect(reader.topics.contains { $0.name == "/commands" && $0.messageCount == 1 })
      #expect(try RecordingProof(path: room.file).isWhole)
    }
  }

  @Test func `writes only what touches the range on screen, and what was left out when it grows wider`()
    throws
  {
    try Room.with { room in
      // A line a second, some 700 in each block.
      let source = try room.write(Room.lines(0..<6000), "a.log")
      let sources = Room.read([source])
      let recorder = try room.recorder(.range, sources)
      recorder.show(Room.range(3000..<3001))
      #expect(Room.wait { recorder.status.savedEventCount > 0 })
      let first = recorder.status.savedEventCount
      #expect(first < 2000)
      recorder.show(Room.range(1000..<1001))
      #expect(Room.wait { recorder.status.savedEventCount >= first + 2000 })
      #expect(recorder.finish())
      let recorded = Room.messages(Room.read([room.file]))
      #expect(recorded.count == Int(recorder.status.savedEventCount) && recorded.count < 6000)
      #expect(Set(recorded).count == recorded.count)
      #expect(Set(recorded).isSuperset(of: (1000...3000).map { "message \($0)" }))
    }
  }

  @Test func `writes nothing of a range that nobody has shown`() throws {
    try Room.with { room in
      let sources = Room.read([try room.write(Room.lines(0..<100), "a.log")])
      let recorder = try room.recorder(.range, sources)
      #expect(recorder.finish())
      #expect(recorder.status.savedEventCount == 0)
    }
  }

  @Test func `tells what was changed since it was read, and keeps nothing false`() throws {
    try Room.with { room in
      let source = try room.write(Room.lines(0..<6000), "a.log")
      let sources = Room.read([source])
      try room.overwrite("a.log", at: 300_000, with: "XXXX")
      let recorder = try room.recorder(.all, sources)
      recorder.finish()
      #expect(recorder.status.problemCount == 1)
      #expect(recorder.status.problems.first?.reason.contains("changed after it was read") == true)
      let recorded = Room.messages(Room.read([room.file]))
      #expect(recorded == Array(Room.messages(sources).prefix(recorded.count)))
      #expect(recorded.count > 1000 && recorded.count < 6000)
    }
  }

  @Test func `refuses a file that is there, and a folder that is not`() throws {
    try Room.with { room in
      let sources = Room.read([try room.write(Room.lines(0..<10), "a.log")])
      _ = try room.write("mine", "session.mcap")
      #expect(throws: RecordingError.self) { try room.recorder(.all, sources) }
      #expect(try String(contentsOfFile: room.file, encoding: .utf8) == "mine")
      #expect(throws: RecordingError.self) {
        try Recorder(
          into: room.path + "/none/a.mcap", sources: sources, events: .all, sinceOpening: true,
          library: "test",
          key: { try RecorderKey.load(from: room.path) })
      }
    }
  }

  // MARK: - The key

  @Test func `makes a key once, for its owner alone`() throws {
    try Room.with { room in
      let folder = room.path + "/data/triptych"
      let first = try RecorderKey.load(from: folder).publicKey
      #expect(try RecorderKey.load(from: folder).publicKey == first)
      let mode = try FileManager.default.attributesOfItem(atPath: folder + "/recorder.key")[.posixPermissions]
      #expect(mode as? Int == 0o600)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["recorder.key"])
    }
  }

  @Test func `takes no key that others can read, that is damaged, or that is no file`() throws {
    try Room.with { room in
      let key = room.path + "/recorder.key"
      _ = try RecorderKey.load(from: room.path)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
      #expect(throws: Problem.self) { try _ = RecorderKey.load(from: room.path).publicKey }
      for bytes in [0, 31, 33] {
        try Data(count: bytes).write(to: URL(filePath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        #expect(throws: Problem.self) { try _ = RecorderKey.load(from: room.path).publicKey }
      }
      try FileManager.default.removeItem(atPath: key)
      try FileManager.default.createSymbolicLink(atPath: key, withDestinationPath: "/dev/zero")
      #expect(throws: Problem.self) { try _ = RecorderKey.load(from: room.path).publicKey }
    }
  }

  /// A folder for one test.
  private struct Room {
    let path: String
    var file: String { path + "/session.mcap" }

    static func with(_ body: (Room) throws -> Void) throws {
      let room = Room(path: NSTemporaryDirectory() + "triptych-recorder-\(UUID().uuidString)")
      try FileManager.default.createDirectory(atPath: room.path, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: room.path) }
      try body(room)
    }

    static func lines(_ numbers: Range<Int>) -> String {
      numbers.map {
        let time = Timestamp(seconds: 1_795_402_800 + Int64($0)).rfc3339()
        return #"{"time":"\#(time)","severity":"info","service":"cart","message":"message \#($0)"}"# + "\n"
      }.joined()
    }

    static func range(_ numbers: Range<Int>) -> TimeRange {
      TimeRange(
        start: Timestamp(seconds: 1_795_402_800 + Int64(numbers.lowerBound)),
        end: Timestamp(seconds: 1_795_402_800 + Int64(numbers.upperBound)))
    }

    static func read(_ paths: [String]) -> LogSources {
      let sources = LogSources(options: options) { _ in }
      sources.open(paths.map { .path($0) })
      sources.waitUntilRead()
      sources.close()
      return sources
    }

    static func messages(_ sources: LogSources) -> [String] {
      sources.events(matching: RawQuery()).events.map(\.message.repaired)
    }

    static func wait(_ condition: () -> Bool) -> Bool {
      for _ in 0..<1000 {
        if condition() { return true }
        usleep(10_000)
      }
      return false
    }

    func write(_ text: String, _ name: String) throws -> String {
      try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
      return path + "/" + name
    }

    func overwrite(_ name: String, at offset: UInt64, with text: String) throws {
      let handle = try FileHandle(forWritingTo: URL(filePath: path + "/" + name))
      try handle.seek(toOffset: offset)
      try handle.write(contentsOf: Data(text.utf8))
      try handle.close()
    }

    func recorder(_ events: Recorder.Events, _ sources: LogSources) throws -> Recorder {
      let path = path
      return try Recorder(
        into: file, sources: sources, events: events, sinceOpening: false, library: "test",
        key: { try RecorderKey.load(from: path + "/key") })
    }
  }
}
