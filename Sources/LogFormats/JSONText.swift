internal import EventModel

/// JSON in full, for events that are shown. Only text that `JSONScanner` found sound is walked, but nothing here relies
/// on that: whatever stops making sense ends the walk.
enum JSONText {
  /// Appends `slice`, the inside of a JSON string, with escapes undone. A lone surrogate becomes U+FFFD.
  static func unescape(_ slice: ByteSlice, into text: inout [UInt8]) {
    var place = slice.start
    while place < slice.end {
      guard let slash = ByteSlice(place, slice.end).first(0x5c) else { break }
      text += UnsafeBufferPointer(start: place, count: slash - place)
      place = appendEscape(slash, slice.end, &text)
    }
    if place < slice.end { text += UnsafeBufferPointer(start: place, count: slice.end - place) }
  }

  static func unescaped(_ slice: ByteSlice) -> ForeignText {
    var text: [UInt8] = []
    text.reserveCapacity(slice.count)
    unescape(slice, into: &text)
    return ForeignText(bytes: text)
  }

  /// One escape; returns the place after it.
  private static func appendEscape(_ start: BytePointer, _ end: BytePointer, _ text: inout [UInt8])
    -> BytePointer
  {
    guard end - start >= 2 else { return end }
    switch start[1] {
    case 0x62: text.append(0x08)
    case 0x66: text.append(0x0c)
    case 0x6e: text.append(0x0a)
    case 0x72: text.append(0x0d)
    case 0x74: text.append(0x09)
    case 0x75: return appendUnicode(start, end, &text)
    default: text.append(start[1])
    }
    return start + 2
  }

  private static func appendUnicode(_ start: BytePointer, _ end: BytePointer, _ text: inout [UInt8])
    -> BytePointer
  {
    guard let first = hex4(start + 2, end) else { return end }
    var scalar = first
    var after = start + 6
    if first & 0xfc00 == 0xd800, end - after >= 6, after[0] == 0x5c, after[1] == 0x75,
      let second = hex4(after + 2, end), second & 0xfc00 == 0xdc00
    {
      scalar = 0x1_0000 + (first & 0x3ff) << 10 + (second & 0x3ff)
      after += 6
    }
    text += Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    return after
  }

  private static func hex4(_ start: BytePointer, _ end: BytePointer) -> UInt32? {
    guard end - start >= 4 else { return nil }
    var value: UInt32 = 0
    for index in 0..<4 {
      let byte = start[index]
      let digit = byte.isDigit ? byte - 0x30 : (byte | 0x20) &- 0x57
      guard digit < 16 else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  // MARK: Fields

  /// One value of a record.
  struct Member {
    var keyStart: BytePointer
    var name: [UInt8]
    var value: ForeignText
  }

  /// The values of the object in `slice` in the order of the text, nested names joined by dots; arrays stay text.
  static func members(_ slice: ByteSlice, hasAttributes: Bool = false) -> [Member] {
    var scanner = JSONScanner(slice)
    scanner.skipSpace()
    var members: [Member] = []
    collect(&scanner, prefix: [], depth: 0, hasAttributes, &members)
    return members
  }

  private static func collect(
    _ scanner: inout JSONScanner, prefix: [UInt8], depth: Int, _ hasAttributes: Bool,
    _ members: inout [Member]
  ) {
    guard depth < JSONScanner.depthLimit, scanner.place < scanner.end, scanner.place[0] == 0x7b else {
      return
    }
    scanner.place += 1
    scanner.skipSpace()
    while let key = nextKey(&scanner) {
      let start = scanner.place
      let name = prefix + unescaped(key).bytes
      if start[0] == 0x7b, !isEmptyObject(scanner) {
        collect(&scanner, prefix: name + [0x2e], depth: depth + 1, hasAttributes, &members)
      } else {
        guard scanner.skipValue(depth: depth) else { return }
        let value = ByteSlice(start, scanner.place)
        if hasAttributes, start[0] == 0x5b, key.equals("attributes") {
          members += attributes(value, keyStart: key.start)
        } else {
          members.append(Member(keyStart: key.start, name: name, value: text(of: value)))
        }
      }
      guard scanner.separator(closing: 0x7d) == false else { return }
    }
  }

  /// A key with its colon; leaves the scanner at the value.
  private static func nextKey(_ scanner: inout JSONScanner) -> ByteSlice? {
    guard scanner.place < scanner.end, scanner.place[0] == 0x22 else { return nil }
    let start = scanner.place + 1
    var isEscaped = false
    guard scanner.skipString(&isEscaped) else { return nil }
    let key = ByteSlice(start, scanner.place - 1)
    scanner.skipSpace()
    guard scanner.place < scanner.end, scanner.place[0] == 0x3a else { return nil }
    scanner.place += 1
    scanner.skipSpace()
    return scanner.place < scanner.end ? key : nil
  }

  private static func isEmptyObject(_ scanner: JSONScanner) -> Bool {
    var probe = scanner
    probe.place += 1
    probe.skipSpace()
    return probe.place < probe.end && probe.place[0] == 0x7d
  }

  private static func text(of value: ByteSlice) -> ForeignText {
    guard value.count >= 2, value.start[0] == 0x22 else { return value.text }
    return unescaped(ByteSlice(value.start + 1, value.end - 1))
  }

  /// OTLP's `[{"key": K, "value": {"stringValue": V}}, ...]`.
  static func attributes(_ array: ByteSlice, keyStart: BytePointer) -> [Member] {
    var scanner = JSONScanner(array)
    var found: [Member] = []
    scanner.place += 1
    scanner.skipSpace()
    while scanner.place < scanner.end, scanner.place[0] == 0x7b {
      var parts: [Member] = []
      collect(&scanner, prefix: [], depth: 1, false, &parts)
      if let key = parts.first(where: { $0.name == Array("key".utf8) }) {
        let value = parts.first { $0.name.starts(with: "value".utf8) }
        found.append(Member(keyStart: keyStart, name: key.value.bytes, value: value?.value ?? .empty))
      }
      guard scanner.separator(closing: 0x5d) == false else { break }
    }
    return found
  }
}
