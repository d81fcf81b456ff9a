internal import EventMatrix
public import EventModel
internal import LogFormats

extension LogSources {
  /// Reads the matching events again from where they are. Blocks; call it from a worker.
  ///
  /// - Parameters:
  ///   - isCancelled: asked at least every two megabytes.
  ///   - onProgress: the share of the bytes looked at so far, `0...1`; it may be answered long before 1.
  public func events(
    matching query: RawQuery, isCancelled: () -> Bool = { false }, onProgress: (Double) -> Void = { _ in }
  ) -> RawAnswer {
    let stretches = sources.flatMap { $0.stretches(for: query) }
    let jobs = BlockJobs(of: stretches, inTimeOrderOf: query.limit == nil ? nil : query.end)
    var collection = EventCollection(query)
    if query.latest?.hasEarlier == true { collection.isExact = false }
    var missing = MissingList()
    var done = 0
    var wasCancelled = isCancelled()
    if !wasCancelled {
      run(jobs, query, stretches) { reader, places in
        places.map { reader.events(stretches[$0.stretch].blocks[$0.block], of: $0.stretch) }
      } take: { places, results in
        for (place, result) in zip(places, results) {
          let block = stretches[place.stretch].blocks[place.block].block
          if collection.isComplete(before: block) {
            collection.isExact = false
            return false
          }
          switch result {
          case .success(let events): collection.add(events)
          case .failure(let failure): missing.add(failure.reason, stretches[place.stretch].source, block)
          }
          done += block.byteCount
        }
        wasCancelled = isCancelled()
        onProgress(Double(done) / Double(max(1, jobs.byteCount)))
        return !wasCancelled
      }
    }
    return collection.answer(missing.entries, isCancelled: wasCancelled)
  }

  /// The event at `position`; `nil` when there is none or its bytes are gone.
  public func event(at position: EventPosition) -> Event? {
    guard let source = sources.first(where: { $0.id == position.source }) else { return nil }
    let query = RawQuery()
    let stretches = source.stretches(for: query)
    let reader = BlockReader(RawScan(query, stretches, names: services, pool: cursors))
    for (index, stretch) in stretches.enumerated() {
      let target = stretch.blocks.first {
        $0.block.start <= position.byteOffset && position.byteOffset < $0.block.end
      }
      guard let target, case .success(let events) = reader.events(target, of: index) else { continue }
      return events.first { $0.position == position }
    }
    return nil
  }

  /// Streams every event that matches as columns, each source in its order.
  ///
  /// - Parameters:
  ///   - query: `limit`, `end` and `beyond` are not looked at.
  ///   - position: where an earlier scan ended, to get only what came since.
  ///   - isCancelled: asked at least every two megabytes.
  ///   - onBatch: columns of one source (may be empty), and the share of bytes scanned so far, `0...1`.
  public func scan(
    _ query: RawQuery, from position: ScanPosition = .start, isCancelled: () -> Bool = { false },
    onBatch: (EventColumns, Double) -> Void
  ) -> ScanOutcome {
    var query = query
    query.beyond = nil
    var outcome = ScanOutcome(position: position, matchedCount: 0, isCancelled: isCancelled(), missing: [])
    if outcome.isCancelled { return outcome }
    let stretches = sources.flatMap { $0.stretches(for: query, from: position.endOffsets[$0.id] ?? .min) }
    let starts = stretches.map { position.endOffsets[$0.source] ?? .min }
    let jobs = BlockJobs(of: stretches, inTimeOrderOf: nil)
    var missing = MissingList()
    var done = 0
    run(jobs, query, stretches) { reader, places in
      var part = ScanPart(columns: EventColumns(source: stretches[places[0].stretch].source))
      for place in places {
        let target = stretches[place.stretch].blocks[place.block]
        let result = reader.append(target, of: place.stretch, from: starts[place.stretch], to: &part.columns)
        if case .failure(let failure) = result { part.failures.append((place, failure)) }
      }
      return part
    } take: { places, part in
      for (place, failure) in part.failures {
        let stretch = stretches[place.stretch]
        missing.add(failure.reason, stretch.source, stretch.blocks[place.block].block)
      }
      for place in places { done += stretches[place.stretch].blocks[place.block].block.byteCount }
      outcome.matchedCount += part.columns.count
      onBatch(part.columns, Double(done) / Double(max(1, jobs.byteCount)))
      outcome.isCancelled = isCancelled()
      return !outcome.isCancelled
    }
    outcome.missing = missing.entries
    guard !outcome.isCancelled else { return outcome }
    for (stretch, start) in zip(stretches, starts) {
      outcome.position.endOffsets[stretch.source] = max(start, stretch.end)
    }
    return outcome
  }

  /// Does the jobs on as many threads as the sources may use; a few blocks are not worth a second one.
  private func run<Result: Sendable>(
    _ jobs: BlockJobs, _ query: RawQuery, _ stretches: [Stretch],
    work: @escaping @Sendable (BlockReader, [BlockPlace]) -> Result, take: ([BlockPlace], Result) -> Bool
  ) {
    let scan = RawScan(query, stretches, names: services, pool: cursors)
    var number = 0
    OrderedJobs.run(
      count: jobs.parts.count, laneCount: jobs.isParallel ? options.workerCount : 1,
      makeLane: { BlockReader(scan) }, work: { work($1, jobs.parts[$0]) }
    ) { result in
      number += 1
      return take(jobs.parts[number - 1], result)
    }
  }
}

/// What a scan found in some blocks.
private struct ScanPart: Sendable {
  var columns: EventColumns
  var failures: [(BlockPlace, Stretch.Failure)] = []
}

private struct BlockPlace: Sendable {
  var stretch: Int
  var block: Int
}

