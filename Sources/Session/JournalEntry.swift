import EventMatrix
public import EventModel
import SceneGraph

/// One thing that happened to a session, as the channel `/commands` of a session file keeps it: a JSON object.
///
/// `{"v":1,"n":17,"time":T,"do":"invoke","view":1,"command":"pan.left","argument":"..","at":"T,SERVICE,SEVERITY"}`. `n`
/// counts from 0, `time` is the session's clock, `at` the cell in which the cursor stood afterwards: whoever reads the
/// file needs no screen to know what was meant. Other kinds of `do` are `attach`, `resize`, `detach`, `keys`, `type`,
/// `close-prompt`, `follow`, `slice`, `point`, `rest`, `notice`, `kept`, `configure`, `trail`, `tick`; `data` (how much
/// of each source had been read, and the services in the order of their numbers), and `answer` (a list, a search or a
/// count that came back; what it said is found again in the sources).
public struct JournalEntry: Sendable {
  public enum Happening: Sendable {
    case command(Command)
    case data(DataMark)
    case answer(AnswerMark)
    case tick
  }

  /// From 0, without a hole.
  public var number: Int
  /// On the clock of the wall.
  public var time: Timestamp
  public var happening: Happening
}

/// How much was known: what a snapshot of the data is made from again.
public struct DataMark: Hashable, Sendable {
  /// As the screen speaks of them, with the number of events read; in order.
  public var sources: [SourceSummary] = []
  /// In the order of their numbers.
  public var services: [ForeignText] = []
  public var loading: LoadProgress?
  public var isLive = false
  public var hasEnded = false
  /// The counts were those of exactly the events read so far: not estimated, and nothing had to be dropped.
  public var isExact = true

  public init() {}
}

/// An answer of the world, by the number of its request.
public struct AnswerMark: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable { case events, found, counted }
  public var kind: Kind
  public var id: UInt64
  /// Of a list or a count: how many events it had.
  public var eventCount: Int
}

/// Writes down what happens to a session, in order.
public struct JournalWriter: Sendable {
  /// Entries so far.
  public private(set) var count = 0
  private var known = DataMark()
  private var isFirstMark = true

  public init() {}

  /// `command` as an entry; `nil` for what changes nothing that lasts: progress, measures.
  ///
  /// - Parameter state: after the command.
  public mutating func entry(of command: Command, in state: SessionState) -> String? {
    guard let fields = fields(of: command, in: state) else { return nil }
    return entry(fields, state)
  }

