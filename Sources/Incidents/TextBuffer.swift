internal import EventModel

/// Bytes being written. Integers only: no locale, no Double, the same bytes everywhere.
struct TextBuffer: Sendable {
  var bytes: [UInt8] = []

  mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  /// Decimal with at least `width` digits, zeros in front.
  mutating func decimal(_ value: Int, width: Int = 1) {
    var magnitude = value.magnitude
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    while bytes.count - start < width { bytes.append(UInt8(ascii: "0")) }
    bytes[start...].reverse()
  }

  /// Sixteen lower-case hexadecimal digits.
  mutating func hex(_ value: UInt64) {
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: value >> shift) & 0xf
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  /// `text` inside JSON quotes (RFC 8259 §7): quote, backslash and control characters escaped.
  mutating func json(_ text: some Sequence<UInt8>) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text { jsonEscaped(byte) }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func jsonEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case UInt8(ascii: "\n"): append("\\n")
    case UInt8(ascii: "\t"): append("\\t")
    case 0..<0x20:
      append(byte < 0x10 ? "\\u000" : "\\u001")
      let digit = byte & 0xf
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    default: bytes.append(byte)
    }
  }

  /// `2026-11-23`, with another `separator` if given.
  mutating func date(_ civil: CivilTime, separator: UInt8 = UInt8(ascii: "-")) {
    decimal(civil.year, width: 4)
    bytes.append(separator)
    decimal(civil.month, width: 2)
    bytes.append(separator)
    decimal(civil.day, width: 2)
  }

  /// `03:07:00`, with `digits` of the fraction after `mark`.
  mutating func clock(_ civil: CivilTime, digits: Int = 0, mark: UInt8 = UInt8(ascii: ".")) {
    decimal(civil.hour, width: 2)
    bytes.append(UInt8(ascii: ":"))
    decimal(civil.minute, width: 2)
    bytes.append(UInt8(ascii: ":"))
    decimal(civil.second, width: 2)
    guard digits > 0 else { return }
    bytes.append(mark)
    var fraction = civil.nanosecond
    for _ in digits..<9 { fraction /= 10 }
    decimal(fraction, width: digits)
  }

  /// RFC 3339 in UTC with nine digits.
  mutating func rfc3339(_ time: Timestamp, digits: Int = 9) {
    let civil = CivilTime(time)
    date(civil)
    bytes.append(UInt8(ascii: "T"))
    clock(civil, digits: digits)
    bytes.append(UInt8(ascii: "Z"))
  }
}
