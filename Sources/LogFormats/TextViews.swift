internal import EventModel

internal import func Glibc.memchr

/// A text with escapes undone, and where each of its bytes stands in the text as it was written.
struct TextView {
  var bytes: [UInt8]
  /// One more than there are bytes: the last is the end.
  private var starts: [Int]

  /// What may be read out of `text`: itself, without JSON's escapes, without percent signs, and both in either order; as a form.
  /// So a value is found however a record, a link or a record inside a record spells it.
  static func all(of text: [UInt8], isForm: Bool = true) -> [TextView] {
    let whole = TextView(text)
    let plain = whole.unescaped()
    let decoded = whole.percentDecoded()
    return [
      whole, plain, decoded, plain?.unescaped(), plain?.percentDecoded(), decoded?.unescaped(),
      decoded?.percentDecoded(), isForm ? whole.formDecoded() : nil,
      isForm ? plain?.formDecoded() : nil,
    ].compactMap(\.self)
  }

  init(_ text: [UInt8]) {
    bytes = text
    starts = []
  }

  /// In the text as it was written.
  func original(_ range: Range<Int>) -> Range<Int> {
    starts.isEmpty
      ? range : starts[range.lowerBound]..<max(starts[range.lowerBound], starts[range.upperBound])
  }

  private func start(of place: Int) -> Int { starts.isEmpty ? place : starts[place] }

  private init(decoding view: TextView, _ step: (Int, inout [UInt8]) -> Int) {
    bytes = []
    starts = []
    bytes.reserveCapacity(view.bytes.count)
    starts.reserveCapacity(view.bytes.count + 1)
    var place = 0
    while place < view.bytes.count {
      let next = step(place, &bytes)
      while starts.count < bytes.count { starts.append(view.start(of: place)) }
      place = next
    }
    starts.append(view.start(of: view.bytes.count))
  }

  /// `nil` where there is nothing to undo.
  private func unescaped() -> TextView? {
    guard bytes.contains(UInt8(ascii: "\\")) else { return nil }
    return TextView(decoding: self) { place, text in
      guard bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count else {
        text.append(bytes[place])
        return place + 1
      }
      return bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return buffer.count }
        let count = Self.escapeCount(bytes, place)
        JSONText.unescape(ByteSlice(start + place, start + place + count), into: &text)
        return place + count
      }
    }
  }

  private static func escapeCount(_ bytes: [UInt8], _ place: Int) -> Int {
    let isPair = bytes[place + 1] == UInt8(ascii: "u")
    guard isPair else { return 2 }
    let isHigh =
      place + 12 <= bytes.count && bytes[place + 2] | 0x20 == UInt8(ascii: "d")
      && "89abAB".utf8.contains(bytes[place + 3]) && bytes[place + 6] == UInt8(ascii: "\\")
    return min(isHigh ? 12 : 6, bytes.count - place)
  }

  /// As forms are sent, with a plus for a space.
  private func formDecoded() -> TextView? {
    guard bytes.contains(UInt8(ascii: "+")) else { return nil }
    return percentDecoded(plus: UInt8(ascii: " "))
  }

  private func percentDecoded(plus: UInt8? = nil) -> TextView? {
    guard plus != nil || bytes.contains(UInt8(ascii: "%")) else { return nil }
    return TextView(decoding: self) { place, text in
      if let plus, bytes[place] == UInt8(ascii: "+") {
        text.append(plus)
        return place + 1
      }
      guard bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
        let high = Self.digit(bytes[place + 1]), let low = Self.digit(bytes[place + 2])
      else {
        text.append(bytes[place])
        return place + 1
      }
      text.append(high << 4 | low)
      return place + 3
    }
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    let value = byte.isDigit ? byte - 0x30 : (byte | 0x20) &- 0x57
    return value < 16 ? value : nil
  }
}

/// Bytes of a text that another text takes the place of.
struct TextEdit: Hashable {
  var range: Range<Int>
  var text: [UInt8]
  /// Of `RedactionRules`.
  var rule: Int
  /// At the field itself, rather than where its value stands too.
  var isField: Bool
  var value: ForeignText
}

extension TextEdit {
  /// A number that becomes a word needs quotes where JSON has it, written as those of its key.
  func quoted(in text: [UInt8]) -> TextEdit {
    guard range.upperBound < text.count, ",}] \n\r\\".utf8.contains(text[range.upperBound]) else {
      return self
    }
    var place = range.lowerBound
    while place > 0, text[place - 1] == 0x20 { place -= 1 }
    guard place > 1, text[place - 1] == UInt8(ascii: ":"), text[place - 2] == UInt8(ascii: "\"") else {
      return self
    }
    var first = place - 2
    while first > 0, text[first - 1] == UInt8(ascii: "\\") { first -= 1 }
    var edit = self
    edit.text = text[first..<place - 1] + edit.text + text[first..<place - 1]
    return edit
  }
}

extension [TextEdit] {
  /// Sorted, without those that lie in others; fields before what merely looks like their values.
  func disjoint() -> [TextEdit] {
    let order = sorted {
      ($0.isField ? 0 : 1, $0.range.lowerBound, -$0.range.count)
        < ($1.isField ? 0 : 1, $1.range.lowerBound, -$1.range.count)
    }
    var fields: [TextEdit] = []
    var others: [TextEdit] = []
    for edit in order where !edit.range.isEmpty {
      if edit.isField {
        if (fields.last?.range.upperBound ?? 0) <= edit.range.lowerBound { fields.append(edit) }
      } else if (others.last?.range.upperBound ?? 0) <= edit.range.lowerBound {
        others.append(edit)
      }
    }
    var next = 0
    others.removeAll { edit in
      while next < fields.count, fields[next].range.upperBound <= edit.range.lowerBound { next += 1 }
      return next < fields.count && fields[next].range.lowerBound < edit.range.upperBound
    }
    return (fields + others).sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// They are disjoint and in order.
  func applied(to text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + count * 16)
    var place = text.startIndex
    for edit in self {
      result += text[place..<edit.range.lowerBound]
      result += edit.text
      place = edit.range.upperBound
    }
    return result + text[place...]
  }
}

extension RedactedValues {
  /// Where values that are looked for stand in `text`, in whatever spelling.
  func edits(in text: [UInt8]) -> [TextEdit] {
    TextView.all(of: text).flatMap { view in
      matches(in: view.bytes).map { match in
        let value = values[match.number]
        return TextEdit(
          range: view.original(match.range), text: value.mark, rule: value.rule, isField: false,
          value: ForeignText(bytes: value.bytes))
      }
    }
  }
}