  /// The clock went on, and something moved with it.
  public mutating func tick(in state: SessionState) -> String { entry(#""do":"tick""#, state) }

  private mutating func entry(_ fields: String, _ state: SessionState) -> String {
    defer { count += 1 }
    return #"{"v":1,"n":\#(count),"time":"\#(state.now.rfc3339(fractionDigitCount: 9))",\#(fields)}"#
  }

  private mutating func fields(of command: Command, in state: SessionState) -> String? {
    switch command {
    case .attach(let view, let extent, let form):
      return #""do":"attach",\#(words(view, extent)),"form":"\#(form.rawValue)""#
    case .resize(let view, let extent): return #""do":"resize",\#(words(view, extent))"#
    case .detach(let view): return #""do":"detach","view":\#(view.rawValue)"#
    case .invoke(let view, let name, let argument):
      let words = argument.map { #","argument":\#(JSONValue.quoted($0))"# } ?? ""
      return
        #""do":"invoke","view":\#(view.rawValue),"command":"\#(name.rawValue)"\#(words)\#(place(view, state))"#
    case .typed(let view, let character):
      return #""do":"type","view":\#(view.rawValue),"text":\#(JSONValue.quoted(String(character)))"#
    case .closePrompt(let view): return #""do":"close-prompt","view":\#(view.rawValue)"#
    case .follow(let view, let link):
      return
        #""do":"follow","view":\#(view.rawValue),"link":\#(JSONValue.quoted("\(link)"))\#(place(view, state))"#
    case .slice(let view, let range):
      return
        #""do":"slice","view":\#(view.rawValue),"from":"\#(range.start.nanoseconds)","to":"\#(range.end.nanoseconds)""#
    case .point(let view, let point, let action):
      return
        #""do":"point","view":\#(view.rawValue),"column":\#(point.column),"row":\#(point.row),"action":"\#(action.rawValue)"\#(place(view, state))"#
    case .rested(let view): return #""do":"rest","view":\#(view.rawValue)"#
    case .notice(let view, let text):
      return #""do":"notice","view":\#(view.rawValue),"text":\#(JSONValue.quoted(text.string))"#
    case .kept(let receipt):
      return
        #""do":"kept","view":\#(receipt.view.rawValue),"text":\#(JSONValue.quoted(receipt.words.string))"#
    case .configure(let configuration): return #""do":"configure",\#(configuration.journalFields)"#
    case .trail(let steps):
      let list = steps.map {
        #"{"time":"\#($0.time.rfc3339(fractionDigitCount: 9))","link":\#(JSONValue.quoted("\($0.link)"))}"#
      }
      return #""do":"trail","steps":[\#(list.joined(separator: ","))]"#
    case .data(let data): return mark(data)
    case .events(let answer): return Self.answer(.events, answer.id, answer.events.count)
    case .found(let answer): return Self.answer(.found, answer.id, answer.event == nil ? 0 : 1)
    case .filtered(let answer):
      return answer.share < 1 ? nil : Self.answer(.counted, answer.id, answer.matrix.eventCount)
    case .pendingKeys(let view, let next):
      let list = next.map { "[\(JSONValue.quoted($0.stroke)),\(JSONValue.quoted($0.title))]" }
      return #""do":"keys","view":\#(view.rawValue),"next":[\#(list.joined(separator: ","))]"#
    case .finding, .tick, .recording, .measured: return nil
    }
  }

  private static func answer(_ kind: AnswerMark.Kind, _ id: UInt64, _ eventCount: Int) -> String {
    #""do":"answer","kind":"\#(kind.rawValue)","id":\#(id),"events":\#(eventCount)"#
  }

  private func words(_ view: ViewID, _ extent: GridExtent) -> String {
    #""view":\#(view.rawValue),"columns":\#(extent.columns),"rows":\#(extent.rows)"#
  }

  /// Absolute, for whoever has no screen.
  private func place(_ id: ViewID, _ state: SessionState) -> String {
    guard let view = state.view(id), view.cursorRow != nil else { return "" }
    return #","at":\#(JSONValue.quoted(state.footstep(of: view).placeText))"#
  }

  /// Only what is other than in the mark before.
  private mutating func mark(_ data: SessionData) -> String {
    let new = DataMark(data)
    var fields = #""do":"data""#
    let changed = new.sources.enumerated().filter { index, source in
      isFirstMark || !known.sources.indices.contains(index) || known.sources[index] != source
    }
    if new.sources.count < known.sources.count { fields += #","source-count":\#(new.sources.count)"# }
    if !changed.isEmpty {
      fields += #","sources":[\#(changed.map { $1.journalText(index: $0) }.joined(separator: ","))]"#
    }
    let isLonger = new.services.starts(with: known.services)
    let added = isLonger ? Array(new.services.dropFirst(known.services.count)) : new.services
    if !isLonger { fields += #","services-anew":true"# }
    if !added.isEmpty {
      fields += #","services":[\#(added.map(\.journalText).joined(separator: ","))]"#
    }
    if let loading = new.loading {
      let total = loading.totalByteCount.map { #","total":\#($0)"# } ?? ""
      fields += #","loading":{"bytes":\#(loading.byteCount)\#(total),"rate":\#(loading.bytesPerSecond)}"#
    }
    if new.isLive { fields += #","live":true"# }
    if new.hasEnded { fields += #","ended":true"# }
    if !new.isExact { fields += #","estimated":true"# }
    known = new
    isFirstMark = false
    return fields
  }
}

extension DataMark {
  init(_ data: SessionData) {
    sources = data.sources
    services = data.services.names
    loading = data.loading
    isLive = data.isLive
    hasEnded = data.hasEnded
    isExact = data.approximation == nil && data.retention == nil
  }
}

extension PointerAction {
  fileprivate var rawValue: String {
    switch self {
    case .press: "press"
    case .doublePress: "double-press"
    case .wheelUp: "wheel-up"
    case .wheelDown: "wheel-down"
    }
  }

  fileprivate init?(rawValue: String) {
    let all: [PointerAction] = [.press, .doublePress, .wheelUp, .wheelDown]
    guard let action = all.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = action
  }
}

extension ForeignText {
  /// A JSON string; bytes that are no UTF-8 as hexadecimal digits in an object.
  fileprivate var journalText: String {
    if let text = String(validating: bytes, as: UTF8.self) { return JSONValue.quoted(text) }
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return #"{"hex":"\#(digits)"}"#
  }

  fileprivate init?(_ value: JSONValue) {
    if let text = value.string {
      self.init(text)
      return
    }
    guard let digits = value["hex"]?.string.map({ Array($0.utf8) }), digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    self.init(bytes: bytes)
  }
}

extension SourceSummary {
  fileprivate func journalText(index: Int) -> String {
    var text =
      #"{"index":\#(index),"id":\#(id.rawValue),"name":\#(name.journalText),"layout":\#(JSONValue.quoted(layout))"#
    text += #","events":\#(eventCount),"timeless":\#(withoutTimeCount),"unparsable":\#(unparsableCount)"#
    if !isPath { text += #","path":false"# }
    if !problems.isEmpty { text += #","problems":[\#(problems.map(\.journalText).joined(separator: ","))]"# }
    return text + "}"
  }

  fileprivate init?(_ value: JSONValue) {
    guard let id = value["id"]?.integer.flatMap(UInt32.init(exactly:)),
      let name = value["name"].flatMap({ ForeignText($0) }),
      let layout = value["layout"]?.string, let events = value["events"]?.integer, events >= 0,
      let timeless = value["timeless"]?.integer, let unparsable = value["unparsable"]?.integer
    else { return nil }
    self.init(
      id: SourceID(rawValue: id), name: name, layout: layout, eventCount: Int(events),
      withoutTimeCount: Int(timeless), unparsableCount: Int(unparsable),
      problems: (value["problems"]?.array ?? []).compactMap { ForeignText($0) })
    isPath = value["path"] != .word("false")
  }
}

/// Reads entries back; it needs all of them from the first on, since each says only what is new.
public struct JournalReader: Sendable {
  private var known = DataMark()
  private var nextNumber = 0
  /// The names of 65,536 services, and some.
  private static let byteLimit = 16 << 20

  public init() {}

  /// `nil` for what is no entry, one that this version does not know, or one before which another is missing.
  public mutating func entry(_ json: String) -> JournalEntry? {
    guard let value = JSONValue(text: json, byteLimit: Self.byteLimit), value["v"]?.integer == 1,
      let number = value["n"]?.integer, number == nextNumber,
      let time = Self.time(value["time"]), let kind = value["do"]?.string,
      let happening = happening(kind, value)
    else { return nil }
    nextNumber += 1
    return JournalEntry(number: Int(number), time: time, happening: happening)
  }

  private mutating func happening(_ kind: String, _ value: JSONValue) -> JournalEntry.Happening? {
    switch kind {
    case "tick": return .tick
    case "data": return mark(value).map { .data($0) }
    case "answer":
      guard let kind = value["kind"]?.string.flatMap(AnswerMark.Kind.init(rawValue:)),
        let id = value["id"]?.integer.flatMap(UInt64.init(exactly:)), let count = value["events"]?.integer
      else { return nil }
      return .answer(AnswerMark(kind: kind, id: id, eventCount: Int(count)))
    case "configure": return .command(.configure(SessionConfiguration(journal: value)))
    case "trail":
      let steps = value["steps"]?.array?.compactMap { step -> Footstep? in
        guard let time = Self.time(step["time"]), let link = Self.link(step["link"]) else { return nil }
        return Footstep(time: time, link: link)
      }
      return .command(.trail(steps ?? []))
    default:
      guard let view = value["view"]?.integer.flatMap(UInt32.init(exactly:)).map(ViewID.init(rawValue:))
      else {
        return nil
      }
      return command(kind, view, value).map { .command($0) }
    }
  }

  private func command(_ kind: String, _ view: ViewID, _ value: JSONValue) -> Command? {
    switch kind {
    case "attach":
      return Self.extent(value).map {
        .attach(view, $0, ViewForm(rawValue: value["form"]?.string ?? "") ?? .cells)
      }
    case "resize": return Self.extent(value).map { .resize(view, $0) }
    case "detach": return .detach(view)
    case "invoke":
      guard let name = value["command"]?.string.flatMap(CommandName.init(rawValue:)) else { return nil }
      return .invoke(view, name, argument: value["argument"]?.string)
    case "type":
      guard let text = value["text"]?.string, text.count == 1, let character = text.first else { return nil }
      return .typed(view, character)
    case "keys":
      let next = value["next"]?.array?.compactMap { pair -> KeyContinuation? in
        guard let parts = pair.array, parts.count == 2, let stroke = parts[0].string,
          let title = parts[1].string
        else { return nil }
        return KeyContinuation(stroke: stroke, title: title)
      }
      return .pendingKeys(view, next ?? [])
    case "close-prompt": return .closePrompt(view)
    case "follow": return Self.link(value["link"]).map { .follow(view, $0) }
    case "slice":
      guard let from = value["from"]?.string.flatMap({ Int64($0) }),
        let to = value["to"]?.string.flatMap({ Int64($0) }),
        from <= to
      else { return nil }
      return .slice(view, TimeRange(start: Timestamp(nanoseconds: from), end: Timestamp(nanoseconds: to)))
    case "point":
      guard let column = Self.small(value["column"]), let row = Self.small(value["row"]),
        let action = value["action"]?.string.flatMap(PointerAction.init(rawValue:))
      else { return nil }
      return .point(view, GridPoint(column: column, row: row), action)
    case "rest": return .rested(view)
    case "notice": return value["text"]?.string.map { .notice(view, SafeText(ForeignText($0))) }
    case "kept":
      return value["text"]?.string.map { .kept(Receipt(view: view, words: SafeText(ForeignText($0)))) }
    default: return nil
    }
  }

  private mutating func mark(_ value: JSONValue) -> DataMark? {
    var mark = known
    if let count = value["source-count"]?.integer, count >= 0 {
      mark.sources = Array(mark.sources.prefix(Int(clamping: count)))
    }
    for source in value["sources"]?.array ?? [] {
      guard let index = source["index"]?.integer, index >= 0, index <= mark.sources.count,
        let summary = SourceSummary(source)
      else { return nil }
      if index == mark.sources.count {
        mark.sources.append(summary)
      } else {
        mark.sources[Int(index)] = summary
      }
    }
    if value["services-anew"]?.isTrue == true { mark.services = [] }
    for name in value["services"]?.array ?? [] {
      guard let name = ForeignText(name) else { return nil }
      mark.services.append(name)
    }
    mark.loading = value["loading"].flatMap { loading in
      guard let bytes = loading["bytes"]?.integer, let rate = loading["rate"]?.integer else { return nil }
      return LoadProgress(byteCount: bytes, totalByteCount: loading["total"]?.integer, bytesPerSecond: rate)
    }
    mark.isLive = value["live"]?.isTrue ?? false
    mark.hasEnded = value["ended"]?.isTrue ?? false
    mark.isExact = value["estimated"]?.isTrue != true
    known = mark
    return mark
  }

  /// A screen of up to 2,000 columns and rows; more is none.
  private static func extent(_ value: JSONValue) -> GridExtent? {
    guard let columns = small(value["columns"]), let rows = small(value["rows"]), columns >= 0, rows >= 0
    else { return nil }
    return GridExtent(columns: columns, rows: rows)
  }

  private static func small(_ value: JSONValue?) -> Int? {
    value?.integer.flatMap { (-2000...2000).contains($0) ? Int($0) : nil }
  }

  static func time(_ value: JSONValue?) -> Timestamp? {
    guard let text = value?.string, text.utf8.count <= 64,
      case .instant(let time)? = try? TimeExpression(text)
    else { return nil }
    return time
  }

  fileprivate static func link(_ value: JSONValue?) -> SessionLink? {
    value?.string.flatMap { try? SessionLink($0) }
  }
}

extension SessionConfiguration {
  /// All that a scene may depend on; the zone by its name, since every machine knows the rules of the others' zones.
  fileprivate var journalFields: String {
    func list(_ texts: [String]) -> String { "[" + texts.map(JSONValue.quoted).joined(separator: ",") + "]" }
    func links(_ pairs: [(String, SessionLink)]) -> String {
      "[" + pairs.map { "[\(JSONValue.quoted($0)),\(JSONValue.quoted("\($1)"))]" }.joined(separator: ",")
        + "]"
    }
    let keys = keys.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\(JSONValue.quoted($0.key.rawValue)):\(list($0.value))" }
    return #""zone":\#(JSONValue.quoted(zone.name)),"keys":{\#(keys.joined(separator: ","))}"#
      + #","themes":\#(list(themeNames)),"keymaps":\#(list(keymapNames)),"theme":\#(JSONValue.quoted(themeName))"#
      + #","keymap":\#(JSONValue.quoted(keymapName)),"coach":\#(list(coach.map(\.string)))"#
      + #","weights":[\#(weights.weights.map { "\($0)" }.joined(separator: ","))],"hints":\#(showsHints)"#
      + #","stats":\#(showsStats),"replay":\#(showsReplay),"author":\#(JSONValue.quoted(author.repaired))"#
      + #","marks":\#(links(marks.map { (String($0.letter), $0.link) }))"#
      + #","views":\#(links(savedViews.map { ($0.name, $0.link) }))"#
      + #","notes":[\#(notes.map { NoteChange($0).json }.joined(separator: ","))]"#
  }

  fileprivate init(journal value: JSONValue) {
    func list(_ name: String) -> [String] { value[name]?.array?.compactMap(\.string) ?? [] }
    func links(_ name: String) -> [(String, SessionLink)] {
      (value[name]?.array ?? []).compactMap { pair in
        guard let parts = pair.array, parts.count == 2, let name = parts[0].string,
          let link = JournalReader.link(parts[1])
        else { return nil }
        return (name, link)
      }
    }
    var keys: [CommandName: [String]] = [:]
    if case .object(let fields)? = value["keys"] {
      for (name, labels) in fields {
        guard let name = CommandName(rawValue: name) else { continue }
        keys[name] = labels.array?.compactMap(\.string) ?? []
      }
    }
    let weights = value["weights"]?.array?.compactMap { $0.integer.flatMap(UInt64.init(exactly:)) } ?? []
    self.init(
      zone: TimeZoneRules(name: value["zone"]?.string ?? "UTC", offsetSeconds: 0), keys: keys,
      themeNames: list("themes"), keymapNames: list("keymaps"), themeName: value["theme"]?.string ?? "",
      keymapName: value["keymap"]?.string ?? "", coach: list("coach").map { SafeText(ForeignText($0)) },
      weights: weights.count == Severity.bandCount ? SeverityWeights(weights: weights) : SeverityWeights(),
      showsHints: value["hints"]?.isTrue ?? true,
      marks: links("marks").compactMap { name, link in name.first.map { Mark(letter: $0, link: link) } },
      savedViews: links("views").map { SavedView(name: $0, link: $1) })
    showsStats = value["stats"]?.isTrue ?? false
    showsReplay = value["replay"]?.isTrue ?? false
    author = ForeignText(value["author"]?.string ?? "")
    notes = (value["notes"]?.array ?? []).compactMap { NoteChange($0)?.note }
  }
}
