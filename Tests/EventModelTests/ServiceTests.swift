import EventModel
import Testing

@Test func `a service keeps the number it was given first`() {
  var table = ServiceTable()
  let checkout = table.intern(ForeignText("shop/checkout"))
  let cart = table.intern(ForeignText("shop/cart"))
  #expect([checkout.index, cart.index] == [0, 1])
  #expect(table.intern(ForeignText("shop/checkout")) == checkout)
  #expect(table[cart] == ForeignText("shop/cart"))
  #expect(table.id(of: ForeignText("shop")) == nil)
  #expect(table.count == 2 && table.overflowCount == 0)
}

@Test func `more services than the limit count under other`() {
  var table = ServiceTable()
  for number in 0..<ServiceTable.limit { _ = table.intern(ForeignText("s\(number)")) }
  #expect(table.count == ServiceTable.limit)
  let late = table.intern(ForeignText("late"))
  #expect(table[late] == ForeignText("(other)"))
  #expect(table.intern(ForeignText("later")) == late)
  #expect(table.intern(ForeignText("s7")).index == 7)
  #expect(table.overflowCount == 2 && table.count == ServiceTable.limit + 1)
}

@Test func `a service that calls itself other is not doubled`() {
  var table = ServiceTable()
  let own = table.intern(ForeignText("(other)"))
  for number in 1..<ServiceTable.limit { _ = table.intern(ForeignText("s\(number)")) }
  #expect(table.intern(ForeignText("late")) == own)
  #expect(table.count == ServiceTable.limit)
}

@Test(arguments: [
  ("*", "", true), ("*", "a/b", true), ("", "", true), ("", "a", false), ("shop/*", "shop/cart/db", true),
  ("shop/*", "shop", false), ("*cart*", "shop/cart/db", true), ("?", "a", true), ("?", "", false),
  ("a*b*c", "aXbYbZc", true),
  ("a*b*c", "aXbYb", false), ("**a", "bca", true), ("é", "é", true), ("??", "é", true), ("a[b]", "ab", false),
  ("A", "a", false),
])
func `a glob stands for whole paths`(pattern: String, path: String, expected: Bool) {
  #expect(Glob(pattern).matches(ForeignText(path)) == expected)
}

@Test func `a glob made to be slow is not`() {
  let glob = Glob(String(repeating: "a*", count: 50) + "b")
  #expect(!glob.matches(ForeignText(String(repeating: "a", count: 5000))))
}

@Test func `a selection is what is included less what is excluded`() {
  let selection = ServiceSelection(globs: ["shop/*", "db", "!shop/cart*"])
  let chosen = ["shop/checkout", "shop/cart", "db", "dba"].filter { selection.contains(ForeignText($0)) }
  #expect(chosen == ["shop/checkout", "db"])
  #expect(ServiceSelection(globs: ["!db"]).contains(ForeignText("x")))
  #expect(!ServiceSelection(globs: ["!db"]).contains(ForeignText("db")))
  #expect(ServiceSelection().isEverything)
}

@Test func `foreign text is its bytes`() {
  let broken = ForeignText(bytes: [0x61, 0xFF])
  #expect(broken.repaired == "a\u{FFFD}")
  #expect(broken != ForeignText("a\u{FFFD}"))
  // Composed and decomposed look alike and are different bytes.
  #expect(ForeignText("\u{E9}") != ForeignText("e\u{301}"))
  #expect(ForeignText("b") < ForeignText(bytes: [0xFF]) && ForeignText("a") < ForeignText("ab"))
  #expect(ForeignText("").isEmpty && ForeignText.empty == ForeignText(bytes: []))
}

@Test func `events come in order of time, then of their place`() {
  func event(_ second: Int64, source: UInt32, offset: Int64, ordinal: UInt32 = 0) -> Event {
    let position = EventPosition(source: SourceID(rawValue: source), byteOffset: offset, ordinal: ordinal)
    return Event(
      time: Timestamp(seconds: second), service: ServiceID(rawValue: 0), severity: .info, position: position,
      message: .empty)
  }
  let ordered = [
    event(1, source: 9, offset: 9), event(2, source: 0, offset: 5),
    event(2, source: 0, offset: 5, ordinal: 1),
    event(2, source: 0, offset: 6), event(2, source: 1, offset: 0),
  ]
  #expect(ordered.reversed().sorted(by: Event.precedes) == ordered)
}

@Test(
  arguments: [
    ("eror", "error"), ("wran", "warn"), ("ERROR", "error"), ("fatla", "fatal"), ("inf", "info"), ("x", nil),
    ("", nil),
    ("completely", nil),
  ] as [(String, String?)])
func `the nearest name is one slip away`(word: String, nearest: String?) {
  #expect(nearestName(to: word, in: Severity.allCases.map(\.name)) == nearest)
}
