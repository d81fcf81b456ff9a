internal import EventModel

/// A batch of a feed, as its transport numbers it.
public struct BatchID: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (left: BatchID, right: BatchID) -> Bool { left.rawValue < right.rawValue }
}

/// What may be true of one event besides its cell.
public struct EventFacts: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Came after its time had been shown.
  public static let late = EventFacts(rawValue: 1)
  /// Its batch's signature has not been checked.
  public static let notVerified = EventFacts(rawValue: 2)
  /// Its batch's signature does not hold, or its record is damaged.
  public static let bad = EventFacts(rawValue: 4)
}

/// The layers a query can count. All have the same shape; those of facts hold only what is not zero.
public enum MatrixLayer: UInt8, CaseIterable, Hashable, Sendable {
  case events
  case late
  case notVerified
  case bad
  /// For how many further events the sampled ones stand: the sum of weight - 1.
  case sampledWeight

  static let facts: [MatrixLayer] = [.late, .notVerified, .bad, .sampledWeight]
  static let factCount = 4
  var factIndex: Int { Int(rawValue) - 1 }

  var fact: EventFacts? {
    switch self {
    case .late: .late
    case .notVerified: .notVerified
    case .bad: .bad
    case .events, .sampledWeight: nil
    }
  }
}

/// What comes with a column of events: the batch, and per event its facts and its sampling weight.
public struct EventMarks: Sendable {
  public var batch: BatchID?
  /// One per event, or empty when nothing is to be said.
  public var facts: [EventFacts]
  /// How many events each stands for, at least 1; empty when none was sampled.
  public var weights: [UInt32]

  public init(batch: BatchID? = nil, facts: [EventFacts] = [], weights: [UInt32] = []) {
    self.batch = batch
    self.facts = facts
    self.weights = weights
  }

  func check(against events: EventColumns) {
    precondition(
      facts.isEmpty || facts.count == events.count, "\(facts.count) facts for \(events.count) events")
    precondition(
      weights.isEmpty || weights.count == events.count, "\(weights.count) weights for \(events.count) events")
  }

  /// The events that count in `layer`, with what they count there.
  func records(of layer: MatrixLayer, in events: EventColumns) -> [EventRecord] {
    if let fact = layer.fact {
      return facts.indices.lazy.filter { facts[$0].contains(fact) }
        .map { EventRecord(events, at: $0, weight: 1) }
    }
    return weights.indices.lazy.filter { weights[$0] > 1 }
      .map { EventRecord(events, at: $0, weight: weights[$0] - 1) }
  }
}
