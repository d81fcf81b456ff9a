// terminal-probe: a heat map and a line that tells the last input, on the real terminal.
// Support for tests only. `q` quits, `Z` suspends, `Y` copies, `X` traps; with `--stubborn` signals do not end it, with
// `--mouse` it takes clicks.

import CellCanvas
import CursesTerminal
import Dispatch
import Glibc
import Preferences
import SceneGraph
import Session
import Synchronization

func colors(_ role: Role) -> Style {
  switch role {
  case .bar: Style(foreground: .palette(252), background: .palette(236))
  case .cursor: Style(foreground: .palette(16), background: .palette(255), modifiers: .reverse)
  default: Style()
  }
}

func scene(_ extent: GridExtent, phase: Int, words: String) -> Scene {
  let columns = max(0, extent.columns - 2)
  let rows = max(0, extent.rows - 3)
  let count = columns * rows
  let grid = CellGrid(
    id: "grid", frame: GridRect(column: 1, row: 1, columns: columns, rows: rows), columns: columns,
    rows: rows,
    presence: Array(repeating: .value, count: count),
    intensity: (0..<count).map {
      UInt8(1 + ($0 % max(1, columns) * 13 + $0 / max(1, columns) * 29 + phase * 13) % 255)
    },
    tone: (0..<count).map { $0 % 97 == 0 ? .error : .amount }, counts: Array(repeating: 1, count: count))
  let status = GridRect(column: 0, row: max(0, extent.rows - 1), columns: extent.columns, rows: 1)
  return Scene(
    revision: 0, extent: extent,
    panes: [
      Pane(
        id: "pane", kind: .framed,
        frame: GridRect(column: 0, row: 0, columns: extent.columns, rows: max(0, extent.rows - 1)),
        title: [TextRun("probe", .title)], isFocused: true,
        nodes: [
          .cellGrid(grid),
          .marker(
            Marker(
              id: "cursor", kind: .cursor, grid: "grid",
              cells: GridRect(column: 4, row: 2, columns: 1, rows: 1))),
        ]),
      Pane(
        id: "status", kind: .bar, frame: status,
        nodes: [.text(TextBlock(id: "words", frame: status, lines: [[TextRun(SafeText(words))]]))]),
    ])
}

func spell(_ input: TerminalInput) -> String {
  switch input {
  case .key(let stroke): "key \(stroke.notation)"
  case .mouse(let event): "\(event.kind) \(event.point.column),\(event.point.row)"
  case .paste(let bytes): "paste \(String(decoding: bytes, as: UTF8.self))"
  case .background(let appearance): "background \(appearance.rawValue)"
  case .resize(let extent): "resize \(extent.columns)x\(extent.rows)"
  case .slowLine(let isSlow): "slow line \(isSlow)"
  case .hangUp: "hangUp"
  case .terminate: "terminate"
  }
}

func probe() throws {
  let isStubborn = CommandLine.arguments.contains("--stubborn")
  let usesMouse = CommandLine.arguments.contains("--mouse")
  let terminal = try CursesTerminal(CursesOptions(mouse: usesMouse ? .on : .wheel))
  let canvas = CellCanvas(
    depth: terminal.depth, glyphs: terminal.glyphs, styleOf: colors,
    rampOf: { _ in
      Ramp(
        colors: terminal.depth == .mono ? [] : [18, 54, 24, 30, 36, 143, 149, 220].map { .palette($0) },
        glyphs: [".", "+", "#"])
    })
  let ended = DispatchSemaphore(value: 0)
  let phase = Phase()
  @Sendable func show(_ words: String) {
    terminal.present(canvas.frame(of: scene(terminal.extent, phase: phase.number, words: words)))
  }
  show("ready \(terminal.extent.columns)x\(terminal.extent.rows) \(terminal.depth) \(terminal.notice ?? "")")
  try terminal.run { input in
    switch input {
    case .key(KeyStroke(.character("q"))): ended.signal()
    case .key(KeyStroke(.character("Z"))): terminal.suspend()
    case .key(KeyStroke(.character("Y"))): _ = terminal.copyToClipboard("copied")
    case .key(KeyStroke(.character("X"))): fatalError("the probe was asked to trap")
    case .key(KeyStroke(.character("L"))): phase.advance()
    case .hangUp, .terminate: if !isStubborn { ended.signal() }
    default: break
    }
    show(spell(input))
  }
  ended.wait()
  terminal.stop()
}

/// How far the picture has moved.
final class Phase: Sendable {
  private let value = Mutex(0)
  var number: Int { value.withLock { $0 } }
  func advance() { value.withLock { $0 += 1 } }
}

do {
  try probe()
} catch {
  print("terminal-probe: \(error)")
  exit(3)
}
