import Crypto
import EventModel
import Foundation
import LogFiles
import Recording
import Testing

@Suite("What was known when")
struct KnownAtTests {
  private static func second(_ number: Int64) -> Timestamp { Timestamp(seconds: 1_795_402_800 + number) }

  /// Events in the order in which they came: their time, and when they arrived, in seconds.
  private static let shuffled: [(time: Int64, arrival: Int64)] = [
    (0, 1), (30, 31), (10, 40), (35, 41), (5, 70), (60, 71), (20, 100), (90, 101),
  ]

  private static func recording(in scratch: Scratch, isAtRest: Bool = false) throws -> String {
    let path = scratch.folder.appending(path: "a.mcap").path
    guard let key = SigningKey() else { throw NoKey() }
    var file = try RecordingFile(creating: path, library: "test", key: key)
    let source = SourceChannel(
      number: 1, kind: .stdin, name: ForeignText("-"), layout: "ndjson", modificationTime: second(0),
      defaultService: ForeignText("stdin"))
    let channel = file.channel(
      topic: source.topic, encoding: SourceChannel.encoding, metadata: source.metadata)
    var offset = 0
    for event in shuffled {
      let line =
        #"{"time":"\#(second(event.time).rfc3339())","severity":"error","service":"s\#(event.time)"}"# + "\n"
      let bytes = Array(line.utf8)
      let block = RecordedBlock(
        generation: 0, sourceOffset: UInt64(offset), eventCount: 1,
        times: second(event.time)...second(event.time), isAtRest: isAtRest, bytes: bytes)
      file.put(
        block.content, to: channel, logTime: UInt64(second(event.arrival).nanoseconds),
        publishTime: UInt64(second(event.time).nanoseconds), eventCount: 1,
        nextOffset: UInt64(offset + bytes.count))
      offset += bytes.count
    }
    try file.finish()
    return path
  }

  /// The services, one each event, whose events are counted.
  private static func counted(_ path: String, knownAt time: Timestamp?) throws -> Set<String> {
    let known = time.map { "known \($0.rfc3339())\n" } ?? ""
    let outcome = try Program.run(
      [path, "--plain"], input: Data("\(known)".utf8))
    // Before the command, everything is told.
    let told = outcome.output.components(separatedBy: "known at ").last ?? ""
    let words = told.split { " >[]\n".contains($0) }.map(String.init)
    return Set(words.filter { $0.hasPrefix("s") && Int($0.dropFirst()) != nil })
  }

  @Test func `what arrived later is not counted, however early it happened`() throws {
    let scratch = try Scratch()
    let path = try Self.recording(in: scratch)
    let sources = LogSources(options: ReadingOptions(now: Self.second(0))) { _ in }
    sources.open([.path(path)])
    sources.waitUntilRead()
    sources.close()
    for instant in [0, 2, 32, 45, 80, 102] as [Int64] {
      var query = RawQuery()
      query.knownBefore = Self.second(instant)
      var times: [Int64] = []
      _ = sources.scan(query) { columns, _ in times += columns.times }
      let expected = Self.shuffled.filter { $0.arrival < instant }.map { Self.second($0.time).nanoseconds }
      #expect(times == expected, "known at \(instant)")
      #expect(
        sources.events(matching: query).events.map(\.time.nanoseconds) == expected.sorted(),
        "known at \(instant)")
    }
  }

  @Test func `of a file that was read at rest, what happened later is not counted`() throws {
    let scratch = try Scratch()
    let path = try Self.recording(in: scratch, isAtRest: true)
    let sources = LogSources(options: ReadingOptions(now: Self.second(0))) { _ in }
    sources.open([.path(path)])
    sources.waitUntilRead()
    sources.close()
    var query = RawQuery()
    query.knownBefore = Self.second(32)
    let expected = Self.shuffled.map(\.time).filter { $0 < 32 }.sorted()
    #expect(
      sources.events(matching: query).events.map {
        ($0.time.nanoseconds - Self.second(0).nanoseconds) / 1_000_000_000
      } == expected)
  }

  @Test func `the screen hides it, says so, and shows it again`() throws {
    let scratch = try Scratch()
    let path = try Self.recording(in: scratch)
    func frame(_ keys: String) throws -> String {
      try Program.run(["frame", path, "--size", "120x30", "--keys", keys]).output
    }
    // The cursor stands on the first second: what it says was known a second after the event arrived.
    #expect(try frame("home").contains("8 events"))
    let known = try frame("home K")
    #expect(known.contains("known at"))
    #expect(!known.contains("s90") && !known.contains("s10"))
    #expect(try frame("home K K").contains("s90"))
    #expect(try frame("home K backspace").contains("s90"))
    #expect(try frame("home K u").contains("s90"))
  }

  @Test func `a time on a line says it too, and 'now' takes it back`() throws {
    let scratch = try Scratch()
    let path = try Self.recording(in: scratch)
    #expect(try Self.counted(path, knownAt: Self.second(32)) == ["s0", "s30"])
    #expect(try Self.counted(path, knownAt: Self.second(80)) == ["s0", "s30", "s10", "s35", "s5", "s60"])
    #expect(try Self.counted(path, knownAt: nil).count == 8)
    let wrong = try Program.run([path, "--plain"], input: Data("known sometime\n".utf8))
    #expect(wrong.output.contains("'sometime' is no time"))
  }

  private struct NoKey: Error {}
}
