public import EventModel

/// Decodes chosen records of a source again, in full: for who looks for a few events among very many.
///
/// Keeps its buffers from call to call; used by one thread at a time.
public struct RecordDecoder {
  private var decoder: LogDecoder
  private var batch: DecodedBatch
  private let hasLineRecords: Bool
  private let knownServiceCount: Int
  /// For services that are new here: see `LogDecoder.events`.
  private let unknownService: ServiceID

  public init(_ decoder: LogDecoder) {
    self.decoder = decoder
    batch = DecodedBatch(source: decoder.source)
    hasLineRecords = decoder.layout.hasLineRecords
    knownServiceCount = decoder.services.count
    unknownService = decoder.services.id(of: ForeignText("(other)")) ?? ServiceID(rawValue: 0)
  }

  /// The event that `line` is, newline included or not; `.nothing` for a blank line.
  ///
  /// - Parameter fields: other ones may be left out, which is several times faster; `nil` reads them all.
  /// - Returns: `nil` when what stands before the line has to be known.
  public mutating func event(
    in line: UnsafeRawBufferPointer, at byteOffset: Int64, only fields: [ForeignText]? = nil
  ) -> LineReading? {
    guard hasLineRecords, line.count < LogDecoder.recordLimit else { return nil }
    decoder.state = DecoderCheckpoint()
    decoder.times.hasReliedOnPrevious = false
    decoder.wanted = nil
    decoder.wantedFields = fields
    run(line, at: byteOffset)
    guard let events = decoder.collected, events.count <= 1 else { return nil }
    guard let event = events.first else { return .nothing }
    guard event.timeOrigin == .record, !decoder.times.hasReliedOnPrevious else { return nil }
    return .event(known(event))
  }

  public enum LineReading {
    case event(Event)
    case nothing
  }

  /// Everything in `bytes` as columns, which live until the next call. Arguments as for `LogDecoder.events`.
  public mutating func columns(
    in bytes: UnsafeRawBufferPointer, at byteOffset: Int64, from checkpoint: DecoderCheckpoint
  ) -> DecodedBatch {
    decoder.state = checkpoint
    decoder.collected = nil
    batch.removeAll()
    _ = decoder.decode(bytes, at: byteOffset, isEnd: true, into: &batch)
    return batch
  }

  /// The events whose records start at `offsets` (of the source, ascending), with their services as `decoder` knows
  /// them. Other arguments as for `LogDecoder.events`.
  public mutating func events(
    at offsets: [Int64], in bytes: UnsafeRawBufferPointer, at byteOffset: Int64,
    from checkpoint: DecoderCheckpoint
  ) -> [Event] {
    if let events = lineEvents(at: offsets, in: bytes, at: byteOffset) { return events }
    decoder.state = checkpoint
    decoder.wanted = WantedOffsets(offsets)
    decoder.wantedFields = nil
    run(bytes, at: byteOffset)
    return (decoder.collected ?? []).map(known)
  }

  /// Where every line is an event of its own, only those lines are looked at; `nil` when one of them is not so simple.
  private mutating func lineEvents(
    at offsets: [Int64], in bytes: UnsafeRawBufferPointer, at byteOffset: Int64
  ) -> [Event]? {
    guard hasLineRecords, let address = bytes.baseAddress else { return nil }
    let all = address.assumingMemoryBound(to: UInt8.self)
    var events: [Event] = []
    events.reserveCapacity(offsets.count)
    for offset in offsets {
      let start = Int(offset - byteOffset)
      guard bytes.indices.contains(start) else { return nil }
      let end = ByteSlice(all + start, all + bytes.count).first(0x0a).map { $0 - all } ?? bytes.count
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      guard case .event(let event) = event(in: line, at: offset) else { return nil }
      events.append(event)
    }
    return events
  }

  private mutating func run(_ bytes: UnsafeRawBufferPointer, at byteOffset: Int64) {
    if decoder.collected == nil { decoder.collected = [] }
    decoder.collected?.removeAll(keepingCapacity: true)
    batch.removeAll()
    _ = decoder.decode(bytes, at: byteOffset, isEnd: true, into: &batch)
  }

  private func known(_ event: Event) -> Event {
    guard event.service.index >= knownServiceCount else { return event }
    var event = event
    event.service = unknownService
    return event
  }
}

/// Offsets that are asked for in ascending order.
struct WantedOffsets: Sendable {
  private let offsets: [Int64]
  private var next = 0
  /// Whether the offset asked for last is one of them.
  private(set) var isInside = false

  init(_ offsets: [Int64]) { self.offsets = offsets }

  mutating func reaches(_ offset: Int64) -> Bool {
    while next < offsets.count, offsets[next] < offset { next += 1 }
    isInside = next < offsets.count && offsets[next] == offset
    return isInside
  }
}

extension LogLayout {
  /// How its records spell their values; `nil` where the values are not in the bytes in any such way.
  public var rawSpelling: RawSpelling? {
    // Docker cuts long lines and escapes them twice; OTLP writes lists and pairs in its own way, and what its records
    // share stands before them.
    guard !isBinary, base != .otlp, !wrappings.contains(.dockerJSON) else { return nil }
    let isJSON = base == .ndjson || base == .jsonDocument
    // Wrappings have fields of their own.
    return RawSpelling(
      hasByteLists: isJSON, hasJSONFields: isJSON && wrappings.isEmpty, spansLines: !hasLineRecords,
      cutLineMark: wrappings.contains(.cri) ? #" std(out|err) P"# : nil)
  }

  /// Whether every line is an event of its own, whatever stands before and behind it.
  var hasLineRecords: Bool {
    switch base {
    case .ndjson, .logfmt, .syslog5424: !wrappings.contains(.cri) && !wrappings.contains(.dockerJSON)
    default: false
    }
  }
}
