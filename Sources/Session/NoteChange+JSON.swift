import EventModel

/// A change of a note as one JSON object on one line: in the state directory, and in session files.
///
/// `{"v":1,"id":..,"kind":"hypothesis","at":TIME,"author":..,"text":..,"from":TIME,"to":TIME,"services":[..],
/// "severities":[..],"link":..,"state":"proposed","evidence":[{"at":TIME,"link":..}]}`, with `"deleted":true` where the
/// note is gone. Times are RFC 3339 in UTC. No `services` means all of them. Unknown keys are passed over. Names and
/// texts that are not UTF-8 are written with U+FFFD; the link keeps a name's bytes.
extension NoteChange {
  public var json: String {
    var text = "{\"v\":1,\"id\":" + Self.quoted(note.id)
    text += ",\"kind\":\"\(note.kind.rawValue)\",\"at\":\"\(Self.time(note.writtenAt))\""
    text += ",\"author\":" + Self.quoted(note.author.repaired) + ",\"text\":"
    text += Self.quoted(note.text.repaired)
    text +=
      ",\"from\":\"\(Self.time(note.target.range.start))\",\"to\":\"\(Self.time(note.target.range.end))\""
    if let services = note.target.services {
      text += ",\"services\":[" + services.map { Self.quoted($0.repaired) }.joined(separator: ",") + "]"
    }
    let severities = note.target.severities.severities.map { "\"\($0.name)\"" }
    text += ",\"severities\":[" + severities.joined(separator: ",") + "]"
    text += ",\"link\":" + Self.quoted(note.link.description)
    if note.kind == .hypothesis { text += ",\"state\":\"\(note.state.rawValue)\"" }
    if !note.evidence.isEmpty {
      let views = note.evidence.map {
        "{\"at\":\"\(Self.time($0.addedAt))\",\"link\":\(Self.quoted($0.link.description))}"
      }
      text += ",\"evidence\":[" + views.joined(separator: ",") + "]"
    }
    return text + (isDeleted ? ",\"deleted\":true}" : "}")
  }

  /// `nil` for anything that is no change of a note of this version.
  public init?(json: String) {
    guard case .object(let fields)? = NoteJSON.value(of: json), fields["v"] == .number("1"),
      let id = fields["id"]?.string, (1...128).contains(id.utf8.count),
      let kind = fields["kind"]?.string.flatMap(Note.Kind.init(rawValue:)),
      let writtenAt = Self.instant(fields["at"]), let text = fields["text"]?.string,
      text.utf8.count <= Note.textLimit, let link = Self.link(fields["link"]),
      let start = Self.instant(fields["from"]), let end = Self.instant(fields["to"]), start <= end
    else { return nil }
    var target = Note.Target(range: TimeRange(start: start, end: end), services: nil, severities: .all)
    if case .array(let names)? = fields["services"] {
      target.services = names.compactMap { $0.string.map { ForeignText($0) } }
    }
    if case .array(let names)? = fields["severities"] {
      let known = names.compactMap { $0.string.flatMap(Severity.init(name:)) }
      target.severities = SeveritySet(known.map { SeveritySet($0) })
    }
    note = Note(
      id: id, kind: kind, writtenAt: writtenAt, author: ForeignText(fields["author"]?.string ?? ""),
      text: ForeignText(text), target: target, link: link)
    if kind == .hypothesis {
      note.state = fields["state"]?.string.flatMap(Note.State.init(rawValue:)) ?? .proposed
    }
    if case .array(let views)? = fields["evidence"] {
      note.evidence = views.prefix(Note.evidenceLimit).compactMap { view in
        guard case .object(let fields) = view, let time = Self.instant(fields["at"]),
          let link = Self.link(fields["link"])
        else { return nil }
        return Note.Evidence(addedAt: time, link: link)
      }
    }
    isDeleted = fields["deleted"] == .word("true")
  }

  private static func time(_ time: Timestamp) -> String { time.rfc3339(fractionDigitCount: 9) }

  private static func instant(_ value: NoteJSON?) -> Timestamp? {
    guard let text = value?.string, text.utf8.count <= 64,
      case .instant(let time)? = try? TimeExpression(text)
    else { return nil }
    return time
  }

