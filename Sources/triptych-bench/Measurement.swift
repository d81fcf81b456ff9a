import Glibc

/// Times of the same query, many times.
struct Measurement {
  private var microseconds: [Double] = []
  private let clock = ContinuousClock()

  mutating func time<Result>(_ body: () -> Result) -> Result {
    let start = clock.now
    let result = body()
    let (seconds, attoseconds) = (clock.now - start).components
    microseconds.append(Double(seconds) * 1e6 + Double(attoseconds) * 1e-12)
    return result
  }

  var totalSeconds: Double { microseconds.reduce(0, +) * 1e-6 }

  /// The value that `share` of the times do not exceed.
  func quantile(_ share: Double) -> Double {
    let sorted = microseconds.sorted()
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }

  /// Fields of a JSON object.
  var fields: [(String, String)] {
    [
      ("count", "\(microseconds.count)"), ("p50_us", quantile(0.5).rounded(to: 2)),
      ("p95_us", quantile(0.95).rounded(to: 2)), ("p99_us", quantile(0.99).rounded(to: 2)),
    ]
  }
}

extension Double {
  /// As decimal text; Foundation would be the only other way to a format.
  func rounded(to digits: Int) -> String {
    let factor = pow(10, Double(digits))
    return "\((self * factor).rounded() / factor)"
  }
}

/// Prints a JSON object of plain words and numbers.
func printLine(_ bench: String, _ events: Int, _ name: String, _ fields: [(String, String)]) {
  let rest = fields.map { ", \"\($0.0)\": \($0.1)" }.joined()
  print("{\"bench\": \"\(bench)\", \"events\": \(events), \"case\": \"\(name)\"\(rest)}")
}

/// The most memory this process has ever held.
func peakResidentBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1_024
}

/// Order-dependent digest of counts: equal answers on every machine give the same number (FNV-1a over words).
func checksum(_ counts: [UInt32]) -> UInt64 {
  counts.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
