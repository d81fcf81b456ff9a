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

  private struct Mistake: Error {
    var line: Int
    var reason: String
  }

  /// A table under construction, and by which right it may still grow (TOML 1.0, "Table").
  private final class Draft {
    enum Origin { case implied, header, dotted, inline }
    enum Content {
      case value(TOMLValue)
      case table(Draft)
      case tables([(draft: Draft, line: Int)])
    }

    var origin: Origin
    private var entries: [(key: String, line: Int, content: Content)] = []
    private var indexByKey = KeyIndex()

    init(_ origin: Origin) { self.origin = origin }

    subscript(key: String) -> Content? {
      indexByKey.index(of: key, count: entries.count) { entries[$0].key }.map { entries[$0].content }
    }

    func set(_ key: String, _ content: Content, line: Int) {
      if let index = indexByKey.index(of: key, count: entries.count, keyAt: { entries[$0].key }) {
        entries[index].content = content
      } else {
        entries.append((key, line, content))
        indexByKey.append(key, count: entries.count) { entries[$0].key }
      }
    }

    func frozen() -> TOMLTable {
      var table = TOMLTable()
      for (key, line, content) in entries {
        let value: TOMLValue =
          switch content {
          case .value(let value): value
          case .table(let draft): .table(draft.frozen())
          case .tables(let drafts):
            .array(drafts.map { TOMLItem(value: .table($0.draft.frozen()), line: $0.line) })
          }
        table.append(TOMLTable.Entry(key: key, value: value, line: line))
      }
      return table
    }
  }

  private let bytes: [UInt8]
  private let file: String
  private var index = 0
  private var line = 1
  private var depth = 0
  private let root = Draft(.header)
  private var problems: [Problem] = []

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
  }

  // MARK: Lines

  private mutating func readDocument() {
    var current: Draft? = root
    while index < bytes.count, problems.count < Self.problemLimit {
      do throws(Mistake) {
        try readStatement(&current)
      } catch {
        problems.append(Problem(at: SourceLine(file: file, line: error.line), error.reason))
        skipLine()
      }
    }
  }

  /// One header, one `key = value`, or an empty line. `current` is `nil` below a header that could not be used.
  private mutating func readStatement(_ current: inout Draft?) throws(Mistake) {
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
      if let current { try assign(value, to: path[...], in: current, line: start) }
    }
    try endLine()
  }

  private mutating func endLine() throws(Mistake) {
    skipBlanks()
    if peek == UInt8(ascii: "#") { try skipComment() }
    if take("\r\n") || take("\n") {
      line += 1
    } else if index < bytes.count {
      throw mistake("\(shownByte) stands where the line should end")
    }
  }

  private mutating func readHeader() throws(Mistake) -> Draft {
    let start = line
    let isArray = take("[[")
    if !isArray { index += 1 }
    skipBlanks()
    let path = try readKeyPath()
    guard take(isArray ? "]]" : "]") else {
      throw mistake("the table header is not closed with \(isArray ? "]]" : "]")")
    }
    guard let last = path.last else { throw mistake("the table header has no name") }
    let parent = try descend(path.dropLast(), from: root, opening: .implied, line: start)
    return isArray
      ? try appendTable(last, in: parent, line: start)
      : try openTable(last, in: parent, path: path, line: start)
  }

  private func openTable(_ key: String, in parent: Draft, path: [String], line: Int) throws(Mistake) -> Draft
  {
    switch parent[key] {
    case nil:
      let draft = Draft(.header)
      parent.set(key, .table(draft), line: line)
      return draft
    case .table(let draft) where draft.origin == .implied:
      draft.origin = .header
      return draft
    default:
      throw Mistake(line: line, reason: "[\(path.joined(separator: "."))] is defined a second time")
    }
  }

  private func appendTable(_ key: String, in parent: Draft, line: Int) throws(Mistake) -> Draft {
    let draft = Draft(.header)
    switch parent[key] {
    case nil:
      parent.set(key, .tables([(draft, line)]), line: line)
    case .tables(let drafts):
      parent.set(key, .tables(drafts + [(draft, line)]), line: line)
    default:
      throw Mistake(line: line, reason: "'\(key)' is no list of tables")
    }
    return draft
  }

  /// The table at `path`, made where it does not exist yet.
  private func descend(
    _ path: ArraySlice<String>, from start: Draft, opening origin: Draft.Origin, line: Int
  ) throws(Mistake) -> Draft {
    var draft = start
    for key in path {
      switch draft[key] {
      case nil:
        let child = Draft(origin)
        draft.set(key, .table(child), line: line)
        draft = child
      case .table(let child) where child.origin != .inline && (origin == .implied || child.origin == .dotted):
        draft = child
      case .tables(let drafts) where origin == .implied && !drafts.isEmpty:
        draft = drafts[drafts.count - 1].draft
      default:
        throw Mistake(line: line, reason: "'\(key)' has a value already and cannot be extended")
      }
    }
    return draft
  }

  private func assign(
    _ value: TOMLValue, to path: ArraySlice<String>, in table: Draft, line: Int
  ) throws(Mistake) {
    guard let key = path.last else { return }
    let parent = try descend(path.dropLast(), from: table, opening: .dotted, line: line)
    guard parent[key] == nil else {
      throw Mistake(line: line, reason: "'\(key)' is defined a second time")
    }
    parent.set(key, .value(value), line: line)
  }

  // MARK: Keys

  /// `a."b c".d`; at most `depthLimit` parts.
  private mutating func readKeyPath() throws(Mistake) -> [String] {
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

  private mutating func readKey() throws(Mistake) -> String {
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

  private mutating func readValue() throws(Mistake) -> TOMLValue {
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

  private mutating func readArray() throws(Mistake) -> [TOMLItem] {
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

  private mutating func readInlineTable() throws(Mistake) -> TOMLTable {
    index += 1
    let table = Draft(.inline)
    skipBlanks()
    if take("}") { return table.frozen() }
    while true {
      skipBlanks()
      let start = line
      let path = try readKeyPath()
      try expectEquals(after: path)
      skipBlanks()
      let value = try readValue()
      try assign(value, to: path[...], in: table, line: start)
      skipBlanks()
      if take(",") { continue }
      guard take("}") else { throw mistake("\(shownByte) stands in a { } table where , or } should") }
      return table.frozen()
    }
  }

  /// true, false and numbers.
  private mutating func readWord() throws(Mistake) -> TOMLValue {
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

  // MARK: Strings

  private mutating func readBasicString() throws(Mistake) -> String {
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

  private mutating func readLiteralString() throws(Mistake) -> String {
    index += 1
    var text: [UInt8] = []
    while true {
      let byte = try stringByte()
      if byte == UInt8(ascii: "'") { return try decoded(text) }
      text.append(byte)
    }
  }

  /// A byte inside a text of one line.
  private mutating func stringByte() throws(Mistake) -> UInt8 {
    guard let byte = peek, byte != UInt8(ascii: "\n"), !hasPrefix("\r\n") else {
      throw mistake("the text is not closed on its line")
    }
    guard byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") else {
      throw mistake("\(shownByte) cannot stand in a text; write it as an escape")
    }
    index += 1
    return byte
  }

  private mutating func readMultilineString(_ quote: UInt8) throws(Mistake) -> String {
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
    throw Mistake(line: start, reason: "the text is not closed with \(fence)")
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

  private mutating func readEscape(into text: inout [UInt8]) throws(Mistake) {
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

  private mutating func readScalar(digits count: Int, into text: inout [UInt8]) throws(Mistake) {
    let digits = String(decoding: bytes[index..<min(index + count, bytes.count)], as: UTF8.self)
    guard digits.utf8.count == count, digits.allSatisfy(\.isHexDigit), let number = UInt32(digits, radix: 16),
      let scalar = Unicode.Scalar(number)
    else { throw mistake("the escape needs \(count) hexadecimal digits of a Unicode scalar") }
    index += count
    text.append(contentsOf: String(Character(scalar)).utf8)
  }

  private func decoded(_ text: [UInt8]) throws(Mistake) -> String {
    guard let decoded = String(validating: text, as: UTF8.self) else {
      throw mistake("the text is not UTF-8")
    }
    return decoded
  }

  // MARK: Bytes

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func hasPrefix(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count else { return false }
    for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
    return true
  }

  private mutating func take(_ text: StaticString) -> Bool {
    guard hasPrefix(text) else { return false }
    index += text.utf8CodeUnitCount
    return true
  }

  private mutating func expectEquals(after path: [String]) throws(Mistake) {
    skipBlanks()
    guard take("=") else {
      let key = path.joined(separator: ".")
      throw mistake("\(shownByte) stands after the key '\(key)' where = should")
    }
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
  }

  private mutating func skipBlanksAndLines() throws(Mistake) {
    while true {
      skipBlanks()
      if peek == UInt8(ascii: "#") { try skipComment() }
      guard take("\r\n") || take("\n") else { return }
      line += 1
    }
  }

  private mutating func skipComment() throws(Mistake) {
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
  private mutating func skipLine() {
    while let byte = peek, byte != UInt8(ascii: "\n") { index += 1 }
    if index < bytes.count {
      index += 1
      line += 1
    }
  }

  private func mistake(_ reason: String) -> Mistake { Mistake(line: line, reason: reason) }

  /// The byte here as a message shows it, without ever passing a control byte on.
  private var shownByte: String {
    switch peek {
    case nil: "the end of the file"
    case UInt8(ascii: "\n")?, UInt8(ascii: "\r")?: "the end of the line"
    case let byte? where byte > 0x20 && byte < 0x7f: "'\(Character(Unicode.Scalar(byte)))'"
    case let byte?: "the byte 0x" + String(byte, radix: 16)
    }
  }
}
