/// Reads a filter expression once, from left to right. Offsets are bytes.
struct FilterParser {
  private let bytes: [UInt8]
  private var index = 0
  private var regexCount = 0

  static let tooMany =
    "a filter has at most \(EventFilter.termLimit) terms and \(EventFilter.regexLimit) regular expressions; remove some"

  init(_ expression: String) { bytes = Array(expression.utf8) }

  mutating func readTerms() throws(FilterError) -> [EventFilter.Term] {
    var terms: [EventFilter.Term] = []
    while true {
      while let byte = peek(), Self.isBlank(byte) { index += 1 }
      guard peek() != nil else { return terms }
      guard terms.count < EventFilter.termLimit else {
        throw FilterError(byteOffset: index, reason: Self.tooMany)
      }
      let term = try readTerm()
      if !terms.contains(term) { terms.append(term) }
    }
  }

  private mutating func readTerm() throws(FilterError) -> EventFilter.Term {
    let start = index
    let isNegated = peek() == UInt8(ascii: "!")
    if isNegated { index += 1 }
    guard let first = peek(), !Self.isBlank(first) else {
      throw FilterError(byteOffset: start, reason: "nothing follows '!'; write '!' in quotes to look for it")
    }
    var (condition, isOpposite) = (FilterCondition?.none, false)
    switch first {
    case UInt8(ascii: "/"): condition = .text(try readRegex())
    case UInt8(ascii: "\""):
      let place = index
      let quoted = try readQuoted()
      if let test = try readComparison(of: quoted) {
        (condition, isOpposite) = test
      } else {
        condition = .text(try pattern(at: place) { () throws(FilterError) in try TextPattern(text: quoted) })
      }
    default:
      if let name = readFieldName(), let test = try readComparison(of: name) {
        (condition, isOpposite) = test
      } else {
        let place = index
        let word = readWord()
        condition = .text(try pattern(at: place) { () throws(FilterError) in try TextPattern(text: word) })
      }
    }
    try expectEndOfTerm(from: start)
    guard let condition else { throw FilterError(byteOffset: start, reason: "this is no term") }
    return EventFilter.Term(
      text: text(start..<index), isNegated: isNegated != isOpposite, condition: condition)
  }

  /// Reads an operator and its value; `nil`, with nothing read, when no operator stands here. The flag says that the
  /// operator was `!=`.
  private mutating func readComparison(of name: ForeignText) throws(FilterError) -> (FilterCondition, Bool)? {
    guard let sign = Self.operators.first(where: { starts(with: $0) }) else { return nil }
    let operatorStart = index
    index += sign.utf8.count
    switch name.repaired {
    case "severity": return (.severity(try readSeverities(sign)), false)
    case "service":
      guard sign == "=" || sign == "!=" || sign == "~" else {
        let reason = "services have no order; write service=GLOB, service!=GLOB or service~REGEX"
        throw FilterError(byteOffset: operatorStart, reason: reason)
      }
      if sign != "~", let byte = peek(), byte != UInt8(ascii: "\""), !Self.isBlank(byte) {
        return (.serviceGlob(Glob(readWord().repaired)), sign == "!=")
      }
      return (.service(try readTest(sign)), sign == "!=")
    case "message": return (.message(try readTest(sign)), sign == "!=")
    case "time":
      let reason = "time is not part of a filter; select a range on the time axis, or use --from and --to"
      throw FilterError(byteOffset: operatorStart, reason: reason)
    default: return (.field(name, try readTest(sign)), sign == "!=")
    }
  }

