import Synchronization
import Testing

@testable import LogFiles

@Suite struct `Jobs on several threads` {
  @Test(arguments: [1, 2, 5]) func `hand over every result once and in order`(laneCount: Int) {
    var results: [Int] = []
    OrderedJobs.run(count: 500, laneCount: laneCount, makeLane: { 3 }, work: { $0 * $1 }) { result in
      results.append(result)
      return true
    }
    #expect(results == (0..<500).map { $0 * 3 })
  }

  @Test func `end when no more is wanted, and run ahead only a little`() {
    let startedCount = Mutex(0)
    var takenCount = 0
    OrderedJobs.run(
      count: 100_000, laneCount: 3, makeLane: {},
      work: { job, _ in startedCount.withLock { $0 += 1 } }
    ) { _ in
      takenCount += 1
      return takenCount < 10
    }
    #expect(takenCount == 10)
    #expect(startedCount.withLock { $0 } <= 10 + 4 * 3)
  }

  @Test func `of which there are none are done at once`() {
    OrderedJobs.run(count: 0, laneCount: 4, makeLane: {}, work: { job, _ in job }) { _ in false }
  }
}
