/// Terminal columns of a grapheme: 0, 1 or 2.
func displayWidth(of text: Character) -> Int {
  guard let first = text.unicodeScalars.first else { return 0 }
  if first.value < 0x7f { return first.value < 0x20 ? 0 : 1 }
  switch first.value {
  case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff,
    0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f1e6...0x1f1ff, 0x20000...0x3fffd:
    return 2
  default: break
  }
  if first.properties.isEmojiPresentation { return 2 }
  switch first.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .control: return 0
  default: return 1
  }
}
