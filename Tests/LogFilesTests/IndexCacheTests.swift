import EventMatrix
import EventModel
import Foundation
import LogFormats
import Testing

@testable import LogFiles

/// A directory with a log and an index cache.
private final class Archive {
  let place = Workplace()

  var cache: IndexCache {
    var cache = IndexCache(directory: place("cache/triptych/index"), program: "test", leastByteCount: 1)
    // A test writes and reads within one second.
    cache.restNs = 0
    return cache
  }

  func open(_ names: String..., change: (inout ReadingOptions) -> Void = { _ in }) -> Opened {
    Opened(names.map { .path(place($0)) }) { options in
      options.indexCache = cache
      change(&options)
    }
  }

  /// Opens, waits, and keeps the index; what came of it.
  func read(_ name: String = "app.log", change: (inout ReadingOptions) -> Void = { _ in }) -> (
    state: Recorder.State, isKept: Bool, opened: Opened
  ) {
    let opened = open(name, change: change)
    let state = opened.read()
    return (state, opened.sources.keepIndex(counts: state.matrix), opened)
  }

  var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: cache.directory)) ?? []).sorted()
  }

  var entry: String { cache.directory + "/" + (entries.first ?? "") }
}

/// The counts of `lines(range)` by second, service and severity, worked out by the rule they were made with.
private func expected(_ range: Range<Int>) -> [Count: Int] {
  truth(range).reduce(into: [:]) { counts, event in
    var event = event
    event.time -= event.time % 1_000_000_000
    counts[event, default: 0] += 1
  }
}

extension Recorder.State {
  /// The same of what was told.
  fileprivate var bySecond: [Count: Int] {
    guard let range = matrix.timeRange else { return [:] }
    let start = range.start.nanoseconds / 1_000_000_000 * 1_000_000_000
    let columnCount = Int((range.end.nanoseconds - start) / 1_000_000_000) + 1
    let columns = TimeColumns(
      start: Timestamp(nanoseconds: start), widthNs: 1_000_000_000, count: columnCount)
    let query = MatrixQuery(
      columns: columns, rowOfService: (0..<services.count).map { Int32($0) }, rowCount: services.count)
    let counts = matrix.counts(query)
    var result: [Count: Int] = [:]
    for column in 0..<columnCount {
      for row in 0..<services.count {
        for severity in Severity.allCases where counts[row, column, severity] > 0 {
          let cell = Count(
            time: columns.edge(column).nanoseconds, service: services.names[row].repaired, severity: severity)
          result[cell] = Int(counts[row, column, severity])
        }
      }
    }
    return result
  }
}

@Suite struct `A big file seen before` {
  private let archive = Archive()

  @Test func `is counted without being read again, and its raw events are there`() throws {
    try archive.place.write(lines(0..<9_000), "app.log")
    let first = archive.read()
    #expect(first.isKept)
    #expect(first.state.countedCount == 0)
    let second = archive.read()
    #expect(second.state.countedCount == 9_000)
    #expect(second.state.events.isEmpty)
    #expect(second.state.bySecond == expected(0..<9_000))
    #expect(!second.isKept, "nothing new is worth keeping")
    #expect(second.opened.sources.statuses[0].tally == first.opened.sources.statuses[0].tally)
    #expect(second.opened.sources.statuses[0].layout?.name == "ndjson")
    let query = RawQuery(severities: SeveritySet(.error), limit: 5)
    let answer = second.opened.sources.events(matching: query)
    #expect(answer.events.map(\.text) == [8_979, 8_984, 8_989, 8_994, 8_999].map { "request \($0) done" })
    #expect(answer.events == first.opened.sources.events(matching: query).events)
  }

  @Test func `that has grown is read on from where it was known`() throws {
    try archive.place.write(lines(0..<5_000), "app.log")
    _ = archive.read()
    try archive.place.append(lines(5_000..<5_700), "app.log")
    let grown = archive.read()
    #expect(grown.state.countedCount == 5_000)
    #expect(grown.opened.counts().count == 700)
    #expect(grown.state.bySecond == expected(0..<5_700))
    #expect(grown.isKept, "a seventh on top is worth keeping")
    #expect(archive.read().state.countedCount == 5_700)
    #expect(grown.state.notes.isEmpty)
  }

