internal import EventModel

/// What counting needs of one record; the rest are places in its bytes, used when the record is shown in full.
struct RecordFacts {
  var timeNs: Int64 = 0
  var timeRank = UInt8.max
  /// It states a time for which there are no nanoseconds.
  var isTimeOutOfRange = false
  var isZoned = false
  /// Nanoseconds from a key of their own, beside whole seconds.
  var extraNs: Int64 = 0
  var severity = Severity.unknown
  var severityRank = UInt8.max
  var service: ByteSlice?
  var serviceRank = UInt8.max
  var isServiceEscaped = false
  var namespace: ByteSlice?
  var message: ByteSlice?
  var messageRank = UInt8.max
  /// The message is a JSON array: bytes or lines, see `JSONText.listed`.
  var isMessageList = false
  var stream: ByteSlice?
  /// Where the keys of the chosen values start: those are not fields.
  var timeKey: BytePointer?
  var severityKey: BytePointer?
  var serviceKey: BytePointer?
  var namespaceKey: BytePointer?
  var messageKey: BytePointer?
  /// The line has a time of its own, but says more of the event before it.
  var isContinuation = false

  var hasTime: Bool { timeRank != .max }

  mutating func setTime(_ found: FoundTime) {
    guard found.isInRange else { return isTimeOutOfRange = true }
    timeNs = found.nanoseconds
    isZoned = found.isZoned
    timeRank = 0
  }

  /// Ready for another record that is only to be counted.
  @inline(__always) mutating func clearCounted() {
    timeRank = .max
    isTimeOutOfRange = false
    extraNs = 0
    severity = .unknown
    severityRank = .max
    service = nil
    serviceRank = .max
    isServiceEscaped = false
    namespace = nil
  }

  /// The same as `take` for a value without escapes, with the usual roles at hand.
  @inline(__always) mutating func takeCounted(
    _ value: ByteSlice, isText: Bool, key: BytePointer, role: KeyRole, rank: UInt8, times: inout TimeReader
  ) {
    switch role {
    case .service:
      guard rank < serviceRank, isText, !value.isEmpty else { return }
      service = value
      serviceRank = rank
      isServiceEscaped = false
      serviceKey = key
    case .time where !isText:
      guard let nanoseconds = TimeReader.usualNumber(value) else { fallthrough }
      guard rank < timeRank else { return }
      timeNs = nanoseconds
      isZoned = true
      timeRank = rank
      timeKey = key
    default: takeAny(value, isText: isText, key: key, role: role, rank: rank, times: &times)
    }
  }

  @inline(never) private mutating func takeAny(
    _ value: ByteSlice, isText: Bool, key: BytePointer, role: KeyRole, rank: UInt8, times: inout TimeReader
  ) {
    take(value, isText: isText, isEscaped: false, key: key, role: role, rank: rank, times: &times)
  }

  /// Takes the value of a key that matters. `isText` tells `"30"` from `30`; escapes are left as they are.
  @inline(__always) mutating func take(
    _ value: ByteSlice, isText: Bool, isEscaped: Bool, key: BytePointer, role: KeyRole, rank: UInt8,
    times: inout TimeReader
  ) {
    switch role {
    case .none: break
    case .time:
      guard rank < timeRank else { return }
      guard let found = isText ? times.whole(value) : TimeReader.number(value) else {
        // A number is too large, and nothing else.
        if !isText, !value.isEmpty, value.start[0].isDigit { isTimeOutOfRange = true }
        return
      }
      guard found.isInRange else { return isTimeOutOfRange = true }
      guard found.nanoseconds != 0 else { return }
      timeNs = found.nanoseconds
      isZoned = found.isZoned
      timeRank = rank
      timeKey = key
    case .nanoseconds:
      if let number = value.number { extraNs = Int64(number) }
    case .severity:
      takeSeverity(value.number.flatMap(SeverityRule.level) ?? Self.levelWord(value), rank, key)
    case .openTelemetrySeverity:
      takeSeverity(value.number.flatMap(SeverityRule.openTelemetry) ?? Self.levelWord(value), rank &+ 40, key)
    case .syslogSeverity:
      takeSeverity(value.number.flatMap(SeverityRule.syslog) ?? Self.levelWord(value), rank &+ 60, key)
    case .httpStatus:
      takeSeverity(value.number.flatMap(SeverityRule.httpStatus), rank &+ 80, nil)
    case .spanStatus:
      let isError = value.number == 2 || value.equals("STATUS_CODE_ERROR")
      takeSeverity(isError ? .error : .trace, rank, nil)
    case .service:
      guard rank < serviceRank, isText, !value.isEmpty else { return }
      service = value
      serviceRank = rank
      isServiceEscaped = isEscaped
      serviceKey = key
    case .namespace:
      guard isText, !value.isEmpty, !isEscaped else { return }
      namespace = value
      namespaceKey = key
    case .stream:
      stream = value
    case .message:
      guard isText else { return takeMessage(value, isList: false, key: key) }
      guard rank < messageRank else { return }
      message = value
      messageRank = rank
      messageKey = key
      isMessageList = false
    }
  }

  /// Takes a message that is no string: empty for `null`. A string under any message key is better.
  mutating func takeMessage(_ value: ByteSlice, isList: Bool, key: BytePointer) {
    guard messageRank == .max, message?.isEmpty ?? true else { return }
    message = value
    messageKey = key
    isMessageList = isList
  }

  /// The message where it is a string.
  var messageString: ByteSlice? { messageRank == .max ? nil : message }

  /// A word, also behind a path (`SeverityNumber.INFO`) or inside colour codes.
  private static func levelWord(_ value: ByteSlice) -> Severity? {
    if let severity = SeverityRule.word(value) { return severity }
    var last = ByteSlice(skippingBlanks(value.start, value.end), value.end)
    if let escape = last.first(0x1b) { last.end = escape }
    last = last.trimmed
    guard last.count <= 64 else { return nil }
    var place = last.end
    while place > last.start, place[-1] != 0x2e, place[-1] != 0x5f {
      place -= 1
    }
    last.start = place
    return last.count < value.count ? SeverityRule.word(last) : nil
  }

  mutating func takeSeverity(_ found: Severity?, _ rank: UInt8, _ key: BytePointer?) {
    guard rank < severityRank, let found else { return }
    severity = found
    severityRank = rank
    severityKey = key
  }
}
