import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

/// Ten minutes of two services, an event of each a second; errors from the fifth minute on.
@Suite("A replay") struct PlayerTests {
  private static let night = World.start.advanced(byNanoseconds: 86_400_000_000_000)

  private static func desk(trail: [Footstep] = [], showsReplay: Bool = false) -> Desk {
    var world = World()
    for second in 0..<600 {
      world.add(at: Double(second), "shop/cart", second >= 300 ? .error : .info)
      world.add(at: Double(second), "edge", .info)
    }
    var configuration = SessionConfiguration()
    configuration.showsReplay = showsReplay
    var desk = Desk(world, configuration: configuration)
    desk.apply(.tick(night))
    desk.apply(.trail(trail))
    return desk
  }

  private static func step(_ seconds: Int64, face: Int) throws -> Footstep {
    Footstep(
      time: World.start.advanced(byNanoseconds: seconds * 1_000_000_000),
      link: try SessionLink("triptych://open?face=\(face)"))
  }

  /// Lets `seconds` of the wall's clock go by, ten ticks each.
  private static func wait(_ seconds: Double, _ desk: inout Desk) {
    for _ in 0..<Int(seconds * 10) {
      desk.apply(.tick(desk.state.now.advanced(byNanoseconds: 100_000_000)))
    }
  }

  private static func head(_ desk: Desk) -> Int64? {
    desk.view.player.map { ($0.head.nanoseconds - World.start.nanoseconds) / 1_000_000_000 }
  }

  private static func scrubber(_ desk: Desk) -> String {
    desk.scene.panes.first { $0.id == "scrubber" }.map { pane in
      pane.nodes.map { node in
        guard case .text(let block) = node else { return "" }
        return block.lines.joined().map(\.text.string).joined()
      }.joined()
    } ?? ""
  }

  @Test func `has a clock that runs a minute a second, and at other speeds when asked`() {
    var desk = Self.desk()
    desk.press(.goStart, .replayToggle, .replayPlay)
    Self.wait(2, &desk)
    #expect(Self.head(desk) == 120)
    #expect(desk.view.cursorTime == desk.view.player?.head)
    desk.press(.replayFaster)
    Self.wait(1, &desk)
    #expect(Self.head(desk) == 240)
    for _ in 0..<8 { desk.press(.replaySlower) }
    #expect(desk.view.player?.speed == 0.25)
    Self.wait(4, &desk)
    #expect(Self.head(desk) == 241)
    desk.press(.replayPlay)
    Self.wait(5, &desk)
    #expect(Self.head(desk) == 241)
    desk.press(.replaySlower)
    #expect(desk.view.notice?.text.string.contains("no slower") == true)
  }

  @Test func `is there from the first events on, and says nothing while there are none yet`() {
    var configuration = SessionConfiguration()
    configuration.showsReplay = true
    var desk = Desk(World(), configuration: configuration)
    #expect(desk.view.player == nil && desk.view.notice == nil)
    var world = World()
    for second in 0..<600 { world.add(at: Double(second), "edge", .info) }
    desk.apply(.data(world.data()))
    #expect(desk.view.player != nil && desk.view.notice == nil)
  }

  @Test func `ends at the last event, and begins anew from there`() {
    var desk = Self.desk()
    desk.press(.goEnd, .replayToggle, .replayPlay)
    Self.wait(1, &desk)
    #expect(desk.view.player?.isPlaying == false && !desk.state.isPlaying)
    #expect(Self.head(desk) == 599)
    #expect(desk.view.notice?.text.string.contains("the end") == true)
    desk.press(.replayPlay)
    #expect(Self.head(desk) == 0)
    Self.wait(1, &desk)
    #expect(Self.head(desk) == 60)
  }

  @Test func `leaps no further than a second's way when nobody looked for an hour`() {
    var desk = Self.desk()
    desk.press(.goStart, .replayToggle, .replayPlay)
    desk.apply(.tick(desk.state.now.advanced(byNanoseconds: 3_600_000_000_000)))
    #expect(Self.head(desk) == 60)
  }

  @Test func `goes with the cursor in event time, which hides nothing`() {
    var desk = Self.desk()
    desk.press(.goStart, .replayToggle)
    let before = Self.head(desk)
    desk.press(.cursorRight, .cursorRight)
    #expect(Self.head(desk) != before)
    #expect(desk.view.player?.head == desk.view.cursorTime)
    #expect(desk.state.dice.knownBefore == nil)
  }

  @Test func `hides what was not known then, shows it as the clock comes to it, and lets the cursor stay`() {
    var desk = Self.desk()
    desk.press(.goStart, .replayToggle, .knownAtCursor)
    #expect(desk.state.matrix.eventCount == 0)
    desk.press(.replayPlay)
    Self.wait(4, &desk)
    // Whole columns are counted: nothing of the one that the clock stands in.
    let known = desk.state.dice.knownBefore ?? .last
    #expect(known <= World.start.advanced(byNanoseconds: 240_000_000_000))
    let expected = desk.world.events.filter { $0.time < known }.count
    #expect(desk.state.matrix.eventCount == expected && expected > 400)
    #expect(!Self.scrubber(desk).contains("━"))
    Self.wait(6, &desk)
    #expect(Self.scrubber(desk).contains("known then"))
    desk.press(.knownAtCursor)
    #expect(desk.state.dice.knownBefore == nil && desk.view.player?.hidesLater == false)
    #expect(desk.state.matrix.eventCount == 1200)
    #expect(Self.scrubber(desk).contains("━") && Self.scrubber(desk).contains("event time"))
  }

