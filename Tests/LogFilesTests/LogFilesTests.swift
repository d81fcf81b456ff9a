import EventModel
import Foundation
import LogFiles
import LogFormats
import Synchronization
import Testing

@Suite struct `Files at rest` {
  let place = Workplace()

  @Test func `a file is counted event by event, its last line also without a newline`() throws {
    try place.write(String(lines(0..<5000).dropLast()), "app.log")
    let opened = Opened(place("app.log"))
    let state = opened.read()
    #expect(opened.counts() == truth(0..<5000))
    #expect(state.problems == [])
    let status = try #require(opened.sources.statuses.first)
    #expect(status.state == .atRest)
    #expect(status.layout?.name == "ndjson")
    #expect(status.tally.eventCount == 5000)
    #expect(status.bytesRead == status.bytesTotal)
    #expect(state.order == ["opened", "ended", "rest"])
  }

  @Test func `gzip, zstd and plain files give the same columns`() throws {
    try place.write(lines(0..<30_000), "app.log")
    try place.run("gzip -k app.log && zstd -q -k app.log && split -l 10000 app.log part")
    try place.run("for p in partaa partab partac; do zstd -q $p; gzip $p; done")
    try place.run("cat partaa.zst partab.zst partac.zst > frames.zst; cat parta?.gz > members.gz")
    for name in ["app.log", "app.log.gz", "app.log.zst", "frames.zst", "members.gz"] {
      let opened = Opened(place(name))
      #expect(opened.read().problems == [])
      #expect(opened.counts() == truth(0..<30_000), "\(name)")
    }
  }

  @Test func `two sources share service numbers and keep their own order`() throws {
    try place.write(line(1, service: "b") + line(2, service: "a"), "x.log")
    try place.write(line(3, service: "a") + line(4, service: "b"), "y.log")
    let opened = Opened(place("x.log"), place("y.log"))
    _ = opened.read()
    #expect(opened.counts(0).map(\.service) == ["b", "a"])
    #expect(opened.counts(1).map(\.service) == ["a", "b"])
    #expect(opened.sources.services.count == 2)
  }

