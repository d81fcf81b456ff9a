/// Turns bytes into text in which everything can be seen: UTF-8 is decoded, and what no terminal should be given is
/// spelled out. Remembers where it spelled.
///
/// Left out without a sign are only hints that vary an emoji's look (selectors, joiners between emoji, skin tones):
/// terminals draw those sequences with different widths, the plain emoji with one.
struct VisibleSpelling {
  private(set) var text = ""
  private(set) var escapes: [Range<Int>] = []

  /// Marks drawn over one character; more are a tower over the lines above (and ncurses holds no more in a cell).
  private static let markLimit = 4

  /// The last drawn scalar that was no mark; `nil` at the start and after an escape, where a mark has nothing of its
  /// own to stand on.
  private var base: Unicode.Scalar?
  /// The last drawn scalar, mark or not.
  private var previous: Unicode.Scalar?
  private var markCount = 0
  private var surplusMarkCount = 0
  private var joiner: Unicode.Scalar?

  init(byteCount: Int) { text.reserveCapacity(byteCount) }

  mutating func append(contentsOf bytes: UnsafeBufferPointer<UInt8>) {
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    loop: while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        append(Unicode.Scalar(UTF8.decode(encoded)))
        offset += encoded.count
      case .error(let length):
        for byte in bytes[offset..<offset + length] {
          spell("\\x" + Self.hexadecimal(UInt32(byte), width: 2))
        }
        offset += length
      case .emptyInput:
        break loop
      }
    }
    settle(before: nil)
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.value < 0x7F && scalar.value >= 0x20 { return appendBase(scalar) }
    switch ScalarClassTable.scalarClass(of: scalar) {
    case .narrow: appendBase(scalar)
    case .wide: if !isSkinTone(scalar) { appendBase(scalar) }
    case .mark: appendMark(scalar)
    case .hidden: appendHidden(scalar)
    }
  }

  private mutating func appendBase(_ scalar: Unicode.Scalar) {
    settle(before: scalar)
    text.unicodeScalars.append(scalar)
    base = scalar
    previous = scalar
    markCount = 0
  }

  private mutating func appendMark(_ scalar: Unicode.Scalar) {
    if joiner != nil { settle(before: scalar) }
    guard base != nil else { return spell(scalar) }
    guard markCount < Self.markLimit else { return surplusMarkCount += 1 }
    text.unicodeScalars.append(scalar)
    previous = scalar
    markCount += 1
  }

  private mutating func appendHidden(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x09: appendBase(" ")
    case 0x00..<0x20: spell("^" + String(Character(Unicode.Scalar(UInt8(scalar.value) + 0x40))))
    case 0x7F: spell("^?")
    case 0x200C, 0x200D:
      if joiner != nil || surplusMarkCount > 0 { settle(before: nil) }
      joiner = scalar
    case 0xFE0E, 0xFE0F: if !isEmoji(base) || joiner != nil { spell(scalar) }
    default: spell(scalar)
    }
  }

  /// Writes what waited for the next scalar: a joiner that may have a meaning, and how many marks were too many.
  private mutating func settle(before next: Unicode.Scalar?) {
    if surplusMarkCount > 0 {
      let count = surplusMarkCount
      surplusMarkCount = 0
      escape("<+\(count) \(count == 1 ? "mark" : "marks")>")
    }
    guard let waiting = joiner else { return }
    joiner = nil
    if waiting.value == 0x200D, isEmoji(base), isEmoji(next) { return }
    if let previous, let next, isJoining(previous), isJoining(next) {
      text.unicodeScalars.append(waiting)
    } else {
      escape("<U+" + Self.hexadecimal(waiting.value, width: 4) + ">")
    }
  }

  private mutating func spell(_ scalar: Unicode.Scalar) {
    spell("<U+" + Self.hexadecimal(scalar.value, width: 4) + ">")
  }

  private mutating func spell(_ spelling: String) {
    settle(before: nil)
    escape(spelling)
  }

  private mutating func escape(_ spelling: String) {
    let start = text.utf8.count
    text += spelling
    if let last = escapes.last, last.upperBound == start {
      escapes[escapes.count - 1] = last.lowerBound..<text.utf8.count
    } else {
      escapes.append(start..<text.utf8.count)
    }
    base = nil
    previous = nil
    markCount = 0
  }

  private static func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

extension VisibleSpelling {
  /// A colour of the emoji before it, not a picture of its own.
  private func isSkinTone(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isEmojiModifier && base?.properties.isEmojiModifierBase == true && joiner == nil
  }

  /// Digits and `#` are emoji to Unicode too (key caps), but not to a reader.
  private func isEmoji(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar, scalar.value > 0x7F else { return false }
    return scalar.properties.isEmoji
  }

  /// Arabic, Syriac, Indic, Myanmar, Khmer, Mongolian: scripts in which U+200C and U+200D change letters' forms and
  /// belong to the spelling of words.
  private func isJoining(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0620...0x0DFF, 0x1000...0x109F, 0x1780...0x18AF:
      scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark
    default: false
    }
  }
}
