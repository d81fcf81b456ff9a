public import EventModel

// Decoding a stretch of a source before the stretch in front of it is done, so that several threads can share one
// file. To a line that states its time, little of what comes before it matters; whether more did is told afterwards.

/// What came of a stretch that was decoded ahead, besides its events.
public struct DecodedAhead: Sendable {
  /// Of this stretch alone.
  fileprivate var tally: DecodingTally
  /// Services that the copy had not met in its stretches before, in the order of its numbers.
  fileprivate var newNames: [ForeignText]
  fileprivate var end: DecoderCheckpoint
  fileprivate var missed: TimeReader.MissedPrevious
  fileprivate var firstTimeNs: Int64?
  /// A name went under `(other)` though the source may have room for it.
  fileprivate var isShortOfNames: Bool
}

/// What a copy must know of the source's decoder, and that of it.
struct AheadState: Sendable {
  /// The names are all the source will ever have.
  var hasAllNames = false
  var toldNameCount = 0
  var overflowCount = 0
  var firstTimeNs: Int64?
}

extension LogDecoder {
  /// Whether lines of this layout can be decoded ahead: each belongs at most to the event just before it.
  public var canDecodeAhead: Bool {
    guard layout.base.isLineBased, isBetweenEvents else { return false }
    switch layout.base {
    case .javaLogging, .dotnetConsole: return false
    // Lines of several streams may be mixed then: only where no line continues another.
    default: return layout.wrappings.isEmpty || layout.base.isRecordFormat
    }
  }

  private var isBetweenEvents: Bool { state.hasEvent && state.phase == .record && !state.isPartial }

  /// A copy for another thread. Its service numbers are those here, and others for services that are not known yet.
  public func makeAhead() -> LogDecoder {
    var copy = self
    copy.ahead = AheadState(
      hasAllNames: services.count >= ServiceTable.limit, toldNameCount: services.count,
      overflowCount: services.overflowCount)
    return copy
  }

  /// Forgets where the source stood: the next byte starts any line of it. Only for what `makeAhead` made.
  public mutating func beginAhead() {
    state = DecoderCheckpoint()
    state.hasEvent = true
    tally = DecodingTally()
    times.missedPrevious = .no
    ahead.firstTimeNs = nil
    ahead.overflowCount = services.overflowCount
  }

  /// What there is to know of everything since `beginAhead`.
  public mutating func endAhead() -> DecodedAhead {
    defer { ahead.toldNameCount = services.count }
    return DecodedAhead(
      tally: tally, newNames: Array(services.names[ahead.toldNameCount...]), end: state,
      missed: times.missedPrevious, firstTimeNs: ahead.firstTimeNs,
      isShortOfNames: services.overflowCount > ahead.overflowCount && !ahead.hasAllNames)
  }

  /// Goes on behind a stretch that a copy decoded ahead, as if it had been decoded here.
  ///
  /// - Parameter map: the numbers here of the copy's services; grows by the new ones. At first it is `identityMap`.
  /// - Returns: `false`, and nothing has changed, when what came before matters to the stretch. It has to be decoded
  ///   here, and then `map` completed with `addNames`.
  public mutating func goOn(behind stretch: DecodedAhead, map: inout [ServiceID]) -> Bool {
    guard isBetweenEvents, stretch.end.phase == .record, !stretch.isShortOfNames, isIndependent(stretch)
    else {
      return false
    }
    addNames(of: stretch, to: &map)
    addTally(of: stretch)
    let before = state
    state = stretch.end
    state.complete(from: before)
    if stretch.tally.eventCount == 0 { state.stream = before.stream }
    return true
  }

  /// The numbers of services in a copy that has just been made.
  public var identityMap: [ServiceID] { services.names.indices.map { ServiceID(rawValue: UInt32($0)) } }

  public mutating func addNames(of stretch: DecodedAhead, to map: inout [ServiceID]) {
    for name in stretch.newNames { map.append(services.intern(name)) }
  }

  private func isIndependent(_ stretch: DecodedAhead) -> Bool {
    switch stretch.missed {
    case .no: true
    case .forYear: state.previousNs ?? .min <= options.modificationTime.nanoseconds
    case .forTime: state.previousNs == nil
    }
  }

  private mutating func addTally(of stretch: DecodedAhead) {
    let other = stretch.tally
    tally.lineCount += other.lineCount
    tally.eventCount += other.eventCount
    tally.continuedCount += other.continuedCount
    tally.withoutTimeCount += other.withoutTimeCount
    tally.timeOutOfRangeCount += other.timeOutOfRangeCount
    tally.timeOutOfRangeAt = tally.timeOutOfRangeAt ?? other.timeOutOfRangeAt
    tally.unparsableCount += other.unparsableCount
    tally.datedByFile = max(tally.datedByFile, other.datedByFile)
    tally.outOfOrderCount += other.outOfOrderCount
    if let first = stretch.firstTimeNs, let previous = state.previousNs, first < previous {
      tally.outOfOrderCount += 1
    }
    if let first = other.first { tally.first = min(tally.first ?? first, first) }
    if let last = other.last { tally.last = max(tally.last ?? last, last) }
  }
}

extension DecoderCheckpoint {
  /// Completes a place in a stretch that was decoded ahead by what the source's decoder knew in front of it.
  public mutating func complete(from before: DecoderCheckpoint) {
    previousNs = previousNs ?? before.previousNs
  }
}
