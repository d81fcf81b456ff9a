/// One step through the bytes, and what lies between words: blanks, line ends, comments.
extension TOMLReader {
  var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  func hasPrefix(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count else { return false }
    for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
    return true
  }

  mutating func take(_ text: StaticString) -> Bool {
    guard hasPrefix(text) else { return false }
    index += text.utf8CodeUnitCount
    return true
  }

  mutating func expectEquals(after path: [String]) throws(TOMLMistake) {
    skipBlanks()
    guard take("=") else {
      let key = path.joined(separator: ".")
      throw mistake("\(shownByte) stands after the key '\(key)' where = should")
    }
  }

  mutating func skipBlanks() {
    while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
  }

  mutating func skipBlanksAndLines() throws(TOMLMistake) {
    while true {
      skipBlanks()
      if peek == UInt8(ascii: "#") { try skipComment() }
      guard take("\r\n") || take("\n") else { return }
      line += 1
    }
  }

  mutating func skipComment() throws(TOMLMistake) {
    let start = index
    while let byte = peek, byte != UInt8(ascii: "\n"), !hasPrefix("\r\n") {
      guard byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") else {
        throw mistake("\(shownByte) cannot stand in a comment")
      }
      index += 1
    }
    guard String(validating: bytes[start..<index], as: UTF8.self) != nil else {
      throw mistake("the comment is not UTF-8")
    }
  }

  /// To the start of the next line, after a mistake.
  mutating func skipLine() {
    while let byte = peek, byte != UInt8(ascii: "\n") { index += 1 }
    if index < bytes.count {
      index += 1
      line += 1
    }
  }

  func mistake(_ reason: String) -> TOMLMistake { TOMLMistake(line: line, reason: reason) }

  /// The byte here as a message shows it, without ever passing a control byte on.
  var shownByte: String {
    switch peek {
    case nil: "the end of the file"
    case UInt8(ascii: "\n")?, UInt8(ascii: "\r")?: "the end of the line"
    case let byte? where byte > 0x20 && byte < 0x7f: "'\(Character(Unicode.Scalar(byte)))'"
    case let byte?: "the byte 0x" + String(byte, radix: 16)
    }
  }
}
