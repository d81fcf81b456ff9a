import EventModel
import Testing

/// A block that is skipped wrongly loses events silently, so this is tried with many filters on many records.
@Test func `no block with a match is ever skipped`() throws {
  var random = Numbers(seed: UInt64.random(in: 0 ... .max))
  print("seed \(random.seed)")
  var matchCount = 0
  var skipCount = 0
  for _ in 0..<4000 {
    let values = (0..<3).map { _ in random.value() }
    let fields = zip(["a", "b.c"], values.dropFirst()).map {
      EventField(name: ForeignText($0), value: ForeignText($1))
    }
    let event = Event(
      time: .first, service: ServiceID(rawValue: 0), severity: .info,
      position: EventPosition(source: SourceID(rawValue: 0), byteOffset: 0), message: ForeignText(values[0]),
      fields: fields)
    let record = Array(
      "{\"msg\":\(random.json(values[0])),\"a\":\(random.json(values[1])),\"b.c\":\(random.json(values[2]))}"
        .utf8)
    let filter = try EventFilter(random.expression())
    let mayMatch = mayMatch(filter, record)
    let matches = filter.matches(event, serviceName: ForeignText("s"))
    #expect(mayMatch || !matches, "\(filter.expression) on \(String(decoding: record, as: UTF8.self))")
    matchCount += matches ? 1 : 0
    skipCount += mayMatch ? 0 : 1
  }
  // The test would say nothing if either never happened.
  #expect(matchCount > 200 && skipCount > 200)
}

/// Whether a sieve for JSON lines lets the record pass, whichever of its clues it looks for.
func mayMatch(_ filter: EventFilter, _ record: [UInt8]) -> Bool {
  // A clue that samples hold is not chosen while another one is rarer: so each gets its turn.
  let samples = [[[UInt8]](), [record], [Array("ab AB 5 50 n k x a b".utf8)]]
  let answers = samples.map { samples in
    let spelling = RawSpelling(hasByteLists: true, hasJSONFields: true)
    guard let sieve = RecordSieve(filter, spelling: spelling, samples: samples) else { return true }
    var lines: [Range<Int>] = []
    return record.withUnsafeBytes { bytes in
      sieve.find(in: bytes, &lines)
      return lines.contains { sieve.mayMatch(record: UnsafeRawBufferPointer(rebasing: bytes[$0])) }
    }
  }
  return answers.allSatisfy(\.self)
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

  private mutating func pick(_ choices: [String]) -> String { choices[next(choices.count)] }

  mutating func value() -> String {
    (0..<next(4)).map { _ in
      pick(["ab", "AB", "k", "/x", "\"", "\\", "é", "5", "50", ".", " ", "\u{7}", "ſ", "n"])
    }.joined()
  }

  /// A JSON string, some characters spelled out though they need not be.
  mutating func json(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      if scalar.value < 0x20 || next(12) == 0 {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else if scalar == "/" && next(2) == 0 || scalar == "\"" || scalar == "\\" {
        text += "\\" + String(Character(scalar))
      } else {
        text += String(Character(scalar))
      }
    }
    return text + "\""
  }

  mutating func expression() -> String {
    let term = pick([
      "ab", "AB", "5", "50", "n", "é", "\"a\"", "\"/x\"", "abk", "a=ab", "a=50", "a=\"50\"", "b.c=",
      "b.c!=ab", "message=AB", "a>=50", "b.c<5", "a=5", "a>ab", "b.c<=\"k\"",
      "a~b", "a~/K/i", "/ab?/", "/(ab)+k?/", "/a.{0,2}5/", "/[ab]b/i", "/5{1,2}0/", "/a|5/", "/abk?/",
      "/\\/x/", "/S/i",
      "/(?i)AB/", "/^ab$/", "/\\x61b/", "/\\Qab\\E/", "/abs*/i", "/n{0,1}5/", "/ab{0,3}/", "/\\bab/",
      "/(?:ab){2}/",
    ])
    return (next(6) == 0 ? "!" : "") + term + (next(4) == 0 ? " " + pick(["ab", "a!=", "/b/"]) : "")
  }
}

/// Blocks of many lines: each line with the text, or with a mark that a value is spelled otherwise, must be found.
@Test func `every line with the text or a mark is found, wherever it lies in a block`() throws {
  var random = Numbers(seed: UInt64.random(in: 0 ... .max))
  print("seed \(random.seed)")
  let filter = try EventFilter("\"ab5k\"")
  var hitCount = 0
  var denseCount = 0
  for round in 0..<400 {
    // Now and then so many harmless escapes that looking at each would take too long.
    let isDense = round % 5 == 0
    var block: [UInt8] = []
    var expected: [Range<Int>] = []
    for _ in 0..<(1 + random.next(60)) {
      let line = random.line(isDense: isDense)
      if mustFind(line) { expected.append(block.count..<block.count + line.count) }
      block += line
    }
    for samples in [[], [block]] {
      let sieve = try #require(
        RecordSieve(
          filter, spelling: RawSpelling(hasByteLists: true, hasJSONFields: true), samples: samples))
      var lines: [Range<Int>] = []
      block.withUnsafeBytes { sieve.find(in: $0, &lines) }
      #expect(lines == expected, "\(String(decoding: block, as: UTF8.self))")
    }
    hitCount += expected.count
    denseCount += isDense ? 1 : 0
  }
  #expect(hitCount > 1000 && denseCount > 50)
}

/// The same by a walk over the characters: the text, an escape that may stand for one of its characters, or a list of
/// numbers.
private func mustFind(_ line: [UInt8]) -> Bool {
  let text = String(decoding: line, as: UTF8.self)
  return text.contains("ab5k") || text.contains(/\\u00[2-7]/) || text.contains(/\\[^"\\\/bfnrtu]/)
    || text.contains(/:\s*\[\s*[0-9]/)
}

extension Numbers {
  /// A line of anything that a search may take for what it looks for.
  fileprivate mutating func line(isDense: Bool) -> [UInt8] {
    var text = ""
    for _ in 0..<next(40) {
      text += pick([
        "a", "ab", "ab5", "5k", "k", "xxxxxxxxxxxxxxxxxxxxxxxxx", ":", "[", " ", "[7", "é", "ab 5k",
      ])
      if isDense { text += pick(["\\\"", "\\n", "\\t", "\\\\\"", "\\u0007", "\\u00e4"]) }
      if next(150) == 0 { text += pick(["ab5k", "\\u0061", "\\x", "\\u0020", ": [\t7", ":[12]"]) }
    }
    return Array((text + "}\n").utf8)
  }
}
