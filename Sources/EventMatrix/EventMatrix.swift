// EventMatrix: counts of events on three axes, time x service x severity.
// Pure values: no I/O, no clock, no drawing, and no string anywhere. Imports EventModel only.

public import EventModel

/// Counts of events, exact at every zoom (DESIGN §3). A value: a snapshot shares its chunks with the original,
/// so taking one while events keep coming copies at most the events not yet sorted into a chunk (2 MiB).
public struct EventMatrix: Sendable {
  var events: CountStore
  /// Events of the quiet ones among very many services, see `LoudServices`; `nil` until there are so many. What a
  /// store holds is decided event by event, so only both together are the counts of a service.
  var quiet: CountStore?
  private var loudServices: LoudServices
  /// The sparse layers by `MatrixLayer`, each made when its first fact comes.
  var layers: [CountStore?] = Array(repeating: nil, count: MatrixLayer.factCount)
  var coverage = Coverage()

  private let pendingLimit: Int

  /// - Parameters:
  ///   - pendingLimit: how many of the newest events wait before they are sorted into a chunk. Greater chunks need
  ///     less memory for their index; fewer waiting events make queries and snapshots faster.
  ///   - loudLimit: with more services than this, those that rarely speak are kept apart.
  public init(pendingLimit: Int = 131_072, loudLimit: Int = 512) {
    precondition(pendingLimit >= 4, "a chunk of \(pendingLimit) events is too small")
    self.pendingLimit = pendingLimit
    events = CountStore(weighted: false, pendingLimit: pendingLimit)
    loudServices = LoudServices(serviceLimit: loudLimit)
  }

  /// The stores that hold each event once.
  var eventStores: [CountStore] { [events] + (quiet.map { [$0] } ?? []) }

  /// Events added so far and not evicted.
  public var eventCount: Int { events.eventCount + (quiet?.eventCount ?? 0) }

  /// From the first event to just after the last; `nil` while there is none.
  public var timeRange: TimeRange? {
    extent.map {
      TimeRange(start: Timestamp(nanoseconds: $0.first), end: Timestamp(nanoseconds: $0.last + 1))
    }
  }

  /// What was counted before, of one source and in order of time: each event is in the store that it was in.
  init(loud: [Chunk], quiet: [Chunk], of source: SourceID) {
    self.init()
    events.replaceChunks(by: loud)
    var eventsOfService: [UInt32: UInt64] = [:]
    for chunk in loud + quiet {
      for (local, cell) in chunk.dictionary.cells.enumerated() where chunk.totals.words[local] > 0 {
        eventsOfService[cell / UInt32(Severity.bandCount), default: 0] += UInt64(chunk.totals.words[local])
      }
    }
    if !quiet.isEmpty {
      var store = CountStore(weighted: false, pendingLimit: pendingLimit)
      store.replaceChunks(by: quiet)
      self.quiet = store
      loudServices.resume(eventsOfService)
    }
    cover(source, eventsOfService)
  }

  /// Of the first and of the last event.
  var extent: (first: Int64, last: Int64)? {
    guard let other = quiet?.extent else { return events.extent }
    return events.extent.map { (min($0.first, other.first), max($0.last, other.last)) } ?? other
  }

  /// One more than the largest service number added.
  public var serviceCount: Int { coverage.serviceCount }

  /// What the counts, their index and the coverage hold in memory, in bytes.
  public var byteCount: Int { memory.byteCount }

  /// The same by purpose. O(chunks).
  public var memory: MatrixMemory {
    var memory = MatrixMemory(otherByteCount: coverage.byteCount + loudServices.byteCount)
    events.add(to: &memory)
    quiet?.add(to: &memory)
    for layer in layers { layer?.add(to: &memory) }
    return memory
  }

  /// Adds events in any order of time. O(events) when they come roughly in order.
  ///
  /// An event at the very last nanosecond of `Int64` counts one earlier, so that half-open ranges reach it.
  /// A service number above `ServiceTable.limit` is the caller's mistake and traps.
  public mutating func add(_ events: EventColumns) { add(events, marks: EventMarks()) }

