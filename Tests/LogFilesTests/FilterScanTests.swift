import EventModel
import Foundation
import Testing

@testable import LogFiles

/// A filter over files: the truth is every event in full, asked one by one.
@Suite struct `A filter over files` {
  let place = Workplace()

  /// JSON lines, some of which spell their text out.
  private func records(_ range: Range<Int>) -> String {
    range.map { index in
      let text = index % 97 == 0 ? "wa\\u0072ning \\\"\(index)\\\"" : "warning \(index % 13) of \(index)"
      return
        "{\"ts\":\(1_790_000_000_000 + index * 7),\"level\":\"\(index % 9 == 0 ? "error" : "info")\",\"service\":\"s\(index % 5)\",\"msg\":\"\(text)\",\"status\":\(200 + index % 311),\"at\":{\"host\":\"h\(index % 17)\"}}\n"
    }.joined()
  }

  private func traces(_ count: Int) -> String {
    (0..<count).map { index in
      let second = String(index % 3600 + 10_000).dropFirst()
      let minutes = String(format: "%02d:%02d", index % 3600 / 60, index % 60)
      let frames = (0..<(index % 5)).map { "    at frame \($0) of request \(index) \(second)\n" }.joined()
      return "2026-11-23T0\(index / 3600):\(minutes)Z \(index % 4 == 0 ? "ERROR" : "INFO") request \(index)\n"
        + frames
    }.joined()
  }

  private static let expressions = [
    "warning", "\"warning 3 of\"", "/of 1\\d\\d7$/", "/frame [34] of .*7/", "\"\\\"194\\\"\"", "status>=505",
    "at.host=h3", "at.host=h3 status<210", "!warning", "severity>=error", "service=s3", "service=s3 7",
    "/(?s)request 8\\b.*frame 2/", "request !frame", "message~\"^warning 3\"",
  ]

  @Test func `counts and lists what its terms hold for, in plain, compressed and piped sources`() throws {
    try place.write(records(0..<9000), "a.json")
    try place.write(traces(6000), "t.log")
    try place.run("gzip -k a.json && zstd -q -k t.log")
    for names in [["a.json"], ["t.log"], ["a.json.gz"], ["t.log.zst"], ["a.json", "t.log"]] {
      let opened = Opened(names.map { .path(place($0)) })
      _ = opened.read()
      let all = opened.sources.events(matching: RawQuery()).events
      let services = opened.sources.services
      #expect(all.count == names.reduce(0) { $0 + ($1.hasPrefix("a") ? 9000 : 6000) })
      for expression in Self.expressions {
        let filter = try EventFilter(expression)
        let wanted = all.filter { filter.matches($0, serviceName: services[$0.service]) }
        let listed = opened.sources.events(matching: RawQuery(filter: filter))
        #expect(listed.events == wanted && listed.isExact, "\(names) \(expression)")
        let last = opened.sources.events(matching: RawQuery(filter: filter, limit: 5))
        #expect(last.events == Array(wanted.suffix(5)), "\(names) \(expression)")
        let first = opened.sources.events(matching: RawQuery(filter: filter, limit: 1, end: .first))
        #expect(first.events == Array(wanted.prefix(1)), "\(names) \(expression)")
        var counts: [Count] = []
        let outcome = opened.sources.scan(RawQuery(filter: filter)) { columns, _ in
          counts += (0..<columns.count).map { index in
            Count(
              time: columns.times[index], service: services[columns.services[index]].repaired,
              severity: columns.severities[index])
          }
        }
        #expect(outcome.matchedCount == wanted.count && !outcome.isCancelled && outcome.missing.isEmpty)
        let truth = wanted.sorted { $0.position < $1.position }.map { event in
          Count(
            time: event.time.nanoseconds, service: services[event.service].repaired, severity: event.severity)
        }
        #expect(counts == truth, "\(names) \(expression)")
      }
    }
  }

  @Test func `a byte that changed is noticed, also where nothing matches`() throws {
    try place.write(records(0..<9000), "a.json")
    // Old enough that a write shows in the file's times.
    usleep(2_100_000)
    let opened = Opened(place("a.json"))
    _ = opened.read()
    let query = RawQuery(filter: try EventFilter("\"of 5000\""))
    #expect(opened.sources.scan(query) { _, _ in }.missing.isEmpty)
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: place("a.json")))
    try writer.seek(toOffset: 700_000)
    try writer.write(contentsOf: Data("#".utf8))
    try writer.close()
    let outcome = opened.sources.scan(query) { _, _ in }
    #expect(outcome.missing.count == 1)
    #expect(outcome.matchedCount == 1)
  }

  @Test func `a long scan stops soon after it is told to, and says how far it is on the way`() throws {
    try place.write(records(0..<60_000), "a.json")
    let opened = Opened(place("a.json"))
    _ = opened.read()
    var shares: [Double] = []
    let query = RawQuery(filter: try EventFilter("nowhere"), limit: 1)
    let whole = opened.sources.events(matching: query) {
      false
    } onProgress: {
      shares.append($0)
    }
    #expect(whole.events.isEmpty && whole.isExact)
    #expect(shares == shares.sorted() && shares.last == 1 && shares.count > 2)
    var askedCount = 0
    let stopped = opened.sources.events(matching: query) {
      askedCount += 1
      return askedCount > 2
    }
    #expect(stopped.isCancelled && !stopped.isExact && askedCount == 3)
    let scan = opened.sources.scan(RawQuery(filter: query.filter), isCancelled: { true }) { _, _ in }
    #expect(scan.isCancelled && scan.position == .start)
  }
}
