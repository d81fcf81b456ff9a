import Foundation
import Testing

@Suite("A recording that is redacted")
struct RedactCommandTests {
  /// The same people in logs of several kinds.
  private static func recording() throws -> Scratch {
    let scratch = try Scratch()
    let people = ["alice", "bob@example.com", "o'hara 7"]
    func stamp(_ number: Int) -> String {
      "2026-11-23T03:\(String(format: "%02d:%02d.%03d", number / 60 % 60, number % 60, number))Z"
    }
    try scratch.write(
      "a.ndjson",
      try (0..<900).map { number in
        let person = people[number % 3]
        let record: [String: Any] = [
          "ts": stamp(number), "level": number % 9 == 0 ? "error" : "info", "service": "shop/cart",
          "user": ["name": person, "id": 700_000 + number % 5], "msg": "cart of \(person) saved",
        ]
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        return String(
          decoding: try JSONSerialization.data(withJSONObject: record, options: options), as: UTF8.self)
      })
    try scratch.write(
      "b.log",
      (0..<600).map {
        "time=\(stamp($0)) level=warn svc=auth user.name=\"\(people[$0 % 3])\" addr=10.1.2.\($0 % 9) msg=\"no\""
      })
    try scratch.write(
      "c.log",
      (0..<300).map {
        "10.1.2.\($0 % 9) - - [23/Nov/2026:03:\(String(format: "%02d:%02d", $0 / 60, $0 % 60)) +0000] "
          + "\"GET /u?n=\(people[$0 % 3].replacingOccurrences(of: "@", with: "%40").replacingOccurrences(of: " ", with: "%20")) HTTP/1.1\" \($0 % 7 == 0 ? 503 : 200) 7"
      })
    // A chunk of its own that nobody has to change.
    try scratch.write("d.log", (0..<9000).map { "\(stamp($0)) INFO worker: step \($0 * 7919)" })
    let recorded = try Program.run(
      ["record", "a.ndjson", "b.log", "c.log", "d.log", "-o", "a.mcap"], in: scratch.folder)
    #expect(recorded.status == 0, "\(recorded.errors)")
    return scratch
  }

  @Test func `is counted as before, without what was to go`() throws {
    let scratch = try Self.recording()
    let redacted = try Program.run(
      ["redact", "a.mcap", "--drop", "user.*", "--hash", "addr", "-o", "b.mcap"], in: scratch.folder)
    #expect(redacted.status == 0, "\(redacted.errors)")
    for command in [["matrix"], ["matrix", "--bucket", "1s"], ["sources", "--format", "json"]] {
      let outcomes = try ["a.mcap", "b.mcap"].map { try Program.run(command + [$0], in: scratch.folder) }
      func events(_ outcome: Program.Outcome) throws -> [String] {
        command[0] == "matrix"
          ? outcome.lines
          : try outcome.lines.map {
            let object = try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            return "\(object["source"] ?? "") \(object["events"] ?? "")"
          }
      }
      #expect(try events(outcomes[0]) == events(outcomes[1]))
      #expect(outcomes[0].lines.count > 3)
    }
    let text = try Program.run(["events", "b.mcap"], in: scratch.folder).output
    for word in ["alice", "bob@example.com", "bob%40example.com", "hara", "700001", "10.1.2."] {
      #expect(!text.contains(word), "\(word)")
    }
    // Equal values have equal codes, in the fields and elsewhere.
    let codes = Set(text.matches(of: /_hash_[0-9a-f]{16}_/).map { String($0.output) })
    #expect(codes.count == 9)
    #expect(redacted.errors == "")
    try scratch.write("a.notes.mcap", Data())
    let beside = try Program.run(["redact", "a.mcap", "--drop", "pid", "-o", "c.mcap"], in: scratch.folder)
    #expect(beside.status == 0 && beside.errors.contains("a.notes.mcap: notes beside the recording"))
    let verified = try Program.run(["verify", "b.mcap"], in: scratch.folder)
    #expect(verified.status == 0)
    #expect(verified.output.contains("order and count proven, content of "))
    #expect(verified.output.contains("drop user.*: ") && verified.output.contains("hash addr: "))
    let json = try Program.run(["verify", "b.mcap", "--format", "json"], in: scratch.folder)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let original = try #require(object["original_chunks"] as? Int)
    let changed = try #require(object["redacted_chunks"] as? Int)
    #expect(original > 0 && changed > 0)
    #expect(redacted.output.contains("\(original) chunks as recorded, \(changed) redacted"))
  }

