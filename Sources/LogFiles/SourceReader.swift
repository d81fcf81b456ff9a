internal import Compression
internal import EventModel
internal import Glibc
internal import LogFormats

/// Turns one source's bytes into blocks and events, in order.
///
/// Sendable because one thread at a time has it: the worker that reads a file at rest hands it to the follower.
final class SourceReader: @unchecked Sendable {
  let source: Source
  let hub: Hub
  let name: ForeignText
  private let options: DecodingOptions
  private let layout: LogLayout?

  private var buffer = RecordBuffer()
  /// Offset in the source of the buffer's first byte.
  var offset: Int64 = 0
  var decoder: LogDecoder?
  var batch: DecodedBatch
  var builder = BlockBuilder()
  /// How many services the newest `AheadSeed` knows.
  var seededServiceCount = 0
  private var serviceMap: [ServiceID] = []
  private var mapIsIdentity = true
  /// A record did not end within this many bytes; trying again is worth it with twice as many.
  private var undecodedCount = 0
  private var toldLongRecord = false
  private var checks = ByteChecks()
  private var toldAtNs: Int64 = 0

  convenience init(source: Source, hub: Hub, modificationTime: Timestamp, defaultService: ForeignText) {
    self.init(
      source: source, hub: hub, layout: hub.options.layout,
      options: DecodingOptions(
        fieldMap: hub.options.fieldMap, timeZone: hub.options.timeZone, modificationTime: modificationTime,
        defaultService: defaultService))
  }

  /// - Parameter layout: `nil` recognises it from the first bytes.
  init(source: Source, hub: Hub, layout: LogLayout?, options: DecodingOptions) {
    self.source = source
    self.hub = hub
    name = source.status.name
    self.layout = layout
    self.options = options
    batch = DecodedBatch(source: source.id)
  }

  /// Offset in the source behind the last byte that came.
  var endOffset: Int64 { offset + Int64(buffer.count) }
  var undeliveredEventCount: Int { batch.columns.count }
  var isRecognised: Bool { decoder != nil }
  var bufferedCount: Int { buffer.count }
  /// Whether there is enough to recognise a layout by.
  var hasWholeLine: Bool { buffer.withBytes { $0.contains(UInt8(ascii: "\n")) } }

  /// Lets `read` put bytes behind those that are here; it returns how many.
  func fill<Failure>(
    upTo byteCount: Int, _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    try buffer.fill(upTo: byteCount, read)
  }

  /// The bytes that wait, which come again.
  func takeBuffered() -> [UInt8] {
    let bytes = buffer.withBytes { Array($0) }
    buffer.remove(bytes.count)
    undecodedCount = 0
    return bytes
  }

  /// Decodes every complete record that is here.
  ///
  /// - Parameter isEnd: nothing follows; what is left is a record too.
  func decode(isEnd: Bool) {
    if decoder == nil {
      guard buffer.count > 0 else { return }
      recognise()
    }
    while buffer.count > 0, decodeOnce(isEnd: isEnd) {}
    if isEnd { builder.close() }
  }

  /// Publishes blocks, then events. Also says how far the source is, now and then or when `state` is another.
  func deliver(storedOffset: Int64, total: Int64?, state: SourceState) {
    defer { tellStatus(storedOffset: storedOffset, total: total, state: state) }
    guard let decoder else { return }
    let blocks = builder.take()
    hub.deliver {
      let known = serviceMap.count
      hub.number(decoder.services.names, into: &serviceMap)
      mapIsIdentity = mapIsIdentity && (known..<serviceMap.count).allSatisfy { serviceMap[$0].index == $0 }
      source.shared.withLock { shared in
        shared.add(blocks, decoder: decoder, map: serviceMap)
        shared.status.tally = decoder.tally
        shared.tellTimeOutOfRange(place: name)
      }
      guard batch.columns.count > 0 else { return nil }
      if !mapIsIdentity { batch.columns.renumber(serviceMap) }
      return .events(batch.columns)
    }
    if batch.columns.count > 0 { batch.removeAll() }
  }

  /// Another file, or other bytes, from here on.
  ///
  /// - Parameter start: of them, in the source; `nil` right behind what came before.
  func begin(_ store: ByteStore, at start: Int64? = nil) {
    buffer.removeAll(done: { offset += Int64($0) })
    builder.close()
    undecodedCount = 0
    if let start { offset = start }
    let blocks = builder.take()
    let generation = Generation(store: store, base: offset)
    source.shared.withLock { shared in
      if let decoder { shared.add(blocks, decoder: decoder, map: serviceMap) }
      shared.begin(generation)
      shared.status.compression = store.compression?.rawValue
    }
    builder = BlockBuilder()
  }

  /// The file was the same before its first byte was read and after its last one.
  func settle(_ status: FileStatus) {
    source.shared.withLock { shared in
      guard !shared.generations.isEmpty else { return }
      shared.generations[shared.generations.count - 1].settledStatus = status
    }
  }

  /// Beyond `SourceStatus.problemLimit` problems are only counted: a command may fill its standard error.
  func tell(_ problem: SourceProblem) {
    var problem = problem
    problem.source = source.id
    let count = source.shared.withLock { shared in
      shared.add(problem)
      return shared.status.problemCount
    }
    if count <= SourceStatus.problemLimit { hub.tell(.problem(problem)) }
  }

  /// The first time, and no other.
  func tell(_ finding: ByteChecks.Finding) {
    guard checks.isNew(finding) else { return }
    tell(
      SourceProblem(
        place: name, byteOffset: finding.byteOffset, reason: finding.reason, remedy: finding.remedy))
  }

