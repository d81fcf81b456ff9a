public import SceneGraph

/// A scene in lines of words and numbers: for the line mode, where nothing can be painted. No colour, no box, no cursor
/// movement; grids are tables with their numbers, and the row under the cursor begins with `> `.
public struct SceneText: Hashable, Sendable {
  /// One pane.
  public struct Part: Hashable, Sendable {
    public var pane: NodeID
    /// The title first where there is one.
    public var lines: [String]
    /// The same without title and marks of the cursor: what changes here is more than a step of the cursor.
    public var contents: [String]
    /// Part of the layout, and not where the focus is.
    public var isBeside: Bool
  }

  /// Top to bottom as on screen; status and hints are left out.
  public var parts: [Part]

  /// O(words and cells of the scene).
  public init(_ scene: Scene) {
    parts = scene.panes.compactMap { pane in
      guard !["status", "hints"].contains(pane.id.rawValue) else { return nil }
      let writer = PaneWriter(pane: pane)
      return Part(
        pane: pane.id, lines: writer.title + writer.lines(marked: true),
        contents: writer.lines(marked: false),
        isBeside: pane.kind == .framed && !pane.isFocused)
    }
  }
}

/// Writes one pane.
private struct PaneWriter {
  let pane: Pane

  var title: [String] { pane.title.isEmpty ? [] : [Self.text(of: pane.title)] }

  func lines(marked: Bool) -> [String] {
    var lines: [String] = []
    for node in pane.nodes {
      switch node {
      case .cellGrid(let grid): lines += self.lines(of: grid, marked: marked)
      case .table(let table): lines += self.lines(of: table, marked: marked)
      case .text(let block):
        lines += block.lines.map(Self.text).filter { !$0.isEmpty }.map {
          pane.kind == .bar ? String($0.drop { $0 == " " }) : $0
        }
      case .axis, .marker: break
      }
    }
    return lines
  }

  // MARK: Grids

  private func lines(of grid: CellGrid, marked: Bool) -> [String] {
    guard grid.columns > 0, grid.rows > 0 else { return [] }
    let cursor = marked ? cursorCell(on: grid) : nil
    let names = rowLabels(of: grid)
    let nameWidth = names.reduce(0) { max($0, SafeText($1).displayWidth) }
    var cells = (0..<grid.rows * grid.columns).map { Self.words(of: grid, cell: $0) }
    let titles = columnLabels(of: grid)
    let width = cells.reduce(4) { max($0, $1.count) } + 3
    for index in cells.indices {
      let isCursor = cursor.map { $0.row * grid.columns + $0.column == index } ?? false
      cells[index] = isCursor ? "[\(cells[index])]" : cells[index] + " "
    }
    var lines: [String] = []
    if titles.contains(where: { !$0.isEmpty }) {
      lines.append(Self.header(titles, from: nameWidth + 2, columnWidth: width))
    }
    for row in 0..<grid.rows {
      let numbers = cells[row * grid.columns..<(row + 1) * grid.columns]
      lines.append(
        (cursor?.row == row ? "> " : "  ") + Self.padded(names[row], to: nameWidth)
          + numbers.map { Self.trailing($0, in: width) }.joined())
    }
    return lines.map(Self.withoutTrailingSpaces)
  }

  /// Each title ends where its column ends; one without room is left out.
  private static func header(_ titles: [String], from start: Int, columnWidth: Int) -> String {
    var line = ""
    for (column, title) in titles.enumerated() where !title.isEmpty {
      let first = start + (column + 1) * columnWidth - 1 - title.count
      guard first > line.count || line.isEmpty && first >= 0 else { continue }
      line += String(repeating: " ", count: first - line.count) + title
    }
    return line
  }

  private static func words(of grid: CellGrid, cell index: Int) -> String {
    if !grid.labels.isEmpty, !grid.labels[index].isEmpty { return grid.labels[index].string }
    switch grid.presence[index] {
    case .noData: return "-"
    case .gap: return "gap"
    case .zero: return "0"
    case .value: return String(grid.counts[index])
    }
  }

  private func cursorCell(on grid: CellGrid) -> GridPoint? {
    for case .marker(let marker) in pane.nodes where marker.kind == .cursor && marker.grid == grid.id {
      let inside =
        (0..<grid.columns).contains(marker.cells.column) && (0..<grid.rows).contains(marker.cells.row)
      return inside ? GridPoint(column: marker.cells.column, row: marker.cells.row) : nil
    }
    return nil
  }

  private func rowLabels(of grid: CellGrid) -> [String] {
    var labels = [String](repeating: "", count: grid.rows)
    for case .axis(let axis) in pane.nodes where axis.edge == .vertical {
      for tick in axis.ticks where labels.indices.contains(tick.offset) {
        labels[tick.offset] = Self.text(of: tick.label)
      }
    }
    return labels
  }

  private func columnLabels(of grid: CellGrid) -> [String] {
    var labels = [String](repeating: "", count: grid.columns)
    for case .axis(let axis) in pane.nodes where axis.edge == .horizontal {
      for tick in axis.ticks {
        let column = tick.offset / max(1, grid.cellColumns)
        if labels.indices.contains(column) { labels[column] = Self.text(of: tick.label) }
      }
    }
    return labels
  }

  // MARK: Tables

  private func lines(of table: Table, marked: Bool) -> [String] {
    let rows = table.rows.map { $0.cells.map(Self.text) }
    let widths = table.columns.indices.map { column in
      rows.reduce(0) { max($0, $1.indices.contains(column) ? SafeText($1[column]).displayWidth : 0) }
    }
    return rows.enumerated().map { index, cells in
      let words = zip(cells, widths).map { Self.padded($0, to: $1) }.joined(separator: "  ")
      return Self.withoutTrailingSpaces((marked && index == table.cursorRow ? "> " : "  ") + words)
    }
  }

  // MARK: Words

  /// Our own signs in ASCII; what came from outside is safe already.
  private static func text(of line: TextLine) -> String {
    let words = line.filter { $0.role != .cursor }.map(\.text.string).joined()
    return withoutTrailingSpaces(
      String(words.replacing("\u{2026}", with: "...").map { GlyphSet.ascii.spelling(of: $0) }))
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - SafeText(text).displayWidth))
  }

  private static func trailing(_ text: String, in width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }

  private static func withoutTrailingSpaces(_ text: String) -> String {
    guard let last = text.lastIndex(where: { $0 != " " }) else { return "" }
    return String(text[...last])
  }
}
