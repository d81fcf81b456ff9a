internal import EventModel

extension Scene {
  /// Of the order and meaning of `canonicalBytes`; digests of two versions do not compare.
  public static let canonicalVersion = 1

  /// All there is to see as one sequence of bytes: two scenes that look the same have the same, on every machine. The
  /// revision is left out, and what lies in `panes` that `leavesOut` names. O(what is on screen).
  public func canonicalBytes(leavingOut ids: Set<NodeID> = []) -> [UInt8] {
    var packer = BytePacker()
    packer.reserve(1 << 14)
    packer.put(extent.columns)
    packer.put(extent.rows)
    packer.put(panes.filter { !ids.contains($0.id) }) { $0.put($1) }
    return packer.bytes
  }
}

extension BytePacker {
  fileprivate mutating func put<Element>(
    _ elements: [Element], _ body: (inout BytePacker, Element) -> Void
  ) {
    put(elements.count)
    for element in elements { body(&self, element) }
  }

  fileprivate mutating func put(_ frame: GridRect) {
    for number in [frame.column, frame.row, frame.columns, frame.rows] { put(number) }
  }

  fileprivate mutating func put(_ runs: [TextRun]) {
    put(runs) { packer, run in
      packer.put(run.text.string)
      packer.put(run.role.rawValue)
    }
  }

  fileprivate mutating func put(_ pane: Pane) {
    put(pane.id.rawValue)
    let kind: UInt8 =
      switch pane.kind {
      case .bar: 0
      case .framed: 1
      case .overlay: 2
      }
    put(kind)
    put(pane.frame)
    put(pane.title)
    put(pane.isFocused)
    put(pane.nodes) { $0.put($1) }
  }

  private mutating func put(_ node: Node) {
    switch node {
    case .cellGrid(let grid): put(grid)
    case .axis(let axis): put(axis)
    case .table(let table): put(table)
    case .text(let block): put(block)
    case .marker(let marker): put(marker)
    }
  }

  private mutating func put(_ grid: CellGrid) {
    put(UInt8(0))
    put(grid.id.rawValue)
    put(grid.frame)
    for number in [grid.columns, grid.rows, grid.depth, grid.cellColumns] { put(number) }
    put(grid.presence.map(\.rawValue))
    put(grid.intensity)
    put(grid.tone.map(\.rawValue))
    put(words: grid.counts)
    put(grid.labels) { $0.put($1.string) }
  }

  private mutating func put(_ axis: Axis) {
    put(UInt8(1))
    put(axis.id.rawValue)
    put(axis.frame)
    put(axis.edge == .vertical)
    put(axis.ticks) { packer, tick in
      packer.put(tick.offset)
      packer.put(tick.label)
    }
  }

  private mutating func put(_ table: Table) {
    put(UInt8(2))
    put(table.id.rawValue)
    put(table.frame)
    put(table.columns) { packer, column in
      packer.put(column.title.string)
      packer.put(column.width)
      packer.put(column.alignment == .trailing)
    }
    put(table.rows) { packer, row in packer.put(row.cells) { $0.put($1) } }
    put(table.firstRow)
    put(table.totalRowCount)
    put(table.cursorRow ?? -1)
    put(table.showsTitles)
  }

  private mutating func put(_ block: TextBlock) {
    put(UInt8(3))
    put(block.id.rawValue)
    put(block.frame)
    put(block.lines) { $0.put($1) }
    put(block.background?.rawValue ?? "")
  }

  private mutating func put(_ marker: Marker) {
    put(UInt8(4))
    put(marker.id.rawValue)
    let kind: UInt8 =
      switch marker.kind {
      case .cursor: 0
      case .selection: 1
      case .bookmark: 2
      case .otherCursor: 3
      case .match: 4
      }
    put(kind)
    put(marker.grid.rawValue)
    put(marker.cells)
    put(marker.label.string)
  }
}
