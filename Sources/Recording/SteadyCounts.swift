internal import EventModel
internal import LogFormats

/// Reads a source as it was and as it is now, side by side, as whoever opens the file will, and compares what is counted
/// of it: a second look at what was redacted record by record.
struct SteadyCounts {
  private struct Side {
    var decoder: LogDecoder
    var rest: [UInt8] = []
    var batch = DecodedBatch(source: SourceID(rawValue: 0))

    init(_ decoding: (layout: LogLayout, options: DecodingOptions)) {
      decoder = LogDecoder(layout: decoding.layout, options: decoding.options, source: SourceID(rawValue: 0))
    }

    mutating func decode(_ bytes: [UInt8], isEnd: Bool) {
      rest += bytes
      let count = rest.withUnsafeBytes { decoder.decode($0, at: 0, isEnd: isEnd, into: &batch) }
      rest.removeFirst(min(count, rest.count))
    }
  }

  private var original: Side
  private var redacted: Side
  private var generation: UInt32?
  private var end: UInt64 = 0

  init(_ decoding: (layout: LogLayout, options: DecodingOptions)) {
    original = Side(decoding)
    redacted = Side(decoding)
  }

  /// False where the counts differ so far.
  mutating func add(_ before: RecordedBlock, _ after: RecordedBlock) -> Bool {
    if let generation, generation != before.generation || end != before.sourceOffset {
      guard finish() else { return false }
      original.decoder.checkpoint = DecoderCheckpoint()
      redacted.decoder.checkpoint = DecoderCheckpoint()
    }
    generation = before.generation
    end = before.sourceEnd
    original.decode(before.bytes, isEnd: false)
    redacted.decode(after.bytes, isEnd: false)
    return isSame(isEnd: false)
  }

  mutating func finish() -> Bool {
    original.decode([], isEnd: true)
    redacted.decode([], isEnd: true)
    return isSame(isEnd: true)
  }

  private mutating func isSame(isEnd: Bool) -> Bool {
    let (left, right) = (original.batch.columns, redacted.batch.columns)
    // A record at the end may wait on one side for what follows.
    let count = min(left.count, right.count)
    guard left.count == right.count || !isEnd, left.times.prefix(count) == right.times.prefix(count),
      left.severities.prefix(count) == right.severities.prefix(count),
      left.services.prefix(count) == right.services.prefix(count)
    else { return false }
    guard left.count == right.count else { return true }
    original.batch.removeAll()
    redacted.batch.removeAll()
    // Numbers are given out in the order in which names come.
    return original.decoder.services.names == redacted.decoder.services.names
  }
}
