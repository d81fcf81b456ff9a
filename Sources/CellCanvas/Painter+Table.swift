import Preferences
import SceneGraph

extension Painter {
  mutating func draw(_ table: Table, in pane: Pane, clip: GridRect, base: CellStyle) {
    let clip = table.frame.intersection(clip)
    let spans = table.columnSpans
    var row = table.frame.row
    if table.showsTitles {
      for (column, span) in zip(table.columns, spans) {
        draw(
          [TextRun(column.title, .muted)], column: span.lowerBound, row: row, columns: span.count, base: base,
          clip: clip, alignment: column.alignment)
      }
      row += 1
    }
    for (index, content) in table.rows.prefix(table.visibleRowCount).enumerated() {
      let isCursor = index == table.cursorRow
      draw(
        content, of: table, spans: spans, row: row + index, ground: isCursor, in: pane, clip: clip, base: base
      )
    }
    drawScrollHint(of: table, in: pane, base: base)
  }

  private mutating func draw(
    _ content: Table.Row, of table: Table, spans: [Range<Int>], row: Int, ground isCursor: Bool,
    in pane: Pane,
    clip: GridRect, base: CellStyle
  ) {
    var base = base
    if isCursor {
      base = style(pane.isFocused ? .cursor : .selection, on: base)
      fill(
        GridRect(column: table.frame.column, row: row, columns: table.frame.columns, rows: 1).intersection(
          clip), with: base)
      drawRowPointer(of: table, row: row, in: pane)
    }
    for (offset, line) in content.cells.prefix(spans.count).enumerated() {
      draw(
        line, column: spans[offset].lowerBound, row: row, columns: spans[offset].count, base: base,
        clip: clip,
        alignment: table.columns[offset].alignment)
    }
  }

  /// Says where the cursor stands without colour: on the left border, so that no word moves.
  private mutating func drawRowPointer(of table: Table, row: Int, in pane: Pane) {
    guard !canvas.isSpoken, pane.kind != .bar, table.frame.column == pane.content.column,
      pane.content.columns > 0,
      row < pane.content.endRow
    else { return }
    let role: Role = pane.isFocused ? .borderFocused : .border
    put(
      glyphs.rowPointer, column: pane.frame.column, row: row, style: style(role, on: style(.text)),
      clip: pane.frame)
  }

  /// `12/400` in the bottom border and a thumb in the right one, when there is more than is seen.
  private mutating func drawScrollHint(of table: Table, in pane: Pane, base: CellStyle) {
    guard table.totalRowCount > table.visibleRowCount, pane.kind != .bar,
      table.frame.endRow == pane.content.endRow
    else { return }
    let style = style(pane.isFocused ? .borderFocused : .border, on: base)
    let place = table.firstRow + (table.cursorRow ?? 0) + 1
    let words = " \(place)/\(table.totalRowCount) "
    let column = pane.frame.endColumn - 2 - words.count
    if column > pane.frame.column + 1 {
      for (offset, text) in words.enumerated() {
        put(text, column: column + offset, row: pane.frame.endRow - 1, style: style, clip: pane.frame)
      }
    }
    guard !canvas.isSpoken, table.frame.endColumn == pane.content.endColumn else { return }
    let track = table.visibleRowCount
    let thumb = scrollThumb(of: table, track: track)
    let firstRow = table.frame.row + (table.showsTitles ? 1 : 0)
    for offset in thumb {
      put(
        glyphs.scrollThumb, column: pane.frame.endColumn - 1, row: firstRow + offset, style: style,
        clip: pane.frame)
    }
  }

  private func scrollThumb(of table: Table, track: Int) -> Range<Int> {
    guard track > 0 else { return 0..<0 }
    let total = max(1, table.totalRowCount)
    let length = max(1, track * track / total)
    let lastStart = track - length
    let start = min(lastStart, max(0, table.firstRow) * lastStart / max(1, total - track))
    return start..<start + length
  }
}

extension Table {
  var visibleRowCount: Int { max(0, frame.rows - (showsTitles ? 1 : 0)) }

  /// Columns of the view each table column takes: one blank between two, the last one takes what is left.
  var columnSpans: [Range<Int>] {
    var start = frame.column
    return columns.indices.map { index in
      let left = max(0, frame.endColumn - start)
      let width = index == columns.count - 1 ? left : min(left, max(0, columns[index].width))
      defer { start = min(frame.endColumn, start + width + 1) }
      return start..<start + width
    }
  }
}
