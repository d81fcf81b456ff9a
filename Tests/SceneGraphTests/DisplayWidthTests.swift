import SceneGraph
import Testing

@Test(
  arguments: [
    ("a", 1), ("\u{7}", 0), ("é", 1), ("e\u{301}", 1), ("日", 2), ("ｱ", 1), ("Ａ", 2), ("😀", 2), ("👍🏽", 2),
    ("⚠", 1),
    ("▀", 1), ("⣿", 1), ("\u{1FB00}", 1), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("\u{301}", 0), ("…", 1),
    ("का", 2), ("👨‍👩‍👧", 2), ("\u{3000}", 2), ("\u{10FFFF}", 0),
  ] as [(Character, Int)])
func `a character takes as many columns as terminals give it`(character: Character, width: Int) {
  #expect(displayWidth(of: character) == width)
}

/// Swift's own Unicode data is the second method, for every scalar that both know.
@Test func `marks and hidden scalars are those of Unicode's categories`() {
  for value in UInt32(0)...0x10FFFF {
    guard let scalar = Unicode.Scalar(value) else { continue }
    let expected: Int? =
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .nonspacingMark,
        .enclosingMark:
        0
      case .unassigned: nil
      default: scalar.properties.isDefaultIgnorableCodePoint ? 0 : 1
      }
    let width = displayWidth(of: Character(scalar))
    let isJamo = (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value)
    let isFlagHalf = (0x1F1E6...0x1F1FF).contains(value)
    guard let expected, !isJamo, !isFlagHalf, !(expected == 1 && isNewerThan16(scalar)) else { continue }
    if min(width, 1) != expected { Issue.record("U+\(String(value, radix: 16)) takes \(width) columns") }
  }
}

private func isNewerThan16(_ scalar: Unicode.Scalar) -> Bool {
  guard let age = scalar.properties.age else { return true }
  return age.major > 16
}

/// Counted with Python's unicodedata2 16.0.0: W or F, assigned, and not default-ignorable.
@Test func `as many scalars are wide as Unicode 16 says`() {
  let wide = (UInt32(0)...0x10FFFF).count {
    Unicode.Scalar($0).map { displayWidth(of: Character($0)) == 2 } ?? false
  }
  #expect(wide == 122_228)
}

@Test(arguments: [
  ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("abcdef", -3, ""),
  ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 2, "…"),
  ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
  ("", 4, ""),
])
func `a text is cut between characters`(words: String, width: Int, expected: String) {
  let cut = SafeText(words).truncated(toWidth: width)
  #expect(cut.string == expected)
  #expect(cut.displayWidth <= max(0, width))
}

@Test func `a text is cut without a sign, padded and fitted`() {
  #expect(SafeText("日本語").truncated(toWidth: 5, ellipsis: .empty).string == "日本")
  #expect(SafeText("日本語").truncated(toWidth: 5, ellipsis: "...").string == "日...")
  #expect(SafeText("ab").truncated(toWidth: 1, ellipsis: "...").string == "a")
  #expect(SafeText("日").padded(toWidth: 4).string == "日  ")
  #expect(SafeText("7").padded(toWidth: 3, leading: true).string == "  7")
  #expect(SafeText("日本語").fitted(toWidth: 6).string == "日本語")
  #expect(SafeText("日本語").fitted(toWidth: 4).string == "日… ")
  #expect(SafeText("long").padded(toWidth: 2).string == "long")
}

@Test func `a cut escape stays marked as one`() {
  let text = SafeText("a\u{1B}b\u{202E}c")
  #expect(text.string == "a^[b<U+202E>c")
  #expect(text.escapes == [1..<3, 4..<12])
  #expect(text.truncated(toWidth: 6, ellipsis: .empty).escapes == [1..<3, 4..<6])
  #expect((SafeText("xy") + text).escapes == [3..<5, 6..<14])
  #expect(text != SafeText("a^[b<U+202E>c"))
}
