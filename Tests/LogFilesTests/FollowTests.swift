import EventModel
import Foundation
import LogFiles
import Testing

@Suite struct `Following` {
  let place = Workplace()

  private func follow(_ name: String = "app.log") -> Opened {
    let opened = Opened(place(name)) { $0.follows = true }
    #expect(opened.sources.waitUntilRead(timeoutMs: 10_000))
    return opened
  }

  @Test func `a file that grows gives the same columns as the whole file; half a line waits`() throws {
    try place.write("", "app.log")
    let opened = follow()
    let text = lines(0..<900)
    var rest = Substring(text)
    while !rest.isEmpty {
      try place.append(String(rest.prefix(7777)), "app.log")
      rest = rest.dropFirst(7777)
      usleep(15_000)
    }
    #expect(opened.recorder.waitForEvents(900))
    #expect(opened.counts() == truth(0..<900))
    try place.append(String(line(900).dropLast(5)), "app.log")
    usleep(100_000)
    #expect(opened.recorder.eventCount == 900)
    try place.append(String(line(900).suffix(5)), "app.log")
    #expect(opened.recorder.waitForEvents(901))
    #expect(opened.counts() == truth(0..<901))
    #expect(opened.sources.statuses.first?.state == .following)
  }

  @Test func `rename and recreate: the old file is read to its end, then the new one, and both can be shown`()
    throws
  {
    try place.write(lines(0..<100), "app.log")
    let opened = follow()
    try place.run("mv app.log app.log.1")
    usleep(50_000)
    // The writer goes on with the old file for a while.
    try place.append(lines(100..<150), "app.log.1")
    try place.write("", "app.log")
    #expect(opened.recorder.wait { $0.states.last == .rotated })
    try place.append(lines(150..<160), "app.log.1")
    try place.append(lines(160..<300), "app.log")
    #expect(opened.recorder.waitForEvents(300))
    #expect(opened.counts() == truth(0..<300))
    try place.run("rm app.log.1")
    let answer = opened.sources.events(matching: RawQuery())
    #expect(answer.isExact)
    #expect(answer.events.map(\.text) == (0..<300).map { "request \($0) done" })
    #expect(Set(answer.events.map(\.position)).count == 300)
  }

  @Test
  func `lines written to the renamed file after the new one has begun are not counted, and that is said`()
    throws
  {
    try place.write(lines(0..<100), "app.log")
    let opened = follow()
    try place.run("mv app.log app.log.1")
    try place.write(lines(100..<120), "app.log")
    #expect(opened.recorder.waitForEvents(120))
    try place.append(lines(120..<123), "app.log.1")
    let byteCount = lines(120..<123).utf8.count
    let deadline = Date(timeIntervalSinceNow: 5)
    var problems: [SourceProblem] = []
    while problems.isEmpty, Date() < deadline {
      usleep(20_000)
      problems = (opened.sources.statuses.first?.problems ?? []).filter { $0.reason.contains("renamed file") }
    }
    #expect(problems.count == 1)
    #expect(problems.first?.reason.hasPrefix("\(byteCount) bytes were written") == true)
    #expect(problems.first?.remedy?.contains("by its new name") == true)
    #expect(opened.recorder.eventCount == 120)
  }

