public import EventModel

/// A source as a session file knows it: all that is needed to read its bytes again as they were read the first time.
///
/// Each source has a channel `/source/N`, N from 1; its messages are `RecordedBlock`s.
public struct SourceChannel: Hashable, Sendable {
  public static let encoding = "triptych.lines"
  private static let topicPrefix = "/source/"

  /// Where the bytes came from.
  public enum Kind: String, Sendable {
    case path, stdin, command
  }

  /// What `--map PART=KEY` said.
  public struct MappedField: Hashable, Sendable {
    /// `time`, `service`, `severity` or `message`.
    public var part: String
    public var key: String

    public init(part: String, key: String) {
      self.part = part
      self.key = key
    }
  }

  /// From 1, in the order of opening.
  public var number: Int
  public var kind: Kind
  /// The path, the command line, or `-`; byte for byte.
  public var name: ForeignText
  /// Of the log layout, as `--read-as` takes it.
  public var layout: String
  /// In the order in which they are tried.
  public var fieldMap: [MappedField]
  public var zoneName: String
  /// The zone's rules as `TimeZoneRules` packs them; empty for UTC.
  public var zoneRules: [UInt8]
  /// Of the file, in nanoseconds since 1970: for times without a year or a date.
  public var modificationTime: Timestamp
  public var defaultService: ForeignText

  public init(
    number: Int, kind: Kind, name: ForeignText, layout: String, fieldMap: [MappedField] = [],
    zoneName: String = "UTC", zoneRules: [UInt8] = [], modificationTime: Timestamp,
    defaultService: ForeignText
  ) {
    self.number = number
    self.kind = kind
    self.name = name
    self.layout = layout
    self.fieldMap = fieldMap
    self.zoneName = zoneName
    self.zoneRules = zoneRules
    self.modificationTime = modificationTime
    self.defaultService = defaultService
  }

  public var topic: String { Self.topicPrefix + "\(number)" }

  /// In the order in which it is written. Keys that occur several times carry their place: `map.0`.
  public var metadata: [(key: String, value: String)] {
    [
      ("kind", kind.rawValue), ("name", name.repaired), ("name.hex", Hexadecimal.text(Array(name.bytes))),
      ("layout", layout), ("zone", zoneName), ("zone.rules", Hexadecimal.text(zoneRules)),
      ("modified", "\(modificationTime.nanoseconds)"),
      ("service.hex", Hexadecimal.text(Array(defaultService.bytes))),
    ] + fieldMap.enumerated().map { ("map.\($0)", "\($1.part)=\($1.key)") }
  }

  /// `nil` for a channel of something else, or one that lacks what is needed. Keys of later versions are passed over.
  init?(_ channel: MCAPChannel) {
    guard channel.messageEncoding == Self.encoding, channel.topic.hasPrefix(Self.topicPrefix),
      let number = Int(channel.topic.dropFirst(Self.topicPrefix.count)), number > 0
    else { return nil }
    func value(_ key: String) -> String? { channel.metadata.first { $0.key == key }?.value }
    func bytes(_ key: String) -> [UInt8]? { value(key).flatMap(Hexadecimal.bytes) }
    guard let kind = value("kind").flatMap(Kind.init), let name = bytes("name.hex"),
      let layout = value("layout"),
      let modified = value("modified").flatMap({ Int64($0) }), let service = bytes("service.hex")
    else { return nil }
    self.number = number
    self.kind = kind
    self.name = ForeignText(name)
    self.layout = layout
    zoneName = value("zone") ?? "UTC"
    zoneRules = bytes("zone.rules") ?? []
    modificationTime = Timestamp(nanoseconds: modified)
    defaultService = ForeignText(service)
    fieldMap = []
    while let pair = value("map.\(fieldMap.count)"), let equals = pair.firstIndex(of: "=") {
      fieldMap.append(
        MappedField(part: String(pair[..<equals]), key: String(pair[pair.index(after: equals)...])))
    }
  }
}
