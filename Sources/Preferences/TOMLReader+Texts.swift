/// Texts in quotes, of one line and of several (TOML 1.0, "String").
extension TOMLReader {
  mutating func readBasicString() throws(TOMLMistake) -> String {
    index += 1
    if let end = plainEnd(of: index) {
      defer { index = end + 1 }
      return String(decoding: bytes[index..<end], as: UTF8.self)
    }
    var text: [UInt8] = []
    while true {
      let byte = try stringByte()
      switch byte {
      case UInt8(ascii: "\""): return try decoded(text)
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      default: text.append(byte)
      }
    }
  }

  /// Where the closing quote of a text of printable ASCII without an escape is, as nearly all are; else `nil`.
  private func plainEnd(of start: Int) -> Int? {
    for end in start..<bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "\""): return end
      case UInt8(ascii: "\\"), 0..<0x20, 0x7f...: return nil
      default: continue
      }
    }
    return nil
  }

  mutating func readLiteralString() throws(TOMLMistake) -> String {
    index += 1
    var text: [UInt8] = []
    while true {
      let byte = try stringByte()
      if byte == UInt8(ascii: "'") { return try decoded(text) }
      text.append(byte)
    }
  }

  /// A byte inside a text of one line.
  private mutating func stringByte() throws(TOMLMistake) -> UInt8 {
    guard let byte = peek, byte != UInt8(ascii: "\n"), !hasPrefix("\r\n") else {
      throw mistake("the text is not closed on its line")
    }
    guard byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") else {
      throw mistake("\(shownByte) cannot stand in a text; write it as an escape")
    }
    index += 1
    return byte
  }

  mutating func readMultilineString(_ quote: UInt8) throws(TOMLMistake) -> String {
    let start = line
    let isBasic = quote == UInt8(ascii: "\"")
    let (fence, single): (StaticString, StaticString) = isBasic ? ("\"\"\"", "\"") : ("'''", "'")
    index += 3
    if take("\r\n") || take("\n") { line += 1 }
    var text: [UInt8] = []
    while index < bytes.count {
      if take(fence) {
        // Up to two quotes may stand right before the closing three.
        for _ in 0..<2 where take(single) { text.append(quote) }
        return try decoded(text)
      }
      if take("\r\n") || take("\n") {
        line += 1
        text.append(UInt8(ascii: "\n"))
      } else if isBasic, take("\\") {
        if !skipLineEnding() { try readEscape(into: &text) }
      } else {
        text.append(try stringByte())
      }
    }
    throw TOMLMistake(line: start, reason: "the text is not closed with \(fence)")
  }

  /// A backslash at the end of a line leaves out all white space up to the next word.
  private mutating func skipLineEnding() -> Bool {
    let start = (index, line)
    skipBlanks()
    guard take("\r\n") || take("\n") else {
      (index, line) = start
      return false
    }
    line += 1
    while true {
      skipBlanks()
      guard take("\r\n") || take("\n") else { return true }
      line += 1
    }
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(TOMLMistake) {
    guard let byte = peek else { throw mistake("the text is not closed on its line") }
    index += 1
    switch byte {
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
    case UInt8(ascii: "u"): try readScalar(digits: 4, into: &text)
    case UInt8(ascii: "U"): try readScalar(digits: 8, into: &text)
    default:
      index -= 1
      throw mistake("a backslash before \(shownByte) means nothing; write \\\\ for a backslash")
    }
  }

  private mutating func readScalar(digits count: Int, into text: inout [UInt8]) throws(TOMLMistake) {
    let digits = String(decoding: bytes[index..<min(index + count, bytes.count)], as: UTF8.self)
    guard digits.utf8.count == count, digits.allSatisfy(\.isHexDigit), let number = UInt32(digits, radix: 16),
      let scalar = Unicode.Scalar(number)
    else { throw mistake("the escape needs \(count) hexadecimal digits of a Unicode scalar") }
    index += count
    text.append(contentsOf: String(Character(scalar)).utf8)
  }

  private func decoded(_ text: [UInt8]) throws(TOMLMistake) -> String {
    guard let decoded = String(validating: text, as: UTF8.self) else {
      throw mistake("the text is not UTF-8")
    }
    return decoded
  }
}
