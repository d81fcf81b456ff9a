import EventMatrix
import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct `What frames cost` {
  private let view = ViewID(rawValue: 1)

  private func state(_ configure: (inout SessionConfiguration) -> Void = { _ in }) -> SessionState {
    var configuration = SessionConfiguration()
    configure(&configuration)
    var state = SessionState()
    _ = state.apply(.configure(configuration))
    _ = state.apply(.attach(view, GridExtent(columns: 100, rows: 30)))
    return state
  }

  private func stats(_ state: SessionState) throws -> [String]? {
    let scene = try #require(state.scene(for: view))
    guard let pane = scene.panes.first(where: { $0.id == "stats" }) else { return nil }
    guard case .table(let table)? = pane.nodes.first else { return [] }
    return table.rows.map { $0.cells.map { $0.map(\.text.string).joined() }.joined(separator: "=") }
  }

  @Test func `is off until asked for, and the command switches it off again`() throws {
    var state = state()
    #expect(try stats(state) == nil)
    _ = state.apply(.invoke(view, .stats, argument: nil))
    #expect(try stats(state) != nil)
    _ = state.apply(.invoke(view, .stats, argument: nil))
    #expect(try stats(state) == nil)
  }

  @Test func `is on from the start where the configuration says so`() throws {
    #expect(try stats(state { $0.showsStats = true }) != nil)
  }

  @Test func `says what it was told, and of the rest that nobody measured it`() throws {
    var state = state { $0.showsStats = true }
    let untold = try #require(try stats(state))
    #expect(untold.allSatisfy { $0.hasSuffix("=not measured") })
    var measures = FrameMeasures()
    measures.buildUs = 1234
    measures.frameCount = 7
    measures.droppedFrameCount = 2
    measures.byteCount = 1_500_000
    _ = state.apply(.measured(view, measures))
    let lines = try #require(try stats(state))
    #expect(lines.contains("build=1,234 us") && lines.contains("frames=7, 2 dropped"))
    #expect(lines.contains("all frames=1.5MB") && lines.contains("paint=not measured"))
  }

  @Test func `leaves keys and clicks beside it alone`() throws {
    var state = state { $0.showsStats = true }
    _ = state.apply(.data(twoServices))
    let scene = try #require(state.scene(for: view))
    #expect(scene.hit(GridPoint(column: 40, row: 5))?.pane == "matrix")
    let focus = state.view(view)?.focus
    _ = state.apply(.point(view, GridPoint(column: 95, row: 4), .press))
    #expect(state.view(view)?.focus == focus)
  }

  @Test func `answers that are known are counted as such`() throws {
    var state = state()
    _ = state.apply(.data(twoServices))
    _ = state.scene(for: view)
    let first = state.rememberedAnswers
    _ = state.scene(for: view)
    let second = state.rememberedAnswers
    #expect(second.askedCount > first.askedCount)
    #expect(second.knownCount - first.knownCount == second.askedCount - first.askedCount)
  }

  private var twoServices: SessionData {
    var services = ServiceTable()
    var matrix = EventMatrix()
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for index in 0..<4000 {
      let service = services.intern(ForeignText(index % 3 == 0 ? "shop/cart" : "shop/pay"))
      columns.append(
        time: Timestamp(seconds: 1_700_000_000 + Int64(index)), service: service,
        severity: index % 97 == 0 ? .error : .info)
    }
    matrix.add(columns)
    matrix.settle()
    return SessionData(matrix: matrix, services: services)
  }
}

@Suite struct `Columns that were counted before` {
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `give the same scene as columns that are counted for the first time`(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let view = ViewID(rawValue: 1)
    var walked = SessionState()
    let start: [Command] = [
      .configure(SessionConfiguration()), .attach(view, GridExtent(columns: 120, rows: 40)),
      .data(randomData(&random)),
    ]
    var past = start
    for command in start { _ = walked.apply(command) }
    let moves: [CommandName] = [
      .panLeft, .panRight, .panLeft, .pageEarlier, .pageLater, .zoomIn, .zoomOut, .lensNext, .cursorLeft,
      .severityFloorNext, .sliceTime, .undo,
    ]
    for step in 0..<60 {
      let move = Command.invoke(view, moves.randomElement(using: &random) ?? .panLeft, argument: nil)
      past.append(move)
      _ = walked.apply(move)
      let seen = try #require(walked.scene(for: view))
      // Never asked before, so that everything is counted now.
      var fresh = SessionState()
      for command in past { _ = fresh.apply(command) }
      #expect(fresh.scene(for: view) == seen, "seed \(seed), step \(step)")
    }
  }

