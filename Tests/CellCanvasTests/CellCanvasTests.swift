import GoldenFrames
import Preferences
import SceneGraph
import Testing

@testable import CellCanvas

@Suite struct `A scene becomes cells` {
  @Test(arguments: [(200, 60), (120, 36), (80, 24), (40, 12)])
  func `a triptych fits every size, told in 256 colours`(columns: Int, rows: Int) {
    let frame = testCanvas(.colors256).frame(of: sampleScene(columns: columns, rows: rows))
    #expect(golden(frame.styledText(), "triptych-\(columns)x\(rows)-256") == nil)
  }

  @Test(arguments: [(120, 36), (80, 24), (40, 12)])
  func `a triptych without colour still tells every class`(columns: Int, rows: Int) {
    let frame = testCanvas(.mono).frame(of: sampleScene(columns: columns, rows: rows))
    #expect(golden(frame.styledText(), "triptych-\(columns)x\(rows)-mono") == nil)
  }

  @Test func `a triptych in ASCII has no other sign of ours`() {
    let frame = testCanvas(.mono, .ascii).frame(of: sampleScene(columns: 80, rows: 24))
    #expect(golden(frame.styledText(), "triptych-80x24-ascii") == nil)
    #expect(frame.plainText().unicodeScalars.allSatisfy { $0.isASCII || $0.value >= 0x3000 })
  }

  @Test func `an overlay lies over the panes and has the hardware cursor at its caret`() {
    let frame = testCanvas(.colors256).frame(of: sampleScene(columns: 80, rows: 24, overlay: true))
    #expect(golden(frame.styledText(), "triptych-80x24-overlay-256") == nil)
  }

  @Test func `the finer glyphs change no width`() {
    let safe = testCanvas(.colors256, .safe).frame(of: sampleScene(columns: 80, rows: 24))
    let rich = testCanvas(.colors256, .rich).frame(of: sampleScene(columns: 80, rows: 24))
    #expect(safe.cells.map(\.width) == rich.cells.map(\.width))
    #expect(rich.plainText().contains("╭"))
  }
}

@Suite struct `A heat cell says what it is` {
  @Test func `no data, zero, a gap and a value are four different things, with colour and without`() {
    for depth in ColorDepth.allCases {
      for glyphs in GlyphSet.allCases {
        let cells = cellsOf(
          presence: [.noData, .zero, .gap, .value], tone: .amount, depth: depth, glyphs: glyphs)
        #expect(Set(cells).count == 4, "\(depth) \(glyphs)")
        #expect(cells[0].text == " ")
      }
    }
  }

  @Test func `tones differ in plain text where there is no colour`() {
    for glyphs in GlyphSet.allCases {
      let signs = CellTone.allCases.map { tone in
        cellsOf(presence: [.value], tone: tone, depth: .mono, glyphs: glyphs)[0].text
      }
      #expect(Set(signs).count == CellTone.allCases.count, "\(glyphs): \(signs)")
    }
  }

  @Test func `errors and warnings carry a mark that reads on every step of their ramp`() {
    for tone in [CellTone.warn, .error] {
      let canvas = testCanvas(.colors256)
      for intensity in 1...255 {
        let step = canvas.steps(of: tone)[UInt8(intensity)]
        #expect(step.glyph != " ")
        let contrast = step.glyphStyle.foreground.contrast(with: step.glyphStyle.background)
        #expect(contrast ?? 0 >= 3)
      }
    }
  }

  @Test func `the ramp starts at 1 and ends at 255`() {
    let colors = Ramp(colors: [.palette(17), .palette(18), .palette(19), .palette(20)], glyphs: [])
    let ramp = RampSteps(colors, tone: .amount, amount: colors, depth: .colors256, glyphs: .safe)
    // Four steps over 1 ... 255: (intensity - 1) * 4 / 255, counted by hand.
    let backgrounds = [1, 64, 65, 128, 129, 192, 193, 255].map { ramp[UInt8($0)].style.background }
    #expect(backgrounds == [17, 17, 18, 18, 19, 19, 20, 20].map { .palette($0) })
  }

  @Test func `a word in a wide cell stands in its middle and reads on every colour`() {
    let grid = CellGrid(
      id: "g", frame: GridRect(column: 0, row: 0, columns: 10, rows: 1), columns: 2, rows: 1, cellColumns: 5,
      presence: [.value, .value], intensity: [1, 255], tone: [.amount, .amount], counts: [3, 1234],
      labels: ["3", "1.2k"])
    let frame = testCanvas(.colors256).frame(of: bar(10, 1, [.cellGrid(grid)]))
    #expect(frame.plainText() == "  3  1.2k")
    for cell in frame.cells where cell.text != " " {
      #expect(cell.style.foreground.contrast(with: cell.style.background) ?? 0 >= 4.5)
    }
  }

