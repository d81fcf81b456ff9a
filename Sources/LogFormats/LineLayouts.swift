internal import EventModel

/// One function a layout: takes time, service, severity and message from a line, or says that the line is none of it.
enum LineLayouts {
  /// - Returns: whether the line is a record of `base`; for layouts with a leading time that needs the time.
  @inline(__always) static func read(
    _ base: LogLayout.Base, _ line: ByteSlice, isCut: Bool, _ keys: borrowing KeyTable,
    _ times: inout TimeReader,
    _ facts: inout RecordFacts
  ) -> Bool {
    switch base {
    case .ndjson, .otlp, .jsonDocument:
      var scanner = JSONScanner(line)
      return scanner.record(keys, &times, &facts) || (isCut && scanner.place == line.end)
    case .logfmt: return logfmt(line, isCut: isCut, keys, &times, &facts)
    case .syslog5424: return syslog5424(line, &times, &facts)
    case .syslog3164: return syslog3164(line, &times, &facts)
    case .accessLog: return accessLog(line, &times, &facts)
    case .nginxError: return nginxError(line, &times, &facts)
    case .apacheError: return apacheError(line, &times, &facts)
    case .klog: return klog(line, &times, &facts)
    case .log4j, .pythonLogging, .javaLogging, .text: return TextLine.read(line, &times, &facts)
    case .dotnetConsole: return dotnetConsole(line, &times, &facts)
    case .plain, .journaldExport, .binary:
      facts.severity = TextLine.severityAtStart(line)
      facts.message = line
      return false
    }
  }

  // MARK: logfmt

  /// `key=value key="quoted value" flag`; the first word must be a pair.
  static func logfmt(
    _ line: ByteSlice, isCut: Bool, _ keys: borrowing KeyTable, _ times: inout TimeReader,
    _ facts: inout RecordFacts
  ) -> Bool {
    var pairs = LogfmtPairs(line)
    var count = 0
    while let pair = pairs.next() {
      guard let value = pair.value else {
        if count == 0 { return false }
        continue
      }
      count += 1
      if let found = keys.find(pair.key, node: 0, end: line.end) {
        facts.take(
          value, isText: true, isEscaped: pair.isEscaped, key: pair.key.start, role: keys.entries[found].role,
          rank: keys.entries[found].rank, times: &times)
      }
      if !facts.hasTime, value.hasPrefix("audit(") { takeAuditTime(value, &facts) }
    }
    return count > 0 && (pairs.isWhole || isCut)
  }

  /// `msg=audit(1772359200.123:456):`, as the Linux audit daemon writes it.
  private static func takeAuditTime(_ value: ByteSlice, _ facts: inout RecordFacts) {
    guard let colon = value.first(0x3a), let found = TimeReader.number(ByteSlice(value.start + 6, colon))
    else {
      return
    }
    facts.setTime(found)
  }

  // MARK: syslog

  /// RFC 5424 section 6: `<PRI>1 TIME HOST APP PROCID MSGID [DATA] MESSAGE`, also after an octet count (RFC 6587).
  static func syslog5424(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    var place = line.start
    while place < line.end, place[0].isDigit, place - line.start < 8 { place += 1 }
    if place > line.start {
      guard place < line.end, place[0] == 0x20 else { return false }
      place += 1
    }
    guard let (priority, after) = priority(place, line.end), line.end - after >= 2, after[1] == 0x20,
      after[0].isDigit
    else { return false }
    place = after + 2
    let time = ByteSlice(place, tokenEnd(place, line.end))
    if !time.equals("-") {
      guard let found = times.leading(time.start, time.end), found.end == time.end else { return false }
      facts.setTime(found)
    }
    place = skippingBlanks(tokenEnd(skippingBlanks(time.end, line.end), line.end), line.end)
    let application = ByteSlice(place, tokenEnd(place, line.end))
    if !application.isEmpty, !application.equals("-") { facts.service = application }
    facts.severity = SeverityRule.syslog(priority & 7) ?? .unknown
    facts.message = messageAfterData(application.end, line.end)
    return true
  }

