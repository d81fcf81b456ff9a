import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `An approximate matrix` {
  private let view = ViewID(rawValue: 1)

  private func data(_ approximation: Approximation?) -> SessionData {
    var world = World()
    for second in 0..<600 { world.add(at: Double(second), "cart", second % 7 == 0 ? .error : .info) }
    var data = world.data()
    data.approximation = approximation
    if approximation != nil {
      data.loading = LoadProgress(byteCount: 1, totalByteCount: 1_000_000_000, bytesPerSecond: 1)
    }
    return data
  }

  private let approximation = Approximation(
    eventCount: 4_540_123, basis: .sample(byteCount: 4_200_000, totalByteCount: 1_000_000_000))

  private func text(_ state: SessionState) -> String {
    guard let scene = state.scene(for: view) else { return "" }
    return scene.panes.flatMap { pane in
      [pane.title.map(\.text.string).joined()]
        + pane.nodes.flatMap { node -> [String] in
          switch node {
          case .text(let block): block.lines.map { $0.map(\.text.string).joined() }
          case .cellGrid(let grid): grid.labels.map(\.string)
          default: []
          }
        }
    }.joined(separator: "\n")
  }

  @Test func `says so in the header, the status and at every number; the exact one no more`() {
    var state = SessionState()
    _ = state.apply(.attach(view, GridExtent(columns: 200, rows: 50)))
    _ = state.apply(.data(data(approximation)))
    let estimated = text(state)
    #expect(
      estimated.contains("Approximate: 0.4 % of 1.0 GB read; ~86 errors; exact when all is read."))
    #expect(estimated.contains("~4.5M events"))
    // Said once, not in every corner.
    #expect(estimated.lowercased().split(separator: "approximate").count == 2)
    #expect(estimated.contains("scale to ~"))
    #expect(estimated.contains("\n~86\n"))
    #expect(!estimated.contains("above its usual"))
    _ = state.apply(.data(data(nil)))
    #expect(!text(state).contains("~"))
    #expect(text(state).contains("600 events"))
  }

  @Test(arguments: [CommandName.copy, .copyLink, .markSet, .viewSave])
  func `is neither copied, linked, marked nor saved`(command: CommandName) {
    var state = SessionState()
    _ = state.apply(.attach(view, GridExtent(columns: 120, rows: 36)))
    _ = state.apply(.data(data(approximation)))
    #expect(state.apply(.invoke(view, command, argument: "a")).isEmpty)
    #expect(
      state.view(view)?.notice?.text == "the counts are approximate until everything is read: try again then")
    #expect(state.marks.isEmpty && state.savedViews.isEmpty)
    _ = state.apply(.data(data(nil)))
    #expect(!state.apply(.invoke(view, command, argument: "a")).isEmpty)
  }

  @Test func `is walked through with the same keys, and what was chosen stays when it becomes exact`() {
    var state = SessionState()
    _ = state.apply(.attach(view, GridExtent(columns: 120, rows: 36)))
    _ = state.apply(.data(data(approximation)))
    _ = state.apply(.invoke(view, .zoomIn, argument: nil))
    _ = state.apply(.invoke(view, .cursorLeft, argument: nil))
    let before = state.view(view)
    _ = state.apply(.data(data(nil)))
    #expect(state.view(view)?.window == before?.window)
    #expect(state.view(view)?.cursorTime == before?.cursorTime)
  }
}
