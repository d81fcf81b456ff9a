internal import EventModel
internal import LogFormats

/// The blocks of one generation that a query has to look at, with everything needed to read them again.
///
/// Used by one thread at a time.
struct Stretch {
  let source: SourceID
  let key: CursorPool.Key
  let cursor: ByteCursor
  let blocks: [Target]
  /// Behind the last block of the generation, wanted or not.
  let end: Int64
  private let base: Int64
  private let changedAt: Timestamp?
  private let decoder: LogDecoder
  private let serviceMap: [ServiceID]
  private let findings: Findings
  private let decodedBlocks: DecodedBlocks

  struct Target {
    var block: Block
    /// The block after it, when that starts with bytes that belong to this one's last event.
    var next: Block?
  }

  /// A change is noticed once a stretch.
  private final class Findings {
    var changedAt: Timestamp?
  }

  struct Failure: Error {
    var reason: MissingEvents.Reason
  }

  var byteCount: Int { blocks.reduce(0) { $0 + $1.block.byteCount } }

  init(
    _ source: SourceID, _ generation: Generation, key: CursorPool.Key, cursor: ByteCursor, blocks: [Target],
    decoder: LogDecoder, serviceMap: [ServiceID], decodedBlocks: DecodedBlocks
  ) {
    self.source = source
    self.key = key
    self.cursor = cursor
    self.blocks = blocks
    end = generation.blocks.last?.end ?? generation.base
    base = generation.base
    changedAt = generation.changedAt
    self.decoder = decoder
    self.serviceMap = serviceMap
    findings = Findings()
    self.decodedBlocks = decodedBlocks
  }

  /// Every event of the block with the session's service numbers; in full only those whose time, service and severity
  /// match. None when it is certain without decoding that none matches.
  func events(in target: Target, matching query: RawQuery = RawQuery()) -> Result<[Event], Failure> {
    records(of: target).map { bytes in
      bytes.withUnsafeBytes { bytes in
        if let filter = query.filter, !filter.mayMatch(bytes: bytes) { return [] }
        let wanted = wanted(by: query)
        if let wanted, let few = fewEvents(in: bytes, target, wanted) { return few }
        return decoder.events(
          in: bytes, at: target.block.start, from: target.block.checkpoint, wanted: wanted
        ).map(numbered)
      }
    }
  }

  /// The block as columns, with the decoder's service numbers: many times cheaper than full events.
  func columns(in target: Target) -> Result<DecodedBatch, Failure> {
    records(of: target).map { bytes in bytes.withUnsafeBytes { decoded($0, target) } }
  }

  /// The session's number of a service of the decoder.
  func number(_ local: ServiceID) -> ServiceID {
    local.index < serviceMap.count ? serviceMap[local.index] : local
  }

