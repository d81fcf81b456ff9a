import Preferences
import SceneGraph
import Session
import Testing

@testable import CursesTerminal

/// The input side of a terminal with a clock of its own.
private struct Typist {
  var reader: KeyReader
  var nowMs = 0
  private(set) var inputs: [TerminalInput] = []

  init(isUTF8: Bool = true, capability: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }) {
    reader = KeyReader(keys: { KeyTable(capability: capability) }, isUTF8: isUTF8, escapeDelayMs: 25)
  }

  mutating func type(_ bytes: some Sequence<UInt8>) { inputs += reader.take(bytes, nowMs: nowMs) }
  mutating func type(_ text: String) { type(Array(text.utf8)) }

  /// As the terminal's thread does: it wakes when silence decides something.
  mutating func wait(ms: Int) {
    let endMs = nowMs + ms
    while let waitMs = reader.waitMs(nowMs: nowMs), nowMs + waitMs <= endMs {
      nowMs += max(1, waitMs)
      inputs += reader.take([], nowMs: nowMs)
    }
    nowMs = max(nowMs, endMs)
  }

  var words: String { inputs.map(\.words).joined(separator: " ") }
}

extension TerminalInput {
  fileprivate var words: String {
    switch self {
    case .key(let stroke): stroke.notation
    case .mouse(let event): "\(event.kind)@\(event.point.column),\(event.point.row)"
    case .paste(let bytes): "paste(\(String(decoding: bytes, as: UTF8.self)))"
    case .background(let appearance): "<\(appearance.rawValue)>"
    case .resize, .slowLine, .hangUp, .terminate: "?"
    }
  }
}

private func words(_ text: String) -> String {
  var typist = Typist()
  typist.type(text)
  typist.wait(ms: 10_000)
  return typist.words
}

@Suite struct `Bytes become keys` {
  @Test(arguments: [
    ("q", "q"), ("\r\t\u{7F}\u{1}", "ret tab backspace C-a"), ("\u{1B}", "esc"), ("\u{1B}\u{1B}", "esc esc"),
    ("\u{1B}x", "A-x"), ("\u{1B}[A\u{1B}OB", "up down"), ("\u{1B}[1;2C", "S-right"),
    ("\u{1B}[5;5~", "C-pgup"),
    ("\u{1B}\u{1B}[A", "A-up"), ("\u{1B}[Z", "S-tab"), ("\u{1B}OP\u{1B}[24~", "f1 f12"),
    ("\u{1B}[<0;11;6M\u{1B}[<0;11;6m", "click@10,5"), ("\u{1B}[<65;3;4M", "wheelDown@2,3"),
    ("\u{1B}[M !!", "click@0,0"), ("äß支", "ä ß 支"),
    ("\u{1B}[200~q\r\u{1B}[Ax\u{1B}[201~q", "paste(q\n\u{1B}[Ax) q"),
    ("\u{1B}[", "A-["), ("\u{1B}O", "A-O"), ("\u{1B}]", "A-]"), ("\u{1B}]j", "A-] j"), ("\u{1B}P", "A-P"),
  ])
  func `as xterm sends them`(bytes: String, expected: String) {
    #expect(words(bytes) == expected)
  }

  @Test func `a sequence nobody knows is dropped whole, and the next key is not`() {
    #expect(words("\u{1B}[99;7Xq") == "q")
    #expect(words("\u{1B}[?62;4cq") == "q")
    #expect(words("\u{1B}[>41;330;0cq") == "q")
    #expect(words("\u{1B}[Iq\u{1B}[O") == "q")
    #expect(words("\u{1B}P>|foot(1.16)\u{1B}\\q") == "q")
    #expect(words("\u{1B}]52;c;aGk=\u{7}q") == "q")
  }

  @Test func `bytes that are no UTF-8 are one replacement each, never a trap`() {
    #expect(words("a") == "a")
    var typist = Typist()
    typist.type([0xFF, 0xC3, 0x28, 0xE6, 0x94])
    typist.wait(ms: 1000)
    #expect(typist.words == "\u{FFFD} \u{FFFD} ( \u{FFFD} \u{FFFD}")
  }

  @Test func `a terminal of another make is known by its description`() {
    // The Linux console's F1, rxvt's control with End.
    var typist = Typist { ["kf1": Array("\u{1B}[[A".utf8), "kEND": Array("\u{1B}[8$".utf8)][$0] }
    typist.type("\u{1B}[[A\u{1B}[8$x")
    #expect(typist.words == "f1 S-end x")
  }

  @Test func `a key in two pieces is one key`() {
    var typist = Typist()
    for byte in "\u{1B}[1;5D".utf8 {
      typist.type([byte])
      typist.wait(ms: 20)
    }
    #expect(typist.words == "C-left")
  }
}

