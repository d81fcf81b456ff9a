public import EventModel

/// When the last events of some cells happened.
public struct LatestInstants: Hashable, Sendable {
  /// Nanoseconds, ascending.
  public var instants: [Int64]
  /// There are earlier ones that are not among them.
  public var hasEarlier: Bool
  /// After this nothing was counted yet.
  public var countedUntil: Int64

  public init(instants: [Int64], hasEarlier: Bool, countedUntil: Int64) {
    self.instants = instants
    self.hasEarlier = hasEarlier
    self.countedUntil = countedUntil
  }
}

extension EventMatrix {
  /// The instants of at least the last `limit` events in `range` of the services that have a row, of one of the
  /// severities: where to look for those events. `nil` where some counts are coarse, and nobody can say.
  ///
  /// - Complexity: O(buckets in range x cells + events between the first and the last of them).
  public func latestInstants(
    _ limit: Int, in range: TimeRange, rowOfService: [Int32], severities: SeveritySet
  ) -> LatestInstants? {
    guard let all = timeRange, !events.weighted else { return nil }
    let search = CellSearch(rowOfService: rowOfService, severities: severities)
    let end = range.end == .last ? Int64.max : range.end.nanoseconds
    let bounds = range.start.nanoseconds..<max(range.start.nanoseconds, end)
    var found: [Int64] = []
    var hasEarlier = false
    for store in eventStores {
      guard let (instants, isCut) = store.latest(limit, of: search, in: bounds) else { return nil }
      hasEarlier = hasEarlier || isCut
      found = (instants + found).sorted()
    }
    if found.count > limit, limit > 0 {
      // All of one instant, since nobody here knows which of them comes last.
      let least = found[found.count - limit]
      let kept = found.drop { $0 < least }
      hasEarlier = hasEarlier || kept.count < found.count
      found = Array(kept)
    }
    return LatestInstants(instants: found, hasEarlier: hasEarlier, countedUntil: all.end.nanoseconds)
  }
}

extension CountStore {
  /// At least the last `limit` instants in `bounds`, ascending, and whether there are more; `nil` where counts are coarse.
  fileprivate func latest(
    _ limit: Int, of search: CellSearch, in bounds: Range<Int64>
  ) -> (instants: [Int64], isCut: Bool)? {
    var found = pending.lazy.filter { bounds.contains($0.time) && search.contains($0.cell) }.map(\.time)
      .sorted()
    var hasEarlier = false
    for group in groups.reversed() where group.first < bounds.upperBound {
      guard group.last >= bounds.lowerBound else { break }
      let cells = search.cells(of: group.dictionary)
      guard !cells.numbers.isEmpty else { continue }
      for chunk in group.chunks.reversed()
      where chunk.first < bounds.upperBound && chunk.last >= bounds.lowerBound {
        // What is left lies before everything that is wanted.
        if found.count >= limit, chunk.last < found[found.count - limit] { return (found, true) }
        guard !chunk.isCoarse else { return nil }
        let (instants, isCut) = chunk.latest(limit, of: cells, in: bounds)
        hasEarlier = hasEarlier || isCut
        found = (instants + found).sorted()
      }
    }
    return (found, hasEarlier)
  }
}

extension Chunk {
  /// The last `limit` instants in `bounds` of the cells and all others of the first one's instant, ascending, and
  /// whether there are more.
  fileprivate func latest(
    _ limit: Int, of cells: SoughtCells, in bounds: Range<Int64>
  ) -> (instants: [Int64], isCut: Bool) {
    var instants: [Int64] = []
    let start = position(of: bounds.lowerBound)
    var end = position(of: bounds.upperBound)
    while start < end {
      let bucket = bucket(ofEvent: end - 1)
      let from = max(start, Int(index.bucketStarts[bucket]))
      // Rows tell sooner than events where nothing is to be found.
      let isEmpty =
        !cells.areMany
        && cells.numbers.allSatisfy {
          count(of: $0, beforeBucket: bucket) == count(of: $0, beforeBucket: bucket + 1)
        }
      if isEmpty { end = from }
      let origin = origin(ofBucket: bucket)
      while from < end, let place = index.last(in: from..<end, of: cells.flags) {
        let time = origin &+ index.offsets.distanceNs(at: place)
        if instants.count >= limit, time < instants.last ?? .max { return (instants.reversed(), true) }
        instants.append(time)
        end = place
      }
      end = from
    }
    return (instants.reversed(), false)
  }
}
