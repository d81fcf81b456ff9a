import Preferences
import SceneGraph
import Testing

@testable import CellCanvas

/// SplitMix64 (Steele, Lea, Flood 2014), so that a seed gives the same scenes everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct `Any scene stays inside its frames` {
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `a pane changes no cell outside its frame, and wide graphemes stay whole`(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var scene = randomScene(&random)
    let depth = ColorDepth.allCases.randomElement(using: &random) ?? .mono
    let canvas = testCanvas(depth, GlyphSet.allCases.randomElement(using: &random) ?? .safe)
    let full = canvas.frame(of: scene)
    checkWholeness(full, seed)
    guard let last = scene.panes.popLast() else { return }
    let without = canvas.frame(of: scene)
    for row in 0..<full.rows {
      for column in 0..<full.columns where !last.frame.contains(GridPoint(column: column, row: row)) {
        let isSame = full[column, row] == without[column, row]
        // A wide grapheme cut by the pane's edge leaves a blank.
        #expect(isSame || full[column, row].text == " ", "seed \(seed), cell \(column),\(row)")
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a mono frame has no colour, and no frame has more than its depth shows`(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    let scene = randomScene(&random)
    for cell in testCanvas(.mono).frame(of: scene).cells {
      #expect(cell.style.foreground == .terminal && cell.style.background == .terminal, "seed \(seed)")
    }
    for cell in testCanvas(.colors16).frame(of: scene).cells {
      for case .palette(let index) in [cell.style.foreground, cell.style.background] { #expect(index < 16) }
    }
  }

  private func checkWholeness(_ frame: CellFrame, _ seed: UInt64) {
    #expect(frame.cells.count == frame.columns * frame.rows)
    for row in 0..<frame.rows {
      let widths = frame.row(row).map(\.width)
      for (column, width) in widths.enumerated() {
        let next = column + 1 < widths.count ? widths[column + 1] : nil
        #expect((width == 2) == (next == 0), "seed \(seed), cell \(column),\(row)")
        let cell = frame[column, row]
        if width > 0 { #expect(displayWidth(of: cell.text) == Int(width), "seed \(seed): \(cell.text)") }
      }
      #expect(widths.first != 0)
    }
    if let cursor = frame.cursor {
      #expect(
        cursor.column < frame.columns && cursor.row < frame.rows && cursor.column >= 0 && cursor.row >= 0)
    }
  }
}

private func randomScene(_ random: inout SeededGenerator) -> Scene {
  let extent = GridExtent(
    columns: Int.random(in: 0...60, using: &random), rows: Int.random(in: 0...20, using: &random))
  let panes = (0..<Int.random(in: 0...5, using: &random)).map { index in
    Pane(
      id: NodeID(rawValue: "p\(index)"),
      kind: [.bar, .framed, .overlay].randomElement(using: &random) ?? .bar,
      frame: randomRect(&random), title: randomLine(&random), isFocused: Bool.random(using: &random),
      nodes: (0..<Int.random(in: 0...5, using: &random)).map { _ in randomNode(&random) })
  }
  return Scene(revision: 0, extent: extent, panes: panes)
}

/// May lie partly or wholly outside the extent.
private func randomRect(_ random: inout SeededGenerator) -> GridRect {
  GridRect(
    column: Int.random(in: -10...60, using: &random), row: Int.random(in: -5...20, using: &random),
    columns: Int.random(in: 0...50, using: &random), rows: Int.random(in: 0...15, using: &random))
}

private func randomLine(_ random: inout SeededGenerator) -> TextLine {
  let words: [SafeText] = ["", "checkout", "支払い失敗", "a\u{301}e\u{323}", "😀👨‍👩‍👧", "नि", "\u{1B}[2J", "x y z"]
  return (0..<Int.random(in: 0...4, using: &random)).map { _ in
    TextRun(words.randomElement(using: &random) ?? "", Role.all.randomElement(using: &random) ?? .text)
  }
}

private func randomNode(_ random: inout SeededGenerator) -> Node {
  switch Int.random(in: 0...4, using: &random) {
  case 0:
    return .text(
      TextBlock(
        id: "t", frame: randomRect(&random), lines: (0..<3).map { _ in randomLine(&random) },
        background: Bool.random(using: &random) ? .overlay : nil))
  case 1:
    return .axis(
      Axis(
        id: "a", frame: randomRect(&random), edge: Bool.random(using: &random) ? .horizontal : .vertical,
        ticks: (0..<5).map { _ in
          .init(offset: Int.random(in: -3...60, using: &random), label: randomLine(&random))
        }))
  case 2:
    return .table(randomTable(&random))
  case 3:
    return .marker(
      Marker(
        id: "m",
        kind: [.cursor, .selection, .bookmark, .otherCursor, .match].randomElement(using: &random) ?? .cursor,
        grid: "g", cells: randomRect(&random), label: randomLine(&random).first?.text ?? ""))
  default:
    return .cellGrid(randomGrid(&random))
  }
}

private func randomTable(_ random: inout SeededGenerator) -> Table {
  let rows = (0..<Int.random(in: 0...8, using: &random)).map { _ in
    Table.Row(cells: (0..<4).map { _ in randomLine(&random) })
  }
  return Table(
    id: "t", frame: randomRect(&random),
    columns: (0..<Int.random(in: 0...4, using: &random)).map { _ in
      .init(
        title: "title", width: Int.random(in: -2...20, using: &random),
        alignment: Bool.random(using: &random) ? .leading : .trailing)
    }, rows: rows, firstRow: Int.random(in: 0...100, using: &random),
    totalRowCount: Int.random(in: 0...1000, using: &random),
    cursorRow: Bool.random(using: &random) ? Int.random(in: 0...20, using: &random) : nil,
    showsTitles: Bool.random(using: &random))
}

private func randomGrid(_ random: inout SeededGenerator) -> CellGrid {
  let columns = Int.random(in: 0...30, using: &random)
  let rows = Int.random(in: 0...8, using: &random)
  let count = columns * rows
  return CellGrid(
    id: "g", frame: randomRect(&random), columns: columns, rows: rows,
    cellColumns: Int.random(in: 1...6, using: &random),
    presence: (0..<count).map { _ in [.noData, .gap, .zero, .value].randomElement(using: &random) ?? .zero },
    intensity: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) },
    tone: (0..<count).map { _ in CellTone.allCases.randomElement(using: &random) ?? .amount },
    counts: Array(repeating: 0, count: count),
    labels: Bool.random(using: &random) ? (0..<count).map { _ in randomLine(&random).first?.text ?? "" } : [])
}
