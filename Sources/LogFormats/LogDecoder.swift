public import EventModel

/// Decodes one source, piece by piece, into columns for the matrix; and any piece of it again into full events.
public struct LogDecoder: Sendable {
  public let layout: LogLayout
  public let options: DecodingOptions
  public let source: SourceID

  /// Service numbers of this decoder only; whoever merges sources maps them to the session's numbers.
  public private(set) var services = ServiceTable()
  public private(set) var tally = DecodingTally()

  public init(layout: LogLayout, options: DecodingOptions, source: SourceID) {
    self.layout = layout
    self.options = options
    self.source = source
  }

  /// What the decoder must remember of everything before the next byte, so that decoding can start again there.
  public var checkpoint: DecoderCheckpoint {
    get { DecoderCheckpoint() }
    set {}
  }

  /// Counts the events of all complete records in `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: the source's bytes from `byteOffset` on.
  ///   - isEnd: nothing follows: the last record counts even without its newline.
  ///   - batch: appended to, one entry an event.
  /// - Returns: how many bytes are done with. The others must come again at the head of the next call.
  public mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at byteOffset: Int64, isEnd: Bool, into batch: inout DecodedBatch
  ) -> Int { bytes.count }

  /// Decodes `bytes` again, in full: they start at a record that `decode` counted, with `checkpoint` as it was there.
  /// Service numbers are those of `services`; the decoder itself does not change.
  public func events(
    in bytes: UnsafeRawBufferPointer, at byteOffset: Int64, from checkpoint: DecoderCheckpoint
  ) -> [Event] { [] }
}

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

/// See `LogDecoder.checkpoint`.
public struct DecoderCheckpoint: Hashable, Sendable {
  public init() {}
}

/// What a decoder has seen, as `triptych sources` prints it.
public struct DecodingTally: Hashable, Sendable {
  public var lineCount = 0
  public var eventCount = 0
  /// Lines that continue the event before them.
  public var continuedCount = 0
  public var withoutTimeCount = 0
  public var unparsableCount = 0
  /// Events earlier than the one before them.
  public var outOfOrderCount = 0
  public var first: Timestamp?
  public var last: Timestamp?

  public init() {}
}
