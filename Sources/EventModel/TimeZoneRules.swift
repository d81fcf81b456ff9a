/// Offsets from UTC of one zone: fixed, or the transitions of a TZif file (RFC 8536). Read by no one here.
public struct TimeZoneRules: Hashable, Sendable {
  public var name: String
  private var fixedOffsetSeconds: Int

  /// A zone that is always `offsetSeconds` east of UTC.
  public init(name: String, offsetSeconds: Int) {
    self.name = name
    self.fixedOffsetSeconds = offsetSeconds
  }

  public static let utc = TimeZoneRules(name: "UTC", offsetSeconds: 0)

  /// Seconds east of UTC in force at `time`.
  public func offsetSeconds(at time: Timestamp) -> Int { fixedOffsetSeconds }

  /// The instant that `local` names in this zone. A time that occurs twice is the first of the two;
  /// one that is skipped is read with the offset before the gap.
  public func timestamp(of local: CivilTime) -> Timestamp {
    local.timestamp(offsetSeconds: fixedOffsetSeconds)
  }
}
