// Incidents: a deterministic simulator of a small fleet, with known truth.
// Pure: no I/O, no clock, no random source but its own seed, no Double. Knows nothing of files, decoders or screens.

public import EventModel

/// A story the fleet can play.
public struct IncidentScenario: Hashable, Sendable {
  /// What people type after `triptych demo`.
  public var name: String
  public var title: String
  /// What happened, in the words of someone who uses the shop or is on call for it.
  public var story: String

  /// The first one is the default demo.
  public static let all: [IncidentScenario] = [
    IncidentScenario(
      name: "bad-deploy", title: "The checkout incident",
      story: "At 03:04 customers can no longer pay; one of two recent deploys is to blame."),
    IncidentScenario(
      name: "decoy-deploy", title: "An innocent deploy",
      story: "Logins fail half a minute after a deploy of auth, but auth is not what broke."),
    IncidentScenario(
      name: "retry-storm", title: "A retry storm",
      story:
        "Twenty seconds without connections become nine minutes, because every caller tries again at once."),
    IncidentScenario(
      name: "nightly-noise", title: "Loud every night",
      story:
        "Search is full of errors every night at three while documents are indexed, and nothing is wrong."),
    IncidentScenario(
      name: "memory-leak", title: "A memory leak",
      story: "Recommendations slow down for half an hour, until the process runs out of memory and dies."),
    IncidentScenario(
      name: "clock-skew", title: "A clock that is ahead",
      story: "A till reports errors from two hours and thirteen minutes in the future."),
    IncidentScenario(
      name: "healthy-night", title: "A healthy night",
      story: "Forty minutes in which nothing happens but the usual."),
  ]

  /// The scenario of exactly this name.
  public init?(name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  private init(name: String, title: String, story: String) {
    self.name = name
    self.title = title
    self.story = story
  }
}

/// A scenario that was played: what the fleet logged, and what really happened.
public struct Incident: Sendable {
  public var scenario: IncidentScenario
  public var seed: UInt64
  /// The simulated span of time; clocks that are ahead log beyond it.
  public var range: TimeRange
  /// In the order a collector received them: by time, but for services whose clock is wrong.
  public var events: [IncidentEvent]
  public var truth: GroundTruth

  public static let defaultSeed: UInt64 = 4183

  /// Plays `scenario`; the same seed gives the same events on every machine.
  ///
  /// - Complexity: a fraction of a microsecond and about 100 bytes an event in a release build; at most `eventCountLimit` events.
  public static func play(_ scenario: IncidentScenario, seed: UInt64 = defaultSeed) -> Incident {
    var simulation = FleetSimulation(script: IncidentScript(of: scenario), seed: seed)
    simulation.run()
    let events = simulation.eventsAsReceived()
    let truth = GroundTruth(of: simulation.script, events: events)
    return Incident(
      scenario: scenario, seed: seed, range: simulation.script.range, events: events, truth: truth)
  }

  /// No scenario logs more, whatever the seed.
  public static let eventCountLimit = 200_000
}