@Suite struct `Replies are never keys` {
  @Test(arguments: [
    ("\u{1B}]11;rgb:1e1e/1e1e/2e2e\u{1B}\\", "<dark>"), ("\u{1B}]11;rgb:ffff/ffff/ffff\u{7}", "<light>"),
    ("\u{1B}]11;rgba:fafa/f0f0/e6e6/ffff\u{1B}\\", "<light>"), ("\u{1B}]11;#002b36\u{7}", "<dark>"),
    ("\u{1B}]11;rgb:f/f/d\u{7}", "<light>"), ("\u{1B}]11;rgb:\u{7}", ""), ("\u{1B}]10;rgb:ff/ff/ff\u{7}", ""),
    ("\u{1B}[?2026;2$y", ""), ("\u{1B}[?997;2n", "<light>"),
  ])
  func `whatever their shape`(bytes: String, expected: String) {
    #expect(words(bytes + "q") == (expected.isEmpty ? "q" : expected + " q"))
  }

  @Test func `a reply that is cut for ever is forgotten, and the key after it counts`() {
    #expect(words("\u{1B}]11;rgb:1e1e/1ej") == "j")
    #expect(words("\u{1B}]11;rgb:1e1e/1e\u{1B}[Aj") == "up j")
    var typist = Typist()
    typist.type("\u{1B}]11;rgb:1e1e")
    typist.wait(ms: 6000)
    typist.type("a")
    #expect(typist.words == "a")
  }

  @Test func `a terminal that is ready is counted, between keys`() {
    var typist = Typist()
    typist.type("j\u{1B}[0nk\u{1B}[0")
    typist.type("n")
    #expect(typist.reader.takeReadyCount() == 2 && typist.reader.takeReadyCount() == 0)
    #expect(typist.words == "j k")
  }

  @Test func `a hint about the scheme asks again where the terminal tells colours`() {
    var typist = Typist()
    #expect(!typist.reader.askBackground().isEmpty)
    #expect(typist.reader.askBackground().isEmpty, "one question at a time")
    typist.type("\u{1B}]11;rgb:00/00/00\u{7}\u{1B}[?62c")
    typist.type("\u{1B}[?997;2n")
    #expect(typist.reader.takeQuestions() == BackgroundQuestion.bytes)
    typist.type("\u{1B}]11;rgb:ff/ff/ff\u{7}\u{1B}[?62c")
    #expect(typist.words == "<dark> <light>")
  }

  @Test func `a terminal that answers only the fence leaves all as it was`() {
    var typist = Typist()
    _ = typist.reader.askBackground()
    typist.type("\u{1B}[?1;2cj")
    #expect(typist.words == "j")
    #expect(!typist.reader.askBackground().isEmpty, "it may be asked again")
  }

  /// Keys and replies in any order, cut anywhere, with any pauses: every key arrives once, in order, and nothing else.
  @Test(arguments: 0..<40)
  func `in any mixture no key is lost and none is made up`(seed: UInt64) {
    var numbers = Numbers(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
    for round in 0..<50 {
      var typist = Typist()
      if numbers.below(2) == 0 { _ = typist.reader.askBackground() }
      var expected: [String] = []
      for _ in 0..<30 {
        let isReply = numbers.below(3) == 0
        let (bytes, meaning) = numbers.pick(isReply ? Self.replies : Self.keys)
        if !meaning.isEmpty { expected.append(meaning) }
        numbers.send(Array(bytes.utf8), isReply: isReply, to: &typist)
        // A person's ESC is alone for longer than a sequence takes; the rest may follow at once.
        typist.wait(ms: bytes == "\u{1B}" ? 26 : numbers.pick([0, 0, 1, 30, 2000]))
      }
      typist.wait(ms: 10_000)
      #expect(typist.words == expected.joined(separator: " "), "seed \(seed), round \(round)")
    }
  }

  private static let keys: [(String, String)] = [
    ("q", "q"), ("j", "j"), ("Q", "Q"), ("\u{1B}", "esc"), ("\r", "ret"), ("]", "]"), ("1", "1"), (";", ";"),
    ("[", "["), ("\u{1B}x", "A-x"), ("\u{1B}[A", "up"), ("\u{1B}OC", "right"), ("\u{1B}[1;2D", "S-left"),
    ("\u{1B}[6~", "pgdn"), ("ü", "ü"), ("支", "支"), ("\u{1B}[<64;3;4M", "wheelUp@2,3"), ("\u{3}", "C-c"),
    ("\u{1B}[200~rgb:q\u{1B}[201~", "paste(rgb:q)"),
  ]

  private static let replies: [(String, String)] = [
    ("\u{1B}]11;rgb:1e1e/1e1e/2e2e\u{1B}\\", "<dark>"), ("\u{1B}]11;rgb:ff/ff/ff\u{7}", "<light>"),
    ("\u{1B}[?62;22c", ""), ("\u{1B}[?2026;2$y", ""), ("\u{1B}[>1;10;0c", ""),
    ("\u{1B}]10;rgb:ffff/0/0\u{7}", ""),
    ("\u{1B}P>|term 1.2\u{1B}\\", ""),
  ]
}

/// xorshift64*: the same mixtures on every machine.
private struct Numbers {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % limit
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  /// In pieces: those of a key come within the escape delay; a reply may take long once it has begun.
  mutating func send(_ bytes: [UInt8], isReply: Bool, to typist: inout Typist) {
    var start = 0
    while start < bytes.count {
      let end = below(2) == 0 ? bytes.count : min(bytes.count, start + 1 + below(4))
      typist.type(bytes[start..<end])
      if end < bytes.count { typist.wait(ms: isReply && end > 5 ? below(900) : below(20)) }
      start = end
    }
  }
}

@Suite struct `The terminal is chosen by what it says of itself` {
  private func choice(_ environment: [String: String]) -> TerminalChoice {
    TerminalChoice(environment: { environment[$0] })
  }

