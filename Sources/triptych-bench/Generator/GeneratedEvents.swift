import EventModel
import Glibc

/// One event of the fleet.
struct GeneratedEvent {
  /// Microseconds since the epoch.
  var microseconds: Int64
  var service: UInt32
  var severity: Severity
  /// Chance of its own: host, words and trace are made of it, so that columns and texts are the same events.
  var bits: UInt64
}

/// A fleet's events made from a seed: services by Zipf's law, six severities, six incidents that spread to three
/// dependants each, and clocks that disagree by up to 20 ms. Microseconds, in nearly the right order.
struct GeneratedEvents {
  static let serviceCount = 200
  static let start = Timestamp(seconds: 1_768_471_200)

  let eventCount: Int
  let serviceCount: Int
  let spanNs: Int64
  private var numbers: SeededNumbers
  private let incidents: [Incident]
  private let meanNs: Double
  private let aliases: AliasTable
  private var clockNs = 0.0
  private var generated = 0
  /// Incidents at the present time, the sum of their boosts, and when that changes next.
  private var active: [Incident] = []
  private var boost = 0.0
  private var nextChange = 0.0

  private struct Incident {
    var start: Double
    var end: Double
    var service: UInt32
    var boost: Double
  }

  init(eventCount: Int, seconds: Int, seed: UInt64, serviceCount: Int = Self.serviceCount) {
    self.eventCount = eventCount
    self.serviceCount = serviceCount
    spanNs = Int64(seconds) * 1_000_000_000
    numbers = SeededNumbers(seed: seed)
    aliases = AliasTable(weights: (1...serviceCount).map { pow(Double($0), -1.1) })
    let span = Double(spanNs)
    var incidents: [Incident] = []
    for _ in 0..<6 {
      let start = numbers.unit() * 0.9 * span
      let length = (0.01 + numbers.unit() * 0.08) * span
      let root = UInt32(numbers.unit() * Double(serviceCount))
      for dependant in 0..<4 {
        let lag = Double(dependant) * 0.004 * span
        incidents.append(
          Incident(
            start: start + lag, end: start + lag + length * (1 - 0.2 * Double(dependant)),
            service: (root + UInt32(dependant) * 37) % UInt32(serviceCount),
            boost: (dependant == 0 ? 1.0 : 0.4) * (0.5 + numbers.unit())))
      }
    }
    self.incidents = incidents
    let mass = incidents.reduce(span) { $0 + max(0, min($1.end, span) - $1.start) * $1.boost }
    meanNs = mass / Double(eventCount)
  }

  /// `nil` when all are out.
  mutating func next() -> GeneratedEvent? {
    guard generated < eventCount else { return nil }
    generated += 1
    if clockNs >= nextChange { lookAround() }
    clockNs = min(clockNs - log(1 - numbers.unit()) * meanNs / (1 + boost), Double(spanNs) - 1_000)
    let bits = numbers.next()
    let microseconds = max(0, Int64(clockNs / 1_000) - Int64(bits % 20_000))
    let hot = boost > 0 && numbers.unit() * (1 + boost) < boost
    let service = hot ? hotService(numbers.unit() * boost) : aliases.draw(&numbers)
    return GeneratedEvent(
      microseconds: Self.start.nanoseconds / 1_000 + microseconds, service: service,
      severity: Self.severity(numbers.unit(), hot: hot), bits: bits)
  }

  /// Replaces the events in `columns` by the next ones, at most `count`; none when all are out.
  mutating func next(_ count: Int, into columns: inout EventColumns) {
    columns.removeAll()
    for _ in 0..<count {
      guard let event = next() else { return }
      columns.append(
        time: Timestamp(nanoseconds: event.microseconds * 1_000), service: ServiceID(rawValue: event.service),
        severity: event.severity)
    }
  }

  private mutating func lookAround() {
    let now = clockNs
    active = incidents.filter { $0.start <= now && now < $0.end }
    boost = active.reduce(0) { $0 + $1.boost }
    nextChange = incidents.flatMap { [$0.start, $0.end] }.filter { $0 > now }.min() ?? .infinity
  }

  private func hotService(_ share: Double) -> UInt32 {
    var rest = share
    for incident in active {
      rest -= incident.boost
      if rest <= 0 { return incident.service }
    }
    return active.last?.service ?? 0
  }

  private static func severity(_ share: Double, hot: Bool) -> Severity {
    if hot { return share < 0.7 ? .error : share < 0.9 ? .warn : share < 0.92 ? .fatal : .info }
    if share < 0.02 { return .trace }
    if share < 0.22 { return .debug }
    if share < 0.885 { return .info }
    return share < 0.97 ? .warn : share < 0.9995 ? .error : .fatal
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014): a seed gives the same numbers on every machine.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mixed(state)
  }

  static func mixed(_ number: UInt64) -> UInt64 {
    var mixed = number
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// In 0 ..< 1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Draws numbers by weight in constant time (Walker 1977, Vose 1991).
struct AliasTable {
  private var share: [Double]
  private var alias: [UInt32]

  init(weights: [Double]) {
    let sum = weights.reduce(0, +)
    share = weights.map { $0 * Double(weights.count) / sum }
    alias = weights.indices.map { UInt32($0) }
    var small = share.indices.filter { share[$0] < 1 }
    var large = share.indices.filter { share[$0] >= 1 }
    while let low = small.popLast(), let high = large.popLast() {
      alias[low] = UInt32(high)
      share[high] -= 1 - share[low]
      if share[high] < 1 { small.append(high) } else { large.append(high) }
    }
  }

  func draw(_ numbers: inout SeededNumbers) -> UInt32 {
    let place = Int(numbers.next() % UInt64(share.count))
    return numbers.unit() < share[place] ? UInt32(place) : alias[place]
  }
}