  private mutating func readTest(_ sign: String) throws(FilterError) -> ValueTest {
    let place = index
    if sign == "~" { return .pattern(try readFieldRegex()) }
    let isQuoted = peek() == UInt8(ascii: "\"")
    let value = isQuoted ? try readQuoted() : readWord()
    guard !value.isEmpty || isQuoted && sign.hasSuffix("=") else {
      if sign == "=" || sign == "!=" { return .isEmpty }
      throw FilterError(
        byteOffset: place, reason: "a value is missing after '\(sign)', for example \(sign)500")
    }
    if value.isEmpty && (sign == "=" || sign == "!=") { return .isEmpty }
    let number = isQuoted ? nil : ExactDecimal(value.bytes)
    guard sign == "=" else { return .order(Self.order(sign), value, number: number, raw: nil) }
    // 500 may be written 5e2; only bytes must be there as they are.
    let raw = number == nil ? try? TextPattern(text: value, ignoringCase: false) : nil
    return .order(.equal, value, number: number, raw: raw)
  }

  private mutating func readSeverities(_ sign: String) throws(FilterError) -> SeveritySet {
    let place = index
    let word = readWord().repaired
    guard let severity = Severity(name: word) else {
      let names = Severity.allCases.map(\.name)
      let hint = nearestName(to: word, in: names) ?? (word.hasPrefix("w") ? "warn" : nil)
      let reason =
        "no severity is called '\(word)'"
        + (hint.map { "; did you mean '\($0)'?" } ?? "; they are " + names.joined(separator: ", "))
      throw FilterError(byteOffset: place, reason: reason)
    }
    guard sign != "~" else {
      throw FilterError(
        byteOffset: place, reason: "severities are compared by rank, for example severity>=warn")
    }
    let order = Self.order(sign)
    let chosen = Severity.allCases.filter { order.holds($0, severity) }
    let set = SeveritySet(chosen.map(SeveritySet.init))
    return sign == "!=" ? SeveritySet.all.subtracting(set) : set
  }

  private static func order(_ sign: String) -> ValueTest.Order {
    switch sign {
    case "<": .less
    case "<=": .lessOrEqual
    case ">": .greater
    case ">=": .greaterOrEqual
    default: .equal
    }
  }

  /// Longest first, so that `<=` is not read as `<`.
  private static let operators = ["!=", "<=", ">=", "=", "<", ">", "~"]
}

// Pieces of a term.
extension FilterParser {
  /// `/.../` or `/.../i` in front.
  private mutating func readRegex() throws(FilterError) -> TextPattern {
    let start = index
    index += 1
    var regex: [UInt8] = []
    // Bytes dropped before each kept one: the backslash in `\/` is ours, not the expression's.
    var dropped: [Int] = []
    while let byte = peek(), byte != UInt8(ascii: "/") {
      if byte == UInt8(ascii: "\\"), let next = peek(1) {
        if next == UInt8(ascii: "/") { dropped.append(regex.count) } else { regex.append(byte) }
        regex.append(next)
        index += 2
      } else {
        regex.append(byte)
        index += 1
      }
    }
    guard peek() != nil else {
      let reason = "a regular expression ends with '/'; write a path in quotes to look for it as it is"
      throw FilterError(byteOffset: start, reason: reason)
    }
    index += 1
    try countRegex(at: start)
    let ignoringCase = peek() == UInt8(ascii: "i")
    if ignoringCase { index += 1 }
    let source = String(decoding: regex, as: UTF8.self)
    do throws(FilterError) {
      return try TextPattern(regex: source, ignoringCase: ignoringCase)
    } catch {
      let skipped = dropped.count { $0 < error.byteOffset }
      throw FilterError(byteOffset: start + 1 + error.byteOffset + skipped, reason: error.reason)
    }
  }

  /// After `~`: `/.../`, quoted, or up to the next blank.
  private mutating func readFieldRegex() throws(FilterError) -> TextPattern {
    if peek() == UInt8(ascii: "/") { return try readRegex() }
    let isQuoted = peek() == UInt8(ascii: "\"")
    let place = index + (isQuoted ? 1 : 0)
    try countRegex(at: place)
    let regex = isQuoted ? try readQuoted() : readWord()
    return try pattern(at: place) { () throws(FilterError) in try TextPattern(regex: regex.repaired) }
  }

