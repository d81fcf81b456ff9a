import CNcurses
import SceneGraph
import Session

/// What ncurses read: one character, one key code, one mouse report, or nothing for now.
enum KeyReading: Hashable {
  case character(Unicode.Scalar)
  case function(Int)
  case mouse(MouseEvent.Kind, GridPoint)
  case nothing
}

/// Readings become keys, clicks and pastes. Holds what is not finished: an ESC that may be alt, a paste, a click that
/// may be the first of two.
struct KeyDecoder {
  static let pasteByteLimit = 1 << 20
  /// Two presses on one cell within this time are a double click.
  static let doubleClickMs = 400

  private var sawEscape = false
  private var paste: [UInt8]?
  private var lastClick: (point: GridPoint, timeMs: Int)?

  /// - Parameter nowMs: of a clock that never goes back; only differences count.
  mutating func decode(_ reading: KeyReading, nowMs: Int) -> [TerminalInput] {
    if paste != nil { return continuePaste(reading) }
    switch reading {
    case .nothing:
      return takeEscape()
    case .mouse(let kind, let point):
      return takeEscape() + [.mouse(mouse(kind, point, nowMs: nowMs))]
    case .function(KeyCode.pasteStart):
      paste = []
      return takeEscape()
    case .function(let code):
      let escape = sawEscape
      sawEscape = false
      guard var stroke = KeyCode.stroke(code) else { return escape ? [.key(KeyStroke(.escape))] : [] }
      if escape { stroke = KeyStroke(stroke.key, control: stroke.control, alt: true, shift: stroke.shift) }
      return [.key(stroke)]
    case .character("\u{1B}"):
      let earlier = takeEscape()
      sawEscape = true
      return earlier
    case .character(let scalar):
      let alt = sawEscape
      sawEscape = false
      return [.key(Self.stroke(scalar, alt: alt))]
    }
  }

  private mutating func takeEscape() -> [TerminalInput] {
    defer { sawEscape = false }
    return sawEscape ? [.key(KeyStroke(.escape))] : []
  }

  /// Newlines arrive as CR, because the terminal is in raw mode; a paste has them as LF.
  private mutating func continuePaste(_ reading: KeyReading) -> [TerminalInput] {
    switch reading {
    case .function(KeyCode.pasteEnd):
      defer { paste = nil }
      return [.paste(paste ?? [])]
    case .character(let scalar):
      let bytes = scalar == "\r" ? [0x0A] : Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      if let count = paste?.count, count + bytes.count <= Self.pasteByteLimit {
        paste?.append(contentsOf: bytes)
      }
    case .function, .mouse, .nothing:
      break
    }
    return []
  }

  private mutating func mouse(_ kind: MouseEvent.Kind, _ point: GridPoint, nowMs: Int) -> MouseEvent {
    guard kind == .click else { return MouseEvent(kind, at: point) }
    if let last = lastClick, last.point == point, nowMs - last.timeMs <= Self.doubleClickMs {
      lastClick = nil
      return MouseEvent(.doubleClick, at: point)
    }
    lastClick = (point, nowMs)
    return MouseEvent(.click, at: point)
  }

  static func stroke(_ scalar: Unicode.Scalar, alt: Bool) -> KeyStroke {
    switch scalar.value {
    case 0x0D: KeyStroke(.enter, alt: alt)
    case 0x09: KeyStroke(.tab, alt: alt)
    case 0x08, 0x7F: KeyStroke(.backspace, alt: alt)
    case 0x00: KeyStroke(.character(" "), control: true, alt: alt)
    case 0x01...0x1A:
      KeyStroke(.character(Unicode.Scalar(UInt8(scalar.value) + 0x60)), control: true, alt: alt)
    case 0x1C...0x1F:
      KeyStroke(.character(Unicode.Scalar(UInt8(scalar.value) + 0x40)), control: true, alt: alt)
    default: KeyStroke(.character(scalar), alt: alt)
    }
  }
}

/// Codes of keys: those of ncurses, and ours for what terminfo has no names for.
enum KeyCode {
  static let pasteStart = Int(CN_KEY_FIRST)
  static let pasteEnd = pasteStart + 1
  /// The terminal's answer to DSR 5 (ECMA-48 8.3.35): it has come so far.
  static let ready = pasteStart + 2
  private static let firstSequence = pasteStart + 16

