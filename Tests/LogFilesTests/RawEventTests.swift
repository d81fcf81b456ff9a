import EventMatrix
import EventModel
import Foundation
import Testing

@testable import LogFiles

@Suite struct `Raw events on demand` {
  let place = Workplace()

  private func range(_ events: Range<Int>) -> TimeRange {
    func time(_ index: Int) -> Timestamp {
      Timestamp(nanoseconds: 1_790_000_000_000_000_000 + Int64(index) * 1_000_000)
    }
    return TimeRange(start: time(events.lowerBound), end: time(events.upperBound))
  }

  @Test func `the events of a cell are as many as were counted, from plain, gzip and zstd files`() throws {
    try place.write(lines(0..<50_000), "app.log")
    try place.run("gzip -k app.log && zstd -q -k app.log")
    for name in ["app.log", "app.log.gz", "app.log.zst"] {
      let opened = Opened(place(name))
      _ = opened.read()
      let cart = try #require(opened.sources.services.id(of: ForeignText("cart")))
      let query = RawQuery(range: range(41_000..<46_000), services: [cart], severities: SeveritySet(.error))
      let answer = opened.sources.events(matching: query)
      let wanted = (41_000..<46_000).filter { $0 % 3 == 0 && $0 % 5 == 4 }
      #expect(answer.isExact)
      #expect(answer.matchedCount == wanted.count)
      #expect(answer.events.map(\.text) == wanted.map { "request \($0) done" }, "\(name)")
      let first = try #require(answer.events.first)
      #expect(opened.sources.event(at: first.position) == first)
    }
  }

  @Test
  func `rare events read by themselves are those of their whole block, wherever its lines hang together`()
    throws
  {
    // Stack traces, a line without a time, a torn one, two services; errors are one in seven.
    let text = (0..<4_000).map { index -> String in
      let time = "2026-11-23 03:\(10 + index / 60 % 50):\(10 + index % 50),\(100 + index % 900)"
      let level = index % 7 == 3 ? "ERROR" : "INFO "
      let trace = index % 14 == 3 ? "java.lang.IllegalState: \(index)\n\tat a.B(B.java:1)\n\n" : ""
      return "\(time) \(level) [main] shop.Cart - did \(index)\n" + trace
        + (index % 97 == 0 ? "no time \(index)\n" : "")
    }.joined()
    try place.write(text, "app.log")
    let opened = Opened(place("app.log"))
    _ = opened.read()
    let all = opened.sources.events(matching: RawQuery())
    let errors = all.events.filter { $0.severity == .error }
    #expect(errors.count > 500)
    for _ in 0..<2 {
      let answer = opened.sources.events(matching: RawQuery(severities: SeveritySet(.error)))
      #expect(answer.events == errors)
    }
    #expect(errors.contains { $0.text.contains("\tat a.B(B.java:1)") })
  }

  @Test func `where the counts say that events are, no other block is needed`() throws {
    try place.write(lines(0..<50_000), "app.log")
    let opened = Opened(place("app.log"))
    let matrix = opened.read().matrix
    var query = RawQuery(severities: SeveritySet(.error), limit: 7)
    let plain = opened.sources.events(matching: query)
    query.latest = matrix.latestInstants(
      7, in: .everything, rowOfService: [0, 0, 0], severities: SeveritySet(.error))
    let told = opened.sources.events(matching: query)
    #expect(told.events == plain.events)
    #expect(told.events.count == 7 && !told.isExact, "there are earlier ones")
    query.latest = LatestInstants(instants: [], hasEarlier: false, countedUntil: .max)
    #expect(opened.sources.events(matching: query).events.isEmpty)
    // What came after the count is looked at in any case.
    query.latest = LatestInstants(instants: [], hasEarlier: false, countedUntil: 0)
    #expect(opened.sources.events(matching: query).events == plain.events)
  }

  @Test func `the last and the first N, and paging through all of them`() throws {
    try place.write(lines(0..<6000), "a.log")
    try place.write(lines(3000..<9000), "b.log")
    try place.run("gzip b.log")
    let opened = Opened(place("a.log"), place("b.log.gz"))
    _ = opened.read()
    let all = opened.sources.events(matching: RawQuery(severities: .atLeast(.error)))
    #expect(all.events.count == 2400)
    #expect(all.isExact)
    let last = opened.sources.events(matching: RawQuery(severities: .atLeast(.error), limit: 10))
    #expect(last.events == Array(all.events.suffix(10)))
    #expect(!last.isExact)
    let first = opened.sources.events(
      matching: RawQuery(severities: .atLeast(.error), limit: 10, end: .first))
    #expect(first.events == Array(all.events.prefix(10)))
    var paged: [Event] = []
    var beyond: EventKey?
    while true {
      let page = opened.sources.events(
        matching: RawQuery(severities: .atLeast(.error), limit: 700, end: .last, beyond: beyond))
      if page.events.isEmpty { break }
      paged = page.events + paged
      beyond = page.events.first.map { EventKey($0) }
    }
    #expect(paged == all.events)
  }