  /// The wanted events and no others, each decoded by itself, where its columns say that they are few; `nil` where
  /// that might read something else than the whole block does.
  private func fewEvents(
    in bytes: UnsafeRawBufferPointer, _ target: Target, _ wanted: LogDecoder.Wanted
  ) -> [Event]? {
    // Before any record has stated a time, events get the file's.
    let block = target.block
    guard decoder.layout.canStartAtAnyLine, let before = block.checkpoint.previousTime else { return nil }
    let batch = decodedBlocks.batch(of: block, key) { decoded(bytes, target) }
    let columns = batch.columns
    let places = columns.times.indices.filter { place in
      wanted(
        Timestamp(nanoseconds: columns.times[place]), columns.services[place], columns.severities[place])
    }
    guard places.count * 3 <= columns.count else { return nil }
    var events: [Event] = []
    for place in places {
      let offset = batch.byteOffsets[place]
      let end = place + 1 < columns.count ? Int(batch.byteOffsets[place + 1] - block.start) : bytes.count
      let start = Int(offset - block.start)
      let previous = place > 0 ? Timestamp(nanoseconds: columns.times[place - 1]) : before
      guard start >= 0, start < end, end <= bytes.count else { return nil }
      let found = decoder.events(
        in: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), at: offset,
        from: DecoderCheckpoint(after: previous))
      guard found.count == 1, found[0].time.nanoseconds == columns.times[place],
        found[0].service == columns.services[place], found[0].severity == columns.severities[place],
        found[0].position.byteOffset == offset
      else { return nil }
      events.append(numbered(found[0]))
    }
    return events
  }

  private func wanted(by query: RawQuery) -> LogDecoder.Wanted? {
    guard query.services != nil || query.severities != .all || query.range != .everything else { return nil }
    // By number of the decoder: asked for every event of every block.
    let isWanted = serviceMap.map { query.services?.contains($0) ?? true }
    var others = query
    others.services = nil
    let (rest, services) = (others, query.services)
    return { time, service, severity in
      guard service.index < isWanted.count ? isWanted[service.index] : services?.contains(service) ?? true
      else { return false }
      return rest.matches(time: time, service: service, severity: severity)
    }
  }

  private func decoded(_ bytes: UnsafeRawBufferPointer, _ target: Target) -> DecodedBatch {
    var decoder = decoder
    decoder.checkpoint = target.block.checkpoint
    var batch = DecodedBatch(source: source)
    _ = decoder.decode(bytes, at: target.block.start, isEnd: true, into: &batch)
    return batch
  }

  /// The bytes of the block's events, to the end of the last one; a failure when they are not those that were
  /// counted.
  private func records(of target: Target) -> Result<[UInt8], Failure> {
    if let changedAt { return .failure(Failure(reason: .changed(at: changedAt))) }
    let block = target.block
    let end = target.next?.end ?? block.end
    var bytes: [UInt8]
    do throws(ReadFailure) { bytes = try read(block.start - base, count: Int(end - block.start)) } catch {
      return .failure(Failure(reason: error.isEvicted ? .evicted : .unreadable(error.reason)))
    }
    guard isUnchanged(bytes, target) else { return .failure(Failure(reason: .changed(at: noticed()))) }
    if let next = target.next { bytes.removeLast(Int(next.end - next.firstEventAt)) }
    return .success(bytes)
  }

  private func read(_ offset: Int64, count: Int) throws(ReadFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    var failure: ReadFailure?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(ReadFailure) {
        while done < count {
          let space = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
          let got = try cursor.read(at: offset + Int64(done), into: space)
          if got == 0 { break }
          done += got
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    if done < count { bytes.removeLast(count - done) }
    return bytes
  }

  /// Whether the bytes are those that were counted.
  private func isUnchanged(_ bytes: [UInt8], _ target: Target) -> Bool {
    let ownCount = target.block.byteCount
    guard bytes.count == ownCount + (target.next?.byteCount ?? 0) else { return false }
    return bytes.withUnsafeBytes { all in
      guard BlockHasher.hash(UnsafeRawBufferPointer(rebasing: all[..<ownCount])) == target.block.hash else {
        return false
      }
      return target.next.map {
        BlockHasher.hash(UnsafeRawBufferPointer(rebasing: all[ownCount...])) == $0.hash
      } ?? true
    }
  }

  private func noticed() -> Timestamp {
    let time = findings.changedAt ?? .wallClock
    findings.changedAt = time
    return time
  }

  private func numbered(_ event: Event) -> Event {
    var event = event
    event.service = number(event.service)
    return event
  }
}

extension Source {
  /// What this source has for `query`, blocks in order.
  ///
  /// - Parameter start: only blocks that end behind this offset.
  func stretches(for query: RawQuery, pool: CursorPool, from start: Int64 = .min) -> [Stretch] {
    if let wanted = query.sources, !wanted.contains(id) { return [] }
    let shared = shared.withLock { $0 }
    guard let decoder = shared.decoder else { return [] }
    let services = query.services.map { localServices($0, shared.serviceMap) }
    if services?.isEmpty == true { return [] }
    return shared.generations.enumerated().compactMap { place, generation in
      let targets = generation.targets(for: query, services: services, from: start)
      guard let last = generation.blocks.last, last.end > start else { return nil }
      let key = CursorPool.Key(source: id, generation: place)
      return Stretch(
        id, generation, key: key, cursor: pool.take(key) ?? ByteCursor(generation.store), blocks: targets,
        decoder: decoder, serviceMap: shared.serviceMap, decodedBlocks: pool.decodedBlocks)
    }
  }

  private func localServices(_ wanted: Set<ServiceID>, _ map: [ServiceID]) -> SmallIDSet {
    var local = SmallIDSet()
    for (index, id) in map.enumerated() where wanted.contains(id) { local.insert(UInt32(index)) }
    return local
  }
}

extension Generation {
  fileprivate func targets(for query: RawQuery, services: SmallIDSet?, from start: Int64) -> [Stretch.Target]
  {
    blocks.indices.compactMap { index in
      let block = blocks[index]
      guard block.end > start, block.mayMatch(query, services: services) else { return nil }
      let next = index + 1 < blocks.count ? blocks[index + 1] : nil
      let continues = next.map { $0.start == block.end && $0.firstEventAt > $0.start } ?? false
      return Stretch.Target(block: block, next: continues ? next : nil)
    }
  }
}

/// Cursors between queries: where one stopped, the next one often goes on.
final class CursorPool: Sendable {
  struct Key: Hashable, Sendable {
    var source: SourceID
    var generation: Int
  }

  /// Compressed stores keep several megabytes each.
  static let limit = 4

  let decodedBlocks = DecodedBlocks()
  private let idle = Monitor<[(key: Key, cursor: ByteCursor)]>([])

  func take(_ key: Key) -> ByteCursor? {
    idle.withLock { idle in
      guard let place = idle.firstIndex(where: { $0.key == key }) else { return nil }
      return idle.remove(at: place).cursor
    }
  }

  /// Gives a cursor back for others; the oldest one is dropped when there are too many.
  func give(_ cursor: ByteCursor, for key: Key) {
    idle.withLock { idle in
      idle.append((key, cursor))
      if idle.count > Self.limit { idle.removeFirst() }
    }
  }
}

/// The columns of blocks that were looked at lately: who goes through neighbouring cells, or back, finds the events
/// there without decoding the rest again. Whether the bytes are still the same is asked every time.
final class DecodedBlocks: Sendable {
  private struct Key: Hashable {
    var place: CursorPool.Key
    var start: Int64
    var hash: UInt64
  }

  private struct State {
    var batches: [Key: DecodedBatch] = [:]
    /// The oldest first.
    var order: [Key] = []
    var eventCount = 0
  }

  private let state = Monitor(State())

  /// At 21 bytes each: 4 MiB.
  private static let eventLimit = 200_000

  func batch(of block: Block, _ place: CursorPool.Key, _ decode: () -> DecodedBatch) -> DecodedBatch {
    let key = Key(place: place, start: block.start, hash: block.hash)
    if let known = state.withLock({ $0.batches[key] }) { return known }
    let batch = decode()
    state.withLock { state in
      guard state.batches[key] == nil, batch.columns.count <= Self.eventLimit else { return }
      state.batches[key] = batch
      state.order.append(key)
      state.eventCount += batch.columns.count
      while state.eventCount > Self.eventLimit, !state.order.isEmpty {
        let oldest = state.order.removeFirst()
        state.eventCount -= state.batches.removeValue(forKey: oldest)?.columns.count ?? 0
      }
    }
    return batch
  }
}