  /// Gives back memory that is only needed for reading a lot at once.
  func compact() { buffer.compact() }
}

extension SourceReader {
  /// Takes over the decoder of an earlier reading, with the session's number of each service of the index.
  func takeOver(_ index: SourceIndex, numbers: [ServiceID]) -> LogDecoder {
    var options = options
    options.modificationTime = index.modificationTime
    let known = index.decoder
    let decoder = LogDecoder(
      layout: index.layout, options: options, source: source.id, services: known.names, tally: known.tally,
      checkpoint: known.checkpoint)
    self.decoder = decoder
    offset = index.end
    serviceMap = known.map.map { numbers[$0.index] }
    mapIsIdentity = serviceMap.enumerated().allSatisfy { $0.offset == $0.element.index }
    return decoder
  }

  /// A decoder for looking into the file here and there.
  func sampler(for head: UnsafeRawBufferPointer) -> LogDecoder? {
    let layout = self.layout ?? Self.recognised(in: head[...])
    return layout.isBinary ? nil : LogDecoder(layout: layout, options: options, source: source.id)
  }

  private func recognise() {
    let layout = self.layout ?? buffer.withBytes { Self.recognised(in: $0.prefix(64 << 10)) }
    if layout.isBinary {
      tell(SourceProblem(place: name, reason: layout.summary, remedy: BinaryContent.remedy(for: layout)))
    }
    decoder = LogDecoder(layout: layout, options: options, source: source.id)
    source.shared.withLock { $0.status.layout = layout }
    toldAtNs = 0
  }

  /// By whole lines: how much of the last one is here depends on how the bytes came.
  private static func recognised(in bytes: Slice<UnsafeRawBufferPointer>) -> LogLayout {
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.endIndex
    return LogLayout.recognised(in: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
  }

  /// One call of the decoder over about a block. Returns false when more bytes are needed.
  private func decodeOnce(isEnd: Bool) -> Bool {
    var count = min(buffer.count, max(Block.byteCount, undecodedCount * 2))
    // Less than a block, and nothing new worth trying.
    if undecodedCount > 256 << 10, count < undecodedCount * 2, !isEnd, buffer.count < Self.recordLimit {
      return false
    }
    while true {
      let isLast = count == buffer.count
      let consumed = decodeBytes(count, isEnd: isEnd && isLast)
      if consumed > 0 {
        undecodedCount = 0
        return true
      }
      undecodedCount = count
      if isLast { break }
      count = min(buffer.count, count * 2)
    }
    guard isEnd || buffer.count >= Self.recordLimit else { return false }
    return giveUpRecord()
  }

  /// More than the decoder ever needs at once; memory is bounded by it.
  static let recordLimit = 4 * LogDecoder.recordLimit

  private func decodeBytes(_ count: Int, isEnd: Bool) -> Int {
    guard let checkpoint = decoder?.checkpoint else { return 0 }
    let eventsBefore = batch.columns.count
    let consumed = buffer.withBytes { bytes in
      let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
      let consumed = decoder?.decode(piece, at: offset, isEnd: isEnd, into: &batch) ?? 0
      let done = UnsafeRawBufferPointer(rebasing: piece[..<min(consumed, count)])
      guard !done.isEmpty else { return 0 }
      if hub.options.keepsBlocks {
        builder.add(
          done, at: offset, checkpoint: checkpoint, batch: batch, events: eventsBefore..<batch.columns.count)
      }
      check(done)
      return done.count
    }
    if !isEnd, consumed >= LogDecoder.recordLimit, !toldLongRecord, !isBinary { noteLongRecord(consumed) }
    buffer.remove(consumed)
    offset += Int64(consumed)
    return consumed
  }

  /// The decoder made nothing of as much as it ever needs: the bytes are left out.
  private func giveUpRecord() -> Bool {
    let count = buffer.count
    if decodeBytes(count, isEnd: true) == 0 {
      buffer.remove(count)
      offset += Int64(count)
      builder.close()
    }
    undecodedCount = 0
    return true
  }

  /// A record that was taken without its end is one the decoder has cut.
  private func noteLongRecord(_ consumed: Int) {
    let start = buffer.withBytes { bytes -> Int? in
      guard bytes[consumed - 1] != UInt8(ascii: "\n") else { return nil }
      return bytes[..<consumed].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }
    guard let start else { return }
    toldLongRecord = true
    tell(
      SourceProblem(
        place: name, byteOffset: offset + Int64(start),
        reason:
          "a line is longer than \(LogDecoder.recordLimit >> 20) MiB; its event counts, its rest is not looked at",
        remedy: "see whether the program that wrote it forgot its newlines"))
  }

  private var isBinary: Bool { decoder?.layout.isBinary ?? false }

  private func check(_ bytes: UnsafeRawBufferPointer) {
    guard let layout = decoder?.layout, !layout.isBinary, !layout.hasBinaryValues else { return }
    for finding in checks.look(at: bytes, from: offset) { tell(finding) }
  }

  private func tellStatus(storedOffset: Int64, total: Int64?, state: SourceState) {
    let now = MonotonicClock.nowNs
    let isOther = source.shared.withLock { shared in
      defer {
        shared.status.state = state
        shared.status.bytesRead = storedOffset
        shared.status.bytesTotal = total
      }
      return shared.status.state != state
    }
    guard isOther || now - toldAtNs > 100_000_000 else { return }
    toldAtNs = now
    hub.tell(.status(source.status))
  }
}
