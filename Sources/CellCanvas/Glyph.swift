import SceneGraph

/// One grapheme as it is written, held in place: frames are copied and compared as plain memory.
///
/// Up to 15 bytes of UTF-8. A longer one (five and more marks over one character, chains of joined letters) keeps the
/// scalars that take columns, so that its width stays what it was.
public struct Glyph: Hashable, Sendable {
  /// Bytes 0 to 7, the first in the lowest place; zero behind the last.
  private let low: UInt64
  /// Bytes 8 to 14, and their count in the highest place.
  private let high: UInt64

  public static let space = Glyph(ascii: UInt8(ascii: " "))

  static let byteLimit = 15

  /// - Parameter ascii: below 0x80.
  @inline(__always)
  init(ascii: UInt8) {
    low = UInt64(ascii)
    high = 1 << 56
  }

  public init(_ character: Character) {
    let bytes = character.utf8
    if bytes.count == 1, let ascii = bytes.first {
      self.init(ascii: ascii)
    } else if bytes.count <= Self.byteLimit {
      self.init(bytes)
    } else {
      self.init(Self.withoutMarks(character).utf8)
    }
  }

  private init(_ bytes: some Collection<UInt8>) {
    var halves: (low: UInt64, high: UInt64) = (0, 0)
    var count: UInt64 = 0
    for byte in bytes {
      if count < 8 {
        halves.low |= UInt64(byte) << (8 * count)
      } else {
        halves.high |= UInt64(byte) << (8 * (count - 8))
      }
      count += 1
    }
    low = halves.low
    high = halves.high | count << 56
  }

  private static func withoutMarks(_ character: Character) -> String {
    var kept = String.UnicodeScalarView()
    var width = 0
    for scalar in character.unicodeScalars where width < 2 {
      let own = displayWidth(of: Character(scalar))
      if own > 0 && width + own <= 2 {
        kept.append(scalar)
        width += own
      }
    }
    return String(kept)
  }

  /// 0 ... 15.
  public var byteCount: Int { Int(high >> 56) }

  /// The byte of a grapheme that is one ASCII character; `nil` for any other.
  public var asciiValue: UInt8? { high == 1 << 56 && low < 0x80 ? UInt8(low) : nil }

  /// The only scalar; `nil` where there are several.
  public var onlyScalar: Unicode.Scalar? {
    if let ascii = asciiValue { return Unicode.Scalar(ascii) }
    let lead = UInt32(low & 0xFF)
    let rest = { (place: UInt64) in UInt32(low >> (8 * place) & 0x3F) }
    switch (byteCount, lead) {
    case (2, 0xC0...): return Unicode.Scalar((lead & 0x1F) << 6 | rest(1))
    case (3, 0xE0...): return Unicode.Scalar((lead & 0x0F) << 12 | rest(1) << 6 | rest(2))
    case (4, 0xF0...): return Unicode.Scalar((lead & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3))
    default: return nil
    }
  }

  /// Lends the UTF-8 bytes.
  public func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let words = (low.littleEndian, high.littleEndian)
    return withUnsafeBytes(of: words) { raw in
      raw.withMemoryRebound(to: UInt8.self) { body(UnsafeBufferPointer(rebasing: $0[..<byteCount])) }
    }
  }

  public var character: Character {
    if let ascii = asciiValue { return Character(Unicode.Scalar(ascii)) }
    let text = withUTF8 { String(decoding: $0, as: UTF8.self) }
    return text.first ?? " "
  }
}
