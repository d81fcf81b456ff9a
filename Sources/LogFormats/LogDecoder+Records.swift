internal import EventModel

// Counting JSON lines: most of what a big file costs.

extension LogDecoder {
  /// Counts the records of JSON lines as long as nothing about them is unusual.
  ///
  /// - Returns: the start of the first line that has to be looked at more closely.
  mutating func takeRecords(
    from start: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> BytePointer {
    guard start < piece.bytes.end, start[0] == 0x7b else { return start }
    return withUnsafeTemporaryAllocation(byteCount: EventStage.byteCount, alignment: 8) { memory in
      // The sites leave the decoder for the time they are lent out.
      var run = RecordRun(sites: sites.take() ?? KeySites(), place: start, stage: EventStage(memory))
      run.counts.begin(state.previousNs)
      while run.place < piece.bytes.end {
        let stop = run.sites.withPointers {
          takeExpected($0, piece, &run.place, &run.stage, &run.facts, &run.counts, &batch)
        }
        guard let stop, takeUnexpected(stop, piece, &run, &batch) else { break }
      }
      run.stage.move(to: &batch)
      add(&run.counts)
      sites = run.sites
      return run.place
    }
  }

  /// Where the members of a record stopped being those of the one before.
  private struct RecordStop {
    var scanner: JSONScanner
    var site: Int
    var reason: JSONScanner.MemberStop
  }

  private struct RecordRun {
    var sites: KeySites
    /// Of the next line.
    var place: BytePointer
    var stage: EventStage
    var facts = RecordFacts()
    var counts = RunCounts()
  }

  /// Counts records as long as their members are those of the record before; `nil` where no record starts.
  @inline(__always) private mutating func takeExpected(
    _ known: KeySites.Pointers, _ piece: Piece, _ place: inout BytePointer, _ stage: inout EventStage,
    _ facts: inout RecordFacts, _ counts: inout RunCounts, _ batch: inout DecodedBatch
  ) -> RecordStop? {
    while place < piece.bytes.end, place[0] == 0x7b {
      var scanner = JSONScanner(ByteSlice(place, piece.bytes.end))
      var site = KeySites.start
      facts.clearCounted()
      times.previousNs = counts.previousNs
      let reason = scanner.expectedMembers(known, &site, &times, &facts)
      guard reason == .end else { return RecordStop(scanner: scanner, site: site, reason: reason) }
      guard take(facts, endingAt: scanner.place, piece, &place, &stage, &counts, &batch) else { return nil }
    }
    return nil
  }

  /// Reads a record to its end, and learns from it what may be expected. Returns `false` where that is not possible.
  private mutating func takeUnexpected(
    _ stop: RecordStop, _ piece: Piece, _ run: inout RecordRun, _ batch: inout DecodedBatch
  ) -> Bool {
    var stop = stop
    guard stop.scanner.otherMembers(stop.reason, at: &stop.site, &run.sites, keys, &times, &run.facts) else {
      return false
    }
    return take(
      run.facts, endingAt: stop.scanner.place, piece, &run.place, &run.stage, &run.counts, &batch)
  }

  /// Counts the record from `place` to `recordEnd`, and moves `place` behind its line. Returns `false`, and nothing has
  /// changed, when the line does not end there.
  @inline(__always) private mutating func take(
    _ facts: RecordFacts, endingAt recordEnd: BytePointer, _ piece: Piece, _ place: inout BytePointer,
    _ stage: inout EventStage, _ counts: inout RunCounts, _ batch: inout DecodedBatch
  ) -> Bool {
    let end = piece.bytes.end
    var next = recordEnd
    if next < end, next[0] == 0x0d { next += 1 }
    guard next < end, next[0] == 0x0a, next - place < Self.recordLimit else { return false }
    if counts.previousNs != nil, facts.hasTime, let name = facts.service, !facts.isServiceEscaped,
      facts.namespace == nil
    {
      let time = facts.timeNs.saturatingAdding(facts.extraNs)
      counts.add(time)
      stage.append(
        time, interner.intern(name, readable: end, in: &services), facts.severity, piece.offset(of: place))
      if stage.isFull { stage.move(to: &batch) }
    } else {
      stage.move(to: &batch)
      add(&counts)
      tally.lineCount += 1
      let line = ByteSlice(place, recordEnd)
      emit(facts, WrappedLine(line), line, at: piece.offset(of: place), isParsed: true, &batch)
      counts.begin(state.previousNs)
    }
    place = next + 1
    return true
  }

  /// Adds what was counted since `begin`, as `count` would have.
  private mutating func add(_ counts: inout RunCounts) {
    guard counts.eventCount > 0 else { return }
    tally.lineCount += counts.eventCount
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

/// The tally of records that follow each other, near at hand.
private struct RunCounts {
  private(set) var eventCount = 0
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