  @Test func `is followed from where it was known`() throws {
    try archive.place.write(lines(0..<3_000) + "{\"ts\":", "app.log")
    let first = archive.read { $0.follows = true }
    #expect(first.isKept)
    #expect(first.state.bySecond == expected(0..<3_000))
    first.opened.sources.close()
    let second = archive.open("app.log") { $0.follows = true }
    #expect(second.read().countedCount == 3_000)
    try archive.place.append(String(line(3_000).dropFirst(6)) + lines(3_001..<3_050), "app.log")
    #expect(second.recorder.waitForEvents(50))
    #expect(second.recorder.now.bySecond == expected(0..<3_050))
  }

  @Test func `whose last line had no end counts it once, and again when it goes on`() throws {
    try archive.place.write(lines(0..<1_000) + line(1_000).dropLast(10), "app.log")
    let first = archive.read()
    #expect(first.isKept)
    #expect(archive.read().state.countedCount == 1_001)
    #expect(archive.open("app.log", change: { $0.follows = true }).read().countedCount == 0)
    try archive.place.append(line(1_000).suffix(10) + line(1_001), "app.log")
    let grown = archive.read()
    #expect(grown.state.countedCount == 0)
    #expect(grown.state.notes.map(\.description).first?.contains("it has grown behind a line") == true)
    #expect(grown.state.bySecond == expected(0..<1_002))
  }

  @Test(arguments: [
    // One event becomes another of the same length in the middle of the file, and its time is put back.
    (
      "cp -p app.log old && sed 's/request 4321 done/request 4321 gone/' old > new && cat new > app.log && touch -r old app.log",
      "it was rewritten"
    ),
    ("cp app.log new && sed -i 's/pay/cat/' new && mv new app.log", "another file has its name"),
    ("head -n 8000 app.log > new && cat new > app.log", "it was truncated"),
    ("head -n 8000 app.log > new && mv new app.log", "another file has its name"),
  ])
  func `that holds other bytes is read again, and that is said once`(command: String, reason: String) throws {
    try archive.place.write(lines(0..<9_000), "app.log")
    #expect(archive.read().isKept)
    try archive.place.run(command)
    let changed = archive.read()
    #expect(changed.state.countedCount == 0)
    #expect(changed.state.notes.count == 1)
    #expect(changed.state.notes.first?.reason == "\(reason) since it was read last")
    let fresh = Opened(archive.place("app.log")).read()
    #expect(changed.state.bySecond == fresh.bySecond)
    let again = archive.read()
    #expect(again.state.countedCount == fresh.matrix.eventCount)
    #expect(again.state.notes.isEmpty)
  }

  @Test func `that has grown and was changed before its old end is read again`() throws {
    try archive.place.write(lines(0..<20_000), "app.log")
    #expect(archive.read().isKept)
    try archive.place.run("sed '4321s/pay/cat/; 4321s/cart/tram/' app.log > new && cat new > app.log")
    try archive.place.append(lines(20_000..<20_001), "app.log")
    let fresh = Opened(archive.place("app.log")).read()
    #expect(fresh.bySecond != expected(0..<20_001), "the change is one of counts")
    let changed = archive.read { $0.samplesFrom = 1 }
    #expect(changed.state.bySecond == fresh.bySecond)
    #expect(changed.state.countedCount == 0)
    #expect(changed.state.samples.count == 1)
    #expect(changed.state.notes.first?.reason == "it was rewritten since it was read last")
    #expect(archive.read().state.bySecond == fresh.bySecond)
  }

  @Test func `that has grown is shown by a sample while its old bytes are checked`() throws {
    try archive.place.write(lines(0..<9_000), "app.log")
    _ = archive.read()
    let untouched = archive.read { $0.samplesFrom = 1 }
    #expect(untouched.state.samples.isEmpty)
    try archive.place.append(lines(9_000..<9_100), "app.log")
    let grown = archive.read { $0.samplesFrom = 1 }
    #expect(grown.state.samples.count == 1)
    #expect(grown.state.countedCount == 9_000)
    #expect(grown.state.bySecond == expected(0..<9_100))
  }

