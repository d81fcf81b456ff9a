import EventModel
import Foundation
import Testing

@testable import Incidents

/// Each scenario once, with the default seed: debug builds take a while.
private let played: [String: Incident] = Dictionary(
  uniqueKeysWithValues: IncidentScenario.all.map { ($0.name, Incident.play($0)) })

private func incident(_ name: String) throws -> Incident { try #require(played[name]) }

/// FNV-1a over the NDJSON of every 50th event (a debug build takes long over all): our own hash, so that the
/// pinned values hold wherever the bytes do. One number drawn differently changes everything after it.
private func digest(_ incident: Incident) -> String {
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: incident.events.count, by: 50) {
    incident.appendNDJSON(index..<index + 1, to: &bytes)
  }
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return "\(incident.events.count) \(bytes.count) \(String(hash, radix: 16))"
}

@Suite struct IncidentTests {
  @Test func `the numbers of a seed are SplitMix64's published ones`() {
    // Reference values for seed 1234567, from the algorithm's reference implementation in C.
    var random = SplitMix64(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
    #expect(random.next() == 9_817_491_932_198_370_423)
  }

  @Test func `there are seven scenarios and the first is the bad deploy`() {
    #expect(
      IncidentScenario.all.map(\.name) == [
        "bad-deploy", "decoy-deploy", "retry-storm", "nightly-noise", "memory-leak", "clock-skew",
        "healthy-night",
      ])
    #expect(IncidentScenario(name: "bad-deploy") == IncidentScenario.all[0])
    #expect(IncidentScenario(name: "bad deploy") == nil)
    #expect(IncidentScenario.all.allSatisfy { !$0.title.isEmpty && $0.story.hasSuffix(".") })
  }

  @Test func `the fleet has 24 services in seven namespaces`() {
    #expect(FleetService.allCases.count == 24)
    #expect(
      Set(FleetService.allCases.map(\.namespace)) == [
        "edge", "shop", "payments", "data", "batch", "infra", "devices",
      ])
    #expect(Set(FleetService.allCases.map(\.name)).count == 24)
  }

  @Test(arguments: IncidentScenario.all)
  func `a scenario has tens of thousands of events of nearly all services`(scenario: IncidentScenario) throws
  {
    let incident = try incident(scenario.name)
    #expect((40_000...150_000).contains(incident.events.count), "\(scenario.name): \(incident.events.count)")
    #expect(Set(incident.events.map(\.service)).count >= 23)
  }

  @Test(arguments: IncidentScenario.all)
  func `events come in order of time except from the device whose clock is ahead`(scenario: IncidentScenario)
    throws
  {
    let incident = try incident(scenario.name)
    let aheadNs = incident.truth.clockAheadNs
    let received = incident.events.map { event in
      event.time.nanoseconds - (event.service == .pos4411 ? aheadNs : 0)
    }
    #expect(zip(received, received.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(received.allSatisfy { incident.range.contains(Timestamp(nanoseconds: $0)) })
    #expect((aheadNs != 0) == (scenario.name == "clock-skew"))
  }

  @Test(arguments: IncidentScenario.all)
  func `every event of a trace is inside its caller's span`(scenario: IncidentScenario) throws {
    let incident = try incident(scenario.name)
    let aheadNs = incident.truth.clockAheadNs
    func instant(_ event: IncidentEvent) -> Int64 {
      event.time.nanoseconds - (event.service == .pos4411 ? aheadNs : 0)
    }
    var lastWord: [UInt64: Int64] = [:]
    var traceOfSpan: [UInt64: UInt64] = [:]
    for event in incident.events where event.isInTrace {
      lastWord[event.span] = instant(event)
      let trace = traceOfSpan[event.span, default: event.traceLow]
      #expect(trace == event.traceLow)
      traceOfSpan[event.span] = trace
    }
    // A trace that the end of the recording cuts has callers without a last word.
    let settled = incident.range.end.nanoseconds - 10_000_000_000
    var callCount = 0
    for event in incident.events where event.parentSpan != 0 && instant(event) < settled {
      let callerEnd = try #require(lastWord[event.parentSpan])
      #expect(instant(event) <= callerEnd)
      #expect(traceOfSpan[event.parentSpan] == event.traceLow)
      callCount += 1
    }
    #expect(callCount > 10_000)
  }

  @Test func `a seed gives the same bytes again and another seed gives others`() throws {
    let scenario = IncidentScenario.all[0]
    let first = digest(try incident(scenario.name))
    #expect(digest(Incident.play(scenario)) == first)
    #expect(digest(Incident.play(scenario, seed: 2)) != first)
  }

  @Test(arguments: [
    ("bad-deploy", "72216 475189 fb9420f964cd5e2d"), ("decoy-deploy", "72493 480607 6a77264afd1d7711"),
    ("retry-storm", "78426 520744 db39d1bedcccf31a"), ("nightly-noise", "101911 668781 3796396febea2ae8"),
    ("memory-leak", "72642 477265 725841e3167ba08d"), ("clock-skew", "71929 474346 8505a5f89b01fc73"),
    ("healthy-night", "71851 473630 1b3c539541de9827"),
  ])
  func `a scenario's bytes are pinned: events, bytes, FNV-1a`(name: String, pinned: String) throws {
    let found = digest(try incident(name))
    #expect(found == pinned, "\(name): \(found)")
  }
}