  @Test func `a filter finds a trace across sources, and a scan counts the same`() throws {
    try place.write(lines(0..<5000), "a.log")
    try place.write(lines(5000..<9000), "b.log")
    let opened = Opened(place("a.log"), place("b.log"))
    _ = opened.read()
    let query = RawQuery(filter: try EventFilter("trace=t42"))
    let answer = opened.sources.events(matching: query)
    #expect(answer.events.map(\.text) == stride(from: 42, to: 9000, by: 100).map { "request \($0) done" })
    var count = 0
    var share = 0.0
    let outcome = opened.sources.scan(query) { columns, done in
      count += columns.count
      share = done
    }
    #expect(count == 90)
    #expect(outcome.matchedCount == 90)
    #expect(share == 1)
    #expect(opened.sources.scan(query, from: outcome.position) { _, _ in }.matchedCount == 0)
  }

  @Test func `a scan goes on with what came since`() throws {
    try place.write(lines(0..<1000), "app.log")
    let opened = Opened(place("app.log")) { $0.follows = true }
    _ = opened.read()
    let query = RawQuery(severities: SeveritySet(.error))
    let first = opened.sources.scan(query) { _, _ in }
    #expect(first.matchedCount == 200)
    try place.append(lines(1000..<1500), "app.log")
    #expect(opened.recorder.waitForEvents(1500))
    #expect(opened.sources.scan(query, from: first.position) { _, _ in }.matchedCount == 100)
  }

  @Test func `a source that was rewritten says so for the blocks that changed; the others are shown`() throws
  {
    try place.write(lines(0..<5000), "app.log")
    let opened = Opened(place("app.log"))
    _ = opened.read()
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: place("app.log")))
    try writer.seek(toOffset: 100_000)
    try writer.write(contentsOf: Data("changed".utf8))
    try writer.close()
    let answer = opened.sources.events(matching: RawQuery())
    #expect(answer.missing.count == 1)
    let missingCount = answer.missing.first?.eventCount ?? 0
    #expect(missingCount > 300 && missingCount < 1500)
    #expect(answer.events.count == 5000 - missingCount)
    #expect(!answer.isExact)
    #expect(opened.counts().count == 5000)
  }

  @Test func `a stack trace stays with its event across blocks`() throws {
    var text = ""
    for index in 0..<3000 {
      text +=
        "2026-11-23T03:\(String(index / 60 % 60 + 100).dropFirst()):\(String(index % 60 + 100).dropFirst())Z ERROR boom \(index)\n"
      for frame in 0..<(index % 7) { text += "    at frame \(frame) of \(index)\n" }
    }
    try place.write(text, "app.log")
    let opened = Opened(place("app.log"))
    _ = opened.read()
    #expect(opened.recorder.eventCount == 3000)
    let events = opened.sources.events(matching: RawQuery()).events
    #expect(events.count == 3000)
    for (index, event) in events.sorted(by: { $0.position < $1.position }).enumerated() {
      #expect(event.message.repaired.split(separator: "\n").count == index % 7 + 1)
    }
  }

  @Test func `a query that is cancelled says so`() throws {
    try place.write(lines(0..<5000), "app.log")
    let opened = Opened(place("app.log"))
    _ = opened.read()
    let answer = opened.sources.events(matching: RawQuery(), isCancelled: { true })
    #expect(answer.isCancelled)
    #expect(!answer.isExact)
    #expect(opened.sources.scan(RawQuery(), isCancelled: { true }) { _, _ in }.isCancelled)
  }

  @Test func `one of hundreds of services is found, and the index stays below a byte an event`() throws {
    try place.write((0..<20_000).map { line($0, service: "s\($0 % 300)") }.joined(), "app.log")
    let opened = Opened(place("app.log"))
    _ = opened.read()
    let service = try #require(opened.sources.services.id(of: ForeignText("s271")))
    let answer = opened.sources.events(matching: RawQuery(services: [service]))
    #expect(answer.events.map(\.text) == stride(from: 271, to: 20_000, by: 300).map { "request \($0) done" })
    let block = MemoryLayout<Block>.stride
    print("a block of 64 KiB takes \(block) bytes of index")
    // 600 events of 109 bytes, as here.
    #expect(block < 300)
  }

  @Test func `a small set of numbers answers as a set does`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    func random() -> UInt32 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt32(state >> 33) % 200
    }
    for _ in 0..<100 {
      var (left, right) = (SmallIDSet(), SmallIDSet())
      var (leftTruth, rightTruth) = (Set<UInt32>(), Set<UInt32>())
      for _ in 0..<(random() % 12) {
        let (first, second) = (random(), random())
        left.insert(first)
        leftTruth.insert(first)
        right.insert(second)
        rightTruth.insert(second)
      }
      #expect((0..<200).allSatisfy { left.contains($0) == leftTruth.contains($0) })
      #expect(left.isDisjoint(with: right) == leftTruth.isDisjoint(with: rightTruth))
    }
  }
}
