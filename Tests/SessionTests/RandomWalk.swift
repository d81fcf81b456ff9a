import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

/// Draws commands as a careless person with a cat on the keyboard would give them.
struct RandomWalk {
  var numbers: SeededNumbers
  private static let arguments = [
    "", "a", "1", "2", "99", "all", "error", "warn", "nonsense", "*", "shop/*", "!shop/eu/*", "edge",
    "weighted", "rate",
    "count", "dark", "none", "status>=500", "status=200", "/time.*cart/", "/[/", "!user=", "timeout", "paid",
    "\"open", "03:07", "03:00:01", "-15m", "+2h", "end", "start", "2200-01-01T00:00:00Z",
    "1700-01-01T00:00:00Z",
    "2026-11-23T03:00:00.5Z", "trace_id=t3", "日本", "\u{1B}[2J",
  ]
  private static let extents = [
    (40, 12), (80, 24), (120, 36), (200, 60), (400, 120), (1, 1), (13, 5), (26, 15), (0, 0),
  ]

  init(seed: UInt64) { numbers = SeededNumbers(seed: seed) }

  mutating func commands(for id: ViewID, _ count: Int) -> [Command] {
    (0..<count).map { _ in command(for: id) }
  }

  mutating func command(for id: ViewID) -> Command {
    switch numbers.below(20) {
    case 0: return .typed(id, numbers.pick(Array("abz1/='日é \u{301}")))
    case 1: return resize(id)
    case 2, 3:
      let point = GridPoint(column: numbers.below(130) - 2, row: numbers.below(40) - 2)
      return .point(id, point, numbers.pick([.press, .doublePress, .wheelUp, .wheelDown]))
    case 4: return .pendingKeys(id, [KeyContinuation(stroke: "t", title: "Go to a time")])
    case 5: return .tick(World.start.advanced(byNanoseconds: Int64(numbers.below(1_000_000_000))))
    default: return invocation(by: id)
    }
  }

  mutating func invocation(by id: ViewID, of names: [CommandName] = CommandName.allCases) -> Command {
    let name = numbers.pick(names)
    let isSilent = CommandTable.spec(name).argument != nil && numbers.below(4) > 0
    return .invoke(id, name, argument: isSilent ? numbers.pick(Self.arguments) : nil)
  }

  private mutating func resize(_ id: ViewID) -> Command {
    let (columns, rows) = numbers.pick(Self.extents)
    return .resize(id, GridExtent(columns: columns, rows: rows))
  }
}

/// What is wrong with what a view shows; empty when all is well.
func faults(of desk: Desk, _ id: ViewID) -> [String] {
  let scene = desk.scene(id)
  let view = desk.view(id)
  var faults: [String] = []
  let whole = GridRect(column: 0, row: 0, columns: scene.extent.columns, rows: scene.extent.rows)
  for pane in scene.panes {
    if pane.frame.intersection(whole) != pane.frame {
      faults.append("pane \(pane.id.rawValue) at \(pane.frame)")
    }
    for node in pane.nodes { faults += node.faults(inside: pane.frame, in: scene) }
  }
  let rows = desk.state.rows(of: view)
  if !rows.isEmpty, !rows.contains(where: { $0.key == view.cursorRow }) {
    faults.append("the cursor's row \(String(describing: view.cursorRow)) is none of \(rows.count)")
  }
  if view.firstRow < 0 || view.firstRow > max(0, rows.count - 1) {
    faults.append("first row \(view.firstRow) of \(rows.count)")
  }
  let column = view.window.column(of: view.cursorTime)
  if !(0..<max(1, desk.state.plotColumnCount(view))).contains(column) {
    faults.append("cursor in column \(column)")
  }
  let focusable = scene.panes.filter { $0.kind == .framed }
  if !focusable.isEmpty, focusable.count(where: \.isFocused) != 1 {
    faults.append("focus \(view.focus) is nowhere")
  }
  if let drill = view.drill, !drill.events.isEmpty, drill.event == nil {
    faults.append("list cursor \(drill.cursor)")
  }
  return faults
}

extension Node {
  fileprivate func faults(inside frame: GridRect, in scene: Scene) -> [String] {
    switch self {
    case .cellGrid(let grid):
      var faults: [String] = []
      if grid.columns * grid.cellColumns > grid.frame.columns || grid.rows > grid.frame.rows {
        faults.append("grid \(grid.id.rawValue): \(grid.columns)x\(grid.rows) in \(grid.frame)")
      }
      for index in grid.presence.indices where (grid.presence[index] == .value) != (grid.intensity[index] > 0)
      {
        faults.append(
          "grid \(grid.id.rawValue): cell \(index) \(grid.presence[index]) \(grid.intensity[index])")
        break
      }
      return faults + outside(grid.frame, frame, grid.id)
    case .axis(let axis): return outside(axis.frame, frame, axis.id)
    case .table(let table):
      var faults = outside(table.frame, frame, table.id)
      if let row = table.cursorRow, !table.rows.indices.contains(row) {
        faults.append("table cursor in row \(row)")
      }
      return faults
    case .text(let block): return outside(block.frame, frame, block.id)
    case .marker(let marker):
      guard let grid = scene.grid(marker.grid) else { return ["\(marker.id.rawValue) stands on no grid"] }
      let cells = GridRect(column: 0, row: 0, columns: grid.columns, rows: grid.rows)
      return marker.cells.intersection(cells) == marker.cells
        ? [] : ["\(marker.id.rawValue) at \(marker.cells)"]
    }
  }

  private func outside(_ inner: GridRect, _ outer: GridRect, _ id: NodeID) -> [String] {
    inner.isEmpty || inner.intersection(outer) == inner ? [] : ["\(id.rawValue) at \(inner) leaves \(outer)"]
  }
}

