internal import EventModel

/// Why a key cannot be read.
public struct KeyNotationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The whole notation as written.
  public var notation: String
  /// Offset in characters (Unicode scalars) of the stroke that is wrong.
  public var offset: Int
  public var reason: String
  /// What was probably meant.
  public var nearest: String?

  public init(notation: String, offset: Int = 0, reason: String, nearest: String? = nil) {
    self.notation = notation
    self.offset = offset
    self.reason = reason
    self.nearest = nearest
  }

  public var description: String {
    "keys '\(notation)', character \(offset + 1): \(reason)"
      + (nearest.map { "; did you mean '\($0)'?" } ?? "")
  }
}

extension KeyStroke {
  /// One stroke: a character, a name, or either behind `C-` (control), `A-` (alt), `S-` (shift) in any order.
  ///
  /// `U+` and four to six hexadecimal digits name a character that cannot be typed.
  public init(notation: String) throws(KeyNotationError) {
    self = try Self.stroke(notation[...].unicodeScalars, offset: 0, in: notation)
  }

  /// Strokes separated by blanks; `""` has none. A run of characters that is no name is its characters one after
  /// another, so `]e` is `] e` and `!!` is `! !`; one that looks like a misspelt name is refused.
  public static func sequence(notation: String) throws(KeyNotationError) -> [KeyStroke] {
    if let plain = plainSequence(notation) { return plain }
    var strokes: [KeyStroke] = []
    var offset = 0
    for token in notation.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false) {
      if isRun(token) {
        strokes += token.map { KeyStroke(.character($0)) }
      } else if !token.isEmpty {
        strokes.append(try stroke(token, offset: offset, in: notation))
      }
      offset += token.count + 1
    }
    return strokes
  }

  /// Characters of ASCII with single blanks between, as most keys are: `g t`. `nil` for anything else.
  private static func plainSequence(_ notation: String) -> [KeyStroke]? {
    var strokes: [KeyStroke] = []
    for (index, byte) in notation.utf8.enumerated() {
      let isBlank = byte == UInt8(ascii: " ")
      guard byte > 0x1F, byte < 0x7F, isBlank == (index % 2 == 1) else { return nil }
      if !isBlank { strokes.append(KeyStroke(.character(Unicode.Scalar(byte)))) }
    }
    return notation.utf8.count % 2 == 1 ? strokes : nil
  }

  /// The stroke as a keymap writes it; `init(notation:)` reads it back as the same value.
  public var notation: String {
    (control ? "C-" : "") + (alt ? "A-" : "") + (shift ? "S-" : "") + keyNotation
  }

  /// `strokes` as a keymap writes them, with blanks between.
  public static func notation(of strokes: [KeyStroke]) -> String {
    var text = ""
    for (index, stroke) in strokes.enumerated() {
      if index > 0 { text += " " }
      text += stroke.notation
    }
    return text
  }

  private var keyNotation: String {
    switch key {
    case .character(" "): "space"
    case .character(let scalar) where Self.isPlain(scalar): String(Character(scalar))
    case .character(let scalar): "U+" + Self.hexadecimal(scalar.value)
    case .function(let number): "f\(number)"
    default: Self.names.first { $0.key == key }?.name ?? ""
    }
  }
}

extension KeyStroke {
  /// In the order of help. Function keys come beside these.
  private static let names: [(name: String, key: Key)] = [
    ("space", .character(" ")), ("tab", .tab), ("ret", .enter), ("esc", .escape), ("backspace", .backspace),
    ("del", .delete), ("ins", .insert), ("up", .up), ("down", .down), ("left", .left), ("right", .right),
    ("home", .home), ("end", .end), ("pgup", .pageUp), ("pgdn", .pageDown),
  ]

  /// Words that other programs use for the same keys; refused, with ours as the answer.
  private static let foreignNames = [
    "enter": "ret", "return": "ret", "cr": "ret", "escape": "esc", "spc": "space", "bs": "backspace",
    "delete": "del", "insert": "ins", "pageup": "pgup", "pagedown": "pgdn", "page_up": "pgup",
    "page_down": "pgdn",
  ]

  private static let functionKeys = 1...24

