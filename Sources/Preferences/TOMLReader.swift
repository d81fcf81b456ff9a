/// Reads TOML 1.0 (toml.io/en/v1.0.0) without dates, keeping the line of every key.
///
/// A reader of our own because every message must name a line, which the TOML packages for Swift do not keep, and
/// because they bring Foundation, which would be paid for at every start. A line that cannot be read is reported and
/// left out; reading goes on behind it.
struct TOMLReader {
  /// Larger files are refused: no preference file is a megabyte.
  static let byteLimit = 1 << 20
  /// How deep lists and tables may lie in each other.
  static let depthLimit = 32
  /// Further mistakes are not told: after so many it is not a TOML file.
  static let problemLimit = 8

  /// Everything that could be read of `bytes`, and the mistakes by line.
  static func read(_ bytes: [UInt8], file: String) -> Loaded<TOMLTable> {
    guard bytes.count <= byteLimit else {
      let reason = "the file has \(bytes.count) bytes, more than the \(byteLimit) read here"
      return Loaded(TOMLTable(), problems: [Problem(at: SourceLine(file: file), reason)])
    }
    var reader = TOMLReader(bytes: bytes, file: file)
    reader.readDocument()
    return Loaded(reader.root.frozen(), problems: reader.problems)
  }

  let bytes: [UInt8]
  private let file: String
  /// Of the next byte.
  var index = 0
  /// From 1.
  var line = 1
  private var depth = 0
  private let root = TOMLDraft(.header)
  private var problems: [Problem] = []

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
  }

  // MARK: Lines

  private mutating func readDocument() {
    var current: TOMLDraft? = root
    while index < bytes.count, problems.count < Self.problemLimit {
      do throws(TOMLMistake) {
        try readStatement(&current)
      } catch {
        problems.append(Problem(at: SourceLine(file: file, line: error.line), error.reason))
        skipLine()
      }
    }
  }

  /// One header, one `key = value`, or an empty line. `current` is `nil` below a header that could not be used.
  private mutating func readStatement(_ current: inout TOMLDraft?) throws(TOMLMistake) {
    skipBlanks()
    switch peek {
    case nil, UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "#"):
      break
    case UInt8(ascii: "["):
      current = nil
      current = try readHeader()
    default:
      let start = line
      let path = try readKeyPath()
      try expectEquals(after: path)
      skipBlanks()
      let value = try readValue()
      try current?.assign(value, to: path, line: start)
    }
    try endLine()
  }

  private mutating func endLine() throws(TOMLMistake) {
    skipBlanks()
    if peek == UInt8(ascii: "#") { try skipComment() }
    if take("\r\n") || take("\n") {
      line += 1
    } else if index < bytes.count {
      throw mistake("\(shownByte) stands where the line should end")
    }
  }

  private mutating func readHeader() throws(TOMLMistake) -> TOMLDraft {
    let start = line
    let isArray = take("[[")
    if !isArray { index += 1 }
    skipBlanks()
    let path = try readKeyPath()
    guard take(isArray ? "]]" : "]") else {
      throw mistake("the table header is not closed with \(isArray ? "]]" : "]")")
    }
    guard let last = path.last else { throw mistake("the table header has no name") }
    let parent = try root.descend(path.dropLast(), opening: .implied, line: start)
    return isArray
      ? try parent.appendTable(last, line: start)
      : try parent.openTable(last, path: path, line: start)
  }

  // MARK: Keys

  /// `a."b c".d`; at most `depthLimit` parts.
  private mutating func readKeyPath() throws(TOMLMistake) -> [String] {
    var path = [try readKey()]
    skipBlanks()
    while take(".") {
      guard path.count < Self.depthLimit else { throw mistake("the key has too many parts") }
      skipBlanks()
      path.append(try readKey())
      skipBlanks()
    }
    return path
  }

  private mutating func readKey() throws(TOMLMistake) -> String {
    switch peek {
    case UInt8(ascii: "\""): return try readBasicString()
    case UInt8(ascii: "'"): return try readLiteralString()
    default: break
    }
    let start = index
    while let byte = peek, Self.isBareKey(byte) { index += 1 }
    guard index > start else {
      throw mistake("\(shownByte) cannot start a key; quote keys with other characters")
    }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private static func isBareKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  // MARK: Values

  private mutating func readValue() throws(TOMLMistake) -> TOMLValue {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw mistake("lists and tables lie too deep in each other") }
    switch peek {
    case UInt8(ascii: "\""):
      return .string(
        hasPrefix("\"\"\"") ? try readMultilineString(UInt8(ascii: "\"")) : try readBasicString())
    case UInt8(ascii: "'"):
      return .string(hasPrefix("'''") ? try readMultilineString(UInt8(ascii: "'")) : try readLiteralString())
    case UInt8(ascii: "["): return .array(try readArray())
    case UInt8(ascii: "{"): return .table(try readInlineTable())
    default: return try readWord()
    }
  }

  private mutating func readArray() throws(TOMLMistake) -> [TOMLItem] {
    index += 1
    var items: [TOMLItem] = []
    while true {
      try skipBlanksAndLines()
      if take("]") { return items }
      let start = line
      items.append(TOMLItem(value: try readValue(), line: start))
      try skipBlanksAndLines()
      if take(",") { continue }
      guard take("]") else { throw mistake("\(shownByte) stands in a list where , or ] should") }
      return items
    }
  }

  private mutating func readInlineTable() throws(TOMLMistake) -> TOMLTable {
    index += 1
    let table = TOMLDraft(.inline)
    skipBlanks()
    if take("}") { return table.frozen() }
    while true {
      skipBlanks()
      let start = line
      let path = try readKeyPath()
      try expectEquals(after: path)
      skipBlanks()
      let value = try readValue()
      try table.assign(value, to: path, line: start)
      skipBlanks()
      if take(",") { continue }
      guard take("}") else { throw mistake("\(shownByte) stands in a { } table where , or } should") }
      return table.frozen()
    }
  }

  /// true, false and numbers.
  private mutating func readWord() throws(TOMLMistake) -> TOMLValue {
    let start = index
    while let byte = peek, Self.isBareKey(byte) || ".+:".utf8.contains(byte) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    if word.isEmpty { throw mistake("\(shownByte) stands where a value should") }
    if let value = Self.plainValue(word) { return value }
    index = start
    let isDate =
      word.utf8.count >= 8 && word.utf8.allSatisfy { !(0x61...0x7a).contains($0) }
      && word.contains(where: { "-:".contains($0) })
    throw mistake(
      isDate
        ? "'\(word)' is a date or time, which no preference is"
        : "'\(word)' is no value; texts stand in quotes")
  }
}
