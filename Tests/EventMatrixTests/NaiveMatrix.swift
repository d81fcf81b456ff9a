import EventMatrix
import EventModel

/// The second method: a list of events, counted one by one.
struct NaiveMatrix {
  struct Entry: Hashable {
    var source: UInt32
    var time: Int64
    var service: UInt32
    var severity: Severity
    var facts: EventFacts = []
    var weight: UInt32 = 1
  }

  var entries: [Entry] = []

  /// What `entry` counts in a layer.
  private func amount(_ entry: Entry, _ layer: MatrixLayer) -> UInt32 {
    switch layer {
    case .events: 1
    case .late: entry.facts.contains(.late) ? 1 : 0
    case .notVerified: entry.facts.contains(.notVerified) ? 1 : 0
    case .bad: entry.facts.contains(.bad) ? 1 : 0
    case .sampledWeight: entry.weight - 1
    }
  }

  /// As `MatrixCounts.counts`; an event at the last nanosecond counts one earlier.
  func counts(_ query: MatrixQuery, layer: MatrixLayer = .events) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: query.rowCount * query.columns.count * 7)
    let edges = (0...query.columns.count).map { query.columns.edge($0).nanoseconds }
    for entry in entries {
      let time = min(entry.time, Int64.max - 1)
      guard entry.service < query.rowOfService.count, query.severities.contains(entry.severity) else {
        continue
      }
      let row = Int(query.rowOfService[Int(entry.service)])
      // How many edges are at or before the time.
      var low = 0
      var high = edges.count
      while low < high {
        let middle = (low + high) / 2
        if edges[middle] <= time { low = middle + 1 } else { high = middle }
      }
      guard row >= 0, low > 0, low < edges.count else { continue }
      counts[(row * query.columns.count + low - 1) * 7 + Int(entry.severity.rawValue)] &+= amount(
        entry, layer)
    }
    return counts
  }

  func presence(_ query: MatrixQuery, gaps: [CoverageGap]) -> [MatrixCounts.Presence] {
    let sources = Set(entries.map(\.source))
    return (0..<query.rowCount).flatMap { row in
      let mine = sources.filter { source in
        entries.contains {
          $0.source == source && $0.service < query.rowOfService.count
            && query.rowOfService[Int($0.service)] == Int32(row)
        }
      }
      return (0..<query.columns.count).map { column -> MatrixCounts.Presence in
        let range = query.columns.range(ofColumn: column)
        if range.isEmpty { return .noData }
        if gaps.contains(where: { mine.contains($0.source.rawValue) && $0.range.overlaps(range) }) {
          return .gap
        }
        let covered = mine.contains { source in
          let times = entries.filter { $0.source == source }.map { min($0.time, Int64.max - 1) }
          return times.min()! < range.end.nanoseconds && times.max()! >= range.start.nanoseconds
        }
        return covered ? .covered : .noData
      }
    }
  }
}

extension EventMatrix {
  /// Adds entries in their order, one call for each stretch of the same source.
  mutating func add(_ entries: some Collection<NaiveMatrix.Entry>, batch: BatchID? = nil) {
    var rest = entries[...]
    while let source = rest.first?.source {
      let stretch = rest.prefix { $0.source == source }
      rest = rest.dropFirst(stretch.count)
      var columns = EventColumns(source: SourceID(rawValue: source))
      for entry in stretch {
        columns.append(
          time: Timestamp(nanoseconds: entry.time), service: ServiceID(rawValue: entry.service),
          severity: entry.severity)
      }
      add(
        columns, marks: EventMarks(batch: batch, facts: stretch.map(\.facts), weights: stretch.map(\.weight)))
    }
  }
}

/// SplitMix64: a seed gives the same numbers everywhere.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
