import EventModel
import Foundation
import Testing

@testable import LogFormats

@Suite("A record without the values of a field")
struct RecordRedactorTests {
  struct Sample: CustomTestStringConvertible, Sendable {
    var layout: String
    var field: String
    var lines: String
    var expected: String

    init(_ layout: String, _ field: String, _ lines: String, _ expected: String) {
      (self.layout, self.field, self.lines, self.expected) = (layout, field, lines, expected)
    }

    var testDescription: String { "\(layout): \(field)" }
  }

  private static let time = "2026-11-23T03:07:10.123Z"

  static let samples = [
    Sample(
      "ndjson", "user", #"{"ts":"\#(time)","level":"info","service":"a","user":"alice","msg":"hello alice"}"#,
      #"{"ts":"\#(time)","level":"info","service":"a","user":"_dropped_","msg":"hello _dropped_"}"#),
    Sample(
      "ndjson", "user.id", #"{"ts":"\#(time)","user":{"id":481516,"n":2},"msg":"481516, 4815160"}"#,
      #"{"ts":"\#(time)","user":{"id":"_dropped_","n":2},"msg":"_dropped_, 4815160"}"#),
    Sample(
      "ndjson", "user", #"{"ts":"\#(time)","user":{"id":7,"tags":["x9",true,null]},"msg":"x9 at 7"}"#,
      #"{"ts":"\#(time)","user":{"id":"_dropped_","tags":["_dropped_","_dropped_",null]},"msg":"_dropped_ at _dropped_"}"#
    ),
    Sample(
      "ndjson", "user", #"{"ts":"\#(time)","user":"\u00e9mil\"e","msg":"émil\"e %C3%A9mil%22e"}"#,
      #"{"ts":"\#(time)","user":"_dropped_","msg":"_dropped_ _dropped_"}"#),
    Sample(
      "ndjson", "q", #"{"ts":"\#(time)","q":"o'hara & co","msg":"?q=o%27hara+%26+co o'hara+%26%20co"}"#,
      #"{"ts":"\#(time)","q":"_dropped_","msg":"?q=_dropped_ _dropped_"}"#),
    Sample(
      "ndjson", "path", #"{"ts":"\#(time)","path":"/home/al","msg":"GET \/home\/al?x=1"}"#,
      #"{"ts":"\#(time)","path":"_dropped_","msg":"GET _dropped_?x=1"}"#),
    Sample(
      "ndjson", "user", #"{"ts":"\#(time)","items":[{"user":"alice"},{"user":"carol"}],"msg":"-"}"#,
      #"{"ts":"\#(time)","items":[{"user":"_dropped_"},{"user":"_dropped_"}],"msg":"-"}"#),
    Sample(
      "ndjson", "id", #"{"ts":"\#(time)","id":481516,"ids":[1,481516,-481516.5],"n":481516}"#,
      #"{"ts":"\#(time)","id":"_dropped_","ids":[1,"_dropped_","_dropped_"],"n":"_dropped_"}"#),
    Sample(
      "logfmt", "user", #"time=\#(time) level=info user="dave o\"neil" msg="hi dave o\"neil""#,
      #"time=\#(time) level=info user="_dropped_" msg="hi _dropped_""#),
    // The digits of a time are no part of a value, however alike.
    Sample(
      "logfmt", "n", #"time=\#(time) level=info n=07 msg="07 of 10""#,
      #"time=\#(time) level=info n=_dropped_ msg="_dropped_ of 10""#),
    Sample(
      "syslog-5424", "id@1.user", #"<14>1 \#(time) host app 1 ID [id@1 user="alice" n="2"] hello alice"#,
      #"<14>1 \#(time) host app 1 ID [id@1 user="_dropped_" n="2"] hello _dropped_"#),
    Sample(
      "syslog-3164", "pid", "<14>Nov 23 03:07:10 host app[4711]: started 4711",
      "<14>Nov 23 03:07:10 host app[_dropped_]: started _dropped_"),
    Sample(
      "access-log", "client",
      #"203.0.113.9 - alice [23/Nov/2026:03:07:10 +0000] "GET /a?ip=203.0.113.9 HTTP/1.1" 200 12 "-" "x""#,
      #"_dropped_ - alice [23/Nov/2026:03:07:10 +0000] "GET /a?ip=_dropped_ HTTP/1.1" 200 12 "-" "x""#),
    Sample(
      "access-log", "user",
      #"203.0.113.9 - alice [23/Nov/2026:03:07:10 +0000] "GET /u/alice HTTP/1.1" 200 12 "-" "x""#,
      #"203.0.113.9 - _dropped_ [23/Nov/2026:03:07:10 +0000] "GET /u/_dropped_ HTTP/1.1" 200 12 "-" "x""#),
    Sample(
      "klog", "user", "I1123 03:07:10.123456   12345 a.go:42] login user=alice, from x",
      "I1123 03:07:10.123456   12345 a.go:42] login user=_dropped_, from x"),
    Sample(
      "log4j", "thread",
      "2026-11-23 03:07:10,123 [worker-alice] ERROR com.a.B - no\njava.lang.E: x\n\tat worker-alice",
      "2026-11-23 03:07:10,123 [_dropped_] ERROR com.a.B - no\njava.lang.E: x\n\tat _dropped_"),
    Sample(
      "text", "user", "2026-11-23 03:07:10 ERROR refused user=alice id=1",
      "2026-11-23 03:07:10 ERROR refused user=_dropped_ id=1"),
    Sample(
      "cri + logfmt", "user", "\(time) stdout F time=\(time) level=info user=alice",
      "\(time) stdout F time=\(time) level=info user=_dropped_"),
    Sample(
      "kubectl-prefix + ndjson", "pod", #"[pod/web-7/app] {"ts":"\#(time)","msg":"on web-7"}"#,
      #"[pod/_dropped_/app] {"ts":"\#(time)","msg":"on _dropped_"}"#),
    Sample(
      "docker-json + ndjson", "user",
      #"{"log":"{\"ts\":\"\#(time)\",\"user\":4711,\"msg\":\"4711\"}\n","stream":"stdout","time":"\#(time)"}"#,
      #"{"log":"{\"ts\":\"\#(time)\",\"user\":\"_dropped_\",\"msg\":\"_dropped_\"}\n","stream":"stdout","time":"\#(time)"}"#
    ),
    Sample(
      "json-document", "user", #"[{"ts":"\#(time)","user":"alice"},\#n {"ts":"\#(time)","user":"carol"}]"#,
      #"[{"ts":"\#(time)","user":"_dropped_"},\#n {"ts":"\#(time)","user":"_dropped_"}]"#),
    Sample(
      "otlp", "user.name",
      #"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"#
        + #""scopeLogs":[{"logRecords":[{"timeUnixNano":"1763867230000000000","body":{"stringValue":"hi alice"},"#
        + #""attributes":[{"key":"user.name","value":{"stringValue":"alice"}},{"key":"n","value":{"intValue":"5"}}]}]}]}]}"#,
      #"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"#
        + #""scopeLogs":[{"logRecords":[{"timeUnixNano":"1763867230000000000","body":{"stringValue":"hi _dropped_"},"#
        + #""attributes":[{"key":"user.name","value":{"stringValue":"_dropped_"}},{"key":"n","value":{"intValue":"5"}}]}]}]}]}"#
    ),
  ]

  @Test(arguments: samples)
  func `has a mark wherever the value stood`(sample: Sample) throws {
    let bytes = Array((sample.lines + "\n").utf8)
    let result = try Self.redacted([bytes], sample.layout, RedactionRules(drop: [sample.field]))
    #expect(String(decoding: result[0], as: UTF8.self) == sample.expected + "\n")
  }

  @Test func `tells the new length of a binary value of the journal`() throws {
    var entry = Array("__REALTIME_TIMESTAMP=1763867230000000\nUSER=alice\nMESSAGE\n".utf8)
    let text = Array("line one\nalice".utf8)
    entry += [UInt8(text.count), 0, 0, 0, 0, 0, 0, 0] + text + Array("\n\n".utf8)
    let result = try Self.redacted([entry], "journald-export", RedactionRules(drop: ["USER"]))
    var expected = Array("__REALTIME_TIMESTAMP=1763867230000000\nUSER=_dropped_\nMESSAGE\n".utf8)
    let marked = Array("line one\n_dropped_".utf8)
    expected += [UInt8(marked.count), 0, 0, 0, 0, 0, 0, 0] + marked + Array("\n\n".utf8)
    #expect(result[0] == expected)
  }

  /// A document larger than a block goes on in the next one.
  @Test func `is found in a document that begins in another block`() throws {
    let first = #"[{"ts":"\#(Self.time)","user":"alice"},"#
    let second = #" {"ts":"\#(Self.time)","user":"carol","msg":"alice"}]"#
    let result = try Self.redacted(
      [Array(first.utf8), Array(second.utf8)], "json-document", RedactionRules(drop: ["user"]))
    #expect(String(decoding: result[0], as: UTF8.self) == #"[{"ts":"\#(Self.time)","user":"_dropped_"},"#)
    let expected = #" {"ts":"\#(Self.time)","user":"_dropped_","msg":"_dropped_"}]"#
    #expect(String(decoding: result[1], as: UTF8.self) == expected)
  }

  @Test(arguments: [
    ("ndjson", "ts", #"{"ts":"2026-11-23T03:07:10Z","level":"error","svc":"a","msg":"x"}"#),
    ("ndjson", "level", #"{"ts":"2026-11-23T03:07:10Z","level":"error","svc":"a","msg":"x"}"#),
    ("ndjson", "svc", #"{"ts":"2026-11-23T03:07:10Z","level":"error","svc":"a","msg":"x"}"#),
    (
      "access-log", "status",
      #"203.0.113.9 - alice [23/Nov/2026:03:07:10 +0000] "GET /a HTTP/1.1" 500 12 "-" "x""#
    ),
  ])
  func `is refused where the field says when, of which service or how severe`(
    layout: String, field: String, line: String
  ) throws {
    let error = #expect(throws: RecordRedactor.Refusal.self) {
      try Self.redacted([Array((line + "\n").utf8)], layout, RedactionRules(drop: [field]))
    }
    #expect(error?.reason.contains("'\(field)' says here when") == true)
  }

  /// A container runtime cuts long lines: the value lies in two of them.
  @Test(arguments: [
    ("cri + text", "\(time) stdout P \(time) INFO user=ali\n\(time) stdout F ce\n"),
    ("cri + ndjson", "\(time) stdout P {\"user\":\"ali\n\(time) stdout F ce\"}\n"),
    (
      "docker-json + logfmt",
      #"{"log":"level=info user=ali","time":"\#(time)"}"# + "\n" + #"{"log":"ce\n","time":"\#(time)"}"# + "\n"
    ),
  ])
  func `is refused where nobody can tell where the value stands`(layout: String, lines: String) throws {
    let refusal = #expect(throws: RecordRedactor.Refusal.self) {
      try Self.redacted([Array(lines.utf8)], layout, RedactionRules(drop: ["user"]))
    }
    #expect(refusal?.reason.contains("where 'user' stands in this record cannot be told for sure") == true)
  }

  @Test func `loses the value also where a line that continues it names the field`() throws {
    let lines = "2026-11-23 03:07:10 ERROR failed\n  caused by user=alice;\n"
    let result = try Self.redacted([Array(lines.utf8)], "text", RedactionRules(drop: ["user"]))
    #expect(
      String(decoding: result[0], as: UTF8.self)
        == "2026-11-23 03:07:10 ERROR failed\n  caused by user=_dropped_;\n")
  }

  @Test func `keeps what a pattern means besides, where the counts need it`() throws {
    let line = #"{"ts":"\#(Self.time)","http":{"status_code":500,"path":"/a/b/c"},"msg":"x"}"# + "\n"
    let result = try Self.redacted([Array(line.utf8)], "ndjson", RedactionRules(drop: ["http.*"]))
    let expected = #"{"ts":"\#(Self.time)","http":{"status_code":500,"path":"_dropped_"},"msg":"x"}"# + "\n"
    #expect(String(decoding: result[0], as: UTF8.self) == expected)
  }

  @Test func `has the same code for the same value, whatever its spelling`() throws {
    let lines =
      #"{"ts":"\#(Self.time)","ip":"10.0.0.1"}"# + "\n" + #"{"ts":"\#(Self.time)","ip":"10\u002e0.0.1"}"#
      + "\n"
    let result = try Self.redacted([Array(lines.utf8)], "ndjson", RedactionRules(hash: ["ip"]))
    let values = try String(decoding: result[0], as: UTF8.self).split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])["ip"]
    }
    #expect(values[0] == values[1])
    #expect(values[0]?.hasPrefix("_hash_") == true)
  }

  /// The way of the value into the record is Foundation's, and so is the way out.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func `holds the value in no string, whatever characters it is made of`(seed: UInt64) throws {
    var random = Dice(seed)
    let letters = Array("abcxyzéß漢🦊\"\\/%{}[]:,='<> \t").map(String.init)
    func word(_ count: Int) -> String {
      (0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] }.joined()
    }
    for _ in 0..<200 {
      let value = "k" + word(12) + "k"
      let message = word(5) + " " + value + " " + word(5)
      let record: [String: Any] = [
        "ts": Self.time, "level": "warn", "service": "shop", "user": ["name": value], "msg": message,
        "list": [value, 7, ["deep": value]],
      ]
      var options: JSONSerialization.WritingOptions = random.next() % 2 == 0 ? [] : [.withoutEscapingSlashes]
      options.insert(.sortedKeys)
      let line = try JSONSerialization.data(withJSONObject: record, options: options)
      let rules = RedactionRules(drop: ["user"])
      let result = try Self.redacted([Array(line) + [0x0a]], "ndjson", rules)
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(result[0])) as? [String: Any], "seed \(seed), value \(value)")
      let strings = Self.strings(in: object)
      #expect(!strings.contains { $0.contains(value) }, "seed \(seed), value \(value)")
      #expect(strings.count { $0 == "_dropped_" } == 3, "seed \(seed), value \(value)")
      #expect(object["service"] as? String == "shop")
    }
  }

  /// Every layout, with values made of whatever its fields can hold without quotes; found by a plain search.
  @Test(arguments: [21, 22, 23, 24] as [UInt64])
  func `holds the value in no line of any layout`(seed: UInt64) throws {
    var random = Dice(seed)
    let samples = Self.samples.filter { $0.lines.contains("alice") && !$0.expected.contains("alice") }
    #expect(samples.count > 8)
    let letters = Array("abcdefgxyz0123456789-._").map(String.init)
    for round in 0..<100 {
      let sample = samples[Int(random.next() % UInt64(samples.count))]
      let count = 3 + Int(random.next() % 20)
      let value =
        "q" + (0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] }.joined() + "z"
      let line = sample.lines.replacingOccurrences(of: "alice", with: value)
      let lines = line + "\n" + line.replacingOccurrences(of: value, with: value + "9") + "\n"
      let result = try Self.redacted(
        [Array(lines.utf8)], sample.layout, RedactionRules(drop: [sample.field], hash: ["other*"]))
      let text = String(decoding: result[0], as: UTF8.self)
      #expect(!text.contains(value), "seed \(seed), round \(round), \(sample.layout), \(value): \(text)")
      #expect(text.contains("_dropped_"))
    }
  }

  /// Notes and journals that anybody may have written: whatever stands there is taken, and nothing is read outside of it.
  @Test(arguments: [31, 32, 33, 34] as [UInt64])
  func `is looked for in any bytes`(seed: UInt64) {
    var random = Dice(seed)
    var values = RedactedValues()
    for value in ["alice", "o'hara & co", "\u{e9}mile\"", "1234567"] {
      values.add(ForeignText(value), rule: 0) { RedactionMark.dropped }
    }
    values.prepare(without: [], secrets: 1)
    let rules = RedactionRules(drop: ["user", "a.*"])
    let pieces = [
      "alice", "%", "%4", "\\", "\\u", "\\ud83", "\\ud83d\\", "\"", "user", "=", "!=", "~/", "{", "}", "[",
      ":", ",",
      "+", "?filter=", "&", "a.b", "-----BEGIN PRIVATE KEY-----", "://", "@", "4111 1111", "eyJ", "\n", "7",
      "\u{e9}",
    ].map { Array($0.utf8) }
    for _ in 0..<3000 {
      var text: [UInt8] = []
      for _ in 0..<random.next() % 24 {
        text +=
          random.next() % 5 == 0
          ? [UInt8(truncatingIfNeeded: random.next())] : pieces[Int(random.next() % UInt64(pieces.count))]
      }
      let new = values.redacted(text, isJSON: random.next() % 2 == 0, rules)?.text ?? text
      let isThere = Array("alice".utf8)
      // Where it stood as a word of its own in the plain text, it does not any more.
      if PlainWords.words(in: text).contains(isThere) {
        #expect(!PlainWords.words(in: new).contains(isThere), "seed \(seed): \(text)")
      }
      _ = SecretFinder.findings(in: text)
      _ = JSONMembers.find(["a", "user"], in: text)
    }
  }

  @Test(arguments: [
    (#"{"link":"triptych://open?filter=user%3Dbob%20level%3E3&face=1"}"#, ["bob"]),
    (#"{"link":"triptych://open?src=user&filter=!user!%3D%22b%20o%22"}"#, ["b o"]),
    (#"{"argument":"user~/bo+/ \"user\">=7"}"#, ["bo+", "7"]),
    ("looked at user.name=bob, then other=bob", ["bob"]), ("triptych://open?user=x&from=1", []),
    (#"{"user":"bob"}"#, []),
  ])
  func `is mentioned by filters, links and notes with its field`(text: String, values: [String]) {
    let found = FieldMentions.values(in: Array(text.utf8), RedactionRules(drop: ["user"]))
    #expect(Set(found.map(\.value.repaired)) == Set(values))
  }

  /// Whatever the bytes are: no crash, and no event is another one.
  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func `is counted as before, or refused, whatever its bytes are`(seed: UInt64) throws {
    var random = Dice(seed)
    for round in 0..<150 {
      let sample = Self.samples[Int(random.next() % UInt64(Self.samples.count))]
      var bytes = Array((sample.lines + "\n" + sample.lines + "\n").utf8)
      for _ in 0..<random.next() % 6 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard
        let result = try? Self.redacted(
          [bytes], sample.layout, RedactionRules(drop: [sample.field, "n*"], hash: ["m*"]))
      else { continue }
      let prints = [bytes, result[0]].map { Self.counted($0, sample.layout) }
      #expect(prints[0] == prints[1], "seed \(seed), round \(round), \(sample.layout)")
    }
  }

  // MARK: -

  static func redacted(
    _ blocks: [[UInt8]], _ layout: String, _ rules: RedactionRules
  ) throws -> [[UInt8]] {
    var redactor = try Self.redactor(layout, rules)
    var values = RedactedValues()
    for block in blocks {
      try redactor.survey(block) { value, rule in
        values.add(value, rule: rule) {
          // Any function of the value will do here.
          rules.rules[rule].action == .drop
            ? RedactionMark.dropped : RedactionMark.hash(value.bytes + Array(repeating: 0, count: 8))
        }
      }
    }
    values.prepare(without: Set(redactor.services), secrets: rules.rules.count)
    redactor = try Self.redactor(layout, rules)
    return try blocks.map { try redactor.redact($0, values)?.bytes ?? $0 }
  }

  private static func redactor(_ layout: String, _ rules: RedactionRules) throws -> RecordRedactor {
    RecordRedactor(layout: try #require(LogLayout(name: layout)), options: options, rules: rules)
  }

  private static var options: DecodingOptions {
    DecodingOptions(
      modificationTime: Timestamp(nanoseconds: 1_763_900_000_000_000_000), defaultService: ForeignText("src"))
  }

  private static func counted(_ bytes: [UInt8], _ layout: String) -> [String] {
    guard let layout = LogLayout(name: layout) else { return [] }
    var decoder = LogDecoder(layout: layout, options: options, source: SourceID(rawValue: 0))
    var batch = DecodedBatch(source: SourceID(rawValue: 0))
    _ = bytes.withUnsafeBytes { decoder.decode($0, at: 0, isEnd: true, into: &batch) }
    return batch.columns.times.indices.map {
      "\(batch.columns.times[$0]) \(decoder.services[batch.columns.services[$0]].bytes) \(batch.columns.severities[$0])"
    }
  }

  private static func strings(in value: Any) -> [String] {
    switch value {
    case let text as String: [text]
    case let list as [Any]: list.flatMap { strings(in: $0) }
    case let object as [String: Any]: object.keys + object.values.flatMap { strings(in: $0) }
    default: []
    }
  }
}

/// The same numbers for the same seed (SplitMix64).
private struct Dice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// A slow and obvious way to see words.
private enum PlainWords {
  static func words(in text: [UInt8]) -> [[UInt8]] {
    text.split { byte in
      !(0x30...0x39).contains(byte) && !(0x41...0x5a).contains(byte) && !(0x61...0x7a).contains(byte)
        && byte < 0x80
    }.map(Array.init)
  }
}
