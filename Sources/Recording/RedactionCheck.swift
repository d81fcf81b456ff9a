internal import EventModel
internal import LogFormats

/// Looks for values in the file that should be without them, by another way than they were taken out: each value is
/// spelled in the ways that there are, and the bytes of the file are searched for the spellings.
struct RedactionCheck {
  private struct Spelling {
    var rule: Int
    /// Counts only where it is a word of its own.
    var isWord: Bool
  }

  private var spellings: [ForeignText: Spelling] = [:]
  private var lengths: [UInt32: [Int]] = [:]
  /// Which hashes of first four bytes there are.
  private var starts = [UInt64](repeating: 0, count: 1024)
  private static let leastCount = 4

  init(_ values: RedactedValues) {
    for value in values.values where value.isSearched {
      let isWord = value.bytes.count < RedactedValues.leastWholeCount
      for text in Self.texts(of: value.bytes) { add(text, Spelling(rule: value.rule, isWord: isWord)) }
      guard value.bytes.count >= 8 else { continue }
      add(Array(Hexadecimal.text(value.bytes).utf8), Spelling(rule: value.rule, isWord: false))
      for text in Self.base64(of: value.bytes) { add(text, Spelling(rule: value.rule, isWord: false)) }
    }
  }

  private mutating func add(_ text: [UInt8], _ spelling: Spelling) {
    guard text.count >= Self.leastCount,
      spellings.updateValue(spelling, forKey: ForeignText(bytes: text)) == nil
    else { return }
    let start = text.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    let slot = Self.slot(start)
    starts[slot >> 6] |= 1 << UInt64(slot & 63)
    if lengths[start, default: []].contains(text.count) { return }
    lengths[start, default: []].append(text.count)
  }

  /// The first place that is not in `kept`, with the rule that its value was to go by.
  func place(in text: ArraySlice<UInt8>, besides kept: [Range<Int>] = []) -> (offset: Int, rule: Int)? {
    text.withUnsafeBytes { text in
      var place = 0
      while place + Self.leastCount <= text.count {
        defer { place += 1 }
        let start = text.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        let slot = Self.slot(start)
        guard starts[slot >> 6] & 1 << UInt64(slot & 63) != 0 else { continue }
        for count in lengths[start] ?? [] where place + count <= text.count {
          let range = place..<place + count
          guard let spelling = spellings[ForeignText(text[range])],
            !spelling.isWord || Self.isWord(range, in: text), !kept.contains(where: { $0.overlaps(range) })
          else { continue }
          return (place, spelling.rule)
        }
      }
      return nil
    }
  }

  private static func slot(_ start: UInt32) -> Int { Int((start &* 0x9e37_79b1) >> 16) }

  private static func isWord(_ range: Range<Int>, in text: UnsafeRawBufferPointer) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte >= 0x80
    }
    let (start, end) = (range.lowerBound, range.upperBound)
    if end < text.count, isLetter(text[end]), isLetter(text[end - 1]) { return false }
    guard start > 0, isLetter(text[start - 1]), isLetter(text[start]) else { return true }
    // The end of an escape is no letter: `\nalice`, `%22alice`.
    return start > 1 && text[start - 2] == UInt8(ascii: "\\")
      || start > 2 && text[start - 3] == UInt8(ascii: "%")
  }

  // MARK: - Spellings

  private static func texts(of value: [UInt8]) -> [[UInt8]] {
    let json = escaped(value, slash: false, unicode: false)
    return [
      value, json, escaped(value, slash: true, unicode: false), escaped(value, slash: false, unicode: true),
      escaped(json, slash: false, unicode: false),
    ]
      + [value, json].flatMap { text in
        [true, false].flatMap { isUpper in
          [true, false].flatMap { isStrict in
            ["%20", "+"].map {
              percentEncoded(text, isStrict: isStrict, isUpper: isUpper, space: Array($0.utf8))
            }
          }
        }
      }
  }

  private static func escaped(_ text: [UInt8], slash: Bool, unicode: Bool) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": result += Array(#"\""#.utf8)
      case "\\": result += Array(#"\\"#.utf8)
      case "\n": result += Array(#"\n"#.utf8)
      case "\r": result += Array(#"\r"#.utf8)
      case "\t": result += Array(#"\t"#.utf8)
      case "/" where slash: result += Array(#"\/"#.utf8)
      case _ where unicode && scalar.value >= 0x80:
        for unit in String(scalar).utf16 {
          result += Array(#"\u"#.utf8) + Array(Hexadecimal.text([UInt8(unit >> 8), UInt8(unit & 255)]).utf8)
        }
      default: result += Array(String(scalar).utf8)
      }
    }
    return result
  }

  private static func percentEncoded(
    _ text: [UInt8], isStrict: Bool, isUpper: Bool, space: [UInt8]
  ) -> [UInt8] {
    text.flatMap { byte -> [UInt8] in
      if byte == 0x20 { return space }
      let isPlain =
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) && byte < 0x80
        || "-._~".utf8.contains(byte)
      let isAllowed = isPlain || !isStrict && "!$'()*,:@/;".utf8.contains(byte)
      guard !isAllowed else { return [byte] }
      let digits = Hexadecimal.text([byte])
      return [UInt8(ascii: "%")] + Array((isUpper ? digits.uppercased() : digits).utf8)
    }
  }

  /// What a value is in base64 at each of three places that it can have in a longer text, without the letters that
  /// its neighbours have a part in; both alphabets.
  private static func base64(of value: [UInt8]) -> [[UInt8]] {
    (0..<3).flatMap { shift -> [[UInt8]] in
      let bits = [UInt8](repeating: 0, count: shift) + value
      let first = (shift * 8 + 5) / 6
      let last = bits.count * 8 / 6
      return ["+/", "-_"].map { signs in
        let letters =
          Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8) + Array(signs.utf8)
        return (first..<last).map { number in
          let bit = number * 6
          let high = Int(bits[bit / 8]) << 8
          let low = bit / 8 + 1 < bits.count ? Int(bits[bit / 8 + 1]) : 0
          return letters[(high | low) >> (10 - bit % 8) & 63]
        }
      }
    }
  }
}
