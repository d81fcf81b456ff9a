public import EventModel

/// Where a text that is no record names a field with a value, as filters do: `user=alice`, `user!="al ice"`, `id>7`,
/// also inside a link or a JSON string.
public enum FieldMentions {
  /// Values that the rules mean, each with its rule.
  public static func values(in text: [UInt8], _ rules: RedactionRules) -> [(value: ForeignText, rule: Int)] {
    places(in: text, rules).map { ($0.value, $0.rule) }
  }

  static func places(
    in text: [UInt8], _ rules: RedactionRules
  ) -> [(range: Range<Int>, value: ForeignText, rule: Int)] {
    guard !rules.isEmpty else { return [] }
    return TextView.all(of: text, isForm: false).flatMap { view in
      terms(in: view.bytes).compactMap { name, range in
        rules.rule(of: Array(view.bytes[name])).map {
          (view.original(range), ForeignText(view.bytes[range]), $0)
        }
      }
    }
  }

  /// Names and values around each sign of comparison.
  private static func terms(in text: [UInt8]) -> [(name: Range<Int>, value: Range<Int>)] {
    text.indices.compactMap { place in
      guard "=~<>".utf8.contains(text[place]), let name = name(before: place, in: text) else { return nil }
      let value = value(after: place, in: text)
      return value.isEmpty ? nil : (name, value)
    }
  }

  private static func name(before sign: Int, in text: [UInt8]) -> Range<Int>? {
    var end = sign
    if end > 0, "!<>".utf8.contains(text[end - 1]) { end -= 1 }
    let isQuoted = end > 1 && text[end - 1] == UInt8(ascii: "\"")
    if isQuoted { end -= 1 }
    var start = end
    while start > 0, isQuoted ? text[start - 1] != UInt8(ascii: "\"") : isName(text[start - 1]) { start -= 1 }
    guard start < end, end - start <= 256 else { return nil }
    // The keys of a link are no fields.
    if start > 0, text[start - 1] == UInt8(ascii: "?") || text[start - 1] == UInt8(ascii: "&") { return nil }
    return start..<end
  }

  /// What `EventFilter` takes for a name without quotes.
  private static func isName(_ byte: UInt8) -> Bool {
    byte.isWord || byte >= 0x80 || ".-@/$[]".utf8.contains(byte)
  }

  /// What is compared with: without quotes, or the slashes of a pattern.
  private static func value(after sign: Int, in text: [UInt8]) -> Range<Int> {
    var start = sign + 1
    if start < text.count, text[start] == UInt8(ascii: "=") || text[start] == UInt8(ascii: "~") { start += 1 }
    guard start < text.count else { return start..<start }
    let quote = text[start]
    var end = start
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "/") && text[sign] == UInt8(ascii: "~") else {
      while end < text.count, !text[end].isBlank, text[end] != 0x0a, !"\"&\\".utf8.contains(text[end]) {
        end += 1
      }
      while end > start, text[end - 1] == UInt8(ascii: ",") || text[end - 1] == UInt8(ascii: ";") { end -= 1 }
      return start..<end
    }
    start += 1
    end = start
    while end < text.count, text[end] != quote, text[end] != 0x0a {
      end += text[end] == UInt8(ascii: "\\") && end + 1 < text.count ? 2 : 1
    }
    return start..<end
  }
}

extension RedactedValues {
  /// A text of no record, such as a note or a name, without the values; `nil` where none is in it.
  ///
  /// - Parameters:
  ///   - isJSON: numbers become strings.
  ///   - rules: what the text compares with a field that they mean goes too.
  /// - Returns: the new text, and for each place the number of its rule.
  public func redacted(
    _ text: [UInt8], isJSON: Bool, _ rules: RedactionRules
  ) -> (text: [UInt8], rules: [Int])? {
    let found = mentions(in: text, rules) + edits(in: text)
    let edits = (isJSON ? found.map { $0.quoted(in: text) } : found).disjoint()
    return edits.isEmpty ? nil : (edits.applied(to: text[...]), edits.map(\.rule))
  }

  /// Where something goes from such a text.
  public func places(in text: [UInt8], _ rules: RedactionRules) -> [Range<Int>] {
    (mentions(in: text, rules) + edits(in: text)).map(\.range)
  }

  private func mentions(in text: [UInt8], _ rules: RedactionRules) -> [TextEdit] {
    FieldMentions.places(in: text, rules).compactMap { range, value, rule in
      number(of: value).map {
        TextEdit(range: range, text: values[$0].mark, rule: rule, isField: true, value: value)
      }
    }
  }
}
