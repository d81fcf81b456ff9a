internal import CXxHash
internal import EventModel
internal import LogFormats

/// What is known of about 64 KiB of a source, so that only blocks that can hold an answer are read again.
struct Block: Sendable {
  /// Of the first byte, and behind the last one, in the source's offsets.
  var start: Int64
  var end: Int64
  /// Of the first record that starts in the block; bytes before it belong to the last event of the block before.
  var firstEventAt: Int64
  var eventCount: Int
  var firstTime: Int64
  var lastTime: Int64
  var severities: SeveritySet
  /// Numbers of the source's decoder.
  var services: SmallIDSet
  /// XXH64 of the bytes `start ..< end`.
  var hash: UInt64
  /// The decoder's memory before `start`.
  var checkpoint: DecoderCheckpoint

  static let byteCount = 64 << 10
  /// A block grows beyond `byteCount` when an event goes on and on; not beyond this.
  static let byteCountLimit = 16 << 20

  func mayMatch(_ query: RawQuery, services wanted: SmallIDSet?) -> Bool {
    guard eventCount > 0, !severities.isDisjoint(with: query.severities) else { return false }
    // The last instant is inside a range without end.
    guard lastTime >= query.range.start.nanoseconds else { return false }
    guard firstTime < query.range.end.nanoseconds || query.range.end == .last else { return false }
    return wanted.map { !$0.isDisjoint(with: services) } ?? true
  }
}

/// A set of small numbers: the first 64 as bits, any others in order.
struct SmallIDSet: Hashable, Sendable {
  private var bits: UInt64 = 0
  private var others: [UInt32] = []

  var isEmpty: Bool { bits == 0 && others.isEmpty }

  mutating func insert(_ id: UInt32) {
    if id < 64 {
      bits |= 1 << UInt64(id)
    } else if others.last.map({ $0 < id }) ?? true {
      others.append(id)
    } else {
      let place = lowerBound(of: id)
      if others[place] != id { others.insert(id, at: place) }
    }
  }

  func contains(_ id: UInt32) -> Bool {
    if id < 64 { return bits & (1 << UInt64(id)) != 0 }
    let place = lowerBound(of: id)
    return place < others.count && others[place] == id
  }

  func isDisjoint(with other: SmallIDSet) -> Bool {
    if bits & other.bits != 0 { return false }
    let (few, many) = others.count < other.others.count ? (self, other) : (other, self)
    return !few.others.contains { many.contains($0) }
  }

  /// The same services by other numbers.
  func renumbered(_ map: [ServiceID]) -> SmallIDSet {
    var result = SmallIDSet()
    func insert(_ id: UInt32) { result.insert(Int(id) < map.count ? map[Int(id)].rawValue : id) }
    for id in 0..<UInt32(64) where bits & (1 << UInt64(id)) != 0 { insert(id) }
    for id in others { insert(id) }
    return result
  }

  /// The place of the first number that is not less than `id`.
  private func lowerBound(of id: UInt32) -> Int {
    var low = 0
    var high = others.count
    while low < high {
      let middle = (low + high) / 2
      if others[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Makes blocks of what a decoder has been through, in order.
struct BlockBuilder {
  /// Finished since the last `take`.
  private var finished: [Block] = []
  private var current: Block?
  /// The services of the current block.
  private var services = ServiceMarks()
  private let hasher = BlockHasher()

  /// Adds bytes that were decoded in one call.
  ///
  /// - Parameters:
  ///   - checkpoint: of the decoder before the call.
  ///   - events: the entries of `batch` that the call appended.
  mutating func add(
    _ bytes: UnsafeRawBufferPointer, at offset: Int64, checkpoint: DecoderCheckpoint, batch: DecodedBatch,
    events: Range<Int>
  ) {
    let end = offset + Int64(bytes.count)
    if let block = current, mayClose(block, before: events) { close() }
    if current == nil {
      hasher.reset()
      current = Block(
        start: offset, end: offset, firstEventAt: end, eventCount: 0, firstTime: .max, lastTime: .min,
        severities: [], services: SmallIDSet(), hash: 0, checkpoint: checkpoint)
    }
    hasher.update(bytes)
    guard var block = current.take() else { return }
    if block.eventCount == 0 {
      block.firstEventAt = events.isEmpty ? end : batch.byteOffsets[events.lowerBound]
    }
    block.end = end
    block.note(batch.columns, events)
    services.insert(batch.columns.services, events)
    block.hash = hasher.digest
    current = block
  }

  /// A new block starts with an event, so that what continues an event stays with it.
  private func mayClose(_ block: Block, before events: Range<Int>) -> Bool {
    let byteCount = Int(block.end - block.start)
    return byteCount >= Block.byteCount && !events.isEmpty || byteCount >= Block.byteCountLimit
  }

  /// Adds blocks that another builder made of what follows.
  mutating func append(_ blocks: [Block]) {
    close()
    finished += blocks
  }

  /// The current block gets no more bytes.
  mutating func close() {
    guard var block = current.take() else { return }
    block.services = services.set
    services.removeAll()
    finished.append(block)
  }

  /// Blocks finished since the last call, and the current one as it is now.
  mutating func take() -> (finished: [Block], current: Block?) {
    defer { finished.removeAll(keepingCapacity: true) }
    current?.services = services.set
    return (finished, current)
  }
}

extension Block {
  fileprivate mutating func note(_ columns: EventColumns, _ events: Range<Int>) {
    eventCount += events.count
    var (earliest, latest) = (firstTime, lastTime)
    columns.times.withUnsafeBufferPointer { times in
      for time in times[events] {
        earliest = min(earliest, time)
        latest = max(latest, time)
      }
    }
    (firstTime, lastTime) = (earliest, latest)
    var bands: UInt8 = 0
    columns.severities.withUnsafeBufferPointer {
      for severity in $0[events] { bands |= 1 &<< severity.rawValue }
    }
    severities.rawValue |= bands
  }
}

/// The services of a block as it grows, one bit each.
private struct ServiceMarks {
  private var words: [UInt64] = []

  mutating func insert(_ services: [ServiceID], _ range: Range<Int>) {
    services.withUnsafeBufferPointer { services in
      for service in services[range] {
        let word = service.index >> 6
        if word >= words.count { words += Array(repeating: 0, count: word + 1 - words.count) }
        words[word] |= 1 &<< UInt64(service.rawValue & 63)
      }
    }
  }

  var set: SmallIDSet {
    var set = SmallIDSet()
    for (index, word) in words.enumerated() where word != 0 {
      var rest = word
      while rest != 0 {
        set.insert(UInt32(index * 64 + rest.trailingZeroBitCount))
        rest &= rest &- 1
      }
    }
    return set
  }

  mutating func removeAll() { for index in words.indices { words[index] = 0 } }
}

/// XXH64 over pieces (`XXH64_update`).
final class BlockHasher {
  private let state: OpaquePointer

  init() {
    guard let state = XXH64_createState() else { preconditionFailure("no memory for a hash of 88 bytes") }
    self.state = state
    reset()
  }

  deinit { XXH64_freeState(state) }

  func reset() { XXH64_reset(state, 0) }

  func update(_ bytes: UnsafeRawBufferPointer) { XXH64_update(state, bytes.baseAddress, bytes.count) }

  var digest: UInt64 { XXH64_digest(state) }

  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 { XXH64(bytes.baseAddress, bytes.count, 0) }
}
