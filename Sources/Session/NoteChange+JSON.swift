import EventModel

/// A change of a note as one JSON object on one line: in the state directory, and in session files.
///
/// `{"v":1,"id":..,"kind":"hypothesis","at":TIME,"author":..,"text":..,"from":TIME,"to":TIME,"services":[..],
/// "severities":[..],"link":..,"state":"proposed","evidence":[{"at":TIME,"link":..}]}`, with `"deleted":true` where the
/// note is gone. Times are RFC 3339 in UTC. No `services` means all of them. Unknown keys are passed over. Names and
/// texts that are not UTF-8 are written with U+FFFD; the link keeps a name's bytes.
extension NoteChange {
  public var json: String {
    var text = "{\"v\":1,\"id\":" + JSONValue.quoted(note.id)
    text += ",\"kind\":\"\(note.kind.rawValue)\",\"at\":\"\(Self.time(note.writtenAt))\""
    text += ",\"author\":" + JSONValue.quoted(note.author.repaired) + ",\"text\":"
    text += JSONValue.quoted(note.text.repaired)
    text +=
      ",\"from\":\"\(Self.time(note.target.range.start))\",\"to\":\"\(Self.time(note.target.range.end))\""
    if let services = note.target.services {
      text += ",\"services\":[" + services.map { JSONValue.quoted($0.repaired) }.joined(separator: ",") + "]"
    }
    let severities = note.target.severities.severities.map { "\"\($0.name)\"" }
    text += ",\"severities\":[" + severities.joined(separator: ",") + "]"
    text += ",\"link\":" + JSONValue.quoted(note.link.description)
    if note.kind == .hypothesis { text += ",\"state\":\"\(note.state.rawValue)\"" }
    if !note.evidence.isEmpty {
      let views = note.evidence.map {
        "{\"at\":\"\(Self.time($0.addedAt))\",\"link\":\(JSONValue.quoted($0.link.description))}"
      }
      text += ",\"evidence\":[" + views.joined(separator: ",") + "]"
    }
    return text + (isDeleted ? ",\"deleted\":true}" : "}")
  }

  /// `nil` for anything that is no change of a note of this version.
  public init?(json: String) {
    guard let value = JSONValue(text: json) else { return nil }
    self.init(value)
  }

  init?(_ value: JSONValue) {
    guard case .object(let fields) = value, fields["v"] == .number("1"),
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

  private static func instant(_ value: JSONValue?) -> Timestamp? {
    guard let text = value?.string, text.utf8.count <= 64,
      case .instant(let time)? = try? TimeExpression(text)
    else { return nil }
    return time
  }

  private static func link(_ value: JSONValue?) -> SessionLink? {
    var link = value?.string.flatMap { try? SessionLink($0) }
    // Of a later version; they are not printed again, and there is nobody to report them to.
    link?.unknownKeys = []
    return link
  }
}
