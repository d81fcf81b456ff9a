internal import EventModel
internal import LogFormats

/// A query with what is worked out once for all of its blocks.
struct RawScan: Sendable {
  let query: RawQuery
  let names: ServiceTable
  let stretches: [Stretch]
  let pool: CursorPool
  /// Of each stretch; `nil` where every event has to be looked at.
  fileprivate let sieves: [RecordSieve?]
  /// See `EventFilter`.
  fileprivate let decidingFields: [ForeignText]?
  fileprivate let sufficientFields: [ForeignText]?

  /// So few blocks are read before a sieve would be ready.
  private static let leastBlockCount = 2
  /// Pieces that are looked at to find out what is rare.
  private static let sampleCount = 6

  init(_ query: RawQuery, _ stretches: [Stretch], names: ServiceTable, pool: CursorPool) {
    self.query = query
    self.names = names
    self.stretches = stretches
    self.pool = pool
    sieves = Self.sieves(for: query, stretches)
    decidingFields = query.filter?.decidingFields
    sufficientFields = query.filter?.sufficientFields
  }

  private static func sieves(for query: RawQuery, _ stretches: [Stretch]) -> [RecordSieve?] {
    guard let filter = query.filter, filter.readsText else { return stretches.map { _ in nil } }
    var known: [RawSpelling: RecordSieve?] = [:]
    return stretches.map { stretch in
      guard let spelling = stretch.decoder.layout.rawSpelling else { return nil }
      if let sieve = known[spelling] { return sieve }
      let like = stretches.filter { $0.decoder.layout.rawSpelling == spelling }
      let isWorthwhile = like.reduce(0) { $0 + $1.blocks.count } >= leastBlockCount
      let sieve = isWorthwhile ? RecordSieve(filter, spelling: spelling, samples: samples(of: like)) : nil
      known[spelling] = sieve
      return sieve
    }
  }

  /// Some blocks of plain files, as they are now: they decide nothing but how fast the answer comes.
  private static func samples(of stretches: [Stretch]) -> [[UInt8]] {
    let places = stretches.indices.flatMap { stretch in
      stretches[stretch].store.compression == nil
        ? stretches[stretch].blocks.indices.map { (stretch: stretch, block: $0) } : []
    }
    guard places.count > 64 else { return [] }
    return (0..<sampleCount).compactMap { number in
      let place = places[(2 * number + 1) * places.count / (2 * sampleCount)]
      let stretch = stretches[place.stretch]
      guard let file = stretch.store.file else { return nil }
      let start = stretch.blocks[place.block].block.start - stretch.base
      var bytes = [UInt8](repeating: 0, count: Block.byteCount)
      let count = bytes.withUnsafeMutableBytes { try? file.read(at: start, into: $0) }
      bytes.removeLast(bytes.count - (count ?? 0))
      return bytes
    }
  }
}

/// Reads a scan's blocks again, for one thread: buffers, cursor and decoder are used over and over.
final class BlockReader {
  private let scan: RawScan
  private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var lines: [Range<Int>] = []
  /// Of the stretch that was read last.
  private var current: (stretch: Int, cursor: ByteCursor, decoder: RecordDecoder)?
  /// What `asks` has said, by the numbers of the current stretch.
  private var verdicts: [Bool?] = []

  init(_ scan: RawScan) { self.scan = scan }

  deinit {
    giveBack()
    buffer.deallocate()
  }

  /// The events of a block that the query asks for, with the session's service numbers.
  func events(_ target: Stretch.Target, of stretch: Int) -> Result<[Event], Stretch.Failure> {
    attempt { () throws(Stretch.Failure) in try read(target, stretch) }
  }

  /// The same as columns, of events that start at `start` or later: text is only read where the filter asks for it.
  func append(
    _ target: Stretch.Target, of stretch: Int, from start: Int64, to columns: inout EventColumns
  ) -> Result<Void, Stretch.Failure> {
    attempt { () throws(Stretch.Failure) in
      if scan.query.filter?.readsText ?? false {
        for event in try read(target, stretch, isForCounting: true) where event.position.byteOffset >= start {
          columns.append(time: event.time, service: event.service, severity: event.severity)
        }
        return
      }
      let batch = decodedColumns(try intactRecords(target, stretch), target)
      for index in candidates(in: batch) where batch.byteOffsets[index] >= start {
        columns.append(
          time: Timestamp(nanoseconds: batch.columns.times[index]),
          service: scan.stretches[stretch].number(batch.columns.services[index]),
          severity: batch.columns.severities[index])
      }
    }
  }

  private func attempt<Value>(
    _ body: () throws(Stretch.Failure) -> Value
  ) -> Result<Value, Stretch.Failure> {
    do throws(Stretch.Failure) { return .success(try body()) } catch { return .failure(error) }
  }
}

