import EventModel
import Testing

/// An order that failed, from `shop/checkout`.
private func event(
  _ message: String = "Payment timed out after 3 tries", severity: Severity = .error,
  fields: [(String, String)] = [("status", "503"), ("user", "ann"), ("ms", "250.50"), ("note", "")]
) -> Event {
  Event(
    time: Timestamp(seconds: 0), service: ServiceID(rawValue: 0), severity: severity,
    position: EventPosition(source: SourceID(rawValue: 0), byteOffset: 0), message: ForeignText(message),
    fields: fields.map { EventField(name: ForeignText($0.0), value: ForeignText($0.1)) })
}

private func matches(_ expression: String, _ event: Event = event()) throws -> Bool {
  try EventFilter(expression).matches(event, serviceName: ForeignText("shop/checkout"))
}

@Test(arguments: [
  ("", true), ("timed", true), ("TIMED", false), ("payment", true), ("Payment", true), ("PAYment", false),
  ("\"timed out\"", true), ("\"out timed\"", false), ("ann", true), ("timed after", true),
  ("timed nothing", false),
  ("/time[sd]/", true), ("/TIMED/", false), ("/TIMED/i", true), ("/^Payment.*tries$/", true),
  ("/^ann$/", true),
  ("/5\\d\\d/", true), ("!timed", false), ("!nothing", true), ("!/x{3}/", true), ("/\\Q(?=x\\E|timed/", true),
  ("/\\Q(?=x\\E/", false),
  ("status=503", true), ("status=503.0", true), ("status=0503", true), ("status=\"0503\"", false),
  ("status>=500", true),
  ("status>503", false), ("status<1000", true), ("status!=503", false), ("status!=404", true),
  ("!status=404", true),
  ("ms=250.5", true), ("ms=2.505e2", true), ("ms>250.499999999999999999999", true),
  ("ms<250.500000000000000000001", true),
  ("ms>=250.500000000000000000001", false), ("ms<-1", false),
  ("user=ann", true), ("user=Ann", false), ("user<bob", true), ("user~^a", true), ("user~/A/i", true),
  ("user~A", false),
  ("user~\"n n\"", false), ("user=", false), ("note=", true), ("absent=", true), ("absent!=", false),
  ("user!=", true),
  ("user!=bob", true), ("absent!=bob", true), ("absent>0", false), ("absent=0", false), ("absent~.*", false),
  ("service=shop/*", true), ("service=shop", false), ("service!=shop/*", false), ("!service=cart", true),
  ("service=\"shop/*\"", false), ("service=\"shop/checkout\"", true), ("service~check", true),
  ("severity>=warn", true), ("severity>error", false), ("severity=error", true), ("severity!=error", false),
  ("severity<fatal", true), ("severity<=warn", false), ("message~tries$", true), ("message=x", false),
  ("=5", false), ("a->b", false), ("http://x?y=1", false), ("  timed   status=503 ", true),
  ("\"status\"=503", true),
])
func `a filter means what it says`(expression: String, expected: Bool) throws {
  #expect(try matches(expression) == expected)
}

@Test func `numbers are compared exactly and only with numbers`() throws {
  let wide = event(fields: [
    ("id", "9007199254740993"), ("z", "-0.0"), ("version", "1.10.2"), ("big", "1e400"),
  ])
  #expect(try matches("id=9007199254740993", wide))
  #expect(try !matches("id=9007199254740992", wide))
  #expect(try matches("z=0", wide))
  #expect(try matches("z>-1e-999999", wide))
  #expect(try matches("version>1.10.1", wide))
  #expect(try !matches("version>1.9", wide))
  #expect(try matches("big>1e399", wide))
  #expect(try !matches("big=1e401", wide))
  #expect(try matches("big>-1e401", wide))
}

@Test func `bytes that are no text are found and survived`() throws {
  let broken = ForeignText(bytes: [0x61, 0xFF, 0x62, 0x22, 0x0A])
  var strange = event("x")
  strange.message = broken
  strange.fields = [EventField(name: ForeignText("k"), value: broken)]
  #expect(try matches("/a.b/", strange))
  #expect(try matches("/É|b\"/", strange))
  let same = EventFilter.expression(field: ForeignText("k"), equals: broken)
  #expect(same == "k=\"a\\xffb\\\"\\x0a\"")
  #expect(try matches(same, strange))
  #expect(try matches("É", event("CAFÉ: café")))
  #expect(try matches("é", event("CAFÉ")))
}

