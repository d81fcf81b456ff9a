import Preferences

/// What is switched on while the screen is ours, and off when it is not (xterm ctlseqs).
struct TerminalModes: Sendable {
  let on: [UInt8]
  let off: [UInt8]

  /// - Parameter mayAsk: the terminal understands private modes beyond the oldest.
  init(mouse: MouseChoice, mayAsk: Bool, followsBackground: Bool) {
    // 2004, bracketed paste: a pasted text is no string of commands.
    var on = "\u{1B}[?2004h"
    var off = "\u{1B}[?2004l"
    if mayAsk {
      switch mouse {
      case .off: break
      case .wheel:
        // 1007, alternate scroll: the wheel sends arrow keys, and the mouse stays the terminal's. Saved and put back,
        // for there are terminals in which it is always on.
        on += "\u{1B}[?1007s\u{1B}[?1007h"
        off = "\u{1B}[?1007r" + off
      case .on:
        // 1000 and 1006: presses and the wheel, with numbers of any size.
        on += "\u{1B}[?1000h\u{1B}[?1006h"
        off = "\u{1B}[?1006l\u{1B}[?1000l" + off
      }
      if followsBackground {
        // 2031: the terminal tells when the person changes to dark or light.
        on += "\u{1B}[?2031h"
        off = "\u{1B}[?2031l" + off
      }
    }
    self.on = Array(on.utf8)
    self.off = Array(off.utf8)
  }
}