/// The blocks of a query in the order they are read, in parts that one thread does.
private struct BlockJobs: Sendable {
  let parts: [[BlockPlace]]
  let byteCount: Int
  /// Whether another thread can begin anywhere at little cost.
  let isParallel: Bool

  /// Of a scan: a thousandth of a second of work.
  private static let partCount = 32
  /// One thread alone reads so much faster than two can begin.
  private static let leastParallelCount = 24

  /// - Parameter end: the end that is wanted comes first; `nil` keeps the order of the sources.
  init(of stretches: [Stretch], inTimeOrderOf end: RawQuery.End?) {
    byteCount = stretches.reduce(0) { sum, stretch in
      sum + stretch.blocks.reduce(0) { $0 + $1.block.byteCount }
    }
    let blockCount = stretches.reduce(0) { $0 + $1.blocks.count }
    // What is compressed is cheapest read straight on.
    isParallel =
      blockCount > Self.leastParallelCount && !stretches.contains { $0.store.compression != nil }
    guard let end else {
      parts = stretches.indices.flatMap { stretch in
        let places = stretches[stretch].blocks.indices.map { BlockPlace(stretch: stretch, block: $0) }
        return Self.parts(of: places, first: Self.partCount)
      }
      return
    }
    func block(_ place: BlockPlace) -> Block { stretches[place.stretch].blocks[place.block].block }
    var places = stretches.indices.flatMap { stretch in
      stretches[stretch].blocks.indices.map { BlockPlace(stretch: stretch, block: $0) }
    }
    // With a limit, reading stops when nothing better can follow: soon, as a rule.
    switch end {
    case .last: places.sort { block($0).lastTime > block($1).lastTime }
    case .first: places.sort { block($0).firstTime < block($1).firstTime }
    }
    parts = Self.parts(of: places, first: 1)
  }

  /// Of growing size up to `partCount`.
  private static func parts(of places: [BlockPlace], first: Int) -> [[BlockPlace]] {
    var parts: [[BlockPlace]] = []
    var start = 0
    var size = first
    while start < places.count {
      let end = min(places.count, start + max(1, size))
      parts.append(Array(places[start..<end]))
      start = end
      size = max(first, min(size * 2, partCount))
    }
    return parts
  }
}

extension Block {
  var byteCount: Int { Int(end - start) }
}

extension RawQuery {
  @inline(__always) func matches(time: Timestamp, severity: Severity) -> Bool {
    severities.contains(severity) && range.start <= time && (time < range.end || range.end == .last)
  }

  func matches(_ event: Event, _ names: ServiceTable) -> Bool {
    guard matches(time: event.time, severity: event.severity),
      services.map({ $0.contains(event.service) }) ?? true
    else { return false }
    if let beyond {
      let key = EventKey(event)
      guard end == .last ? key < beyond : beyond < key else { return false }
    }
    return filter.map { $0.matches(event, serviceName: names[event.service]) } ?? true
  }
}

/// The best events so far; never many more than the limit.
private struct EventCollection {
  let query: RawQuery
  var events: [Event] = []
  var matchedCount = 0
  var isExact = true
  /// The worst event among `limit` kept ones: a worse one is not wanted.
  private var bound: EventKey?

  init(_ query: RawQuery) { self.query = query }

  /// Events that the query asks for.
  mutating func add(_ new: [Event]) {
    for event in new {
      matchedCount += 1
      if bound.map({ isBetter(EventKey(event), than: $0) }) ?? true { events.append(event) }
    }
    if let limit = query.limit, events.count > limit + max(limit / 2, 64) { trim(to: limit) }
  }

  /// Whether no event of `block`, or of the blocks sorted behind it, can be among the wanted ones.
  mutating func isComplete(before block: Block) -> Bool {
    guard let limit = query.limit, events.count >= limit else { return false }
    guard limit > 0 else { return true }
    if bound == nil { trim(to: limit) }
    guard let bound else { return false }
    switch query.end {
    case .last: return block.lastTime < bound.time.nanoseconds
    case .first: return block.firstTime > bound.time.nanoseconds
    }
  }

  private func isBetter(_ key: EventKey, than other: EventKey) -> Bool {
    query.end == .last ? other < key : key < other
  }

  /// Keeps the `limit` best, and remembers the worst of them once there are so many.
  private mutating func trim(to limit: Int) {
    events.sort(by: Event.precedes)
    let surplus = events.count - limit
    guard surplus >= 0, limit > 0 else {
      if limit == 0 { events.removeAll() }
      return
    }
    switch query.end {
    case .last:
      events.removeFirst(surplus)
      bound = events.first.map { EventKey($0) }
    case .first:
      events.removeLast(surplus)
      bound = events.last.map { EventKey($0) }
    }
  }

  mutating func answer(_ missing: [MissingEvents], isCancelled: Bool) -> RawAnswer {
    trim(to: query.limit ?? .max)
    return RawAnswer(
      events: events, matchedCount: matchedCount, isExact: isExact && missing.isEmpty && !isCancelled,
      isCancelled: isCancelled, missing: missing)
  }
}

/// Missing blocks, joined by source and reason.
private struct MissingList {
  private(set) var entries: [MissingEvents] = []

  mutating func add(_ reason: MissingEvents.Reason, _ source: SourceID, _ block: Block) {
    let end = Timestamp(nanoseconds: block.lastTime).advanced(byNanoseconds: 1)
    let range = TimeRange(start: Timestamp(nanoseconds: block.firstTime), end: end)
    if let place = entries.firstIndex(where: { $0.source == source && $0.reason == reason }) {
      entries[place].range = entries[place].range.union(range)
      entries[place].eventCount += block.eventCount
    } else {
      entries.append(
        MissingEvents(source: source, reason: reason, range: range, eventCount: block.eventCount))
    }
  }
}