// MARK: - Events

extension BlockReader {
  /// - Parameter isForCounting: of what they say, only time, service and severity matter.
  private func read(
    _ target: Stretch.Target, _ number: Int, isForCounting: Bool = false
  ) throws(Stretch.Failure) -> [Event] {
    guard let sieve = scan.sieves[number] else {
      let bytes = try intactRecords(target, number)
      return chosenEvents(bytes, target, nil)
    }
    let bytes = try records(target, number)
    let isChecked = !scan.stretches[number].isUntouched
    if isChecked { try check(target, number) }
    sieve.find(in: bytes, &lines)
    guard !lines.isEmpty else { return [] }
    // What is shown or counted comes from bytes that were seen to be the same, whoever vouches for them.
    if !isChecked { try check(target, number) }
    return lineEvents(bytes, target, sieve, isForCounting) ?? chosenEvents(bytes, target, sieve)
  }

  /// Where lines are records: the events of `lines`; `nil` when one of them cannot be read by itself.
  private func lineEvents(
    _ bytes: UnsafeRawBufferPointer, _ target: Stretch.Target, _ sieve: RecordSieve, _ isForCounting: Bool
  ) -> [Event]? {
    var events: [Event] = []
    let first = Int(target.block.firstEventAt - target.block.start)
    for line in lines where line.lowerBound >= first {
      let record = UnsafeRawBufferPointer(rebasing: bytes[line])
      guard sieve.mayMatch(record: record) else { continue }
      let offset = target.block.start + Int64(line.lowerBound)
      if isForCounting, let fields = scan.decidingFields ?? scan.sufficientFields {
        guard let reading = current?.decoder.event(in: record, at: offset, only: fields) else { return nil }
        if case .event(let event) = reading, take(event, &events) { continue }
        if scan.decidingFields != nil { continue }
      }
      guard let reading = current?.decoder.event(in: record, at: offset) else { return nil }
      if case .event(let event) = reading { take(event, &events) }
    }
    return events
  }

  /// Goes through the whole block once for the columns, and once more where some of its events may match.
  ///
  /// - Parameter sieve: the one that found `lines`; `nil` to look at every event.
  private func chosenEvents(
    _ bytes: UnsafeRawBufferPointer, _ target: Stretch.Target, _ sieve: RecordSieve?
  ) -> [Event] {
    let batch = lastingColumns(bytes, target)
    var places = candidates(in: batch)
    if let sieve, !places.isEmpty { places = self.places(places, of: batch, bytes, target, thatPass: sieve) }
    var offsets: [Int64] = []
    for place in places where offsets.last != batch.byteOffsets[place] {
      offsets.append(batch.byteOffsets[place])
    }
    guard !offsets.isEmpty, current != nil else { return [] }
    let found = current?.decoder.events(
      at: offsets, in: bytes, at: target.block.start, from: target.block.checkpoint)
    var events: [Event] = []
    for event in found ?? [] { take(event, &events) }
    return events
  }