@Suite struct GroundTruthTests {
  @Test func `the bad deploy fails payments, then checkout, then the gateway`() throws {
    let truth = try incident("bad-deploy").truth
    #expect(truth.fault == .badDeploy)
    #expect(truth.rootCause == .payments)
    #expect(truth.affected.map(\.service) == [.payments, .checkout, .gateway, .pos4411])
    let guilty = truth.changes.filter(\.isRootCause)
    #expect(guilty.map(\.service) == [.payments])
    #expect(guilty.map(\.build) == [418])
    let deployed = try #require(guilty.first)
    #expect(deployed.time.rfc3339() == "2026-11-23T03:03:00Z")
    let onset = try #require(truth.onset)
    #expect((61_000_000_000...70_000_000_000).contains(onset.nanoseconds - deployed.time.nanoseconds))
  }

  @Test(arguments: ["bad-deploy", "decoy-deploy", "retry-storm", "memory-leak"])
  func `errors of the root cause rise after the onset and not before`(name: String) throws {
    let incident = try incident(name)
    let rootCause = try #require(incident.truth.rootCause)
    let onset = try #require(incident.truth.onset)
    let end = try #require(incident.truth.end)
    let bad = incident.events.filter { $0.service == rootCause && $0.severity >= .warn }
    let before = bad.count { $0.time < onset }
    let during = bad.count { $0.time >= onset && $0.time < end }
    let after = bad.count { $0.time >= end }
    #expect(during > 50 && during > 5 * (before + after), "\(name): \(before), \(during), \(after)")
  }

  @Test(arguments: ["bad-deploy", "decoy-deploy", "memory-leak", "healthy-night"])
  func `an innocent deploy has no errors of its own afterwards`(name: String) throws {
    let incident = try incident(name)
    let innocent = incident.truth.changes.filter {
      $0.kind == "deploy" && !$0.isRootCause
    }
    #expect(!innocent.isEmpty)
    for change in innocent {
      let own = incident.events.filter {
        $0.service == change.service && $0.severity >= .error && !$0.isSymptom
      }
      #expect(own.count <= 5, "\(change.service)")
      let decoys = incident.truth.decoys.map(\.service)
      #expect(decoys.contains(change.service))
    }
  }

  @Test func `users-db times out for a caller that was not deployed as well`() throws {
    let truth = try incident("decoy-deploy").truth
    #expect(truth.rootCause == .usersDB)
    #expect(truth.affected.first?.service == .usersDB)
    #expect(truth.affected.map(\.service).contains(.auth))
    #expect(truth.affected.map(\.service).contains(.recommend))
  }

  @Test func `a retry storm multiplies the calls to inventory`() throws {
    let incident = try incident("retry-storm")
    let onset = try #require(incident.truth.onset)
    let end = try #require(incident.truth.end)
    let durationNs = end.nanoseconds - onset.nanoseconds
    let inventory = incident.events.filter { $0.service == .inventory && $0.isInTrace }
    let before = inventory.count {
      $0.time < onset && $0.time.nanoseconds >= onset.nanoseconds - durationNs
    }
    let during = inventory.count { $0.time >= onset && $0.time < end }
    #expect(during > 3 * before, "\(before) then \(during)")
  }

