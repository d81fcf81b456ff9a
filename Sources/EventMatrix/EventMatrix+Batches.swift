public import EventModel

/// A piece of the time axis as it lies in memory.
public struct MatrixChunk: Hashable, Sendable {
  /// From its first to just after its last event.
  public var range: TimeRange
  public var eventCount: Int
  /// Counts inside are exact at multiples of this.
  public var exactBucketNs: Int64
  /// The batches its events came from, ascending. May name a batch that only overlaps it in time, never lacks one.
  public var batches: [BatchID]
}

extension EventMatrix {
  /// The chunks in order of where they begin. Events still pending are in none of them: see `settle()`.
  public var chunks: [MatrixChunk] {
    let all = eventStores.flatMap { $0.groups.flatMap(\.chunks).map(MatrixChunk.init) }
    return quiet == nil ? all : all.sorted { $0.range.start < $1.range.start }
  }

  /// The chunks that may hold events of a batch. O(chunks).
  public func chunks(ofBatch batch: BatchID) -> [MatrixChunk] { chunks.filter { $0.batches.contains(batch) } }

  /// Takes out every chunk that may hold events of these batches, and the same times from all layers.
  ///
  /// - Returns: the ranges that are empty now, in order. Every event of the other batches that lies in one of them must be
  ///   added again.
  public mutating func removeChunks(ofBatches batches: Set<BatchID>) -> [TimeRange] {
    settle()
    var ranges = chunks.filter { !batches.isDisjoint(with: $0.batches) }.map(\.range).joined
    while true {
      // A coarse chunk cannot be cut, so it goes whole, and other layers with it.
      let grown = (ranges + coarseRanges(overlapping: ranges)).joined
      if grown == ranges { break }
      ranges = grown
    }
    guard !ranges.isEmpty else { return [] }
    events.remove(ranges)
    quiet?.remove(ranges)
    for index in layers.indices where layers[index] != nil { layers[index]?.remove(ranges) }
    return ranges
  }

  private func coarseRanges(overlapping ranges: [TimeRange]) -> [TimeRange] {
    (eventStores + layers.compactMap(\.self)).flatMap { $0.groups.flatMap(\.chunks) }
      .filter(\.isCoarse).map { MatrixChunk($0).range }
      .filter { range in ranges.contains { $0.overlaps(range) } }
  }
}

extension MatrixChunk {
  init(_ chunk: Chunk) {
    let end = chunk.isCoarse ? chunk.last.saturatingAdding(chunk.baseNs) : chunk.last + 1
    range = TimeRange(start: Timestamp(nanoseconds: chunk.first), end: Timestamp(nanoseconds: end))
    eventCount = chunk.eventCount
    exactBucketNs = chunk.isCoarse ? chunk.baseNs : 1
    batches = chunk.batches
  }
}

extension CountStore {
  /// Drops the events in `ranges`. Coarse chunks that reach into one go whole.
  mutating func remove(_ ranges: [TimeRange]) {
    var neighbour: CellDictionary?
    let kept = groups.flatMap(\.chunks).compactMap { chunk -> Chunk? in
      let range = MatrixChunk(chunk).range
      guard ranges.contains(where: { $0.overlaps(range) }) else { return chunk }
      guard !chunk.isCoarse else { return nil }
      var records: [EventRecord] = []
      chunk.appendRecords(to: &records)
      records.removeAll { record in ranges.contains { $0.contains(Timestamp(nanoseconds: record.time)) } }
      guard !records.isEmpty else { return nil }
      records.sortByTime()
      let rest = Chunk(
        records[...], weighted: weighted, beside: neighbour ?? chunk.dictionary, from: chunk.firstRow,
        batches: chunk.batches)
      neighbour = rest.dictionary
      return rest
    }
    replaceChunks(by: kept)
  }
}

extension [TimeRange] {
  /// In order, with those that touch made one.
  fileprivate var joined: [TimeRange] {
    sorted { $0.start < $1.start }.reduce(into: []) { joined, range in
      if let last = joined.last, range.start <= last.end {
        joined[joined.count - 1] = last.union(range)
      } else {
        joined.append(range)
      }
    }
  }
}
