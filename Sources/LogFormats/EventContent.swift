internal import EventModel

/// Message and fields of one record, read in full when an event is shown.
struct EventContent {
  var message: ForeignText
  var fields: [EventField] = []

  /// - Parameters:
  ///   - facts: of the same record, read from the same bytes.
  ///   - names: other fields may be left out.
  static func read(
    _ base: LogLayout.Base, _ line: ByteSlice, _ facts: RecordFacts, isParsed: Bool,
    only names: [ForeignText]? = nil
  ) -> EventContent {
    guard isParsed else { return EventContent(message: line.text) }
    switch base {
    case .ndjson, .jsonDocument: return json(line, facts, only: names)
    case .otlp: return otlp(line, facts)
    case .logfmt: return logfmt(line, facts)
    case .journaldExport: return journal(line, facts)
    default: break
    }
    var content = EventContent(message: (facts.message ?? line).text)
    switch base {
    case .syslog5424: content.addSyslog5424(line, facts)
    case .syslog3164: content.addSyslog3164(line, facts)
    case .accessLog: content.addAccess(line, facts)
    case .apacheError, .nginxError: content.addServerError(line, facts)
    case .klog: content.addKlog(line, facts)
    case .log4j, .pythonLogging, .text: content.addText(base, line, facts)
    case .javaLogging: content.addJava(line, facts)
    case .dotnetConsole: content.addDotnet(line)
    default: break
    }
    switch base {
    case .syslog5424, .syslog3164, .klog, .log4j, .pythonLogging, .javaLogging, .text:
      content.addPairs(facts.message ?? line)
    default: break
    }
    return content
  }

  /// What a wrapping says besides time and service.
  mutating func addPrefix(_ wrapped: WrappedLine) {
    add("pod", wrapped.pod)
    add("container", wrapped.container)
    add("stream", wrapped.output)
  }

  /// `key=value` words inside a message: ids and numbers that people filter by.
  private mutating func addPairs(_ message: ByteSlice) {
    var pairs = LogfmtPairs(message)
    while let pair = pairs.next(), fields.count < 256 {
      guard let value = pair.value, !value.isEmpty, pair.key.isFieldName else { continue }
      var text = pair.isEscaped ? JSONText.unescaped(value) : value.text
      while let last = text.bytes.last, last == 0x2c || last == 0x3b { text.bytes.removeLast() }
      fields.append(EventField(name: pair.key.text, value: text))
    }
  }

  private mutating func add(_ name: StaticString, _ value: ByteSlice?) {
    guard let value, !value.isEmpty, !value.equals("-") else { return }
    fields.append(EventField(name: ForeignText("\(name)"), value: value.text))
  }

  // MARK: Records of pairs

  private static func json(
    _ line: ByteSlice, _ facts: RecordFacts, hasAttributes: Bool = false, only names: [ForeignText]? = nil
  ) -> EventContent {
    let chosen = [facts.timeKey, facts.severityKey, facts.serviceKey, facts.namespaceKey, facts.messageKey]
    let members = JSONText.members(line, hasAttributes: hasAttributes, only: names)
    let fields = members.filter { member in !chosen.contains(member.keyStart) }
      .map { EventField(name: ForeignText(bytes: $0.name), value: $0.value) }
    let message = facts.message.map(facts.isMessageList ? JSONText.listed : JSONText.unescaped)
    return EventContent(message: message ?? line.text, fields: fields)
  }