  private mutating func countRegex(at place: Int) throws(FilterError) {
    regexCount += 1
    guard regexCount <= EventFilter.regexLimit else {
      throw FilterError(byteOffset: place, reason: Self.tooMany)
    }
  }

  /// What `make` returns; the places in its errors count from `place`.
  private func pattern(
    at place: Int, make: () throws(FilterError) -> TextPattern
  ) throws(FilterError) -> TextPattern {
    do throws(FilterError) {
      return try make()
    } catch {
      throw FilterError(byteOffset: place + error.byteOffset, reason: error.reason)
    }
  }

  private mutating func readWord() -> ForeignText {
    let start = index
    while let byte = peek(), !Self.isBlank(byte) { index += 1 }
    return ForeignText(bytes[start..<index])
  }

  /// A name that an operator follows; `nil`, with nothing read, for anything else.
  private mutating func readFieldName() -> ForeignText? {
    var end = index
    while end < bytes.count, Self.isNameByte(bytes[end]) { end += 1 }
    let name = bytes[index..<end]
    guard name.contains(where: { Self.isNameStart($0) }) else { return nil }
    let start = index
    index = end
    guard Self.operators.contains(where: { starts(with: $0) }) else {
      index = start
      return nil
    }
    return ForeignText(name)
  }

  private mutating func readQuoted() throws(FilterError) -> ForeignText {
    let start = index
    index += 1
    var value: [UInt8] = []
    while let byte = peek() {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return ForeignText(bytes: value)
      case UInt8(ascii: "\\"): value += readEscaped()
      default: value.append(byte)
      }
    }
    throw FilterError(byteOffset: start, reason: "this quote is not closed; add '\"' at its end")
  }

  /// After a backslash. One before any other character stands for itself, as regular expressions need it.
  private mutating func readEscaped() -> [UInt8] {
    guard let next = peek() else { return [UInt8(ascii: "\\")] }
    index += 1
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [next]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "x"):
      let digits = bytes[index...].prefix(2)
      if digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
        index += 2
        return [value]
      }
      return [UInt8(ascii: "\\"), next]
    default: return [UInt8(ascii: "\\"), next]
    }
  }

  private func expectEndOfTerm(from start: Int) throws(FilterError) {
    guard let byte = peek(), !Self.isBlank(byte) else { return }
    let isPath = bytes[start] == UInt8(ascii: "/")
    let remedy = isPath ? "write a path in quotes to look for it as it is" : "put a space between terms"
    throw FilterError(byteOffset: index, reason: "the term before this has ended; \(remedy)")
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func peek(_ distance: Int = 0) -> UInt8? {
    index + distance < bytes.count ? bytes[index + distance] : nil
  }

  private func starts(with sign: String) -> Bool { bytes[index...].starts(with: sign.utf8) }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isNameStart(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte >= 0x80
      || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    isNameStart(byte) || "-.@$/[]".utf8.contains(byte)
  }
}

// The other way: text that reads back as the same bytes.
extension FilterParser {
  static func fieldName(_ name: ForeignText) -> String {
    let isPlain =
      name.bytes.allSatisfy { isNameByte($0) && $0 < 0x80 } && name.bytes.first.map(isNameStart) == true
    return isPlain ? name.repaired : quoted(name)
  }

  static func quoted(_ value: ForeignText) -> String {
    // Characters as they are, but nothing that is invalid or cannot be seen.
    guard String(validating: value.bytes, as: UTF8.self) != nil else {
      return "\"" + value.bytes.map { quoted(byte: $0) }.joined() + "\""
    }
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in value.bytes { result += byte < 0x80 ? Array(quoted(byte: byte).utf8) : [byte] }
    return String(decoding: result + [UInt8(ascii: "\"")], as: UTF8.self)
  }

  private static func quoted(byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return "\\" + String(Character(Unicode.Scalar(byte)))
    case 0x20..<0x7F: return String(Character(Unicode.Scalar(byte)))
    default: return "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    }
  }
}
