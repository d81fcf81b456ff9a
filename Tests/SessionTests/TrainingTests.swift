import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

/// Twenty minutes of three services, an event of each a second; one is in trouble from the tenth minute on, another
/// suffers a minute later.
@Suite("A training") struct TrainingTests {
  private static func time(_ seconds: Int64) -> Timestamp {
    World.start.advanced(byNanoseconds: seconds * 1_000_000_000)
  }

  private static func desk() throws -> Desk {
    var world = World()
    for second in 0..<1200 {
      world.add(at: Double(second), "pay", second >= 600 && second < 900 ? .error : .info)
      world.add(at: Double(second), "shop", second >= 660 && second < 900 ? .error : .info)
      world.add(at: Double(second), "edge", .info)
    }
    var plan = TrainingPlan(
      origin: "the truth file", service: ForeignText("pay"),
      range: TimeRange(start: time(600), end: time(900)),
      cause: ForeignText("deploy v7"))
    plan.affected = [ForeignText("shop")]
    plan.trail = try ["edge", "shop", "pay"].enumerated().map { number, service in
      Footstep(
        time: time(90_000 + Int64(number) * 40),
        link: try SessionLink("triptych://open?at=2026-11-23T03:11:00Z,\(service),error"))
    }
    var configuration = SessionConfiguration(zone: .utc)
    configuration.training = plan
    var desk = Desk(World(), configuration: configuration)
    desk.apply(.tick(time(90_000)))
    desk.world = world
    desk.apply(.data(world.data()))
    return desk
  }

  /// Lets the clock of the replay run over `seconds` of the night.
  private static func play(_ seconds: Int64, _ desk: inout Desk) {
    desk.press(.replayPlay)
    let end = desk.view.player.map { $0.head.advanced(byNanoseconds: seconds * 1_000_000_000) } ?? .last
    while let player = desk.view.player, player.isPlaying, player.head < end {
      desk.apply(.tick(desk.state.now.advanced(byNanoseconds: 100_000_000)))
    }
    desk.press(.replayPlay)
  }

  private static func words(_ desk: Desk) -> String { desk.scene.words("overlay") }

  @Test func `shows nothing that was not known by its clock, whatever is released, undone or asked for`()
    throws
  {
    var desk = try Self.desk()
    #expect(desk.state.isTraining)
    for command in CommandName.allCases
    where ![.replayPlay, .replayNext, .trainAnswer, .quit, .quitNow].contains(command) {
      desk.apply(.invoke(Desk.first, command, argument: command == .knownAt ? "now" : "x"))
      while desk.view.prompt != nil || desk.view.overlay != nil { desk.press(.back) }
      let latest = desk.state.matrix.timeRange?.end ?? .first
      #expect(desk.view.player != nil, "\(command.rawValue)")
      #expect(latest <= Self.time(180), "\(command.rawValue) shows \(latest.rfc3339())")
      #expect(desk.state.trail.isEmpty)
    }
  }

  @Test func `shows nothing before everything was read`() throws {
    var configuration = SessionConfiguration()
    configuration.training = TrainingPlan(origin: "x", service: ForeignText("pay"))
    var state = SessionState()
    _ = state.apply(.configure(configuration))
    _ = state.apply(.attach(Desk.first, GridExtent(columns: 100, rows: 30)))
    var data = try Self.desk().world.data()
    data.loading = LoadProgress(byteCount: 1, totalByteCount: 2, bytesPerSecond: 1)
    _ = state.apply(.data(data))
    #expect(state.matrix.eventCount == 0 && state.data.matrix.eventCount > 0)
    #expect(state.scene(for: Desk.first)?.words("header").contains("above usual") == false)
  }

  @Test func `sets the answer beside what is known, with times and the way of whoever recorded it`() throws {
    var desk = try Self.desk()
    Self.play(600, &desk)
    desk.press(.goWorst)
    #expect(desk.view.cursorRow?.path == ForeignText("pay"))
    desk.press(.trainAnswer)
    desk.type("the deploy")
    desk.press(.promptAccept)
    let words = Self.words(desk)
    #expect(words.contains("the deploy") && words.contains("deploy v7") && words.contains("Service: right"))
    #expect(words.contains("Time: right") && words.contains("after it began"))
    #expect(words.contains("You first looked at pay after 10 s"))
    #expect(words.contains("after 1 min 20 s, at step 3 of 3"))
    #expect(words.contains("They looked at what you did not: shop"))
    #expect(!desk.state.isTraining && desk.state.dice.knownBefore == nil && desk.state.trail.count == 3)
    desk.press(.back)
    #expect(desk.view.overlay == nil)
    desk.press(.trainAnswer, argument: "again")
    #expect(Self.words(desk).contains("the deploy") && !Self.words(desk).contains("again"))
  }

  @Test func `tells an effect from the cause, and another service from both`() throws {
    for (row, words) in [("shop", "it suffered from it"), ("edge", "no, it began in pay")] {
      var desk = try Self.desk()
      Self.play(700, &desk)
      while desk.view.cursorRow?.path != ForeignText(row) { desk.press(.cursorDown) }
      desk.press(.trainAnswer, argument: "?")
      #expect(Self.words(desk).contains(words))
    }
  }

  @Test func `tells an answer that came too early`() throws {
    var desk = try Self.desk()
    desk.press(.goFirstRow)
    desk.press(.trainAnswer, argument: "a guess")
    #expect(Self.words(desk).contains("before it began"))
  }

  @Test func `is none without a plan`() {
    var desk = Desk(World.checkoutIncident)
    desk.press(.trainAnswer, argument: "x")
    #expect(desk.view.notice?.text.string.contains("triptych train") == true)
  }
}
