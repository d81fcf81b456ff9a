import EventModel
import Foundation
import LogFormats
import Testing

@Suite struct RobustnessTests {
  /// Longer texts of every layout, made by repeating its sample lines in random order.
  private func shuffled(_ sample: Sample, _ generator: inout SeededGenerator) -> [UInt8] {
    let lines = sample.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var text = sample.text
    for _ in 0..<60 { text += (lines.randomElement(using: &generator) ?? "") + "\n" }
    return Array(text.utf8)
  }

  @Test(arguments: Sample.all) func `random pieces give the same as one piece`(sample: Sample) {
    let seed = UInt64(sample.text.utf8.count) &* 977
    var generator = SeededGenerator(seed: seed)
    let bytes = shuffled(sample, &generator)
    let layout = LogLayout(name: sample.layout)
    let whole = Reading(bytes, as: layout)
    for _ in 0..<20 {
      let cuts = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
        Int.random(in: 0...bytes.count, using: &generator)
      }
      let pieces = Reading(bytes, as: layout, cuts: cuts)
      #expect(pieces.counted == whole.counted, "seed \(seed)")
      #expect(pieces.tally == whole.tally, "seed \(seed)")
      #expect(pieces.byteOffsets == whole.byteOffsets, "seed \(seed)")
    }
    #expect(whole.counted(whole.events(bytes)) == whole.counted, "seed \(seed)")
  }

  @Test func `no bytes crash any layout, and full events always agree with the count`() {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["TRIPTYCH_SEED"].flatMap(UInt64.init) ?? 20_260_301
    let roundCount = environment["TRIPTYCH_FUZZ_ROUNDS"].flatMap(Int.init) ?? 600
    var generator = SeededGenerator(seed: seed)
    let alphabet =
      Array("{}[]\":,\\u0012389.-+eE =\t\n\r<>|/TZ\u{1b}mIWEF".utf8) + [0, 0xff, 0xc3, 0xef, 0xbb, 0xbf]
    let seeds = Sample.all.map { Array($0.text.utf8) }
    for round in 0..<roundCount {
      var bytes = seeds.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...30, using: &generator) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = alphabet.randomElement(using: &generator) ?? 0
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
        }
      }
      let name = LogLayout.names.randomElement(using: &generator) ?? "text"
      for layout in [LogLayout(name: name), nil] {
        let whole = Reading(bytes, as: layout)
        let cut = Reading(bytes, as: whole.decoder.layout, cuts: [bytes.count / 3, bytes.count / 2])
        #expect(whole.counted == cut.counted, "seed \(seed), round \(round), \(whole.layout)")
        #expect(whole.tally == cut.tally, "seed \(seed), round \(round), \(whole.layout)")
        #expect(
          whole.counted(whole.events(bytes)) == whole.counted, "seed \(seed), round \(round), \(whole.layout)"
        )
      }
    }
  }

  @Test func `records that look like the one before say what each says by itself`() {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["TRIPTYCH_SEED"].flatMap(UInt64.init) ?? 20_260_302
    var generator = SeededGenerator(seed: seed)
    func pick(_ words: String...) -> String { words.randomElement(using: &generator) ?? "" }
    func digits(_ range: ClosedRange<Int>) -> String {
      (0..<Int.random(in: range, using: &generator)).map { _ in pick("0", "1", "5", "9") }.joined()
    }
    func value(_ key: String) -> String {
      switch key {
      case "ts", "time":
        return pick(
          "1772359200", "1772359200123", "1772359200123456", "1772359200123456789", "9223372036854775807",
          "9300000000000000", "\"2026-03-01T10:00:00.5Z\"", "17" + digits(6...20), "0", "-1", "1.5e9")
      case "level", "severity":
        return pick(
          "\"info\"", "\"WARN\"", "\"Error\"", "\"dEbUg\"", "\"critical\"", "\"E\"", "30", "\"30\"", "null",
          "\"\"")
      case "service":
        return pick(
          "\"a\"", "\"sixteen-bytes-it\"", "\"a-service-of-a-long-name\"", "\"e\\u00e9\"", "\"\"", "7",
          "{\"name\":\"deep\"}")
      case "service.namespace": return pick("\"shop\"", "\"\"", "null")
      default:
        return pick(
          "0", "-0.5e3", digits(1...18), "true", "[1,{\"level\":\"fatal\"}]", "{}", "{\"level\":\"fatal\"}",
          "\"\"",
          "\"" + String(repeating: "x", count: Int.random(in: 0...200, using: &generator)) + "\"",
          "\"quote \\\" and slash \\\\ inside a text of some length\"")
      }
    }
    for round in 0..<60 {
      var text = ""
      var keys = ["ts", "level", "service", "msg", "n", "a-key-that-is-longer-than-any-place-can-be"]
      for _ in 0..<40 {
        if Int.random(in: 0..<4, using: &generator) == 0 { keys.shuffle(using: &generator) }
        if Int.random(in: 0..<9, using: &generator) == 0 {
          keys.append(pick("time", "service.namespace", "severity", "x", "level"))
        }
        let space = pick("", "", "", " ", "\t ")
        text +=
          "{" + keys.map { "\"\($0)\":" + space + value($0) }.joined(separator: "," + pick("", "", " "))
          + pick("", "", " ") + "}"
        text += pick("\n", "\n", "\r\n", " \n", "x\n", "{}\n")
      }
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let byte = Array("{}[]\":,\\0 e\n\u{1}".utf8).randomElement(using: &generator) ?? 0
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = byte
      }
      let whole = Reading(bytes, as: LogLayout(name: "ndjson"))
      #expect(whole.counted(whole.events(bytes)) == whole.counted, "seed \(seed), round \(round)")
      #expect(whole.counted.count == whole.tally.eventCount)
    }
  }

  @Test(arguments: ["log4j", "python-logging", "text"])
  func `lines of text say the same in one run, one by one, and when they are shown`(layout: String) {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["TRIPTYCH_SEED"].flatMap(UInt64.init) ?? 20_260_303
    var generator = SeededGenerator(seed: seed)
    func pick(_ words: String...) -> String { words.randomElement(using: &generator) ?? "" }
    for round in 0..<60 {
      var text = ""
      for _ in 0..<80 {
        let time = pick(
          "2026-03-01 10:00:0\(pick("1", "2", "7"))\(pick(",123", ".5", "", ",123456789"))",
          "2026-03-01 10:01:00",
          "10:00:0\(pick("3", "9"))", "Mar  1 10:00:02", "1650-01-01 00:00:00,000", "1772359200")
        let level = pick(
          "INFO ", "[main] ERROR", "WARN  [main]", "debug", "[info] ", "(E)", "level=warn", "app.CRITICAL:",
          "DETAIL:  more", "INFO+2", "notice of ERROR", "LOG:  x", "dpanic", "[http-nio-8080-exec-1] FATAL",
          "")
        text += pick(
          "\(time) \(level) a.b.C - text\n", "\(time) \(level) a.b.C - text\r\n", "\(time) - \(level)\n",
          "\(level) \(time) text\n", "\tat a.b.C(D.java:7)\n", "  ... 7 more\n", "Caused by: a.b.E: ERROR\n",
          "\n",
          "\r\n", " \(time) indented\n", "\0\0\(time) after a crash\n", "\u{feff}\(time) marked\n",
          "12 text\n",
          "\u{1b}[31m\(time)\u{1b}[0m \(level)\n")
      }
      let bytes = Array(text.utf8)
      let cuts = bytes.indices.filter { bytes[$0] == 0x0a }.map { $0 + 1 }
      let whole = Reading(bytes, as: LogLayout(name: layout))
      let single = Reading(bytes, as: LogLayout(name: layout), cuts: cuts)
      #expect(whole.counted == single.counted, "seed \(seed), round \(round)")
      #expect(whole.tally == single.tally, "seed \(seed), round \(round)")
      let events = whole.events(bytes)
      #expect(whole.counted(events) == whole.counted, "seed \(seed), round \(round)")
      #expect(events.map(\.position.byteOffset) == whole.byteOffsets, "seed \(seed), round \(round)")
      #expect(whole.tally.lineCount == cuts.count, "seed \(seed), round \(round)")
    }
  }

  @Test func `JSON is taken as RFC 8259 says`() throws {
    let shared = ProcessInfo.processInfo.environment["TRIPTYCH_SHARED"] ?? "../shared"
    let folder = shared + "/data/trust/jsontestsuite/test_parsing"
    guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      print("skipped: no \(folder); set TRIPTYCH_SHARED to the folder that holds data/trust")
      return
    }
    var seen = 0
    for file in files where file.hasSuffix(".json") {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
      // Records are objects on one line: a carriage return stands for a newline, as space and as a control byte.
      let record = Array("{\"v\":".utf8) + bytes.map { $0 == 0x0a ? 0x0d : $0 } + Array("}\n".utf8)
      let reading = Reading(record, as: LogLayout(name: "ndjson"))
      #expect(reading.counted.count == 1, "\(file)")
      if file.hasPrefix("y_") { #expect(reading.tally.unparsableCount == 0, "\(file)") }
      if file.hasPrefix("n_") { #expect(reading.tally.unparsableCount == 1, "\(file)") }
      seen += 1
    }
    #expect(seen > 250)
  }

  @Test func `nesting without end is refused, not followed`() {
    let deep = "{\"a\":" + String(repeating: "[", count: 200_000) + "\n{\"a\":1,\"time\":1772359200}\n"
    let reading = Reading(deep, as: "ndjson")
    #expect(reading.tally.unparsableCount == 1)
    #expect(reading.counted.count == 2)
    let objects = String(repeating: "{\"service\":", count: 100_000) + "\n"
    #expect(Reading(objects, as: "ndjson").tally.unparsableCount == 1)
  }

  @Test(arguments: [
    "ndjson", "logfmt", "text", "plain", "syslog-5424", "otlp", "json-document", "docker-json + text",
  ])
  func `a line of ten megabytes is one event, and a megabyte at a time is enough`(layout: String) {
    let filler = [UInt8](repeating: 0x78, count: 10_000_000)
    let heads = [
      "ndjson": "{\"time\":1772359200,\"level\":\"error\",\"service\":\"s\",\"x\":\"",
      "logfmt": "time=1772359200 level=error service=s x=\"", "text": "1772359200 ERROR ", "plain": "ERROR: ",
      "syslog-5424": "<11>1 2026-03-01T10:00:00Z h s - - - ", "otlp": "{\"resourceLogs\":[{\"x\":\"",
      "json-document": "[{\"x\":\"",
      "docker-json + text":
        "{\"time\":\"2026-03-01T10:00:00Z\",\"log\":\"2026-03-01T10:00:00Z ERROR x\",\"attrs\":{\"tag\":\"s\"},\"x\":\"",
    ]
    let bytes = Array((heads[layout] ?? "").utf8) + filler + Array("\"}\n\n".utf8)
    let source = SourceID(rawValue: 0)
    var decoder = LogDecoder(
      layout: LogLayout(name: layout) ?? LogLayout(name: "plain")!,
      options: DecodingOptions(modificationTime: writtenAt, defaultService: ForeignText("f")), source: source)
    var batch = DecodedBatch(source: source)
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + LogDecoder.recordLimit)
      let consumed = bytes[start..<end].withUnsafeBytes {
        decoder.decode($0, at: Int64(start), isEnd: end == bytes.count, into: &batch)
      }
      #expect(consumed > 0)
      guard consumed > 0 else { return }
      start += consumed
    }
    let whole = Reading(bytes, as: LogLayout(name: layout))
    #expect(batch.columns.count == (layout == "plain" ? 2 : 1))
    #expect(batch.columns.times == whole.counted.map(\.timeNs))
    let isDocument = layout == "otlp" || layout == "json-document"
    #expect(batch.columns.severities.first == (isDocument ? .unknown : .error))
    #expect(decoder.tally.lineCount == 2)
    #expect(decoder.tally.unparsableCount == (isDocument ? 1 : 0))
  }

  @Test func `a journal entry with ten megabytes of binary data is one event`() {
    var bytes = Array("__REALTIME_TIMESTAMP=1772359200000000\nPRIORITY=3\n_COMM=a\nCOREDUMP\n".utf8)
    let data = [UInt8](repeating: 0x0a, count: 10_000_000)
    bytes += withUnsafeBytes(of: UInt64(data.count).littleEndian) { Array($0) } + data
    bytes += Array("\n_PID=1\n\n__REALTIME_TIMESTAMP=1772359201000000\nPRIORITY=6\n_COMM=b\n\n".utf8)
    let expected = [
      Counted(utc(2026, 3, 1, 10, 0, 0), "a", .error), Counted(utc(2026, 3, 1, 10, 0, 1), "b", .info),
    ]
    let layout = LogLayout(name: "journald-export")
    let whole = Reading(bytes, as: layout)
    #expect(whole.counted == expected)
    let cuts =
      Array(stride(from: 100_000, to: bytes.count, by: 300_001)) + (0..<60).map { bytes.count - $0 - 1 }
    let pieces = Reading(bytes, as: layout, cuts: cuts)
    #expect(pieces.counted == expected)
    #expect(pieces.tally == whole.tally)
  }

  @Test func `zeros and a byte order mark before a line do not hide it`() {
    let bytes = [UInt8](repeating: 0, count: 5000) + Array("\u{FEFF}2026-03-01 10:00:00 WARN x\n".utf8)
    let reading = Reading(bytes, as: LogLayout(name: "text"))
    #expect(reading.counted == [Counted(utc(2026, 3, 1, 10, 0, 0), "file", .warn)])
  }

  @Test func `invalid UTF-8 stays as it came`() {
    let bytes = Array("{\"time\":1772359200,\"msg\":\"".utf8) + [0xff, 0xfe] + Array("\"}\n".utf8)
    let reading = Reading(bytes)
    #expect(reading.tally.unparsableCount == 0)
    #expect(reading.events(bytes).first?.message.bytes == [0xff, 0xfe])
  }

  @Test func `an empty source has no events`() {
    for name in LogLayout.names {
      let reading = Reading("", as: name)
      #expect(reading.tally == DecodingTally())
    }
  }
}