  @Test func `steps by columns of time, onto their edges`() {
    var desk = Self.desk()
    desk.press(.zoomFit, .goStart, .replayToggle)
    let width = desk.view.window.widthNs / 1_000_000_000
    desk.press(.replayNext, .replayNext)
    #expect(Self.head(desk) == 2 * width)
    desk.press(.replayPrevious)
    #expect(Self.head(desk) == width)
    desk.press(.replayPlay)
    Self.wait(0.1, &desk)
    desk.press(.replayPrevious)
    #expect(Self.head(desk).map { $0 % width } == 0 && desk.view.player?.isPlaying == false)
    desk.press(.replayPrevious, .replayPrevious, .replayPrevious, .replayPrevious, .replayPrevious)
    #expect(Self.head(desk) == 0)
  }

  @Test
  func `follows the trail as the clock passes its steps, until the person leaves it, and again when asked`()
    throws
  {
    var desk = Self.desk(trail: [
      try Self.step(60, face: 2), try Self.step(180, face: 3), try Self.step(300, face: 1),
    ])
    desk.press(.goStart, .replayToggle)
    desk.apply(.invoke(Desk.first, .trailPrevious, argument: nil))
    desk.press(.goStart)
    #expect(desk.view.player?.isFree == true)
    #expect(Self.scrubber(desk).contains("off trail"))
    desk.press(.trailPrevious)
    #expect(desk.view.player?.isFree == false && desk.view.singleFace == .timeSeverity)
    desk.press(.replayPlay)
    while let head = Self.head(desk), head < 190 { Self.wait(0.1, &desk) }
    #expect(desk.view.singleFace == .serviceSeverity)
    #expect(Self.scrubber(desk).contains("step 2/3"))
    desk.press(.faceAll)
    Self.wait(3, &desk)
    #expect(desk.view.singleFace == nil && Self.head(desk).map { $0 > 300 } == true)
  }

  @Test func `does not wait for steps that were taken the next morning`() throws {
    var desk = Self.desk(trail: [try Self.step(40_000, face: 2), try Self.step(90_000, face: 3)])
    desk.press(.goEnd, .replayToggle, .replayPlay)
    Self.wait(1.2, &desk)
    #expect(desk.view.singleFace == .timeSeverity)
    Self.wait(1.2, &desk)
    #expect(desk.view.singleFace == .serviceSeverity && desk.view.player?.isPlaying == false)
  }

  @Test func `goes from note to note, and shows none before it was written`() {
    var desk = Self.desk()
    desk.press(.goTime, argument: "03:02")
    desk.press(.noteAdd, argument: "it begins")
    desk.press(.goTime, argument: "03:07")
    desk.press(.noteAdd, argument: "it is the cart")
    desk.press(.goStart, .replayToggle, .noteNext)
    #expect(Self.head(desk).map { (110...120).contains($0) } == true)
    #expect(desk.view.notice?.text.string.contains("it begins") == true)
    desk.press(.noteNext, .noteNext)
    #expect(desk.view.notice?.text.string.contains("no note later") == true)
    desk.press(.notePrevious)
    #expect(desk.view.notice?.text.string.contains("it begins") == true)
    #expect(Self.scrubber(desk).contains("◆") && Self.scrubber(desk).contains("2 notes"))
    #expect(desk.scene.markers.contains { $0.kind == .bookmark })
    // They were written a day later.
    desk.press(.knownAtCursor)
    #expect(!Self.scrubber(desk).contains("◆") && !Self.scrubber(desk).contains("note"))
    #expect(!desk.scene.markers.contains { $0.kind == .bookmark })
  }

  @Test func `is there from the start for a recording, and gives its line back when closed`() {
    var desk = Self.desk(showsReplay: true)
    #expect(Self.scrubber(desk).contains("event time"))
    #expect(desk.state.layout(of: desk.view).scrubber?.rows == 1)
    desk.press(.replayToggle)
    #expect(desk.view.player == nil && Self.scrubber(desk) == "")
    #expect(desk.state.layout(of: desk.view).scrubber == nil)
  }

  @Test func `has nothing to play where nothing was read`() {
    var desk = Desk(World(), configuration: SessionConfiguration())
    desk.press(.replayPlay)
    #expect(desk.view.player == nil)
    #expect(desk.view.notice?.text.string.contains("nothing has been read") == true)
  }

  @Test(arguments: [(20, 6), (40, 8), (80, 24), (300, 100)])
  func `fits any screen`(columns: Int, rows: Int) {
    var desk = Self.desk()
    desk.apply(.resize(Desk.first, GridExtent(columns: columns, rows: rows)))
    desk.press(.replayToggle, .replayPlay)
    Self.wait(0.5, &desk)
    for pane in desk.scene.panes {
      #expect(pane.frame.endRow <= rows && pane.frame.endColumn <= columns)
    }
  }
}
