import EventModel
import SceneGraph
import Testing

private func rect(_ column: Int, _ row: Int, _ columns: Int, _ rows: Int) -> GridRect {
  GridRect(column: column, row: row, columns: columns, rows: rows)
}

/// A framed pane of 20 x 10 with a grid of 4 x 2 cells, each 2 columns wide, at (2, 2), and a table of three rows below.
private func scene(overlay: Pane? = nil) -> Scene {
  let zeros = Array(repeating: UInt8(0), count: 8)
  let grid = CellGrid(
    id: "grid", frame: rect(2, 2, 9, 2), columns: 4, rows: 2, cellColumns: 2,
    presence: zeros.map { _ in .zero }, intensity: zeros, tone: zeros.map { _ in .amount },
    counts: zeros.map { UInt64($0) })
  let table = Table(
    id: "table", frame: rect(1, 5, 18, 5), columns: [Table.Column(title: "t", width: 4)],
    rows: (0..<3).map { Table.Row(cells: [[TextRun("\($0)")]]) }, totalRowCount: 3)
  let pane = Pane(
    id: "pane", kind: .framed, frame: rect(0, 0, 20, 10), nodes: [.cellGrid(grid), .table(table)])
  let bar = Pane(id: "bar", kind: .bar, frame: rect(0, 10, 20, 1))
  return Scene(
    revision: 1, extent: GridExtent(columns: 20, rows: 11), panes: [pane, bar] + (overlay.map { [$0] } ?? []))
}

private func hit(_ column: Int, _ row: Int, in scene: Scene = scene()) -> SceneHit? {
  scene.hit(GridPoint(column: column, row: row))
}

@Test func `a point on a wide cell names the cell`() {
  #expect(hit(2, 2) == SceneHit(pane: "pane", node: "grid", cell: GridPoint(column: 0, row: 0)))
  #expect(hit(3, 2)?.cell == GridPoint(column: 0, row: 0))
  #expect(hit(9, 3)?.cell == GridPoint(column: 3, row: 1))
  // The frame's last column holds no whole cell.
  #expect(hit(10, 2) == SceneHit(pane: "pane"))
  #expect(hit(2, 4) == SceneHit(pane: "pane"))
}

@Test func `a point on a table names the visible row, not its titles`() {
  #expect(hit(5, 5) == SceneHit(pane: "pane"))
  #expect(hit(5, 6) == SceneHit(pane: "pane", node: "table", cell: GridPoint(column: 0, row: 0)))
  #expect(hit(5, 8)?.cell == GridPoint(column: 0, row: 2))
  #expect(hit(5, 9) == SceneHit(pane: "pane"))
}

@Test func `outside every pane there is nothing`() {
  #expect(hit(-1, 0) == nil && hit(20, 0) == nil && hit(0, 11) == nil)
  #expect(hit(0, 10) == SceneHit(pane: "bar"))
}

@Test func `an overlay hides what is under and beside it`() {
  let open = scene(overlay: Pane(id: "help", kind: .overlay, frame: rect(4, 1, 6, 4)))
  #expect(hit(5, 2, in: open) == SceneHit(pane: "help"))
  #expect(hit(2, 2, in: open) == nil)
}

@Test func `rectangles meet in what both hold`() {
  #expect(rect(0, 0, 4, 4).intersection(rect(2, 3, 5, 5)) == rect(2, 3, 2, 1))
  #expect(rect(0, 0, 2, 2).intersection(rect(5, 5, 1, 1)).isEmpty)
  #expect(!rect(0, 0, 0, 5).contains(GridPoint(column: 0, row: 0)))
}
