/// Where an event's raw bytes are: source, offset of its first byte after decompression, and its place within
/// that record (an OTLP line holds many events). Ordered by source, then offset, then ordinal.
public struct EventPosition: Hashable, Comparable, Sendable {
  public var source: SourceID
  public var byteOffset: Int64
  public var ordinal: UInt32

  public init(source: SourceID, byteOffset: Int64, ordinal: UInt32 = 0) {
    self.source = source
    self.byteOffset = byteOffset
    self.ordinal = ordinal
  }

  public static func < (left: EventPosition, right: EventPosition) -> Bool {
    if left.source != right.source { return left.source < right.source }
    if left.byteOffset != right.byteOffset { return left.byteOffset < right.byteOffset }
    return left.ordinal < right.ordinal
  }
}

/// Whether an event may be believed (DESIGN §9).
public enum Trust: UInt8, CaseIterable, Hashable, Sendable {
  case unverified, verified, bad

  public var name: String {
    switch self {
    case .unverified: "unverified"
    case .verified: "verified"
    case .bad: "bad"
    }
  }
}

/// An event's place in every list: time, then position.
public struct EventKey: Hashable, Comparable, Sendable {
  public var time: Timestamp
  public var position: EventPosition

  public init(time: Timestamp, position: EventPosition) {
    self.time = time
    self.position = position
  }

  public init(_ event: Event) { self.init(time: event.time, position: event.position) }

  public static func < (left: EventKey, right: EventKey) -> Bool {
    left.time != right.time ? left.time < right.time : left.position < right.position
  }
}

/// Where an event's time came from.
public enum TimeOrigin: UInt8, Hashable, Sendable {
  /// The record states it.
  case record
  /// The record has none: the time of the event before it in the same source.
  case previousEvent
  /// Nothing before it has one either: the file's modification time. Counted as "without time".
  case source
}

/// One event with everything its record says.
public struct Event: Hashable, Sendable {
  public var time: Timestamp
  public var timeOrigin: TimeOrigin
  public var service: ServiceID
  public var severity: Severity
  public var position: EventPosition
  public var trust: Trust
  public var message: ForeignText
  /// Fields other than time, service, severity and message, in the record's order; nested keys are joined by dots.
  public var fields: [EventField]

  public init(
    time: Timestamp, timeOrigin: TimeOrigin = .record, service: ServiceID, severity: Severity,
    position: EventPosition, trust: Trust = .unverified, message: ForeignText, fields: [EventField] = []
  ) {
    self.time = time
    self.timeOrigin = timeOrigin
    self.service = service
    self.severity = severity
    self.position = position
    self.trust = trust
    self.message = message
    self.fields = fields
  }

  /// The value of the first field called `name`.
  public func field(_ name: String) -> ForeignText? {
    let wanted = ForeignText(name)
    return fields.first { $0.name == wanted }?.value
  }

  /// Order of event lists: time, then position.
  public static func precedes(_ left: Event, _ right: Event) -> Bool { EventKey(left) < EventKey(right) }
}

/// A named value of an event, as the record wrote it (a JSON string unescaped, any other JSON value as its text).
public struct EventField: Hashable, Sendable {
  public var name: ForeignText
  public var value: ForeignText

  public init(name: ForeignText, value: ForeignText) {
    self.name = name
    self.value = value
  }
}
