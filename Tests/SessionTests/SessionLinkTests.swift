import EventModel
import Session
import Testing

@Test func `a link says what to open and where to stand`() throws {
  let link = try SessionLink(
    "triptych://open?src=/var/log/a%20b.log&from=2026-11-23T03:00:00Z&to=1795406400&service=shop/*"
      + "&service=%21cart&severity=warn&filter=status%3E%3D500%20%22timed%20out%22&face=2&lens=rate"
      + "&at=2026-11-23T04:07:00.25+01:00,a%2Cb,error&src=alias&colour=red")
  #expect(link.sources == ["/var/log/a b.log", "alias"])
  #expect(link.from == Timestamp(seconds: 1_795_402_800))
  #expect(link.to == Timestamp(seconds: 1_795_406_400))
  #expect(link.services == ServiceSelection(globs: ["shop/*", "!cart"]))
  #expect(link.severity == .warn)
  #expect(link.filter.terms.map(\.text) == ["status>=500", "\"timed out\""])
  #expect(link.face == 2)
  #expect(link.lens == "rate")
  #expect(link.place?.time == Timestamp(seconds: 1_795_403_220, nanoseconds: 250_000_000))
  #expect(link.place?.service == ForeignText("a,b"))
  #expect(link.place?.severity == .error)
  #expect(link.unknownKeys == [ForeignText("colour")])
  #expect(
    link.description
      == "triptych://open?src=/var/log/a%20b.log&src=alias&from=2026-11-23T03:00:00Z&to=2026-11-23T04:00:00Z"
      + "&service=shop/*&service=%21cart&severity=warn&filter=status%3E%3D500%20%22timed%20out%22&face=2"
      + "&lens=rate&at=2026-11-23T03:07:00.250Z,a%2Cb,error")
}

@Test func `an empty link opens nothing and asks for nothing`() throws {
  for text in ["triptych://open", "triptych://open?", "triptych://open/", "TRIPTYCH://Open?&&#x=y"] {
    #expect(try SessionLink(text) == SessionLink())
  }
  #expect(SessionLink().description == "triptych://open")
  #expect(SessionLink.isLink("triptych://open?x"))
  #expect(SessionLink.isLink("Triptych:nonsense"))
  #expect(!SessionLink.isLink("/var/log/triptych:"))
}

@Test(arguments: [
  ("http://open", "link: it does not begin with triptych://open?"),
  ("triptych://opener", "link: it does not begin with triptych://open?"),
  (
    "triptych://open?from=-15m",
    "link, from=: '-15m' means another instant for everyone; write 2026-11-23T03:07:00Z"
  ),
  (
    "triptych://open?from=03:07",
    "link, from=: '03:07' means another instant for everyone; write 2026-11-23T03:07:00Z"
  ),
  (
    "triptych://open?from=2026-11-23T03:07:00Z&to=2026-11-23T03:06:59Z",
    "link, to=: 2026-11-23T03:06:59Z lies before 2026-11-23T03:07:00Z"
  ),
  ("triptych://open?face=4", "link, face=: '4' is no face; they are 1, 2 and 3"),
  ("triptych://open?face=1&face=1", "link, face=: it stands there twice"),
  ("triptych://open?severity=eror", "link, severity=: no severity is called 'eror'; did you mean 'error'?"),
  ("triptych://open?src=", "link, src=: no source is named"),
  ("triptych://open?src=a%2", "link, src=: '%' is followed by no two hexadecimal digits; write % as %25"),
  ("triptych://open?src=a%+1", "link, src=: '%' is followed by no two hexadecimal digits; write % as %25"),
  ("triptych://open?src=a%00b", "link, src=: it holds a NUL byte"),
  ("triptych://open?src=%FF", "link, src=: its bytes are no UTF-8"),
  (
    "triptych://open?at=1795406400,a,b,c",
    "link, at=: it is TIME,SERVICE,SEVERITY; write commas within as %2C"
  ),
  (
    "triptych://open?filter=/a(%3F%3Db)/",
    "link, filter=: filter, character 3: lookahead needs more than linear time"
  ),
])
func `a link that cannot be opened says which part and why`(text: String, message: String) {
  #expect { try SessionLink(text) } throws: { "\($0)" == message }
}

@Test func `a huge link is refused unread`() {
  let long = "triptych://open?src=" + String(repeating: "a", count: 70_000)
  #expect(throws: SessionLinkError(key: "", reason: "it has more than 65536 bytes")) { try SessionLink(long) }
}

@Test func `every link is read back from its text`() throws {
  var random = Numbers(seed: UInt64.random(in: 0 ... .max))
  print("seed \(random.seed)")
  for _ in 0..<500 {
    var link = SessionLink()
    link.sources = (0..<random.next(4)).map { _ in "s" + random.word() }
    let times = [random.time(), random.time()].sorted()
    if random.next(2) == 0 { link.from = times[0] }
    if random.next(2) == 0 { link.to = times[1] }
    link.services = ServiceSelection(
      globs: (0..<random.next(3)).map { _ in "!s" + random.word() }
        + (0..<random.next(3)).map { _ in "s" + random.word() })
    if random.next(2) == 0 { link.severity = Severity.allCases[random.next(7)] }
    let value = ForeignText(random.word())
    link.filter = try EventFilter(EventFilter.expression(field: ForeignText("f"), equals: value))
    if random.next(2) == 0 { link.face = 1 + random.next(3) }
    if random.next(2) == 0 { link.lens = "l" + random.word() }
    if random.next(2) == 0 {
      let service =
        random.next(2) == 0 ? ForeignText((0..<random.next(5)).map { _ in UInt8(1 + random.next(255)) }) : nil
      let severity = random.next(2) == 0 ? Severity.allCases[random.next(7)] : nil
      link.place = SessionLink.Place(time: random.time(), service: service, severity: severity)
    }
    let text = link.description
    #expect(try SessionLink(text) == link, "\(text)")
    #expect(text.utf8.allSatisfy { (0x21..<0x7F).contains($0) })
  }
}

@Test func `random bytes after the scheme never crash`() {
  var random = Numbers(seed: UInt64.random(in: 0 ... .max))
  print("seed \(random.seed)")
  let pieces = [
    "src=", "at=", "&", "%", "%41", ",", "from=", "1795406400", "filter=", "/(", "\"", "service=!", "é",
    "face=", "=", "#",
  ]
  for _ in 0..<3000 {
    let tail = (0..<random.next(12)).map { _ in pieces[random.next(pieces.count)] }.joined()
    _ = try? SessionLink("triptych://open?" + tail)
  }
}

/// Numbers that start again from a printed seed.
private struct Numbers {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func time() -> Timestamp {
    let unit: Int64 = [1, 1000, 1_000_000, 1_000_000_000][next(4)]
    return Timestamp(nanoseconds: (Int64(next(1 << 30)) * 4_000_000_000 + Int64(next(1 << 30))) / unit * unit)
  }

  /// Up to five characters, the awkward ones often.
  mutating func word() -> String {
    let characters = Array("ab&=%#+,/? \"\\!*~\u{7}é日😀")
    return String((0..<next(6)).map { _ in characters[next(characters.count)] })
  }
}