  /// A body that is no string is shown as the JSON it stands for; the names of a list of pairs become fields.
  private static func otlp(_ line: ByteSlice, _ facts: RecordFacts) -> EventContent {
    var content = json(line, facts, hasAttributes: true)
    guard let body = JSONText.parts(of: line).first(where: { $0.key.equals("body") })?.value,
      let kind = JSONText.parts(of: body).first?.key, !kind.equals("stringValue")
    else { return content }
    content.fields.removeAll { $0.name.bytes.starts(with: "body.".utf8) }
    let plain = JSONText.plain(body)
    content.message = ForeignText(bytes: plain)
    plain.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress, kind.equals("kvlistValue") else { return }
      let slice = ByteSlice(start, start + buffer.count)
      var members = JSONText.members(slice)
      let parts = JSONText.parts(of: slice)
      if let text = parts.first(where: {
        ($0.key.equals("message") || $0.key.equals("msg")) && $0.value.start[0] == 0x22
      }) {
        content.message = JSONText.unescaped(ByteSlice(text.value.start + 1, text.value.end - 1))
        members.removeAll { $0.keyStart == text.key.start }
      }
      content.fields += members.map { EventField(name: ForeignText(bytes: $0.name), value: $0.value) }
    }
    return content
  }

  private static func logfmt(_ line: ByteSlice, _ facts: RecordFacts) -> EventContent {
    let chosen = [facts.timeKey, facts.severityKey, facts.serviceKey, facts.namespaceKey, facts.messageKey]
    var content = EventContent(message: facts.message.map(JSONText.unescaped) ?? line.text)
    var pairs = LogfmtPairs(line)
    while let pair = pairs.next() {
      guard !pair.key.isEmpty, !chosen.contains(pair.key.start) else { continue }
      let value = pair.value.map { pair.isEscaped ? JSONText.unescaped($0) : $0.text }
      content.fields.append(EventField(name: pair.key.text, value: value ?? .empty))
    }
    return content
  }

  private static func journal(_ slice: ByteSlice, _ facts: RecordFacts) -> EventContent {
    let chosen = [facts.timeKey, facts.severityKey, facts.serviceKey, facts.namespaceKey, facts.messageKey]
    var content = EventContent(message: facts.message?.text ?? .empty)
    var entry = JournalEntry(slice)
    while let field = entry.next() {
      guard !chosen.contains(field.name.start) else { continue }
      content.fields.append(EventField(name: field.name.text, value: field.value.text))
    }
    return content
  }

  // MARK: Lines

  /// The next word at `place`.
  private static func word(_ place: inout BytePointer, _ end: BytePointer) -> ByteSlice {
    let start = skippingBlanks(place, end)
    place = tokenEnd(start, end)
    return ByteSlice(start, place)
  }

  private mutating func addSyslog5424(_ line: ByteSlice, _ facts: RecordFacts) {
    var place = line.start
    if line.start[0].isDigit { _ = Self.word(&place, line.end) }
    for _ in 0..<2 { _ = Self.word(&place, line.end) }
    add("host", Self.word(&place, line.end))
    _ = Self.word(&place, line.end)
    add("procid", Self.word(&place, line.end))
    add("msgid", Self.word(&place, line.end))
    place = skippingBlanks(place, line.end)
    while place < line.end, place[0] == 0x5b, let close = LineLayouts.elementEnd(place, line.end) {
      addStructuredData(ByteSlice(place + 1, close - 1))
      place = close
    }
  }

  /// `id name="value" ...`, as `id.name`.
  private mutating func addStructuredData(_ element: ByteSlice) {
    let id = ByteSlice(element.start, tokenEnd(element.start, element.end))
    var pairs = LogfmtPairs(ByteSlice(id.end, element.end))
    while let pair = pairs.next() {
      guard let value = pair.value else { continue }
      let name = ForeignText(bytes: id.text.bytes + [0x2e] + pair.key.text.bytes)
      fields.append(EventField(name: name, value: pair.isEscaped ? JSONText.unescaped(value) : value.text))
    }
  }

  private mutating func addSyslog3164(_ line: ByteSlice, _ facts: RecordFacts) {
    guard let service = facts.service else { return }
    var start = service.start
    while start > line.start, start[-1].isBlank { start -= 1 }
    let hostEnd = start
    while start > line.start, !start[-1].isBlank { start -= 1 }
    if hostEnd > start, start > line.start, !ByteSlice(start, hostEnd).endsLikeTime {
      add("host", ByteSlice(start, hostEnd))
    }
    if service.end < line.end, service.end[0] == 0x5b,
      let close = ByteSlice(service.end, line.end).first(0x5d)
    {
      add("pid", ByteSlice(service.end + 1, close))
    }
  }

  private mutating func addAccess(_ line: ByteSlice, _ facts: RecordFacts) {
    var place = line.start
    var head: [ByteSlice] = []
    while head.count < 6 {
      let word = Self.word(&place, line.end)
      if word.isEmpty || (word.start[0] == 0x5b && head.count >= 3) { break }
      head.append(word)
    }
    if head.count == 4 { add("vhost", head.removeFirst()) }
    if head.count == 3 {
      add("client", head[0])
      add("user", head[2])
    }
    guard let request = facts.message, let afterTime = ByteSlice(line.start, request.start).first("] \""),
      let status = LineLayouts.accessStatus(afterTime + 1, line.end)
    else { return }
    addRequest(request)
    add("status", ByteSlice(status.end - 3, status.end))
    place = status.end
    add("size", Self.word(&place, line.end))
    add("referer", Self.quoted(&place, line.end))
    add("agent", Self.quoted(&place, line.end))
  }

  private mutating func addRequest(_ request: ByteSlice) {
    var place = request.start
    let method = Self.word(&place, request.end)
    guard method.end < request.end else { return }
    add("method", method)
    add("path", Self.word(&place, request.end))
    add("protocol", Self.word(&place, request.end))
  }

  private static func quoted(_ place: inout BytePointer, _ end: BytePointer) -> ByteSlice? {
    let start = skippingBlanks(place, end)
    guard start < end, start[0] == 0x22 else { return nil }
    var stop = start + 1
    while stop < end, stop[0] != 0x22 { stop += stop[0] == 0x5c && end - stop >= 2 ? 2 : 1 }
    place = min(stop + 1, end)
    return ByteSlice(start + 1, min(stop, end))
  }

  /// The bracketed parts before the message: `core:error`, `pid 1:tid 2`, `client HOST`; nginx's `12#34:`.
  private mutating func addServerError(_ line: ByteSlice, _ facts: RecordFacts) {
    guard let message = facts.message else { return }
    var rest = ByteSlice(line.start, message.start)
    var index = line.start[0] == 0x5b ? 0 : 1
    while let open = rest.first(0x5b), let close = ByteSlice(open, rest.end).first(0x5d) {
      let part = ByteSlice(open + 1, close)
      if index == 1, let colon = part.first(0x3a) { add("module", ByteSlice(part.start, colon)) }
      if part.hasPrefix("pid ") {
        add("pid", ByteSlice(part.start + 4, tokenOrColon(part.start + 4, part.end)))
      }
      if part.hasPrefix("client ") { add("client", ByteSlice(part.start + 7, part.end)) }
      rest.start = close + 1
      index += 1
    }
    if let mark = message.first("client: ") {
      add("client", ByteSlice(mark + 8, tokenOrComma(mark + 8, message.end)))
    }
    if !message.isEmpty, message.start[0].isDigit,
      let hash = ByteSlice(message.start, min(message.end, message.start + 12)).first(0x23)
    {
      add("pid", ByteSlice(message.start, hash))
    }
  }

  private func tokenOrColon(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
    ByteSlice(start, end).first(0x3a) ?? end
  }

  private func tokenOrComma(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
    ByteSlice(start, end).first(0x2c) ?? end
  }

  private mutating func addKlog(_ line: ByteSlice, _ facts: RecordFacts) {
    guard let message = facts.message, message.start - line.start >= 4,
      let bracket = ByteSlice(line.start, message.start).first(0x5d)
    else { return }
    var place = line.start
    for _ in 0..<2 { _ = Self.word(&place, bracket) }
    add("thread", Self.word(&place, bracket))
    add("source", Self.word(&place, bracket))
  }

  /// What stands between time and message: process, thread, logger.
  private mutating func addText(_ base: LogLayout.Base, _ line: ByteSlice, _ facts: RecordFacts) {
    guard let message = facts.message else { return }
    if takeSpringBoot(message) || takeRuby(line, message) { return }
    if base == .text { return takeLogger(line, message) }
    addThread(ByteSlice(line.start, message.start), message)
    if base == .pythonLogging { return addPythonLogger(line, message) }
    // `logger - message` (log4j, logback), `logger -- message` (newer logback), `logger : message`.
    for (mark, length) in [(" - ", 3), (" -- ", 4), (" : ", 3)] as [(StaticString, Int)] {
      guard let place = message.first(mark), place - message.start <= 200 else { continue }
      var logger = ByteSlice(message.start, place).trimmed
      if let bracket = logger.first("] ") { logger.start = bracket + 2 }
      guard !logger.isEmpty, tokenEnd(logger.start, logger.end) == logger.end else { continue }
      if self.fields.isEmpty { addThread(ByteSlice(message.start, place), message) }
      add("logger", logger)
      self.message = ByteSlice(place + length, message.end).text
      return
    }
  }

  /// Spring Boot's default: `PID --- [application] [thread] logger : message`, the application only where it has a name.
  private mutating func takeSpringBoot(_ message: ByteSlice) -> Bool {
    let pid = ByteSlice(message.start, tokenEnd(message.start, message.end))
    guard pid.isNumber, ByteSlice(pid.end, message.end).hasPrefix(" --- [") else { return false }
    var place = pid.end + 5
    var parts: [ByteSlice] = []
    while place < message.end, place[0] == 0x5b, let close = ByteSlice(place, message.end).first(0x5d) {
      parts.append(ByteSlice(place + 1, close).trimmed)
      place = skippingBlanks(close + 1, message.end)
    }
    let logger = ByteSlice(place, tokenEnd(place, message.end))
    place = skippingBlanks(logger.end, message.end)
    guard !logger.isEmpty, place < message.end, place[0] == 0x3a else { return false }
    add("pid", pid)
    // A trace and a span, joined by a dash, where tracing is on.
    if parts.count > 1, let last = parts.last, last.isEmpty || last.isTraceAndSpan {
      if let dash = last.first(0x2d) {
        add("trace_id", ByteSlice(last.start, dash))
        add("span_id", ByteSlice(dash + 1, last.end))
      }
      parts.removeLast()
    }
    if parts.count > 1 { add("application", parts[0]) }
    add("thread", parts.last)
    add("logger", logger)
    self.message = ByteSlice(skippingBlanks(place + 1, message.end), message.end).text
    return true
  }

  private mutating func takeRuby(_ line: ByteSlice, _ message: ByteSlice) -> Bool {
    guard let hash = ByteSlice(line.start, message.start).first(0x23),
      let head = RubyHead(ByteSlice(hash, line.end)),
      head.message.start == message.start
    else { return false }
    add("pid", head.pid)
    add("logger", head.program)
    return true
  }

  /// `[thread] logger - message` behind the level, or `[thread]` before it and a dotted logger behind: only what is
  /// certain, since the other lines of the source are of another kind.
  private mutating func takeLogger(_ line: ByteSlice, _ message: ByteSlice) {
    var place = message.start
    var thread: ByteSlice?
    if place < message.end, place[0] == 0x5b, let close = ByteSlice(place, message.end).first("] ") {
      thread = ByteSlice(place + 1, close).trimmed
      place = skippingBlanks(close + 2, message.end)
    }
    let logger = ByteSlice(place, tokenEnd(place, message.end))
    let mark = skippingBlanks(logger.end, message.end)
    guard !logger.isEmpty, ByteSlice(mark, message.end).hasPrefix("- ") else { return }
    if let thread {
      add("thread", thread)
    } else {
      guard logger.first(0x2e) != nil, logger.start[0].isLetter else { return }
      addThread(ByteSlice(line.start, message.start), message)
      guard !fields.isEmpty else { return }
    }
    add("logger", logger)
    self.message = ByteSlice(mark + 2, message.end).text
  }

  /// `TIME com.foo.Bar method` on the line before the message.
  private mutating func addJava(_ line: ByteSlice, _ facts: RecordFacts) {
    guard let message = facts.message, message.start < line.start || message.start > line.end else { return }
    var stop = line.trimmed.end
    var words: [ByteSlice] = []
    while words.count < 2, stop > line.start {
      var start = stop
      while start > line.start, !start[-1].isBlank { start -= 1 }
      words.append(ByteSlice(start, stop))
      while start > line.start, start[-1].isBlank { start -= 1 }
      stop = start
    }
    guard let last = words.first, let other = words.last else { return }
    let hasMethod = other.first(0x2e) != nil && !other.endsLikeTime && !last.endsLikeTime
    add("logger", hasMethod ? other : last)
    if hasMethod, words.count == 2 { add("method", last) }
  }

  private mutating func addDotnet(_ line: ByteSlice) {
    let trimmed = line.trimmed
    var start = trimmed.end
    while start > trimmed.start, !start[-1].isBlank { start -= 1 }
    guard let head = DotnetCategory(ByteSlice(start, trimmed.end)) else { return }
    add("logger", head.name)
    add("event_id", head.eventID)
  }

  private mutating func addThread(_ head: ByteSlice, _ message: ByteSlice) {
    var rest = head
    while let open = rest.first(0x5b), let close = ByteSlice(open, rest.end).first(0x5d) {
      let part = ByteSlice(open + 1, close)
      if !part.isEmpty, SeverityRule.word(part.trimmed) == nil, !part.endsLikeTime {
        return add("thread", part.trimmed)
      }
      rest.start = close + 1
    }
  }

  /// `TIME - logger - LEVEL - message` and `TIME LEVEL logger: message`.
  private mutating func addPythonLogger(_ line: ByteSlice, _ message: ByteSlice) {
    let head = ByteSlice(line.start, message.start)
    if let dash = head.first(" - "), let next = ByteSlice(dash + 3, head.end).first(" - ") {
      return add("logger", ByteSlice(dash + 3, next))
    }
    let token = ByteSlice(message.start, tokenEnd(message.start, message.end))
    guard token.count >= 2, token.end[-1] == 0x3a, token.end < message.end else { return }
    add("logger", ByteSlice(token.start, token.end - 1))
    self.message = ByteSlice(token.end + 1, message.end).text
  }
}

extension ByteSlice {
  /// Letters, digits, `_`, `.` and `-`, a letter first.
  fileprivate var isFieldName: Bool {
    guard !isEmpty, count <= 64, start[0].isLetter || start[0] == 0x5f else { return false }
    var place = start
    while place < end {
      guard place[0].isWord || place[0] == 0x2e || place[0] == 0x2d else { return false }
      place += 1
    }
    return true
  }

  /// `803b448a0489f84084905d3093480352-3425f23bb2432450`.
  fileprivate var isTraceAndSpan: Bool {
    guard count >= 33, let dash = first(0x2d), dash - start >= 16, end - dash >= 17 else { return false }
    var place = start
    while place < end {
      guard place[0].isDigit || (place[0] | 0x20) &- 0x61 < 6 || place == dash else { return false }
      place += 1
    }
    return true
  }

  /// Whether it could be the end of a time: it ends in a digit and has a colon with digits around.
  fileprivate var endsLikeTime: Bool {
    guard count >= 5, end[-1].isDigit || end[-1] == 0x5a, let colon = first(0x3a), colon > start,
      end - colon >= 3
    else { return false }
    return colon[-1].isDigit && colon[1].isDigit
  }
}
