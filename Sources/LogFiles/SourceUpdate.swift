public import EventMatrix
public import EventModel
public import LogFormats

/// What the readers tell, in order; one at a time, from their own threads.
public enum SourceUpdate: Sendable {
  /// A source is there; its layout may not be known yet.
  case opened(SourceStatus)
  /// All service numbers so far; comes before the first events that use a new one.
  case services(ServiceTable)
  /// Events of one source in its order, with the numbers of the session's `ServiceTable`.
  case events(EventColumns)
  /// All events of one source up to a place in it, counted in an earlier session, with the same numbers. Comes before
  /// any events of it.
  case counted(SourceID, EventMatrix)
  /// The same in buckets, instead of events; only where `ReadingOptions.bucketWidthNs` asks for no more.
  case bucketed(BucketCounts)
  /// What sources that are about to be read may hold, with the same numbers.
  case sampled(SampledCounts)
  /// Progress, or another state.
  case status(SourceStatus)
  case gap(SourceGap)
  case problem(SourceProblem)
  /// Something to know once that is no problem.
  case note(SourceProblem)
  /// Nothing more will come from this source.
  case ended(SourceStatus)
  /// Every source opened so far has been read to its present end (comes again after more are opened).
  case allAtRest
}

/// What a source is doing.
public enum SourceState: UInt8, Hashable, Sendable, CaseIterable {
  /// Open; nothing has come yet.
  case waiting
  case reading
  /// Read to its end; nothing more is expected.
  case atRest
  /// Read to its present end; more is expected.
  case following
  /// A pipe that was closed, a command that exited.
  case ended
  /// Followed; its name belongs to a new file that has no bytes yet.
  case rotated
  /// Followed; its name is gone. What is written to the open file is still read.
  case vanished
  /// Cannot be read on; what came before stays.
  case failed

  public var name: String {
    switch self {
    case .waiting: "waiting"
    case .reading: "reading"
    case .atRest: "at rest"
    case .following: "following"
    case .ended: "ended"
    case .rotated: "rotated"
    case .vanished: "vanished"
    case .failed: "failed"
    }
  }
}

/// One source as `triptych sources` and the status line show it.
public struct SourceStatus: Hashable, Sendable, Identifiable {
  public var id: SourceID
  public var specification: SourceSpecification
  /// The path, the command line, or `-`.
  public var name: ForeignText
  /// `nil` until its first bytes have come.
  public var layout: LogLayout?
  /// `gzip` or `zstd`; `nil` for plain bytes.
  public var compression: String?
  public var state: SourceState
  /// Bytes as stored (compressed) that have been read.
  public var bytesRead: Int64
  /// Bytes as stored; `nil` for a pipe.
  public var bytesTotal: Int64?
  public var tally: DecodingTally
  /// The first `problemLimit` of them; later ones are counted, but neither kept nor told.
  public var problems: [SourceProblem]
  /// All of them, also those that are not kept.
  public var problemCount: Int

  public static let problemLimit = 100

  init(id: SourceID, specification: SourceSpecification, name: ForeignText) {
    self.id = id
    self.specification = specification
    self.name = name
    state = .waiting
    bytesRead = 0
    tally = DecodingTally()
    problems = []
    problemCount = 0
  }
}

/// Something about a source that a person should know: place, reason, remedy. The other sources are still read.
public struct SourceProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// `nil` when it could not be opened at all.
  public var source: SourceID?
  /// The path or command it is about.
  public var place: ForeignText
  /// Where in it, as stored.
  public var byteOffset: Int64?
  public var reason: String
  /// Words of others that belong to the reason: a line of standard error.
  public var detail: ForeignText?
  public var remedy: String?

  public init(
    source: SourceID? = nil, place: ForeignText, byteOffset: Int64? = nil, reason: String,
    detail: ForeignText? = nil, remedy: String? = nil
  ) {
    self.source = source
    self.place = place
    self.byteOffset = byteOffset
    self.reason = reason
    self.detail = detail
    self.remedy = remedy
  }

  /// One line: `PLACE: byte N: reason: detail; remedy`. Holds foreign text: draw it as `SafeText`.
  public var description: String {
    var text = place.repaired + ": "
    if let byteOffset { text += "byte \(byteOffset): " }
    text += reason
    if let detail { text += ": " + detail.repaired }
    if let remedy { text += "; " + remedy }
    return text
  }
}

/// A stretch of a source whose events nobody can know: neither zero nor silence.
public struct SourceGap: Hashable, Sendable {
  public var source: SourceID
  /// The last event before it; `nil` when there is none.
  public var after: Timestamp?
  /// The first event after it; `nil` when the source ends there.
  public var before: Timestamp?
  public var reason: String

  public init(source: SourceID, after: Timestamp?, before: Timestamp?, reason: String) {
    self.source = source
    self.after = after
    self.before = before
    self.reason = reason
  }
}
