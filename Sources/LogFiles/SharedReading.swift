internal import EventModel
internal import LogFormats

/// Several threads that read one source: one at a time reads bytes (and decompresses them), each decodes while others go
/// on, and one at a time takes what is decoded over, in the source's order. Plain bytes are decoded by whoever has read
/// them, while they are near; decompressing stays with one thread, which hands over to the others as long as it can.
/// The result is the same as one thread's: what cannot be decoded ahead, the source's own decoder decodes when its turn
/// comes.
///
/// Sendable because `feed` is used with `isReading` set and `reader` with `isTaking` set, each by one thread.
final class SharedReading: @unchecked Sendable {
  private let reader: SourceReader
  private let feed: PortionFeed
  private let handsOver: Bool
  private let total: @Sendable (Int64) -> Int64
  private let state: Monitor<State>

  fileprivate struct State {
    var idle: [Portion]
    /// Read, and waiting for a thread to decode them.
    var read: [Portion] = []
    /// Decoded, and waiting for those in front of them.
    var ready: [Int: Portion] = [:]
    var seed: AheadSeed?
    var isReading = false
    var isTaking = false
    var hasEnded = false
    var readCount = 0
    var takenCount = 0
    /// Portions that were decoded ahead in vain.
    var refusedCount = 0
    var takenAheadCount = 0

    /// Whether decoding ahead is mostly useless here.
    var givesUp: Bool { refusedCount > 8 && refusedCount > takenAheadCount }
  }

  /// - Parameters:
  ///   - handsOver: reading costs more than waking a thread: one goes on with it while others decode.
  ///   - total: the source's size as stored, when so much of it has been read.
  init(
    _ reader: SourceReader, _ feed: PortionFeed, threadCount: Int, handsOver: Bool,
    total: @escaping @Sendable (Int64) -> Int64
  ) {
    self.reader = reader
    self.feed = feed
    self.handsOver = handsOver
    self.total = total
    let idle = (0..<(threadCount * 2 + 2)).map { _ in Portion(source: reader.source.id) }
    state = Monitor(State(idle: idle, seed: reader.makeAheadSeed(version: 0)))
  }

  /// Reads until the source ends, or until reading is closed; every thread that helps calls it.
  func work() {
    var decoder: AheadDecoder?
    var version = -1
    while let job = next() {
      guard let portion = job.isRead ? job.portion : read(into: job.portion) else { continue }
      if let seed = state.withLock({ $0.givesUp ? nil : $0.seed }) {
        if decoder == nil || version != seed.version {
          decoder = AheadDecoder(seed)
          version = seed.version
        }
        if decoder?.decode(portion) == false { decoder = nil }
      }
      state.withLock { $0.ready[portion.number] = portion }
      takeOver()
    }
  }

  /// Waits until everything that was read is taken over. Afterwards the caller has the source's reader for itself.
  func finish() -> ReadFailure? {
    state.wait { state in
      state.hasEnded && !state.isReading && !state.isTaking && state.takenCount == state.readCount ? () : nil
    }
    state.withLock { $0.idle.removeAll() }
    return feed.failure
  }

  /// Reading comes first, as the others wait for it. `nil` when there is nothing to do any more.
  private func next() -> (portion: Portion, isRead: Bool)? {
    state.wait { state -> (portion: Portion, isRead: Bool)?? in
      if !state.isReading, !state.hasEnded, let portion = state.idle.popLast() {
        state.isReading = true
        return (portion: portion, isRead: false)
      }
      if !state.read.isEmpty { return (portion: state.read.removeFirst(), isRead: true) }
      return state.hasEnded ? .some(nil) : nil
    }
  }

  /// Reads on. Returns what the caller has to decode; `nil` where others do, or at the end.
  private func read(into first: Portion) -> Portion? {
    var portion = first
    while !reader.hub.closing.isSet, feed.next(into: portion) {
      let another = state.withLock(wakes: true) { state -> Portion? in
        state.readCount += 1
        if handsOver { state.read.append(portion) }
        let another = handsOver ? state.idle.popLast() : nil
        state.isReading = another != nil
        return another
      }
      guard let another else { return handsOver ? nil : portion }
      portion = another
    }
    state.withLock(wakes: true) { state in
      state.isReading = false
      state.hasEnded = true
    }
    return nil
  }

  /// Takes over what is next in the source's order, unless another thread is about it: then that one goes on.
  private func takeOver() {
    while let portion = state.withLock({ $0.beginTaking() }) {
      let triedAhead = portion.ahead != nil
      let wasAhead = reader.take(portion, total: total(portion.storedOffset))
      let version = state.withLock { $0.seed?.version ?? 0 }
      let seed = reader.makeAheadSeed(after: portion, version: version + 1)
      state.withLock(wakes: true) { state in
        state.isTaking = false
        state.takenCount += 1
        if wasAhead { state.takenAheadCount += 1 } else if triedAhead { state.refusedCount += 1 }
        if let seed { state.seed = seed }
        state.idle.append(portion)
      }
    }
  }
}

extension SharedReading.State {
  fileprivate mutating func beginTaking() -> Portion? {
    guard !isTaking, let portion = ready.removeValue(forKey: takenCount) else { return nil }
    isTaking = true
    return portion
  }
}