  @Test func `is not known by a change time that its next change may share`() throws {
    try archive.place.write(lines(0..<2_000), "app.log")
    try archive.place.run("touch -d '1 minute ago' app.log")
    let first = archive.read { $0.indexCache?.restNs = IndexCache.standardRestNs }
    #expect(first.isKept)
    let again = archive.read()
    #expect(again.state.countedCount == 2_000)
    #expect(again.isKept, "hashed, and from now on known by its times")
    #expect(!archive.read().isKept)
  }

  @Test func `without years is dated by its modification time, whatever was kept`() throws {
    let text = (0..<3_000).map { index in
      "Dec 3\(index / 1_500) 0\(index / 500 % 10):\(10 + index / 60 % 50):\(10 + index % 50) web shop[7]: request \(index)\n"
    }.joined()
    func years(_ state: Recorder.State) -> [Int] {
      guard let range = state.matrix.timeRange else { return [] }
      return [CivilTime(range.start).year, CivilTime(range.end).year]
    }
    try archive.place.write(text, "app.log")
    try archive.place.run("touch -d '2025-12-31 23:00Z' app.log")
    #expect(years(archive.read().state) == [2025, 2025])
    try archive.place.run("touch -d '2026-02-01 00:00Z' app.log")
    let sameYear = archive.read().state
    #expect(sameYear.countedCount == 3_000)
    #expect(years(sameYear) == [2025, 2025])
    try archive.place.run("touch -d '2023-01-01 00:00Z' app.log")
    let moved = archive.read().state
    #expect(moved.countedCount == 0)
    #expect(years(moved) == [2022, 2022])
    #expect(moved.notes.first?.reason.contains("modification time") == true)
  }

  @Test func `without times at all is dated by its modification time, whatever was kept`() throws {
    let text = (0..<300).map { "\(10 + $0 / 60 % 10):\(10 + $0 % 50):00.250 INFO request \($0)\n" }.joined()
    try archive.place.write(text, "app.log")
    try archive.place.run("touch -d '2025-12-31 23:00Z' app.log")
    _ = archive.read()
    try archive.place.run("touch -d '2025-11-30 23:00Z' app.log")
    let moved = archive.read().state
    #expect(moved.matrix.timeRange == Opened(archive.place("app.log")).read().matrix.timeRange)
    #expect(moved.countedCount == 0)
  }

  @Test func `is kept again while it is followed, when a sixteenth has come on top, and at the end`() throws {
    try archive.place.write(lines(0..<3_000), "app.log")
    let first = archive.open("app.log") { $0.follows = true }
    _ = first.read()
    func keep(isLast: Bool = false) -> Bool {
      first.sources.keepIndex(isLast: isLast) { first.recorder.now.matrix }
    }
    #expect(keep())
    #expect(!keep())
    try archive.place.append(lines(3_000..<3_100), "app.log")
    #expect(first.recorder.waitForEvents(3_100))
    #expect(!keep(), "less than a sixteenth")
    try archive.place.append(lines(3_100..<3_300), "app.log")
    #expect(first.recorder.waitForEvents(3_300))
    #expect(keep())
    try archive.place.append(lines(3_300..<3_310), "app.log")
    #expect(first.recorder.waitForEvents(3_310))
    #expect(!keep())
    #expect(keep(isLast: true))
    #expect(!keep(isLast: true))
    first.sources.close()
    let second = archive.read().state
    #expect(second.countedCount == 3_310)
    #expect(second.bySecond == expected(0..<3_310))
  }

  @Test(arguments: ["touch app.log", "chmod 600 app.log", "cp app.log new && mv new app.log"])
  func `is known again under another time, mode or number if its bytes are the same`(command: String) throws {
    try archive.place.write(lines(0..<2_000), "app.log")
    _ = archive.read()
    try archive.place.run(command)
    #expect(archive.read().state.countedCount == 2_000)
  }

  @Test func `is known by its bytes after another time was put on it, and by that time from then on`() throws
  {
    try archive.place.write(lines(0..<2_000), "app.log")
    try archive.place.run("touch -d '1 minute ago' app.log")
    _ = archive.read()
    try archive.place.run("touch -d '2 minutes ago' app.log")
    // So long after a write that another one would show.
    usleep(2_100_000)
    func isUntouched(_ opened: Opened) -> Bool {
      opened.sources.sources[0].shared.withLock { $0.generations[0].isUntouched }
    }
    let touched = archive.read()
    #expect(touched.state.countedCount == 2_000)
    #expect(!isUntouched(touched.opened), "nobody vouches for what was counted under another time")
    #expect(touched.isKept, "under its present times")
    let again = archive.read()
    #expect(again.state.countedCount == 2_000)
    #expect(isUntouched(again.opened))
    #expect(!again.isKept)
  }

