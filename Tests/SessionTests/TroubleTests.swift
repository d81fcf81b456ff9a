import EventModel
import SceneGraph
import Testing

@testable import Session

@Suite struct TroubleTests {
  @Test func `one loud stretch among silent ones is a burst from there on`() throws {
    let burst = try #require(Burst([0, 0, 0, 0, 9, 12, 0, 0, 0]))
    #expect(burst.start == 4)
    #expect(burst.usual == 0)
    #expect(burst.excess == 21)
  }

  @Test func `two errors in a silent night are no burst`() {
    #expect(Burst([0, 0, 2, 0, 0, 1, 0]) == nil)
  }

  @Test func `a service that is loud all night is at its usual`() {
    // 3 x sqrt(15) + 2 above 15 is 26: a steady random rate of 15 stays under it.
    #expect(Burst([12, 18, 15, 20, 9, 15, 17, 14, 25]) == nil)
    #expect(Burst([12, 18, 15, 20, 9, 15, 17, 14, 60])?.start == 8)
  }

  @Test func `a service that always comes in lumps needs more than a lump`() {
    let lumps: [UInt64] = [0, 400, 50, 300, 100, 0, 350, 200, 50, 150]
    #expect(Burst(lumps) == nil)
    #expect(Burst(lumps + [5000])?.start == 10)
  }

  @Test func `a few errors scattered over the whole night are no burst`() {
    #expect(Burst([0, 1, 0, 0, 3, 1, 0, 2, 4, 0, 0]) == nil)
    #expect(Burst([0, 1, 0, 0, 3, 1, 0, 2, 4, 0, 30])?.start == 10)
  }

  @Test func `nothing at all is no burst`() {
    #expect(Burst([]) == nil)
    #expect(Burst([0]) == nil)
  }
}

@Suite struct `The first look` {
  /// Sixty services, the loudest first; of the one in the middle comes the only fatal event, and the cursor goes there.
  private static let fatalInTheMiddle: World = {
    var world = World()
    for service in 0..<60 {
      for second in 0..<(120 - service) { world.add(at: Double(second), "service-\(service)", .error) }
    }
    world.add(at: 60, "service-30", .fatal)
    return world
  }()

  @Test(arguments: [(80, 40), (200, 60), (80, 16)])
  func `shows as many of the louder rows above the cursor as there is room for, however it was reached`(
    columns: Int, rows: Int
  ) {
    let direct = Desk(Self.fatalInTheMiddle, columns: columns, rows: rows)
    var resized = Desk(Self.fatalInTheMiddle, columns: 80, rows: 24)
    resized.apply(.resize(Desk.first, GridExtent(columns: columns, rows: rows)))
    for desk in [direct, resized] {
      #expect(desk.view.cursorRow == .service(ForeignText("service-30")))
      let visible = desk.state.layout(of: desk.view).serviceRowCount
      #expect(desk.view.firstRow == max(0, 31 - visible))
    }
  }

  @Test func `of more than a day says on which day it began, of more than a year in which`() {
    func sentence(hours: Double) -> String {
      var world = World()
      world.add(at: 0, "shop", .info)
      world.add(at: 60, "shop", .fatal)
      world.add(at: hours * 3600, "shop", .info)
      return Desk(world).scene.words("header")
    }
    #expect(sentence(hours: 4).contains("shop FATAL since 03:01:00 (1)"))
    // Past midnight every time is still there only once.
    #expect(sentence(hours: 23.9).contains("shop FATAL since 03:01:00 (1)"))
    #expect(sentence(hours: 24).contains("shop FATAL since 11-23 03:01:00 (1)"))
    #expect(sentence(hours: 24 * 60).contains("shop FATAL since 2026-11-23 03:01:00 (1)"))
    #expect(sentence(hours: -24 * 30).contains("shop FATAL since 11-23 03:01:00 (1)"))
  }
}
