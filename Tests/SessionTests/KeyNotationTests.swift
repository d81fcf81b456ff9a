import Session
import Testing

@Test(arguments: [
  ("j", KeyStroke(.character("j"))), ("J", KeyStroke(.character("J"))), ("é", KeyStroke(.character("é"))),
  ("ret", KeyStroke(.enter)), ("space", KeyStroke(.character(" "))), ("f12", KeyStroke(.function(12))),
  ("C-o", KeyStroke(.character("o"), control: true)), ("A-x", KeyStroke(.character("x"), alt: true)),
  ("S-left", KeyStroke(.left, shift: true)),
  ("C-A-S-f1", KeyStroke(.function(1), control: true, alt: true, shift: true)),
  ("C--", KeyStroke(.character("-"), control: true)), ("-", KeyStroke(.character("-"))),
  ("C-space", KeyStroke(.character(" "), control: true)), ("U+200E", KeyStroke(.character("\u{200E}"))),
  ("A-pgdn", KeyStroke(.pageDown, alt: true)), ("C", KeyStroke(.character("C"))),
])
func `a stroke reads and prints in keymap notation`(notation: String, stroke: KeyStroke) throws {
  #expect(try KeyStroke(notation: notation) == stroke)
  #expect(stroke.notation == notation)
}

@Test(arguments: [
  ("C-i", "tab"), ("C-m", "ret"), ("C-[", "esc"), ("S-a", "A"), ("C-O", "C-o"), ("S-C-left", "C-S-left"),
  ("A-C-i", "A-tab"), ("A-S-x", "A-X"), ("U+0001", "C-a"), ("U+0000", "C-space"), ("U+001F", "C-_"),
  ("U+0041", "A"), ("C-S-i", "S-tab"), ("U+007F", "backspace"),
])
func `strokes a terminal cannot tell apart are one`(written: String, normal: String) throws {
  #expect(try KeyStroke(notation: written).notation == normal)
}

@Test func `every key is read back from its notation`() throws {
  let keys: [KeyStroke.Key] =
    [
      .enter, .escape, .tab, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end, .pageUp,
      .pageDown,
    ] + (1...24).map { .function($0) }
    + (0...0x2FF).compactMap { Unicode.Scalar($0 as UInt32).map { .character($0) } }
  for key in keys {
    for bits in 0..<8 {
      let stroke = KeyStroke(key, control: bits & 1 != 0, alt: bits & 2 != 0, shift: bits & 4 != 0)
      #expect(try KeyStroke(notation: stroke.notation) == stroke, "\(stroke)")
    }
  }
}

@Test(arguments: [
  ("g t", ["g", "t"]), ("]e", ["]", "e"]), ("!!", ["!", "!"]), ("gg", ["g", "g"]), ("", []),
  ("  j   k ", ["j", "k"]),
  ("j j ret C-o", ["j", "j", "ret", "C-o"]), ("jjjj", ["j", "j", "j", "j"]), ("-=", ["-", "="]),
  ("up", ["up"]),
  ("g C-i", ["g", "tab"]), ("f", ["f"]), ("fx", ["f", "x"]),
])
func `a sequence is strokes with blanks between, or a run of characters`(written: String, strokes: [String])
  throws
{
  #expect(try KeyStroke.sequence(notation: written).map(\.notation) == strokes)
}

@Test(arguments: [
  ("g enter", "keys 'g enter', character 3: no key is called 'enter'; did you mean 'ret'?"),
  ("pgdwn", "keys 'pgdwn', character 1: no key is called 'pgdwn'; did you mean 'pgdn'?"),
  ("C-lefft", "keys 'C-lefft', character 1: no key is called 'lefft'; did you mean 'C-left'?"),
  ("j C-", "keys 'j C-', character 3: a key is missing after 'C-'"),
  ("f25", "keys 'f25', character 1: function keys go from f1 to f24"),
  ("f0", "keys 'f0', character 1: function keys go from f1 to f24"),
  ("UP", "keys 'UP', character 1: no key is called 'UP'; did you mean 'up'?"),
  ("C-C-a", "keys 'C-C-a', character 1: 'C-' stands twice in 'C-C-a'"),
  (
    "S-1",
    "keys 'S-1', character 1: shift has no effect of its own on '1'; write the character that is typed"
  ),
  ("<leader>", "keys '<leader>', character 1: no key is called '<leader>'"),
  ("C-gg", "keys 'C-gg', character 1: no key is called 'gg'"),
  ("U+D800", "keys 'U+D800', character 1: no key is called 'U+D800'"),
])
func `a wrong key says where and what was meant`(written: String, message: String) {
  #expect { try KeyStroke.sequence(notation: written) } throws: { "\($0)" == message }
}
