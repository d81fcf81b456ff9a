import CellCanvas
import EventModel
import SceneGraph
import Testing

@Suite struct `A scene in lines of words` {
  private func pane(_ nodes: [Node], isFocused: Bool = true) -> Pane {
    Pane(
      id: "matrix", kind: .framed, frame: GridRect(column: 0, row: 0, columns: 60, rows: 10),
      title: [TextRun("1 time x service")], isFocused: isFocused, nodes: nodes)
  }

  private func grid(cursor: Bool = true) -> [Node] {
    let frame = GridRect(column: 10, row: 2, columns: 21, rows: 2)
    var nodes: [Node] = [
      .axis(
        Axis(
          id: "rows", frame: frame, edge: .vertical,
          ticks: [
            Axis.Tick(offset: 0, label: [TextRun("E pay…ment")]),
            Axis.Tick(offset: 1, label: [TextRun("  web")]),
          ])),
      .axis(
        Axis(
          id: "time", frame: frame, edge: .horizontal,
          ticks: [
            Axis.Tick(offset: 0, label: [TextRun("03:00")]), Axis.Tick(offset: 14, label: [TextRun("03:02")]),
          ])),
      .cellGrid(
        CellGrid(
          id: "grid", frame: frame, columns: 3, rows: 2, cellColumns: 7,
          presence: [.noData, .gap, .value, .zero, .value, .value], intensity: [0, 0, 9, 0, 9, 9],
          tone: Array(repeating: .amount, count: 6), counts: [0, 0, 41, 0, 7, 12_000],
          labels: [.empty, .empty, "41E", .empty, .empty, "12k"])),
    ]
    if cursor {
      nodes.append(
        .marker(
          Marker(
            id: "cursor", kind: .cursor, grid: "grid", cells: GridRect(column: 2, row: 0, columns: 1, rows: 1)
          )))
    }
    return nodes
  }

  private func text(_ panes: [Pane]) -> [SceneText.Part] {
    SceneText(Scene(revision: 1, extent: GridExtent(columns: 80, rows: 24), panes: panes)).parts
  }

  @Test func `a grid is a table with its numbers; the cursor's row and cell are marked`() {
    #expect(
      text([pane(grid())]).first?.lines == [
        "1 time x service", "               03:00         03:02", "> E pay...ment     -    gap   [41E]",
        "    web            0      7    12k",
      ])
  }

  @Test func `a step of the cursor changes the lines and not the contents`() throws {
    let with = try #require(text([pane(grid())]).first)
    let without = try #require(text([pane(grid(cursor: false))]).first)
    #expect(with.lines != without.lines && with.contents == without.contents)
    #expect(with.contents.first?.contains("03:00") == true, "the title is no news")
  }

  @Test func `status and hints are left out, panes beside the focus are known as such`() {
    let status = Pane(id: "status", kind: .bar, frame: GridRect(column: 0, row: 9, columns: 60, rows: 1))
    #expect(text([pane([]), pane([], isFocused: false), status]).map(\.isBeside) == [false, true])
  }

  @Test func `no control character gets through, whatever a log holds`() {
    let foreign = SafeText(ForeignText("evil \u{1B}[2J\u{7}\u{9B}31m \u{202E}"))
    let rows = [Table.Row(cells: [[TextRun("03:00")], [TextRun(foreign)]])]
    let table = Table(
      id: "t", frame: GridRect(column: 1, row: 1, columns: 50, rows: 5),
      columns: [.init(title: "time", width: 8), .init(title: "message", width: 40)], rows: rows,
      totalRowCount: 1,
      cursorRow: 0)
    let lines = text([pane([.table(table)])]).flatMap(\.lines)
    #expect(lines.last?.hasPrefix("> 03:00  evil ^[[2J") == true, "\(lines)")
    let isPlain = lines.joined().unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    #expect(isPlain)
  }

  @Test func `every sample scene is lines without boxes`() {
    for (columns, rows) in [(40, 12), (80, 24), (200, 60)] {
      let parts = SceneText(sampleScene(columns: columns, rows: rows, overlay: true)).parts
      #expect(!parts.isEmpty)
      let scalars = parts.flatMap(\.lines).joined().unicodeScalars
      #expect(
        !scalars.contains { (0x2500...0x259F).contains($0.value) || (0x2800...0x28FF).contains($0.value) })
    }
  }
}
