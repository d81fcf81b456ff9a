/// A text or a regular expression to look for in bytes. Compiled once; shared by copies and between threads.
public struct TextPattern: Hashable, Sendable {
  /// The text, or the expression without slashes.
  public let source: ForeignText
  public let isRegex: Bool
  public let ignoresCase: Bool
  private let matcher: HyperscanMatcher
  /// What `matcher` was compiled from.
  let expression: HyperscanDatabase.Expression
  /// What every match contains, spelled the same in records of every format; nothing when nothing is certain.
  let requiredTexts: [[UInt8]]
  /// See `RegexOutline`.
  let isFreeOfContext: Bool
  let mayMatchNewline: Bool

  var readsUTF8: Bool { expression.options.contains(.utf8) }

  /// Longer ones are refused: a person types dozens of characters, an attacker's link thousands.
  public static let byteLimit = 2048

  /// Finds `text` itself. Case is ignored when there is no upper-case letter in it, unless told.
  ///
  /// Throws when the text is empty or longer than `byteLimit`.
  public init(text: ForeignText, ignoringCase: Bool? = nil) throws(FilterError) {
    guard !text.isEmpty else { throw FilterError(byteOffset: 0, reason: "there is no text to look for") }
    try Self.check(byteCount: text.bytes.count)
    let string = text.repaired
    let ignoringCase = ignoringCase ?? !string.unicodeScalars.contains { $0.properties.isUppercase }
    // Only case beyond ASCII needs to know about characters; all else is bytes, whatever they are.
    let isASCII = text.bytes.allSatisfy { $0 < 0x80 }
    let readsUTF8 = ignoringCase && !isASCII && Array(string.utf8) == text.bytes
    expression = HyperscanDatabase.Expression(
      text: readsUTF8 ? Self.quoted(string) : Self.quoted(text.bytes),
      options: Self.options(ignoringCase: ignoringCase, readsUTF8: readsUTF8))
    matcher = try Self.matcher(for: expression)
    source = text
    isRegex = false
    self.ignoresCase = ignoringCase
    requiredTexts = text.bytes.split { byte in
      !RegexOutline.isSameInRecords(byte) || readsUTF8 && RegexOutline.hasTwin(byte)
    }.map(Array.init)
    isFreeOfContext = true
    mayMatchNewline = text.bytes.contains { $0 < 0x20 }
  }

  /// Finds matches of `regex` (PCRE's syntax without what needs more than linear time) in text read as UTF-8; bytes
  /// that are none count as U+FFFD.
  ///
  /// Throws with the place in `regex` for a construct that cannot be offered (lookaround, back-references), a mistake,
  /// or an expression too large to compile at once.
  public init(regex: String, ignoringCase: Bool = false) throws(FilterError) {
    guard !regex.isEmpty else { throw FilterError(byteOffset: 0, reason: "the regular expression is empty") }
    try Self.check(byteCount: regex.utf8.count)
    let outline = RegexOutline(regex, ignoringCase: ignoringCase)
    if let refusal = outline.refusal {
      throw FilterError(byteOffset: refusal.byteOffset, reason: refusal.reason)
    }
    expression = HyperscanDatabase.Expression(
      text: regex, options: Self.options(ignoringCase: ignoringCase, readsUTF8: true))
    matcher = try Self.matcher(for: expression, outline)
    source = ForeignText(regex)
    isRegex = true
    self.ignoresCase = ignoringCase
    requiredTexts = outline.requiredTexts
    isFreeOfContext = outline.isFreeOfContext
    mayMatchNewline = outline.mayMatchNewline
  }

  /// Whether it occurs anywhere in `text`. Linear in the bytes; allocates only for invalid UTF-8.
  public func occurs(in text: ForeignText) -> Bool {
    if let occurs = text.bytes.withUnsafeBytes({ occurs(inBytes: $0) }) { return occurs }
    return Array(text.repaired.utf8).withUnsafeBytes { matcher.occurs(in: $0) }
  }

  /// The same for bytes; `nil` where they would have to be valid UTF-8 and are not.
  func occurs(inBytes bytes: UnsafeRawBufferPointer) -> Bool? {
    guard !readsUTF8 || bytes.isValidUTF8 else { return nil }
    return matcher.occurs(in: bytes)
  }

  public static func == (left: TextPattern, right: TextPattern) -> Bool {
    left.source == right.source && left.isRegex == right.isRegex && left.ignoresCase == right.ignoresCase
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(source)
    hasher.combine(isRegex)
    hasher.combine(ignoresCase)
  }
}

extension TextPattern {
  private static func check(byteCount: Int) throws(FilterError) {
    guard byteCount <= byteLimit else {
      throw FilterError(byteOffset: 0, reason: "it is longer than \(byteLimit) bytes; look for a part of it")
    }
  }

  private static func options(ignoringCase: Bool, readsUTF8: Bool) -> HyperscanDatabase.Options {
    var options: HyperscanDatabase.Options = []
    if ignoringCase { options.insert(.ignoringCase) }
    if readsUTF8 { options.insert(.utf8) }
    return options
  }

  private static func matcher(
    for expression: HyperscanDatabase.Expression, _ outline: RegexOutline? = nil
  ) throws(FilterError) -> HyperscanMatcher {
    do throws(HyperscanError) {
      return try HyperscanMatcher(expression.text, options: expression.options.union(.once))
    } catch {
      throw FilterError(
        byteOffset: error.index ?? outline?.byteOffset(ofComplaint: error.reason) ?? 0,
        reason: "this regular expression cannot be used: \(error.reason)")
    }
  }

  /// An expression for exactly these bytes.
  static func quoted(_ bytes: [UInt8]) -> String {
    bytes.map { byte in "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  /// An expression for exactly these characters.
  private static func quoted(_ string: String) -> String {
    string.unicodeScalars.map { "\\x{" + String($0.value, radix: 16) + "}" }.joined()
  }
}

extension UnsafeRawBufferPointer {
  /// At the speed of memory for ASCII.
  var isValidUTF8: Bool {
    guard let start = baseAddress else { return true }
    // Words, not SIMD types: those are calls where the target is not known to have registers as wide.
    var place = 0
    var (first, second, third, fourth) = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    while place + 32 <= count {
      first |= start.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      second |= start.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
      third |= start.loadUnaligned(fromByteOffset: place + 16, as: UInt64.self)
      fourth |= start.loadUnaligned(fromByteOffset: place + 24, as: UInt64.self)
      place += 32
    }
    let high: UInt64 = 0x8080_8080_8080_8080
    if (first | second | third | fourth) & high == 0, self[place...].allSatisfy({ $0 < 0x80 }) { return true }
    return (try? UTF8Span(validating: Span(_unsafeElements: bindMemory(to: UInt8.self)))) != nil
  }
}