  @Test func `a directory is read recursively; what is no log gets a line each`() throws {
    try place.write(lines(0..<10), "logs/a.log")
    try place.write(lines(10..<30), "logs/deep/er/b.log")
    try place.run("gzip -k logs/a.log && rm logs/a.log && cp /bin/true logs/tool && ln -s . logs/loop")
    try place.run("ln logs/deep/er/b.log logs/same.log && printf x > logs/.hidden")
    let opened = Opened(place("logs"))
    let state = opened.read()
    #expect(opened.recorder.eventCount == 30)
    #expect(
      opened.sources.statuses.map { ($0.name.repaired as NSString).lastPathComponent } == [
        "a.log.gz", "b.log",
      ])
    #expect(state.problems.map(\.description).count == 1)
    #expect(state.problems.first?.reason.contains("not a log: a program") == true)
  }

  @Test func `what cannot be opened says why and what to do, and the rest is read`() throws {
    try place.write(lines(0..<3), "checkout.log")
    try place.write("", "empty.log")
    try place.run("mkdir none && cp /bin/true tool && mkdir onlytool && cp tool onlytool/")
    let opened = Opened(
      place("chekout.log"), place("nodir/x.log"), place("none"), place("tool"), place("onlytool"),
      place("empty.log"), place("checkout.log"), place("checkout.log"))
    let state = opened.read()
    #expect(opened.recorder.eventCount == 3)
    let told = state.problems.map { $0.description.replacingOccurrences(of: place.path + "/", with: "") }
    #expect(told.contains("chekout.log: no such file or directory; did you mean 'checkout.log'?"))
    #expect(told.contains("nodir/x.log: nodir does not exist; check the path"))
    #expect(told.contains("none: a directory without files; name a directory that holds text logs"))
    #expect(
      told.contains("tool: not a log: a program (ELF); give a text log; --read-as FORMAT reads it anyway"))
    #expect(told.contains("onlytool: a directory without logs; name a directory that holds text logs"))
    #expect(told.contains("empty.log: the file is empty"))
    #expect(told.contains("checkout.log: the same file as checkout.log; it is read once, under that name"))
    #expect(opened.sources.openingProblems.count == 7)
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func `a file without permission says so`() throws {
    try place.write(lines(0..<3), "secret.log")
    try place.run("chmod 000 secret.log")
    let opened = Opened(place("secret.log"))
    #expect(opened.read().problems.first?.reason == "no permission to read it")
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func `a directory or its only file without permission is told on one line`() throws {
    try place.write(lines(0..<3), "locked/a.log")
    try place.write(lines(0..<3), "open/secret.log")
    try place.run("chmod 000 locked open/secret.log")
    let state = Opened(place("locked"), place("open")).read()
    try place.run("chmod 700 locked")
    #expect(state.problems.map(\.reason) == ["no permission to read it", "no permission to read it"])
  }

  @Test func `zeros and bytes that are not UTF-8 in binary journal values are no problem`() throws {
    var bytes = Data()
    for second in 0..<3 {
      bytes += Data("__REALTIME_TIMESTAMP=179000000\(second)000000\nPRIORITY=3\n_COMM=a\nMESSAGE\n".utf8)
      let message = Data("one\n\u{1b}[31mtwo ".utf8) + Data([0xff, 0xfe])
      bytes += withUnsafeBytes(of: UInt64(message.count).littleEndian) { Data($0) } + message
      bytes += Data("\n\n".utf8)
    }
    try bytes.write(to: URL(fileURLWithPath: place("journal.export")))
    let opened = Opened(place("journal.export"))
    #expect(opened.read().problems == [])
    #expect(opened.counts().map(\.severity) == [.error, .error, .error])
  }

  @Test func `an array of records is counted and drilled into block by block`() throws {
    let records = lines(0..<5000).split(separator: "\n").joined(separator: ",\n  ")
    try place.write("[\n  \(records)\n]\n", "export.json")
    let opened = Opened(place("export.json"))
    #expect(opened.read().problems == [])
    #expect(opened.counts() == truth(0..<5000))
    #expect(opened.sources.statuses.first?.layout?.name == "json-document")
    #expect(opened.sources.statuses.first?.tally.lineCount == 5002)
    let answer = opened.sources.events(matching: RawQuery(severities: .atLeast(.error)))
    #expect(answer.isExact)
    #expect(answer.events.map(\.text) == stride(from: 4, to: 5000, by: 5).map { "request \($0) done" })
  }

  @Test func `a document of one line without a newline has one line`() throws {
    let records = lines(0..<3000).split(separator: "\n").joined(separator: ",")
    try place.write("[\(records)]", "export.json")
    let opened = Opened(place("export.json"))
    #expect(opened.read().problems == [])
    #expect(opened.counts() == truth(0..<3000))
    #expect(opened.sources.statuses.first?.tally.lineCount == 1)
  }

  @Test func `a cut gzip delivers what came before the cut, then the problem and the gap`() throws {
    try place.write(lines(0..<20_000), "app.log")
    try place.run("gzip -c app.log | head -c 60000 > cut.log.gz")
    try place.run("(gzip -dc cut.log.gz 2> /dev/null; true) | grep -c request > count")
    let saved = try #require(
      Int(String(contentsOfFile: place("count"), encoding: .utf8).trimmingCharacters(in: .newlines)))
    let opened = Opened(place("cut.log.gz"))
    let state = opened.read()
    let counts = opened.counts()
    #expect(counts.count >= saved)
    #expect(Array(counts.dropLast()) == Array(truth(0..<(counts.count - 1))))
    #expect(state.problems.map(\.byteOffset) == [60_000])
    #expect(state.problems.first?.reason == "the gzip data end too early, after \(counts.count) events")
    #expect(state.gaps.count == 1)
    #expect(opened.sources.statuses.first?.state == .failed)
  }

  @Test
  func `NUL bytes, bad UTF-8 and an endless line are told with their place and do not stop the reading`()
    throws
  {
    let long =
      "{\"ts\":1790000000.5,\"service\":\"x\",\"msg\":\"" + String(repeating: "y", count: 3 << 20) + "\"}\n"
    try place.write(lines(0..<3) + long + lines(3..<6), "long.log")
    var bytes = Data(lines(0..<2).utf8)
    let nulAt = bytes.count
    bytes += Data(repeating: 0, count: 100)
    bytes += Data(lines(2..<4).utf8)
    let badAt = bytes.count
    bytes += Data([0xff, 0xfe, 0x0a]) + Data(lines(4..<5).utf8)
    try bytes.write(to: URL(fileURLWithPath: place("nul.log")))
    let opened = Opened(place("long.log"), place("nul.log"))
    let state = opened.read()
    #expect(opened.counts(0).count == 7)
    #expect(opened.counts(1).count == 6)
    func problem(_ words: String) -> SourceProblem? { state.problems.first { $0.reason.hasPrefix(words) } }
    #expect(problem("a line is longer than 1 MiB")?.byteOffset == Int64(lines(0..<3).utf8.count))
    #expect(problem("NUL bytes")?.byteOffset == Int64(nulAt))
    #expect(problem("bytes that are not UTF-8")?.byteOffset == Int64(badAt))
  }

  @Test
  func `a layout given by name reads what would not be recognised, and the service comes from the file`()
    throws
  {
    try place.write("one\ntwo\n", "checkout-20261123.log.1")
    let opened = Opened(place("checkout-20261123.log.1")) { $0.layout = LogLayout(name: "plain") }
    _ = opened.read()
    #expect(opened.counts().map(\.service) == ["checkout", "checkout"])
    #expect(opened.sources.statuses.first?.tally.withoutTimeCount == 2)
  }

  @Test func `times that are none here are one problem with their number`() throws {
    let years = ["0001", "1200", "2026", "9999"]
    try place.write(
      years.map { "{\"time\":\"\($0)-01-01T00:00:00Z\",\"msg\":\"a\"}\n" }.joined(), "years.ndjson")
    let opened = Opened(place("years.ndjson"))
    _ = opened.read()
    let status = try #require(opened.sources.statuses.first)
    #expect(status.problems.count == 1 && status.problemCount == 1)
    #expect(status.problems.first?.byteOffset == 0)
    #expect(status.problems.first?.reason.hasPrefix("3 events, this the first, have times outside") == true)
  }

  @Test func `a gzip with a wrong byte tells after how many events it showed`() throws {
    try place.write(lines(0..<20_000), "app.log")
    try place.run("gzip -k app.log")
    try place.run("printf 'XXXX' | dd of=app.log.gz bs=1 seek=20000 conv=notrunc status=none")
    let opened = Opened(place("app.log.gz"))
    _ = opened.read()
    let status = try #require(opened.sources.statuses.first)
    let reason = try #require(status.problems.first { $0.reason.contains("damaged") }?.reason)
    #expect(reason.hasSuffix(", after \(status.tally.eventCount) events"), "\(reason)")
  }

  @Test func `nothing is told after closing, also in the middle of a file`() throws {
    try place.write(lines(0..<30_000), "app.log")
    let opened = Opened(place("app.log"))
    opened.sources.close()
    let count = opened.recorder.eventCount
    usleep(50_000)
    #expect(opened.recorder.eventCount == count)
  }

  @Test func `a callback that blocks pauses the reading`() throws {
    try place.write(lines(0..<30_000), "app.log")
    let gate = Mutex(true)
    let seen = Mutex(0)
    let sources = LogSources(options: ReadingOptions(now: fixedNow)) { update in
      guard case .events(let columns) = update else { return }
      seen.withLock { $0 += columns.count }
      while gate.withLock({ $0 }) { usleep(1000) }
    }
    sources.open([.path(place("app.log"))])
    #expect(!sources.waitUntilRead(timeoutMs: 200))
    #expect(seen.withLock { $0 } < 30_000)
    gate.withLock { $0 = false }
    #expect(sources.waitUntilRead(timeoutMs: 10_000))
    #expect(seen.withLock { $0 } == 30_000)
    sources.close()
  }
}