  private func cellsOf(
    presence: [CellPresence], tone: CellTone, depth: ColorDepth, glyphs: GlyphSet
  ) -> [Cell] {
    let count = presence.count
    let grid = CellGrid(
      id: "g", frame: GridRect(column: 0, row: 0, columns: count, rows: 1), columns: count, rows: 1,
      presence: presence, intensity: presence.map { $0 == .value ? 200 : 0 },
      tone: Array(repeating: tone, count: count), counts: Array(repeating: 0, count: count))
    return testCanvas(depth, glyphs).frame(of: bar(count, 1, [.cellGrid(grid)])).cells
  }
}

@Suite struct `Markers stand around cells` {
  @Test func `the cell under the cursor stays as it is`() {
    for depth in ColorDepth.allCases {
      let plain = testCanvas(depth).frame(of: bar(9, 3, [.cellGrid(grid)]))
      let marked = testCanvas(depth).frame(of: bar(9, 3, [.cellGrid(grid), marker(.cursor, 4, 1)]))
      #expect(plain[4, 1] == marked[4, 1])
      #expect(marked[3, 1].text == "[" && marked[5, 1].text == "]")
      #expect(marked.cursor == GridPoint(column: 4, row: 1))
    }
  }

  @Test func `a bracket on a reversed cell is not reversed`() {
    let marked = testCanvas(.mono).frame(of: bar(9, 3, [.cellGrid(errors), marker(.cursor, 4, 1)]))
    #expect(marked[4, 1].style.modifiers.contains(.reverse))
    #expect(!marked[3, 1].style.modifiers.contains(.reverse))
  }

  @Test func `a cursor at the edge of the screen loses one bracket and nothing else`() {
    let marked = testCanvas(.colors256).frame(of: bar(9, 3, [.cellGrid(grid), marker(.cursor, 0, 0)]))
    #expect(marked[1, 0].text == "]")
    #expect(marked.cursor == GridPoint(column: 0, row: 0))
  }

  @Test func `a selection has a bar at both ends of each row and leaves its cells readable`() {
    let plain = testCanvas(.mono).frame(of: bar(9, 3, [.cellGrid(grid)]))
    let selection = Node.marker(
      Marker(id: "s", kind: .selection, grid: "g", cells: GridRect(column: 2, row: 1, columns: 4, rows: 2)))
    let marked = testCanvas(.mono).frame(of: bar(9, 3, [.cellGrid(grid), selection]))
    for row in 1...2 {
      #expect(marked[1, row].text == "┃" && marked[6, row].text == "┃")
      for column in 2..<6 { #expect(marked[column, row].text == plain[column, row].text) }
    }
    #expect(marked[1, 0].text != "┃")
  }

  @Test func `a bookmark shows its letter, another view's cursor its own brackets`() {
    let mark = Node.marker(
      Marker(
        id: "m", kind: .bookmark, grid: "g", cells: GridRect(column: 7, row: 0, columns: 1, rows: 1),
        label: "k"))
    let frame = testCanvas(.colors256).frame(
      of: bar(9, 3, [.cellGrid(grid), mark, marker(.otherCursor, 3, 2)]))
    #expect(frame[7, 0].text == "k")
    #expect(frame[2, 2].text == "<" && frame[4, 2].text == ">")
  }

  @Test func `a marker outside its grid draws nothing`() {
    let plain = testCanvas(.colors256).frame(of: bar(9, 3, [.cellGrid(grid)]))
    let marked = testCanvas(.colors256).frame(of: bar(9, 3, [.cellGrid(grid), marker(.cursor, 40, 1)]))
    #expect(plain.cells == marked.cells)
  }

  private var grid: CellGrid { grid(tone: .amount) }
  private var errors: CellGrid { grid(tone: .error) }

  private func grid(tone: CellTone) -> CellGrid {
    CellGrid(
      id: "g", frame: GridRect(column: 0, row: 0, columns: 9, rows: 3), columns: 9, rows: 3,
      presence: Array(repeating: .value, count: 27), intensity: (0..<27).map { UInt8($0 * 9 + 1) },
      tone: Array(repeating: tone, count: 27), counts: Array(repeating: 1, count: 27))
  }

  private func marker(_ kind: Marker.Kind, _ column: Int, _ row: Int) -> Node {
    .marker(
      Marker(id: "c", kind: kind, grid: "g", cells: GridRect(column: column, row: row, columns: 1, rows: 1)))
  }
}

@Suite struct `Words are cut where their frame ends` {
  @Test func `a long line ends in an ellipsis, a fitting one does not`() {
    #expect(lines(["abcdef"], columns: 6) == "abcdef")
    #expect(lines(["abcdefg"], columns: 6) == "abcde…")
    #expect(lines(["abcdefg"], columns: 6, glyphs: .ascii) == "abcd..")
    #expect(lines(["abcdefg"], columns: 1) == "…")
  }

  @Test func `a wide character on the edge is left out whole`() {
    #expect(lines(["支払い"], columns: 6) == "支払い")
    #expect(lines(["支払い"], columns: 5) == "支払…")
    #expect(lines(["支払い"], columns: 4) == "支…")
  }

