public import EventModel

/// Decodes one source, piece by piece, into columns for the matrix; and any piece of it again into full events.
public struct LogDecoder: Sendable {
  public let layout: LogLayout
  public let options: DecodingOptions
  public let source: SourceID

  /// Service numbers of this decoder only; whoever merges sources maps them to the session's numbers.
  public internal(set) var services = ServiceTable()
  public internal(set) var tally = DecodingTally()

  /// Of a longer record (a line, a journal entry) only so many bytes are looked at.
  public static let recordLimit = 1 << 20

  var state = DecoderCheckpoint()
  var times: TimeReader
  let keys: KeyTable
  private let dockerKeys: KeyTable?
  /// Made when the first JSON line comes.
  var sites: KeySites?
  var interner = ServiceInterner()
  private let defaultName: [UInt8]
  private var defaultID: ServiceID?
  private var scratch: [UInt8] = []
  private var nameScratch: [UInt8] = []
  /// Full events, when they are asked for.
  var collected: [Event]?
  var ahead = AheadState()
  /// Only those of records that start at these offsets, ascending; `nil` collects all.
  var wanted: WantedOffsets?
  /// Other fields may be left out of what is collected.
  var wantedFields: [ForeignText]?
  /// The last resource of an OTLP document: most repeat.
  var lastResource: (text: [UInt8], service: ServiceID)?

  public init(layout: LogLayout, options: DecodingOptions, source: SourceID) {
    self.layout = layout
    self.options = options
    self.source = source
    times = TimeReader(zone: options.timeZone, modificationTime: options.modificationTime)
    keys =
      layout.base == .otlp
      ? KeyTable(map: options.fieldMap, usualKeys: KeyTable.otlpKeys)
      : KeyTable.usual(after: options.fieldMap)
    dockerKeys = layout.wrappings.contains(.dockerJSON) ? KeyTable.ofDockerKeys : nil
    // Never empty, so that it always has an address.
    defaultName = options.defaultService.isEmpty ? [0x2d] : options.defaultService.bytes
  }

  /// What the decoder must remember of everything before the next byte, so that decoding can start again there.
  public var checkpoint: DecoderCheckpoint {
    get { state }
    set { state = newValue }
  }

  /// Counts the events of all complete records in `bytes`. An event counts with its first line; lines that continue
  /// it may come in later calls.
  ///
  /// Hand in at least `recordLimit` bytes when nothing is consumed of fewer: then progress is certain.
  ///
  /// - Parameters:
  ///   - bytes: the source's bytes from `byteOffset` on.
  ///   - isEnd: nothing follows: the last record counts even without its newline.
  ///   - batch: appended to, one entry an event.
  /// - Returns: how many bytes are done with. The others must come again at the head of the next call.
  /// - Complexity: O(bytes); no allocation an event beyond what `batch` grows by.
  public mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at byteOffset: Int64, isEnd: Bool, into batch: inout DecodedBatch
  ) -> Int {
    guard let address = bytes.baseAddress, !bytes.isEmpty, layout.base != .binary else { return bytes.count }
    defer { tally.datedByFile = max(tally.datedByFile, times.datedByFile) }
    let start = address.assumingMemoryBound(to: UInt8.self)
    let piece = Piece(bytes: ByteSlice(start, start + bytes.count), byteOffset: byteOffset, isEnd: isEnd)
    switch layout.base {
    case .otlp: return decodeOTLP(piece, &batch)
    case .jsonDocument: return decodeJSONDocument(piece, &batch)
    case .journaldExport: return decodeExport(piece, &batch)
    default: return decodeLines(piece, &batch)
    }
  }

  /// Decodes `bytes` again, in full: they start at a record that `decode` counted, with `checkpoint` as it was there.
  /// Service numbers are those of `services`; the decoder itself does not change.
  ///
  /// Of a record longer than `recordLimit` hand in at least so much. The end of `bytes` counts as the end of the source. A service that `decode` has not met is `(other)`, or the
  /// first one where there is no such.
  public func events(
    in bytes: UnsafeRawBufferPointer, at byteOffset: Int64, from checkpoint: DecoderCheckpoint
  ) -> [Event] {
    var reader = self
    reader.state = checkpoint
    reader.collected = []
    var batch = DecodedBatch(source: source)
    _ = reader.decode(bytes, at: byteOffset, isEnd: true, into: &batch)
    let unknown = services.id(of: ForeignText("(other)")) ?? ServiceID(rawValue: 0)
    return (reader.collected ?? []).map { event in
      guard event.service.index >= services.count else { return event }
      var event = event
      event.service = unknown
      return event
    }
  }

  /// Whether the last event that was counted is among those that are collected.
  var isCollecting: Bool { collected != nil && wanted?.isInside ?? true }
}