  @Test func `is known compressed too`() throws {
    try archive.place.write(lines(0..<20_000), "app.log")
    try archive.place.run("touch -d '1 minute ago' app.log && gzip -k app.log && zstd -q app.log")
    for name in ["app.log.gz", "app.log.zst"] {
      #expect(archive.read(name).isKept, "\(name)")
      let second = archive.read(name)
      #expect(second.state.countedCount == 20_000)
      #expect(second.state.bySecond == expected(0..<20_000))
      let last = second.opened.sources.events(matching: RawQuery(limit: 1)).events
      #expect(last.map(\.text) == ["request 19999 done"])
    }
  }

  @Test func `compressed and written this very moment is not kept, since another write might not show`()
    throws
  {
    try archive.place.write(lines(0..<2_000), "app.log")
    try archive.place.run("gzip app.log && touch -d '1 minute' app.log.gz")
    let fresh = archive.read("app.log.gz") { $0.indexCache?.restNs = IndexCache.standardRestNs }
    #expect(!fresh.isKept)
  }

  @Test func `read in another way is another file`() throws {
    try archive.place.write(lines(0..<500), "app.log")
    _ = archive.read()
    let mapped = archive.read { $0.fieldMap.service = ["trace"] }
    #expect(mapped.state.countedCount == 0)
    #expect(mapped.state.services.count == 100)
    #expect(
      archive.read { $0.timeZone = TimeZoneRules(name: "+01:00", offsetSeconds: 3600) }.state.countedCount
        == 0)
    #expect(archive.read().state.countedCount == 500)
    #expect(archive.entries.count == 3)
  }

  @Test func `beside others is taken from the cache, but not kept`() throws {
    try archive.place.write(lines(0..<900), "b.log")
    try archive.place.write(lines(900..<1_000).replacingOccurrences(of: "cart", with: "tram"), "a.log")
    _ = archive.read("b.log")
    let both = archive.open("a.log", "b.log")
    let state = both.read()
    #expect(state.countedCount == 900)
    #expect(!both.sources.keepIndex(counts: state.matrix))
    var wanted = expected(0..<900)
    for (cell, count) in expected(900..<1_000) {
      var cell = cell
      if cell.service == "cart" { cell.service = "tram" }
      wanted[cell, default: 0] += count
    }
    #expect(state.bySecond == wanted)
  }

  @Test func `is not kept with counts that are not its own`() throws {
    try archive.place.write(lines(0..<900), "app.log")
    let opened = archive.open("app.log")
    _ = opened.read()
    #expect(!opened.sources.keepIndex(counts: EventMatrix()))
    #expect(archive.entries.isEmpty)
  }
}

@Suite struct `The index cache` {
  private let archive = Archive()

  @Test func `is for its owner only, and believes no other`() throws {
    try archive.place.write(lines(0..<300), "app.log")
    _ = archive.read()
    func mode(_ path: String) throws -> Int {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return try #require(attributes[.posixPermissions] as? Int)
    }
    #expect(try mode(archive.entry) == 0o600)
    #expect(try mode(archive.cache.directory) == 0o700)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: archive.entry)
    #expect(archive.read().state.countedCount == 0, "others may have written it")
    #expect(archive.read().state.countedCount == 300, "it has been written anew")
    try archive.place.run("mv '\(archive.entry)' away && ln -s '\(archive.place("away"))' '\(archive.entry)'")
    #expect(archive.read().state.countedCount == 0, "a link may lead anywhere")
  }

