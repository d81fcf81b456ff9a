internal import EventModel

/// Walks JSON token by token, from wherever it is picked up, and says under which names each value stands. It checks
/// nothing: what stops making sense has names that mean nothing.
struct JSONTokens {
  enum Kind { case string, number, word }

  struct Value {
    var kind: Kind
    /// Of a string what is between its quotes.
    var range: Range<Int>
    /// Joined by dots: from the outermost object on, and from the innermost that is an array's element; of OTLP's
    /// attributes as they call themselves.
    var names: [[UInt8]]
  }

  private struct Frame {
    var isArray: Bool
    var key: [UInt8] = []
    /// What `"key"` says in an object of a list of pairs.
    var attribute: [UInt8]?
  }

  private static let depthLimit = 512

  private let hasAttributes: Bool
  private var frames: [Frame] = []
  /// Brackets deeper than the limit.
  private var hiddenDepth = 0

  init(hasAttributes: Bool) { self.hasAttributes = hasAttributes }

  /// Calls `body` for every value that is no object and no array. Text between tokens is passed over.
  mutating func walk(_ text: [UInt8], from start: Int, _ body: (Value) -> Void) {
    var place = start
    while place < text.count {
      switch text[place] {
      case UInt8(ascii: "{"): open(isArray: false)
      case UInt8(ascii: "["): open(isArray: true)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): close()
      case UInt8(ascii: "\""):
        place = takeString(text, place, body)
        continue
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let end = Self.end(of: text, place) { $0.isDigit || "+-.eE".utf8.contains($0) }
        body(value(.number, place..<end))
        place = end
        continue
      case UInt8(ascii: "a")...UInt8(ascii: "z"):
        let end = Self.end(of: text, place) { $0.isLetter }
        body(value(.word, place..<end))
        place = end
        continue
      default: break
      }
      place += 1
    }
  }

  private mutating func open(isArray: Bool) {
    guard frames.count < Self.depthLimit else {
      hiddenDepth += 1
      return
    }
    frames.append(Frame(isArray: isArray))
  }

  private mutating func close() {
    if hiddenDepth > 0 { hiddenDepth -= 1 } else { _ = frames.popLast() }
  }

  private static func end(of text: [UInt8], _ start: Int, _ isInside: (UInt8) -> Bool) -> Int {
    var place = start
    while place < text.count, isInside(text[place]) { place += 1 }
    return place
  }

  /// A key or a value; returns the place behind it.
  private mutating func takeString(_ text: [UInt8], _ quote: Int, _ body: (Value) -> Void) -> Int {
    var place = quote + 1
    while place < text.count, text[place] != UInt8(ascii: "\""), text[place] != UInt8(ascii: "\n") {
      place += text[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    place = min(place, text.count)
    let range = quote + 1..<place
    place = min(place + 1, text.count)
    let next = Self.end(of: text, place) { $0.isBlank || $0 == UInt8(ascii: "\n") }
    let isKey = next < text.count && text[next] == UInt8(ascii: ":") && frames.last?.isArray != true
    guard isKey else {
      if hasAttributes, frames.last?.key == Array("key".utf8), frames.dropLast().last?.isArray == true {
        frames[frames.count - 1].attribute = Self.plain(text[range])
      } else {
        body(value(.string, range))
      }
      return place
    }
    if frames.isEmpty { open(isArray: false) }
    frames[frames.count - 1].key = Self.plain(text[range])
    return next + 1
  }

  static func plain(_ slice: ArraySlice<UInt8>) -> [UInt8] {
    guard slice.contains(UInt8(ascii: "\\")) else { return Array(slice) }
    return slice.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return [] }
      return JSONText.unescaped(ByteSlice(start, start + buffer.count)).bytes
    }
  }

  private func value(_ kind: Kind, _ range: Range<Int>) -> Value {
    let attributes = frames.compactMap(\.attribute)
    var names = attributes.isEmpty ? [] : [Self.joined(attributes)]
    names.append(Self.joined(frames.filter { !$0.isArray }.map(\.key)))
    if let array = frames.lastIndex(where: \.isArray), array + 1 < frames.count {
      names.append(Self.joined(frames[(array + 1)...].map(\.key)))
    }
    return Value(kind: kind, range: range, names: names)
  }

  private static func joined(_ names: [[UInt8]]) -> [UInt8] {
    Array(names.joined(separator: [UInt8(ascii: ".")]))
  }
}
