/// Offsets from UTC of one zone: fixed, or the transitions of a TZif file (RFC 8536). Read by no one here.
public struct TimeZoneRules: Hashable, Sendable {
  public var name: String
  /// Before the first transition, and always where there are none.
  private var initial: ZonePeriod
  /// Seconds since the epoch, strictly ascending; `periods[n]` begins at `transitions[n]`.
  private var transitions: [Int64] = []
  private var periods: [ZonePeriod] = []
  /// After the last transition, as the file's footer says.
  private var rule: PosixZoneRule?

  /// A zone that is always `offsetSeconds` east of UTC, labelled `name`.
  public init(name: String, offsetSeconds: Int) {
    self.name = name
    initial = ZonePeriod(offsetSeconds: offsetSeconds, abbreviation: name)
  }

  /// The zone in the bytes of a TZif file, versions 1 to 4; `nil` when they are not one. Leap seconds are ignored, as
  /// `Timestamp` has none.
  ///
  /// Takes at most as much memory as `tzif` has bytes times a small constant, whatever they claim.
  public init?(tzif: [UInt8], name: String) {
    guard let file = TZifFile(tzif) else { return nil }
    self.name = name
    initial = file.initial
    transitions = file.transitions
    periods = file.periods
    rule = file.rule
  }

  public static let utc = TimeZoneRules(name: "UTC", offsetSeconds: 0)

  /// Seconds east of UTC in force at `time`. O(log transitions).
  public func offsetSeconds(at time: Timestamp) -> Int { period(at: time).offsetSeconds }

  /// The label in force at `time`: `CET`, `CEST`, `-03`.
  public func abbreviation(at time: Timestamp) -> String { period(at: time).abbreviation }

  /// The instant that `local` names in this zone. A time that occurs twice is the first of the two;
  /// one that is skipped is read with the offset before the gap.
  public func timestamp(of local: CivilTime) -> Timestamp {
    let wall = local.secondsSinceEpoch
    // No zone was ever more than a day and a bit from UTC, so every offset that may apply is in force within this span.
    let margin: Int64 = 26 * 3600
    var start = period(atSecond: wall - margin)
    for change in changes(from: wall - margin, to: wall + margin) {
      // The first instant that shows `wall` lies before the change, or the change skips `wall`.
      if wall - Int64(start.offsetSeconds) < change.second { break }
      if wall - Int64(change.period.offsetSeconds) < change.second { break }
      start = change.period
    }
    return local.timestamp(offsetSeconds: start.offsetSeconds)
  }

  /// Everything that decides its answers: equal bytes are equal rules.
  public func pack(into packer: inout BytePacker) {
    packer.put(name)
    initial.pack(into: &packer)
    packer.put(words: transitions)
    for period in periods { period.pack(into: &packer) }
    packer.put(rule != nil)
    rule?.pack(into: &packer)
  }

  private func period(at time: Timestamp) -> ZonePeriod {
    period(atSecond: time.nanoseconds.flooredDivision(by: 1_000_000_000))
  }

  private func period(atSecond second: Int64) -> ZonePeriod {
    let index = transitionCount(through: second)
    if index == transitions.count, let rule { return rule.period(atSecond: second) }
    return index == 0 ? initial : periods[index - 1]
  }

  /// Instants in `(from, to]` where another period begins, ascending.
  private func changes(from: Int64, to: Int64) -> [(second: Int64, period: ZonePeriod)] {
    let listed = transitionCount(through: from)..<transitionCount(through: to)
    let fromFile = listed.map {
      (transitions[$0], $0 == transitions.count - 1 ? period(atSecond: transitions[$0]) : periods[$0])
    }
    guard let rule else { return fromFile }
    let end = transitions.last ?? .min
    let fromRule = rule.changes(around: to).filter { $0.second > max(from, end) && $0.second <= to }
    return fromFile + fromRule.map { ($0.second, $0.period) }
  }

  /// How many transitions lie at or before `second`.
  private func transitionCount(through second: Int64) -> Int {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle] <= second { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// What holds between two transitions of a zone.
struct ZonePeriod: Hashable, Sendable {
  /// Seconds east of UTC.
  var offsetSeconds: Int
  var abbreviation: String

  func pack(into packer: inout BytePacker) {
    packer.put(Int64(offsetSeconds))
    packer.put(abbreviation)
  }
}

// MARK: - From a file of ours

extension TimeZoneRules {
  /// What `pack(into:)` has put down; `nil` when it was not these rules, or nobody's.
  public init?(packed: [UInt8]) {
    let rules = packed.withUnsafeBytes { packed -> TimeZoneRules? in
      var bytes = ByteUnpacker(packed)
      let rules = TimeZoneRules(&bytes)
      return bytes.isDamaged || bytes.leftCount > 0 ? nil : rules
    }
    guard let rules else { return nil }
    self = rules
  }

  private init(_ bytes: inout ByteUnpacker) {
    name = bytes.text()
    initial = ZonePeriod(&bytes)
    transitions = bytes.words(Int64.self)
    periods = transitions.map { _ in
      bytes.isDamaged ? ZonePeriod(offsetSeconds: 0, abbreviation: "") : ZonePeriod(&bytes)
    }
    rule = bytes.flag() ? PosixZoneRule(&bytes) : nil
    // Beyond these no offset can be added without overflow, nor does any zone change.
    let isOrdered = zip(transitions, transitions.dropFirst()).allSatisfy { $0 < $1 }
    if !isOrdered || transitions.contains(where: { $0.magnitude > 1 << 60 }) { bytes.fail() }
  }
}

extension ZonePeriod {
  /// Of any zone there may be.
  static let offsetLimit = 168 * 3600

  init(_ bytes: inout ByteUnpacker) {
    let offset = bytes.number(Int64.self)
    if offset.magnitude > UInt64(Self.offsetLimit) { bytes.fail() }
    self.init(offsetSeconds: Int(offset), abbreviation: bytes.text())
  }
}
