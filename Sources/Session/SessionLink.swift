public import EventModel

/// A link into a session: what to open, which part of it, and where to stand (DESIGN §8).
///
/// `triptych://open?src=...&from=T&to=T&service=GLOB&severity=MIN&filter=EXPR&face=1..3&lens=L&at=T,SERVICE,SEVERITY`,
/// percent-encoded, in any order; `src` and `service` repeat. Times are RFC 3339 or Unix; they print in UTC.
///
/// A link comes from strangers: it names what to look at, nothing to run. Whoever opens it treats its sources as it
/// treats ones typed by hand, except that none is a command or an option.
public struct SessionLink: Hashable, Sendable {
  /// A cell: its time, and its row where one is named.
  public struct Place: Hashable, Sendable {
    public var time: Timestamp
    public var service: ForeignText?
    public var severity: Severity?

    /// An empty service name is none.
    public init(time: Timestamp, service: ForeignText? = nil, severity: Severity? = nil) {
      self.time = time
      self.service = service.flatMap { $0.isEmpty ? nil : $0 }
      self.severity = severity
    }
  }

  /// Paths, aliases and URLs; never empty ones.
  public var sources: [String] = []
  /// Inside; `nil` is the first event.
  public var from: Timestamp?
  /// Outside; `nil` is after the last event. Never before `from`.
  public var to: Timestamp?
  public var services = ServiceSelection()
  /// This band and worse.
  public var severity: Severity?
  public var filter = EventFilter.everything
  /// 1, 2 or 3.
  public var face: Int?
  public var lens: String?
  public var place: Place?
  /// Keys that mean nothing to this version, decoded, in the order written: to be reported, and not printed again.
  public var unknownKeys: [ForeignText] = []

  public init() {}

  /// Whether `text` is meant as a link, valid or not.
  public static func isLink(_ text: String) -> Bool {
    text.prefix(scheme.count).lowercased() == scheme
  }

  fileprivate static let scheme = "triptych:"
  fileprivate static let start = "triptych://open"
}

/// Why a link cannot be opened.
public struct SessionLinkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key that is wrong; empty for the link as a whole.
  public var key: String
  public var reason: String

  public init(key: String, reason: String) {
    self.key = key
    self.reason = reason
  }

  public var description: String { key.isEmpty ? "link: \(reason)" : "link, \(key)=: \(reason)" }
}

// Reading.
extension SessionLink {
  /// Longer links are refused unread.
  public static let byteLimit = 65_536

  public init(_ text: String) throws(SessionLinkError) {
    func refusal(_ reason: String) -> SessionLinkError { SessionLinkError(key: "", reason: reason) }
    guard text.utf8.count <= Self.byteLimit else {
      throw refusal("it has more than \(Self.byteLimit) bytes")
    }
    guard text.prefix(Self.start.count).lowercased() == Self.start else {
      throw refusal("it does not begin with \(Self.start)?")
    }
    var rest = text.utf8.dropFirst(Self.start.utf8.count)
    if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
    guard rest.isEmpty || rest.first == UInt8(ascii: "?") else {
      throw refusal("it does not begin with \(Self.start)?")
    }
    // A fragment is not ours.
    let query = rest.dropFirst().prefix { $0 != UInt8(ascii: "#") }
    var seen: Set<String> = []
    for pair in query.split(separator: UInt8(ascii: "&")) {
      try read(pair: Array(pair), seen: &seen)
    }
    if let from, let to, to < from {
      throw SessionLinkError(key: "to", reason: "\(Self.text(to)) lies before \(Self.text(from))")
    }
  }

  private mutating func read(pair: [UInt8], seen: inout Set<String>) throws(SessionLinkError) {
    let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
    let name = try Self.decoded(pair[..<end], key: "")
    guard let key = Key(rawValue: ForeignText(bytes: name).repaired) else {
      return unknownKeys.append(ForeignText(bytes: name))
    }
    guard key == .src || key == .service || seen.insert(key.rawValue).inserted else {
      throw SessionLinkError(key: key.rawValue, reason: "it stands there twice")
    }
    let raw = pair[end...].dropFirst()
    if key == .at {
      place = try Self.place(raw)
    } else {
      try read(key, try Self.string(raw, key: key))
    }
  }

  private mutating func read(_ key: Key, _ value: String) throws(SessionLinkError) {
    switch key {
    case .src:
      guard !value.isEmpty else { throw SessionLinkError(key: "src", reason: "no source is named") }
      sources.append(value)
    case .service:
      let more = ServiceSelection(globs: [value])
      services.included += more.included
      services.excluded += more.excluded
    case .from: from = try Self.time(value, key: key)
    case .to: to = try Self.time(value, key: key)
    case .severity: severity = try Self.severity(value, key: key)
    case .filter:
      do throws(FilterError) { filter = try EventFilter(value) } catch {
        throw SessionLinkError(key: "filter", reason: error.description)
      }
    case .face:
      guard let number = Int(value), (1...3).contains(number) else {
        throw SessionLinkError(key: "face", reason: "'\(value.prefix(32))' is no face; they are 1, 2 and 3")
      }
      face = number
    case .lens:
      guard (1...64).contains(value.utf8.count) else {
        throw SessionLinkError(key: "lens", reason: "a lens has a name of up to 64 bytes")
      }
      lens = value
    case .at: break
    }
  }

