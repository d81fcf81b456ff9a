public import EventModel

/// Events of a stretch of a source, as columns of equal length.
public struct DecodedBatch: Sendable {
  public var columns: EventColumns
  /// Where each event's record starts in the source.
  public var byteOffsets: [Int64] = []

  public init(source: SourceID) { columns = EventColumns(source: source) }

  public mutating func removeAll() {
    columns.removeAll()
    byteOffsets.removeAll(keepingCapacity: true)
  }
}

/// See `LogDecoder.checkpoint`. Valid for decoders that gave out the same service numbers: the same one, or a copy.
public struct DecoderCheckpoint: Hashable, Sendable {
  enum Phase: Hashable, Sendable {
    /// At the start of a line or record.
    case record
    /// Inside a line whose head was an event already.
    case longLine
    /// Inside a journal entry that was an event already.
    case longEntry(EntryRest)
  }

  enum EntryRest: Hashable, Sendable {
    /// At the start of a field.
    case field
    /// Inside a field of one line.
    case line
    /// Inside binary data of which so many bytes are left, the newline after it among them.
    case data(UInt64)
  }

  /// Where in an OTLP document the next byte stands.
  struct OTLPPlace: Hashable, Sendable {
    /// 0 outside, 1 the document, 2 its array of resources, 3 one of them, 4 its scopes, 5 one, 6 its records.
    var level: UInt8 = 0
    var isSpan = false
    /// Whether the document had one of OTLP's keys.
    var isKnown = false
    var service: ServiceID?
    /// The resource object as it was written, for its fields; empty when it is longer than 4 KiB.
    var resource: [UInt8] = []
  }

  /// Where in a JSON document the next byte stands.
  enum DocumentPlace: Hashable, Sendable {
    case outside
    /// Between the records of an array.
    case array
    /// The same, and the array is a member of an object.
    case memberArray
    /// Behind that array, before the end of its object.
    case members
  }

  var phase = Phase.record
  /// The time of the last event whose record, or one before it, states one.
  var previousNs: Int64?
  var hasEvent = false
  /// Which of several mixed streams the last event is of.
  var stream: UInt64 = 0
  /// The last line was cut by a container runtime, and the next one goes on.
  var isPartial = false
  var otlp = OTLPPlace()
  var document = DocumentPlace.outside
  /// In documents: the line of the next byte is counted already.
  var isInLine = false

  public init() {}
}

/// What a decoder has seen, as `triptych sources` prints it.
public struct DecodingTally: Hashable, Sendable {
  public var lineCount = 0
  public var eventCount = 0
  /// Lines that continue the event before them.
  public var continuedCount = 0
  /// Events at the source's modification time, because no record up to them states a time, and events whose own time
  /// lies outside of what there is: those are at the time of the event before.
  public var withoutTimeCount = 0
  /// Those of them whose own time lies before 1677 or after 2262, and where the first one starts.
  public var timeOutOfRangeCount = 0
  public var timeOutOfRangeAt: Int64?
  public var unparsableCount = 0
  /// Events earlier than the one before them.
  public var outOfOrderCount = 0
  /// What would be another one in a file with another modification time.
  public var datedByFile = DatedByFile.nothing
  /// The earliest and the latest time that records state.
  public var first: Timestamp?
  public var last: Timestamp?

  public init() {}

  /// What of some events' times the source's modification time has a part in.
  public enum DatedByFile: UInt8, Hashable, Sendable, Comparable {
    case nothing, years, times

    public static func < (left: DatedByFile, right: DatedByFile) -> Bool { left.rawValue < right.rawValue }
  }
}
