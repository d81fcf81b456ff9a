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
    decoder: LogDecoder, serviceMap: [ServiceID]
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
  }

  /// Every event of the block with the session's service numbers; in full only those whose time, service and severity
  /// match. None when it is certain without decoding that none matches.
  func events(in target: Target, matching query: RawQuery = RawQuery()) -> Result<[Event], Failure> {
    records(of: target).map { bytes in
      bytes.withUnsafeBytes { bytes in
        if let filter = query.filter, !filter.mayMatch(bytes: bytes) { return [] }
        return decoder.events(
          in: bytes, at: target.block.start, from: target.block.checkpoint, wanted: wanted(by: query)
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

  private func wanted(by query: RawQuery) -> LogDecoder.Wanted? {
    guard query.services != nil || query.severities != .all || query.range != .everything else { return nil }
    let map = serviceMap
    return { time, service, severity in
      query.matches(
        time: time, service: service.index < map.count ? map[service.index] : service, severity: severity)
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
        decoder: decoder, serviceMap: shared.serviceMap)
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
