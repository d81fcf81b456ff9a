internal import EventModel

// Libraries that write an event on two lines: the first says where it comes from, the second what happened.

// MARK: java.util.logging

extension LogDecoder {
  /// What became of a line and the one after it.
  enum PairStep {
    /// They are no pair: the first line stands for itself.
    case none
    /// The second line is not whole yet.
    case waiting
    case taken(end: BytePointer)
  }

  /// `Jan 02, 2026 3:04:05 AM com.foo.Bar method` and, on the next line, `SEVERE: message`: one event, whose level
  /// only the second line states. So the first one waits for it.
  mutating func takePair(
    _ raw: ByteSlice, _ next: BytePointer, _ limit: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> PairStep {
    times.previousNs = state.previousNs
    var facts = RecordFacts()
    guard !state.isPartial, next > raw.end, let head = withoutWrappings(raw), !head.isPartial,
      TextLine.read(head.line, &times, &facts), facts.severity == .unknown
    else { return .none }
    let newline = ByteSlice(next, limit).first(0x0a)
    let isCut = newline == nil && limit - raw.start >= Self.recordLimit
    guard newline != nil || isCut || piece.isEnd else { return .waiting }
    guard let body = withoutWrappings(ByteSlice(next, newline ?? limit)), body.stream == head.stream,
      let level = JavaLevel(body.line)
    else { return .none }
    facts.severity = level.severity
    facts.message = level.message
    tally.lineCount += 2
    tally.continuedCount += 1
    state.isPartial = body.isPartial
    if isCut { state.phase = .longLine }
    emit(facts, head, head.line, at: piece.offset(of: raw.start), isParsed: true, &batch)
    return .taken(end: newline.map { $0 + 1 } ?? limit)
  }

  /// The line inside all wrappings; `nil` where one does not fit, and inside Docker's JSON.
  private mutating func withoutWrappings(_ raw: ByteSlice) -> WrappedLine? {
    var line = raw
    if !line.isEmpty, line.end[-1] == 0x0d { line.end -= 1 }
    if line.hasPrefix("\u{FEFF}") { line.start += 3 }
    var wrapped = WrappedLine(line)
    for wrapping in layout.wrappings {
      guard Wrapper.unwrap(wrapping, &wrapped, &times) else { return nil }
    }
    return wrapped
  }
}

/// `SEVERE: message`.
struct JavaLevel {
  var severity: Severity
  var message: ByteSlice

  init?(_ line: ByteSlice) {
    guard line.count >= 5, line.start[0].isUpper,
      let colon = ByteSlice(line.start, min(line.end, line.start + 8)).first(0x3a)
    else { return nil }
    let word = ByteSlice(line.start, colon)
    let names: [StaticString] = ["SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST"]
    guard names.contains(where: word.equals), let severity = SeverityRule.word(word) else { return nil }
    self.severity = severity
    message = ByteSlice(skippingBlanks(colon + 1, line.end), line.end)
  }
}

// MARK: .NET

extension LineLayouts {
  /// `fail: Some.Category[7]`, with or without a time before it; the message follows on indented lines.
  static func dotnetConsole(_ line: ByteSlice, _ times: inout TimeReader, _ facts: inout RecordFacts) -> Bool
  {
    var place = line.start
    if let found = times.leading(place, line.end) {
      place = skippingBlanks(found.end, line.end)
      guard dotnetHead(place, line.end, &facts) else { return false }
      facts.setTime(found)
      return true
    }
    return dotnetHead(place, line.end, &facts)
  }

  private static func dotnetHead(
    _ start: BytePointer, _ end: BytePointer, _ facts: inout RecordFacts
  ) -> Bool {
    let place = skippingColour(start, end)
    guard end - place >= 9, let severity = SeverityRule.dotnet(ByteSlice(place, place + 4)) else {
      return false
    }
    var rest = ByteSlice(skippingColour(place + 4, end), end)
    guard rest.hasPrefix(": ") else { return false }
    rest = ByteSlice(rest.start + 2, end).trimmed
    guard let head = DotnetCategory(rest) else { return false }
    facts.severity = severity
    facts.message = ByteSlice(head.end, head.end)
    return true
  }
}

/// `Some.Category[7]`.
struct DotnetCategory {
  var name: ByteSlice
  var eventID: ByteSlice
  var end: BytePointer { eventID.end + 1 }

  init?(_ slice: ByteSlice) {
    guard slice.count >= 4, slice.end[-1] == 0x5d, let open = slice.first(0x5b),
      ByteSlice(open + 1, slice.end - 1).isNumber || ByteSlice(open + 2, slice.end - 1).isNumber
    else { return nil }
    name = ByteSlice(slice.start, open)
    eventID = ByteSlice(open + 1, slice.end - 1)
    guard !name.isEmpty, tokenEnd(name.start, name.end) == name.end else { return nil }
  }
}

extension LogDecoder {
  /// A line of the message, without its indentation.
  mutating func takeDotnetLine(_ line: ByteSlice) {
    var text = line
    while text.start < text.end, text.start - line.start < 6, text.start[0] == 0x20 { text.start += 1 }
    takeContinuation(text, joint: collected?.last?.message.isEmpty == true ? [] : [0x0a])
  }
}

// MARK: Ruby

/// What stands between the time and the message of Ruby's logger: `#123] ERROR -- name: message`.
struct RubyHead {
  var pid: ByteSlice
  var program: ByteSlice
  var message: ByteSlice

  init?(_ slice: ByteSlice) {
    guard slice.hasPrefix("#"),
      let bracket = ByteSlice(slice.start, min(slice.end, slice.start + 12)).first(0x5d),
      ByteSlice(slice.start + 1, bracket).isNumber
    else { return nil }
    let level = skippingBlanks(bracket + 1, slice.end)
    let rest = ByteSlice(tokenEnd(level, slice.end), slice.end)
    guard rest.hasPrefix(" -- "), let colon = ByteSlice(rest.start + 3, rest.end).first(": ") else {
      return nil
    }
    pid = ByteSlice(slice.start + 1, bracket)
    program = ByteSlice(min(rest.start + 4, colon), colon)
    message = ByteSlice(colon + 2, slice.end)
  }
}
