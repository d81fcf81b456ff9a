import Glibc

/// Times of the same query, many times.
struct Measurement {
  private var microseconds: [Double] = []
  private let clock = ContinuousClock()

  mutating func time<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = clock.now
    let result = try body()
    let (seconds, attoseconds) = (clock.now - start).components
    microseconds.append(Double(seconds) * 1e6 + Double(attoseconds) * 1e-12)
    return result
  }

  var totalSeconds: Double { microseconds.reduce(0, +) * 1e-6 }

  /// In microseconds.
  func quantile(_ share: Double) -> Double { microseconds.quantile(share) }

  /// Fields of a JSON object.
  var fields: [(String, String)] {
    [
      ("count", "\(microseconds.count)"), ("p50_us", quantile(0.5).rounded(to: 2)),
      ("p95_us", quantile(0.95).rounded(to: 2)), ("p99_us", quantile(0.99).rounded(to: 2)),
    ]
  }
}

extension [Double] {
  /// The smallest value that at least `share` of the values do not exceed (nearest rank); NaN of nothing.
  ///
  /// - Parameter share: 0 ... 1; 0.5 is the median (of an even number of values, the lower one).
  func quantile(_ share: Double) -> Double {
    guard !isEmpty else { return .nan }
    let rank = Int((Double(count) * share).rounded(.up))
    return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
  }

  var median: Double { quantile(0.5) }
}

extension Double {
  /// As decimal text; Foundation would be the only other way to a format.
  func rounded(to digits: Int) -> String {
    let factor = pow(10, Double(digits))
    return "\((self * factor).rounded() / factor)"
  }
}

/// Prints what one case of ours came to: fields are names and JSON values.
func printLine(_ bench: String, _ events: Int, _ name: String, _ fields: [(String, String)]) {
  var line = ResultLine(bench, name)
  line["events"] = Double(events)
  for (name, value) in fields { line.set(name, json: value) }
  line.print()
}

/// The most memory this process has ever held.
func peakResidentBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1_024
}

/// Processor time of this process so far, all threads.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Nanoseconds of a clock that never goes back.
func monotonicNs() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Order-dependent digest of counts: equal answers on every machine give the same number (FNV-1a over words).
func checksum(_ counts: [UInt32]) -> UInt64 {
  counts.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
