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
  ///
  /// - Parameter names: other members may be left out.
  static func members(
    _ slice: ByteSlice, hasAttributes: Bool = false, only names: [ForeignText]? = nil
  ) -> [Member] {
    if let names, names.isEmpty { return [] }
    var scanner = JSONScanner(slice)
    scanner.skipSpace()
    var members: [Member] = []
    collect(&scanner, prefix: [], depth: 0, hasAttributes, names, &members)
    return members
  }

  private static func collect(
    _ scanner: inout JSONScanner, prefix: [UInt8], depth: Int, _ hasAttributes: Bool,
    _ names: [ForeignText]?, _ members: inout [Member]
  ) {
    guard depth < JSONScanner.depthLimit, scanner.place < scanner.end, scanner.place[0] == 0x7b else {
      return
    }
    scanner.place += 1
    scanner.skipSpace()
    while let key = scanner.skipKey(), scanner.place < scanner.end {
      let start = scanner.place
      if let names, prefix.isEmpty, start[0] != 0x7b, isOther(key, than: names) {
        guard scanner.skipValue(depth: depth), scanner.separator(closing: 0x7d) == false else { return }
        continue
      }
      let name = prefix + unescaped(key).bytes
      if start[0] == 0x7b, !isEmptyObject(scanner) {
        collect(&scanner, prefix: name + [0x2e], depth: depth + 1, hasAttributes, names, &members)
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

  /// Whether the key, as it is written, is certainly none of `names`.
  private static func isOther(_ key: ByteSlice, than names: [ForeignText]) -> Bool {
    key.first(0x5c) == nil
      && !names.contains { name in
        name.bytes.count == key.count
          && name.bytes.elementsEqual(UnsafeBufferPointer(start: key.start, count: key.count))
      }
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

  // MARK: OTLP's values

  /// OTLP's `[{"key": K, "value": V}, ...]`; the names of a list of pairs are joined to its own by a dot.
  static func attributes(_ array: ByteSlice, keyStart: BytePointer) -> [Member] {
    var found: [Member] = []
    for element in elements(of: array) {
      let pair = parts(of: element)
      guard let key = pair.first(where: { $0.key.equals("key") }), key.value.count >= 2 else { continue }
      let name = text(of: key.value).bytes
      guard let value = pair.first(where: { $0.key.equals("value") }) else {
        found.append(Member(keyStart: keyStart, name: name, value: .empty))
        continue
      }
      found += members(ofValue: plain(value.value), name: name, keyStart: keyStart)
    }
    return found
  }

  /// - Parameter json: an object gives a member for each of its own, anything else one.
  private static func members(ofValue json: [UInt8], name: [UInt8], keyStart: BytePointer) -> [Member] {
    json.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return [] }
      let slice = ByteSlice(start, start + buffer.count)
      let inner = members(slice)
      guard !inner.isEmpty else { return [Member(keyStart: keyStart, name: name, value: text(of: slice))] }
      return inner.map { Member(keyStart: keyStart, name: name + [0x2e] + $0.name, value: $0.value) }
    }
  }

  /// An OTLP `AnyValue` as the JSON it stands for: `{"kvlistValue": {"values": [...]}}` is an object again.
  static func plain(_ anyValue: ByteSlice) -> [UInt8] {
    var json: [UInt8] = []
    appendPlain(anyValue, depth: 0, &json)
    return json
  }

  private static func appendPlain(_ anyValue: ByteSlice, depth: Int, _ json: inout [UInt8]) {
    guard depth < JSONScanner.depthLimit, let (key, value) = parts(of: anyValue).first else {
      json += Array("null".utf8)
      return
    }
    if key.equals("arrayValue") {
      json.append(0x5b)
      for (index, element) in listedValues(value).enumerated() {
        if index > 0 { json.append(0x2c) }
        appendPlain(element, depth: depth + 1, &json)
      }
      json.append(0x5d)
    } else if key.equals("kvlistValue") {
      appendPairs(value, depth: depth, &json)
    } else if key.equals("intValue"), value.count >= 2, value.start[0] == 0x22 {
      json += ByteSlice(value.start + 1, value.end - 1).text.bytes
    } else {
      json += value.text.bytes
    }
  }

  private static func appendPairs(_ list: ByteSlice, depth: Int, _ json: inout [UInt8]) {
    json.append(0x7b)
    var isFirst = true
    for pair in listedValues(list) {
      let members = parts(of: pair)
      guard let key = members.first(where: { $0.key.equals("key") }), key.value.start[0] == 0x22 else {
        continue
      }
      if !isFirst { json.append(0x2c) }
      isFirst = false
      json += key.value.text.bytes
      json.append(0x3a)
      let value = members.first { $0.key.equals("value") }?.value
      appendPlain(value ?? ByteSlice(list.start, list.start), depth: depth + 1, &json)
    }
    json.append(0x7d)
  }

  /// What is under `values` of an array or a list of pairs.
  private static func listedValues(_ list: ByteSlice) -> [ByteSlice] {
    parts(of: list).first { $0.key.equals("values") }.map { elements(of: $0.value) } ?? []
  }

  // MARK: One level

  /// The members of an object as they are written; none for anything else.
  static func parts(of object: ByteSlice) -> [(key: ByteSlice, value: ByteSlice)] {
    var scanner = JSONScanner(object)
    var parts: [(key: ByteSlice, value: ByteSlice)] = []
    guard !object.isEmpty, object.start[0] == 0x7b else { return parts }
    scanner.place += 1
    scanner.skipSpace()
    while scanner.place < scanner.end, scanner.place[0] == 0x22, let key = scanner.skipKey() {
      let start = scanner.place
      guard scanner.skipValue(depth: 0) else { break }
      parts.append((key, ByteSlice(start, scanner.place)))
      guard scanner.separator(closing: 0x7d) == false else { break }
    }
    return parts
  }

  /// The elements of an array as they are written; none for anything else.
  static func elements(of array: ByteSlice) -> [ByteSlice] {
    var scanner = JSONScanner(array)
    var elements: [ByteSlice] = []
    guard !array.isEmpty, array.start[0] == 0x5b else { return elements }
    scanner.place += 1
    scanner.skipSpace()
    while scanner.place < scanner.end, scanner.place[0] != 0x5d {
      let start = scanner.place
      guard scanner.skipValue(depth: 0) else { break }
      elements.append(ByteSlice(start, scanner.place))
      guard scanner.separator(closing: 0x5d) == false else { break }
    }
    return elements
  }

  /// What an array under a message key says. Numbers from 0 to 255 are bytes: so `journalctl -o json` writes text with
  /// control bytes. Strings are lines: so it writes a field that came several times. Other arrays stay as they are.
  static func listed(_ array: ByteSlice) -> ForeignText {
    var bytes: [UInt8] = []
    var lines: [UInt8] = []
    let elements = elements(of: array)
    for element in elements {
      if let number = element.number, let byte = UInt8(exactly: number) { bytes.append(byte) }
      if element.start[0] == 0x22, element.count >= 2 {
        unescape(ByteSlice(element.start + 1, element.end - 1), into: &lines)
        lines.append(0x0a)
      } else {
        lines = []
      }
    }
    if bytes.count == elements.count { return ForeignText(bytes: bytes) }
    let areStrings = elements.allSatisfy { $0.start[0] == 0x22 }
    return areStrings ? ForeignText(bytes: Array(lines.dropLast())) : array.text
  }
}