  static func stroke(_ code: Int) -> KeyStroke? {
    if code >= firstSequence, code - firstSequence < sequences.count {
      return sequences[code - firstSequence].stroke
    }
    if let key = named[Int32(truncatingIfNeeded: code)] { return key }
    let first = Int(cn_key_f(1))
    return (first..<first + 24).contains(code) ? KeyStroke(.function(code - first + 1)) : nil
  }

  /// Tells ncurses our sequences; they win over terminfo's, which may be of another terminal (a fallback TERM).
  static func define() {
    cn_define_key("\u{1B}[200~", Int32(pasteStart))
    cn_define_key("\u{1B}[201~", Int32(pasteEnd))
    cn_define_key("\u{1B}[0n", Int32(ready))
    for (index, sequence) in sequences.enumerated() {
      cn_define_key(sequence.bytes, Int32(firstSequence + index))
    }
  }

  private static let named: [Int32: KeyStroke] = [
    KEY_UP: KeyStroke(.up), KEY_DOWN: KeyStroke(.down), KEY_LEFT: KeyStroke(.left),
    KEY_RIGHT: KeyStroke(.right),
    KEY_HOME: KeyStroke(.home), KEY_END: KeyStroke(.end), KEY_PPAGE: KeyStroke(.pageUp),
    KEY_NPAGE: KeyStroke(.pageDown), KEY_ENTER: KeyStroke(.enter), KEY_BACKSPACE: KeyStroke(.backspace),
    KEY_DC: KeyStroke(.delete), KEY_IC: KeyStroke(.insert), KEY_BTAB: KeyStroke(.tab, shift: true),
    KEY_SLEFT: KeyStroke(.left, shift: true), KEY_SRIGHT: KeyStroke(.right, shift: true),
    KEY_SR: KeyStroke(.up, shift: true), KEY_SF: KeyStroke(.down, shift: true),
    KEY_SHOME: KeyStroke(.home, shift: true), KEY_SEND: KeyStroke(.end, shift: true),
    KEY_SPREVIOUS: KeyStroke(.pageUp, shift: true), KEY_SNEXT: KeyStroke(.pageDown, shift: true),
    KEY_SDC: KeyStroke(.delete, shift: true), KEY_SIC: KeyStroke(.insert, shift: true),
  ]

  /// xterm's sequences, plain and with modifiers: `CSI 1 ; m A`, `CSI 5 ; m ~` (ctlseqs, "PC-Style Function Keys").
  private static let sequences: [(bytes: String, stroke: KeyStroke)] = {
    let letters: [(String, KeyStroke.Key)] = [
      ("A", .up), ("B", .down), ("C", .right), ("D", .left), ("H", .home), ("F", .end), ("P", .function(1)),
      ("Q", .function(2)), ("R", .function(3)), ("S", .function(4)),
    ]
    let numbers: [(Int, KeyStroke.Key)] = [
      (1, .home), (2, .insert), (3, .delete), (4, .end), (5, .pageUp), (6, .pageDown), (7, .home), (8, .end),
      (11, .function(1)), (12, .function(2)), (13, .function(3)), (14, .function(4)), (15, .function(5)),
      (17, .function(6)), (18, .function(7)), (19, .function(8)), (20, .function(9)), (21, .function(10)),
      (23, .function(11)), (24, .function(12)),
    ]
    var sequences: [(bytes: String, stroke: KeyStroke)] = [("\u{1B}[Z", KeyStroke(.tab, shift: true))]
    for (letter, key) in letters {
      sequences.append(("\u{1B}O\(letter)", KeyStroke(key)))
      if case .function = key {} else { sequences.append(("\u{1B}[\(letter)", KeyStroke(key))) }
      for modifier in 2...8 { sequences.append(("\u{1B}[1;\(modifier)\(letter)", modified(key, modifier))) }
    }
    for (number, key) in numbers {
      sequences.append(("\u{1B}[\(number)~", KeyStroke(key)))
      for modifier in 2...8 { sequences.append(("\u{1B}[\(number);\(modifier)~", modified(key, modifier))) }
    }
    return sequences
  }()

  /// xterm counts modifiers from 1: shift 1, alt 2, control 4.
  private static func modified(_ key: KeyStroke.Key, _ modifier: Int) -> KeyStroke {
    let bits = modifier - 1
    return KeyStroke(key, control: bits & 4 != 0, alt: bits & 2 != 0, shift: bits & 1 != 0)
  }
}
