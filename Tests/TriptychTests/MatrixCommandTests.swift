import Foundation
import Testing

private let minuteNs: Int64 = 60_000_000_000

/// A small world that a hand can count: three services, one with a name csv must quote, one event without a service.
private let world = [
  #"{"time":"2026-11-23T03:06:59.999Z","service":"shop/cart","severity":"info","message":"a"}"#,
  #"{"time":"2026-11-23T03:07:00Z","service":"shop/cart","severity":"error","message":"b","status":500}"#,
  #"{"time":"2026-11-23T03:07:00.5Z","service":"shop/cart","severity":"error","message":"c","status":503}"#,
  #"{"time":"2026-11-23T03:07:30Z","service":"pay, \"ments\"","severity":"warn","message":"d"}"#,
  #"{"time":"2026-11-23T03:08:00Z","service":"\u00fcber","severity":"shouting","message":"e"}"#,
  #"{"time":"2026-11-23T03:08:00Z","service":"shop/cart","severity":"fatal","message":"timeout"}"#,
]

@Suite struct MatrixCommandTests {
  private func matrix(_ arguments: String..., lines: [String] = world) throws -> Program.Outcome {
    try Program.run(["matrix", "-"] + arguments, input: Data(lines.map { $0 + "\n" }.joined().utf8))
  }

  @Test func `cells are counted, ordered and quoted as the contract says`() throws {
    let outcome = try matrix("--bucket", "1m")
    #expect(
      outcome.output == """
        time,service,severity,count
        2026-11-23T03:06:00Z,shop/cart,info,1
        2026-11-23T03:07:00Z,"pay, ""ments\""",warn,1
        2026-11-23T03:07:00Z,shop/cart,error,2
        2026-11-23T03:08:00Z,shop/cart,fatal,1
        2026-11-23T03:08:00Z,über,unknown,1

        """)
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
  }

  @Test func `from is inclusive and to is exclusive, also inside a bucket`() throws {
    let outcome = try matrix(
      "--bucket", "1h", "--from", "2026-11-23T03:07:00Z", "--to", "2026-11-23T03:07:30Z")
    #expect(outcome.lines == ["time,service,severity,count", "2026-11-23T03:00:00Z,shop/cart,error,2"])
  }

  @Test func `a severity means itself and worse, and unknown only without the option`() throws {
    let worse = try matrix("--bucket", "1d", "--severity", "error")
    #expect(
      worse.lines.dropFirst() == [
        "2026-11-23T00:00:00Z,shop/cart,error,2", "2026-11-23T00:00:00Z,shop/cart,fatal,1",
      ])
    let all = try matrix("--bucket", "1d", "--severity", "trace")
    #expect(!all.output.contains("unknown"))
  }

  @Test func `globs match the whole path and an exclamation mark excludes`() throws {
    let shop = try matrix("--bucket", "1d", "--service", "sh*t", "--service", "über")
    #expect(shop.lines.count == 5)
    let others = try matrix("--bucket", "1d", "--service", "!shop/*")
    #expect(others.lines.dropFirst().allSatisfy { !$0.contains("shop") })
    #expect(others.lines.count == 3)
    let part = try matrix("--bucket", "1d", "--service", "cart")
    #expect(part.lines == ["time,service,severity,count"])
  }

  @Test func `a filter counts only the events it lets through`() throws {
    #expect(
      try matrix("--bucket", "1d", "--filter", "status>=503").lines.dropFirst() == [
        "2026-11-23T00:00:00Z,shop/cart,error,1"
      ])
    #expect(try matrix("--bucket", "1d", "--filter", "timeout").lines.count == 2)
  }

  @Test func `json lines have the names of the csv`() throws {
    let outcome = try matrix("--bucket", "1d", "--format", "json", "--severity", "warn", "--time", "unix-ns")
    #expect(
      outcome.lines == [
        #"{"time":1795392000000000000,"service":"pay, \"ments\"","severity":"warn","count":1}"#,
        #"{"time":1795392000000000000,"service":"shop/cart","severity":"error","count":2}"#,
        #"{"time":1795392000000000000,"service":"shop/cart","severity":"fatal","count":1}"#,
      ])
  }

  @Test func `fraction digits are those the width needs`() throws {
    let event = [#"{"time":"2026-11-23T03:07:00.123456789Z","service":"a","severity":"info","message":"m"}"#]
    for (width, time) in [
      ("10s", "2026-11-23T03:07:00Z"), ("5ms", "2026-11-23T03:07:00.120Z"),
      ("1us", "2026-11-23T03:07:00.123456Z"),
      ("1ns", "2026-11-23T03:07:00.123456789Z"),
    ] {
      #expect(try matrix("--bucket", width, lines: event).lines.last == "\(time),a,info,1")
    }
  }

  @Test func `a narrow bucket over a long time skips what is empty`() throws {
    let lines = ["2020-01-01T00:00:00.001Z", "2026-11-23T03:07:00.002Z"].map {
      #"{"time":"\#($0)","service":"a","severity":"info","message":"m"}"#
    }
    #expect(
      try matrix("--bucket", "1ms", lines: lines).lines.dropFirst() == [
        "2020-01-01T00:00:00.001Z,a,info,1", "2026-11-23T03:07:00.002Z,a,info,1",
      ])
  }

  @Test func `nothing to count is the header and nothing else`() throws {
    #expect(try matrix("--from", "2030-01-01").output == "time,service,severity,count\n")
    #expect(try matrix(lines: []).output == "time,service,severity,count\n")
    #expect(try matrix("--trust", "verified").output == "time,service,severity,count\n")
    #expect(try matrix("--format", "json", "--from", "2030-01-01").output == "")
  }

  @Test func `the default bucket is the narrowest step that gives at most 120 columns`() throws {
    // 121 minutes: 1 m would give 121 columns, so 2 m it is.
    let lines = [Int64(0), 120].map { minute in
      let time = CountOracle.rfc3339(1_795_392_000_000_000_000 + minute * minuteNs, digits: 0)
      return #"{"time":"\#(time)","service":"a","severity":"info","message":"m"}"#
    }
    #expect(try matrix(lines: lines).lines.last == "2026-11-23T02:00:00Z,a,info,1")
    let odd = lines + [#"{"time":"2026-11-23T01:59:30Z","service":"a","severity":"info","message":"m"}"#]
    #expect(try matrix(lines: odd).lines.contains("2026-11-23T01:58:00Z,a,info,1"))
  }

  @Test func `a demo written to files is counted cell by cell as an independent count says`() throws {
    let scratch = try Scratch()
    let written = try Program.run(["demo", "retry-storm", "--write", "out"], in: scratch.folder)
    #expect(written.lines == ["out/retry-storm.ndjson", "out/retry-storm.truth.json"])
    let file = scratch.folder.appending(path: "out/retry-storm.ndjson")
    let oracle = try CountOracle(ndjson: try Data(contentsOf: file))
    for (bucket, widthNs) in [("1m", minuteNs), ("1s", 1_000_000_000), ("100ms", 100_000_000)] {
      let outcome = try Program.run(["matrix", file.path, "--bucket", bucket])
      #expect(outcome.output == oracle.csv(widthNs: widthNs), "differs at --bucket \(bucket)")
    }
  }

  @Test(.enabled(if: Shared.trainTicket != nil, "../shared/data/demo is not there; set TRIPTYCH_SHARED"))
  func `a real incident in gzip is counted cell by cell as an independent count says`() throws {
    let file = try #require(Shared.trainTicket)
    let plain = try Program.shell("gzip -dc '\(file.path)'").output
    let oracle = try CountOracle(ndjson: Data(plain.utf8))
    #expect(oracle.records.count == 22_872)
    #expect(try Program.run(["matrix", file.path, "--bucket", "1m"]).output == oracle.csv(widthNs: minuteNs))
    let errors = try Program.run([
      "matrix", file.path, "--bucket", "10s", "--severity", "error", "--service", "ts-*", "--service",
      "!*order*",
    ])
    #expect(
      errors.output
        == oracle.csv(widthNs: 10_000_000_000) {
          ["error", "fatal"].contains($0.severity) && $0.service.hasPrefix("ts-")
            && !$0.service.contains("order")
        })
  }
}

