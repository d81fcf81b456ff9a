import EventMatrix
import EventModel
import SceneGraph

/// Writes times for one view: in UTC or its zone, with no more digits than the columns need.
struct TimeText {
  var zone: TimeZoneRules
  var widthNs: Int64

  private func civil(_ time: Timestamp) -> CivilTime {
    CivilTime(time, offsetSeconds: zone.offsetSeconds(at: time))
  }

  /// `03:07`, `03:07:30`, `03:07:30.250` as the column width needs; a day or wider: the date.
  func tick(_ time: Timestamp) -> String {
    let civil = civil(time)
    switch widthNs {
    case 86_400_000_000_000...: return String(civil.dateText)
    case 60_000_000_000...: return String(civil.timeText().prefix(5))
    case 1_000_000_000...: return civil.timeText()
    default: return civil.timeText(fractionDigitCount: 3)
    }
  }

  func date(_ time: Timestamp) -> String { civil(time).dateText }

  /// The tick, with as much of the date as tells it from every other instant of `span`: none within a day, `11-23`
  /// within a year.
  func tick(_ time: Timestamp, within span: TimeRange?) -> String {
    let dayNs: Int64 = 86_400_000_000_000
    guard let span, widthNs < dayNs, span.durationNs > dayNs else { return tick(time) }
    let isOneYear = date(span.start).prefix(4) == date(span.end).prefix(4)
    return "\(isOneYear ? String(date(time).dropFirst(5)) : date(time)) \(tick(time))"
  }

  /// To the millisecond, for lists.
  func clock(_ time: Timestamp) -> String { civil(time).timeText(fractionDigitCount: 3) }

  /// `2026-11-23 03:07:00.123456789`
  func full(_ time: Timestamp) -> String {
    let civil = civil(time)
    return civil.dateText + " " + civil.timeText(fractionDigitCount: 9)
  }

  /// `UTC`, or the zone's abbreviation at that time.
  func zoneLabel(at time: Timestamp) -> String { zone.abbreviation(at: time) }

  /// `03:07-03:08`, with the dates where they differ.
  func rangeLabel(_ range: TimeRange) -> SafeText {
    if range == .everything { return "all time" }
    if range.start == .first { return "before \(date(range.end)) \(tick(range.end))" }
    if range.end == .last { return "from \(date(range.start)) \(tick(range.start))" }
    let first = civil(range.start)
    let last = civil(range.end)
    if widthNs >= 86_400_000_000_000 { return "\(first.dateText) - \(last.dateText)" }
    if first.dateText == last.dateText { return "\(tick(range.start))-\(tick(range.end))" }
    return "\(first.dateText) \(tick(range.start)) - \(last.dateText) \(tick(range.end))"
  }

  /// Labels for an axis of these columns: at round times, at least `minimumGap` columns apart.
  func ticks(_ columns: TimeColumns, minimumGap: Int) -> [(column: Int, label: String)] {
    let span = columns.widthNs.multipliedReportingOverflow(by: Int64(minimumGap))
    let stepNs =
      Self.roundSteps.first { $0 >= (span.overflow ? .max : span.partialValue) } ?? 3640 * 86_400_000_000_000
    // At the ends of time, the hour of a zone and the step behind the last column are outside of it.
    let offsetNs = Int128(zone.offsetSeconds(at: columns.start)) * 1_000_000_000
    let startNs = Int128(columns.start.nanoseconds)
    var result: [(Int, String)] = []
    var next = startNs + offsetNs
    next += ((-next) % Int128(stepNs) + Int128(stepNs)) % Int128(stepNs)
    while result.count < columns.count {
      let column = Int((next - offsetNs - startNs) / Int128(columns.widthNs))
      guard column < columns.count, let timeNs = Int64(exactly: next - offsetNs) else { break }
      let time = Timestamp(nanoseconds: timeNs)
      let isMidnight = next % 86_400_000_000_000 == 0
      let short = TimeText(zone: zone, widthNs: max(widthNs, min(stepNs, 60_000_000_000)))
      result.append((column, isMidnight ? dayLabel(time, stepNs: stepNs) : short.tick(time)))
      next += Int128(stepNs)
    }
    return result
  }

  /// `11-23`, or `2026-11` where labels are months apart.
  private func dayLabel(_ time: Timestamp, stepNs: Int64) -> String {
    stepNs >= 28 * 86_400_000_000_000 ? String(date(time).prefix(7)) : String(date(time).dropFirst(5))
  }

  private static let roundSteps: [Int64] = {
    let second: Int64 = 1_000_000_000
    let fractions: [Int64] = [1, 2, 5, 10, 20, 50, 100, 200, 500].map { $0 * 1_000_000 }
    let seconds: [Int64] = [
      1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    ]
    let days: [Int64] = [1, 2, 7, 14, 28, 56, 112, 364, 728, 3640]
    return fractions + seconds.map { $0 * second } + days.map { $0 * 86_400 * second }
  }()
}

extension SessionState {
  func timeText(for view: ViewState) -> TimeText {
    TimeText(zone: view.usesLocalTime ? configuration.zone : .utc, widthNs: view.window.widthNs)
  }
}

/// `12,345` in full, for cards and titles.
func grouped(_ count: UInt64) -> String {
  let digits = String(count).utf8
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
    text.unicodeScalars.append(Unicode.Scalar(digit))
  }
  return text
}

/// `1 event`, `12,345 events`.
func counted(_ count: UInt64, _ noun: String) -> String {
  "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// At most four characters: `987`, `12k`, `1.2M`.
func compact(_ count: UInt64) -> String {
  for (unit, name) in [(UInt64(1_000_000_000), "G"), (1_000_000, "M"), (1000, "k")] where count >= unit {
    if count / unit < 10, count % unit >= unit / 10 {
      return "\(count / unit).\(count % unit * 10 / unit)\(name)"
    }
    return "\(count / unit)\(name)"
  }
  return "\(count)"
}
