public import EventModel

/// How long counts stay how fine, and how much memory they may take.
public struct RetentionPolicy: Hashable, Sendable {
  /// Up to this age, counts are exact at least at multiples of `widthNs`.
  public struct Tier: Hashable, Sendable {
    public var widthNs: Int64
    public var ageNs: Int64

    public init(widthNs: Int64, ageNs: Int64) {
      self.widthNs = widthNs
      self.ageNs = ageNs
    }
  }

  /// Young and fine first. Beyond the last tier counts are evicted.
  public var tiers: [Tier]
  public var byteLimit: Int

  /// A tier must be older than the one before, and its width a multiple of that one's.
  public init(tiers: [Tier], byteLimit: Int) {
    for (young, old) in zip(tiers, tiers.dropFirst()) {
      precondition(
        young.widthNs > 0 && old.widthNs % young.widthNs == 0 && old.ageNs >= young.ageNs,
        "\(old.widthNs) ns for \(old.ageNs) ns cannot follow \(young.widthNs) ns for \(young.ageNs) ns")
    }
    self.tiers = tiers
    self.byteLimit = byteLimit
  }

  /// DESIGN §3: 1 s for 2 h, 10 s for 24 h, 60 s for 30 d, at most 512 MiB.
  public static let live = RetentionPolicy(
    tiers: [
      Tier(widthNs: 1_000_000_000, ageNs: 2 * 3_600_000_000_000),
      Tier(widthNs: 10_000_000_000, ageNs: 24 * 3_600_000_000_000),
      Tier(widthNs: 60_000_000_000, ageNs: 30 * 24 * 3_600_000_000_000),
    ], byteLimit: 512 << 20)
}

/// What had to go, so that the screen can say it.
public struct RetentionReport: Hashable, Sendable {
  public struct Coarsening: Hashable, Sendable {
    public var range: TimeRange
    /// Counts in `range` are exact at multiples of this from now on.
    public var widthNs: Int64
  }

  public var coarsenings: [Coarsening] = []
  /// Everything before this instant is gone; `nil` if nothing was evicted.
  public var evictedBefore: Timestamp?
  public var evictedEventCount = 0

  public init() {}

  public var isEmpty: Bool { coarsenings.isEmpty && evictedBefore == nil }
}

extension EventMatrix {
  /// Makes old counts coarser, evicts the oldest, and keeps to the memory limit: oldest and finest first.
  ///
  /// Coarse counts stand at the start of their bucket. A chunk that would not get smaller stays as fine as it is.
  /// O(chunks), and for what changes O(buckets x cells).
  public mutating func retain(_ policy: RetentionPolicy, now: Timestamp) -> RetentionReport {
    var report = RetentionReport()
    var keeper = Keeper(stores: eventStores + layers.compactMap(\.self), eventStoreCount: eventStores.count)
    let layerIndices = layers.indices.filter { layers[$0] != nil }
    let hasQuiet = quiet != nil
    events = CountStore(weighted: false, pendingLimit: 4)
    quiet = nil
    for index in layerIndices { layers[index] = nil }
    keeper.applyAges(policy, now: now, &report)
    keeper.applyLimit(policy, otherByteCount: coverage.byteCount, &report)
    events = keeper.stores[0]
    if hasQuiet { quiet = keeper.stores[1] }
    for (index, store) in zip(layerIndices, keeper.stores.dropFirst(hasQuiet ? 2 : 1)) {
      layers[index] = store
    }
    if let evicted = report.evictedBefore { coverage.evict(before: evicted.nanoseconds) }
    return report
  }

  /// At multiples of how many nanoseconds counts around `time` are exact: 1, or the bucket of a coarse chunk.
  public func exactBucketNs(at time: Timestamp) -> Int64 {
    let time = time.nanoseconds
    for group in groups(around: time) {
      for chunk in group.chunks where chunk.isCoarse && chunk.first <= time {
        if time < chunk.last.saturatingAdding(chunk.baseNs) { return chunk.baseNs }
      }
    }
    return 1
  }

  /// Groups in which a coarse chunk may hold `time`: of each store the one that reaches it and the one before.
  private func groups(around time: Int64) -> [ChunkGroup] {
    eventStores.flatMap { store in
      let index = store.groups.firstIndex(reaching: time, last: \.last)
      return store.groups[max(0, index - 1)..<min(store.groups.count, index + 1)]
    }
  }
}

/// Holds the layers while they are made smaller.
private struct Keeper {
  var stores: [CountStore]
  /// So many of the stores, the first ones, hold events and no facts about them.
  let eventStoreCount: Int

  mutating func applyAges(_ policy: RetentionPolicy, now: Timestamp, _ report: inout RetentionReport) {
    guard let oldest = policy.tiers.last else { return }
    evict(before: now.advanced(byNanoseconds: -oldest.ageNs).nanoseconds, &report)
    // From young to old, so that each chunk ends with the width of the oldest tier it belongs to.
    for (young, old) in zip(policy.tiers, policy.tiers.dropFirst()) {
      let bound = now.advanced(byNanoseconds: -young.ageNs).nanoseconds
      for index in stores.indices {
        stores[index].coarsen(to: old.widthNs, isEvents: index < eventStoreCount, &report) { $0.last < bound }
      }
    }
  }

