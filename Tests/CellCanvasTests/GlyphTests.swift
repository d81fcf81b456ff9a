import Preferences
import Testing

@testable import CellCanvas

@Suite struct `A cell keeps what it was given` {
  @Test(arguments: ["a", " ", "~", "é", "e\u{301}", "·", "┃", "支", "👨", "\u{1F1E9}\u{1F1EA}", "क्षि"])
  func `a grapheme comes back as it was`(text: String) throws {
    let glyph = Glyph(Character(text))
    #expect(String(glyph.character).utf8.elementsEqual(text.utf8))
    #expect(glyph.byteCount == text.utf8.count)
    #expect(glyph.withUTF8 { Array($0) } == Array(text.utf8))
    let scalars = Array(text.unicodeScalars)
    #expect(glyph.onlyScalar == (scalars.count == 1 ? scalars[0] : nil))
    #expect(glyph.asciiValue == (text.utf8.count == 1 ? text.utf8.first : nil))
  }

  @Test(arguments: ["e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}", "👨\u{200D}👩\u{200D}👧"])
  func `a tower of marks and a chain of joined signs keep what takes columns`(text: String) {
    let glyph = Glyph(Character(text))
    #expect(glyph.byteCount <= Glyph.byteLimit)
    #expect(glyph.character.unicodeScalars.first == text.unicodeScalars.first)
  }

  @Test func `every style comes back, and different styles have different words`() {
    let colors: [Color] = [
      .terminal, .palette(0), .palette(1), .palette(255), .rgb(red: 0, green: 0, blue: 0),
      .rgb(red: 0, green: 0, blue: 1), .rgb(red: 255, green: 254, blue: 253),
    ]
    var words: Set<PackedStyle> = []
    var count = 0
    for foreground in colors {
      for background in colors {
        for modifiers in [Modifiers(), .bold, .reverse, [.dim, .italic, .underline]] {
          let style = CellStyle(foreground: foreground, background: background, modifiers: modifiers)
          for width in [0, 1, 2] as [UInt8] {
            let cell = Cell("x", width: width, style: style)
            #expect(cell.style == style && cell.width == width && cell.text == "x")
          }
          words.insert(PackedStyle(style))
          count += 1
        }
      }
    }
    #expect(words.count == count)
  }
}