  /// The message after PROCID, MSGID and the structured data.
  private static func messageAfterData(_ start: BytePointer, _ end: BytePointer) -> ByteSlice {
    var place = start
    for _ in 0..<2 { place = tokenEnd(skippingBlanks(place, end), end) }
    place = skippingBlanks(place, end)
    if place < end, place[0] == 0x2d {
      place += 1
    } else {
      while place < end, place[0] == 0x5b {
        guard let close = elementEnd(place, end) else { break }
        place = close
      }
    }
    place = skippingBlanks(place, end)
    if ByteSlice(place, end).hasPrefix("\u{FEFF}") { place += 3 }
    return ByteSlice(place, end)
  }

  /// After the `]` of the structured-data element at `start`; quotes protect it.
  static func elementEnd(_ start: BytePointer, _ end: BytePointer) -> BytePointer? {
    var place = start + 1
    var isQuoted = false
    while place < end {
      if isQuoted, place[0] == 0x5c, end - place >= 2 {
        place += 2
        continue
      }
      if place[0] == 0x22 { isQuoted.toggle() }
      if !isQuoted, place[0] == 0x5d { return place + 1 }
      place += 1
    }
    return nil
  }

  /// `<0>` to `<191>`.
  private static func priority(_ start: BytePointer, _ end: BytePointer) -> (Int, BytePointer)? {
    guard end - start >= 3, start[0] == 0x3c else { return nil }
    var place = start + 1
    while place < end, place[0].isDigit, place - start <= 3 { place += 1 }
    guard place < end, place[0] == 0x3e, let value = ByteSlice(start + 1, place).number, value <= 191 else {
      return nil
    }
    return (value, place + 1)
  }

  /// RFC 3164 and what syslog daemons write to files: `TIME HOST TAG[PID]: MESSAGE`, time with or without a year.
  static func syslog3164(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    var place = skippingBlanks(line.start, line.end)
    var severity: Severity?
    if let (priority, after) = priority(place, line.end) {
      severity = SeverityRule.syslog(priority & 7)
      place = after
    }
    guard let found = times.leading(place, line.end), found.end < line.end, found.end[0] == 0x20 else {
      return false
    }
    facts.setTime(found)
    place = skippingBlanks(found.end, line.end)
    // Programs that speak to the local socket leave the host out.
    if tag(place, line.end) == nil {
      place = skippingBlanks(tokenEnd(place, line.end), line.end)
    }
    if let (name, after) = tag(place, line.end) {
      facts.service = name
      place = skippingBlanks(after, line.end)
    }
    facts.message = ByteSlice(place, line.end)
    facts.severity = severity ?? TextLine.severityAtStart(ByteSlice(place, line.end))
    return true
  }

  /// `name:` or `name[pid]:` at `start`.
  static func tag(_ start: BytePointer, _ end: BytePointer) -> (name: ByteSlice, end: BytePointer)? {
    let token = ByteSlice(start, tokenEnd(start, end))
    guard token.count >= 2, token.end[-1] == 0x3a else { return nil }
    let name = ByteSlice(start, token.first(0x5b) ?? token.end - 1)
    return name.isEmpty || name.start[0] == 0x3a ? nil : (name, token.end)
  }

  // MARK: Web servers

  /// `[VHOST] HOST IDENT USER [TIME] "REQUEST" STATUS SIZE ...`.
  static func accessLog(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    guard let afterTime = accessTime(line, &times, &facts) else { return false }
    guard let status = accessStatus(afterTime, line.end) else { return false }
    facts.severity = SeverityRule.httpStatus(status.value) ?? .unknown
    facts.message = status.request
    return true
  }

  /// Looks for the bracket that holds a time: an IPv6 host may stand in another before it.
  private static func accessTime(
    _ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts
  ) -> BytePointer? {
    var rest = ByteSlice(line.start, min(line.end, line.start + 1024))
    for _ in 0..<4 {
      guard let bracket = rest.first(0x5b), bracket > line.start else { return nil }
      if let found = times.leading(bracket + 1, line.end), found.end < line.end, found.end[0] == 0x5d {
        facts.setTime(found)
        return found.end + 1
      }
      rest.start = bracket + 1
    }
    return nil
  }

  static func accessStatus(
    _ start: BytePointer, _ end: BytePointer
  ) -> (value: Int, request: ByteSlice, end: BytePointer)? {
    var place = skippingBlanks(start, end)
    guard place < end, place[0] == 0x22 else { return nil }
    place += 1
    let request = place
    while place < end, place[0] != 0x22 { place += place[0] == 0x5c ? 2 : 1 }
    guard place < end, end - place >= 5, place[1] == 0x20 else { return nil }
    let status = ByteSlice(place + 2, tokenEnd(place + 2, end))
    guard status.count == 3, let value = status.number else { return nil }
    return (value, ByteSlice(request, place), status.end)
  }

