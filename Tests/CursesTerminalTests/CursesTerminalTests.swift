import CellCanvas
import Foundation
import Preferences
import SceneGraph
import Session
import Testing

@testable import CursesTerminal

@Suite struct `Readings become keys` {
  @Test func `control codes are the keys that send them`() {
    #expect(
      keys("\r\t\u{7F}\u{8}\u{0}\u{1}\u{1A}\u{1C}\u{1F}q")
        == "ret tab backspace backspace C-space C-a C-z C-\\ C-_ q")
  }

  @Test func `an ESC and a key at once are alt, an ESC alone is escape`() {
    var decoder = KeyDecoder()
    #expect(decoder.decode(.character("\u{1B}"), nowMs: 0).isEmpty)
    #expect(decoder.decode(.character("x"), nowMs: 0) == [.key(KeyStroke(.character("x"), alt: true))])
    #expect(decoder.decode(.character("\u{1B}"), nowMs: 1).isEmpty)
    #expect(decoder.decode(.nothing, nowMs: 1) == [.key(KeyStroke(.escape))])
    #expect(decoder.decode(.nothing, nowMs: 2).isEmpty)
  }

  @Test func `two ESC are two escapes`() {
    var decoder = KeyDecoder()
    let readings: [KeyReading] = [.character("\u{1B}"), .character("\u{1B}"), .nothing]
    let inputs = readings.flatMap { decoder.decode($0, nowMs: 0) }
    #expect(inputs == [.key(KeyStroke(.escape)), .key(KeyStroke(.escape))])
  }

  @Test func `letters of any language are keys`() {
    #expect(keys("äß支") == "ä ß 支")
  }

  @Test func `a paste is one input with its newlines, whatever is in it`() {
    var decoder = KeyDecoder()
    let readings: [KeyReading] =
      [.pasteStart] + "q\r\u{1B}x ü".unicodeScalars.map { .character($0) } + [
        .nothing, .pasteEnd, .character("q"),
      ]
    let inputs = readings.flatMap { decoder.decode($0, nowMs: 0) }
    #expect(inputs == [.paste(Array("q\n\u{1B}x ü".utf8)), .key(KeyStroke(.character("q")))])
  }

  @Test func `a paste without end is bounded`() {
    var decoder = KeyDecoder()
    _ = decoder.decode(.pasteStart, nowMs: 0)
    for _ in 0..<KeyDecoder.pasteByteLimit + 100 { _ = decoder.decode(.character("a"), nowMs: 0) }
    let inputs = decoder.decode(.pasteEnd, nowMs: 0)
    #expect(inputs == [.paste(Array(repeating: UInt8(ascii: "a"), count: KeyDecoder.pasteByteLimit))])
  }

  @Test func `two quick presses on one cell are a double click, the third is a click`() {
    let here = GridPoint(column: 3, row: 4)
    var decoder = KeyDecoder()
    let times = [0, 200, 300, 900]
    let inputs = times.flatMap { decoder.decode(.mouse(.click, here), nowMs: $0) }
    #expect(inputs == [.click, .doubleClick, .click, .click].map { .mouse(MouseEvent($0, at: here)) })
    let elsewhere = decoder.decode(.mouse(.click, GridPoint(column: 9, row: 4)), nowMs: 950)
    #expect(elsewhere == [.mouse(MouseEvent(.click, at: GridPoint(column: 9, row: 4)))])
  }

  private func keys(_ text: String) -> String {
    var decoder = KeyDecoder()
    let inputs = text.unicodeScalars.flatMap { decoder.decode(.character($0), nowMs: 0) }
    return inputs.map { if case .key(let stroke) = $0 { stroke.notation } else { "?" } }.joined(
      separator: " ")
  }
}

@Suite struct `What a terminal is given` {
  @Test func `a TERM nobody knows falls back, and the notice says so`() {
    let choice = TerminalChoice(environment: { ["TERM": "xterm-ghostty"][$0] })
    #expect(
      choice.notice(used: "xterm-256color", depth: .colors256, requested: nil)
        == "TERM xterm-ghostty is unknown here, using xterm-256color")
    #expect(choice.notice(used: "xterm-ghostty", depth: .colors256, requested: nil) == nil)
  }

  @Test func `inside a multiplexer the fallback is a multiplexer's`() {
    let choice = TerminalChoice(environment: { ["TERM": "tmux-256color"][$0] })
    let names = choice.candidates(requested: nil).map(\.name)
    #expect(names == ["tmux-256color", "screen-256color", "screen", "vt100"])
  }

  @Test func `truecolor needs a promise, a description and no network, or a flag`() {
    let local = TerminalChoice(environment: { ["TERM": "xterm-256color", "COLORTERM": "truecolor"][$0] })
    #expect(local.candidates(requested: nil).first?.name == "xterm-direct")
    #expect(local.candidates(requested: .colors256).first?.name == "xterm-256color")
    let remote = TerminalChoice(
      environment: { ["TERM": "xterm-256color", "COLORTERM": "truecolor", "SSH_TTY": "/dev/pts/1"][$0] })
    #expect(remote.candidates(requested: nil).first?.name == "xterm-256color")
    #expect(remote.candidates(requested: .truecolor).first?.name == "xterm-direct")
    #expect(remote.escapeDelayMs == 100 && local.escapeDelayMs == 25)
  }

  @Test func `a flag wins over NO_COLOR, which wins over the terminal`() {
    let plain = TerminalChoice(environment: { ["NO_COLOR": "1"][$0] })
    let empty = TerminalChoice(environment: { ["NO_COLOR": ""][$0] })
    #expect(plain.depth(requested: nil, colors: 256, hasRGB: false) == .mono)
    #expect(plain.depth(requested: .colors16, colors: 256, hasRGB: false) == .colors16)
    #expect(empty.depth(requested: nil, colors: 256, hasRGB: false) == .colors256)
    #expect(empty.depth(requested: .truecolor, colors: 256, hasRGB: false) == .colors256)
    #expect(empty.depth(requested: nil, colors: 1 << 24, hasRGB: true) == .truecolor)
    #expect(empty.depth(requested: nil, colors: 8, hasRGB: false) == .colors16)
    #expect(empty.depth(requested: .colors256, colors: 0, hasRGB: false) == .mono)
  }

  @Test func `terminals and locales without line drawing get ASCII`() {
    func glyphs(_ term: String, isUTF8: Bool) -> GlyphSet {
      TerminalChoice(environment: { $0 == "TERM" ? term : nil }).glyphs(isUTF8: isUTF8)
    }
    #expect(glyphs("xterm-256color", isUTF8: true) == .safe)
    #expect(glyphs("xterm-256color", isUTF8: false) == .ascii)
    #expect(glyphs("vt100", isUTF8: true) == .ascii)
    #expect(glyphs("linux", isUTF8: true) == .ascii)
  }
}