@Test func `text for any field value reads back as that value`() throws {
  for value in ["", "ann", "007", "a b", "\"", "\\", "\\n", "日本", "\u{1B}[0m", "!x", "/x/", "50%"] {
    for name in ["user", "k8s.pod/name", "my field", "a\"b", "日", "severity "] {
      let expression = EventFilter.expression(field: ForeignText(name), equals: ForeignText(value))
      #expect(try matches(expression, event(fields: [(name, value)])), "\(expression)")
      #expect(try matches(expression, event(fields: [(name, value + "x")])) == false, "\(expression)")
      #expect(try EventFilter(expression).terms.count == 1, "\(expression)")
    }
  }
}

@Test(arguments: [
  ("timed !", 6, "nothing follows '!'; write '!' in quotes to look for it"),
  ("x \"open", 2, "this quote is not closed; add '\"' at its end"),
  ("/open", 0, "a regular expression ends with '/'; write a path in quotes to look for it as it is"),
  ("/api/v1", 5, "the term before this has ended; write a path in quotes to look for it as it is"),
  ("\"a\"b", 3, "the term before this has ended; put a space between terms"),
  ("/a(?=b)/", 2, "lookahead needs more than linear time"),
  ("x /(?<!b)c/", 3, "lookbehind needs more than linear time"),
  ("/(a)\\1/", 4, "back-references need more than linear time"),
  ("/\\/(a)\\1/", 6, "back-references need more than linear time"),
  ("user~a++", 7, "possessive repeats need more than linear time"),
  (
    "/ab(/", 3,
    "this regular expression cannot be used: Missing close parenthesis for group started at index 2"
  ),
  ("/(?:a|b{90,100}){50}/", 1, "its repeats unroll to 5150 characters, more than 400"),
  ("/[\\p{L}x]{9}/", 1, "its repeats unroll to 729 characters, more than 400"),
  ("//", 1, "the regular expression is empty"),
  ("status>", 7, "a value is missing after '>', for example >500"),
  ("severity>=eror", 10, "no severity is called 'eror'; did you mean 'error'?"),
  ("severity=warning", 9, "no severity is called 'warning'; did you mean 'warn'?"),
  ("severity=x", 9, "no severity is called 'x'; they are unknown, trace, debug, info, warn, error, fatal"),
  (
    "severity~err", 9, "no severity is called 'err'; they are unknown, trace, debug, info, warn, error, fatal"
  ),
  ("service>a", 7, "services have no order; write service=GLOB, service!=GLOB or service~REGEX"),
  ("time>5", 4, "time is not part of a filter; select a range on the time axis, or use --from and --to"),
])
func `a filter that cannot be used says where and why`(expression: String, offset: Int, reason: String) {
  #expect(throws: FilterError(byteOffset: offset, reason: reason)) { try EventFilter(expression) }
}

/// Everything the matching library takes exception to, found by trying PCRE's constructs one by one; the place is
/// where the construct begins, or the library says it does, in the expression alone.
@Test(arguments: [
  ("a(?=b)", 1, "lookahead"), ("a(?!b)", 1, "lookahead"), ("x(?<=a)b", 1, "lookbehind"),
  ("x(?<!a)b", 1, "lookbehind"), ("(a)\\1", 3, "back-references"), ("(?<n>a)\\k<n>", 7, "back-references"),
  ("(?<n>a)(?P=n)", 7, "back-references"), ("(a)\\g{-1}", 3, "back-references"), ("x(?>ab)c", 1, "atomic"),
  ("ab++", 3, "possessive"), ("ab*+", 3, "possessive"), ("ab?+", 3, "possessive"),
  ("a{2}+b", 4, "possessive"),
  ("(a(?R)?b)", 2, "recursion"), ("(a)(?1)", 3, "recursion"), ("(a)(?-1)", 3, "recursion"),
  ("(?+1)(a)", 0, "recursion"), ("(?<n>a)(?&n)", 7, "recursion"), ("(?P<n>a)(?P>n)", 8, "recursion"),
  ("(a)?(?(1)b|c)", 4, "conditions"), ("a\\Kb", 1, "\\K"), ("a\\Cb", 1, "\\C"), ("a\\Rb", 1, "\\R"),
  ("a\\Xb", 1, "\\X"), ("a\\Gb", 1, "\\G"), ("a(?C1)b", 1, "callouts"),
  ("x(?|(a)|(b))", 1, "share their numbers"),
  ("a\\N{U+41}", 1, "\\N"), ("x[[.a.]]", 2, "collating"), ("x[[=a=]]", 2, "collating"),
  ("x\\p{Foo}", 4, "Unknown property"), ("x(ab", 1, "close parenthesis"), ("ab)", 2, "Unmatched parentheses"),
  ("a**", 2, "repeat"), ("a{5,2}", 1, "repeat"), ("[b-a]", 3, "out of order"),
  ("x\\x{110000}", 1, "too large"),
  ("a\\u0041", 1, "\\u"), ("(*UTF8)a", 0, "control verbs"), ("x[a", 1, "Unterminated character class"),
  ("a\\Zb", 1, "end anchors"), ("a$b", 1, "end anchors"), ("a^b", 1, "start anchors"),
  ("(?x)a # c", 6, "comment"),
  ("a|*b", 2, "repeat"), ("(?<n>a)|(?<n>b)", 8, "use the name"), ("x(?u)a", 1, "(?"), ("[a-\\d]", 3, "range"),
])
func `a construct that cannot be offered is named with its place`(regex: String, offset: Int, word: String) {
  let error = #expect(throws: FilterError.self) { try TextPattern(regex: regex) }
  #expect(
    error?.byteOffset == offset && error?.reason.contains(word) == true,
    "\(regex): \(String(describing: error))")
}