  @Test func `takes nothing from an entry that was cut or changed anywhere`() throws {
    try archive.place.write(lines(0..<60), "app.log")
    _ = archive.read()
    let whole = try Data(contentsOf: URL(fileURLWithPath: archive.entry))
    let options = archive.open("app.log").sources.options
    let key = try #require(IndexKey(ForeignText(archive.place("app.log")), options)).bytes
    func isTaken(_ bytes: Data) throws -> Bool {
      try bytes.write(to: URL(fileURLWithPath: archive.entry))
      return archive.cache.read(key) { index(in: $0) } != nil
    }
    #expect(try isTaken(whole))
    for place in whole.indices {
      var changed = whole
      changed[place] ^= 1 << UInt8(place % 8)
      #expect(try !isTaken(changed), "byte \(place)")
    }
    for count in whole.indices { #expect(try !isTaken(whole.prefix(count)), "cut at \(count)") }
    #expect(try !isTaken(whole + [0]))
    #expect(archive.read().state.bySecond == expected(0..<60))
  }

  @Test func `does no harm with an entry that is sealed but makes no sense`() throws {
    try archive.place.write(lines(0..<60), "app.log")
    _ = archive.read()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: archive.entry)))
    let key = try #require(
      IndexKey(ForeignText(archive.place("app.log")), archive.open("app.log").sources.options)
    ).bytes
    let sections = sections(whole)
    #expect(sections.count == 3, "key, facts and one piece of counts")
    let query = RawQuery(severities: SeveritySet(.error))
    for number in 1..<sections.count {
      for place in sections[number].indices {
        var changed = sections
        changed[number][place] ^= 1 << UInt8(place * 5 % 8)
        let sealed = changed.flatMap { bytes in bytes.withUnsafeBytes { SealedBytes.head(for: $0) } + bytes }
        try Data(sealed).write(to: URL(fileURLWithPath: archive.entry))
        let found = archive.cache.read(key) { index(in: $0) }
        guard place % 16 == 0, found != nil else { continue }
        let opened = archive.open("app.log")
        _ = opened.read().bySecond
        _ = opened.sources.events(matching: query)
      }
    }
  }

  private func index(in entry: SealedFile) -> SourceIndex? {
    SourceIndex(entry, source: SourceID(rawValue: 0), place: .empty, threadCount: 1, wantsCounts: true)
  }

  /// What stands behind each head.
  private func sections(_ bytes: [UInt8]) -> [[UInt8]] {
    var sections: [[UInt8]] = []
    var rest = bytes[...]
    while rest.count >= SealedBytes.headCount {
      let count = rest.dropFirst(8).prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      sections.append(Array(rest.dropFirst(SealedBytes.headCount).prefix(count)))
      rest = rest.dropFirst(SealedBytes.headCount + count)
    }
    return sections
  }

  @Test func `drops what was used least recently`() throws {
    var cache = archive.cache
    cache.byteLimit = 4_000
    func put(_ name: String) {
      #expect(
        cache.write(Array(name.utf8)) { $0.put { $0.put([UInt8](repeating: 7, count: 1_200)) } })
    }
    func has(_ name: String) -> Bool {
      cache.read(Array(name.utf8)) { $0.unpack(1) { $0.piece().count == 1_200 ? true : nil } } ?? false
    }
    for name in ["a", "b", "c"] { put(name); usleep(20_000) }
    #expect(has("a"))
    usleep(20_000)
    put("d")
    #expect(has("a") && !has("b") && has("c") && has("d"))
    #expect(cache.usage.fileCount == 3)
    #expect(
      !cache.write(Array("e".utf8)) { $0.put { $0.put([UInt8](repeating: 7, count: 5_000)) } })
    cache.clear()
    #expect(cache.usage.fileCount == 0)
    #expect(!has("a"))
  }

  @Test func `holds one whole entry whoever writes at the same time`() throws {
    let cache = archive.cache
    let key = Array("key".utf8)
    DispatchQueue.concurrentPerform(iterations: 40) { number in
      cache.write(key) { $0.put { $0.put([UInt8](repeating: UInt8(number), count: 50_000)) } }
      let isWhole = cache.read(key) { $0.unpack(1) { Set($0.piece()).count == 1 } }
      #expect(isWhole == true)
    }
    #expect(archive.entries.count == 1, "nothing unfinished is left")
  }

  @Test func `takes any number of free blocks for what it is`() {
    #expect(IndexCache.byteCount(blocks: 3, ofBytes: 4_096) == 12_288)
    #expect(IndexCache.byteCount(blocks: .max, ofBytes: 4_096) == .max)
    #expect(IndexCache.byteCount(blocks: .max, ofBytes: 1) == .max)
    #expect(IndexCache.byteCount(blocks: 1 << 52, ofBytes: 1 << 12) == .max)
  }

  @Test func `knows zones by all of their transitions`() throws {
    try archive.place.write(lines(0..<10), "app.log")
    let path = ForeignText(archive.place("app.log"))
    var options = archive.open("app.log").sources.options
    // The same on the days around New Year and midsummer, and other weeks of summer time.
    let rules = ["M3.5.0,M10.5.0", "M3.4.0,M10.5.0", "M3.5.0,M10.5.0/3"]
    let keys = try rules.map { rule in
      options.timeZone = try #require(
        TimeZoneRules(tzif: emptyZone(footer: "CET-1CEST,\(rule)"), name: "Here"))
      return try #require(IndexKey(path, options)).bytes
    }
    #expect(Set(keys).count == 3)
  }

  /// TZif version 2 with one period, no transition, and `footer` for all of time.
  private func emptyZone(footer: String) -> [UInt8] {
    func block() -> [UInt8] {
      func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }
      let head = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
      return head + [0, 0, 0, 0, 1, 4].flatMap { number($0) } + number(3_600) + [0, 0] + Array("CET\0".utf8)
    }
    return block() + block() + Array("\n\(footer)\n".utf8)
  }

  @Test func `that cannot be written costs nothing but the time saved`() throws {
    try archive.place.write("in the way", "cache")
    try archive.place.write(lines(0..<300), "app.log")
    let first = archive.read()
    #expect(!first.isKept)
    #expect(first.state.bySecond == expected(0..<300))
  }
}

