internal import EventMatrix
public import EventModel
internal import LogFormats

extension LogSources {
  /// Reads the matching events again from where they are. Blocks; call it from a worker.
  ///
  /// - Parameter isCancelled: asked before every block of about 64 KiB.
  public func events(matching query: RawQuery, isCancelled: () -> Bool = { false }) -> RawAnswer {
    let stretches = sources.flatMap { $0.stretches(for: query, pool: cursors) }
    defer { for stretch in stretches { cursors.give(stretch.cursor, for: stretch.key) } }
    var work = stretches.enumerated().flatMap { place, stretch in
      stretch.blocks.indices.map { BlockPlace(stretch: place, block: $0) }
    }
    // With a limit, the end that is wanted comes first, and reading stops when nothing better can follow.
    if query.limit != nil {
      func block(_ place: BlockPlace) -> Block { stretches[place.stretch].blocks[place.block].block }
      switch query.end {
      case .last: work.sort { block($0).lastTime > block($1).lastTime }
      case .first: work.sort { block($0).firstTime < block($1).firstTime }
      }
    }
    var collection = EventCollection(query, names: services)
    if query.latest?.hasEarlier == true { collection.isExact = false }
    var missing = MissingList()
    for place in work {
      let stretch = stretches[place.stretch]
      let target = stretch.blocks[place.block]
      if collection.isComplete(before: target.block) {
        collection.isExact = false
        break
      }
      if isCancelled() { return collection.answer(missing.entries, isCancelled: true) }
      switch stretch.events(in: target, matching: query) {
      case .success(let events): collection.add(events)
      case .failure(let failure): missing.add(failure.reason, stretch.source, target.block)
      }
    }
    return collection.answer(missing.entries, isCancelled: false)
  }

  /// The event at `position`; `nil` when there is none or its bytes are gone.
  public func event(at position: EventPosition) -> Event? {
    guard let source = sources.first(where: { $0.id == position.source }) else { return nil }
    for stretch in source.stretches(for: RawQuery(), pool: cursors) {
      defer { cursors.give(stretch.cursor, for: stretch.key) }
      let target = stretch.blocks.first {
        $0.block.start <= position.byteOffset && position.byteOffset < $0.block.end
      }
      guard let target, case .success(let events) = stretch.events(in: target) else { continue }
      return events.first { $0.position == position }
    }
    return nil
  }

  /// Streams every event that matches, source by source in each source's order, as columns.
  ///
  /// - Parameters:
  ///   - query: `limit`, `end` and `beyond` are not looked at.
  ///   - position: where an earlier scan ended, to get only what came since.
  ///   - isCancelled: asked before every block of about 64 KiB.
  ///   - onBatch: columns of one source (may be empty), and the share of bytes scanned so far, `0...1`.
  public func scan(
    _ query: RawQuery, from position: ScanPosition = .start, isCancelled: () -> Bool = { false },
    onBatch: (EventColumns, Double) -> Void
  ) -> ScanOutcome {
    var query = query
    query.beyond = nil
    let names = services
    var outcome = ScanOutcome(position: position, matchedCount: 0, isCancelled: false, missing: [])
    var missing = MissingList()
    let stretches = sources.flatMap {
      $0.stretches(for: query, pool: cursors, from: position.endOffsets[$0.id] ?? .min)
    }
    defer { for stretch in stretches { cursors.give(stretch.cursor, for: stretch.key) } }
    let total = Double(max(1, stretches.reduce(0) { $0 + $1.byteCount }))
    var done = 0
    for stretch in stretches {
      let start = position.endOffsets[stretch.source] ?? .min
      for target in stretch.blocks {
        if isCancelled() {
          outcome.isCancelled = true
          outcome.missing = missing.entries
          return outcome
        }
        var columns = EventColumns(source: stretch.source)
        if case .failure(let failure) = stretch.scan(target, query, from: start, names, into: &columns) {
          missing.add(failure.reason, stretch.source, target.block)
        }
        outcome.matchedCount += columns.count
        outcome.position.endOffsets[stretch.source] = target.block.end
        done += target.block.byteCount
        onBatch(columns, Double(done) / total)
      }
      outcome.position.endOffsets[stretch.source] = max(start, stretch.end)
    }
    outcome.missing = missing.entries
    return outcome
  }
}

extension Stretch {
  /// Appends the block's matching events that start at `start` or later. Text is only read when a filter asks for it.
  fileprivate func scan(
    _ target: Target, _ query: RawQuery, from start: Int64, _ names: ServiceTable,
    into columns: inout EventColumns
  ) -> Result<Void, Failure> {
    guard query.filter?.isEverything ?? true else {
      return events(in: target, matching: query).map { events in
        for event in events where event.position.byteOffset >= start && query.matches(event, names) {
          columns.append(time: event.time, service: event.service, severity: event.severity)
        }
      }
    }
    return self.columns(in: target).map { batch in
      for index in batch.byteOffsets.indices where batch.byteOffsets[index] >= start {
        let time = Timestamp(nanoseconds: batch.columns.times[index])
        let service = number(batch.columns.services[index])
        let severity = batch.columns.severities[index]
        guard query.matches(time: time, service: service, severity: severity) else { continue }
        columns.append(time: time, service: service, severity: severity)
      }
    }
  }
}

private struct BlockPlace {
  var stretch: Int
  var block: Int
}

extension Block {
  var byteCount: Int { Int(end - start) }
}

extension RawQuery {
  func matches(time: Timestamp, service: ServiceID, severity: Severity) -> Bool {
    guard severities.contains(severity), range.start <= time, time < range.end || range.end == .last else {
      return false
    }
    return services.map { $0.contains(service) } ?? true
  }

  func matches(_ event: Event, _ names: ServiceTable) -> Bool {
    guard matches(time: event.time, service: event.service, severity: event.severity) else { return false }
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
  let names: ServiceTable
  var events: [Event] = []
  var matchedCount = 0
  var isExact = true
  /// The worst event among `limit` kept ones: a worse one is not wanted.
  private var bound: EventKey?

  init(_ query: RawQuery, names: ServiceTable) {
    self.query = query
    self.names = names
  }

  mutating func add(_ new: [Event]) {
    for event in new where query.matches(event, names) {
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
