internal import ArgumentParser
internal import EventModel
internal import Session

/// A width of time as people write it: `250ms`, `5s`, `1m`, `1h`, `1d`, `1w`.
struct WidthArgument: ExpressibleByArgument {
  var nanoseconds: Int64

  init?(argument: String) {
    guard let width = try? DurationNotation.nanoseconds(argument), width > 0 else { return nil }
    nanoseconds = width
  }
}

/// How times are printed.
enum TimeNotation: String, ExpressibleByArgument, CaseIterable {
  case rfc3339
  case unixNs = "unix-ns"

  /// - Parameter fractionDigitCount: for RFC 3339.
  func text(_ time: Timestamp, fractionDigitCount: Int) -> String {
    switch self {
    case .rfc3339: time.rfc3339(fractionDigitCount: fractionDigitCount)
    case .unixNs: String(time.nanoseconds)
    }
  }

  /// Fraction digits that tell buckets of this width apart: 0, 3, 6 or 9.
  static func fractionDigitCount(forWidthNs width: Int64) -> Int {
    if width % 1_000_000_000 == 0 { return 0 }
    if width % 1_000_000 == 0 { return 3 }
    return width % 1000 == 0 ? 6 : 9
  }
}

/// `Z`, `+02:00`, `+0200`, `+02`
enum ZoneOffset {
  /// Seconds east of UTC; `nil` when `text` is no offset.
  static func seconds(_ text: String) -> Int? {
    if text == "Z" || text == "z" { return 0 }
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let hours = Int(digits.prefix(2)),
      let minutes = Int(digits.dropFirst(2).isEmpty ? "0" : digits.dropFirst(2)),
      hours <= 18, minutes < 60
    else { return nil }
    return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}
