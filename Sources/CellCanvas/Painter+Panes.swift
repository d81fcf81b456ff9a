import Preferences
import SceneGraph

extension Painter {
  mutating func draw(_ pane: Pane) {
    let base = ground(of: pane)
    fill(pane.frame, with: base)
    if pane.kind != .bar { drawBorder(of: pane, base: base) }
    let clip = pane.content.intersection(pane.frame)
    for node in pane.nodes { draw(node, in: pane, clip: clip, base: base) }
    if pane.isFocused { placeCursor(in: pane) }
  }

  private mutating func ground(of pane: Pane) -> CellStyle {
    switch pane.kind {
    case .bar: style(.bar, on: style(.text))
    case .framed: style(.text)
    case .overlay: style(.overlay, on: style(.text))
    }
  }

  private mutating func drawBorder(of pane: Pane, base: CellStyle) {
    let frame = pane.frame
    guard frame.columns >= 2 && frame.rows >= 2 else { return }
    guard !canvas.isSpoken else { return drawTitle(of: pane, base: base) }
    let lines = glyphs.border(focused: pane.isFocused)
    let style = style(pane.isFocused ? .borderFocused : .border, on: base)
    let (left, right, top, bottom) = (frame.column, frame.endColumn - 1, frame.row, frame.endRow - 1)
    for (row, line) in [(top, lines.top), (bottom, lines.bottom)] {
      fill(
        GridRect(column: left + 1, row: row, columns: frame.columns - 2, rows: 1), with: style, glyph: line)
    }
    for column in [left, right] {
      fill(
        GridRect(column: column, row: top + 1, columns: 1, rows: frame.rows - 2), with: style,
        glyph: lines.side)
    }
    put(lines.topLeft, column: left, row: top, style: style, clip: frame)
    put(lines.topRight, column: right, row: top, style: style, clip: frame)
    put(lines.bottomLeft, column: left, row: bottom, style: style, clip: frame)
    put(lines.bottomRight, column: right, row: bottom, style: style, clip: frame)
    drawTitle(of: pane, base: base)
  }

  /// ` title ` in the top line, one line glyph after the corner.
  private mutating func drawTitle(of pane: Pane, base: CellStyle) {
    let room = pane.frame.columns - 6
    guard !pane.title.isEmpty, room > 0 else { return }
    var title = pane.title.map { run in
      run.role == .title && pane.isFocused ? TextRun(run.text, .titleFocused) : run
    }
    // Where no border says where the focus is, a word does.
    if canvas.isSpoken && pane.isFocused { title.insert(TextRun("focus: ", .titleFocused), at: 0) }
    let ground = style(pane.isFocused ? .titleFocused : .title, on: base)
    let (column, row) = (pane.frame.column + 2, pane.frame.row)
    put(" ", column: column, row: row, style: base, clip: pane.frame)
    var words = base
    words.modifiers.formUnion(ground.modifiers)
    let used = draw(title, column: column + 1, row: row, columns: room, base: words, clip: pane.frame)
    put(" ", column: column + 1 + used, row: row, style: base, clip: pane.frame)
  }

  private mutating func draw(_ node: Node, in pane: Pane, clip: GridRect, base: CellStyle) {
    switch node {
    case .cellGrid(let grid): draw(grid, clip: clip, base: base)
    case .axis(let axis): draw(axis, in: pane, clip: clip, base: base)
    case .table(let table): draw(table, in: pane, clip: clip, base: base)
    case .text(let block): draw(block, clip: clip, base: base)
    case .marker(let marker):
      for case .cellGrid(let grid) in pane.nodes where grid.id == marker.grid {
        draw(marker, on: grid, in: pane, clip: clip)
      }
    }
  }

  private mutating func draw(_ block: TextBlock, clip: GridRect, base: CellStyle) {
    let clip = block.frame.intersection(clip)
    var base = base
    if let background = block.background {
      base = style(background, on: base)
      fill(clip, with: base)
    }
    for (offset, line) in block.lines.prefix(block.frame.rows).enumerated() {
      draw(
        line, column: block.frame.column, row: block.frame.row + offset, columns: block.frame.columns,
        base: base,
        clip: clip)
    }
  }

  private mutating func draw(_ axis: Axis, in pane: Pane, clip: GridRect, base: CellStyle) {
    let clip = axis.frame.intersection(clip)
    switch axis.edge {
    case .horizontal: drawHorizontal(axis, clip: clip, base: base)
    case .vertical: drawVertical(axis, cursorRows: pane.cursorRows, clip: clip, base: base)
    }
  }

  /// A label is drawn whole or not at all: half a time is a wrong time.
  private mutating func drawHorizontal(_ axis: Axis, clip: GridRect, base: CellStyle) {
    var firstFree = 0
    for tick in axis.ticks where tick.offset >= firstFree && tick.offset < axis.frame.columns {
      let room = axis.frame.columns - tick.offset
      guard measure(tick.label, upTo: room) <= room else { continue }
      let used = draw(
        tick.label, column: axis.frame.column + tick.offset, row: axis.frame.row, columns: room, base: base,
        clip: clip)
      firstFree = tick.offset + used + 1
    }
  }

  private mutating func drawVertical(_ axis: Axis, cursorRows: [Int], clip: GridRect, base: CellStyle) {
    for tick in axis.ticks where tick.offset >= 0 && tick.offset < axis.frame.rows {
      let row = axis.frame.row + tick.offset
      var base = base
      if cursorRows.contains(row) { base.modifiers.insert(.bold) }
      draw(
        tick.label, column: axis.frame.column, row: row, columns: axis.frame.columns, base: base, clip: clip)
    }
  }
}

extension Pane {
  /// Rows of the view in which the pane's cursor stands.
  var cursorRows: [Int] {
    var rows: [Int] = []
    for case .marker(let marker) in nodes where marker.kind == .cursor {
      for case .cellGrid(let grid) in nodes where grid.id == marker.grid {
        rows.append(grid.frame.row + marker.cells.row)
      }
    }
    return rows
  }
}

extension Painter {
  /// The hardware cursor goes to the last thing in the pane that has one: a caret in a prompt, a cell, a row.
  private mutating func placeCursor(in pane: Pane) {
    placeCursor(column: pane.content.column, row: pane.content.row)
    for node in pane.nodes {
      switch node {
      case .marker(let marker) where marker.kind == .cursor:
        for case .cellGrid(let grid) in pane.nodes where grid.id == marker.grid {
          let cell = grid.frame(of: marker.cells)
          if grid.frame.intersection(pane.content).contains(GridPoint(column: cell.column, row: cell.row)) {
            placeCursor(column: cell.column + (grid.cellColumns - 1) / 2, row: cell.row)
          }
        }
      case .table(let table):
        if let row = table.cursorRow {
          placeCursor(column: table.frame.column, row: table.frame.row + (table.showsTitles ? 1 : 0) + row)
        }
      case .text(let block):
        if let caret = caret(in: block) { placeCursor(column: caret.column, row: caret.row) }
      default: break
      }
    }
  }

  /// Where the first run with the role of a cursor starts.
  private func caret(in block: TextBlock) -> GridPoint? {
    for (offset, line) in block.lines.prefix(block.frame.rows).enumerated() {
      guard let index = line.firstIndex(where: { $0.role == .cursor }) else { continue }
      let before = measure(Array(line[..<index]), upTo: block.frame.columns)
      return GridPoint(
        column: block.frame.column + min(before, max(0, block.frame.columns - 1)),
        row: block.frame.row + offset)
    }
    return nil
  }
}