  /// Adds events with what is known about them besides their cell.
  public mutating func add(_ events: EventColumns, marks: EventMarks) {
    marks.check(against: events)
    guard let extent = coverage.add(events) else { return }
    if let (loud, quiet) = loudServices.split(events, serviceCount: serviceCount) {
      self.events.add(loud, batch: marks.batch)
      if self.quiet == nil { self.quiet = CountStore(weighted: false, pendingLimit: pendingLimit) }
      self.quiet?.add(quiet, batch: marks.batch)
    } else {
      self.events.add(events, batch: marks.batch, extent: extent)
    }
    for layer in MatrixLayer.facts {
      let records = marks.records(of: layer, in: events)
      guard !records.isEmpty else { continue }
      // Taken out first, so that the store is changed in place instead of copied.
      var store =
        layers[layer.factIndex]
        ?? CountStore(weighted: layer == .sampledWeight, pendingLimit: pendingLimit)
      layers[layer.factIndex] = nil
      store.add(records)
      layers[layer.factIndex] = store
    }
  }

  /// Marks a named hole in a source.
  public mutating func add(_ gap: CoverageGap) { coverage.add(gap) }

  /// Sorts the newest events into chunks too: queries get faster by up to half a millisecond.
  /// Worth calling when a source has been read or the feed is quiet.
  public mutating func settle() {
    events.flush(everything: true)
    quiet?.flush(everything: true)
    for index in layers.indices where layers[index] != nil { layers[index]?.flush(everything: true) }
  }

  /// Events that are in no chunk yet: every query looks at each of them.
  public var pendingCount: Int { events.pending.count + (quiet?.pending.count ?? 0) }

  /// As `settle()`, but the newest quarter waits, since the events that come next may still lie between them: for
  /// what is looked at while it grows.
  public mutating func settleOlder() {
    events.flush(everything: false)
    quiet?.flush(everything: false)
  }

  /// Counts per column, row and severity. O(columns x cells on screen); does not depend on the number of events
  /// unless columns are finer than the base bucket, then on the events in view.
  public func counts(_ query: MatrixQuery) -> MatrixCounts { counts(query, layer: .events) }

  /// The same counts of one layer of facts.
  public func counts(_ query: MatrixQuery, layer: MatrixLayer) -> MatrixCounts {
    var answer = MatrixCounts()
    count(query, layer: layer, into: &answer)
    return answer
  }

  /// The same, in the memory of an earlier answer: who asks for every frame saves half of the time.
  public func count(_ query: MatrixQuery, layer: MatrixLayer = .events, into answer: inout MatrixCounts) {
    answer.reshape(for: query)
    guard query.columns.count > 0, query.rowCount > 0 else { return }
    let store = layer == .events ? events : layers[layer.factIndex]
    answer.counts.withUnsafeMutableBufferPointer { counts in
      guard let start = counts.baseAddress else { return }
      let wanted = WantedRows(query)
      if let store { store.count(query, wanted, into: start) } else { counts.update(repeating: 0) }
      if layer == .events { quiet?.count(query, wanted, into: start, adds: true) }
    }
    coverage.mark(query, into: &answer.presence)
  }
}

extension EventMatrix {
  /// Only what is known about the cells of `query`, besides their counts. O(services / 16 + cells).
  public func presence(_ query: MatrixQuery) -> [MatrixCounts.Presence] {
    var presence = [MatrixCounts.Presence](repeating: .noData, count: query.columns.count * query.rowCount)
    if !presence.isEmpty { coverage.mark(query, into: &presence) }
    return presence
  }
}

/// How many bytes a matrix holds for what.
public struct MatrixMemory: Hashable, Sendable {
  /// Cumulative rows, and what lies before each chunk: all that columns need which begin and end at rows.
  public var rowByteCount = 0
  /// Which event belongs to which cell and when it was: for columns between rows, and to find single events.
  public var indexByteCount = 0
  /// Events not yet in a chunk, dictionaries, sources.
  public var otherByteCount = 0

  public var byteCount: Int { rowByteCount + indexByteCount + otherByteCount }
}