/// Takes a minute with the optimised program.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] == "1"))
struct LongMatrixCommandTests {
  @Test func `three million events are counted cell by cell as they were written, plain and compressed`()
    throws
  {
    let scratch = try Scratch()
    let (file, csv) = try write(3_000_000, into: scratch)
    let plain = try Program.run(["matrix", file.path, "--bucket", "1s"])
    #expect(plain.status == 0)
    let isEqual = plain.output == csv
    #expect(isEqual, "the matrix of the plain file differs")
    for tool in ["gzip -1", "zstd -q -1"] {
      let script = "\(tool) -c big.ndjson > big.z && \"$TRIPTYCH\" matrix big.z --bucket 1s"
      let compressed = try Program.shell(script, in: scratch.folder)
      let isEqual = compressed.output == csv
      #expect(isEqual, "the matrix differs after \(tool)")
    }
  }

  /// A log of `count` events and the csv that must come of it, counted while writing. Mostly in order; one event in
  /// a hundred is up to an hour late.
  private func write(_ count: Int, into scratch: Scratch) throws -> (URL, String) {
    let file = try scratch.write("big.ndjson", Data())
    let handle = try FileHandle(forWritingTo: file)
    var state: UInt64 = 20_261_123
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    let serviceCount = 60
    let bandCount = CountOracle.severities.count
    let startSecond: Int64 = 1_795_392_000
    var counts: [Int64: [UInt32]] = [:]
    var lines = ""
    for index in 0..<count {
      var second = startSecond + Int64(index / 800) + 3600
      if random(100) == 0 { second -= Int64(random(3600)) }
      let service = Int(random(UInt64(serviceCount)))
      let severity = Int(random(UInt64(bandCount)))
      counts[second, default: Array(repeating: 0, count: serviceCount * bandCount)][
        service * bandCount + severity] += 1
      lines += "{\"ts\":\(second)\(100_000_000 + random(900_000_000)),\"severity\":\""
      lines +=
        "\(CountOracle.severities[severity])\",\"service\":\"s\(100 + service)\",\"message\":\"m \(index)\"}\n"
      if lines.utf8.count > 1 << 20 {
        try handle.write(contentsOf: Data(lines.utf8))
        lines = ""
      }
    }
    try handle.write(contentsOf: Data(lines.utf8))
    try handle.close()
    var csv = "time,service,severity,count\n"
    for second in counts.keys.sorted() {
      let time = CountOracle.rfc3339(second * 1_000_000_000, digits: 0)
      for (cell, count) in counts[second, default: []].enumerated() where count > 0 {
        csv += "\(time),s\(100 + cell / bandCount),\(CountOracle.severities[cell % bandCount]),\(count)\n"
      }
    }
    return (file, csv)
  }
}

/// Data beside the checkout that is not part of it.
enum Shared {
  static let folder: URL? = {
    if let path = ProcessInfo.processInfo.environment["TRIPTYCH_SHARED"] { return URL(filePath: path) }
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return [root.appending(path: "../shared"), root.appending(path: "../../shared")]
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  static let trainTicket: URL? = folder.map { $0.appending(path: "data/demo/trainticket-demo.ndjson.gz") }
    .flatMap { FileManager.default.fileExists(atPath: $0.path) ? $0 : nil }
}
