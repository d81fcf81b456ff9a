public import EventModel

extension LogLayout {
  /// Any line can be the first one that is decoded: what it tells does not hang on lines far above it.
  public var canStartAtAnyLine: Bool { base.isLineBased && !isTwoLine && !isWithoutTimes }

  /// What follows a newline is decoded the same whether the source had ended there before or not.
  public var canGrowAfterNewline: Bool { base.isLineBased && !isTwoLine }

  private var isTwoLine: Bool { base == .javaLogging || base == .dotnetConsole }
}

extension LogDecoder {
  /// A decoder that stands where another one stood.
  ///
  /// - Parameter services: the other's, in the order of their numbers.
  public init(
    layout: LogLayout, options: DecodingOptions, source: SourceID, services names: [ForeignText],
    tally: DecodingTally, checkpoint: DecoderCheckpoint
  ) {
    self.init(layout: layout, options: options, source: source)
    for name in names { _ = services.intern(name) }
    self.tally = tally
    self.checkpoint = checkpoint
  }

  /// The same layout and options with no memory of what came before: for looking into a source here and there.
  public func sampler() -> LogDecoder { LogDecoder(layout: layout, options: options, source: source) }
}

extension DecoderCheckpoint {
  /// At a record that begins an event, where the event before it was at `time`. For records that are lines.
  public init(after time: Timestamp) {
    self.init()
    previousNs = time.nanoseconds
  }

  /// Of the last event before it, `nil` when no record before it states a time.
  public var previousTime: Timestamp? { previousNs.map(Timestamp.init(nanoseconds:)) }

  public static let leastPackedByteCount = 3

  public func pack(into packer: inout BytePacker) {
    let isUsual = phase == .record && otlp == OTLPPlace() && document == .outside && stream == 0
    packer.put(isUsual)
    packer.put(
      UInt8((hasEvent ? 1 : 0) | (isPartial ? 2 : 0) | (isInLine ? 4 : 0) | (previousNs != nil ? 8 : 0)))
    if let previousNs { packer.put(previousNs) }
    guard !isUsual else { return }
    packer.put(stream)
    switch phase {
    case .record: packer.put(UInt8(0))
    case .longLine: packer.put(UInt8(1))
    case .longEntry(.field): packer.put(UInt8(2))
    case .longEntry(.line): packer.put(UInt8(3))
    case .longEntry(.data(let count)):
      packer.put(UInt8(4))
      packer.put(count)
    }
    let places: [DocumentPlace] = [.outside, .array, .memberArray, .members]
    packer.put(UInt8(places.firstIndex(of: document) ?? 0))
    packer.put(otlp.level)
    packer.put(otlp.isSpan)
    packer.put(otlp.isKnown)
    packer.put(otlp.service.map { Int64($0.rawValue) })
    packer.put(otlp.resource)
  }

  /// - Parameter serviceCount: service numbers are less than this.
  public init(unpacking unpacker: inout ByteUnpacker, serviceCount: Int) {
    self.init()
    let isUsual = unpacker.flag()
    let flags = unpacker.number(UInt8.self)
    hasEvent = flags & 1 != 0
    isPartial = flags & 2 != 0
    isInLine = flags & 4 != 0
    if flags & 8 != 0 { previousNs = unpacker.number(Int64.self) }
    guard !isUsual else { return }
    stream = unpacker.number()
    switch unpacker.number(UInt8.self) {
    case 0: phase = .record
    case 1: phase = .longLine
    case 2: phase = .longEntry(.field)
    case 3: phase = .longEntry(.line)
    case 4: phase = .longEntry(.data(unpacker.number()))
    default: unpacker.fail()
    }
    let places: [DocumentPlace] = [.outside, .array, .memberArray, .members]
    let place = Int(unpacker.number(UInt8.self))
    if places.indices.contains(place) { document = places[place] } else { unpacker.fail() }
    otlp.level = unpacker.number()
    otlp.isSpan = unpacker.flag()
    otlp.isKnown = unpacker.flag()
    if let service = unpacker.optional() {
      guard (0..<Int64(serviceCount)).contains(service) else {
        unpacker.fail()
        return
      }
      otlp.service = ServiceID(rawValue: UInt32(service))
    }
    otlp.resource = unpacker.piece()
    if otlp.level > 6 { unpacker.fail() }
  }
}

extension DecodingTally {
  public func pack(into packer: inout BytePacker) {
    for count in [
      lineCount, eventCount, continuedCount, withoutTimeCount, timeOutOfRangeCount, unparsableCount,
      outOfOrderCount,
    ] { packer.put(UInt64(count)) }
    packer.put(timeOutOfRangeAt)
    packer.put(datedByFile.rawValue)
    packer.put(first?.nanoseconds)
    packer.put(last?.nanoseconds)
  }

  public init(unpacking unpacker: inout ByteUnpacker) {
    self.init()
    func count() -> Int {
      let count = unpacker.number(UInt64.self)
      if count > 1 << 60 { unpacker.fail() }
      return Int(truncatingIfNeeded: count)
    }
    lineCount = count()
    eventCount = count()
    continuedCount = count()
    withoutTimeCount = count()
    timeOutOfRangeCount = count()
    unparsableCount = count()
    outOfOrderCount = count()
    timeOutOfRangeAt = unpacker.optional()
    let part = DatedByFile(rawValue: unpacker.number())
    if part == nil { unpacker.fail() }
    datedByFile = part ?? .times
    first = unpacker.optional().map(Timestamp.init(nanoseconds:))
    last = unpacker.optional().map(Timestamp.init(nanoseconds:))
  }
}
