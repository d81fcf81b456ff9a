internal import EventModel

/// The widths a base bucket can have; each divides the next, so a column of one width is aligned to every finer one.
enum BucketLadder {
  private static let ms: Int64 = 1_000_000
  private static let second = 1_000 * ms
  private static let hour = 3_600 * second
  private static let day = 24 * hour

  static let widthsNs: [Int64] = [
    ms, 5 * ms, 10 * ms, 50 * ms, 100 * ms, 500 * ms,
    second, 5 * second, 10 * second, 30 * second, 60 * second, 300 * second, 600 * second, 1_800 * second,
    hour, 6 * hour, day, 7 * day, 70 * day, 700 * day, 7_000 * day, 70_000 * day,
  ]

  /// The finest width that divides first...last into at most `limit` buckets aligned to the epoch; `nil` if none does.
  static func width(from first: Int64, to last: Int64, limit: Int) -> Int64? {
    widthsNs.first { bucketCount(from: first, to: last, width: $0) <= limit }
  }

  static func bucketCount(from first: Int64, to last: Int64, width: Int64) -> Int {
    // Both lie in -2^63 ..< 2^63 and a width is at least 2^19, so the difference fits.
    Int(last.flooredDivision(by: width) - first.flooredDivision(by: width)) + 1
  }
}
