// Session: command -> state -> scene, the only place where state changes.
// Pure: no clock, no randomness, no file, no socket, no thread, no Dictionary order.

/// One key as a person names it. Text form (keymaps, `--keys`, help): `j`, `J`, `ret`, `esc`, `tab`, `space`, `up`,
/// `pgdn`, `f12`, `C-o`, `A-x`, `S-left`. Sequences are strokes separated by blanks: `g t`.
public struct KeyStroke: Hashable, Sendable {
  public enum Key: Hashable, Sendable {
    case character(Unicode.Scalar)
    case enter, escape, tab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    case function(Int)
  }

  public var key: Key
  public var control: Bool
  public var alt: Bool
  /// Only with keys that have no shifted character of their own (arrows, tab, function keys).
  public var shift: Bool

  public init(_ key: Key, control: Bool = false, alt: Bool = false, shift: Bool = false) {
    self.key = key
    self.control = control
    self.alt = alt
    self.shift = shift
  }
}
