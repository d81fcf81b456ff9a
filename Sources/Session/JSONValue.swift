/// A JSON value (RFC 8259) of 8 levels at most, as a rule of no more than 256 KiB: enough for what session files and the state directory hold,
/// whose lines anybody may have written.
public enum JSONValue: Hashable, Sendable {
  case object([String: JSONValue])
  case array([JSONValue])
  case string(String)
  case number(String)
  /// `true`, `false`, `null`
  case word(String)

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// `nil` where `text` is not one JSON value and nothing else, or has more than `byteLimit` bytes.
  public init?(text: String, byteLimit: Int = 262_144) {
    guard text.utf8.count <= byteLimit else { return nil }
    var parser = Parser(bytes: Array(text.utf8))
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipSpaces()
    guard parser.index == parser.bytes.count else { return nil }
    self = value
  }

  /// Of an object, by name.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields[name]
  }

  /// A whole number.
  public var integer: Int64? {
    guard case .number(let digits) = self else { return nil }
    return Int64(digits)
  }

  public var array: [JSONValue]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  public var isTrue: Bool { self == .word("true") }

  /// `text` as a JSON string, on one line and in quotes.
  public static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: quoted += "\\\""
      case 0x5C: quoted += "\\\\"
      case 0x0A: quoted += "\\n"
      // Controls must be escaped; what turns or breaks a line is, because people read this in a terminal.
      case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private struct Parser {
    let bytes: [UInt8]
    var index = 0

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpaces() {
      while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    mutating func take(_ byte: Character) -> Bool {
      skipSpaces()
      guard let wanted = byte.asciiValue, next == wanted else { return false }
      index += 1
      return true
    }

    mutating func value(depth: Int) -> JSONValue? {
      guard depth < 8 else { return nil }
      skipSpaces()
      switch next {
      case UInt8(ascii: "{"): return object(depth: depth)
      case UInt8(ascii: "["): return array(depth: depth)
      case UInt8(ascii: "\""): return text().map { .string($0) }
      default: return bare()
      }
    }

    private mutating func object(depth: Int) -> JSONValue? {
      index += 1
      var fields: [String: JSONValue] = [:]
      if take("}") { return .object(fields) }
      repeat {
        skipSpaces()
        guard let key = text(), take(":"), let value = value(depth: depth + 1) else { return nil }
        fields[key] = value
      } while take(",")
      return take("}") ? .object(fields) : nil
    }

    private mutating func array(depth: Int) -> JSONValue? {
      index += 1
      var values: [JSONValue] = []
      if take("]") { return .array(values) }
      repeat {
        guard let value = value(depth: depth + 1) else { return nil }
        values.append(value)
      } while take(",")
      return take("]") ? .array(values) : nil
    }

    private mutating func bare() -> JSONValue? {
      let start = index
      while let byte = next, !",]} \t\r\n".utf8.contains(byte) { index += 1 }
      let text = String(decoding: bytes[start..<index], as: UTF8.self)
      if ["true", "false", "null"].contains(text) { return .word(text) }
      let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
      return isNumber && text.utf8.contains { (0x30...0x39).contains($0) } ? .number(text) : nil
    }

    private mutating func text() -> String? {
      guard next == UInt8(ascii: "\"") else { return nil }
      index += 1
      var result: [UInt8] = []
      while let byte = next {
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return String(validating: result, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = escaped() else { return nil }
          result += String(scalar).utf8
        case 0..<0x20: return nil
        default: result.append(byte)
        }
      }
      return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
      guard let byte = next else { return nil }
      index += 1
      switch byte {
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "u"): return unicode()
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      default: return nil
      }
    }

    private mutating func unicode() -> Unicode.Scalar? {
      guard let unit = unit() else { return nil }
      guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
      guard next == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "u") else {
        return nil
      }
      index += 2
      guard let low = self.unit(), (0xDC00..<0xE000).contains(low) else { return nil }
      return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func unit() -> UInt32? {
      guard index + 4 <= bytes.count else { return nil }
      let digits = String(decoding: bytes[index..<index + 4], as: UTF8.self)
      index += 4
      return digits.utf8.contains(UInt8(ascii: "+")) || digits.utf8.contains(UInt8(ascii: "-"))
        ? nil : UInt32(digits, radix: 16)
    }
  }
}
