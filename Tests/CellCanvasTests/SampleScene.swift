import SceneGraph

/// A triptych as a session would lay it out: a header, a matrix, a second face, events, a status line.
func sampleScene(columns: Int, rows: Int, overlay: Bool = false) -> Scene {
  let extent = GridExtent(columns: columns, rows: rows)
  let side = columns >= 100 ? 30 : 0
  let left = columns - side
  let upper = max(6, (rows - 3) / 2)
  var panes = [header(columns), matrixPane(GridRect(column: 0, row: 1, columns: left, rows: upper))]
  panes.append(eventsPane(GridRect(column: 0, row: 1 + upper, columns: left, rows: rows - 2 - upper)))
  if side > 0 {
    panes.append(cardPane(GridRect(column: left, row: 1, columns: side, rows: upper)))
    panes.append(facePane(GridRect(column: left, row: 1 + upper, columns: side, rows: rows - 2 - upper)))
  }
  panes.append(hints(columns, row: rows - 1))
  if overlay { panes.append(palettePane(extent)) }
  return Scene(revision: 1, extent: extent, panes: panes)
}

private func header(_ columns: Int) -> Pane {
  Pane(
    id: "header", kind: .bar, frame: GridRect(column: 0, row: 0, columns: columns, rows: 1),
    nodes: [
      .text(
        TextBlock(
          id: "header.text", frame: GridRect(column: 0, row: 0, columns: columns, rows: 1),
          lines: [
            [
              TextRun(" triptych ", .strong), TextRun(" checkout.ndjson  "), TextRun("weighted", .key),
              TextRun("  1 m/cell  UTC  39,457 events  "), TextRun("1 gap", .caution),
            ]
          ]))
    ])
}

private func hints(_ columns: Int, row: Int) -> Pane {
  let frame = GridRect(column: 0, row: row, columns: columns, rows: 1)
  return Pane(
    id: "hints", kind: .bar, frame: frame,
    nodes: [
      .text(
        TextBlock(
          id: "hints.text", frame: frame,
          lines: [
            [
              TextRun(" ret", .key), TextRun(" open  "), TextRun("]e", .key), TextRun(" next error  "),
              TextRun("- =", .key), TextRun(" zoom  "), TextRun("/", .key), TextRun(" search  "),
              TextRun("?", .key), TextRun(" help"),
            ]
          ]))
    ])
}

let sampleServices = [
  "edge", "  gateway", "shop", "  cart", "  checkout", "  payments", "  search", "batch", "infra",
]

private func matrixPane(_ frame: GridRect) -> Pane {
  let labels = 14
  let rows = min(sampleServices.count, frame.rows - 3)
  let columns = max(1, frame.columns - 2 - labels)
  let grid = sampleGrid(
    id: "matrix.grid",
    frame: GridRect(column: frame.column + 1 + labels, row: frame.row + 2, columns: columns, rows: rows),
    columns: columns, rows: rows)
  let peak = columns * 2 / 3
  let row = min(4, rows - 1)
  return Pane(
    id: "matrix", kind: .framed, frame: frame,
    title: [TextRun("time x service", .title), TextRun("  9 rows, 268 quiet", .muted)], isFocused: true,
    nodes: [
      .axis(
        Axis(
          id: "matrix.time",
          frame: GridRect(column: frame.column + 1 + labels, row: frame.row + 1, columns: columns, rows: 1),
          edge: .horizontal,
          ticks: stride(from: 0, to: columns, by: 12).map {
            Axis.Tick(offset: $0, label: [TextRun("02:\(10 + $0 / 4)", .axis)])
          })),
      .axis(
        Axis(
          id: "matrix.services",
          frame: GridRect(column: frame.column + 1, row: frame.row + 2, columns: labels - 1, rows: rows),
          edge: .vertical,
          ticks: (0..<rows).map { Axis.Tick(offset: $0, label: [TextRun(SafeText(sampleServices[$0]))]) })),
      .cellGrid(grid),
      .marker(
        Marker(
          id: "m.b", kind: .bookmark, grid: "matrix.grid",
          cells: GridRect(column: columns / 4, row: 0, columns: 1, rows: 1), label: "a")),
      .marker(
        Marker(
          id: "m.c", kind: .cursor, grid: "matrix.grid",
          cells: GridRect(column: peak, row: row, columns: 1, rows: 1)
        )),
    ])
}

/// Calm traffic, a failing service from two thirds on that its callers feel, a silent one, a hole in one feed.
func sampleGrid(id: NodeID, frame: GridRect, columns: Int, rows: Int) -> CellGrid {
  var presence: [CellPresence] = []
  var intensity: [UInt8] = []
  var tone: [CellTone] = []
  let onset = columns * 2 / 3 - 2
  for row in 0..<rows {
    for column in 0..<columns {
      let wave = 30 + (column * 7 + row * 31) % 50
      let isHit = [1, 4, 5].contains(row) && column >= onset && column < onset + 18
      switch (row, column) {
      case (8, columns / 3..<columns / 3 + 5): presence.append(.gap)
      case (_, ..<3): presence.append(.noData)
      case (7, _) where column % 9 != 0: presence.append(.zero)
      default: presence.append(.value)
      }
      let isValue = presence.last == .value
      intensity.append(!isValue ? 0 : UInt8(isHit ? max(90, 255 - abs(column - onset - 5) * 12) : wave))
      tone.append(isHit ? (row == 1 ? .warn : .error) : .amount)
    }
  }
  return CellGrid(
    id: id, frame: frame, columns: columns, rows: rows, presence: presence, intensity: intensity, tone: tone,
    counts: intensity.map(UInt64.init))
}

