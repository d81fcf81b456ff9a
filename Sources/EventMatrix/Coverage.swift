public import EventModel

/// A named hole in a source.
public struct CoverageGap: Hashable, Sendable {
  public enum Reason: UInt8, Hashable, Sendable { case unreadable, missingBatch, dropped, paused }

  public var source: SourceID
  public var range: TimeRange
  public var reason: Reason

  public init(source: SourceID, range: TimeRange, reason: Reason) {
    self.source = source
    self.range = range
    self.reason = reason
  }
}

/// What is known of each source: from when to when, which services, which holes.
struct Coverage: Sendable {
  private(set) var serviceCount = 0
  private(set) var gaps: [CoverageGap] = []
  private var sources: [SourceID: Source] = [:]
  /// By service: the sources it appears in, ascending.
  private var sourcesOfService: [[SourceID]] = []

  private struct Source: Sendable {
    var first: Int64
    var last: Int64
    /// One bit per service.
    var services: [UInt64]

    /// The first of the services, from an index on, that has no bit.
    func firstUnknown(in wanted: [ServiceID], from start: Int) -> Int? {
      services.withUnsafeBufferPointer { bits in
        wanted.withUnsafeBufferPointer { wanted in
          (start..<wanted.count).first { index in
            let service = Int(wanted[index].rawValue)
            return service >> 6 >= bits.count || bits[service >> 6] >> UInt64(service & 63) & 1 == 0
          }
        }
      }
    }

    mutating func insert(_ service: Int) {
      while services.count <= service / 64 { services.append(0) }
      services[service / 64] |= 1 << UInt64(service % 64)
    }
  }

  var byteCount: Int {
    sources.values.reduce(gaps.count * 40 + sourcesOfService.count * 12) { $0 + 80 + $1.services.count * 8 }
      + sourcesOfService.reduce(0) { $0 + 32 + $1.count * 4 }
  }

  /// Notes who spoke when. Returns the earliest and latest (counted) time, `nil` without events. O(events).
  mutating func add(_ events: EventColumns) -> (first: Int64, last: Int64)? {
    guard var first = events.times.first else { return nil }
    var last = first
    events.times.withUnsafeBufferPointer { times in
      for time in times {
        first = min(first, time)
        last = max(last, time)
      }
    }
    (first, last) = (EventRecord.counted(first), EventRecord.counted(last))
    var source = sources.removeValue(forKey: events.source) ?? Source(first: first, last: last, services: [])
    source.first = min(source.first, first)
    source.last = max(source.last, last)
    var index = 0
    while let unknown = source.firstUnknown(in: events.services, from: index) {
      note(events.services[unknown].index, in: events.source)
      source.insert(events.services[unknown].index)
      index = unknown + 1
    }
    sources[events.source] = source
    return (first, last)
  }

  mutating func add(_ gap: CoverageGap) { gaps.append(gap) }

  /// What lies before `time` is no longer known: no data, and no hole either.
  mutating func evict(before time: Int64) {
    for source in Array(sources.keys) {
      if let first = sources[source]?.first { sources[source]?.first = max(first, time) }
    }
    gaps.removeAll { $0.range.end.nanoseconds <= time }
  }

  func sources(of service: ServiceID) -> [SourceID] {
    service.index < sourcesOfService.count ? sourcesOfService[service.index] : []
  }

  /// From the first to just after the last event of a source.
  func range(of source: SourceID) -> TimeRange? {
    sources[source].map {
      TimeRange(start: Timestamp(nanoseconds: $0.first), end: Timestamp(nanoseconds: $0.last + 1))
    }
  }

  private mutating func note(_ service: Int, in source: SourceID) {
    precondition(
      service <= ServiceTable.limit, "service \(service) lies above the limit of \(ServiceTable.limit)")
    serviceCount = max(serviceCount, service + 1)
    while sourcesOfService.count < serviceCount { sourcesOfService.append([]) }
    let place = sourcesOfService[service].firstIndex { source < $0 } ?? sourcesOfService[service].count
    sourcesOfService[service].insert(source, at: place)
  }

  // MARK: What a query sees

  /// Says for each row and column whether its sources cover it; a gap outranks the rest.
  func mark(_ query: MatrixQuery, into presence: inout [MatrixCounts.Presence]) {
    let spans = sources.compactMapValues { columns(from: $0.first, to: $0.last, in: query.columns) }
    mark(.covered, query, into: &presence) { spans[$0].map { [$0] } ?? [] }
    let holes = gaps.filter { !$0.range.isEmpty }
    guard !holes.isEmpty else { return }
    let columnsOfSource = Dictionary(grouping: holes, by: \.source).mapValues { holes in
      holes.compactMap {
        columns(from: $0.range.start.nanoseconds, to: $0.range.end.nanoseconds - 1, in: query.columns)
      }
    }
    mark(.gap, query, into: &presence) { columnsOfSource[$0] ?? [] }
  }

  /// Marks in every row the columns that its services' sources have in `columnsOf`.
  private func mark(
    _ mark: MatrixCounts.Presence, _ query: MatrixQuery, into presence: inout [MatrixCounts.Presence],
    columnsOf: (SourceID) -> [ClosedRange<Int>]
  ) {
    var known: (sources: [SourceID], columns: [ClosedRange<Int>]) = ([], [])
    presence.withUnsafeMutableBufferPointer { presence in
      query.forEachService { service, row in
        guard service < sourcesOfService.count else { return }
        // Neighbours mostly come from the same sources.
        if known.sources != sourcesOfService[service] {
          known = (sourcesOfService[service], Set(sourcesOfService[service].flatMap(columnsOf)).map(\.self))
        }
        let start = Int(row) * query.columns.count
        for columns in known.columns {
          presence[(start + columns.lowerBound)...(start + columns.upperBound)].update(repeating: mark)
        }
      }
    }
  }

  /// The columns that first...last reaches into; `nil` when it reaches into none.
  private func columns(from first: Int64, to last: Int64, in columns: TimeColumns) -> ClosedRange<Int>? {
    let range = columns.range
    guard first <= last, first < range.end.nanoseconds, last >= range.start.nanoseconds else { return nil }
    let low = columns.column(of: max(first, range.start.nanoseconds))
    let high = columns.column(of: min(last, range.end.nanoseconds - 1))
    return low...min(high, columns.count - 1)
  }
}
