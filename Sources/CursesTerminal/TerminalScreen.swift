import CNcurses
import CellCanvas
import Preferences
import SceneGraph

/// The screen as the terminal's thread sees it, whoever presents it: ncurses, which knows every terminal, or the stream,
/// which costs less where the terminal knows enough. Where the stream writes, ncurses keeps the modes and writes nothing.
struct TerminalScreen {
  /// `nil` where the stream writes.
  private var curses: CursesScreen?
  private var stream: StreamScreen?
  private let output: Int32

  /// - Parameters:
  ///   - depth: what ncurses may use where it presents.
  ///   - stream: `nil` leaves the screen to ncurses.
  init(depth: ColorDepth, isUTF8: Bool, stream: StreamScreen?, output: Int32) {
    curses = stream == nil ? CursesScreen(depth: depth, isUTF8: isUTF8) : nil
    self.stream = stream
    self.output = output
    // ncurses says hello before anybody else writes.
    if stream != nil { cn_begin() }
  }

  /// The line is slow: fewer colours help.
  var isSlow: Bool { stream?.isSlow ?? false }

  var statistics: OutputStatistics { stream?.statistics ?? OutputStatistics() }

  mutating func show(_ frame: CellFrame) {
    if stream != nil { stream?.show(frame) } else { curses?.draw(frame) }
  }

  mutating func send(_ bytes: [UInt8]) {
    if stream != nil { stream?.send(bytes) } else { TerminalOutput.write(bytes, to: output) }
  }

  /// Sends what the terminal takes; never waits.
  mutating func work(_ extent: GridExtent, nowMs: Int) { stream?.work(extent, nowMs: nowMs) }

  mutating func takeAnswer(nowMs: Int) { stream?.takeAnswer(nowMs: nowMs) }

  /// The terminal will answer the question behind the last frame; what reads next gets it.
  var expectsAnswer: Bool { stream?.expectsAnswer ?? false }

  var blockedDescriptor: Int32? { stream?.blockedDescriptor }

  func waitMs(nowMs: Int) -> Int? { stream?.waitMs(nowMs: nowMs) }

  /// Paints everything again, with the next frame shown.
  mutating func forget() {
    if stream != nil { stream?.forget() } else { cn_repaint() }
  }

  /// What the terminal shows now is its own affair.
  mutating func sizeChanged(shown: CellFrame?) {
    guard stream != nil else { return }
    forget()
    if let shown { show(shown) }
  }

  /// Before the screen goes to somebody else.
  mutating func letGo() {
    if let calm = stream?.letGo() { TerminalOutput.write(calm, to: output) }
  }
}