  /// A pan moves what was counted, a cursor asks for nothing again; both must show what a first look shows. More rows
  /// than fit, some of them folded, so that rows move as well.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `of many rows are those of a first look, whichever way they move`(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let view = ViewID(rawValue: 1)
    var walked = SessionState()
    var past: [Command] = [
      .configure(SessionConfiguration()), .attach(view, GridExtent(columns: 120, rows: 30)),
      .data(randomData(&random, serviceCount: 60)),
    ]
    for command in past { _ = walked.apply(command) }
    // Mostly one step after the other; what changes the rows or the cells is rarer.
    let often: [CommandName] = [
      .panLeft, .panRight, .panUp, .panDown, .panDown, .cursorLeft, .cursorRight, .cursorUp, .cursorDown,
      .cursorDown,
    ]
    let rarely: [CommandName] = [
      .pageDown, .pageUp, .pageEarlier, .pageLater, .goLastRow, .goFirstRow, .zoomIn, .zoomOut, .zoomFit,
      .fold,
      .foldAll, .unfoldAll, .hideQuiet, .orderNext, .lensNext, .sliceService, .sliceTime, .undo, .goWorst,
      .select, .back, .focusNext, .goStart, .goEnd,
    ]
    for step in 0..<80 {
      let moves = Int.random(in: 0..<3, using: &random) > 0 ? often : rarely
      let move = Command.invoke(view, moves.randomElement(using: &random) ?? .panLeft, argument: nil)
      past.append(move)
      _ = walked.apply(move)
      let seen = try #require(walked.scene(for: view))
      guard step % 2 == 0 else { continue }
      var fresh = SessionState()
      for command in past { _ = fresh.apply(command) }
      #expect(fresh.scene(for: view) == seen, "seed \(seed), step \(step), \(move)")
    }
  }

  @Test func `a cursor that moves and a window that stays ask for no cell again`() throws {
    var random = SplitMix(state: 1)
    let view = ViewID(rawValue: 1)
    var state = SessionState()
    for command in [
      .configure(SessionConfiguration()), .attach(view, GridExtent(columns: 120, rows: 30)),
      .data(randomData(&random, serviceCount: 60)), .invoke(view, .goFirstRow, argument: nil),
    ] as [Command] {
      _ = state.apply(command)
    }
    _ = state.scene(for: view)
    let before = state.facts.servicePanes.use
    for _ in 0..<5 {
      _ = state.apply(.invoke(view, .cursorDown, argument: nil))
      _ = state.scene(for: view)
    }
    let after = state.facts.servicePanes.use
    #expect(after.askedCount == before.askedCount + 5 && after.knownCount == before.knownCount + 5)
  }

  private func randomData(_ random: inout SplitMix, serviceCount: Int = 7) -> SessionData {
    var services = ServiceTable()
    let ids = (0..<serviceCount).map { number in
      services.intern(
        ForeignText(number % 5 == 0 ? "team\(number % 3)/service-\(number)" : "service-\(number)"))
    }
    var columns = EventColumns(source: SourceID(rawValue: 0))
    var time: Int64 = 1_700_000_000_000_000_000
    for _ in 0..<3000 {
      time += Int64.random(in: 0...400_000_000, using: &random)
      columns.append(
        time: Timestamp(nanoseconds: time), service: ids.randomElement(using: &random) ?? ids[0],
        severity: Severity.allCases.randomElement(using: &random) ?? .info)
    }
    var matrix = EventMatrix()
    matrix.add(columns)
    matrix.settle()
    return SessionData(matrix: matrix, services: services)
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a seed gives the same walk everywhere.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct `Cells that move` {
  /// 3 rows of 4 columns; a cell of all bands holds its number.
  private func counts(_ cells: [UInt32], columns: Int, rows: Int) -> MatrixCounts {
    var counts = MatrixCounts()
    (counts.columnCount, counts.rowCount) = (columns, rows)
    counts.counts = cells.flatMap { Array(repeating: $0, count: Severity.bandCount) }
    counts.presence = cells.map { $0 > 90 ? .gap : .covered }
    return counts
  }

  private let cells: [UInt32] = [1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]

  @Test func `to the right leave room on the left`() {
    var moved = counts(cells, columns: 4, rows: 3)
    moved.moveColumns(by: 1, bringingIn: counts([91, 92, 93], columns: 1, rows: 3))
    let expected = counts([91, 1, 2, 3, 92, 11, 12, 13, 93, 21, 22, 23], columns: 4, rows: 3)
    #expect(moved.counts == expected.counts && moved.presence == expected.presence)
  }

  @Test func `to the left leave room on the right`() {
    var moved = counts(cells, columns: 4, rows: 3)
    moved.moveColumns(by: -2, bringingIn: counts([91, 92, 93, 94, 95, 96], columns: 2, rows: 3))
    let expected = counts([3, 4, 91, 92, 13, 14, 93, 94, 23, 24, 95, 96], columns: 4, rows: 3)
    #expect(moved.counts == expected.counts && moved.presence == expected.presence)
  }

  @Test(arguments: [true, false]) func `down and up leave room above and below`(isDown: Bool) {
    var moved = counts(cells, columns: 4, rows: 3)
    moved.moveRows(by: isDown ? 1 : -1, bringingIn: counts([91, 92, 93, 94], columns: 4, rows: 1))
    let new: [UInt32] = [91, 92, 93, 94]
    let expected = counts(
      isDown ? new + cells.prefix(8) : Array(cells.dropFirst(4)) + new, columns: 4, rows: 3)
    #expect(moved.counts == expected.counts && moved.presence == expected.presence)
  }
}
