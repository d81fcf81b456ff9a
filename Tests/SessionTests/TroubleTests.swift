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