  private func names(_ term: String) -> [String] {
    choice(["TERM": term]).candidates(requested: nil).map { $0.name + ($0.needsAnswer ? "?" : "") }
  }

  @Test(arguments: [
    "xterm-ghostty", "xterm-kitty", "foot", "foot-extra", "wezterm", "rio", "contour", "alacritty",
    "st-256color",
  ])
  func `what does as xterm does is driven as xterm`(term: String) {
    #expect(names(term) == [term, "xterm-256color", "xterm", "vt100"])
  }

  @Test func `others have to answer first`() {
    #expect(names("garbage") == ["garbage", "xterm-256color?", "vt100"])
    #expect(names("") == ["xterm-256color?"])
    #expect(choice([:]).candidates(requested: nil).map(\.needsAnswer) == [true])
    #expect(names("linux-16color") == ["linux-16color", "vt100"])
    #expect(names("dumb") == [])
  }

  @Test(
    arguments: [
      ("xterm-256color", [:], true), ("tmux-256color", [:], true), ("foot", [:], true),
      ("screen", [:], false),
      ("screen", ["TMUX": "/tmp/x"], true), ("linux", [:], false), ("vt100", [:], false),
      ("ansi", [:], false),
      ("screen-256color", ["TERM": "tmux-direct"], true),
    ] as [(String, [String: String], Bool)])
  func `only terminals that understand questions are asked any`(
    used: String, environment: [String: String], expected: Bool
  ) {
    #expect(choice(["TERM": used].merging(environment) { $1 }).mayAsk(used: used) == expected)
  }

  @Test(
    arguments: [
      ("15;0", .dark), ("0;15", .light), ("0;default;15", .light), ("12;8", .dark), ("0;7", .light),
      ("", nil),
      ("15;default", nil), ("0;99", nil),
    ] as [(String, Theme.Appearance?)])
  func `COLORFGBG tells the background by its last number`(value: String, expected: Theme.Appearance?) {
    #expect(choice(["COLORFGBG": value]).backgroundOfVariable == expected)
  }

  @Test func `the mouse is the terminal's unless asked for, and all that is switched on is switched off`() {
    let wheel = TerminalModes(mouse: .wheel, mayAsk: true, followsBackground: true)
    #expect(text(wheel.on) == "\u{1B}[?2004h\u{1B}[?1007s\u{1B}[?1007h\u{1B}[?2031h")
    #expect(text(wheel.off) == "\u{1B}[?2031l\u{1B}[?1007r\u{1B}[?2004l")
    let on = TerminalModes(mouse: .on, mayAsk: true, followsBackground: false)
    #expect(text(on.on) == "\u{1B}[?2004h\u{1B}[?1000h\u{1B}[?1006h")
    #expect(text(on.off) == "\u{1B}[?1006l\u{1B}[?1000l\u{1B}[?2004l")
    #expect(text(TerminalModes(mouse: .on, mayAsk: false, followsBackground: true).on) == "\u{1B}[?2004h")
  }

  @Test func `an answer is found between keys typed ahead, which stay`() throws {
    let bytes = Array("j\u{1B}[?62;4ck\u{1B}".utf8)
    let (replies, rest) = try #require(TerminalCaller.replies(in: bytes))
    #expect(replies == [.attributes])
    #expect(text(rest) == "jk\u{1B}")
    #expect(TerminalCaller.replies(in: Array("jk\u{1B}[?62".utf8)) == nil)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
