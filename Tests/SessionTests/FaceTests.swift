import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `The three faces` {
  private func sums(_ desk: Desk) throws -> [UInt64] {
    try ["matrix.grid", "severities.grid", "totals.grid"].map { try #require(desk.scene.grid($0)).sum }
  }

  /// High enough for every row and band.
  private func desk(_ world: World) -> Desk { Desk(world, columns: 200, rows: 60) }

  @Test(arguments: SeededNumbers.seeds(5))
  func `of the same selection have equal sums, those of a slow count`(seed: UInt64) throws {
    var walk = RandomWalk(seed: seed)
    var desk = desk(World.random(&walk.numbers))
    let changes: [CommandName] = [
      .zoomIn, .zoomOut, .panLeft, .pageLater, .filterAdd, .severityFloorNext, .filterService, .sliceTime,
      .sliceSeverity, .foldAll, .cursorDown, .cursorRight, .orderNext, .filterRemoveLast, .nextError,
    ]
    for _ in 0..<30 {
      desk.apply(walk.invocation(by: Desk.first, of: changes))
      while desk.view.prompt != nil { desk.press(.back) }
      let window = desk.view.window.columns(try #require(desk.scene.grid("matrix.grid")).columns).range
      let slow = UInt64(desk.eventsInDice.count { window.contains($0.time) })
      #expect(try sums(desk) == [slow, slow, slow], "seed \(seed)")
    }
  }

  @Test func `of the demo's night have equal sums under the weighted lens too`() throws {
    var desk = Desk(World.checkoutIncident, columns: 200, rows: 60)
    let events = UInt64(World.checkoutIncident.events.count)
    #expect(try sums(desk) == [events, events, events])
    desk.press(.lens, argument: "weighted")
    let weights = SeverityWeights()
    let weight = World.checkoutIncident.events.reduce(UInt64(0)) { $0 + weights[$1.severity] }
    #expect(try sums(desk) == [weight, weight, weight])
  }

  @Test func `fold to the sum of their children, cell by cell`() throws {
    var numbers = SeededNumbers(seed: 5)
    var desk = desk(World.random(&numbers))
    desk.press(.orderNext)  // by name
    let open = try #require(desk.scene.grid("matrix.grid"))
    let rows = desk.state.rows(of: desk.view)
    desk.press(.foldAll)
    let folded = try #require(desk.scene.grid("matrix.grid"))
    let foldedRows = desk.state.rows(of: desk.view)
    #expect(foldedRows.count < rows.count)
    for (index, row) in foldedRows.enumerated() {
      let children = rows.indices.filter { rows[$0].services.allSatisfy(row.services.contains) }
      // Shorter labels leave room for more columns at the end.
      for column in 0..<min(open.columns, folded.columns) {
        let sum = children.reduce(UInt64(0)) { $0 + open.counts[$1 * open.columns + column] }
        #expect(folded.counts[index * folded.columns + column] == sum)
      }
    }
  }

  @Test func `show no data, zero and a gap as three different things`() throws {
    var world = World()
    world.add(at: 10, "a", .info)
    world.add(at: 20, "a", .info)
    let hole = TimeRange(
      start: World.start.advanced(byNanoseconds: 14_000_000_000),
      end: World.start.advanced(byNanoseconds: 16_000_000_000))
    world.gaps = [CoverageGap(source: SourceID(rawValue: 0), range: hole, reason: .unreadable)]
    var desk = Desk(world)
    while desk.view.window.widthNs < 1_000_000_000 { desk.press(.zoomOut) }
    desk.press(.goStart)
    for _ in 0..<3 { desk.press(.panLeft) }
    let grid = try #require(desk.scene.grid("matrix.grid"))
    let first = desk.view.window.column(of: world.events[0].time)
    #expect(
      Array(grid.presence[first - 1...first + 11])
        == [
          .noData, .value, .zero, .zero, .zero, .gap, .gap, .zero, .zero, .zero, .zero, .value, .noData,
        ].map { $0 as CellPresence })
    // The rate of change says nothing about what is not known.
    desk.press(.lens, argument: "rate")
    let rate = try #require(desk.scene.grid("matrix.grid"))
    #expect(rate.presence[first + 11] == .noData && rate.presence[first + 4] == .gap)
    #expect(rate.presence[first + 1] == .value && rate.tone[first + 1] == .less)
  }

  @Test func `cut the edge columns where a slice of time cuts them`() throws {
    var world = World()
    for tenth in 0..<100 { world.add(at: Double(tenth) / 10, "a", tenth % 20 == 19 ? .error : .info) }
    var desk = desk(world)
    var dice = Dice.everything
    dice.range = TimeRange(
      start: World.start.advanced(byNanoseconds: 1_950_000_000),
      end: World.start.advanced(byNanoseconds: 5_950_000_000))
    var view = desk.view
    _ = desk.state.setDice(dice, &view)
    desk.state.views[0] = view
    while desk.view.window.widthNs < 1_000_000_000 { desk.press(.zoomOut) }
    // From 2.0 to 5.9 s: 40 events, errors at 3.9 and 5.9; the one at 1.9 is outside.
    #expect(try sums(desk) == [40, 40, 40])
    #expect(desk.scene.words("header").contains("2 errors in 1 service"))
    desk.press(.goStart, .nextError, .nextError, .nextError)
    #expect(desk.view.cursorTime == World.start.advanced(byNanoseconds: 5_000_000_000))
    desk.press(.previousError, .previousError, .previousError)
    #expect(desk.view.cursorTime == World.start.advanced(byNanoseconds: 3_000_000_000))
  }

  @Test(arguments: SeededNumbers.seeds(5))
  func `are told of in a sentence whose numbers are those of a slow count`(seed: UInt64) throws {
    var walk = RandomWalk(seed: seed)
    var desk = Desk(World.random(&walk.numbers))
    for command in [CommandName.zoomIn, .pageLater, .severityFloorNext, .zoomOut, .filterAdd, .pageEarlier] {
      desk.press(command, argument: command == .filterAdd ? "status>=300" : nil)
      let errors = desk.eventsInDice.filter { $0.severity >= .error }
      let trouble = try #require(desk.state.trouble(in: desk.view))
      #expect(trouble.errorCount == UInt64(errors.count), "seed \(seed)")
      #expect(trouble.rowCount == Set(errors.map(\.service)).count, "seed \(seed)")
      #expect(trouble.warnCount == UInt64(desk.eventsInDice.count { $0.severity == .warn }), "seed \(seed)")
      for rise in trouble.rises {
        let since = errors.filter { event in
          event.time >= rise.since && rise.key == .service(desk.world.services[event.service])
            && (!rise.isFatal || event.severity == .fatal)
        }
        #expect(rise.errorCount == UInt64(since.count), "seed \(seed): \(rise)")
      }
    }
  }

  @Test func `find the next error of a year in columns of a millisecond at once`() {
    var world = World()
    world.add(at: 0, "a", .error)
    world.add(at: 31_000_000, "a", .info)
    world.add(at: 31_536_000, "b", .error)
    var desk = Desk(world)
    while desk.view.window.widthNs > 1_000_000 { desk.press(.zoomIn) }
    desk.press(.goStart)
    let clock = ContinuousClock()
    let took = clock.measure { desk.press(.nextError) }
    #expect(desk.view.cursorTime == world.events[2].time)
    #expect(desk.view.cursorRow?.path == ForeignText("b"))
    #expect(faults(of: desk, Desk.first).isEmpty)
    desk.press(.nextError)
    #expect(desk.view.notice?.text.string == "no later error")
    desk.press(.previousError)
    #expect(desk.view.cursorTime == world.events[0].time)
    // A scan of 31 thousand million columns takes minutes.
    #expect(took < .seconds(2))
  }

  @Test func `go to a time ten years away in columns of a millisecond`() {
    var world = World()
    world.add(at: 0, "a", .error)
    var desk = Desk(world)
    while desk.view.window.widthNs > 1_000_000 { desk.press(.zoomIn) }
    desk.press(.goTime, argument: "2016-11-23T03:00:00Z")
    #expect(desk.view.cursorTime.rfc3339() == "2016-11-23T03:00:00Z")
    #expect(faults(of: desk, Desk.first).isEmpty)
  }

  @Test func `keep the cursor's cell when the screen becomes narrower`() {
    var world = World()
    for second in 0..<150 { world.add(at: Double(second), "a", .info) }
    var desk = Desk(world, columns: 200, rows: 60)
    desk.press(.goEnd)
    let time = desk.view.cursorTime
    desk.apply(.resize(Desk.first, GridExtent(columns: 80, rows: 24)))
    #expect(desk.view.cursorTime == time)
    #expect(faults(of: desk, Desk.first).isEmpty)
  }

  @Test func `fit anew when the screen grows before anything was pressed`() {
    var world = World()
    for second in 0..<150 { world.add(at: Double(second), "a", .info) }
    var desk = Desk(world, columns: 60, rows: 24)
    let before = desk.view.window.widthNs
    desk.apply(.resize(Desk.first, GridExtent(columns: 220, rows: 24)))
    #expect(desk.view.window.widthNs < before)
  }

  @Test func `of a log without severities that weigh start without a complaint`() {
    var world = World()
    world.add(at: 0, "a", .debug)
    let desk = Desk(world)
    #expect(desk.view.notice == nil)
  }
}

@Suite struct `Two views of one session` {
  private func desk() -> Desk {
    var desk = Desk(World.checkoutIncident, columns: 200, rows: 60)
    desk.apply(.attach(Desk.second, GridExtent(columns: 80, rows: 24)))
    return desk
  }

  @Test func `have cursors, faces and lenses of their own`() {
    var desk = desk()
    let second = desk.view(Desk.second)
    desk.press(.cursorRight, .cursorDown, .lensNext, .faceTimeSeverity)
    #expect(desk.view(Desk.second).cursorTime == second.cursorTime)
    #expect(desk.view(Desk.second).lens == .count && desk.view(Desk.second).singleFace == nil)
    #expect(desk.view.lens == .weighted && desk.view.singleFace == .timeSeverity)
  }

  @Test func `share the dice, and the second is refused while the first has the pen`() throws {
    var desk = desk()
    desk.press(.severityFloorNext)
    #expect(desk.state.dice.severities == .atLeast(.warn))
    let scene = desk.scene(Desk.second)
    #expect(scene.words("severities").contains("info") == false)
    desk.press(.filterAdd, argument: "status>=500", by: Desk.second)
    #expect(desk.state.dice.filter.isEverything)
    #expect(desk.view(Desk.second).notice?.text.string.contains("pen") == true)
    // View commands never are.
    desk.press(.zoomIn, by: Desk.second)
    #expect(desk.view(Desk.second).notice == nil)
    desk.apply(.detach(Desk.first))
    desk.press(.filterAdd, argument: "status>=500", by: Desk.second)
    #expect(desk.state.dice.filter.expression == "status>=500")
  }

  @Test func `see each other's cursor as a marker`() throws {
    var desk = desk()
    desk.press(.goWorst, by: Desk.second)
    desk.press(.goWorst, .cursorLeft)
    let marker = try #require(desk.scene.markers.first { $0.kind == .otherCursor })
    #expect(marker.cells.column == desk.view.window.column(of: desk.view(Desk.second).cursorTime))
    #expect(desk.scene(Desk.second).markers.contains { $0.kind == .otherCursor })
  }

  @Test func `list events under the same filter`() {
    var desk = desk()
    desk.press(.goWorst, .open, by: Desk.second)
    let before = desk.view(Desk.second).drill?.events.count ?? 0
    desk.press(.filterAdd, argument: "status=418")
    #expect(before > 0)
    #expect(desk.view(Desk.second).drill?.events.isEmpty == true)
  }
}
