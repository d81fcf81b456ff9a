internal import EventModel
internal import LogFormats

/// By what a file is known again: who it is, and a sample of its bytes.
struct FilePrint: Hashable {
  var identity: FileIdentity
  /// As stored, when the print was taken.
  var size: Int64
  /// `nil` when the file was being written: its bytes may have changed without another time.
  var times: Times?
  /// XXH64 of the sample.
  var sample: UInt64

  struct Times: Hashable {
    var modified: Int64
    var changed: Int64
  }

  /// A change less old than this may share its time with the next one.
  private static let restNs: Int64 = 100_000_000

  /// `nil` when the file cannot be read now.
  ///
  /// - Parameter opened: what the file was like before its content was read; its times count only while they last.
  init?(_ file: OpenFile, opened: FileStatus) {
    guard let status = file.status, let sample = Self.sample(of: file, size: status.size) else { return nil }
    identity = status.identity
    size = status.size
    let isSame = status == opened
    let isAtRest = status.modificationTime < Timestamp.wallClock.advanced(byNanoseconds: -Self.restNs)
    times = isSame && isAtRest ? Times(status) : nil
    self.sample = sample
  }

  private static let edgeByteCount = 64 << 10
  private static let pieceByteCount = 4 << 10
  private static let pieceCount = 14

  /// The first and the last bytes of the first `size`, and some in between. `nil` when they cannot be read.
  static func sample(of file: OpenFile, size: Int64) -> UInt64? {
    let hasher = BlockHasher()
    var buffer = [UInt8](repeating: 0, count: edgeByteCount)
    func add(_ offset: Int64, _ byteCount: Int) -> Bool {
      let count = Int(min(Int64(byteCount), size - offset))
      guard offset >= 0, count > 0 else { return true }
      return buffer.withUnsafeMutableBytes { buffer in
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        guard (try? file.read(at: offset, into: piece)) == count else { return false }
        hasher.update(UnsafeRawBufferPointer(piece))
        return true
      }
    }
    let step = size / Int64(pieceCount + 1)
    let isRead =
      add(0, edgeByteCount) && (1...Int64(pieceCount)).allSatisfy { add($0 * step, pieceByteCount) }
      && add(max(0, size - Int64(edgeByteCount)), edgeByteCount)
    return isRead ? hasher.digest : nil
  }
}

extension FilePrint.Times {
  init(_ status: FileStatus) {
    modified = status.modificationTime.nanoseconds
    changed = status.changeTime.nanoseconds
  }
}

extension FilePrint {
  /// Whether it is the same file, as long as it was, and was not written since.
  func isUntouched(_ status: FileStatus) -> Bool {
    identity == status.identity && size == status.size && times == FilePrint.Times(status)
  }

  func pack(into packer: inout BytePacker) {
    packer.put(identity.device)
    packer.put(identity.inode)
    packer.put(size)
    packer.put(times?.modified)
    packer.put(times?.changed)
    packer.put(sample)
  }

  init(unpacking unpacker: inout ByteUnpacker) {
    identity = FileIdentity(device: unpacker.number(), inode: unpacker.number())
    size = unpacker.number()
    let modified = unpacker.optional()
    let changed = unpacker.optional()
    times = modified.flatMap { modified in changed.map { Times(modified: modified, changed: $0) } }
    sample = unpacker.number()
  }
}

/// What an index found in the cache is worth for the file that is there now.
enum IndexVerdict: Equatable {
  /// The bytes that were counted are still there; behind them may be more.
  ///
  /// - isUntouched: the system says so: nothing was written since they were counted. Otherwise samples and hashes do.
  case holds(isUntouched: Bool)
  /// They are not: why, in words.
  case isOver(String)

  /// How many of the last blocks are read again where a file has only grown.
  private static let lastBlockCount = 16

  init(_ index: SourceIndex, _ file: OpenFile, _ status: FileStatus) {
    self = Self.verdict(index, file, status)
  }

  private static func verdict(_ index: SourceIndex, _ file: OpenFile, _ status: FileStatus) -> IndexVerdict {
    let known = index.print
    let isSameFile = known.identity == status.identity
    let isPlain = index.compression == nil
    guard status.size >= known.size, known.size >= 0, !isPlain || index.end <= status.size else {
      return .isOver(isSameFile ? "it was truncated" : "another file has its name")
    }
    guard FilePrint.sample(of: file, size: known.size) == known.sample else {
      return .isOver(isSameFile ? "it was rewritten" : "another file has its name")
    }
    if known.isUntouched(status) { return .holds(isUntouched: true) }
    // A copy, a touched or a longer file: the blocks tell. Compressed ones cannot be read from the middle.
    guard isPlain else { return .isOver("it was written again") }
    guard status.size == known.size || index.canGrow else {
      return .isOver("it has grown behind a line that had no end")
    }
    let hasGrown = isSameFile && status.size > known.size
    let blocks = hasGrown ? index.blocks.suffix(lastBlockCount) : index.blocks[...]
    guard file.holds(blocks) else {
      return .isOver(isSameFile ? "it was rewritten" : "another file has its name")
    }
    return .holds(isUntouched: false)
  }
}

extension SourceIndex {
  /// What is appended can be counted on top: a whole line is followed by others, and none hangs on the file's time.
  var canGrow: Bool {
    layout.canGrowAfterNewline && !isCutShort && decoder.tally.withoutTimeCount == 0
  }
}

extension OpenFile {
  /// Whether the bytes of these blocks are those that were counted. Reads them all.
  func holds(_ blocks: some Collection<Block>) -> Bool {
    var buffer: [UInt8] = []
    return blocks.allSatisfy { block in
      if buffer.count < block.byteCount { buffer = [UInt8](repeating: 0, count: block.byteCount) }
      return buffer.withUnsafeMutableBytes { buffer in
        let space = UnsafeMutableRawBufferPointer(rebasing: buffer[..<block.byteCount])
        guard (try? read(at: block.start, into: space)) == block.byteCount else { return false }
        return BlockHasher.hash(UnsafeRawBufferPointer(space)) == block.hash
      }
    }
  }
}
