internal import EventModel

/// One event on its way into a chunk. `cell` is `service * Severity.bandCount + severity`.
struct EventRecord: Sendable {
  var time: Int64
  var cell: UInt32
  var weight: UInt32

  init(time: Int64, cell: UInt32, weight: UInt32) {
    self.time = time
    self.cell = cell
    self.weight = weight
  }

  init(_ events: EventColumns, at index: Int, weight: UInt32) {
    self.init(
      time: Self.counted(events.times[index]),
      cell: Self.cell(events.services[index], events.severities[index]), weight: weight)
  }

  /// No half-open range reaches the last nanosecond, so what happened then counts one earlier.
  static func counted(_ time: Int64) -> Int64 { min(time, .max - 1) }

  static func cell(_ service: ServiceID, _ severity: Severity) -> UInt32 {
    service.rawValue &* UInt32(Severity.bandCount) &+ UInt32(severity.rawValue)
  }
}

extension [EventRecord] {
  /// Sorts by time. O(n) when already sorted, else O(n x digits): a radix sort with 11 bits per digit, over only
  /// the digits in which the times differ.
  mutating func sortByTime() {
    guard count > 1, let bits = differingBits() else { return }
    let lowest = bits.lowest
    var spare = self
    var shift: UInt64 = 0
    while shift < 64, bits.span >> shift != 0 {
      scatter(into: &spare, lowest: lowest, shift: shift)
      swap(&self, &spare)
      shift += 11
    }
  }

  /// The earliest time and how far the latest lies from it; `nil` when the order is right already.
  private func differingBits() -> (lowest: Int64, span: UInt64)? {
    var lowest = self[0].time
    var highest = lowest
    var previous = lowest
    var sorted = true
    for record in self {
      sorted = sorted && previous <= record.time
      previous = record.time
      lowest = Swift.min(lowest, previous)
      highest = Swift.max(highest, previous)
    }
    return sorted ? nil : (lowest, UInt64(bitPattern: highest &- lowest))
  }

  private func scatter(into target: inout [EventRecord], lowest: Int64, shift: UInt64) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 2048) { places in
      places.initialize(repeating: 0)
      withUnsafeBufferPointer { source in
        for record in source { places[record.digit(lowest, shift)] += 1 }
        var sum = 0
        for digit in places.indices {
          let digitCount = places[digit]
          places[digit] = sum
          sum += digitCount
        }
        target.withUnsafeMutableBufferPointer { target in
          for record in source {
            let digit = record.digit(lowest, shift)
            target[places[digit]] = record
            places[digit] += 1
          }
        }
      }
    }
  }
}

extension EventRecord {
  fileprivate func digit(_ lowest: Int64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: time &- lowest) >> shift) & 2047)
  }
}