  mutating func applyLimit(
    _ policy: RetentionPolicy, otherByteCount: Int, _ report: inout RetentionReport
  ) {
    for width in policy.tiers.map(\.widthNs) {
      for index in stores.indices {
        var excess = otherByteCount + byteCount - policy.byteLimit
        guard excess > 0 else { return }
        stores[index].coarsen(to: width, isEvents: index < eventStoreCount, &report) { chunk in
          defer { excess -= chunk.byteCount - chunk.coarseByteCount(widthNs: width) }
          return excess > 0
        }
      }
    }
    while otherByteCount + byteCount > policy.byteLimit, let bound = stores.compactMap(\.secondStart).min() {
      evict(before: bound, &report)
    }
  }

  private var byteCount: Int { stores.reduce(0) { $0 + $1.byteCount } }

  /// Drops the chunks that end before `bound`.
  private mutating func evict(before bound: Int64, _ report: inout RetentionReport) {
    let before = eventCount
    var ends: [Int64] = []
    for index in stores.indices {
      guard let end = stores[index].evict(before: bound), index < eventStoreCount else { continue }
      ends.append(end)
    }
    guard let end = ends.max() else { return }
    let gone = Timestamp(nanoseconds: eventStoreCount > 1 ? cut(before: end) : end)
    report.evictedEventCount += before - eventCount
    report.evictedBefore = max(report.evictedBefore ?? gone, gone)
  }

  private var eventCount: Int { stores[..<eventStoreCount].reduce(0) { $0 + $1.eventCount } }

  /// Drops what one store of events still holds before the time up to which another has dropped all. Returns up to when
  /// nothing is left in any: later where a coarse chunk, which cannot be cut, goes whole.
  private mutating func cut(before end: Int64) -> Int64 {
    var end = end
    while let reach = stores[..<eventStoreCount].compactMap({ $0.coarseEnd(before: end) }).max(), reach > end
    {
      end = reach
    }
    let gone = TimeRange(start: .first, end: Timestamp(nanoseconds: end))
    for index in 0..<eventStoreCount { stores[index].remove([gone]) }
    return end
  }
}

extension CountStore {
  private var chunks: [Chunk] { groups.flatMap(\.chunks) }

  /// Where the second chunk starts: evicting before it drops the first. `nil` when no chunk is left.
  fileprivate var secondStart: Int64? {
    guard let group = groups.first else { return nil }
    if group.chunks.count > 1 { return max(group.chunks[1].first, group.chunks[0].last + 1) }
    return groups.count > 1 ? max(groups[1].first, group.last + 1) : group.last + 1
  }

  /// Where the last coarse chunk ends that begins before `time`; `nil` without one.
  fileprivate func coarseEnd(before time: Int64) -> Int64? {
    chunks.last { $0.isCoarse && $0.first < time }.map { MatrixChunk($0).range.end.nanoseconds }
  }

  /// Drops chunks that lie wholly before `bound`. Returns where the last of them ended, `nil` if none did.
  fileprivate mutating func evict(before bound: Int64) -> Int64? {
    guard let group = groups.first, group.chunks[0].last < bound else { return nil }
    let all = chunks
    let kept = all.drop { $0.last < bound }
    replaceChunks(by: Array(kept))
    return all[kept.startIndex - 1].last + 1
  }

  /// Makes coarse those chunks that `isMeant` (asked from the oldest on, of those that would get smaller) says.
  fileprivate mutating func coarsen(
    to widthNs: Int64, isEvents: Bool, _ report: inout RetentionReport, where isMeant: (Chunk) -> Bool
  ) {
    var kept: [Chunk] = []
    var run: [Chunk] = []
    var changed = false
    for chunk in chunks {
      if chunk.getsSmaller(widthNs: widthNs), isMeant(chunk) {
        if run.isEmpty, let last = kept.last, last.isCoarse, last.baseNs == widthNs {
          run.append(kept.removeLast())
        }
        run.append(chunk)
        changed = true
        if isEvents { report.note(chunk, widthNs) }
      } else {
        kept += Chunk.coarse(run, widthNs: widthNs)
        run = []
        kept.append(chunk)
      }
    }
    if changed { replaceChunks(by: kept + Chunk.coarse(run, widthNs: widthNs)) }
  }
}

extension Chunk {
  func getsSmaller(widthNs: Int64) -> Bool {
    (!isCoarse || baseNs < widthNs) && coarseByteCount(widthNs: widthNs) < byteCount
  }

  fileprivate func coarseByteCount(widthNs: Int64) -> Int {
    guard let buckets = RowGrid(widthNs: widthNs).bucketCount(from: first, to: last) else { return .max }
    let most = (0..<cellCount).reduce(UInt32(0)) { max($0, totals.words[$1]) }
    let row = CellRows.byteCount(ofCells: cellCount, isNarrow: CellRows.isNarrow(most: most))
    let (rows, overflow) = (buckets.saturatingSum(1)).multipliedReportingOverflow(by: row)
    return overflow ? .max : rows.saturatingSum(totals.byteCount + otherByteCount)
  }
}

extension Int {
  fileprivate func saturatingSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

extension RetentionReport {
  fileprivate mutating func note(_ chunk: Chunk, _ widthNs: Int64) {
    let range = TimeRange(
      start: Timestamp(nanoseconds: chunk.first), end: Timestamp(nanoseconds: chunk.last + 1))
    if let last = coarsenings.last, last.widthNs == widthNs, last.range.end <= range.start {
      coarsenings[coarsenings.count - 1].range = last.range.union(range)
    } else {
      coarsenings.append(Coarsening(range: range, widthNs: widthNs))
    }
  }
}