  @Test func `a deleted file is still read and shown, and comes back under its name`() throws {
    try place.write(lines(0..<100), "app.log")
    let opened = follow()
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: place("app.log")))
    try writer.seekToEnd()
    try place.run("rm app.log")
    #expect(opened.recorder.wait { $0.states.last == .vanished })
    try writer.write(contentsOf: Data(lines(100..<120).utf8))
    #expect(opened.recorder.waitForEvents(120))
    #expect(opened.sources.events(matching: RawQuery()).events.count == 120)
    try place.write(lines(120..<130), "app.log")
    #expect(opened.recorder.waitForEvents(130))
    #expect(opened.counts() == truth(0..<130))
  }

  @Test func `copytruncate: counts stay, the new content is read, the old events say the source changed`()
    throws
  {
    try place.write(lines(0..<1000), "app.log")
    let opened = follow()
    try place.run("cp app.log app.log.1 && : > app.log")
    #expect(opened.recorder.wait { $0.problems.contains { $0.reason.hasPrefix("it was truncated") } })
    try place.append(lines(1000..<1010), "app.log")
    #expect(opened.recorder.waitForEvents(1010))
    #expect(opened.counts() == truth(0..<1010))
    let answer = opened.sources.events(matching: RawQuery())
    #expect(answer.events.map(\.text) == (1000..<1010).map { "request \($0) done" })
    #expect(answer.missing.count == 1)
    #expect(answer.missing.first?.eventCount == 1000)
    #expect(answer.missing.first?.reasonText.hasPrefix("source changed at 20") == true)
  }

  @Test func `a file rewritten in place with more bytes is noticed and read again`() throws {
    try place.write(lines(0..<100), "app.log")
    let opened = follow()
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: place("app.log")))
    try writer.write(contentsOf: Data(lines(500..<800).utf8))
    try writer.close()
    #expect(opened.recorder.waitForEvents(400))
    #expect(opened.counts() == truth(0..<100) + truth(500..<800))
    #expect(opened.sources.events(matching: RawQuery()).missing.first?.eventCount == 100)
  }

  @Test func `a new file in a followed directory is read, a rotated one is not counted twice`() throws {
    try place.write(lines(0..<10), "logs/app.log")
    let opened = follow("logs")
    try place.write(lines(10..<30), "logs/pod/other.log")
    #expect(opened.recorder.waitForEvents(30))
    try place.run("cp logs/app.log logs/app.log.1 && : > logs/app.log")
    try place.run("mv logs/pod/other.log logs/pod/other.log.1 && gzip -k logs/pod/other.log.1")
    try place.append(lines(30..<40), "logs/app.log")
    try place.write(lines(40..<45), "logs/pod/other.log")
    #expect(opened.recorder.waitForEvents(45))
    usleep(300_000)
    #expect(opened.recorder.eventCount == 45)
    #expect(opened.sources.statuses.count == 2)
  }

  @Test func `stack traces cut at random give the same columns at rest, by pipe and by following`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var text = ""
    for index in 0..<2000 {
      let minute = String(index / 60 % 60 + 100).dropFirst()
      let word = ["INFO", "WARN", "ERROR"][random(3)]
      text +=
        "2026-11-23 03:\(minute):\(String(random(60) + 100).dropFirst()),\(random(900) + 100) \(word) [main] "
      text += "shop.Cart - step \(index)\n"
      for frame in 0..<(random(9) / 3) { text += "\tat shop.Cart.step(Cart.java:\(frame))\n" }
    }
    try place.write(text, "whole.log")
    try place.write("", "grown.log")
    try place.run("mkfifo pipe.log")
    let whole = Opened(place("whole.log"))
    _ = whole.read()
    let grown = follow("grown.log")
    let piped = Opened(place("pipe.log"))
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: place("pipe.log")))
    var rest = Substring(text)
    while !rest.isEmpty {
      let piece = String(rest.prefix(random(9000) + 1))
      rest = rest.dropFirst(piece.count)
      try place.append(piece, "grown.log")
      try writer.write(contentsOf: Data(piece.utf8))
      if random(3) == 0 { usleep(15_000) }
    }
    try writer.close()
    _ = piped.read()
    #expect(grown.recorder.waitForEvents(2000))
    func columns(_ opened: Opened) -> [String] { opened.counts().map { "\($0.time) \($0.severity)" } }
    #expect(columns(whole).count == 2000)
    #expect(columns(piped) == columns(whole))
    #expect(columns(grown) == columns(whole))
    func messages(_ opened: Opened) -> [String] {
      opened.sources.events(matching: RawQuery()).events.map(\.text)
    }
    #expect(messages(piped) == messages(whole))
    #expect(messages(grown) == messages(whole))
  }
}