  /// `2026/01/02 03:04:05 [error] 12#34: *5 message`.
  static func nginxError(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    guard line.count > 22, line.start[4] == 0x2f, let found = times.leading(line.start, line.end) else {
      return false
    }
    var place = skippingBlanks(found.end, line.end)
    guard place < line.end, place[0] == 0x5b, let close = ByteSlice(place, line.end).first(0x5d) else {
      return false
    }
    facts.setTime(found)
    facts.severity = SeverityRule.word(ByteSlice(place + 1, close)) ?? .unknown
    place = skippingBlanks(close + 1, line.end)
    facts.message = ByteSlice(place, line.end)
    return true
  }

  /// `[TIME] [module:level] [pid 1:tid 2] [client HOST] message`.
  static func apacheError(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    guard line.count > 26, line.start[0] == 0x5b, let found = times.leading(line.start + 1, line.end),
      found.end < line.end, found.end[0] == 0x5d
    else { return false }
    var place = skippingBlanks(found.end + 1, line.end)
    facts.setTime(found)
    var isFirst = true
    while place < line.end, place[0] == 0x5b, let close = ByteSlice(place, line.end).first(0x5d) {
      if isFirst { facts.severity = apacheLevel(ByteSlice(place + 1, close)) }
      isFirst = false
      place = skippingBlanks(close + 1, line.end)
    }
    facts.message = ByteSlice(place, line.end)
    return !isFirst
  }

  /// `core:error`, `error`, `ssl:trace3`.
  private static func apacheLevel(_ slice: ByteSlice) -> Severity {
    var word = slice
    if let colon = slice.first(0x3a) { word.start = colon + 1 }
    if word.count == 6, word.hasPrefix("trace") { word.end -= 1 }
    return SeverityRule.word(word) ?? .unknown
  }

  // MARK: klog

  /// `I0102 03:04:05.678901   12345 file.go:42] message`.
  static func klog(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    let start = skippingColour(line.start, line.end)
    guard line.end - start >= 20, let severity = SeverityRule.letter(start[0]), start[1].isDigit,
      let found = times.klog(start + 1, line.end), found.end < line.end, found.end[0] == 0x20
    else { return false }
    facts.setTime(found)
    facts.severity = severity
    let place = ByteSlice(found.end, line.end).first("] ").map { $0 + 2 } ?? found.end
    facts.message = ByteSlice(place, line.end)
    return true
  }
}

/// Walks the pairs of a logfmt line.
struct LogfmtPairs {
  private var place: BytePointer
  private let end: BytePointer
  /// False once a quote stayed open.
  private(set) var isWhole = true

  struct Pair {
    var key: ByteSlice
    /// `nil` for a word without `=`.
    var value: ByteSlice?
    var isEscaped: Bool
  }

  init(_ line: ByteSlice) {
    place = line.start
    end = line.end
  }

  mutating func next() -> Pair? {
    place = skippingBlanks(place, end)
    guard place < end else { return nil }
    let start = place
    while place < end, place[0] != 0x3d, !place[0].isBlank, place[0] != 0x1b { place += 1 }
    let key = ByteSlice(start, place)
    place = skippingColour(place, end)
    guard place < end, place[0] == 0x3d, !key.isEmpty else {
      // A stray `=` or escape byte is passed, so that the walk goes on.
      if key.isEmpty { place += 1 }
      return Pair(key: key, value: nil, isEscaped: false)
    }
    place = skippingColour(place + 1, end)
    guard place < end, place[0] == 0x22 else {
      let value = ByteSlice(place, tokenEnd(place, end))
      place = value.end
      return Pair(key: key, value: value, isEscaped: false)
    }
    return quoted(key)
  }

  private mutating func quoted(_ key: ByteSlice) -> Pair {
    place += 1
    let start = place
    var isEscaped = false
    while place < end, place[0] != 0x22 {
      if place[0] == 0x5c, end - place >= 2 {
        isEscaped = true
        place += 1
      }
      place += 1
    }
    let value = ByteSlice(start, place)
    if place < end { place += 1 } else { isWhole = false }
    return Pair(key: key, value: value, isEscaped: isEscaped)
  }
}
