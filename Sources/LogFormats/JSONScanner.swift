internal import CByteScan
internal import EventModel

/// Checks JSON against RFC 8259 and, on the way, takes what the key table asks for. No allocation.
///
/// After a refusal `place` is where the text stopped making sense; at `end` it only stopped.
struct JSONScanner {
  var place: BytePointer
  let end: BytePointer

  /// Nesting beyond this is refused, so that the stack stays small.
  static let depthLimit = 128

  init(_ slice: ByteSlice) {
    place = slice.start
    end = slice.end
  }

  /// Reads a record: one object and nothing after it.
  mutating func record(_ keys: borrowing KeyTable, _ times: inout TimeReader, _ facts: inout RecordFacts)
    -> Bool
  {
    skipSpace()
    guard place < end, place[0] == 0x7b else { return false }
    guard object(node: 0, depth: 0, keys, &times, &facts) else { return false }
    skipSpace()
    return place == end
  }

  /// Reads an object whose brace is at `place`, taking the keys that matter in the object `node`.
  mutating func object(
    node: UInt16, depth: Int, _ keys: borrowing KeyTable, _ times: inout TimeReader,
    _ facts: inout RecordFacts
  ) -> Bool {
    guard depth < Self.depthLimit else { return false }
    place += 1
    skipSpace()
    if place < end, place[0] == 0x7d {
      place += 1
      return true
    }
    while true {
      guard place < end, place[0] == 0x22 else { return false }
      let keyStart = place + 1
      var isEscaped = false
      guard skipString(&isEscaped) else { return false }
      let key = ByteSlice(keyStart, place - 1)
      skipSpace()
      guard place < end, place[0] == 0x3a else { return false }
      place += 1
      skipSpace()
      guard place < end else { return false }
      if let found = keys.find(key, node: node, end: end) {
        guard value(key.start, found, depth, keys, &times, &facts) else { return false }
      } else if !skipValue(depth: depth + 1) {
        return false
      }
      skipSpace()
      guard place < end else { return false }
      if place[0] == 0x7d {
        place += 1
        return true
      }
      guard place[0] == 0x2c else { return false }
      place += 1
      skipSpace()
    }
  }

  /// The value of a key that matters.
  mutating func value(
    _ key: BytePointer, _ index: Int, _ depth: Int, _ keys: borrowing KeyTable, _ times: inout TimeReader,
    _ facts: inout RecordFacts
  ) -> Bool {
    let role = keys.entries[index].role
    let rank = keys.entries[index].rank
    let start = place
    switch place[0] {
    case 0x22:
      var isEscaped = false
      guard skipString(&isEscaped) else { return false }
      facts.take(
        ByteSlice(start + 1, place - 1), isText: true, isEscaped: isEscaped, key: key, role: role, rank: rank,
        times: &times)
      return true
    case 0x7b:
      let child = keys.entries[index].child
      if child != 0 { return object(node: child, depth: depth + 1, keys, &times, &facts) }
      return skipValue(depth: depth + 1)
    case 0x5b:
      guard skipValue(depth: depth + 1) else { return false }
      if role == .message { facts.takeMessage(ByteSlice(start, place), isList: true, key: key) }
      return true
    case 0x2d, 0x30...0x39:
      guard skipNumber() else { return false }
      facts.take(
        ByteSlice(start, place), isText: false, isEscaped: false, key: key, role: role, rank: rank,
        times: &times)
      return true
    default:
      guard skipLiteral() else { return false }
      if role == .message, start[0] == 0x6e {
        facts.takeMessage(ByteSlice(start, start), isList: false, key: key)
      }
      return true
    }
  }

  // MARK: Grammar

  @inline(__always) mutating func skipSpace() {
    while place < end, place[0] == 0x20 || place[0] == 0x09 || place[0] == 0x0d || place[0] == 0x0a {
      place += 1
    }
  }

  /// Any value at `place`.
  mutating func skipValue(depth: Int) -> Bool {
    guard place < end, depth < Self.depthLimit else { return false }
    switch place[0] {
    case 0x22:
      var isEscaped = false
      return skipString(&isEscaped)
    case 0x7b: return skipObject(depth: depth)
    case 0x5b: return skipArray(depth: depth)
    case 0x2d, 0x30...0x39: return skipNumber()
    default: return skipLiteral()
    }
  }

