import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite("A recorded trail")
struct TrailTests {
  private static let view = ViewID(rawValue: 1)

  private static func session(_ faces: [Int]) throws -> SessionState {
    var state = SessionState()
    _ = state.apply(.attach(view, GridExtent(columns: 120, rows: 36)))
    let steps = try faces.enumerated().map { number, face in
      Footstep(
        time: Timestamp(seconds: Int64(number)), link: try SessionLink("triptych://open?face=\(face)"))
    }
    _ = state.apply(.trail(steps))
    return state
  }

  private static func face(_ state: SessionState) -> Int? { state.view(view)?.singleFace?.rawValue }

  private static func walk(_ state: inout SessionState, _ name: CommandName) -> (face: Int?, words: String) {
    _ = state.apply(.invoke(view, name, argument: nil))
    return (face(state), state.view(view)?.notice?.text.string ?? "")
  }

  @Test func `is walked back from its end and forth again, to its ends and no further`() throws {
    var state = try Self.session([1, 2, 3])
    #expect(Self.walk(&state, .trailPrevious).face == 2)
    let first = Self.walk(&state, .trailPrevious)
    #expect(first.face == 1)
    #expect(first.words.contains("step 1 of 3"))
    #expect(Self.walk(&state, .trailPrevious).words.contains("first step"))
    #expect(Self.walk(&state, .trailNext).face == 2)
    #expect(Self.walk(&state, .trailNext).face == 3)
    #expect(Self.walk(&state, .trailNext).words.contains("last step"))
    #expect(Self.face(state) == 3)
  }

  @Test func `can be left and joined again where it was left`() throws {
    var state = try Self.session([1, 2, 3])
    _ = Self.walk(&state, .trailPrevious)
    _ = state.apply(.invoke(Self.view, .faceAll, argument: nil))
    #expect(Self.face(state) == nil)
    #expect(Self.walk(&state, .trailNext).face == 3)
    _ = state.apply(.invoke(Self.view, .jumpBack, argument: nil))
    #expect(Self.face(state) == nil)
  }

  @Test func `is none where nobody's steps were recorded`() throws {
    var state = try Self.session([])
    let walked = Self.walk(&state, .trailNext)
    #expect(walked.face == nil)
    #expect(walked.words.contains("nobody's steps"))
  }
}
