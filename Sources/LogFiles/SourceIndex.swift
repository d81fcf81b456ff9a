internal import Compression
internal import EventMatrix
internal import EventModel
internal import LogFormats

/// Everything that reading a file has found out, so that it need not be read again: its counts, its blocks, and where
/// the decoder stands.
struct SourceIndex {
  var print: FilePrint
  var layout: LogLayout
  var compression: String?
  /// Of the file when it was read first: what has no time of its own counts then.
  var modificationTime: Timestamp
  /// Bytes counted so far end here. Behind it may be the beginning of a line.
  var end: Int64
  /// The last line counts although nothing ended it: what is appended belongs to it, and nobody counted that.
  var isCutShort: Bool
  var decoder: Decoder
  var problems: [SourceProblem]
  var blocks: [Block]
  /// With the numbers of `names`.
  var counts: EventMatrix
  var names: [ForeignText]

  struct Decoder {
    var names: [ForeignText]
    /// Per service of the decoder, its number in the index's `names`.
    var map: [ServiceID]
    var tally: DecodingTally
    var checkpoint: DecoderCheckpoint
  }

  var eventCount: Int { blocks.reduce(0) { $0 + $1.eventCount } }
}

// MARK: To bytes

extension SourceIndex {
  /// Returns false where the counts are of a kind that is not kept.
  func pack(into packer: inout BytePacker) -> Bool {
    print.pack(into: &packer)
    packer.put(layout.name)
    packer.put(compression ?? "")
    packer.put(modificationTime.nanoseconds)
    packer.put(end)
    packer.put(isCutShort)
    packer.put(names)
    packer.put(decoder.names)
    packer.put(decoder.map.map(\.rawValue))
    decoder.tally.pack(into: &packer)
    decoder.checkpoint.pack(into: &packer)
    packer.put(UInt64(problems.count))
    for problem in problems { problem.pack(into: &packer) }
    packer.put(UInt64(blocks.count))
    for block in blocks { block.pack(into: &packer) }
    return counts.pack(into: &packer)
  }

  /// `nil` where the bytes are not what `pack` makes.
  ///
  /// - Parameter wantsCounts: otherwise they are left where they are, which is most of the bytes.
  init?(unpacking unpacker: inout ByteUnpacker, source: SourceID, place: ForeignText, wantsCounts: Bool) {
    print = FilePrint(unpacking: &unpacker)
    guard let layout = LogLayout(name: unpacker.text()) else { return nil }
    self.layout = layout
    let compression = unpacker.text()
    self.compression = compression.isEmpty ? nil : compression
    modificationTime = Timestamp(nanoseconds: unpacker.number())
    end = unpacker.number()
    isCutShort = unpacker.flag()
    let names = unpacker.texts()
    self.names = names
    let decoderNames = unpacker.texts()
    let map = unpacker.numbers().map(ServiceID.init)
    guard map.count == decoderNames.count, map.allSatisfy({ $0.index < names.count }),
      Set(names).count == names.count, names.count <= ServiceTable.limit + 1
    else { return nil }
    let tally = DecodingTally(unpacking: &unpacker)
    let checkpoint = DecoderCheckpoint(unpacking: &unpacker, serviceCount: map.count)
    decoder = Decoder(names: decoderNames, map: map, tally: tally, checkpoint: checkpoint)
    problems = []
    for _ in 0..<unpacker.count(leastByteCount: 8) {
      problems.append(SourceProblem(unpacking: &unpacker, source: source, place: place))
    }
    let blockCount = unpacker.count(leastByteCount: Block.leastPackedByteCount)
    blocks = []
    blocks.reserveCapacity(blockCount)
    var previousEnd: Int64 = 0
    for _ in 0..<blockCount {
      guard let block = Block(unpacking: &unpacker, after: previousEnd, serviceCount: map.count) else {
        return nil
      }
      previousEnd = block.end
      blocks.append(block)
    }
    guard end == previousEnd, !unpacker.isDamaged else { return nil }
    counts = EventMatrix()
    guard wantsCounts else { return }
    counts = EventMatrix(unpacking: &unpacker, source: source, serviceCount: names.count)
    guard !unpacker.isDamaged, unpacker.leftCount == 0, counts.eventCount == eventCount else { return nil }
  }
}

extension BytePacker {
  fileprivate mutating func put(_ texts: [ForeignText]) {
    put(UInt64(texts.count))
    for text in texts { put(text.bytes) }
  }
}

extension ByteUnpacker {
  fileprivate mutating func texts() -> [ForeignText] {
    (0..<count(leastByteCount: 8)).map { _ in ForeignText(bytes: piece()) }
  }
}

extension SourceProblem {
  fileprivate func pack(into packer: inout BytePacker) {
    packer.put(byteOffset)
    packer.put(reason)
    packer.put(detail?.bytes ?? [])
    packer.put(remedy ?? "")
  }

  fileprivate init(unpacking unpacker: inout ByteUnpacker, source: SourceID, place: ForeignText) {
    let byteOffset = unpacker.optional()
    let reason = unpacker.text()
    let detail = unpacker.piece()
    let remedy = unpacker.text()
    self.init(
      source: source, place: place, byteOffset: byteOffset, reason: reason,
      detail: detail.isEmpty ? nil : ForeignText(bytes: detail), remedy: remedy.isEmpty ? nil : remedy)
  }
}

extension Block {
  fileprivate static let leastPackedByteCount = 8 * 4 + 1 + 8

  /// Offsets as distances: most are small, and none can be wrong by much.
  fileprivate func pack(into packer: inout BytePacker) {
    packer.put(UInt32(end - start))
    packer.put(UInt32(firstEventAt - start))
    packer.put(UInt32(eventCount))
    packer.put(firstTime)
    packer.put(lastTime)
    packer.put(severities.rawValue)
    packer.put(services.packed)
    packer.put(hash)
    checkpoint.pack(into: &packer)
  }

  /// `nil` where no block can be like this.
  fileprivate init?(unpacking unpacker: inout ByteUnpacker, after start: Int64, serviceCount: Int) {
    let byteCount = Int64(unpacker.number(UInt32.self))
    let firstEvent = Int64(unpacker.number(UInt32.self))
    let eventCount = Int(unpacker.number(UInt32.self))
    let firstTime = unpacker.number(Int64.self)
    let lastTime = unpacker.number(Int64.self)
    let severities = SeveritySet(rawValue: unpacker.number())
    let services = SmallIDSet(packed: unpacker.numbers())
    let hash = unpacker.number(UInt64.self)
    let checkpoint = DecoderCheckpoint(unpacking: &unpacker, serviceCount: serviceCount)
    guard !unpacker.isDamaged, byteCount > 0, byteCount <= Self.longestByteCount, firstEvent <= byteCount,
      eventCount <= byteCount, start <= .max - byteCount
    else { return nil }
    self.init(
      start: start, end: start + byteCount, firstEventAt: start + firstEvent, eventCount: eventCount,
      firstTime: firstTime, lastTime: lastTime, severities: severities, services: services, hash: hash,
      checkpoint: checkpoint)
  }

  /// A block, and one record more than it may hold.
  private static var longestByteCount: Int64 { Int64(byteCountLimit) * 4 }
}
