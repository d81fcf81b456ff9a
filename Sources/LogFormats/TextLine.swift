internal import EventModel

/// "Time level text" in any common order, with brackets, bars and colours around the parts.
enum TextLine {
  /// Takes time and level from the head of the line. The time may follow a level, bracketed words or numbers.
  static func read(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool {
    let end = line.end
    var place = line.start
    var levelBefore: Severity?
    for attempt in 0..<4 {
      let (start, isBracketed) = opening(place, end)
      guard start < end else { return false }
      if let found = times.leading(start, end) {
        facts.setTime(found)
        finish(found.end, end, levelBefore, &facts)
        return true
      }
      // An indented line belongs to what stands above it.
      if attempt == 0, line.start[0].isBlank { return false }
      let token = headToken(start, end)
      if let severity = level(token, isBracketed: isBracketed) {
        levelBefore = severity
      } else if attempt == 0, isRubyLetter(token, end) {
        levelBefore = letter(token.start[0])
      } else if !isBracketed, !isCounter(token) {
        guard attempt == 0, isNameBeforeDate(token, end) else { return false }
      }
      place = closing(token.end, end)
    }
    return false
  }

  /// The level at the head of a text without a time, for example `WARNING:root:...` or `[error] ...`.
  static func severityAtStart(_ line: ByteSlice) -> Severity {
    let (start, isBracketed) = opening(line.start, line.end)
    guard start < line.end, start[0].isLetter else { return .unknown }
    var stop = start
    while stop < line.end, stop[0].isLetter, stop - start <= 12 { stop += 1 }
    let token = ByteSlice(start, stop)
    if stop < line.end, stop[0] == 0x3d { return keyedLevel(token, stop + 1, line.end) ?? .unknown }
    guard let severity = SeverityRule.word(token) else { return .unknown }
    let isMarked = isBracketed || stop == line.end || stop[0] == 0x3a || isUpper(token)
    return isMarked && isLevelEnd(stop, line.end) ? severity : .unknown
  }

  // MARK: Before the time

  /// After blanks, colours and opening brackets; whether there was a bracket.
  @inline(__always) private static func opening(
    _ start: BytePointer, _ end: BytePointer
  ) -> (BytePointer, isBracketed: Bool) {
    var place = start
    var isBracketed = false
    while place < end {
      switch place[0] {
      case 0x20, 0x09, 0x0d: place += 1
      case 0x5b, 0x28, 0x3c:
        isBracketed = true
        place += 1
      case 0x7c, 0x22: place += 1
      case 0x1b:
        let next = skippingColour(place, end)
        if next == place { return (place, isBracketed) }
        place = next
      default: return (place, isBracketed)
      }
    }
    return (place, isBracketed)
  }

  /// Up to a blank, a closing bracket, a bar or a colour; at most 64 bytes.
  private static func headToken(_ start: BytePointer, _ end: BytePointer) -> ByteSlice {
    var place = start
    while place < end, place - start < 64, !place[0].isBlank, place[0] != 0x5d, place[0] != 0x29,
      place[0] != 0x3e,
      place[0] != 0x7c, place[0] != 0x1b
    {
      place += 1
    }
    return ByteSlice(start, place)
  }

  private static func level(_ token: ByteSlice, isBracketed: Bool) -> Severity? {
    var word = token
    while !word.isEmpty, word.end[-1] == 0x3a || word.end[-1] == 0x2c { word.end -= 1 }
    if let severity = SeverityRule.word(word) { return severity }
    return isBracketed && word.count == 1 ? letter(word.start[0]) : nil
  }

  /// `E, [`: how lines of Ruby's logger start.
  @inline(never) private static func isRubyLetter(_ token: ByteSlice, _ end: BytePointer) -> Bool {
    token.count == 2 && token.start[0].isUpper && token.end[-1] == 0x2c
      && ByteSlice(token.end, end).hasPrefix(" [")
  }

  /// A process number such as `1234` or `1234:M`, or a lone dash.
  private static func isCounter(_ token: ByteSlice) -> Bool {
    guard !token.isEmpty else { return false }
    if token.equals("-") { return true }
    return token.start[0].isDigit && token.count <= 12
  }

  /// `update-alternatives 2026-01-02 ...`: one name, then at once a date with its year.
  private static func isNameBeforeDate(_ token: ByteSlice, _ end: BytePointer) -> Bool {
    guard !token.isEmpty, end - token.end >= 17, token.end[0] == 0x20 else { return false }
    var place = token.start
    while place < token.end, place[0].isWord || place[0] == 0x2d || place[0] == 0x2e { place += 1 }
    let date = token.end + 1
    return place == token.end && fourDigits(date) > 0 && (date[4] == 0x2d || date[4] == 0x2f)
      && date[7] == date[4]
  }

  /// After blanks, colours and closing marks.
  @inline(__always) private static func closing(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
    var place = start
    while place < end {
      switch place[0] {
      case 0x20, 0x09, 0x0d, 0x5d, 0x29, 0x3e, 0x22, 0x3a, 0x2c, 0x7c: place += 1
      case 0x2d:
        // A dash that stands alone; a signed number keeps its sign.
        guard end - place >= 2, place[1].isBlank else { return place }
        place += 1
      case 0x1b:
        let next = skippingColour(place, end)
        if next == place { return place }
        place = next
      default: return place
      }
    }
    return place
  }

  // MARK: After the time

  private static func finish(
    _ start: BytePointer, _ end: BytePointer, _ levelBefore: Severity?, _ facts: inout RecordFacts
  ) {
    let text = closing(start, end)
    facts.message = ByteSlice(text, end)
    if text < end, text[0] == 0x23, let message = RubyHead(ByteSlice(text, end))?.message {
      facts.message = message
    }
    if let levelBefore {
      facts.severity = levelBefore
      return
    }
    // Proxies write `[TIME] "GET / HTTP/1.1" 503 ...`.
    if text > start, text[-1] == 0x22, let status = LineLayouts.accessStatus(text - 1, end) {
      facts.severity = SeverityRule.httpStatus(status.value) ?? .unknown
      return
    }
    guard let found = levelAmong(text, end) else { return }
    facts.severity = found.severity
    facts.isContinuation = found.isContinuation
    if found.end > text { facts.message = ByteSlice(closing(found.end, end), end) }
  }

  private struct FoundLevel {
    var severity: Severity
    /// Where the message starts, but for blanks and marks.
    var end: BytePointer
    var isContinuation = false
  }

  /// Looks at the first words for a level: the first word in any case, later ones in capitals or set off.
  private static func levelAmong(_ start: BytePointer, _ end: BytePointer) -> FoundLevel? {
    let limit = min(end, start + 200)
    var place = start
    for attempt in 0..<7 {
      let (word, isSetOff) = openingMark(place, limit)
      guard word < limit else { return nil }
      var stop = word
      while stop < limit, stop[0].isWord { stop += 1 }
      let token = ByteSlice(word, stop)
      if let found = levelHere(token, limit, isFirst: attempt == 0, isSetOff: isSetOff) { return found }
      if isSetOff, word > start, word[-1] == 0x5b, let close = ByteSlice(word, limit).first(0x5d) {
        place = close + 1
      } else {
        place = tokenEnd(stop, limit)
      }
    }
    return nil
  }

  @inline(__always) private static func levelHere(
    _ token: ByteSlice, _ end: BytePointer, isFirst: Bool, isSetOff: Bool
  ) -> FoundLevel? {
    guard !token.isEmpty, token.count <= 12 else { return nil }
    let stop = token.end
    if stop < end, stop[0] == 0x3d {
      // `level=warn` inside text stays part of the message.
      return keyedLevel(token, stop + 1, end).map { FoundLevel(severity: $0, end: token.start) }
    }
    if token.count == 1 {
      let isMarked =
        isSetOff ? isLevelEnd(stop, end) && stop < end && !stop[0].isBlank : stop < end && stop[0] == 0x2f
      return isMarked ? letter(token.start[0]).map { FoundLevel(severity: $0, end: stop) } : nil
    }
    guard let severity = SeverityRule.word(token, readable: end) else {
      guard stop < end, !stop[0].isBlank, !isSetOff else { return nil }
      if stop[0] == 0x3a { return postgreSQL(token, end) }
      return isFirst && (stop[0] == 0x2e || stop[0] == 0x2d) ? monolog(token.start, end) : nil
    }
    guard isFirst || isSetOff || isUpper(token) else { return nil }
    let step = afterStep(stop, end)
    return isLevelEnd(step, end) ? FoundLevel(severity: severity, end: step) : nil
  }

  /// `LOG:  ` with two blanks; other words so marked say more of the message before them.
  @inline(never) private static func postgreSQL(_ token: ByteSlice, _ end: BytePointer) -> FoundLevel? {
    guard ByteSlice(token.end, end).hasPrefix(":  ") else { return nil }
    if token.equals("LOG") { return FoundLevel(severity: .info, end: token.end) }
    if token.count == 6, token.hasPrefix("DEBUG"), token.end[-1].isDigit {
      return FoundLevel(severity: .debug, end: token.end)
    }
    for word in ["DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION", "BACKTRACE"] as [StaticString]
    where token.equals(word) {
      return FoundLevel(severity: .unknown, end: token.start, isContinuation: true)
    }
    return nil
  }

  /// `production.ERROR:`, as Monolog (Laravel, Symfony) joins channel and level.
  @inline(never) private static func monolog(_ start: BytePointer, _ end: BytePointer) -> FoundLevel? {
    let token = ByteSlice(start, tokenEnd(start, end))
    guard token.end[-1] == 0x3a else { return nil }
    var word = ByteSlice(token.end - 1, token.end - 1)
    while word.start > start, word.start[-1].isUpper { word.start -= 1 }
    guard word.start > start, word.start[-1] == 0x2e, let severity = SeverityRule.word(word) else {
      return nil
    }
    return FoundLevel(severity: severity, end: word.end)
  }

  /// After the `+2` of `INFO+2`.
  private static func afterStep(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
    guard end - start >= 2, start[0] == 0x2b || start[0] == 0x2d, start[1].isDigit else { return start }
    return start + 2
  }

  @inline(__always) private static func openingMark(
    _ start: BytePointer, _ end: BytePointer
  ) -> (BytePointer, isSetOff: Bool) {
    var place = start
    var isSetOff = false
    while place < end {
      switch place[0] {
      case 0x20, 0x09, 0x0d: place += 1
      case 0x5b, 0x28, 0x3c, 0x7c, 0x7b:
        isSetOff = true
        place += 1
      case 0x2d, 0x3a, 0x2c, 0x5d, 0x29, 0x3e, 0x7d: place += 1
      case 0x1b:
        let next = skippingColour(place, end)
        if next == place { return (place, isSetOff) }
        isSetOff = true
        place = next
      default: return (place, isSetOff)
      }
    }
    return (place, isSetOff)
  }

  // MARK: Words

  private static func isUpper(_ token: ByteSlice) -> Bool {
    var place = token.start
    while place < token.end {
      if place[0].isLower { return false }
      place += 1
    }
    return true
  }

  @inline(__always) private static func isLevelEnd(_ place: BytePointer, _ end: BytePointer) -> Bool {
    guard place < end else { return true }
    switch place[0] {
    case 0x20, 0x09, 0x0d, 0x5d, 0x29, 0x3e, 0x3a, 0x7c, 0x7d, 0x2c, 0x1b: return true
    case 0x2d: return end - place < 2 || place[1].isBlank
    default: return false
    }
  }

  /// `level=warn`, `severity="error"`.
  private static func keyedLevel(_ key: ByteSlice, _ start: BytePointer, _ end: BytePointer) -> Severity? {
    guard key.equals("level") || key.equals("lvl") || key.equals("severity") else { return nil }
    var place = start
    if place < end, place[0] == 0x22 { place += 1 }
    var stop = place
    while stop < end, stop[0].isWord { stop += 1 }
    return SeverityRule.word(ByteSlice(place, stop))
  }

  private static func letter(_ byte: UInt8) -> Severity? {
    switch byte {
    case 0x56, 0x54: .trace
    case 0x44: .debug
    default: SeverityRule.letter(byte)
    }
  }
}
