/// An instant: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Covers 1677-09-21 to 2262-04-11.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// `nanoseconds` after `seconds`, both of any size and sign; stops at the ends of the range.
  public init(seconds: Int64, nanoseconds: Int64 = 0) {
    self.nanoseconds = Int64(clamping: Int128(seconds) * 1_000_000_000 + Int128(nanoseconds))
  }

  public static let first = Timestamp(nanoseconds: .min)
  public static let last = Timestamp(nanoseconds: .max)

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Moved by `nanoseconds`, stopping at the ends of the range instead of wrapping.
  public func advanced(byNanoseconds nanoseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: self.nanoseconds.saturatingAdding(nanoseconds))
  }
}

extension Int64 {
  /// The sum, stopping at the ends of the range instead of wrapping.
  public func saturatingAdding(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The quotient rounded toward minus infinity. `divisor` is positive.
  @inlinable
  public func flooredDivision(by divisor: Int64) -> Int64 {
    precondition(divisor > 0, "a divisor of \(divisor) has no floor here")
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

/// A half-open span of time: `start` is inside, `end` is not.
public struct TimeRange: Hashable, Sendable {
  public var start: Timestamp
  public var end: Timestamp

  /// `end` must not lie before `start`.
  public init(start: Timestamp, end: Timestamp) {
    precondition(start <= end, "a time range runs forward: \(start.nanoseconds) to \(end.nanoseconds)")
    self.start = start
    self.end = end
  }

  public static let everything = TimeRange(start: .first, end: .last)

  public var isEmpty: Bool { start == end }

  /// Width in nanoseconds; `Int64.max` where it would not fit.
  public var durationNs: Int64 {
    let (width, overflow) = end.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
    return overflow ? .max : width
  }

  public func contains(_ time: Timestamp) -> Bool { start <= time && time < end }

  public func overlaps(_ other: TimeRange) -> Bool { start < other.end && other.start < end }

  /// The smallest range that holds both.
  public func union(_ other: TimeRange) -> TimeRange {
    TimeRange(start: min(start, other.start), end: max(end, other.end))
  }

  /// The part in both, `nil` when there is none.
  public func intersection(_ other: TimeRange) -> TimeRange? {
    let start = max(start, other.start)
    let end = min(end, other.end)
    return start < end ? TimeRange(start: start, end: end) : nil
  }
}