/// The bytes of one call.
struct Piece {
  var bytes: ByteSlice
  var byteOffset: Int64
  var isEnd: Bool

  func offset(of place: BytePointer) -> Int64 { byteOffset + Int64(place - bytes.start) }
}

// MARK: Lines

extension LogDecoder {
  private mutating func decodeLines(_ piece: Piece, _ batch: inout DecodedBatch) -> Int {
    let end = piece.bytes.end
    var place = piece.bytes.start
    while place < end {
      if state.phase != .record {
        guard let newline = ByteSlice(place, end).first(0x0a) else { return piece.bytes.count }
        place = newline + 1
        state.phase = .record
        continue
      }
      place = takeUsual(from: place, piece, &batch)
      guard place < end else { break }
      // Zeros where a log was cut under its writer are no part of the next line.
      while place < end, place[0] == 0 { place += 1 }
      guard place < end else { break }
      let limit = min(end, place + Self.recordLimit)
      let line: ByteSlice
      var next: BytePointer
      var isCut = false
      if let newline = ByteSlice(place, limit).first(0x0a) {
        line = ByteSlice(place, newline)
        next = newline + 1
      } else if end - place >= Self.recordLimit {
        line = ByteSlice(place, limit)
        next = limit
        isCut = true
        state.phase = .longLine
      } else {
        guard piece.isEnd else { break }
        line = ByteSlice(place, end)
        next = end
      }
      if layout.base == .javaLogging {
        switch takePair(line, next, limit, piece, &batch) {
        case .none: break
        case .waiting: return place - piece.bytes.start
        case .taken(let after):
          place = after
          continue
        }
      }
      tally.lineCount += 1
      take(line, at: piece.offset(of: place), isCut: isCut, &batch)
      place = next
    }
    return place - piece.bytes.start
  }

  private mutating func take(_ raw: ByteSlice, at byteOffset: Int64, isCut: Bool, _ batch: inout DecodedBatch)
  {
    var line = raw
    if !line.isEmpty, line.end[-1] == 0x0d { line.end -= 1 }
    if line.hasPrefix("\u{FEFF}") { line.start += 3 }
    times.previousNs = state.previousNs
    let wrapped = WrappedLine(line)
    if layout.wrappings.isEmpty {
      takeInner(wrapped, at: byteOffset, isCut: isCut, &batch)
    } else {
      unwrap(wrapped, layout.wrappings[...], at: byteOffset, isCut: isCut, &batch)
    }
  }

  /// Takes the wrappings off, outermost first. What does not fit is read as it stands.
  private mutating func unwrap(
    _ wrapped: WrappedLine, _ wrappings: ArraySlice<LogLayout.Wrapping>, at byteOffset: Int64, isCut: Bool,
    _ batch: inout DecodedBatch
  ) {
    var wrapped = wrapped
    for index in wrappings.indices {
      if wrappings[index] == .dockerJSON {
        return unwrapDocker(wrapped, wrappings[(index + 1)...], at: byteOffset, isCut: isCut, &batch)
      }
      if !Wrapper.unwrap(wrappings[index], &wrapped, &times) { break }
    }
    takeInner(wrapped, at: byteOffset, isCut: isCut, &batch)
  }

