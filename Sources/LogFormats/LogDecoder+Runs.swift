internal import EventModel

// Counting records that follow each other without surprises: most of what a big file costs.

/// The tally of records that follow each other, near at hand.
struct RunCounts {
  private(set) var eventCount = 0
  /// Lines that say more of the event before them.
  private(set) var continuedCount = 0
  private(set) var outOfOrderCount = 0
  private(set) var first = Int64.max
  private(set) var last = Int64.min
  /// Of the event before; `nil` until one has a time.
  private(set) var previousNs: Int64?

  mutating func begin(_ previousNs: Int64?) {
    self = RunCounts()
    self.previousNs = previousNs
  }

  /// Only where there is an event before.
  @inline(__always) mutating func add(_ time: Int64) {
    eventCount += 1
    if let previousNs, time < previousNs { outOfOrderCount += 1 }
    first = min(first, time)
    last = max(last, time)
    previousNs = time
  }

  @inline(__always) mutating func addContinuation() { continuedCount += 1 }
}

extension LogDecoder {
  /// Counts records from `start` on as long as nothing about them is unusual.
  ///
  /// - Returns: the start of the first line that has to be looked at more closely.
  mutating func takeUsual(
    from start: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> BytePointer {
    guard layout.wrappings.isEmpty, collected == nil else { return start }
    switch layout.base {
    case .ndjson: return takeRecords(from: start, piece, &batch)
    case .log4j, .pythonLogging, .text: return takeTextLines(from: start, piece, &batch)
    default: return start
    }
  }

  /// Adds what was counted since `begin`, as `count` would have.
  mutating func add(_ counts: inout RunCounts) {
    tally.lineCount += counts.eventCount + counts.continuedCount
    tally.continuedCount += counts.continuedCount
    guard counts.eventCount > 0 else { return counts.begin(state.previousNs) }
    tally.eventCount += counts.eventCount
    tally.outOfOrderCount += counts.outOfOrderCount
    if counts.first < tally.first?.nanoseconds ?? .max { tally.first = Timestamp(nanoseconds: counts.first) }
    if counts.last > tally.last?.nanoseconds ?? .min { tally.last = Timestamp(nanoseconds: counts.last) }
    state.previousNs = counts.previousNs
    state.hasEvent = true
    state.stream = 0
    counts.begin(state.previousNs)
  }
}

/// Events on their way into a batch, so that its columns grow by many at once.
struct EventStage {
  private static let limit = 512
  static let byteCount = limit * 24

  private let times: UnsafeMutablePointer<Int64>
  private let offsets: UnsafeMutablePointer<Int64>
  private let services: UnsafeMutablePointer<ServiceID>
  private let severities: UnsafeMutablePointer<Severity>
  private var count = 0

  /// - Parameter memory: `byteCount` bytes, aligned to 8.
  init(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress, memory.count >= Self.byteCount else {
      preconditionFailure("a stage of \(memory.count) bytes")
    }
    times = base.bindMemory(to: Int64.self, capacity: Self.limit)
    offsets = (base + Self.limit * 8).bindMemory(to: Int64.self, capacity: Self.limit)
    services = (base + Self.limit * 16).bindMemory(to: ServiceID.self, capacity: Self.limit)
    severities = (base + Self.limit * 20).bindMemory(to: Severity.self, capacity: Self.limit)
  }

  var isFull: Bool { count == Self.limit }

  @inline(__always) mutating func append(
    _ time: Int64, _ service: ServiceID, _ severity: Severity, _ offset: Int64
  ) {
    times[count] = time
    offsets[count] = offset
    services[count] = service
    severities[count] = severity
    count += 1
  }

  mutating func move(to batch: inout DecodedBatch) {
    guard count > 0 else { return }
    batch.columns.append(
      times: UnsafeBufferPointer(start: times, count: count),
      services: UnsafeBufferPointer(start: services, count: count),
      severities: UnsafeBufferPointer(start: severities, count: count))
    batch.byteOffsets.append(contentsOf: UnsafeBufferPointer(start: offsets, count: count))
    count = 0
  }
}
