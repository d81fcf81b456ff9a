/// A comparison of a field, asked of JSON as it is written: quick, and never false where the field might meet it.
struct FieldCheck: Sendable {
  /// The field's name, or of a dotted one what stands behind its last dot.
  let key: [UInt8]
  let isDotted: Bool
  private let test: ValueTest
  /// For whole numbers, which need no exact arithmetic.
  private let whole: (order: ValueTest.Order, value: Int64)?

  /// `nil` for any other condition, and for names that records may spell in several ways.
  init?(_ condition: FilterCondition) {
    guard case .field(let name, let test) = condition,
      case .order(let order, let wanted, let number, nil) = test
    else { return nil }
    let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let last = parts.last, !last.isEmpty, last.allSatisfy(RegexOutline.isSameInRecords) else {
      return nil
    }
    key = Array(last)
    isDotted = parts.count > 1
    self.test = test
    whole = number == nil ? nil : wanted.bytes.withUnsafeBytes(Self.whole).map { (order, $0) }
  }

  /// - Parameter bytes: what stands behind the key's colon.
  func mayHold(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var start = 0
    while start < bytes.count, Self.isSpace(bytes[start]) { start += 1 }
    guard start < bytes.count else { return true }
    let isText = bytes[start] == UInt8(ascii: "\"")
    if isText { start += 1 }
    var end = start
    while end < bytes.count, isText ? bytes[end] != UInt8(ascii: "\"") : !Self.endsValue(bytes[end]) {
      end += 1
    }
    // Objects and lists are for the decoder.
    if !isText, start == end || bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[") {
      return true
    }
    let value = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    if let whole, let found = Self.whole(value) { return whole.order.holds(found, whole.value) }
    return test.holds(for: ForeignText(value))
  }

  /// Digits only, few enough for `Int64`.
  private static func whole(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard (1...18).contains(bytes.count) else { return nil }
    var value: Int64 = 0
    for byte in bytes {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func endsValue(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
  }
}
