import EventModel
import Foundation
import LogFiles
import LogFormats
import Testing

/// A big file is read by several threads; nobody may see by the result how many there were.
@Suite struct `Files that several threads read` {
  let place = Workplace()

  /// Everything that can be seen of one source.
  private struct Seen: Equatable {
    var counts: [Count]
    var tally: DecodingTally
    var layout: String?
    var problems: [String]
    var texts: [String]
    var positions: [Int64]
  }

  private func seen(_ name: String, threads: Int) throws -> Seen {
    let opened = Opened(place(name)) { $0.workerCount = threads }
    _ = opened.read()
    let status = try #require(opened.sources.statuses.first)
    let answer = opened.sources.events(matching: RawQuery())
    #expect(answer.isExact)
    #expect(status.bytesRead == status.bytesTotal)
    return Seen(
      counts: opened.counts(), tally: status.tally, layout: status.layout?.name,
      problems: status.problems.map(\.description), texts: answer.events.map(\.text),
      positions: answer.events.map(\.position.byteOffset))
  }

  /// - Returns: what was seen, which is the same for one thread and for three.
  @discardableResult
  private func expectSame(_ text: String, _ name: String = "app.log") throws -> Seen {
    try #require(text.utf8.count > 3 << 20, "too small to be shared")
    try place.write(text, name)
    return try expectSameReading(of: name)
  }

  @discardableResult
  private func expectSameReading(of name: String) throws -> Seen {
    let one = try seen(name, threads: 1)
    let three = try seen(name, threads: 3)
    #expect(one.tally == three.tally)
    #expect(one.problems == three.problems)
    #expect(one.layout == three.layout)
    #expect(one.counts == three.counts)
    #expect(one.positions == three.positions)
    #expect(one.texts == three.texts)
    #expect(three.texts.count == three.counts.count)
    return three
  }

