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
  /// Returns false where it cannot be written, or the counts are of a kind that is not kept.
  func write(to entry: inout SealedWriter) -> Bool {
    guard let pieces = MatrixPieces(counts),
      entry.put({ packer in
        packFacts(into: &packer)
        pieces.packHead(into: &packer)
      })
    else { return false }
    for number in 0..<pieces.count where !entry.put({ pieces.pack(number, into: &$0) }) { return false }
    return true
  }

  private func packFacts(into packer: inout BytePacker) {
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
    packer.put(problems)
    packer.put(UInt64(blocks.count))
    for block in blocks { block.pack(into: &packer) }
  }

  /// `nil` where the sections are not what `write` makes.
  ///
  /// - Parameters:
  ///   - threadCount: how many threads may unpack the counts, this one among them.
  ///   - wantsCounts: otherwise they are left where they are, which is most of the bytes.
  init?(_ entry: SealedFile, source: SourceID, place: ForeignText, threadCount: Int, wantsCounts: Bool) {
    let found = entry.unpack(1) { unpacker -> (SourceIndex, MatrixAssembly)? in
      guard let index = SourceIndex(unpackingFacts: &unpacker, source: source, place: place),
        let assembly = MatrixAssembly(unpackingHead: &unpacker, serviceCount: index.names.count)
      else { return nil }
      return (index, assembly)
    }
    guard let (index, assembly) = found, entry.sectionCount == 2 + assembly.pieceCount else { return nil }
    self = index
    guard wantsCounts else { return }
    let pieces = entry.pieces(of: assembly, threadCount: threadCount)
    guard let counts = assembly.matrix(of: pieces, source: source), counts.eventCount == eventCount else {
      return nil
    }
    self.counts = counts
  }

  /// Everything but the counts.
  private init?(unpackingFacts unpacker: inout ByteUnpacker, source: SourceID, place: ForeignText) {
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
    problems = unpacker.problems(source: source, place: place)
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
  }
}

extension SealedFile {
  /// Those that can be believed, in order: all, or as many as come before the first that cannot.
  fileprivate func pieces(of assembly: MatrixAssembly, threadCount: Int) -> [MatrixAssembly.Piece] {
    var pieces: [MatrixAssembly.Piece] = []
    OrderedJobs<MatrixAssembly.Piece?>.run(
      count: assembly.pieceCount, laneCount: threadCount, makeLane: { SectionSpace() },
      work: { number, space in
        self.unpack(2 + number, in: space) { assembly.piece(number, unpacking: &$0) }
      },
      take: { piece in
        guard let piece else { return false }
        pieces.append(piece)
        return true
      })
    return pieces
  }
}

extension BytePacker {
  mutating func put(_ texts: [ForeignText]) {
    put(UInt64(texts.count))
    for text in texts { put(text.bytes) }
  }

  mutating func put(_ problems: [SourceProblem]) {
    put(UInt64(problems.count))
    for problem in problems { problem.pack(into: &self) }
  }
}

extension ByteUnpacker {
  mutating func texts() -> [ForeignText] {
    (0..<count(leastByteCount: 8)).map { _ in ForeignText(bytes: piece()) }
  }

  mutating func problems(source: SourceID, place: ForeignText) -> [SourceProblem] {
    (0..<count(leastByteCount: 8)).map { _ in
      SourceProblem(unpacking: &self, source: source, place: place)
    }
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
