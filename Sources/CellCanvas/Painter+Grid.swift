import Preferences
import SceneGraph

extension Painter {
  mutating func draw(_ grid: CellGrid, clip: GridRect, base: CellStyle) {
    let clip = grid.frame.intersection(clip).intersection(bounds)
    let cellColumns = max(1, grid.cellColumns)
    guard !clip.isEmpty, grid.columns > 0, grid.rows > 0 else { return }
    let firstRow = clip.row - grid.frame.row
    let endRow = min(grid.rows, clip.endRow - grid.frame.row)
    let firstColumn = (clip.column - grid.frame.column) / cellColumns
    let endColumn = min(grid.columns, (clip.endColumn - grid.frame.column + cellColumns - 1) / cellColumns)
    guard firstRow < endRow, firstColumn < endColumn else { return }
    if cellColumns == 1 {
      return drawNarrow(grid, rows: firstRow..<endRow, columns: firstColumn..<endColumn, base: base)
    }
    // Most cells of a quiet grid look like one of these three.
    let empty = EmptyLooks(
      noData: look(.noData, .amount, intensity: 1, base: base),
      gap: look(.gap, .amount, intensity: 1, base: base), zero: look(.zero, .amount, intensity: 1, base: base)
    )
    for row in firstRow..<endRow {
      for column in firstColumn..<endColumn {
        let index = row * grid.columns + column
        let look =
          empty[grid.presence[index]]
          ?? look(.value, grid.tone[index], intensity: grid.intensity[index], base: base)
        draw(cell: index, of: grid, look, column: column, row: row, clip: clip)
      }
    }
  }

  /// Cells one column wide: all looks are worked out before the first cell is drawn.
  private mutating func drawNarrow(
    _ grid: CellGrid, rows: Range<Int>, columns: Range<Int>, base: CellStyle
  ) {
    let looks = base == canvas.gridGround ? canvas.gridLooks : narrowLooks(base: base)
    grid.presence.withUnsafeBufferPointer { presence in
      grid.tone.withUnsafeBufferPointer { tone in
        grid.intensity.withUnsafeBufferPointer { intensity in
          looks.withUnsafeBufferPointer { looks in
            for row in rows {
              let start = row * grid.columns + columns.lowerBound
              let place = grid.frame.column + columns.lowerBound
              write(row: grid.frame.row + row, columns: place..<place + columns.count) { cells in
                for offset in cells.indices {
                  let index = start + offset
                  let look =
                    presence[index] == .value
                    ? Self.firstRampLook + Int(tone[index].rawValue) << 8 | Int(intensity[index])
                    : Int(presence[index].rawValue)
                  cells[offset] = looks[look]
                }
              }
            }
          }
        }
      }
    }
  }

  /// Looks by presence come first, then 256 for every tone.
  private static let firstRampLook = 256

  mutating func narrowLooks(base: CellStyle) -> [Cell] {
    func cell(_ step: RampSteps.Step) -> Cell { Cell(step.glyph, style: step.glyphStyle) }
    let nothing = cell(look(.noData, .amount, intensity: 1, base: base))
    var looks = Array(repeating: nothing, count: Self.firstRampLook)
    looks.reserveCapacity(Self.firstRampLook + CellTone.allCases.count << 8)
    for presence in [CellPresence.gap, .zero] {
      looks[Int(presence.rawValue)] = cell(look(presence, .amount, intensity: 1, base: base))
    }
    for tone in CellTone.allCases {
      var steps: [(step: Int, cell: Cell)] = []
      for intensity in 0...UInt8.max {
        let step = canvas.steps(of: tone).index(of: intensity)
        if steps.last?.step != step {
          steps.append((step, cell(look(.value, tone, intensity: intensity, base: base))))
        }
        looks.append(steps[steps.count - 1].cell)
      }
    }
    return looks
  }

  private mutating func draw(
    cell index: Int, of grid: CellGrid, _ look: RampSteps.Step, column: Int, row: Int, clip: GridRect
  ) {
    let place = grid.frame(of: GridRect(column: column, row: row, columns: 1, rows: 1))
    let isDrawn = grid.presence[index] == .value && !canvas.steps(of: grid.tone[index]).isColored
    let label = grid.labels.isEmpty ? .empty : grid.labels[index]
    guard !label.isEmpty, grid.cellColumns >= 3 else {
      drawWide(look, fills: isDrawn || grid.presence[index] == .gap, in: place, clip: clip)
      return
    }
    fill(place.intersection(clip), with: look.style)
    let width = measure([TextRun(label)], upTo: grid.cellColumns)
    let lead = max(0, grid.cellColumns - width) / 2
    draw(
      label: label, column: place.column + lead, row: place.row, columns: grid.cellColumns - lead,
      style: look.style, clip: clip)
    if isDrawn && lead >= 2 && !canvas.isSpoken {
      put(look.glyph, column: place.column, row: place.row, style: look.glyphStyle, clip: clip)
    }
  }

  /// A wide cell without words: its ramp glyph all over, or its mark in the middle.
  private mutating func drawWide(_ look: RampSteps.Step, fills: Bool, in place: GridRect, clip: GridRect) {
    fill(place.intersection(clip), with: look.glyphStyle, glyph: fills ? look.glyph : " ")
    if !fills {
      put(
        look.glyph, column: place.column + (place.columns - 1) / 2, row: place.row, style: look.glyphStyle,
        clip: clip)
    }
  }

