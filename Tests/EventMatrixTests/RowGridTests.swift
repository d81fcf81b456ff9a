import EventModel
import Testing

@testable import EventMatrix

private let second: Int64 = 1_000_000_000

@Suite struct RowGridTests {
  @Test func `every width of the ladder has rows at its own multiples and at those of all wider ones`() {
    for (index, width) in RowGrid.widthsNs.enumerated() {
      guard let grid = grid(widthNs: width) else { continue }
      for wider in RowGrid.widthsNs[index...] {
        for factor in [-7, -1, 0, 1, 2, 3, 1_000_003] as [Int64] {
          let (edge, overflow) = wider.multipliedReportingOverflow(by: factor)
          guard !overflow else { continue }
          #expect(grid.start(ofBucket: grid.bucket(of: edge)) == edge, "\(width): \(factor) x \(wider)")
        }
      }
    }
  }

  @Test func `between rows at multiples of 10 and 15 seconds lie buckets of 5 and 10`() {
    guard let grid = grid(widthNs: 10 * second) else { return }
    let starts = (0..<5).map { grid.start(ofBucket: $0) }
    #expect(starts == [0, 10, 15, 20, 30].map { $0 * second })
    #expect(grid.bucket(of: -1) == -1)
    #expect(grid.start(ofBucket: -1) == -10 * second)
    #expect(grid.bucketCount(from: 0, to: 30 * second) == 5)
    #expect(grid.bucketCount(from: 0, to: 30 * second, limit: 4) == nil)
  }

  @Test func `a bucket holds its times up to the start of the next, at both ends of time too`() {
    let seed: UInt64 = 17
    var numbers = SeededNumbers(seed: seed)
    for width in RowGrid.widthsNs {
      guard let grid = grid(widthNs: width) else { continue }
      let random = (0..<20).map { _ in Int64.random(in: .min ... .max, using: &numbers) }
      for time in random + [.min, .min + 1, -1, 0, 1, .max - 1, .max] {
        let bucket = grid.bucket(of: time)
        if let start = grid.start(ofBucket: bucket) { #expect(start <= time, "\(width) at \(time)") }
        if bucket < .max, let next = grid.start(ofBucket: bucket + 1) {
          #expect(next > time && next.subtractingReportingOverflow(time).partialValue <= width)
        }
      }
    }
  }

  @Test func `the finest grid is the first that needs few enough buckets`() {
    #expect(RowGrid.finest(from: 0, to: 119 * second, limit: 120)?.grid.widthNs == second)
    #expect(RowGrid.finest(from: 0, to: 120 * second, limit: 120)?.grid.widthNs == 2 * second)
    #expect(RowGrid.finest(from: 5, to: 5, limit: 1)?.bucketCount == 1)
    #expect(RowGrid.finest(from: .min, to: .max, limit: 1) == nil)
    #expect(RowGrid.finest(from: .min, to: .max, limit: 4_096)?.grid.widthNs == 604_800 * second * 10)
  }

  /// The grid of the ladder with this width: the finest for two times as far apart.
  private func grid(widthNs: Int64) -> RowGrid? {
    let grid = RowGrid.ladderGrid(widthNs: widthNs)
    #expect(grid != nil, "no grid of \(widthNs) ns")
    return grid
  }
}