  private static func link(_ value: NoteJSON?) -> SessionLink? {
    var link = value?.string.flatMap { try? SessionLink($0) }
    // Of a later version; they are not printed again, and there is nobody to report them to.
    link?.unknownKeys = []
    return link
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: quoted += "\\\""
      case 0x5C: quoted += "\\\\"
      case 0x0A: quoted += "\\n"
      // Controls must be escaped; what turns or breaks a line is, because people read this in a terminal.
      case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// A JSON value (RFC 8259) of at most 256 KiB and 8 levels; enough for notes, whose lines anybody may have written.
enum NoteJSON: Hashable {
  case object([String: NoteJSON])
  case array([NoteJSON])
  case string(String)
  case number(String)
  /// `true`, `false`, `null`
  case word(String)

  var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// `nil` where `text` is not one JSON value and nothing else.
  static func value(of text: String) -> NoteJSON? {
    guard text.utf8.count <= 262_144 else { return nil }
    var parser = Parser(bytes: Array(text.utf8))
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipSpaces()
    return parser.index == parser.bytes.count ? value : nil
  }

  private struct Parser {
    let bytes: [UInt8]
    var index = 0

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpaces() {
      while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    mutating func take(_ byte: Character) -> Bool {
      skipSpaces()
      guard let wanted = byte.asciiValue, next == wanted else { return false }
      index += 1
      return true
    }

    mutating func value(depth: Int) -> NoteJSON? {
      guard depth < 8 else { return nil }
      skipSpaces()
      switch next {
      case UInt8(ascii: "{"): return object(depth: depth)
      case UInt8(ascii: "["): return array(depth: depth)
      case UInt8(ascii: "\""): return text().map { .string($0) }
      default: return bare()
      }
    }

    private mutating func object(depth: Int) -> NoteJSON? {
      index += 1
      var fields: [String: NoteJSON] = [:]
      if take("}") { return .object(fields) }
      repeat {
        skipSpaces()
        guard let key = text(), take(":"), let value = value(depth: depth + 1) else { return nil }
        fields[key] = value
      } while take(",")
      return take("}") ? .object(fields) : nil
    }

    private mutating func array(depth: Int) -> NoteJSON? {
      index += 1
      var values: [NoteJSON] = []
      if take("]") { return .array(values) }
      repeat {
        guard let value = value(depth: depth + 1) else { return nil }
        values.append(value)
      } while take(",")
      return take("]") ? .array(values) : nil
    }

    private mutating func bare() -> NoteJSON? {
      let start = index
      while let byte = next, !",]} \t\r\n".utf8.contains(byte) { index += 1 }
      let text = String(decoding: bytes[start..<index], as: UTF8.self)
      if ["true", "false", "null"].contains(text) { return .word(text) }
      let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
      return isNumber && text.utf8.contains { (0x30...0x39).contains($0) } ? .number(text) : nil
    }

    private mutating func text() -> String? {
      guard next == UInt8(ascii: "\"") else { return nil }
      index += 1
      var result: [UInt8] = []
      while let byte = next {
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return String(validating: result, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = escaped() else { return nil }
          result += String(scalar).utf8
        case 0..<0x20: return nil
        default: result.append(byte)
        }
      }
      return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
      guard let byte = next else { return nil }
      index += 1
      switch byte {
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "u"): return unicode()
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      default: return nil
      }
    }

    private mutating func unicode() -> Unicode.Scalar? {
      guard let unit = unit() else { return nil }
      guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
      guard next == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "u") else {
        return nil
      }
      index += 2
      guard let low = self.unit(), (0xDC00..<0xE000).contains(low) else { return nil }
      return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func unit() -> UInt32? {
      guard index + 4 <= bytes.count else { return nil }
      let digits = String(decoding: bytes[index..<index + 4], as: UTF8.self)
      index += 4
      return digits.utf8.contains(UInt8(ascii: "+")) || digits.utf8.contains(UInt8(ascii: "-"))
        ? nil : UInt32(digits, radix: 16)
    }
  }
}
