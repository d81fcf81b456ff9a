internal import EventModel

/// Where the cumulative rows of a chunk stand on the time axis: buckets, aligned to the epoch and numbered from it.
///
/// People look at columns of round widths that do not all divide one another: 10 and 15 s, 2 and 3 minutes. A grid
/// has an edge at every multiple of every such width from its own on, so columns of any of them begin and end at rows.
final class RowGrid: Sendable {
  /// The step it is named after; no bucket is wider, and some are narrower.
  let widthNs: Int64
  /// After this the edges repeat.
  private let periodNs: Int64
  /// Divides every edge.
  let unitNs: Int64
  /// The edges inside a period, ascending from 0.
  private let offsets: [Int64]
  /// By unit of the period: the bucket it lies in.
  private let bucketOfUnit: [UInt8]

  /// Edges at the multiples of `widthNs` only.
  init(widthNs: Int64) {
    precondition(widthNs > 0, "buckets of \(widthNs) ns")
    self.widthNs = widthNs
    periodNs = widthNs
    unitNs = widthNs
    offsets = [0]
    bucketOfUnit = [0]
  }

  /// Edges at the multiples of the first of `widths` (ascending) and of all that follow.
  private init(widths: ArraySlice<Int64>) {
    var steps: [Int64] = []
    for width in widths where !steps.contains(where: { width % $0 == 0 }) { steps.append(width) }
    let period = steps.reduce(1) { $0 / greatestDivisor($0, $1) * $1 }
    let unit = steps.reduce(0, greatestDivisor)
    widthNs = steps[0]
    periodNs = period
    unitNs = unit
    offsets =
      steps.count == 1
      ? [0] : Set(steps.flatMap { stride(from: 0, to: period, by: Int($0)).map(\.self) }).sorted()
    var bucket = 0
    var bucketOfUnit: [UInt8] = []
    for start in stride(from: 0, to: period, by: Int(unit)) {
      if bucket + 1 < offsets.count, offsets[bucket + 1] <= start { bucket += 1 }
      bucketOfUnit.append(UInt8(bucket))
    }
    self.bucketOfUnit = bucketOfUnit
  }

  /// The number of the bucket that holds `time`.
  func bucket(of time: Int64) -> Int64 {
    let period = time.flooredDivision(by: periodNs)
    guard offsets.count > 1 else { return period }
    let rest = time &- period &* periodNs
    return period * Int64(offsets.count) + Int64(bucketOfUnit[Int(rest / unitNs)])
  }

  /// Where a bucket starts; `nil` when that is before time does.
  func start(ofBucket bucket: Int64) -> Int64? {
    let period = bucket.flooredDivision(by: Int64(offsets.count))
    let offset = offsets[Int(bucket - period * Int64(offsets.count))]
    // The first period may begin before time does, and its later edges not.
    return Int64(exactly: Int128(period) * Int128(periodNs) + Int128(offset))
  }

  /// How many buckets first...last reaches into; `nil` when more than `limit`.
  func bucketCount(from first: Int64, to last: Int64, limit: Int = 1 << 40) -> Int? {
    // Every bucket is at least a unit wide, so neither the quotient nor what follows can overflow.
    let units = UInt64(bitPattern: last &- first) / UInt64(unitNs)
    let most = UInt64(limit).multipliedReportingOverflow(by: UInt64(widthNs / unitNs))
    guard most.overflow || units <= most.partialValue else { return nil }
    let count = Int(bucket(of: last) &- bucket(of: first)) + 1
    return count <= limit ? count : nil
  }

  // MARK: The ladder

  /// The widths people count by: each grid has edges at the multiples of its own and of all wider ones.
  static let widthsNs: [Int64] = {
    let second: Int64 = 1_000_000_000
    let fractions = [1, 1_000, 1_000_000].flatMap { unit in
      [1, 2, 5, 10, 20, 50, 100, 200, 500].map { Int64($0 * unit) }
    }
    let clock: [Int64] = [
      1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400,
      21_600, 28_800, 43_200, 86_400, 172_800,
    ]
    let week = 604_800 * second
    return fractions + clock.map { $0 * second } + [1, 10, 100, 1_000, 10_000].map { $0 * week }
  }()

  private static let ladder = widthsNs.indices.map { RowGrid(widths: widthsNs[$0...]) }

  static func ladderGrid(widthNs: Int64) -> RowGrid? { ladder.first { $0.widthNs == widthNs } }

  /// The finest grid of the ladder that divides first...last into at most `limit` buckets; `nil` if none does.
  static func finest(from first: Int64, to last: Int64, limit: Int) -> (grid: RowGrid, bucketCount: Int)? {
    for grid in ladder {
      if let count = grid.bucketCount(from: first, to: last, limit: limit) { return (grid, count) }
    }
    return nil
  }
}

/// Euclid's.
private func greatestDivisor(_ left: Int64, _ right: Int64) -> Int64 {
  right == 0 ? left : greatestDivisor(right, left % right)
}
