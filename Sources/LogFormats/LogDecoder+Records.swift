internal import EventModel

// Counting JSON lines: most of what a big file costs.

extension LogDecoder {
  /// Counts the records of JSON lines as long as nothing about them is unusual.
  ///
  /// - Returns: the start of the first line that has to be looked at more closely.
  mutating func takeRecords(
    from start: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> BytePointer {
    withUnsafeTemporaryAllocation(byteCount: EventStage.byteCount, alignment: 8) { memory in
      var stage = EventStage(memory)
      let place = takeRecords(from: start, piece, &stage, &batch)
      stage.move(to: &batch)
      return place
    }
  }

  private mutating func takeRecords(
    from start: BytePointer, _ piece: Piece, _ stage: inout EventStage, _ batch: inout DecodedBatch
  ) -> BytePointer {
    let end = piece.bytes.end
    var place = start
    var facts = RecordFacts()
    while place < end, place[0] == 0x7b {
      var scanner = JSONScanner(ByteSlice(place, end))
      facts.clearCounted()
      times.previousNs = state.previousNs
      guard scanner.lineRecord(&sites, keys, &times, &facts) else { break }
      var next = scanner.place
      if next < end, next[0] == 0x0d { next += 1 }
      guard next < end, next[0] == 0x0a, next - place < Self.recordLimit else { break }
      tally.lineCount += 1
      if facts.hasTime, let name = facts.service, !facts.isServiceEscaped, facts.namespace == nil {
        let time = facts.timeNs.saturatingAdding(facts.extraNs)
        count(time, .record)
        state.hasEvent = true
        state.stream = 0
        stage.append(
          time, interner.intern(name, readable: end, in: &services), facts.severity,
          piece.offset(of: place))
        if stage.isFull { stage.move(to: &batch) }
      } else {
        stage.move(to: &batch)
        let line = ByteSlice(place, scanner.place)
        emit(facts, WrappedLine(line), line, at: piece.offset(of: place), isParsed: true, &batch)
      }
      place = next + 1
    }
    return place
  }
}

/// Events on their way into a batch, so that its columns grow by many at once.
private struct EventStage {
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
