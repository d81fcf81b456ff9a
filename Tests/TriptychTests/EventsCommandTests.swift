import Foundation
import Testing

@Suite struct EventsCommandTests {
  private let first = [
    #"{"time":"2026-11-23T03:07:02Z","service":"cart","severity":"error","message":"charge failed","status":500}"#,
    #"{"time":"2026-11-23T03:07:01Z","service":"cart","severity":"info","message":"earlier","user":"ü\u0007"}"#,
  ]
  private let second = [
    #"{"time":"2026-11-23T03:07:01.5Z","service":"pay","severity":"warn","message":"slow","a":{"b":"c"}}"#
  ]

  private func events(_ arguments: String...) throws -> Program.Outcome {
    let scratch = try Scratch()
    try scratch.write("a.log", first)
    try scratch.write("b.log", second)
    return try Program.run(["events", "a.log", "b.log"] + arguments, in: scratch.folder)
  }

  private func objects(_ outcome: Program.Outcome) throws -> [[String: Any]] {
    try outcome.lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func `events of all sources come by time, one json object a line`() throws {
    let outcome = try events()
    #expect(outcome.status == 0)
    #expect(
      outcome.lines.first
        == #"{"time":"2026-11-23T03:07:01.000000000Z","service":"cart","severity":"info","message":"earlier","#
        + #""source":"a.log","position":\#(first[0].utf8.count + 1),"trust":"unverified","fields":{"user":"ü\u0007"}}"#
    )
    #expect(try objects(outcome).map { $0["message"] as? String } == ["earlier", "slow", "charge failed"])
    #expect((try objects(outcome)[1]["fields"] as? [String: String]) == ["a.b": "c"])
  }

  @Test func `a limit keeps the last ones`() throws {
    #expect(
      try objects(try events("--limit", "2")).map { $0["message"] as? String } == ["slow", "charge failed"])
    #expect(try events("--limit", "0").output == "")
  }

  @Test func `selections hold together`() throws {
    #expect(try events("--severity", "warn").lines.count == 2)
    #expect(try events("--severity", "warn", "--service", "p*").lines.count == 1)
    #expect(try events("--filter", "status>=500").lines.count == 1)
    #expect(try events("--from", "2026-11-23T03:07:01.5Z", "--to", "2026-11-23T03:07:02Z").lines.count == 1)
  }

  @Test func `there are as many events as the matrix counts, and each position holds its record`() throws {
    let scratch = try Scratch()
    _ = try Program.run(["demo", "memory-leak", "--write", "."], in: scratch.folder)
    let selection = ["memory-leak.ndjson", "--severity", "warn"]
    let events = try objects(try Program.run(["events"] + selection, in: scratch.folder))
    let matrix = try Program.run(["matrix", "--bucket", "1h"] + selection, in: scratch.folder)
    let counted = matrix.lines.dropFirst().compactMap { $0.split(separator: ",").last.flatMap { Int($0) } }
    #expect(events.count == counted.reduce(0, +))
    #expect(events.count > 100)
    let times = events.compactMap { $0["time"] as? String }
    #expect(times == times.sorted())

    let bytes = try Data(contentsOf: scratch.folder.appending(path: "memory-leak.ndjson"))
    for event in events.prefix(50) {
      let position = try #require(event["position"] as? Int)
      let line = bytes[position...].prefix { $0 != UInt8(ascii: "\n") }
      let record = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      #expect(record["message"] as? String == event["message"] as? String)
    }
  }
}

@Suite struct SourcesCommandTests {
  @Test func `each file says what it is and what was read`() throws {
    let scratch = try Scratch()
    try scratch.write(
      "a.log",
      [
        #"{"time":"2026-11-23T03:07:02Z","service":"cart","severity":"error","message":"m"}"#,
        #"{"time":"2026-11-23T03:07:01Z","service":"cart","severity":"info","message":"earlier"}"#,
        #"{"service":"cart","severity":"info","message":"no time"}"#,
        "not json",
      ])
    try scratch.write("empty.log", Data())
    let outcome = try Program.run(["sources", "a.log", "empty.log", "--format", "json"], in: scratch.folder)
    let objects = try outcome.lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(outcome.status == 0)
    #expect(objects.count == 2)
    let first = try #require(objects.first)
    #expect(first["source"] as? String == "a.log")
    #expect(first["format"] as? String == "ndjson")
    #expect(first["lines"] as? Int == 4)
    #expect(first["events"] as? Int == 4)
    #expect(first["unparsable"] as? Int == 1)
    #expect(first["out_of_order"] as? Int == 1)
    #expect(first["first"] as? String == "2026-11-23T03:07:01.000000000Z")
    #expect(objects.last?["events"] as? Int == 0)

    let table = try Program.run(["sources", "a.log", "empty.log"], in: scratch.folder)
    #expect(table.lines.count == 3)
    #expect(table.lines[0].hasPrefix("source"))
    #expect(table.lines[1].contains("ndjson"))
  }

  @Test func `a file name cannot speak to the terminal`() throws {
    let scratch = try Scratch()
    try scratch.write("a\u{1b}[31m\u{202e}.log", ["hello"])
    let outcome = try Program.run(["sources", "."], in: scratch.folder)
    let both = outcome.output + outcome.errors
    #expect(!both.unicodeScalars.contains { $0.value == 0x1b || $0.value == 0x202e })
  }
}
