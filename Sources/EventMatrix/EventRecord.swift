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
  /// Sorts by time; events of one instant keep their order. O(n) when already sorted or evenly spread over time,
  /// else O(n x digits): a radix sort with 11 bits per digit, over only the digits in which the times differ.
  mutating func sortByTime() {
    guard count > 1, let bits = differingBits() else { return }
    if let spread = spread(lowest: bits.lowest, span: bits.span) {
      self = spread
      return insertionSort()
    }
    let lowest = bits.lowest
    var spare = self
    var shift: UInt64 = 0
    while shift < 64, bits.span >> shift != 0 {
      scatter(into: &spare, lowest: lowest, shift: shift)
      swap(&self, &spare)
      shift += 11
    }
  }

  /// The records in about as many slices of time, in order of slices; `nil` if a few slices would hold
  /// most of them.
  private func spread(lowest: Int64, span: UInt64) -> [EventRecord]? {
    let bitCount = Swift.max(1, 63 - count.leadingZeroBitCount)
    let shift = UInt64(Swift.max(0, 64 - span.leadingZeroBitCount - bitCount))
    let sliceCount = Int(span >> shift) + 1
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: sliceCount) { places in
      places.initialize(repeating: 0)
      return withUnsafeBufferPointer { source in
        for record in source { places[record.slice(lowest, shift)] += 1 }
        var sum: UInt32 = 0
        var pairCount = 0
        for slice in places.indices {
          let size = places[slice]
          pairCount += Int(size) * Int(size)
          places[slice] = sum
          sum += size
        }
        guard pairCount <= count * 32 else { return nil }
        return Array(unsafeUninitializedCapacity: count) { target, written in
          for record in source {
            let slice = record.slice(lowest, shift)
            target.initializeElement(at: Int(places[slice]), to: record)
            places[slice] += 1
          }
          written = count
        }
      }
    }
  }

  /// For records that lie a few places from theirs.
  private mutating func insertionSort() {
    withUnsafeMutableBufferPointer { records in
      for index in 1..<records.count where records[index].time < records[index - 1].time {
        let record = records[index]
        var place = index
        while place > 0, record.time < records[place - 1].time {
          records[place] = records[place - 1]
          place -= 1
        }
        records[place] = record
      }
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
  fileprivate func slice(_ lowest: Int64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: UInt64(bitPattern: time &- lowest) >> shift)
  }

  fileprivate func digit(_ lowest: Int64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: time &- lowest) >> shift) & 2047)
  }
}
