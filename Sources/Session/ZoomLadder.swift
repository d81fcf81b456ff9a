public import EventMatrix
public import EventModel

/// The widths a column of time can have: 1 ms to 1 week, each a multiple of a step below it.
public enum ZoomLadder {
  private static let millisecond: Int64 = 1_000_000
  private static let second: Int64 = 1_000_000_000

  /// Nanoseconds, narrowest first.
  public static let widthsNs: [Int64] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500].map { $0 * millisecond }
    + [
      1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600,
      28800, 43200,
      86400, 172_800, 604_800,
    ].map {
      $0 * second
    }

  /// The width one step narrower (`steps` < 0) or wider; the nearest end of the ladder where it stops.
  public static func width(_ widthNs: Int64, steps: Int) -> Int64 {
    let index = widthsNs.firstIndex { $0 >= widthNs } ?? widthsNs.count - 1
    return widthsNs[min(max(index + steps, 0), widthsNs.count - 1)]
  }

  /// The narrowest width at which `range` needs at most `columnCount` aligned columns; 1 week where none does.
  public static func width(fitting range: TimeRange, columnCount: Int) -> Int64 {
    for width in widthsNs {
      let firstBucket = range.start.nanoseconds.flooredDivision(by: width)
      let lastBucket = (range.end.nanoseconds - 1).flooredDivision(by: width)
      if lastBucket - firstBucket < Int64(max(1, columnCount)) { return width }
    }
    return widthsNs[widthsNs.count - 1]
  }

  /// `5 ms`, `1 m`, `1 w`: the width in the largest unit that divides it.
  public static func label(_ widthNs: Int64) -> String {
    let units: [(Int64, String)] = [
      (604_800 * second, "w"), (86_400 * second, "d"), (3600 * second, "h"), (60 * second, "m"),
      (second, "s"),
      (millisecond, "ms"), (1000, "us"),
    ]
    for (unit, name) in units where widthNs >= unit && widthNs % unit == 0 {
      return "\(widthNs / unit) \(name)"
    }
    return "\(widthNs) ns"
  }
}

/// Which stretch of time a view shows: columns of one width, starting at a multiple of it since the epoch.
public struct TimeWindow: Hashable, Sendable {
  public private(set) var start: Timestamp
  public private(set) var widthNs: Int64

  /// `start` is moved down to a multiple of `widthNs`; at the first one of time, up.
  public init(start: Timestamp, widthNs: Int64) {
    self.widthNs = widthNs
    let first = Int64.min / widthNs
    self.start = Timestamp(nanoseconds: max(first, start.nanoseconds.flooredDivision(by: widthNs)) * widthNs)
  }

  public func columns(_ count: Int) -> TimeColumns {
    TimeColumns(start: start, widthNs: widthNs, count: count)
  }

  /// The column that holds `time`: negative before the window.
  public func column(of time: Timestamp) -> Int {
    let (distance, overflow) = time.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
    guard overflow else { return Int(distance.flooredDivision(by: widthNs)) }
    let (column, rest) = (Int128(time.nanoseconds) - Int128(start.nanoseconds))
      .quotientAndRemainder(dividingBy: Int128(widthNs))
    return Int(clamping: rest < 0 ? column - 1 : column)
  }

  public func shifted(byColumns count: Int) -> TimeWindow {
    TimeWindow(start: columns(0).edge(count), widthNs: widthNs)
  }

  /// The window of columns `widthNs` wide in which `time` stands in the same column as here.
  public func zoomed(toWidthNs widthNs: Int64, keeping time: Timestamp) -> TimeWindow {
    TimeWindow(start: time, widthNs: widthNs).shifted(byColumns: -column(of: time))
  }
}
