public import EventMatrix
public import EventModel

/// Which raw events are wanted.
public struct RawQuery: Sendable {
  public var range: TimeRange
  /// Numbers of the session's `ServiceTable`; `nil` is all.
  public var services: Set<ServiceID>?
  public var severities: SeveritySet
  /// `nil` lets everything through.
  public var filter: EventFilter?
  /// At most this many events; `nil` is all of them.
  public var limit: Int?
  /// Which end of the range the limit keeps.
  public var end: End
  /// For paging: with `.last` only events before this key, with `.first` only events after it.
  public var beyond: EventKey?
  /// `nil` is all.
  public var sources: Set<SourceID>?
  /// Where the wanted events are, for who has counted them: only blocks that reach such an instant, or hold what nobody
  /// has counted yet, are looked at. For queries of the last events.
  public var latest: LatestInstants?
  /// Only events that had become known before this instant: had arrived, where that was recorded, else had happened.
  public var knownBefore: Timestamp?

  public enum End: Hashable, Sendable { case first, last }

  public init(
    range: TimeRange = .everything, services: Set<ServiceID>? = nil, severities: SeveritySet = .all,
    filter: EventFilter? = nil, limit: Int? = nil, end: End = .last, beyond: EventKey? = nil,
    sources: Set<SourceID>? = nil
  ) {
    self.range = range
    self.services = services
    self.severities = severities
    self.filter = filter
    self.limit = limit
    self.end = end
    self.beyond = beyond
    self.sources = sources
  }
}

/// What a `RawQuery` found.
public struct RawAnswer: Sendable {
  /// By time, then position; services are numbers of the session's `ServiceTable`.
  public var events: [Event]
  /// How many events match; at least that many when `isExact` is false (the limit was reached before all
  /// blocks were read, the query was cancelled, or events are missing).
  public var matchedCount: Int
  public var isExact: Bool
  public var isCancelled: Bool
  /// Counted events that cannot be shown any more.
  public var missing: [MissingEvents]

  public init(
    events: [Event] = [], matchedCount: Int = 0, isExact: Bool = true, isCancelled: Bool = false,
    missing: [MissingEvents] = []
  ) {
    self.events = events
    self.matchedCount = matchedCount
    self.isExact = isExact
    self.isCancelled = isCancelled
    self.missing = missing
  }
}

/// Events that stay counted but whose bytes are gone: the blocks they were in, together.
public struct MissingEvents: Hashable, Sendable {
  public enum Reason: Hashable, Sendable {
    /// Other bytes stand where the event was; the time is when that was noticed.
    case changed(at: Timestamp)
    /// The spool reached its limit.
    case evicted
    case unreadable(String)
  }

  public var source: SourceID
  public var reason: Reason
  /// From the first to after the last event of the blocks.
  public var range: TimeRange
  /// Events in those blocks: no more than that many of the wanted ones are missing.
  public var eventCount: Int

  public init(source: SourceID, reason: Reason, range: TimeRange, eventCount: Int) {
    self.source = source
    self.reason = reason
    self.range = range
    self.eventCount = eventCount
  }

  /// For example `source changed at 2026-11-23T03:07:00Z`.
  public var reasonText: String {
    switch reason {
    case .changed(let time): "source changed at \(time.rfc3339())"
    case .evicted: "no longer in the spool, which reached its limit"
    case .unreadable(let why): why
    }
  }
}

/// How far each source has been scanned, so that a scan can go on with what came since.
public struct ScanPosition: Hashable, Sendable {
  var endOffsets: [SourceID: Int64] = [:]

  /// Before the first event of every source.
  public static let start = ScanPosition()
}

/// How a scan ended.
public struct ScanOutcome: Sendable {
  /// Hand it to the next scan to get what came since. Where the scan began when it was cancelled: what it told is to
  /// be forgotten then.
  public var position: ScanPosition
  public var matchedCount: Int
  public var isCancelled: Bool
  public var missing: [MissingEvents]

  public init(position: ScanPosition, matchedCount: Int, isCancelled: Bool, missing: [MissingEvents]) {
    self.position = position
    self.matchedCount = matchedCount
    self.isCancelled = isCancelled
    self.missing = missing
  }
}