  private static let hasZstd = FileManager.default.isExecutableFile(atPath: "/usr/bin/zstd")

  @Test(.enabled(if: hasZstd, "zstd is not there: 'apt install zstd'"))
  func `holds its people in no byte, as another program unpacks it`() throws {
    let scratch = try Self.recording()
    _ = try Program.run(
      ["redact", "a.mcap", "--drop", "user.*", "--drop", "addr", "-o", "b.mcap"], in: scratch.folder)
    let words = ["alice", "bob", "hara 7", "700003", "10.1.2.4", "step"]
    let found = try ["a.mcap", "b.mcap"].map { name in
      let text = try Self.unpacked(name, in: scratch)
      return words.filter { text.range(of: Data($0.utf8)) != nil }
    }
    // The address stands in the web log under another name; there it goes as well.
    #expect(found == [words, ["step"]])
  }

  /// The file, and behind it what the zstd frames in it hold, each found by its magic number.
  private static func unpacked(_ name: String, in scratch: Scratch) throws -> Data {
    let data = try Data(contentsOf: scratch.folder.appending(path: name))
    let magic = Data([0x28, 0xb5, 0x2f, 0xfd])
    var start = data.startIndex
    var count = 0
    while let place = data[start...].range(of: magic) {
      try scratch.write(String(format: "piece-%04d", count), Data(data[place.lowerBound...]))
      count += 1
      start = place.upperBound
    }
    #expect(count > 2)
    _ = try Program.shell(
      "rm -f all; for piece in piece-*; do zstd -dcq < $piece >> all 2> /dev/null; rm $piece; done",
      in: scratch.folder)
    return data + (try Data(contentsOf: scratch.folder.appending(path: "all")))
  }

  @Test func `tells known secrets without a value, and takes them out when asked`() throws {
    let scratch = try Scratch()
    let token = "ghp_" + String(repeating: "Ab1", count: 12)
    try scratch.write(
      "a.log",
      ["2026-11-23T03:00:00Z INFO git: push with \(token)", "2026-11-23T03:00:01Z INFO git: again \(token)"])
    _ = try Program.run(["record", "a.log", "-o", "a.mcap"], in: scratch.folder)
    let asked = try Program.run(["redact", "a.mcap"], in: scratch.folder)
    #expect(asked.status == 2)
    #expect(asked.output.contains("2 GitHub tokens, first: source 1, byte "))
    #expect(asked.errors.contains("--secrets drop"))
    let report = try Program.run(["redact", "a.mcap", "--secrets", "report"], in: scratch.folder)
    #expect(report.status == 1)
    let other = try Program.run(["redact", "a.mcap", "--drop", "pid", "-o", "b.mcap"], in: scratch.folder)
    #expect(other.status == 0 && other.output.contains("known secrets are still in it"))
    let dropped = try Program.run(
      ["redact", "a.mcap", "--secrets", "drop", "-o", "c.mcap"], in: scratch.folder)
    #expect(dropped.status == 0, "\(dropped.errors)")
    for outcome in [asked, report, other, dropped] {
      #expect(!(outcome.output + outcome.errors).contains(token))
    }
    let events = try Program.run(["events", "c.mcap"], in: scratch.folder)
    #expect(events.lines.count == 2 && events.output.contains("push with _dropped_"))
    #expect(!events.output.contains(token))
    let clean = try Program.run(["redact", "c.mcap", "--secrets", "report"], in: scratch.folder)
    #expect(clean.status == 0 && clean.output.contains("no known secrets"))
  }

  @Test(
    arguments: [
      (["--drop", "service", "-o", "x.mcap"], 2, "is what the matrix counts by"),
      (["--drop", "", "-o", "x.mcap"], 2, "the name of a field is missing"),
      (["--drop", "user"], 2, "name the file to write with -o"),
      (["--drop", "ts", "-o", "x.mcap"], 3, "'ts' says here when an event was"),
      (["--drop", "user.name", "-o", "a.mcap"], 3, "never overwritten"),
    ] as [([String], Int32, String)])
  func `is refused with the reason, and leaves no file`(words: [String], status: Int32, reason: String) throws
  {
    let scratch = try Self.recording()
    let before = try Data(contentsOf: scratch.folder.appending(path: "a.mcap"))
    let outcome = try Program.run(["redact", "a.mcap"] + words, in: scratch.folder)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.folder.appending(path: "x.mcap").path))
    #expect(try Data(contentsOf: scratch.folder.appending(path: "a.mcap")) == before)
  }
}
