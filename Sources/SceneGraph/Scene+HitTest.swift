/// What lies under a point: the same answer for a mouse and for a controller's ray.
public struct SceneHit: Hashable, Sendable {
  public var pane: NodeID
  /// The node, when the point is on one.
  public var node: NodeID?
  /// The cell of a grid, or (0, row) of a table's visible rows.
  public var cell: GridPoint?

  public init(pane: NodeID, node: NodeID? = nil, cell: GridPoint? = nil) {
    self.pane = pane
    self.node = node
    self.cell = cell
  }
}

extension Scene {
  /// The topmost thing at `point`; `nil` outside every pane, and under an overlay that does not hold the point.
  public func hit(_ point: GridPoint) -> SceneHit? {
    for pane in panes.reversed() {
      if pane.frame.contains(point) { return pane.hit(point) }
      if pane.kind == .overlay { return nil }
    }
    return nil
  }
}

extension Pane {
  func hit(_ point: GridPoint) -> SceneHit {
    for node in nodes.reversed() {
      switch node {
      case .cellGrid(let grid) where grid.frame.contains(point):
        let cell = GridPoint(
          column: (point.column - grid.frame.column) / max(1, grid.cellColumns),
          row: point.row - grid.frame.row)
        if cell.column < grid.columns && cell.row < grid.rows {
          return SceneHit(pane: id, node: grid.id, cell: cell)
        }
      case .table(let table) where table.frame.contains(point):
        let row = point.row - table.frame.row - (table.showsTitles ? 1 : 0)
        if table.rows.indices.contains(row) {
          return SceneHit(pane: id, node: table.id, cell: GridPoint(column: 0, row: row))
        }
      default:
        break
      }
    }
    return SceneHit(pane: id)
  }
}