  @Test func `JSON lines, some of them broken, are counted as they were written`() throws {
    let text = (0..<36_000).map { index in
      index % 5000 == 4999 ? "{\"ts\": broken line \(index)\n" : line(index)
    }.joined()
    let seen = try expectSame(String(text.dropLast()))
    #expect(seen.tally.unparsableCount == 7)
    #expect(seen.counts.count == 36_000)
    #expect(
      seen.counts.enumerated().filter { $0.offset % 5000 != 4999 }.allSatisfy {
        $0.element == truth($0.offset..<($0.offset + 1))[0]
      })
  }

  @Test func `a stack trace stays with its event wherever the file is cut`() throws {
    let text = (0..<12_000).map { index -> String in
      let clock =
        "2026-03-01 \(10 + index / 3600):\(10 + index / 60 % 50):\(10 + index % 50).\(100 + index % 900)"
      let trace = (0..<(index % 7)).map { "\tat com.example.Handler\($0).run(Handler.java:\(index))\n" }
        .joined()
      return "\(clock) [main] ERROR com.example.Shop - order \(index) lost\n"
        + "java.lang.IllegalStateException: order \(index)\n" + trace
        + "Caused by: java.io.IOException: broken pipe of a connection that nobody reads any more\n"
    }.joined()
    let seen = try expectSame(text)
    #expect(seen.counts.count == 12_000)
    #expect(seen.texts.allSatisfy { $0.contains("order ") && $0.contains("Caused by: ") })
    #expect(seen.tally.continuedCount == 12_000 * 2 + (0..<12_000).reduce(0) { $0 + $1 % 7 })
  }

  @Test func `times without a year or a day depend on those before, for any number of threads`() throws {
    let days = ["Jan 31", "Feb  1", "Feb  2", "Feb  3"]
    let yearless = (0..<40_000).map { index in
      "\(days[index / 10_000]) \(10 + index / 3600 % 12):\(10 + index / 60 % 50):\(10 + index % 50) "
        + "host sshd[\(index)]: session \(index) opened for a user of the long name in this test\n"
    }.joined()
    #expect(try expectSame(yearless, "auth.log").tally.withoutTimeCount == 0)
    // From 02 to 21 o'clock, and after 4,000 lines the next day.
    let timeOnly = (0..<40_000).map { index in
      "\(String(102 + index / 200 % 20).dropFirst()):\(10 + index / 4 % 50):\(10 + index % 4) INFO  worker-\(index % 3) item \(index) "
        + "was put where it belongs, which took no longer than usual\n"
    }.joined()
    let seen = try expectSame(timeOnly, "batch.log")
    #expect(Set(seen.counts.map { $0.time / 86_400_000_000_000 }).count == 10)
  }

  @Test func `a year that cannot be counted by nanoseconds is told once, with its place`() throws {
    let text = (0..<36_000).map { index in
      index % 9000 == 8999
        ? "{\"ts\":\"9999-01-01T00:00:00Z\",\"level\":\"info\",\"service\":\"shop\"}\n" : line(index)
    }.joined()
    let seen = try expectSame(text)
    #expect(seen.counts.count == 36_000)
    #expect(seen.tally.withoutTimeCount == 4)
    let place = (0..<8999).reduce(0) { $0 + line($1).utf8.count }
    #expect(seen.problems.count == 1)
    #expect(
      seen.problems.first?.contains("byte \(place): 4 events, this the first, have times outside the years")
        == true)
  }

  @Test(arguments: [1, 3], ["app.log", "app.log.zst"])
  func `without an index of blocks the counts are the same, and raw events cannot be asked for`(
    threads: Int, name: String
  ) throws {
    try place.write(lines(0..<40_000), "app.log")
    try place.run("zstd -q -f app.log")
    let opened = Opened(place(name)) {
      $0.workerCount = threads
      $0.keepsBlocks = false
    }
    _ = opened.read()
    #expect(opened.counts() == truth(0..<40_000))
    #expect(opened.sources.events(matching: RawQuery()).events.isEmpty)
  }

  @Test func `lines without any time, and lines that a container runtime cut, are the same events`() throws {
    let plain = (0..<50_000).map {
      "ERROR no time at all in line number \($0) of this file, only words and words\n"
    }
    .joined()
    #expect(try expectSame(plain, "plain.txt").tally.withoutTimeCount == 50_000)
    let docker = (0..<24_000).map { index in
      let end = index % 3 == 1 ? "" : "\\n"
      return
        "{\"log\":\"{\\\"level\\\":\\\"warn\\\",\\\"msg\\\":\\\"part \(index)\\\",\\\"service\\\":\\\"s\(index % 4)\\\"}\(end)\","
        + "\"stream\":\"stdout\",\"time\":\"2026-03-01T10:\(10 + index / 1000):\(10 + index % 50).000000001Z\"}\n"
    }.joined()
    try expectSame(docker, "x-json.log")
  }

  @Test func `a line of megabytes, NUL bytes and bytes that are no text are told once, at their place`()
    throws
  {
    var bytes = Array(lines(0..<15_000).utf8)
    bytes += Array(
      ("{\"ts\":1790000015,\"level\":\"info\",\"service\":\"big\",\"msg\":\""
        + String(repeating: "x", count: 2 << 20)
        + "\"}\n").utf8)
    bytes += Array(lines(15_000..<25_000).utf8)
    let nul = bytes.count
    bytes += [UInt8](repeating: 0, count: 100) + Array(line(25_000).utf8)
    let bad = bytes.count + 3
    bytes += Array("{\"a".utf8) + [0xff] + Array("\":1}\n".utf8)
    bytes += Array(lines(25_001..<40_000).utf8) + [0, 0xff, 0x0a]
    try Data(bytes).write(to: URL(fileURLWithPath: place("app.log")))
    let seen = try expectSameReading(of: "app.log")
    #expect(seen.problems.count == 3)
    #expect(seen.problems.contains { $0.contains("byte \(nul): NUL bytes") })
    #expect(seen.problems.contains { $0.contains("byte \(bad): bytes that are not UTF-8") })
    #expect(seen.problems.contains { $0.contains("a line is longer than 1 MiB") })
  }

  @Test func `compressed files are decoded beside decompressing, and a cut one says where`() throws {
    try place.write(lines(0..<40_000), "app.log")
    try place.run("gzip -k app.log && zstd -q -k app.log && head -c 100000 app.log.gz > cut.log.gz")
    for name in ["app.log.gz", "app.log.zst"] {
      #expect(try seen(name, threads: 3).counts == truth(0..<40_000), "\(name)")
    }
    let opened = Opened(place("cut.log.gz")) { $0.workerCount = 3 }
    let state = opened.read()
    #expect(state.problems.count == 1)
    #expect(state.gaps.count == 1)
    let counts = opened.counts()
    #expect(counts.count > 1000)
    #expect(Array(counts.dropLast()) == truth(0..<(counts.count - 1)))
  }

  @Test func `beyond the limit of names, the first ones are kept and the rest is other`() throws {
    let text = (0..<90_000).map { index in
      "{\"ts\":\(1_790_000_000 + index),\"level\":\"info\",\"service\":\"s\(index < 70_000 ? index : index - 40_000)\"}\n"
    }.joined()
    let seen = try expectSame(text)
    #expect(seen.counts.filter { $0.service == "(other)" }.count == 4464)
    #expect(Set(seen.counts.map(\.service)).count == 65_537)
  }
}