  private mutating func unwrapDocker(
    _ wrapped: WrappedLine, _ inner: ArraySlice<LogLayout.Wrapping>, at byteOffset: Int64, isCut: Bool,
    _ batch: inout DecodedBatch
  ) {
    var scanner = JSONScanner(wrapped.line)
    var outer = RecordFacts()
    guard let dockerKeys,
      scanner.record(dockerKeys, &times, &outer) || (isCut && scanner.place == scanner.end),
      let log = outer.messageString
    else { return takeInner(wrapped, at: byteOffset, isCut: isCut, &batch) }
    // The buffer leaves the decoder for the time it is lent out, and keeps its memory for the next line.
    var text: [UInt8] = []
    swap(&text, &scratch)
    text.removeAll(keepingCapacity: true)
    JSONText.unescape(log, into: &text)
    let isPartial = text.last != 0x0a
    while let last = text.last, last == 0x0a || last == 0x0d { text.removeLast() }
    text.append(0x0a)
    text.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      var line = wrapped
      line.line = ByteSlice(start, start + buffer.count - 1)
      line.timeNs = outer.hasTime ? outer.timeNs : wrapped.timeNs
      line.isTimeOutOfRange = outer.isTimeOutOfRange && !outer.hasTime
      line.service = outer.isServiceEscaped ? wrapped.service : outer.service ?? wrapped.service
      line.isPartial = isPartial
      line.output = outer.stream
      unwrap(line, inner, at: byteOffset, isCut: isCut, &batch)
    }
    swap(&text, &scratch)
  }

  /// Decides what the line is: an event, the continuation of one, or nothing.
  private mutating func takeInner(
    _ wrapped: WrappedLine, at byteOffset: Int64, isCut: Bool, _ batch: inout DecodedBatch
  ) {
    let line = wrapped.line
    let isContinuing = state.hasEvent && state.stream == wrapped.stream
    if state.isPartial, isContinuing {
      state.isPartial = wrapped.isPartial
      return takeContinuation(line, joint: [])
    }
    state.isPartial = wrapped.isPartial
    let base = layout.base
    let isBlank = skippingBlanks(line.start, line.end) == line.end
    if isBlank, base != .plain {
      if !base.isRecordFormat, isContinuing { takeContinuation(line) }
      return
    }
    var facts = RecordFacts()
    let isRecord = LineLayouts.read(base, line, isCut: isCut, keys, &times, &facts)
    if facts.isContinuation, isContinuing { return takeContinuation(facts.message ?? line) }
    if !isRecord, base != .plain {
      if base.isRecordFormat {
        tally.unparsableCount += 1
      } else if isContinuing {
        return base == .dotnetConsole ? takeDotnetLine(line) : takeContinuation(line)
      }
      facts = RecordFacts()
      facts.message = line
    }
    emit(facts, wrapped, line, at: byteOffset, isParsed: isRecord || base == .plain, &batch)
  }

  /// Adds a line to the event before it.
  mutating func takeContinuation(_ line: ByteSlice, joint: [UInt8] = [0x0a]) {
    tally.continuedCount += 1
    guard isCollecting, let last = collected?.indices.last else { return }
    collected?[last].message.bytes += joint
    collected?[last].message.bytes += UnsafeBufferPointer(start: line.start, count: line.count)
  }
}

// MARK: Events

