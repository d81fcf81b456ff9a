import EventMatrix
import EventModel
import Foundation
import LogFormats
import Testing

@testable import LogFiles

/// A log, and a cache for counts in buckets of ten seconds.
private final class Archive {
  let place = Workplace()
  static let widthNs: Int64 = 10_000_000_000

  var cache: IndexCache {
    var cache = IndexCache(directory: place("cache/triptych/index"), program: "test", leastByteCount: 1)
    // A test writes and reads within one second.
    cache.restNs = 0
    return cache
  }

  func open(widthNs: Int64? = Archive.widthNs, change: (inout ReadingOptions) -> Void = { _ in }) -> Opened {
    Opened([.path(place("app.log"))]) { options in
      options.indexCache = cache
      options.bucketWidthNs = widthNs
      options.keepsBlocks = false
      change(&options)
    }
  }

  /// Reads it all and keeps its counts.
  func keep() -> Bool {
    let opened = open()
    let state = opened.read()
    return opened.sources.keepBuckets(Archive.counts(state.events.values.flatMap { $0 }, state.services))
  }

  static func counts(_ events: [Count], _ services: ServiceTable) -> BucketCounts {
    var counts = BucketCounts(widthNs: widthNs, source: SourceID(rawValue: 0))
    for (cell, count) in byBucket(events) {
      let service = services.names.firstIndex(of: ForeignText(cell.service)) ?? 0
      counts.cells.append(
        time: Timestamp(nanoseconds: cell.time), service: ServiceID(rawValue: UInt32(service)),
        severity: cell.severity)
      counts.counts.append(UInt32(count))
    }
    return counts
  }

  static func byBucket(_ events: [Count]) -> [Count: Int] {
    events.reduce(into: [:]) { counts, event in
      var event = event
      event.time -= event.time % widthNs
      counts[event, default: 0] += 1
    }
  }

  var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: cache.directory)) ?? []).sorted()
  }
}

extension Recorder.State {
  /// What came in buckets, by the names of the services.
  fileprivate var buckets: [Count: Int] {
    guard let bucketed else { return [:] }
    var result: [Count: Int] = [:]
    for (index, count) in bucketed.counts.enumerated() {
      let service = services.names[bucketed.cells.services[index].index].repaired
      let cell = Count(
        time: bucketed.cells.times[index], service: service, severity: bucketed.cells.severities[index])
      result[cell, default: 0] += Int(count)
    }
    return result
  }
}

@Suite struct `A big file that was counted in buckets before` {
  private let archive = Archive()

  init() throws {
    try archive.place.write(lines(0..<9_000), "app.log")
    try archive.place.run("touch -d '1 minute ago' app.log")
  }

  @Test(arguments: [1, 6] as [Int64])
  func `tells its counts again without being read, for buckets as wide or a multiple`(times: Int64) throws {
    #expect(archive.keep())
    let again = archive.open(widthNs: Archive.widthNs * times)
    let state = again.read()
    #expect(state.buckets == Archive.byBucket(truth(0..<9_000)))
    #expect(state.events.isEmpty)
    #expect(state.order.last == "rest")
    let status = try #require(again.sources.statuses.first)
    #expect(status.state == .atRest)
    #expect(status.tally.eventCount == 9_000)
    #expect(status.layout?.name == "ndjson")
    #expect(!again.sources.keepBuckets(state.bucketed ?? BucketCounts(widthNs: 1, source: status.id)))
  }

  @Test func `is read again for narrower buckets, events, raw events, or while it is followed`() throws {
    #expect(archive.keep())
    #expect(archive.open(widthNs: Archive.widthNs / 2).read().events.values.first?.count == 9_000)
    #expect(archive.open(widthNs: Archive.widthNs * 3 / 2).read().events.values.first?.count == 9_000)
    #expect(archive.open(widthNs: nil).read().events.values.first?.count == 9_000)
    #expect(archive.open { $0.countsEvents = false }.read().bucketed == nil)
    let followed = archive.open { $0.follows = true }
    #expect(followed.read().events.values.first?.count == 9_000)
  }

  @Test(arguments: [
    "cp -p app.log old && sed 's/request 4321 done/request 4321 gone/' old > new && cat new > app.log && touch -r old app.log",
    "tail -n 1 app.log > one && cat one >> app.log", "head -n 8000 app.log > new && mv new app.log",
    "touch app.log", "cp app.log new && mv new app.log",
  ])
  func `is read again after anything was done to it`(command: String) throws {
    #expect(archive.keep())
    try archive.place.run(command)
    let state = archive.open().read()
    #expect(state.bucketed == nil)
    #expect(state.events.values.first?.count == Opened(archive.place("app.log")).read().matrix.eventCount)
  }

  @Test func `is not kept with counts that are not its own, while it is written, or beside a whole index`()
    throws
  {
    let opened = archive.open()
    let state = opened.read()
    var counts = Archive.counts(Array((state.events.values.first ?? []).dropLast()), state.services)
    #expect(!opened.sources.keepBuckets(counts))
    counts = Archive.counts(state.events.values.first ?? [], state.services)
    try archive.place.run("touch -d '1 minute' app.log")
    #expect(!opened.sources.keepBuckets(counts))
    try archive.place.run("touch -d '1 minute ago' app.log")
    let whole = archive.open(widthNs: nil) { $0.keepsBlocks = true }
    #expect(whole.sources.keepIndex(counts: whole.read().matrix))
    let known = archive.open()
    #expect(known.read().countedCount == 9_000)
    #expect(!known.sources.keepBuckets(counts))
    #expect(archive.entries.count == 1)
  }

  @Test func `believes no byte of an entry that was changed, and none that makes no sense does harm`() throws
  {
    try archive.place.write(lines(0..<40), "app.log")
    try archive.place.run("touch -d '1 minute ago' app.log")
    #expect(archive.keep())
    let entry = URL(fileURLWithPath: archive.cache.directory + "/" + (archive.entries.first ?? ""))
    let whole = [UInt8](try Data(contentsOf: entry))
    for place in whole.indices {
      var changed = whole
      changed[place] ^= 1 << UInt8(place % 8)
      try Data(changed).write(to: entry)
      #expect(archive.open().read().bucketed == nil, "byte \(place)")
    }
    let keyEnd = SealedBytes.headCount + Int(whole[8]) + Int(whole[9]) << 8
    let facts = Array(whole[(keyEnd + SealedBytes.headCount)...])
    for place in facts.indices {
      var changed = facts
      changed[place] ^= 1 << UInt8(place * 5 % 8)
      let sealed = whole[..<keyEnd] + changed.withUnsafeBytes { SealedBytes.head(for: $0) } + changed
      try Data(sealed).write(to: entry)
      _ = archive.open().read().buckets
    }
  }
}