@Test func `a filter too long is refused before it is read`() {
  #expect(throws: FilterError.self) { try EventFilter(String(repeating: "a", count: 16_385)) }
  #expect(throws: FilterError.self) { try EventFilter("/" + String(repeating: "(", count: 10_000) + "/") }
  #expect(throws: FilterError.self) { try EventFilter(String(repeating: "a", count: 2049)) }
  #expect(throws: FilterError.self) { try EventFilter((0..<65).map(String.init).joined(separator: " ")) }
  let eight = (0..<8).map { "/a\($0)/" }.joined(separator: " ")
  #expect(throws: FilterError.self) { try EventFilter(eight + " user~b") }
  #expect(throws: FilterError.self) { try EventFilter(eight).adding("/b/") }
  #expect(throws: Never.self) { try EventFilter(eight).adding("b") }
  #expect(throws: Never.self) { try EventFilter(String(repeating: "a", count: 2048)) }
}

@Test func `terms are shown, added and removed one by one`() throws {
  let filter = try EventFilter("  \"a b\"   !status>=500  /x/i x")
  #expect(filter.terms.map(\.text) == ["\"a b\"", "!status>=500", "/x/i", "x"])
  #expect(filter.terms.map(\.isNegated) == [false, true, false, false])
  #expect(filter.expression == "\"a b\" !status>=500 /x/i x")
  #expect(try EventFilter(filter.expression) == filter)
  #expect(filter.removing(at: 1).expression == "\"a b\" /x/i x")
  #expect(filter.removing(at: 9) == filter)
  #expect(try filter.adding("y x").expression == "\"a b\" !status>=500 /x/i x y")
  #expect(EventFilter.everything.isEverything)
  #expect(try EventFilter(" ") == .everything)
}

@Test(arguments: [
  ("timeout", true), ("TIMEOUT", false), ("absent", false), ("\"no such\"", false), ("!absent", true),
  ("status>=900", false), ("status>=500", true),
  ("status=900", false), ("status=503", true), ("user=ann", true), ("user=bob", false), ("user=", true),
  ("service=x", true),
  ("severity=fatal", true),
  ("/time(d )?out/", true), ("/absent\\d/", false), ("/(absent)?/", true), ("/absent|user/", true),
  ("/(?i)ABSENT/", true),
  ("/absent?/", false), ("/absenz?/", false), ("/us?er/", true), ("/us{0,2}er/", true), ("/bo+b/", false),
  ("/[xyz]absent/", false),
  ("/user~/", false), ("timeout absent", false), ("é", false), ("\"a\\\"b\"", false), ("trace=\"77\"", false),
  ("trace=77", false), ("!trace=77", true),
])
func `a block is skipped only when it cannot hold a match`(expression: String, expected: Bool) throws {
  let filter = try EventFilter(expression)
  let block = Array(#"{"msg":"timeout","user":"ann","status":503}"#.utf8)
  #expect(mayMatch(filter, block) == expected)
}

@Test func `a record that spells its characters out is never skipped`() throws {
  let block = Array(#"{"msg":"\u0074imeout"}"#.utf8)
  #expect(mayMatch(try EventFilter("timeout"), block))
  #expect(mayMatch(try EventFilter("/time.ut/"), block))
  #expect(!mayMatch(try EventFilter("timeout"), []))
}

@Test func `one pattern serves many threads at once`() async throws {
  let filter = try EventFilter("/Pay(ment)? timed/ status>=500")
  let hits = await withTaskGroup(of: Int.self) { group in
    for _ in 0..<8 {
      group.addTask {
        (0..<500).count { number in
          let message = number % 2 == 0 ? "Payment timed out" : "paid"
          return filter.matches(event(message), serviceName: .empty)
        }
      }
    }
    return await group.reduce(0, +)
  }
  #expect(hits == 8 * 250)
}
