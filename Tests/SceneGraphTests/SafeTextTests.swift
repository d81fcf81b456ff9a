import EventModel
import Foundation
import SceneGraph
import Testing

@Test(arguments: [
  ("plain ASCII ~", "plain ASCII ~"), ("a\tb", "a b"), ("a\nb\r", "a^Jb^M"),
  ("\u{0}\u{1B}[2J\u{7F}", "^@^[[2J^?"),
  ("\u{9B}2J", "<U+009B>2J"), ("\u{85}", "<U+0085>"), ("abc\u{202E}txt.exe", "abc<U+202E>txt.exe"),
  ("\u{2066}x\u{2069}", "<U+2066>x<U+2069>"), ("\u{200E}\u{200F}\u{61C}", "<U+200E><U+200F><U+061C>"),
  (
    "\u{2028}\u{2029}\u{FEFF}\u{200B}\u{2060}\u{2064}\u{AD}",
    "<U+2028><U+2029><U+FEFF><U+200B><U+2060><U+2064><U+00AD>"
  ),
  ("\u{E0041}\u{E007F}", "<U+E0041><U+E007F>"), ("\u{378}\u{10FFFD}", "<U+0378><U+10FFFD>"),
  ("\u{E000}\u{3164}\u{115F}\u{34F}", "<U+E000><U+3164><U+115F><U+034F>"), ("😀 日本 é Ω", "😀 日本 é Ω"),
  ("e\u{301}", "e\u{301}"), ("\u{301}e", "<U+0301>e"), ("\u{1B}\u{301}", "^[<U+0301>"),
  ("a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}b", "a\u{301}\u{302}\u{303}\u{304}<+2 marks>b"),
  ("a\u{301}\u{302}\u{303}\u{304}\u{305}", "a\u{301}\u{302}\u{303}\u{304}<+1 mark>"),
  ("x\u{FE0F}", "x<U+FE0F>"), ("❤\u{FE0F}", "❤"), ("👍🏽", "👍"), ("👨\u{200D}👩\u{200D}👧", "👨👩👧"), ("🏽", "🏽"),
  ("er\u{200D}ror", "er<U+200D>ror"), ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("می\u{200C}", "می<U+200C>"),
  ("क\u{94D}\u{200D}ष", "क\u{94D}\u{200D}ष"), ("\u{200D}", "<U+200D>"), ("🇨🇭", "<U+1F1E8><U+1F1ED>"),
])
func `what may not be drawn is spelled out`(raw: String, expected: String) {
  // Compared as scalars: String equality is blind to some of these differences.
  #expect(Array(SafeText(ForeignText(raw)).string.unicodeScalars) == Array(expected.unicodeScalars))
}

@Test(
  arguments: [
    ([0x61, 0xFF, 0x62], "a\\xFFb"), ([0xC3], "\\xC3"), ([0xE2, 0x82], "\\xE2\\x82"),
    ([0xC0, 0x80], "\\xC0\\x80"),
    ([0xED, 0xA0, 0x80, 0x21], "\\xED\\xA0\\x80!"), ([0xF4, 0x90, 0x80, 0x80], "\\xF4\\x90\\x80\\x80"),
    ([0x9B, 0x32, 0x4A], "\\x9B2J"), ([0xEF, 0xBF, 0xBF, 0xEF, 0xB7, 0x90], "<U+FFFF><U+FDD0>"),
  ] as [([UInt8], String)])
func `bytes that are no UTF-8 are shown as bytes`(bytes: [UInt8], expected: String) {
  let text = SafeText(ForeignText(bytes: bytes))
  #expect(text.string == expected)
  #expect(!text.escapes.isEmpty)
}

@Test func `a long line is cut between characters and says so`() {
  let line = ForeignText(String(repeating: "é", count: 10))
  #expect(SafeText(line, byteLimit: 5).string == "éé...")
  #expect(SafeText(line, byteLimit: 20).string == String(repeating: "é", count: 10))
  #expect(SafeText(line, byteLimit: 0).string == "...")
  let broken = ForeignText(bytes: Array(repeating: 0x80, count: 9))
  #expect(SafeText(broken, byteLimit: 4).string == "\\x80\\x80\\x80\\x80...")
}

@Test func `parts keep their escapes when they are put together`() {
  let foreign = ForeignText("\u{1B}x")
  let text: SafeText = "n=\(3) \(foreign)!"
  #expect(text.string == "n=3 ^[x!")
  #expect(text.escapes == [4..<6])
  let joined = SafeText.joined([text, text], separator: ", ")
  #expect(joined.string == "n=3 ^[x!, n=3 ^[x!")
  #expect(joined.escapes == [4..<6, 14..<16])
}

@Test func `random bytes never put anything hidden on a screen`() {
  let seed = UInt64.random(in: 0 ... .max)
  var state = seed
  func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
  for _ in 0..<2000 {
    var bytes: [UInt8] = []
    for _ in 0..<next() % 40 {
      // Scalars from the dangerous blocks as often as single bytes.
      let bases: [UInt64] = [0x00, 0x80, 0x300, 0x2000, 0xFE00, 0x1F1E0, 0xE0000, 0x600]
      let value = UInt32(bases[Int(next() % 8)] + next() % 256)
      if next() % 3 == 0 { bytes.append(UInt8(next() % 256)) }
      if let scalar = Unicode.Scalar(value) { bytes += Array(String(scalar).utf8) }
    }
    let text = SafeText(ForeignText(bytes: bytes))
    #expect(dangers(in: text.string).isEmpty, "seed \(seed)")
    #expect(text.escapes.allSatisfy { $0.upperBound <= text.string.utf8.count }, "seed \(seed)")
    #expect(zip(text.escapes, text.escapes.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    // What is already visible stays as it is.
    #expect(SafeText(text.string).string == text.string, "seed \(seed)")
  }
}

@Test func `hostile files leave nothing dangerous behind`() throws {
  let shared = sharedFolder()
  let blns = shared.appending(path: "data/trust/blns")
  let names = (try? FileManager.default.contentsOfDirectory(atPath: blns.path).sorted()) ?? []
  let files = [shared.appending(path: "bench/evil.log")] + names.map { blns.appending(path: $0) }
  for file in files {
    guard let bytes = try? Data(contentsOf: file) else {
      print(
        "skipped: \(file.lastPathComponent) is not there; set TRIPTYCH_SHARED to the folder that holds it")
      continue
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let found = dangers(in: SafeText(ForeignText(line)).string)
      #expect(found.isEmpty, "\(file.lastPathComponent): \(found)")
    }
  }
}

/// Listed by hand from the threats, not from the table under test.
private func dangers(in text: String) -> [Unicode.Scalar] {
  text.unicodeScalars.filter { scalar in
    switch scalar.value {
    case 0x00..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F,
      0xFE00...0xFE0F,
      0xFEFF, 0xFFF0...0xFFFB, 0xE0000...0xE0FFF:
      true
    default: scalar.value & 0xFFFE == 0xFFFE
    }
  }
}

/// Beside the checkout, or where TRIPTYCH_SHARED says.
private func sharedFolder() -> URL {
  if let path = ProcessInfo.processInfo.environment["TRIPTYCH_SHARED"] { return URL(filePath: path) }
  let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return checkout.deletingLastPathComponent().appending(path: "shared")
}