@Suite struct `A sample of a big file` {
  private let place = Workplace()

  private func sample(_ name: String) -> SampledCounts? {
    Opened([.path(place(name))]) { $0.samplesFrom = 1 }.read().samples.first
  }

  @Test func `tells how many events there are, of whom, and from when to when`() throws {
    try place.write(lines(0..<100_000), "app.log")
    let sample = try #require(self.sample("app.log"))
    #expect(abs(sample.eventCount - 100_000) < 3_000)
    let wanted = truth(0..<100_000)
    #expect(sample.matrix.timeRange?.start.nanoseconds == wanted.first?.time)
    #expect(sample.matrix.timeRange.map { $0.end.nanoseconds - 1 } == wanted.last?.time)
    let query = MatrixQuery(
      columns: TimeColumns(
        start: Timestamp(nanoseconds: 1_790_000_000_000_000_000), widthNs: 10_000_000_000, count: 10),
      rowOfService: [0, 0, 0], rowCount: 1)
    let counts = sample.matrix.counts(query)
    for column in 0..<10 {
      let errors = counts[0, column, .error]
      #expect((1_700...2_300).contains(errors), "about 2000 errors in every ten seconds, not \(errors)")
    }
  }

  @Test func `comes before anything that was read, and is no part of it`() throws {
    try place.write(lines(0..<20_000), "app.log")
    let state = Opened([.path(place("app.log"))]) { $0.samplesFrom = 1 }.read()
    #expect(state.samples.count == 1)
    #expect(state.matrix.eventCount == 20_000)
    #expect(state.bySecond == expected(0..<20_000))
  }

  @Test func `takes the lines of a stack trace for what they are`() throws {
    let trace = (0..<40).map { "\tat com.example.Shop.method\($0)(Shop.java:\($0))\n" }.joined()
    let text = (0..<3_000).map { index in
      "2026-11-23 03:\(10 + index / 60 % 50):\(10 + index % 50),123 ERROR [main] com.example.Shop - failed \(index)\n"
        + trace
    }.joined()
    try place.write(text, "app.log")
    let sample = try #require(self.sample("app.log"))
    #expect(abs(sample.eventCount - 3_000) < 300, "\(sample.eventCount)")
  }

  @Test func `is not taken of what cannot be read from the middle or says no times`() throws {
    try place.write(lines(0..<5_000), "app.log")
    try place.run("gzip -k app.log")
    #expect(sample("app.log.gz") == nil)
    try place.write(String(repeating: "no time at all\n", count: 5_000), "plain.log")
    #expect(sample("plain.log") == nil)
    #expect(Opened(place("app.log")).read().samples.isEmpty, "only who asks for it gets it")
  }
}