  /// The key at `place`, without its quotes; `place` is at its value then, or at the end.
  mutating func skipKey() -> ByteSlice? {
    guard place < end, place[0] == 0x22 else { return nil }
    let start = place + 1
    var isEscaped = false
    guard skipString(&isEscaped) else { return nil }
    let key = ByteSlice(start, place - 1)
    skipSpace()
    guard place < end, place[0] == 0x3a else { return nil }
    place += 1
    skipSpace()
    return key
  }

  private mutating func skipObject(depth: Int) -> Bool {
    place += 1
    skipSpace()
    if place < end, place[0] == 0x7d {
      place += 1
      return true
    }
    while true {
      var isEscaped = false
      guard place < end, place[0] == 0x22, skipString(&isEscaped) else { return false }
      skipSpace()
      guard place < end, place[0] == 0x3a else { return false }
      place += 1
      skipSpace()
      guard skipValue(depth: depth + 1), let isLast = separator(closing: 0x7d) else { return false }
      if isLast { return true }
    }
  }

  private mutating func skipArray(depth: Int) -> Bool {
    place += 1
    skipSpace()
    if place < end, place[0] == 0x5d {
      place += 1
      return true
    }
    while true {
      guard skipValue(depth: depth + 1), let isLast = separator(closing: 0x5d) else { return false }
      if isLast { return true }
    }
  }

  /// A comma (false) or the `closing` bracket (true), with the space around; `nil` for anything else.
  mutating func separator(closing: UInt8) -> Bool? {
    skipSpace()
    guard place < end else { return nil }
    if place[0] == closing {
      place += 1
      return true
    }
    guard place[0] == 0x2c else { return nil }
    place += 1
    skipSpace()
    return false
  }

  /// A string whose opening quote is at `place`.
  @inline(__always) mutating func skipString(_ isEscaped: inout Bool) -> Bool {
    place += 1
    while true {
      while end - place >= 16 {
        let stops = bytescan_string_stops(place)
        if stops != 0 {
          place += stops.trailingZeroBitCount
          break
        }
        place += 16
      }
      while place < end, place[0] != 0x22, place[0] != 0x5c, place[0] >= 0x20 { place += 1 }
      guard place < end else { return false }
      if place[0] == 0x22 {
        place += 1
        return true
      }
      isEscaped = true
      guard place[0] == 0x5c, skipEscape() else { return false }
    }
  }

  private mutating func skipEscape() -> Bool {
    guard end - place >= 2 else {
      place = end
      return false
    }
    switch place[1] {
    case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74:
      place += 2
      return true
    case 0x75:
      place += 2
      for _ in 0..<4 {
        guard place < end, place[0].isDigit || (place[0] | 0x20) &- 0x61 < 6 else { return false }
        place += 1
      }
      return true
    default:
      return false
    }
  }

  @inline(__always) mutating func skipNumber() -> Bool {
    if place[0] == 0x2d { place += 1 }
    guard place < end, place[0].isDigit else { return false }
    if place[0] == 0x30 { place += 1 } else { skipDigits() }
    if place < end, place[0] == 0x2e {
      place += 1
      guard place < end, place[0].isDigit else { return false }
      skipDigits()
    }
    guard place < end, place[0] | 0x20 == 0x65 else { return true }
    place += 1
    if place < end, place[0] == 0x2b || place[0] == 0x2d { place += 1 }
    guard place < end, place[0].isDigit else { return false }
    skipDigits()
    return true
  }

  @inline(__always) private mutating func skipDigits() {
    while place < end, place[0].isDigit { place += 1 }
  }

  mutating func skipLiteral() -> Bool {
    let rest = ByteSlice(place, end)
    let length = rest.hasPrefix("true") || rest.hasPrefix("null") ? 4 : rest.hasPrefix("false") ? 5 : 0
    if length == 0, Self.isCutLiteral(rest) { place = end }
    place += length
    return length > 0
  }

  private static func isCutLiteral(_ rest: ByteSlice) -> Bool {
    guard rest.count < 5 else { return false }
    for word in ["true", "false", "null"] as [StaticString] where rest.count < word.utf8CodeUnitCount {
      if (0..<rest.count).allSatisfy({ rest.start[$0] == word.utf8Start[$0] }) { return true }
    }
    return false
  }
}
