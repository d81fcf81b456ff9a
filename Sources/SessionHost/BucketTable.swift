internal import EventMatrix
public import EventModel
internal import LogFiles

/// Counts of events in buckets of one width that is known from the start: less work and less memory than a matrix that
/// has to answer for any width.
public struct BucketTable: Sendable {
  public let widthNs: Int64
  /// Open addressing: a slot without a count is free.
  private var slots: [Slot] = Array(repeating: Slot(), count: 1 << 12)
  private var usedCount = 0
  /// The bucket of the last event, and where it begins and ends: the next event is mostly in the same one.
  private var bucket: Int64 = 0
  private var bucketTimes: Range<Int64> = 0..<0
  /// Its counts by cell, and the cells that have any; they go into `slots` when another bucket comes.
  private var row: [UInt32] = []
  private var rowCells: [UInt32] = []

  private struct Slot {
    var bucket: Int64 = 0
    var cell: UInt32 = 0
    var count: UInt32 = 0
  }

  /// - Parameter widthNs: above 0.
  public init(widthNs: Int64) {
    precondition(widthNs > 0, "a bucket of \(widthNs) ns")
    self.widthNs = widthNs
  }

  /// Adds events in any order of time. O(events).
  ///
  /// An event at the very last nanosecond of `Int64` counts one earlier, as in `EventMatrix`.
  public mutating func add(_ events: EventColumns) {
    events.times.withUnsafeBufferPointer { times in
      events.services.withUnsafeBufferPointer { services in
        events.severities.withUnsafeBufferPointer { severities in
          for index in times.indices {
            let time = min(times[index], .max - 1)
            if !bucketTimes.contains(time) { begin(bucketOf: time) }
            let cell =
              services[index].rawValue &* UInt32(Severity.bandCount) &+ UInt32(severities[index].rawValue)
            if cell >= row.count { growRow(to: Int(cell)) }
            if row[Int(cell)] == 0 { rowCells.append(cell) }
            row[Int(cell)] += 1
            // The sum in `slots` stops at the greatest count; here it is never reached.
            if row[Int(cell)] == .max { settle() }
          }
        }
      }
    }
  }

  var isEmpty: Bool { usedCount == 0 && rowCells.isEmpty }

  /// Of cells that are settled.
  var cellCount: Int { usedCount }

  /// Of all events; settled before.
  var eventCount: Int { slots.reduce(0) { $0 + Int($1.count) } }

  /// Adds what a matrix has counted in buckets that begin in `range`; then there is nothing left to settle.
  mutating func add(_ matrix: EventMatrix, in range: TimeRange = .everything) {
    settle()
    let services = (0..<matrix.serviceCount).map { ServiceID(rawValue: UInt32($0)) }
    matrix.forEachCell(widthNs: widthNs, services: services) { cell in
      guard range.contains(cell.time) else { return }
      if !bucketTimes.contains(cell.time.nanoseconds) { begin(bucketOf: cell.time.nanoseconds) }
      count(
        cell.service.rawValue &* UInt32(Severity.bandCount) &+ UInt32(cell.severity.rawValue), cell.count)
    }
  }

  /// Adds what was kept of an earlier reading, in buckets of this width or a part of it.
  mutating func add(_ kept: BucketCounts) {
    settle()
    for (index, time) in kept.cells.times.enumerated() {
      if !bucketTimes.contains(time) { begin(bucketOf: time) }
      let (service, severity) = (kept.cells.services[index], kept.cells.severities[index])
      count(service.rawValue &* UInt32(Severity.bandCount) &+ UInt32(severity.rawValue), kept.counts[index])
    }
  }

  /// What there is to keep for the next time; `nil` where it is too much. Settled before.
  func bucketCounts(of source: SourceID) -> BucketCounts? {
    guard usedCount <= BucketCounts.keptCellLimit else { return nil }
    var kept = BucketCounts(widthNs: widthNs, source: source)
    kept.cells.reserveCapacity(usedCount)
    kept.counts.reserveCapacity(usedCount)
    for slot in slots where slot.count != 0 {
      let (service, band) = slot.cell.quotientAndRemainder(dividingBy: UInt32(Severity.bandCount))
      let (start, overflow) = slot.bucket.multipliedReportingOverflow(by: widthNs)
      kept.cells.append(
        time: overflow ? .first : Timestamp(nanoseconds: start), service: ServiceID(rawValue: service),
        severity: Severity(rawValue: UInt8(band)) ?? .unknown)
      kept.counts.append(slot.count)
    }
    return kept
  }

