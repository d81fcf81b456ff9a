/// A text or a regular expression to look for in bytes. Compiled once; shared by copies and between threads.
public struct TextPattern: Hashable, Sendable {
  /// The text, or the expression without slashes.
  public let source: ForeignText
  public let isRegex: Bool
  public let ignoresCase: Bool
  private let matcher: HyperscanMatcher
  private let readsUTF8: Bool
  /// Looks in raw records for what every match contains; `nil` when nothing is certain.
  private let rawMatcher: HyperscanMatcher?

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
    readsUTF8 = ignoringCase && !isASCII && Array(string.utf8) == text.bytes
    let expression = readsUTF8 ? Self.quoted(string) : Self.quoted(text.bytes)
    let matcher = try Self.matcher(for: expression, ignoringCase: ignoringCase, readsUTF8: readsUTF8)
    source = text
    isRegex = false
    self.ignoresCase = ignoringCase
    self.matcher = matcher
    rawMatcher = text.bytes.allSatisfy(RegexOutline.isSameInRecords) ? matcher : nil
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
    matcher = try Self.matcher(for: regex, ignoringCase: ignoringCase, readsUTF8: true)
    source = ForeignText(regex)
    isRegex = true
    readsUTF8 = true
    self.ignoresCase = ignoringCase
    let required = outline.requiredText
    rawMatcher =
      required.isEmpty
      ? nil : try Self.matcher(for: Self.quoted(required), ignoringCase: ignoringCase, readsUTF8: false)
  }

  /// Whether it occurs anywhere in `text`. Linear in the bytes; allocates only for invalid UTF-8.
  public func occurs(in text: ForeignText) -> Bool {
    guard readsUTF8, (try? UTF8Span(validating: text.bytes.span)) == nil else {
      return text.bytes.withUnsafeBytes { matcher.occurs(in: $0) }
    }
    return Array(text.repaired.utf8).withUnsafeBytes { matcher.occurs(in: $0) }
  }

  /// `false` only when no record in `bytes` (whole records, undecoded, of any log format) can hold a value in which
  /// this occurs.
  public func mayOccur(inRecords bytes: UnsafeRawBufferPointer) -> Bool {
    guard let rawMatcher else { return true }
    // A record may also write any character as \u0041 or \x41.
    return rawMatcher.occurs(in: bytes) || Self.spelledCharacter.occurs(in: bytes)
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
  private static let spelledCharacter: SpelledCharacter = SpelledCharacter()

  /// Finds `\u` and `\x`, the starts of spelled-out characters.
  private struct SpelledCharacter: Sendable {
    private let matcher = try? TextPattern.matcher(for: "\\\\[ux]", ignoringCase: true, readsUTF8: false)

    func occurs(in bytes: UnsafeRawBufferPointer) -> Bool { matcher?.occurs(in: bytes) ?? true }
  }

  private static func check(byteCount: Int) throws(FilterError) {
    guard byteCount <= byteLimit else {
      throw FilterError(byteOffset: 0, reason: "it is longer than \(byteLimit) bytes; look for a part of it")
    }
  }

  private static func matcher(
    for expression: String, ignoringCase: Bool, readsUTF8: Bool
  ) throws(FilterError) -> HyperscanMatcher {
    var options: HyperscanDatabase.Options = ignoringCase ? [.ignoringCase] : []
    if readsUTF8 { options.insert(.utf8) }
    do throws(HyperscanError) {
      return try HyperscanMatcher(HyperscanDatabase(expression, options: options))
    } catch {
      throw FilterError(
        byteOffset: error.index ?? 0, reason: "this regular expression cannot be used: \(error.reason)")
    }
  }

  /// An expression for exactly these bytes.
  private static func quoted(_ bytes: [UInt8]) -> String {
    bytes.map { byte in "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  /// An expression for exactly these characters.
  private static func quoted(_ string: String) -> String {
    string.unicodeScalars.map { "\\x{" + String($0.value, radix: 16) + "}" }.joined()
  }
}