  @Test func `nightly noise is as loud in each night and nothing is wrong`() throws {
    let incident = try incident("nightly-noise")
    #expect(incident.truth.fault == nil)
    #expect(incident.truth.rootCause == nil)
    #expect(incident.truth.affected.isEmpty)
    var perDay = [0, 0, 0]
    for event in incident.events where event.template == .searchShard {
      let day = (event.time.nanoseconds - incident.range.start.nanoseconds) / 86_400_000_000_000
      perDay[Int(day)] += 1
    }
    let (least, most) = (perDay.min() ?? 0, perDay.max() ?? 0)
    #expect(least > 350 && most < least * 5 / 4, "\(perDay)")
  }

  @Test func `memory runs out once, after pauses that grow`() throws {
    let incident = try incident("memory-leak")
    let fatal = incident.events.filter { $0.severity == .fatal }
    #expect(fatal.map(\.service) == [.recommend])
    let pauses = incident.events.filter { $0.template == .garbagePressure }.map(\.durationUs)
    let half = pauses.count / 2
    let mean = { (part: ArraySlice<UInt32>) in part.reduce(0) { $0 + Int($1) } / part.count }
    #expect(mean(pauses[half...]) > mean(pauses[..<half]))
  }

  @Test func `the till's clock is two hours and thirteen minutes ahead`() throws {
    let incident = try incident("clock-skew")
    let till = incident.events.filter { $0.service == .pos4411 }
    #expect(till.count > 500)
    let first = try #require(till.first)
    #expect(first.time.rfc3339().hasPrefix("2026-11-23T04:5"))
    #expect(incident.truth.clockAheadNs == 7_980_000_000_000)
  }

  @Test func `a healthy night has hardly an error outside search`() throws {
    let incident = try incident("healthy-night")
    let errors = incident.events.count { $0.severity >= .error && $0.service != .search }
    #expect(errors < 60)
    #expect(incident.truth.fault == nil)
  }

  @Test(arguments: IncidentScenario.all)
  func `the truth as JSON says what the values say`(scenario: IncidentScenario) throws {
    let incident = try incident(scenario.name)
    let json = try JSONSerialization.jsonObject(with: Data(incident.truthJSON.utf8)) as? [String: Any]
    #expect(json?["scenario"] as? String == scenario.name)
    #expect(json?["root_cause_service"] as? String == incident.truth.rootCause?.name)
    #expect((json?["affected"] as? [Any])?.count == incident.truth.affected.count)
    #expect((json?["changes"] as? [Any])?.count == incident.truth.changes.count)
    #expect(json?["event_count"] as? Int == incident.events.count)
  }
}

@Suite struct NDJSONTests {
  @Test func `every line is a JSON object with the event's time, service, severity and message`() throws {
    let incident = try incident("bad-deploy")
    var bytes: [UInt8] = []
    incident.appendNDJSON(30_000..<30_300, to: &bytes)
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 300)
    for (line, event) in zip(lines, incident.events[30_000...]) {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      #expect(object["time"] as? String == event.time.rfc3339(fractionDigitCount: 9))
      #expect(object["service"] as? String == event.service.name)
      #expect((object["severity"] as? String)?.lowercased() == event.severity.name)
      #expect(object["message"] as? String == event.message)
      #expect(object["trace_id"] as? String == event.traceID)
      #expect(object.count == 4 + event.fields.count)
    }
  }

  @Test func `pieces of any size give the same bytes as the whole`() throws {
    let incident = try incident("bad-deploy")
    var whole: [UInt8] = []
    incident.appendNDJSON(0..<1000, to: &whole)
    var pieces: [UInt8] = []
    for start in stride(from: 0, to: 1000, by: 7) {
      incident.appendNDJSON(start..<min(start + 7, 1000), to: &pieces)
    }
    #expect(pieces == whole)
  }

  @Test func `a change is an event whose field kind says which`() throws {
    let incident = try incident("bad-deploy")
    let changes = incident.events.filter { event in event.fields.contains { $0.name == "kind" } }
    #expect(
      changes.map(\.message) == [
        "flag newcart on for 5 % of users",
        "deploy recommend v151 to eu-west, 2 pods replaced one by one",
        "deploy payments v418 to eu-west, 2 pods replaced one by one",
        "rollback payments to v417 in eu-west",
      ])
  }
}