  /// Makes the counts complete. Called before they are asked for.
  public mutating func settle() {
    for cell in rowCells {
      count(cell, row[Int(cell)])
      row[Int(cell)] = 0
    }
    rowCells.removeAll(keepingCapacity: true)
  }

  private mutating func growRow(to cell: Int) {
    row += Array(repeating: 0, count: max(cell + 1 - row.count, row.count))
  }

  private mutating func begin(bucketOf time: Int64) {
    settle()
    bucket = time.flooredDivision(by: widthNs)
    let (start, startsEarlier) = bucket.multipliedReportingOverflow(by: widthNs)
    let (end, endsLater) = (bucket + 1).multipliedReportingOverflow(by: widthNs)
    bucketTimes = (startsEarlier ? .min : start)..<(endsLater ? .max : end)
  }

  private mutating func count(_ cell: UInt32, _ more: UInt32) {
    let place = place(of: bucket, cell, in: slots)
    let before = slots[place].count
    let (sum, overflow) = before.addingReportingOverflow(more)
    slots[place].count = overflow ? .max : sum
    guard before == 0 else { return }
    slots[place].bucket = bucket
    slots[place].cell = cell
    usedCount += 1
    if usedCount * 3 > slots.count * 2 { grow() }
  }

  /// Where the cell is, or where it belongs.
  @inline(__always) private func place(of bucket: Int64, _ cell: UInt32, in slots: [Slot]) -> Int {
    var mixed = (UInt64(bitPattern: bucket) &* 0xbf58_476d_1ce4_e5b9) ^ UInt64(cell)
    mixed = (mixed ^ (mixed >> 31)) &* 0x9e37_79b9_7f4a_7c15
    var place = Int(truncatingIfNeeded: mixed >> 20) & (slots.count - 1)
    while slots[place].count != 0, slots[place].cell != cell || slots[place].bucket != bucket {
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  private mutating func grow() {
    var larger = Array(repeating: Slot(), count: slots.count * 2)
    for slot in slots where slot.count != 0 { larger[place(of: slot.bucket, slot.cell, in: larger)] = slot }
    slots = larger
  }

  /// Calls `body` for every cell that holds events, by time, then in the order of `services`, then by severity rank.
  ///
  /// - Parameter services: those that are wanted, in the order they are wanted.
  /// - Complexity: O(cells x log(cells)).
  public func forEachCell(
    services: [ServiceID], severities: SeveritySet = .all, _ body: (MatrixCell) throws -> Void
  ) rethrows {
    var ranks = Array(repeating: UInt32.max, count: (services.map(\.index).max() ?? -1) + 1)
    for (rank, service) in services.enumerated() { ranks[service.index] = UInt32(rank) }
    // Sixteen bytes a cell: bucket, and the service's rank, the severity and the count in one word.
    var cells: [(bucket: Int64, word: UInt64)] = []
    for slot in slots where slot.count != 0 {
      let service = Int(slot.cell) / Severity.bandCount
      guard let severity = Severity(rawValue: UInt8(Int(slot.cell) % Severity.bandCount)),
        service < ranks.count, ranks[service] != .max, severities.contains(severity)
      else { continue }
      let order = UInt64(ranks[service]) << 3 | UInt64(severity.rawValue)
      cells.append((slot.bucket, order << 32 | UInt64(slot.count)))
    }
    cells.sort { ($0.bucket, $0.word) < ($1.bucket, $1.word) }
    for cell in cells {
      let (start, overflow) = cell.bucket.multipliedReportingOverflow(by: widthNs)
      guard let severity = Severity(rawValue: UInt8(cell.word >> 32 & 7)) else { continue }
      try body(
        MatrixCell(
          time: overflow ? .first : Timestamp(nanoseconds: start), service: services[Int(cell.word >> 35)],
          severity: severity, count: UInt32(truncatingIfNeeded: cell.word)))
    }
  }
}
