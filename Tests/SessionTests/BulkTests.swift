import EventModel
import Testing

@testable import Session

/// Where nearly all events are, found without a coarse look first: every event put into its column by hand.
private struct SlowBulk {
  let times: [Int64]

  func bulk(of span: TimeRange) -> TimeRange {
    var bulk = span
    for _ in 0..<8 {
      guard let narrower = narrowed(bulk) else { break }
      bulk = narrower
    }
    return bulk
  }

  private func narrowed(_ range: TimeRange) -> TimeRange? {
    let width = ZoomLadder.width(fitting: range, columnCount: 512)
    let first = range.start.nanoseconds.flooredDivision(by: width)
    let count = (range.end.nanoseconds - 1).flooredDivision(by: width) - first + 1
    guard (257...512).contains(count) else {
      return narrowed(range, from: range.start.nanoseconds, width: range.durationNs / 512 + 1, 512)
    }
    return narrowed(range, from: first * width, width: width, Int(count))
  }

  private func narrowed(_ range: TimeRange, from start: Int64, width: Int64, _ count: Int) -> TimeRange? {
    let columns = times.map { ($0 - start).flooredDivision(by: width) }
      .filter { 0 <= $0 && $0 < Int64(count) }.sorted()
    // One in 400 may be missing at either end: the next is in the outermost column that stays.
    let missing = columns.count / 400
    let (low, high) = (columns[missing], columns[columns.count - 1 - missing])
    guard (high - low + 1) * 20 < Int64(count) else { return nil }
    return TimeRange(
      start: Timestamp(nanoseconds: start + low * width),
      end: Timestamp(nanoseconds: start + (high + 1) * width)
    ).intersection(range)
  }
}

@Suite struct `Where nearly all events are` {
  /// A crowd somewhere, and few far away; or a few crowds; or events everywhere.
  private func world(_ numbers: inout SeededNumbers) -> World {
    var world = World()
    let span = [90.0, 3_600, 400_000][numbers.below(3)]
    let crowds = (0..<1 + numbers.below(2)).map { _ in Double(numbers.below(1_000)) / 1_000 * span }
    let breadth = span / [15.0, 18, 25, 60, 5_000][numbers.below(5)]
    for _ in 0..<1_600 {
      let place = Double(numbers.below(1_000_000)) / 1_000_000
      world.add(at: numbers.pick(crowds) + place * breadth, "shop", .info)
    }
    for _ in 0..<[0, 1, 2, 4, 5, 9, 300][numbers.below(7)] {
      world.add(at: Double(numbers.below(1_000_000)) / 1_000_000 * span, "shop", .error)
    }
    return world
  }

  @Test func `is the same as without the coarse look first`() throws {
    var narrowedCount = 0
    let seeds = SeededNumbers.seeds(20)
    for seed in seeds {
      var numbers = SeededNumbers(seed: seed)
      let desk = Desk(world(&numbers))
      let span = try #require(desk.state.span)
      let slow = SlowBulk(times: desk.world.events.map(\.time.nanoseconds)).bulk(of: span)
      let facts = desk.state.gatheredFacts()
      #expect(facts.bulk == slow, "seed \(seed)")
      let outside = desk.world.events.count { !slow.contains($0.time) }
      #expect(facts.outlierCount == UInt64(outside), "seed \(seed)")
      narrowedCount += slow == span ? 0 : 1
    }
    if seeds.count > 1 { #expect((2...18).contains(narrowedCount), "\(narrowedCount) of \(seeds.count)") }
  }
}