  private mutating func draw(
    label: SafeText, column: Int, row: Int, columns: Int, style: CellStyle, clip: GridRect
  ) {
    var used = 0
    for text in label.string {
      let text = glyphs.spelling(of: text)
      let width = displayWidth(of: text)
      if width == 0 { continue }
      if used + width > columns { break }
      put(text, width: width, column: column + used, row: row, style: style, clip: clip)
      used += width
    }
  }

  /// No data, zero and a gap are three different things everywhere.
  private mutating func look(
    _ presence: CellPresence, _ tone: CellTone, intensity: UInt8, base: CellStyle
  ) -> RampSteps.Step {
    func plain(_ style: CellStyle, _ glyph: Character) -> RampSteps.Step {
      RampSteps.Step(style: style, glyphStyle: style, glyph: glyph)
    }
    switch presence {
    case .noData: return plain(base, " ")
    case .gap: return plain(style(.caution, on: base), glyphs.gap)
    case .zero: return plain(style(.muted, on: base), glyphs.zero)
    case .value:
      let ramp = canvas.steps(of: tone)
      let step = ramp[intensity]
      return ramp.isColored ? step : plain(step.style.over(base), step.glyph)
    }
  }
}

/// How cells look that hold no number.
private struct EmptyLooks {
  let noData: RampSteps.Step
  let gap: RampSteps.Step
  let zero: RampSteps.Step

  /// `nil` where there is a number.
  subscript(presence: CellPresence) -> RampSteps.Step? {
    switch presence {
    case .noData: noData
    case .gap: gap
    case .zero: zero
    case .value: nil
    }
  }
}

extension Painter {
  /// Markers stand around cells, not on them: what is under the cursor stays readable.
  mutating func draw(_ marker: Marker, on grid: CellGrid, in pane: Pane, clip: GridRect) {
    let all = GridRect(column: 0, row: 0, columns: grid.columns, rows: grid.rows)
    let cells = marker.cells.intersection(all)
    guard !cells.isEmpty else { return }
    let place = grid.frame(of: cells).intersection(grid.frame)
    let clip = clip.intersection(bounds)
    switch marker.kind {
    case .cursor:
      drawBrackets(
        "[", "]", around: place, wide: grid.cellColumns >= 3, role: .cursor, filled: pane.isFocused,
        clip: clip)
    case .otherCursor:
      drawBrackets(
        "<", ">", around: place, wide: grid.cellColumns >= 3, role: .otherCursor, filled: false, clip: clip)
    case .selection: drawSelection(place, clip: clip)
    case .bookmark:
      draw(sign: marker.label.string.first ?? glyphs.bookmark, role: .key, in: place, clip: clip)
    case .match: draw(sign: glyphs.match, role: .match, in: place, clip: clip)
    }
  }

  private mutating func drawBrackets(
    _ open: Character, _ close: Character, around place: GridRect, wide: Bool, role: Role, filled: Bool,
    clip: GridRect
  ) {
    let left = wide ? place.column : place.column - 1
    let right = wide ? place.endColumn - 1 : place.endColumn
    for row in place.row..<place.endRow {
      for (text, column) in [(open, left), (close, right)] {
        guard clip.contains(GridPoint(column: column, row: row)), let under = cell(column: column, row: row)
        else { continue }
        put(
          text, column: column, row: row, style: bracketStyle(role, filled: filled, over: under), clip: clip)
      }
    }
  }

  private mutating func bracketStyle(_ role: Role, filled: Bool, over under: Cell) -> CellStyle {
    let style = style(role)
    if filled {
      // On a reversed cell a reversed bracket would be no bracket.
      let shared = style.modifiers.intersection(under.style.modifiers).intersection(.reverse)
      return CellStyle(
        foreground: style.foreground, background: style.background,
        modifiers: style.modifiers.union(.bold).subtracting(shared))
    }
    let readable = under.style.background.readableForeground(at: canvas.depth)
    return CellStyle(
      foreground: readable == .terminal ? style.foreground : readable, background: under.style.background,
      modifiers: .bold)
  }

  /// Bars at both ends of every selected row, and the selection's ground where nothing was counted.
  private mutating func drawSelection(_ place: GridRect, clip: GridRect) {
    let ground = style(.selection)
    let visible = place.intersection(clip)
    guard !visible.isEmpty else { return }
    for row in visible.row..<visible.endRow {
      for column in visible.column..<visible.endColumn {
        guard let under = cell(column: column, row: row) else { continue }
        if under.style.background == .terminal || under.style.background == style(.text).background,
          canvas.depth > .mono
        {
          var style = under.style
          style.background = ground.background
          put(under.text, column: column, row: row, style: style, clip: clip)
        }
      }
      let bar: Character = glyphs == .ascii ? "|" : "┃"
      for column in canvas.isSpoken ? [] : [place.column - 1, place.endColumn] {
        var style = ground
        if canvas.depth == .mono { style.modifiers = [.bold] }
        put(bar, column: column, row: row, style: style, clip: clip)
      }
    }
  }

  private mutating func draw(sign: Character, role: Role, in place: GridRect, clip: GridRect) {
    // In a cell with a number the sign stands beside it.
    let column = place.columns >= 3 ? place.column : place.column + (place.columns - 1) / 2
    guard displayWidth(of: sign) == 1, let under = cell(column: column, row: place.row) else { return }
    var style = style(role, on: under.style)
    style.background = under.style.background
    let readable = under.style.background.readableForeground(at: canvas.depth)
    if readable != .terminal { style.foreground = readable }
    style.modifiers.insert(.bold)
    put(sign, column: column, row: place.row, style: style, clip: clip)
  }
}