  @Test func `a table gives its last column what is left, and a trailing column stands right`() {
    let table = Table(
      id: "t", frame: GridRect(column: 0, row: 0, columns: 20, rows: 3),
      columns: [
        .init(title: "name", width: 6), .init(title: "n", width: 4, alignment: .trailing),
        .init(title: "rest", width: 0),
      ],
      rows: [
        .init(cells: [[TextRun("checkout")], [TextRun("12")], [TextRun("abcdefghijk")]]),
        .init(cells: [[TextRun("a")], [TextRun("123456")]]),
      ], totalRowCount: 2)
    let frame = testCanvas(.mono).frame(of: bar(20, 3, [.table(table)]))
    #expect(frame.plainText() == "name      n rest\ncheck…   12 abcdefg…\na      123…")
  }

  @Test func `half a label on a time axis would be a wrong time, so it is not drawn`() {
    let axis = Axis(
      id: "a", frame: GridRect(column: 0, row: 0, columns: 12, rows: 1), edge: .horizontal,
      ticks: [0, 4, 6, 9].map { .init(offset: $0, label: [TextRun("02:10")]) })
    #expect(testCanvas(.mono).frame(of: bar(12, 1, [.axis(axis)])).plainText() == "02:10 02:10")
  }

  @Test func `a later pane blanks the half of a wide character that it leaves`() {
    let under = Pane(
      id: "u", kind: .bar, frame: GridRect(column: 0, row: 0, columns: 6, rows: 1),
      nodes: [
        .text(
          TextBlock(
            id: "t", frame: GridRect(column: 0, row: 0, columns: 6, rows: 1), lines: [[TextRun("支払い")]]))
      ])
    let over = Pane(
      id: "o", kind: .bar, frame: GridRect(column: 3, row: 0, columns: 2, rows: 1),
      nodes: [
        .text(
          TextBlock(
            id: "x", frame: GridRect(column: 3, row: 0, columns: 2, rows: 1), lines: [[TextRun("ab")]]))
      ])
    let frame = testCanvas(.mono).frame(
      of: Scene(revision: 0, extent: GridExtent(columns: 6, rows: 1), panes: [under, over]))
    #expect(frame.plainText() == "支 ab")
    #expect(frame.cells.map(\.width) == [2, 0, 1, 1, 1, 1])
  }

  private func lines(_ words: [SafeText], columns: Int, glyphs: GlyphSet = .safe) -> String {
    let block = TextBlock(
      id: "t", frame: GridRect(column: 0, row: 0, columns: columns, rows: words.count),
      lines: words.map { [TextRun($0)] })
    return testCanvas(.mono, glyphs).frame(of: bar(columns + 3, words.count, [.text(block)])).plainText()
  }
}

@Suite struct `A frame is written out` {
  @Test func `ANSI text has the sequences of its depth and nothing at mono`() {
    let run = [TextRun("x", .severity("error"))]
    let block = Node.text(
      TextBlock(id: "t", frame: GridRect(column: 0, row: 0, columns: 4, rows: 1), lines: [run]))
    func text(_ color: Color, _ depth: ColorDepth) -> String {
      let canvas = CellCanvas(
        depth: depth, glyphs: .safe,
        styleOf: { $0 == .severity("error") ? Style(foreground: color, modifiers: .bold) : Style() },
        rampOf: { _ in Ramp(colors: [], glyphs: []) })
      return canvas.frame(of: bar(4, 1, [block])).ansiText()
    }
    #expect(text(.palette(210), .colors256) == "\u{1B}[0;1;38;5;210mx\u{1B}[0m")
    #expect(text(.rgb(red: 1, green: 2, blue: 3), .truecolor) == "\u{1B}[0;1;38;2;1;2;3mx\u{1B}[0m")
    #expect(text(.rgb(red: 250, green: 10, blue: 10), .colors16) == "\u{1B}[0;1;91mx\u{1B}[0m")
    #expect(text(.palette(210), .mono) == "\u{1B}[0;1mx\u{1B}[0m")
  }

  @Test func `plain text has no trailing blanks and a row for each row`() {
    let frame = testCanvas(.mono).frame(
      of: Scene(revision: 0, extent: GridExtent(columns: 5, rows: 3), panes: []))
    #expect(frame.plainText() == "\n\n")
  }

  @Test func `an empty extent is an empty frame`() {
    let frame = testCanvas(.mono).frame(
      of: Scene(revision: 0, extent: GridExtent(columns: 0, rows: 0), panes: []))
    #expect(frame.cells.isEmpty && frame.plainText().isEmpty && frame.cursor == nil)
  }
}

/// One bar pane over the whole extent, focused.
func bar(_ columns: Int, _ rows: Int, _ nodes: [Node]) -> Scene {
  let frame = GridRect(column: 0, row: 0, columns: columns, rows: rows)
  return Scene(
    revision: 0, extent: GridExtent(columns: columns, rows: rows),
    panes: [Pane(id: "bar", kind: .bar, frame: frame, isFocused: true, nodes: nodes)])
}