@Suite struct `Random walks` {
  @Test(arguments: SeededNumbers.seeds(6))
  func `leave a valid state after every command`(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    let world = seed % 10 == 0 ? World() : World.random(&walk.numbers)
    var desk = Desk(world, isLive: seed % 2 == 0)
    for step in 0..<100 {
      let command = walk.command(for: Desk.first)
      desk.apply(command)
      let faults = faults(of: desk, Desk.first)
      guard faults.isEmpty else {
        Issue.record("seed \(seed), step \(step), \(command): \(faults.joined(separator: "; "))")
        return
      }
    }
  }

  @Test(arguments: SeededNumbers.seeds(5))
  func `of two views leave both valid, while data comes`(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    let whole = World.random(&walk.numbers)
    var some = whole
    some.events = Array(whole.events.prefix(10))
    var desk = Desk(some, isLive: true)
    desk.apply(.attach(Desk.second, GridExtent(columns: 80, rows: 24)))
    for step in 0..<80 {
      let command = walk.command(for: walk.numbers.pick([Desk.first, Desk.second]))
      if step % 10 == 9 {
        desk.world.events = Array(whole.events.prefix(step * 2))
        desk.apply(.data(desk.world.data(isLive: true)))
      }
      desk.apply(command)
      for id in [Desk.first, Desk.second] {
        let faults = faults(of: desk, id)
        guard faults.isEmpty else {
          Issue.record(
            "seed \(seed), step \(step), view \(id.rawValue), \(command): \(faults.joined(separator: "; "))")
          return
        }
      }
    }
  }

  @Test(arguments: SeededNumbers.seeds(4))
  func `give the same scenes twice`(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    let world = World.random(&walk.numbers)
    let commands = walk.commands(for: Desk.first, 100)
    var one = Desk(world)
    var two = Desk(world)
    for command in commands {
      one.apply(command)
      two.apply(command)
      #expect(one.scene == two.scene, "seed \(seed), \(command)")
    }
    #expect(one.effects == two.effects, "seed \(seed)")
  }

  /// Closes what lies over the panes and clears the status line, so that scenes compare.
  private func settle(_ desk: inout Desk) {
    while desk.view.prompt != nil || desk.view.overlay != nil { desk.press(.back) }
    desk.press(.repaint)
  }

  /// What undo promises: all but where one stood in a list that nobody asked for.
  private func panes(of desk: Desk) -> [Pane] {
    let isPreview = desk.view.drill?.isPreview ?? true
    return desk.scene.panes.filter { !isPreview || ($0.id != "events" && $0.id != "event") }
  }

  @Test(arguments: SeededNumbers.seeds(6))
  func `are undone and redone step by step`(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    let steps = CommandTable.all.filter { $0.undo != .none }.map(\.name)
    var desk = Desk(World.random(&walk.numbers))
    for step in 0..<40 {
      for command in walk.commands(for: Desk.first, 2) { desk.apply(command) }
      settle(&desk)
      let before = panes(of: desk)
      let pastCount = desk.view.undoStack.count
      let command = walk.invocation(by: Desk.first, of: steps)
      desk.apply(command)
      guard desk.view.undoStack.count > pastCount else { continue }
      settle(&desk)
      let after = panes(of: desk)
      desk.press(.undo, .repaint)
      guard panes(of: desk) == before else {
        Issue.record(
          "seed \(seed), step \(step), undo of \(command): \(firstDifference(before, panes(of: desk)))")
        return
      }
      desk.press(.redo, .repaint)
      guard panes(of: desk) == after else {
        Issue.record(
          "seed \(seed), step \(step), redo of \(command): \(firstDifference(after, panes(of: desk)))")
        return
      }
    }
  }

  @Test(arguments: SeededNumbers.seeds(6))
  func `come back by zooming in after zooming out, and the cursor keeps its column`(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    var desk = Desk(World.random(&walk.numbers))
    for command in walk.commands(for: Desk.first, 30) { desk.apply(command) }
    settle(&desk)
    if desk.view.isFollowing { desk.press(.follow) }
    // Quiet rows are those of the window, so they may come and go with it.
    if desk.view.hidesQuiet { desk.press(.hideQuiet) }
    desk.press(.repaint)
    let before = desk.scene.panes
    let column = desk.view.window.column(of: desk.view.cursorTime)
    let width = desk.view.window.widthNs
    desk.press(.zoomOut)
    #expect(desk.view.window.column(of: desk.view.cursorTime) == column, "seed \(seed)")
    guard desk.view.window.widthNs != width else { return }
    desk.press(.zoomIn, .repaint)
    #expect(desk.view.window.column(of: desk.view.cursorTime) == column, "seed \(seed)")
    #expect(desk.scene.panes == before, "seed \(seed): \(firstDifference(before, desk.scene.panes))")
  }
}

/// The first pane or node that differs, in words.
func firstDifference(_ one: [Pane], _ two: [Pane]) -> String {
  guard one.map(\.id) == two.map(\.id) else {
    return "\(one.map(\.id.rawValue)) and \(two.map(\.id.rawValue))"
  }
  for (left, right) in zip(one, two) where left != right {
    for (old, new) in zip(left.nodes, right.nodes) where old != new {
      return
        "\(left.id.rawValue):\n\(String(describing: old).prefix(1500))\n\(String(describing: new).prefix(1500))"
    }
    return
      "\(left.id.rawValue): \(left.title.map(\.text.string)) \(right.title.map(\.text.string)) \(left.nodes.count) \(right.nodes.count) \(left.frame) \(right.frame)"
  }
  return "nothing"
}
