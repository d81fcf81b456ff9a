// Session: command -> state -> scene, the only place where state changes.
// Pure: no clock, no randomness, no file, no socket, no thread, no Dictionary order.

/// One key as a person names it. Text form (keymaps, `--keys`, help): `j`, `J`, `ret`, `esc`, `tab`, `space`, `up`,
/// `pgdn`, `f12`, `C-o`, `A-x`, `S-left`. Sequences are strokes separated by blanks: `g t`.
///
/// Strokes that a terminal cannot tell apart are one value: `C-i` is `tab`, `C-m` is `ret`, `C-[` is `esc`, `S-a` is
/// `A`, `C-A` is `C-a`, and the character U+0001 is `C-a`.
public struct KeyStroke: Hashable, Sendable {
  public enum Key: Hashable, Sendable {
    case character(Unicode.Scalar)
    case enter, escape, tab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    /// 1 to 24.
    case function(Int)
  }

  public let key: Key
  public let control: Bool
  public let alt: Bool
  /// Only with keys that have no shifted character of their own (arrows, tab, function keys).
  public let shift: Bool

  public init(_ key: Key, control: Bool = false, alt: Bool = false, shift: Bool = false) {
    self.alt = alt
    guard case .character(let typed) = key else {
      (self.key, self.control, self.shift) = (key, control, shift)
      return
    }
    let (scalar, control) = Self.withoutControlCode(typed, control: control)
    switch (scalar, control) {
    case ("\t", _), ("i", true), ("I", true): (self.key, self.control, self.shift) = (.tab, false, shift)
    case ("\r", _), ("m", true), ("M", true): (self.key, self.control, self.shift) = (.enter, false, shift)
    case ("\u{1B}", _), ("[", true): (self.key, self.control, self.shift) = (.escape, false, shift)
    case ("\u{7F}", _): (self.key, self.control, self.shift) = (.backspace, control, shift)
    default:
      let cased = control ? Self.lowerCase(scalar) : shift ? Self.upperCase(scalar) : scalar
      (self.key, self.control, self.shift) = (.character(cased), control, false)
    }
  }

  /// The key that sends a control code, with control held: U+0001 is `a`.
  private static func withoutControlCode(
    _ scalar: Unicode.Scalar, control: Bool
  ) -> (Unicode.Scalar, Bool) {
    switch scalar.value {
    case 0x09, 0x0D, 0x1B: (scalar, control)
    case 0x00: (" ", true)
    case 0x01...0x1A: (Unicode.Scalar(UInt8(scalar.value) + 0x60), true)
    case 0x1C...0x1F: (Unicode.Scalar(UInt8(scalar.value) + 0x40), true)
    default: (scalar, control)
    }
  }

  /// Unchanged where the other case is no single character (ß).
  static func upperCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let mapped = scalar.properties.uppercaseMapping.unicodeScalars
    return mapped.count == 1 ? mapped.first ?? scalar : scalar
  }

  private static func lowerCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let mapped = scalar.properties.lowercaseMapping.unicodeScalars
    return mapped.count == 1 ? mapped.first ?? scalar : scalar
  }
}
