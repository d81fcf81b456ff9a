import SceneGraph
import Session

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
    case .pasteStart:
      paste = []
      return takeEscape()
    case .pasteEnd, .reply:
      return takeEscape()
    case .key(var stroke):
      if sawEscape { stroke = KeyStroke(stroke.key, control: stroke.control, alt: true, shift: stroke.shift) }
      sawEscape = false
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
    case .pasteEnd:
      defer { paste = nil }
      return [.paste(paste ?? [])]
    case .character(let scalar):
      let bytes = scalar == "\r" ? [0x0A] : Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      if let count = paste?.count, count + bytes.count <= Self.pasteByteLimit {
        paste?.append(contentsOf: bytes)
      }
    case .key, .mouse, .pasteStart, .reply, .nothing:
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
