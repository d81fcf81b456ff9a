public import EventModel

/// What the whole session is restricted to. Every face, list and count shows only this.
public struct Dice: Hashable, Sendable {
  /// `nil` = all time.
  public var range: TimeRange?
  public var services: ServiceSelection
  public var severities: SeveritySet
  public var filter: EventFilter
  /// Only what had become known before this instant; `nil` = all that is known now.
  public var knownBefore: Timestamp?

  public init(
    range: TimeRange? = nil, services: ServiceSelection = ServiceSelection(), severities: SeveritySet = .all,
    filter: EventFilter = .everything, knownBefore: Timestamp? = nil
  ) {
    self.range = range
    self.services = services
    self.severities = severities
    self.filter = filter
    self.knownBefore = knownBefore
  }

  public static let everything = Dice()
  public var isEverything: Bool { self == .everything }

  /// No event has to be looked at again to know whether it counts.
  var countsEveryEvent: Bool { filter.isEverything && knownBefore == nil }
}

/// One restriction of a dice, as the screen shows it and a person removes it.
public enum DiceTerm: Hashable, Sendable {
  case knownBefore(Timestamp)
  case range(TimeRange)
  case severities(SeveritySet)
  case included([Glob])
  case excluded(Glob)
  /// Index of the term in the filter.
  case filter(Int)
}

extension Dice {
  /// In the order they are shown and numbered.
  public var terms: [DiceTerm] {
    var terms: [DiceTerm] = []
    if let knownBefore { terms.append(.knownBefore(knownBefore)) }
    if let range { terms.append(.range(range)) }
    if severities != .all { terms.append(.severities(severities)) }
    if !services.included.isEmpty { terms.append(.included(services.included)) }
    terms += services.excluded.map(DiceTerm.excluded)
    terms += filter.terms.indices.map(DiceTerm.filter)
    return terms
  }

  public mutating func remove(_ term: DiceTerm) {
    switch term {
    case .knownBefore: knownBefore = nil
    case .range: range = nil
    case .severities: severities = .all
    case .included: services.included = []
    case .excluded(let glob): services.excluded.removeAll { $0 == glob }
    case .filter(let index): filter = filter.removing(at: index)
    }
  }
}

extension SeveritySet {
  /// `error+` for a floor, `warn,info` for any other choice, `all`.
  public var label: String {
    if self == .all { return "all" }
    if let floor = severities.first, self == .atLeast(floor) { return floor.name + "+" }
    return severities.map(\.name).joined(separator: ",")
  }
}