  /// `T`, `T,SERVICE`, `T,SERVICE,SEVERITY`; a comma inside a service is percent-encoded.
  private static func place(_ raw: ArraySlice<UInt8>) throws(SessionLinkError) -> Place {
    let parts = raw.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count) else {
      throw SessionLinkError(key: "at", reason: "it is TIME,SERVICE,SEVERITY; write commas within as %2C")
    }
    var place = Place(time: try time(try string(parts[0], key: .at), key: .at))
    if parts.count > 1, !parts[1].isEmpty {
      place.service = ForeignText(bytes: try decoded(parts[1], key: "at"))
    }
    if parts.count > 2, !parts[2].isEmpty {
      place.severity = try severity(try string(parts[2], key: .at), key: .at)
    }
    return place
  }

  private static func time(_ text: String, key: Key) throws(SessionLinkError) -> Timestamp {
    do throws(TimeExpressionError) {
      if case .instant(let time) = try TimeExpression(text) { return time }
    } catch {
      throw SessionLinkError(key: key.rawValue, reason: error.description)
    }
    let reason = "'\(text.prefix(64))' means another instant for everyone; write 2026-11-23T03:07:00Z"
    throw SessionLinkError(key: key.rawValue, reason: reason)
  }

  private static func severity(_ name: String, key: Key) throws(SessionLinkError) -> Severity {
    if let severity = Severity(name: name) { return severity }
    let names = Severity.allCases.map(\.name)
    let hint =
      nearestName(to: name, in: names).map { "did you mean '\($0)'?" } ?? "they are "
      + names.joined(separator: ", ")
    throw SessionLinkError(key: key.rawValue, reason: "no severity is called '\(name.prefix(32))'; \(hint)")
  }

  private static func string(_ raw: ArraySlice<UInt8>, key: Key) throws(SessionLinkError) -> String {
    guard let string = String(validating: try decoded(raw, key: key.rawValue), as: UTF8.self) else {
      throw SessionLinkError(key: key.rawValue, reason: "its bytes are no UTF-8")
    }
    return string
  }

  private static func decoded(_ raw: ArraySlice<UInt8>, key: String) throws(SessionLinkError) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = raw.startIndex
    while index < raw.endIndex {
      var byte = raw[index]
      if byte == UInt8(ascii: "%") {
        let digits = raw[(index + 1)...].prefix(2)
        guard digits.count == 2, digits.allSatisfy(isHexadecimal),
          let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else {
          throw SessionLinkError(
            key: key, reason: "'%' is followed by no two hexadecimal digits; write % as %25")
        }
        byte = value
        index += 2
      }
      guard byte != 0 else { throw SessionLinkError(key: key, reason: "it holds a NUL byte") }
      bytes.append(byte)
      index += 1
    }
    return bytes
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }

  private enum Key: String { case src, from, to, service, severity, filter, face, lens, at }
}

// Printing.
extension SessionLink: CustomStringConvertible {
  /// The link; `init(_:)` reads it back as the same value, less `unknownKeys`.
  public var description: String {
    var pairs = sources.map { "src=" + Self.encoded($0.utf8) }
    if let from { pairs.append("from=" + Self.text(from)) }
    if let to { pairs.append("to=" + Self.text(to)) }
    pairs += services.included.map { "service=" + Self.encoded($0.pattern.utf8) }
    pairs += services.excluded.map { "service=" + Self.encoded(("!" + $0.pattern).utf8) }
    if let severity { pairs.append("severity=" + severity.name) }
    if !filter.isEverything { pairs.append("filter=" + Self.encoded(filter.expression.utf8)) }
    if let face { pairs.append("face=\(face)") }
    if let lens { pairs.append("lens=" + Self.encoded(lens.utf8)) }
    if let place { pairs.append("at=" + Self.text(place)) }
    return pairs.isEmpty ? Self.start : Self.start + "?" + pairs.joined(separator: "&")
  }

  /// What `at=` says; empty without a place.
  var placeText: String { place.map(Self.text) ?? "" }

  private static func text(_ place: Place) -> String {
    let service = place.service.map { encoded($0.bytes) } ?? ""
    switch (place.service, place.severity) {
    case (nil, nil): return text(place.time)
    case (_, nil): return text(place.time) + "," + service
    case (_, let severity?): return text(place.time) + "," + service + "," + severity.name
    }
  }

  /// RFC 3339 in UTC with as many digits as the time has.
  private static func text(_ time: Timestamp) -> String {
    let digits = [0, 3, 6].first { digits in
      let unit: Int64 = digits == 0 ? 1_000_000_000 : digits == 3 ? 1_000_000 : 1000
      return time.nanoseconds % unit == 0
    }
    return time.rfc3339(fractionDigitCount: digits ?? 9)
  }

  /// As RFC 3986 says, and without what shells, chats and mail take for the end of a link.
  private static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(Character(Unicode.Scalar(byte)))
      case _ where "-._~:/@*".utf8.contains(byte): String(Character(Unicode.Scalar(byte)))
      default: "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }
}
