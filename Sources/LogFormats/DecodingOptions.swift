public import EventModel

/// What a decoder has to know about a source besides its bytes.
public struct DecodingOptions: Sendable {
  /// `--map FIELD=KEY`: which key holds the time, service, severity, message, trace.
  public var fieldMap: FieldMap
  /// For times that state no zone.
  public var timeZone: TimeZoneRules
  /// The source's modification time (or now, for a pipe): the year for syslog, the time for records before any time.
  public var modificationTime: Timestamp
  /// The service of records that name none: the file's name without suffixes, the command's name.
  public var defaultService: ForeignText

  public init(
    fieldMap: FieldMap = FieldMap(), timeZone: TimeZoneRules = .utc, modificationTime: Timestamp,
    defaultService: ForeignText
  ) {
    self.fieldMap = fieldMap
    self.timeZone = timeZone
    self.modificationTime = modificationTime
    self.defaultService = defaultService
  }
}

/// Keys that hold an event's parts, tried before the usual ones. Nested keys are joined by dots.
public struct FieldMap: Hashable, Sendable {
  public var time: [String] = []
  public var service: [String] = []
  public var severity: [String] = []
  public var message: [String] = []

  public init() {}

  /// Names of the parts, as `--map PART=KEY` and session files write them.
  public static let parts = ["time", "service", "severity", "message"]

  /// What has been added, a part's keys in the order in which they are tried.
  public var entries: [(part: String, key: String)] {
    zip(Self.parts, [time, service, severity, message]).flatMap { part, keys in keys.map { (part, $0) } }
  }

  /// Returns false, and adds nothing, where no part has this name.
  public mutating func add(_ key: String, to part: String) -> Bool {
    switch part {
    case "time": time.append(key)
    case "service": service.append(key)
    case "severity": severity.append(key)
    case "message": message.append(key)
    default: return false
    }
    return true
  }
}