private func eventsPane(_ frame: GridRect) -> Pane {
  let body = GridRect(
    column: frame.column + 1, row: frame.row + 1, columns: frame.columns - 2, rows: frame.rows - 2)
  let messages = [
    "charge failed: upstream 422 card token invalid", "retry budget exhausted", "支払い失敗 code=9 😀 retry later",
    "GET /cart 200 12 ms",
  ]
  let rows = (0..<max(0, body.rows - 1)).map { index -> Table.Row in
    let isError = index % 4 < 2
    return Table.Row(cells: [
      [TextRun("03:07:0\(index % 10).118", .muted)], [TextRun(index % 2 == 0 ? "checkout" : "payments")],
      [TextRun(isError ? "error" : "info", .severity(isError ? "error" : "info"))],
      [TextRun(SafeText(messages[index % messages.count]))],
    ])
  }
  return Pane(
    id: "events", kind: .framed, frame: frame,
    title: [TextRun("events", .title), TextRun("  checkout error 03:07", .muted)],
    nodes: [
      .table(
        Table(
          id: "events.table", frame: body,
          columns: [
            .init(title: "time", width: 12), .init(title: "service", width: 10),
            .init(title: "severity", width: 8),
            .init(title: "message", width: 0),
          ], rows: rows, firstRow: 40, totalRowCount: 212, cursorRow: 1))
    ])
}

private func cardPane(_ frame: GridRect) -> Pane {
  Pane(
    id: "card", kind: .framed, frame: frame, title: [TextRun("cell", .title)],
    nodes: [
      .text(
        TextBlock(
          id: "card.text",
          frame: GridRect(
            column: frame.column + 2, row: frame.row + 1, columns: frame.columns - 4, rows: frame.rows - 2),
          lines: [
            [TextRun("checkout", .strong), TextRun("  03:07 UTC", .muted)], [],
            [TextRun("error  ", .severity("error")), TextRun("212"), TextRun("  x71", .bad)],
            [TextRun("warn   ", .severity("warn")), TextRun("40")], [TextRun("info   "), TextRun("1,204")],
          ]))
    ])
}

private func facePane(_ frame: GridRect) -> Pane {
  let rows = min(4, frame.rows - 3)
  let labels = ["2", "12", "1.2k", "·", "40", "212", "9", "", "1", "88", "3k", "7"]
  let count = rows * 3
  let grid = CellGrid(
    id: "face.grid", frame: GridRect(column: frame.column + 12, row: frame.row + 2, columns: 15, rows: rows),
    columns: 3, rows: rows, cellColumns: 5,
    presence: (0..<count).map { labels[$0] == "·" ? .zero : labels[$0] == "" ? .gap : .value },
    intensity: (0..<count).map { labels[$0] == "·" || labels[$0] == "" ? 0 : UInt8(20 * ($0 + 1)) },
    tone: (0..<count).map { $0 % 3 == 2 ? .error : $0 % 3 == 1 ? .warn : .amount },
    counts: (0..<count).map(UInt64.init), labels: labels.prefix(count).map { SafeText($0) })
  return Pane(
    id: "face", kind: .framed, frame: frame, title: [TextRun("service x severity", .title)],
    nodes: [
      .axis(
        Axis(
          id: "face.severity",
          frame: GridRect(column: frame.column + 12, row: frame.row + 1, columns: 15, rows: 1),
          edge: .horizontal,
          ticks: [
            .init(offset: 0, label: [TextRun("info", .severity("info"))]),
            .init(offset: 5, label: [TextRun("warn", .severity("warn"))]),
            .init(offset: 10, label: [TextRun("error", .severity("error"))]),
          ])),
      .axis(
        Axis(
          id: "face.services",
          frame: GridRect(column: frame.column + 1, row: frame.row + 2, columns: 10, rows: rows),
          edge: .vertical,
          ticks: (0..<rows).map {
            .init(
              offset: $0,
              label: [TextRun(SafeText(["gateway", "checkout", "payments-worker", "search"][$0]))])
          })),
      .cellGrid(grid),
      .marker(
        Marker(
          id: "face.cursor", kind: .cursor, grid: "face.grid",
          cells: GridRect(column: 2, row: 1, columns: 1, rows: 1))),
    ])
}

private func palettePane(_ extent: GridExtent) -> Pane {
  let columns = min(44, extent.columns - 4)
  let frame = GridRect(column: (extent.columns - columns) / 2, row: 3, columns: columns, rows: 7)
  return Pane(
    id: "palette", kind: .overlay, frame: frame, title: [TextRun("commands", .title)], isFocused: true,
    nodes: [
      .text(
        TextBlock(
          id: "palette.prompt",
          frame: GridRect(column: frame.column + 2, row: frame.row + 1, columns: columns - 4, rows: 1),
          lines: [[TextRun(":comp"), TextRun(" ", .cursor)]])),
      .table(
        Table(
          id: "palette.table",
          frame: GridRect(column: frame.column + 1, row: frame.row + 2, columns: columns - 2, rows: 4),
          columns: [
            .init(title: "command", width: columns - 10), .init(title: "key", width: 6, alignment: .trailing),
          ],
          rows: [
            .init(cells: [[TextRun("Compare with yesterday")], [TextRun("c y", .key)]]),
            .init(cells: [[TextRun("Compare with the time before the last change")], [TextRun("c d", .key)]]),
          ], totalRowCount: 2, cursorRow: 0, showsTitles: false)),
    ])
}
