import Testing

@testable import Preferences

private func read(_ text: String) -> Loaded<TOMLTable> { TOMLReader.read(Array(text.utf8), file: "t.toml") }

private func problems(_ text: String) -> [String] { read(text).problems.map(\.description) }

/// The value at `path`, as a short text.
private func value(_ text: String, _ path: String...) -> String? {
  var table = read(text).value
  for key in path.dropLast() {
    guard case .table(let inner)? = table[key]?.value else { return nil }
    table = inner
  }
  return path.last.flatMap { table[$0] }.map { shown($0.value) }
}

private func shown(_ value: TOMLValue) -> String {
  switch value {
  case .string(let text): "\"\(text)\""
  case .integer(let number): "\(number)"
  case .float(let number): "\(number)"
  case .boolean(let flag): "\(flag)"
  case .array(let items): "[" + items.map { shown($0.value) }.joined(separator: ",") + "]"
  case .table(let table):
    "{" + table.entries.map { "\($0.key)=\(shown($0.value))" }.joined(separator: ",") + "}"
  }
}

@Suite struct TOMLReaderTests {
  @Test func `values of every kind are read`() {
    #expect(value("a = 'C:\\x'", "a") == "\"C:\\x\"")
    #expect(value(#"a = "x\ty \u00e9 \U0001F600""#, "a") == "\"x\ty é 😀\"")
    #expect(value("a = 1_000", "a") == "1000")
    #expect(value("a = -0", "a") == "0")
    #expect(value("a = 0xff", "a") == "255")
    #expect(value("a = 0o17", "a") == "15")
    #expect(value("a = 0b101", "a") == "5")
    #expect(value("a = 6.5e-1", "a") == "0.65")
    #expect(value("a = -inf", "a") == "-inf")
    #expect(value("a = true # yes", "a") == "true")
    #expect(value("a = [1, [\n 'b', # c\n],]", "a") == "[1,[\"b\"]]")
    #expect(value("a = { b.c = 1, 'd e' = {} }", "a") == "{b={c=1},d e={}}")
  }

  @Test func `texts of many lines lose their first line end and keep the others`() {
    #expect(value("a = \"\"\"\none\r\ntwo\"\"\"", "a") == "\"one\ntwo\"")
    #expect(value("a = \"\"\"x \\\n   y\"\"\"", "a") == "\"x y\"")
    #expect(value("a = '''it''s'''''", "a") == "\"it''s''\"")
  }

  @Test func `tables grow by headers and dots as the specification says`() {
    let text = "[a.b]\nc = 1\n[a]\nd.e = 2\n[[l]]\nx = 1\n[[l]]\nx = 2\n[l.m]\ny = 3"
    #expect(value(text, "a") == "{b={c=1},d={e=2}}")
    #expect(value(text, "l") == "[{x=1},{x=2,m={y=3}}]")
  }

  @Test func `every key knows its line`() {
    let table = read("\n# c\na = '''\n\n'''\n[t]\nb = [\n1,\n2]\r\nc = 3").value
    #expect(table["a"]?.line == 3)
    guard case .table(let inner)? = table["t"]?.value, case .array(let items)? = inner["b"]?.value else {
      Issue.record("no table")
      return
    }
    #expect(inner["b"]?.line == 7)
    #expect(items.map(\.line) == [8, 9])
    #expect(inner["c"]?.line == 10)
  }

  @Test(arguments: [
    ("a = ", "t.toml:1: the end of the file stands where a value should"),
    ("a = 1\na = 2", "t.toml:2: 'a' is defined a second time"),
    ("[a]\nb = 1\n[a]", "t.toml:3: [a] is defined a second time"),
    ("a = {}\na.b = 1", "t.toml:2: 'a' has a value already and cannot be extended"),
    ("a = 01", "t.toml:1: '01' is no value; texts stand in quotes"),
    ("a = 1__0", "t.toml:1: '1__0' is no value; texts stand in quotes"),
    ("a = 1_", "t.toml:1: '1_' is no value; texts stand in quotes"),
    ("a = .5", "t.toml:1: '.5' is no value; texts stand in quotes"),
    ("a = 5.", "t.toml:1: '5.' is no value; texts stand in quotes"),
    ("a = 99999999999999999999", "t.toml:1: '99999999999999999999' is no value; texts stand in quotes"),
    ("a = red", "t.toml:1: 'red' is no value; texts stand in quotes"),
    ("a = 2026-11-23", "t.toml:1: '2026-11-23' is a date or time, which no preference is"),
    ("a = \"x", "t.toml:1: the text is not closed on its line"),
    ("a = '''x\n", "t.toml:1: the text is not closed with '''"),
    ("a = \"\\q\"", "t.toml:1: a backslash before 'q' means nothing; write \\\\ for a backslash"),
    ("a = \"\\ud800\"", "t.toml:1: the escape needs 4 hexadecimal digits of a Unicode scalar"),
    ("a = [1 2]", "t.toml:1: '2' stands in a list where , or ] should"),
    ("a = {b = 1\n}", "t.toml:1: the end of the line stands in a { } table where , or } should"),
    ("[a", "t.toml:1: the table header is not closed with ]"),
    ("a b = 1", "t.toml:1: 'b' stands after the key 'a' where = should"),
    ("a = 1 b", "t.toml:1: 'b' stands where the line should end"),
    ("é = 1", "t.toml:1: the byte 0xc3 cannot start a key; quote keys with other characters"),
    ("# \u{1}", "t.toml:1: the byte 0x1 cannot stand in a comment"),
  ])
  func `a mistake says its line and what stands there`(text: String, problem: String) {
    #expect(problems(text).first == problem)
  }

  @Test func `reading goes on behind a line with a mistake`() {
    let loaded = read("a = 1\nb = \nc = 3\n[d\ne = 5\n[f]\ng = 7")
    #expect(loaded.problems.count == 2)
    // What stands below a broken header belongs nowhere.
    #expect(loaded.value.entries.map(\.key) == ["a", "c", "f"])
  }

  @Test func `bytes that are no text are refused with their line`() {
    let loaded = TOMLReader.read([0x61, 0x3d, 0x31, 0x0a, 0x62, 0x3d, 0x22, 0xff, 0x22], file: "t.toml")
    #expect(loaded.problems.map(\.description) == ["t.toml:2: the text is not UTF-8"])
    #expect(loaded.value.entries.map(\.key) == ["a"])
  }

  @Test func `deep nesting and huge files are refused`() {
    #expect(problems("a = " + String(repeating: "[", count: 40)).first?.contains("too deep") == true)
    #expect(problems(String(repeating: "#\n", count: 1 << 20)).first?.contains("more than") == true)
  }

  @Test func `no bytes whatever make the reader fail`() {
    let seed = UInt64.random(in: .min ... .max)
    var state = seed
    func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33)
    }
    let alphabet = Array("[]{}=.,\"'\\#\n\r\t ab10-_+eux\u{7f}é".utf8) + [0xff, 0x00]
    for _ in 0..<3000 {
      let bytes = (0..<(next() % 40)).map { _ in alphabet[next() % alphabet.count] }
      let loaded = TOMLReader.read(bytes, file: "t.toml")
      let lineCount = bytes.count { $0 == 0x0a } + 1
      #expect(loaded.problems.allSatisfy { (1...lineCount).contains($0.place.line ?? 0) }, "seed \(seed)")
    }
  }
}