  private static func stroke(
    _ token: Substring.UnicodeScalarView, offset: Int, in notation: String
  ) throws(KeyNotationError) -> KeyStroke {
    var rest = token
    var modifiers: [Unicode.Scalar] = []
    while let modifier = modifier(leading: rest) {
      guard !modifiers.contains(modifier) else {
        let reason = "'\(modifier)-' stands twice in '\(String(token))'"
        throw KeyNotationError(notation: notation, offset: offset, reason: reason)
      }
      modifiers.append(modifier)
      rest = rest.dropFirst(2)
    }
    let key = try key(rest, of: token, offset: offset, in: notation)
    if case .character(let scalar) = key, modifiers.contains("S"), upperCase(scalar) == scalar {
      let reason = "shift has no effect of its own on '\(String(rest))'; write the character that is typed"
      throw KeyNotationError(notation: notation, offset: offset, reason: reason)
    }
    return KeyStroke(
      key, control: modifiers.contains("C"), alt: modifiers.contains("A"), shift: modifiers.contains("S"))
  }

  private static func key(
    _ name: Substring.UnicodeScalarView, of token: Substring.UnicodeScalarView, offset: Int,
    in notation: String
  ) throws(KeyNotationError) -> Key {
    func refusal(_ reason: String, nearest: String? = nil) -> KeyNotationError {
      let prefix = String(token.prefix(token.count - name.count))
      return KeyNotationError(
        notation: notation, offset: offset, reason: reason, nearest: nearest.map { prefix + $0 })
    }
    if let key = keyNamed(name) { return key }
    guard !name.isEmpty else {
      throw refusal(token.isEmpty ? "a key is missing" : "a key is missing after '\(String(token))'")
    }
    if name.first == "f", name.dropFirst().allSatisfy({ ("0"..."9").contains($0) }) {
      throw refusal("function keys go from f\(functionKeys.lowerBound) to f\(functionKeys.upperBound)")
    }
    throw refusal("no key is called '\(String(name))'", nearest: nearestKeyName(to: String(name)))
  }

  private static func keyNamed(_ name: Substring.UnicodeScalarView) -> Key? {
    if let only = name.first, name.count == 1 { return .character(only) }
    let text = String(name)
    if let named = names.first(where: { $0.name == text }) { return named.key }
    if text.hasPrefix("f"), let number = decimal(name.dropFirst()), functionKeys.contains(number) {
      return .function(number)
    }
    guard text.hasPrefix("U+"), (6...8).contains(name.count) else { return nil }
    return UInt32(text.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init).map(Key.character)
  }

  /// One or two digits without a leading zero.
  private static func decimal(_ digits: Substring.UnicodeScalarView) -> Int? {
    guard (1...2).contains(digits.count), digits.first != "0" else { return nil }
    return digits.allSatisfy { ("0"..."9").contains($0) } ? Int(String(digits)) : nil
  }

  private static func modifier(leading token: Substring.UnicodeScalarView) -> Unicode.Scalar? {
    guard token.count > 1, let first = token.first, "CAS".unicodeScalars.contains(first) else { return nil }
    return token.dropFirst().first == "-" ? first : nil
  }

  /// Whether `token` is several strokes written without blanks.
  private static func isRun(_ token: Substring.UnicodeScalarView) -> Bool {
    guard token.count > 1, modifier(leading: token) == nil, keyNamed(token) == nil else { return false }
    let text = String(token)
    let isBracketed = text.hasPrefix("<") && text.hasSuffix(">") && token.count > 2
    let isFunctionKey = token.first == "f" && token.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    return !isBracketed && !isFunctionKey && !text.hasPrefix("U+") && nearestKeyName(to: text) == nil
  }

  private static func nearestKeyName(to word: String) -> String? {
    if let name = foreignNames[word.lowercased()] { return name }
    let all = names.map(\.name) + functionKeys.map { "f\($0)" }
    if let name = all.first(where: { $0 == word.lowercased() }) { return name }
    return word.utf8.count > 2 ? nearestName(to: word, in: names.map(\.name)) : nil
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator, .nonspacingMark, .enclosingMark:
      false
    default: true
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }
}