@Suite struct `Colour pairs are few` {
  @Test func `a pair is defined once and keeps its number`() {
    var pairs = ColorPairs(count: 64)
    var defined: [Int] = []
    pairs.startFrame()
    for _ in 0..<3 {
      #expect(
        pairs.number(of: .init(foreground: 1, background: 2)) { number, _ in defined.append(number) } == 1)
    }
    #expect(pairs.number(of: .init(foreground: -1, background: -1)) { _, _ in } == 0)
    #expect(defined == [1])
  }

  @Test func `the pair unused for longest makes room, those of this frame stay`() {
    var pairs = ColorPairs(count: 4)
    func number(_ color: Int32) -> Int {
      pairs.number(of: .init(foreground: color, background: -1)) { _, _ in }
    }
    pairs.startFrame()
    #expect([10, 11, 12].map(number) == [1, 2, 3])
    pairs.startFrame()
    #expect([10, 12].map(number) == [1, 3])
    #expect(number(13) == 2)
    #expect(number(14) == 0, "all three are on screen")
    pairs.startFrame()
    #expect(number(11) != 0)
  }

  @Test func `a terminal without colours has no pairs`() {
    var pairs = ColorPairs(count: 0)
    pairs.startFrame()
    #expect(pairs.number(of: .init(foreground: 1, background: 2)) { _, _ in Issue.record("defined") } == 0)
  }
}

@Suite struct `A grapheme takes the columns it claims` {
  @Test(
    arguments: [
      ("a", 1, [["a"]]), ("支", 2, [["支"]]), ("e\u{323}", 1, [["e", "\u{323}"]]),
      // A family joined by ZWJ, a flag, a character the C library does not know, a variation selector.
      ("👨‍👩‍👧", 2, [["👨"]]), ("\u{1F1E9}\u{1F1EA}", 2, [["\u{1F1E9}"], ["\u{1F1EA}"]]),
      ("\u{1FAE9}", 2, [["\u{FFFD}"], [" "]]), ("☎\u{FE0F}", 2, [["☎"], [" "]]),
    ] as [(String, Int, [[Unicode.Scalar]])])
  func `whatever the C library thinks of it`(text: String, columns: Int, expected: [[Unicode.Scalar]]) {
    let cell = Cell(Character(text), width: UInt8(columns))
    #expect(CursesScreen.spelling(of: cell, isUTF8: true, width: glibcWidth) == expected)
  }

  @Test func `a locale without UTF-8 gets a question mark of the same width`() {
    #expect(
      CursesScreen.spelling(of: Cell("支", width: 2), isUTF8: false, width: glibcWidth) == [["?"], ["?"]])
  }

  /// As glibc 2.36 answers for these.
  private func glibcWidth(_ scalar: Unicode.Scalar) -> Int {
    switch scalar {
    case "支", "👨", "👩", "👧": 2
    case "\u{323}", "\u{200D}", "\u{FE0F}": 0
    case "\u{1FAE9}": -1
    default: 1
    }
  }
}

@Suite struct `Copying goes through the terminal` {
  @Test func `base64 is Foundation's`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 250) }
      #expect(String(decoding: Clipboard.base64(bytes), as: UTF8.self) == Data(bytes).base64EncodedString())
    }
  }

  @Test func `tmux gets the sequence bare and in its own wrapping`() {
    let bare = "\u{1B}]52;c;aGk=\u{7}"
    #expect(text(Clipboard.sequence(copying: Array("hi".utf8), insideTmux: false)) == bare)
    let wrapped = "\u{1B}Ptmux;\u{1B}\u{1B}]52;c;aGk=\u{7}\u{1B}\\"
    #expect(text(Clipboard.sequence(copying: Array("hi".utf8), insideTmux: true)) == bare + wrapped)
  }

  @Test func `more than terminals take is refused whole`() {
    #expect(Clipboard.sequence(copying: Array(repeating: 65, count: 74_994), insideTmux: false) != nil)
    #expect(Clipboard.sequence(copying: Array(repeating: 65, count: 74_995), insideTmux: false) == nil)
  }

  private func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }
}

@Test func `without a terminal the refusal says what to do instead`() {
  let error = CursesTerminalError.noTerminal(reason: "stdout is none")
  #expect("\(error)" == "no terminal to draw on: stdout is none; `triptych frame` prints one frame anywhere")
  #expect("\(CursesTerminalError.noDescription(term: "dumb"))".contains("TERM 'dumb'"))
}
