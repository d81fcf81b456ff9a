// SceneGraph: what there is to see.
// Immutable values: no colour, no glyph ramp, no metre, no terminal, no GPU. Roles name meaning; a theme colours them.

public import EventModel

/// Text that may be drawn: nothing in it can move a cursor, change a colour, reorder a line or hide.
///
/// From outside it is made of `ForeignText` only, with every control, C1, bidi, invisible or invalid byte replaced by
/// a visible spelling (`^[`, `\xFF`, `<U+202E>`). Our own words come as literals and numbers.
public struct SafeText: Hashable, Sendable {
  /// Ready to draw; never holds a control character, newline or tab.
  public let string: String

  /// Where `string` spells out what may not be drawn: UTF-8 offsets, ascending, apart from each other. A presenter may
  /// style them, so that a spelled escape and the same characters in the data look different.
  public let escapes: [Range<Int>]

  private init(cleared string: String, escapes: [Range<Int>] = []) {
    self.string = string
    self.escapes = escapes
  }

  /// Our own words, checked the same way as foreign ones.
  public init(_ words: String) {
    var words = words
    self = words.withUTF8 { SafeText(clearing: $0) }
  }

  /// Foreign text, made visible. O(bytes).
  ///
  /// - Parameter byteLimit: further bytes are cut off and `...` is appended; keeps a 10 MB line from a screen.
  public init(_ text: ForeignText, byteLimit: Int = 4096) {
    let cleared = text.bytes.withUnsafeBufferPointer { bytes in
      SafeText(clearing: UnsafeBufferPointer(rebasing: bytes[..<Self.cut(of: bytes, at: byteLimit)]))
    }
    self = text.bytes.count > byteLimit ? cleared + SafeText(cleared: "...") : cleared
  }

  private init(clearing bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) {
      self.init(cleared: String(decoding: bytes, as: UTF8.self))
    } else {
      var spelling = VisibleSpelling(byteCount: bytes.count)
      spelling.append(contentsOf: bytes)
      self.init(cleared: spelling.text, escapes: spelling.escapes)
    }
  }

  /// `limit`, or up to three bytes less so that no character is cut in two.
  private static func cut(of bytes: UnsafeBufferPointer<UInt8>, at limit: Int) -> Int {
    guard bytes.count > limit else { return bytes.count }
    let isContinuation = { (index: Int) in bytes[index] & 0xC0 == 0x80 }
    return (max(0, limit - 3)...max(0, limit)).last { !isContinuation($0) } ?? max(0, limit)
  }

  public static let empty = SafeText(cleared: "")
  public static let ellipsis = SafeText(cleared: "\u{2026}")
  public var isEmpty: Bool { string.isEmpty }

  /// `count` spaces; none when it is negative.
  public static func spaces(_ count: Int) -> SafeText {
    SafeText(cleared: String(repeating: " ", count: max(0, count)))
  }

  public static func + (left: SafeText, right: SafeText) -> SafeText {
    var joint = StringInterpolation()
    joint.appendInterpolation(left)
    joint.appendInterpolation(right)
    return SafeText(stringInterpolation: joint)
  }

  /// `parts` with `separator` between them.
  public static func joined(_ parts: [SafeText], separator: SafeText) -> SafeText {
    var joint = StringInterpolation()
    for (index, part) in parts.enumerated() {
      if index > 0 { joint.appendInterpolation(separator) }
      joint.appendInterpolation(part)
    }
    return SafeText(stringInterpolation: joint)
  }

  /// The text before `end`, an index of `string`; an escape that is cut stays marked as one.
  func prefix(upTo end: String.Index) -> SafeText {
    let byteCount = string.utf8.distance(from: string.startIndex, to: end)
    let kept = escapes.prefix { $0.lowerBound < byteCount }.map { $0.clamped(to: 0..<byteCount) }
    return SafeText(cleared: String(string[..<end]), escapes: kept)
  }
}

extension SafeText: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self.init(value) }

  public struct StringInterpolation: StringInterpolationProtocol {
    var cleared = ""
    var escapes: [Range<Int>] = []

    init() {}
    public init(literalCapacity: Int, interpolationCount: Int) { cleared.reserveCapacity(literalCapacity) }

    public mutating func appendLiteral(_ literal: String) { appendInterpolation(SafeText(literal)) }
    public mutating func appendInterpolation(_ text: SafeText) {
      let start = cleared.utf8.count
      cleared += text.string
      escapes += text.escapes.map { $0.lowerBound + start..<$0.upperBound + start }
    }
    public mutating func appendInterpolation(_ text: ForeignText) { appendInterpolation(SafeText(text)) }
    public mutating func appendInterpolation(_ number: some BinaryInteger) { cleared += String(number) }
    public mutating func appendInterpolation(_ words: String) { appendInterpolation(SafeText(words)) }
  }

  public init(stringInterpolation: StringInterpolation) {
    self.init(cleared: stringInterpolation.cleared, escapes: stringInterpolation.escapes)
  }
}
