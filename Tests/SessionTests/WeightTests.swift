import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct WeightTests {
  private let view = ViewID(rawValue: 1)

  private func session() -> SessionState {
    var state = SessionState()
    _ = state.apply(.configure(SessionConfiguration()))
    _ = state.apply(.attach(view, GridExtent(columns: 120, rows: 36)))
    return state
  }

  @Test func `severity weights are set by seven numbers, and a change of theme leaves them`() {
    var state = session()
    _ = state.apply(.invoke(view, .weights, argument: "0 0 0 1 2 3,4"))
    #expect(state.configuration.weights == SeverityWeights(weights: [0, 0, 0, 1, 2, 3, 4]))
    #expect(state.view(view)?.lens == .weighted)
    _ = state.apply(.configure(SessionConfiguration(themeName: "light")))
    #expect(state.configuration.weights[.fatal] == 4)
  }

  @Test(arguments: ["", "1 2 3", "1 2 3 4 5 6 x", "1 2 3 4 5 6 -7", "1 2 3 4 5 6 99999999"])
  func `weights that mean nothing are asked for again with an example`(text: String) {
    var state = session()
    _ = state.apply(.invoke(view, .weights, argument: text))
    #expect(state.configuration.weights == SeverityWeights())
    #expect(state.view(view)?.prompt?.complaint?.string.contains("1 0 0 1 10 100 1000") == true)
  }
}
