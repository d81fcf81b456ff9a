internal import EventModel
internal import LogFormats

/// The blocks of one generation that a query has to look at, with everything needed to read them again.
struct Stretch: Sendable {
  let source: SourceID
  let key: CursorPool.Key
  let store: ByteStore
  let blocks: [Target]
  /// Behind the last block of the generation, wanted or not.
  let end: Int64
  /// Added to an offset in the store, it is an offset in the source.
  let base: Int64
  let decoder: LogDecoder
  /// The system vouches that no byte has changed since they were counted.
  let isUntouched: Bool
  private let changedAt: Timestamp?
  private let serviceMap: [ServiceID]
  private let findings = Monitor<Timestamp?>(nil)

  struct Target: Sendable {
    var block: Block
    /// The block after it, when that starts with bytes that belong to this one's last event.
    var next: Block?

    var readCount: Int { Int((next?.end ?? block.end) - block.start) }
    /// Without what follows its last event.
    var byteCount: Int { Int((next?.firstEventAt ?? block.end) - block.start) }
  }

  struct Failure: Error {
    var reason: MissingEvents.Reason
  }

  init(
    _ source: SourceID, _ generation: Generation, key: CursorPool.Key, blocks: [Target], decoder: LogDecoder,
    serviceMap: [ServiceID]
  ) {
    self.source = source
    self.key = key
    store = generation.store
    self.blocks = blocks
    end = generation.blocks.last?.end ?? generation.base
    base = generation.base
    changedAt = generation.changedAt
    isUntouched = generation.isUntouched
    self.decoder = decoder
    self.serviceMap = serviceMap
  }

  /// The session's number of a service of the decoder.
  func number(_ local: ServiceID) -> ServiceID {
    local.index < serviceMap.count ? serviceMap[local.index] : local
  }

  /// Whether an event at `offset` in the source had become known before `instant`.
  func isKnown(_ time: Timestamp, at offset: Int64, before instant: Timestamp) -> Bool {
    if case .recorded(let run) = store, let arrival = run.arrival(at: offset - base) {
      return arrival < instant
    }
    return time < instant
  }

  /// Why no byte of it can be what was counted.
  var failure: Failure? { changedAt.map { Failure(reason: .changed(at: $0)) } }

  /// A change is noticed once a stretch.
  func noticeChange() -> Failure {
    let time = findings.withLock { time in
      let noticed = time ?? .wallClock
      time = noticed
      return noticed
    }
    return Failure(reason: .changed(at: time))
  }
}

extension Source {
  /// What this source has for `query`, blocks in order.
  ///
  /// - Parameter start: only blocks that end behind this offset.
  func stretches(for query: RawQuery, from start: Int64 = .min) -> [Stretch] {
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
        id, generation, key: key, blocks: targets, decoder: decoder, serviceMap: shared.serviceMap)
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
