/// Times of things that may not happen at all: what did not come within the limit counts as the limit, so that no
/// median is better for it, and `check` fails the case.
struct LimitedTimes {
  let limitMs: Double
  private(set) var values: [Double] = []
  private(set) var lateCount = 0

  init(limitMs: Double) { self.limitMs = limitMs }

  /// - Parameter ms: `nil` when it did not come.
  mutating func add(_ ms: Double?) {
    if ms == nil { lateCount += 1 }
    values.append(ms ?? limitMs)
  }

  /// To be called when the line with the times is out.
  func check(_ what: String) throws {
    guard lateCount == 0 else {
      throw BenchError("\(what): \(lateCount) of \(values.count) did not come within \(Int(limitMs)) ms")
    }
  }
}

/// Bytes of keys that follow each other too fast to tell whose answer is whose: an answer to several keys is shared
/// among them.
struct SharedBytes {
  private(set) var values: [Double] = []
  /// Keys that nothing has come for yet.
  private(set) var openCount = 0

  /// - Parameter byteCount: what came between this key and the next.
  mutating func add(_ byteCount: Int) {
    openCount += 1
    guard byteCount > 0 else { return }
    values += Array(repeating: Double(byteCount) / Double(openCount), count: openCount)
    openCount = 0
  }
}