  /// Those of the events at `places` whose lines are among `lines` and may match.
  private func places(
    _ places: [Int], of batch: DecodedBatch, _ bytes: UnsafeRawBufferPointer, _ target: Stretch.Target,
    thatPass sieve: RecordSieve
  ) -> [Int] {
    var line = 0
    return places.filter { index in
      let start = Int(batch.byteOffsets[index] - target.block.start)
      let next = index + 1 < batch.byteOffsets.count ? batch.byteOffsets[index + 1] : nil
      let end = next.map { Int($0 - target.block.start) } ?? bytes.count
      // Events at one offset share its lines.
      while line < lines.count, lines[line].upperBound <= start { line += 1 }
      guard line < lines.count, lines[line].lowerBound < max(end, start + 1) else { return false }
      return mayMatch(UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, end)]), sieve)
    }
  }

  /// Only the text of an event's only line is one piece.
  private func mayMatch(_ record: UnsafeRawBufferPointer, _ sieve: RecordSieve) -> Bool {
    record.dropLast().contains(0x0a) || sieve.mayMatch(record: record)
  }

  /// Appends the event if the query asks for it.
  @discardableResult
  private func take(_ event: Event, _ events: inout [Event]) -> Bool {
    guard let stretch = current?.stretch else { return false }
    var event = event
    event.service = scan.stretches[stretch].number(event.service)
    guard isKnown(event.time, at: event.position.byteOffset), scan.query.matches(event, scan.names) else {
      return false
    }
    events.append(event)
    return true
  }

  private func isKnown(_ time: Timestamp, at offset: Int64) -> Bool {
    guard let instant = scan.query.knownBefore, let stretch = current?.stretch else { return true }
    return scan.stretches[stretch].isKnown(time, at: offset, before: instant)
  }

  /// Those of a page of events are looked at again for its neighbours.
  private func lastingColumns(_ bytes: UnsafeRawBufferPointer, _ target: Stretch.Target) -> DecodedBatch {
    guard scan.query.limit != nil, let stretch = current?.stretch else {
      return decodedColumns(bytes, target)
    }
    return scan.pool.decodedBlocks.batch(of: target.block, scan.stretches[stretch].key) {
      decodedColumns(bytes, target)
    }
  }

  private func decodedColumns(_ bytes: UnsafeRawBufferPointer, _ target: Stretch.Target) -> DecodedBatch {
    current?.decoder.columns(in: bytes, at: target.block.start, from: target.block.checkpoint)
      ?? DecodedBatch(source: SourceID(rawValue: 0))
  }

  /// The events of a batch that the query may ask for, by what columns alone can tell.
  private func candidates(in batch: DecodedBatch) -> [Int] {
    let query = scan.query
    let columns = batch.columns
    return columns.times.indices.filter { index in
      isKnown(Timestamp(nanoseconds: columns.times[index]), at: batch.byteOffsets[index])
        && query.matches(
          time: Timestamp(nanoseconds: columns.times[index]), severity: columns.severities[index])
        && asks(for: columns.services[index], columns.severities[index])
    }
  }

  /// Whether the query, and a filter that needs no text, ask for events of a service and a severity.
  ///
  /// - Parameter local: the service's number in the stretch that was read last.
  private func asks(for local: ServiceID, _ severity: Severity) -> Bool {
    let place = local.index * Severity.allCases.count + Int(severity.rawValue)
    if place < verdicts.count, let verdict = verdicts[place] { return verdict }
    guard let stretch = current?.stretch else { return false }
    let service = scan.stretches[stretch].number(local)
    var verdict = scan.query.services.map { $0.contains(service) } ?? true
    if verdict, let filter = scan.query.filter, !filter.readsText {
      verdict = filter.matches(severity: severity, serviceName: scan.names[service])
    }
    if place >= verdicts.count { verdicts += Array(repeating: nil, count: place + 64 - verdicts.count) }
    verdicts[place] = verdict
    return verdict
  }
}

// MARK: - Bytes

extension BlockReader {
  private func intactRecords(
    _ target: Stretch.Target, _ number: Int
  ) throws(Stretch.Failure) -> UnsafeRawBufferPointer {
    let bytes = try records(target, number)
    try check(target, number)
    return bytes
  }

  /// The bytes of the block's events, to the end of the last one, until the next call.
  private func records(
    _ target: Stretch.Target, _ number: Int
  ) throws(Stretch.Failure) -> UnsafeRawBufferPointer {
    let stretch = scan.stretches[number]
    if let failure = stretch.failure { throw failure }
    enter(number)
    reserve(target.readCount)
    let offset = target.block.start - stretch.base
    var count = 0
    while count < target.readCount {
      let space = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<target.readCount])
      do throws(ReadFailure) {
        let got = try current?.cursor.read(at: offset + Int64(count), into: space) ?? 0
        if got == 0 { break }
        count += got
      } catch {
        throw Stretch.Failure(reason: error.isEvicted ? .evicted : .unreadable(error.reason))
      }
    }
    guard count == target.readCount else { throw stretch.noticeChange() }
    return UnsafeRawBufferPointer(rebasing: buffer[..<target.byteCount])
  }

  /// Throws unless the bytes read last are those that were counted.
  private func check(_ target: Stretch.Target, _ number: Int) throws(Stretch.Failure) {
    let ownCount = target.block.byteCount
    let own = UnsafeRawBufferPointer(rebasing: buffer[..<ownCount])
    let rest = UnsafeRawBufferPointer(rebasing: buffer[ownCount..<target.readCount])
    guard BlockHasher.hash(own) == target.block.hash,
      target.next.map({ BlockHasher.hash(rest) == $0.hash }) ?? true
    else { throw scan.stretches[number].noticeChange() }
  }

  private func enter(_ number: Int) {
    guard current?.stretch != number else { return }
    giveBack()
    verdicts.removeAll()
    let stretch = scan.stretches[number]
    current = (
      number, scan.pool.take(stretch.key) ?? ByteCursor(stretch.store), RecordDecoder(stretch.decoder)
    )
  }

  private func giveBack() {
    guard let last = current.take() else { return }
    scan.pool.give(last.cursor, for: scan.stretches[last.stretch].key)
  }

  private func reserve(_ byteCount: Int) {
    guard buffer.count < byteCount else { return }
    buffer.deallocate()
    buffer = .allocate(byteCount: max(byteCount, Block.byteCount * 5 / 4), alignment: 64)
  }
}
