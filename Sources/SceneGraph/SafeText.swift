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

  private init(cleared string: String) { self.string = string }

  /// Our own words, checked the same way as foreign ones.
  public init(_ words: String) { self.init(cleared: Self.clear(words.utf8)) }

  /// Foreign text, made visible. O(bytes).
  ///
  /// - Parameter byteLimit: further bytes are cut off and `...` is appended; keeps a 10 MB line from a screen.
  public init(_ text: ForeignText, byteLimit: Int = 4096) {
    let cleared = Self.clear(text.bytes.prefix(byteLimit))
    self.init(cleared: text.bytes.count > byteLimit ? cleared + "..." : cleared)
  }

  public static let empty = SafeText(cleared: "")
  public var isEmpty: Bool { string.isEmpty }

  public static func + (left: SafeText, right: SafeText) -> SafeText {
    SafeText(cleared: left.string + right.string)
  }

  /// `parts` with `separator` between them.
  public static func joined(_ parts: [SafeText], separator: SafeText) -> SafeText {
    SafeText(cleared: parts.map(\.string).joined(separator: separator.string))
  }
}

extension SafeText: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self.init(value) }

  public struct StringInterpolation: StringInterpolationProtocol {
    var cleared = ""
    public init(literalCapacity: Int, interpolationCount: Int) { cleared.reserveCapacity(literalCapacity) }
    public mutating func appendLiteral(_ literal: String) { cleared += SafeText(literal).string }
    public mutating func appendInterpolation(_ text: SafeText) { cleared += text.string }
    public mutating func appendInterpolation(_ text: ForeignText) { cleared += SafeText(text).string }
    public mutating func appendInterpolation(_ number: some BinaryInteger) { cleared += String(number) }
    public mutating func appendInterpolation(_ words: String) { cleared += SafeText(words).string }
  }

  public init(stringInterpolation: StringInterpolation) { self.init(cleared: stringInterpolation.cleared) }
}

extension SafeText {
  /// UTF-8 decoded with everything that is not plainly visible spelled out.
  static func clear(_ bytes: some Collection<UInt8>) -> String {
    var result = ""
    result.reserveCapacity(bytes.count)
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        append(Unicode.Scalar(UTF8.decode(encoded)), to: &result)
      case .error:
        result += "\u{FFFD}"
      case .emptyInput:
        return result
      }
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
    switch scalar.value {
    case 0x09: result += " "
    case 0x00..<0x20: result += "^" + String(Character(Unicode.Scalar(UInt8(scalar.value) + 0x40)))
    case 0x7f: result += "^?"
    default: result.unicodeScalars.append(scalar)
    }
  }
}
