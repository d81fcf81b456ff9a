internal import Compression
public import EventMatrix
internal import EventModel
internal import LogFormats

extension LogSources {
  /// Keeps what is known of a big file for the next time it is opened.
  ///
  /// Only of one that is the only source and has been read to its present end, with exactly its events in `counts`;
  /// and only if there is enough that is not kept yet. O(events); call it when nobody waits.
  ///
  /// - Returns: whether something was written.
  @discardableResult
  public func keepIndex(counts: EventMatrix) -> Bool { keepIndex { counts } }

  /// The same of a file that may be followed.
  ///
  /// - Parameters:
  ///   - isLast: there is no later occasion: whatever has come is worth it.
  ///   - counts: of everything that has been told; asked for while nothing is.
  @discardableResult
  public func keepIndex(isLast: Bool = false, counts: () -> EventMatrix) -> Bool {
    guard hasMoreToKeep(isLast: isLast), let cache = options.indexCache, let source = sources.first
    else { return false }
    let (shared, matrix, names) = betweenUpdates {
      (source.shared.withLock { $0 }, counts(), services.names)
    }
    guard let index = SourceIndex(shared, counts: matrix, names: names, cache: cache),
      let key = IndexKey(shared.status.name, options), cache.write(key.bytes, { index.write(to: &$0) })
    else {
      source.shared.withLock { $0.refusedEnd = shared.countedEnd }
      return false
    }
    source.shared.withLock { $0.keptEnd = index.end }
    return true
  }

  /// Whether `keepIndex` has anything to do: a big file, read to its present end, of which a sixteenth or all is not
  /// kept yet. O(1).
  public func hasMoreToKeep(isLast: Bool = false) -> Bool {
    guard options.keepsBlocks, let cache = options.indexCache, sources.count == 1, let source = sources.first
    else { return false }
    return source.shared.withLock { shared in
      guard case .path = shared.status.specification, shared.status.bytesRead >= cache.leastByteCount,
        shared.status.state == .atRest || shared.status.state == .following
      else { return false }
      let end = shared.countedEnd
      guard end != shared.refusedEnd || shared.keptEnd == 0 && isLast else { return false }
      let known = max(shared.keptEnd, shared.refusedEnd)
      return isLast ? end != shared.keptEnd : known == 0 || end - known > known / 16
    }
  }
}

extension SourceIndex {
  /// `nil` where the next reading could not start from it, or not gain by it.
  fileprivate init?(
    _ shared: Source.Shared, counts: EventMatrix, names: [ForeignText], cache: IndexCache
  ) {
    let status = shared.status
    guard case .path = status.specification, status.state == .atRest || status.state == .following,
      status.problemCount == status.problems.count, shared.generations.count == 1,
      let generation = shared.generations.first, generation.changedAt == nil, generation.base == 0,
      let file = generation.store.file, let opened = shared.fileStatus, let decoder = shared.decoder,
      let last = generation.blocks.last, FileStatus(path: status.name)?.identity == opened.identity
    else { return nil }
    // Every service of the session has to be one of the file's.
    guard shared.serviceMap.count == names.count, Set(shared.serviceMap).count == names.count else {
      return nil
    }
    let isPlain = generation.store.compression == nil
    guard let print = FilePrint(file, settled: shared.settledStatus),
      print.size >= cache.leastByteCount
    else { return nil }
    // Compressed bytes are known again by their times alone.
    guard isPlain || print.times != nil else { return nil }
    if print.times == nil {
      // Written to since it was opened: not worth keeping if what was counted is seen to be gone.
      let step = max(1, generation.blocks.count / 64)
      let some = stride(from: 0, to: generation.blocks.count, by: step).map { generation.blocks[$0] }
      guard file.holds(some + [last]) else { return nil }
    }
    self.init(
      print: print, layout: decoder.layout, compression: generation.store.compression?.rawValue,
      modificationTime: decoder.options.modificationTime, end: last.end,
      isCutShort: isPlain && !file.endsWithNewline(at: last.end),
      decoder: Decoder(
        names: decoder.services.names, map: shared.serviceMap, tally: decoder.tally,
        checkpoint: decoder.checkpoint),
      problems: status.problems, blocks: generation.blocks, counts: counts, names: names)
    guard eventCount == counts.eventCount, eventCount == decoder.tally.eventCount,
      blocks.first?.start == 0, zip(blocks, blocks.dropFirst()).allSatisfy({ $0.end == $1.start })
    else { return nil }
  }
}

extension Source.Shared {
  /// Behind the last byte in a block.
  fileprivate var countedEnd: Int64 { generations.last?.blocks.last?.end ?? 0 }
}

extension OpenFile {
  fileprivate func endsWithNewline(at end: Int64) -> Bool {
    var byte: UInt8 = 0
    return withUnsafeMutableBytes(of: &byte) { (try? read(at: end - 1, into: $0)) == 1 } && byte == 0x0a
  }
}