extension LogDecoder {
  /// Counts one event. Its time: the record's own when that names its zone, the wrapping's, the record's, the time of
  /// the event before, the source's.
  mutating func emit(
    _ facts: RecordFacts, _ wrapped: WrappedLine, _ line: ByteSlice, at byteOffset: Int64, isParsed: Bool,
    _ batch: inout DecodedBatch
  ) {
    let (time, origin) = timeOf(facts, wrapped)
    let service = serviceOf(facts, wrapped)
    let isOutOfRange = (facts.isTimeOutOfRange || wrapped.isTimeOutOfRange) && origin != .record
    if origin == .source || isOutOfRange { tally.withoutTimeCount += 1 }
    if isOutOfRange {
      tally.timeOutOfRangeCount += 1
      tally.timeOutOfRangeAt = tally.timeOutOfRangeAt ?? byteOffset
    }
    count(time, origin)
    state.hasEvent = true
    state.stream = wrapped.stream
    batch.columns.append(time: Timestamp(nanoseconds: time), service: service, severity: facts.severity)
    batch.byteOffsets.append(byteOffset)
    guard collected != nil, wanted?.reaches(byteOffset) ?? true else { return }
    var content = EventContent.read(layout.base, line, facts, isParsed: isParsed, only: wantedFields)
    content.addPrefix(wrapped)
    collected?.append(
      Event(
        time: Timestamp(nanoseconds: time), timeOrigin: origin, service: service, severity: facts.severity,
        position: EventPosition(source: source, byteOffset: byteOffset), message: content.message,
        fields: content.fields))
  }

  @inline(__always) private mutating func timeOf(_ facts: RecordFacts, _ wrapped: WrappedLine) -> (
    Int64, TimeOrigin
  ) {
    if facts.hasTime, facts.isZoned || wrapped.timeNs == nil {
      return (facts.timeNs.saturatingAdding(facts.extraNs), .record)
    }
    if let time = wrapped.timeNs { return (time, .record) }
    if let previous = state.previousNs { return (previous, .previousEvent) }
    times.missedPrevious = .forTime
    times.datedByFile = .times
    return (options.modificationTime.nanoseconds, .source)
  }

  @inline(__always) mutating func count(_ time: Int64, _ origin: TimeOrigin) {
    tally.eventCount += 1
    guard origin != .source else { return }
    if let previous = state.previousNs {
      if time < previous { tally.outOfOrderCount += 1 }
    } else {
      ahead.firstTimeNs = time
    }
    state.previousNs = time
    if time < tally.first?.nanoseconds ?? .max { tally.first = Timestamp(nanoseconds: time) }
    if time > tally.last?.nanoseconds ?? .min { tally.last = Timestamp(nanoseconds: time) }
  }

  private mutating func serviceOf(_ facts: RecordFacts, _ wrapped: WrappedLine) -> ServiceID {
    guard let name = facts.service ?? wrapped.service else { return defaultServiceID() }
    if facts.service == nil || (!facts.isServiceEscaped && facts.namespace == nil) {
      return interner.intern(name, readable: name.end, in: &services)
    }
    return composedServiceID(facts, name)
  }

  mutating func defaultServiceID() -> ServiceID {
    if let known = state.otlp.service ?? defaultID { return known }
    let id = intern(defaultName)
    defaultID = id
    return id
  }

  /// `namespace/service`, escapes undone.
  private mutating func composedServiceID(_ facts: RecordFacts, _ name: ByteSlice) -> ServiceID {
    nameScratch.removeAll(keepingCapacity: true)
    if let namespace = facts.namespace {
      nameScratch += UnsafeBufferPointer(start: namespace.start, count: namespace.count)
      nameScratch.append(0x2f)
    }
    if facts.isServiceEscaped {
      JSONText.unescape(name, into: &nameScratch)
    } else {
      nameScratch += UnsafeBufferPointer(start: name.start, count: name.count)
    }
    return intern(nameScratch)
  }

  /// The number of a service by its whole name.
  mutating func intern(_ name: [UInt8]) -> ServiceID {
    name.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return services.intern(.empty) }
      return interner.intern(
        ByteSlice(start, start + buffer.count), readable: start + buffer.count, in: &services)
    }
  }
}
