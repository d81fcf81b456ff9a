internal import EventModel
internal import LogFormats

/// By what a file is known again: who it is, when it was changed, and a sample of its bytes.
///
/// Only equal times say that no byte is another one; a sample alone never does.
struct FilePrint: Hashable {
  var identity: FileIdentity
  /// As stored, when the print was taken.
  var size: Int64
  /// `nil` where the system does not vouch for the bytes that were counted: a file that had just been written when it
  /// was opened, or was written since.
  var times: Times?
  /// XXH64 of the sample.
  var sample: UInt64

  struct Times: Hashable {
    var modified: Int64
    var changed: Int64
  }

  /// `nil` when the file cannot be read now.
  ///
  /// - Parameter settled: what the file was like before its content was read, if it had been at rest; its times count
  ///   only while they last.
  init?(_ file: OpenFile, settled: FileStatus?) {
    guard let status = file.status, let sample = Self.sample(of: file, size: status.size) else { return nil }
    identity = status.identity
    size = status.size
    times = status == settled ? Times(status) : nil
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
///
/// Counts are taken over only if every counted byte is known to be the same. Where identity, size, change and
/// modification time are those that were kept, the system says so. After any other change, growth too, all blocks that
/// were counted are read and hashed again on all threads: about a quarter of the processor time of counting them, since
/// nothing is decoded, and what was appended is all that is decoded. A program that writes through a memory map shows
/// its changes only when the system writes them back; nobody can see them sooner.
enum IndexVerdict: Equatable {
  /// The bytes that were counted are still there; behind them may be more.
  ///
  /// - isUntouched: the system says so: nothing was written since they were counted. Otherwise their hashes do.
  case holds(isUntouched: Bool)
  /// They are not, or they mean something else now: why, in words.
  case isOver(String)

  /// - Parameters:
  ///   - status: of the file before this look at it.
  ///   - threadCount: how many threads may hash, the caller's among them.
  ///   - onReading: called once if every byte has to be read, before it is.
  init(
    _ index: SourceIndex, _ file: OpenFile, _ status: FileStatus, threadCount: Int,
    onReading: () -> Void = {}
  ) {
    self = Self.verdict(index, file, status, threadCount, onReading)
  }

  private static func verdict(
    _ index: SourceIndex, _ file: OpenFile, _ status: FileStatus, _ threadCount: Int, _ onReading: () -> Void
  ) -> IndexVerdict {
    let known = index.print
    let isSameFile = known.identity == status.identity
    let isPlain = index.compression == nil
    let isOther = IndexVerdict.isOver(isSameFile ? "it was rewritten" : "another file has its name")
    guard status.size >= known.size, known.size >= 0, !isPlain || index.end <= status.size else {
      return .isOver(isSameFile ? "it was truncated" : "another file has its name")
    }
    guard FilePrint.sample(of: file, size: known.size) == known.sample else { return isOther }
    if known.isUntouched(status) { return .holds(isUntouched: true) }
    // A copy, a touched or a longer file: the blocks tell. Compressed ones cannot be read from the middle.
    guard isPlain else { return .isOver("it was written again") }
    guard status.size == known.size || index.canGrow else {
      return .isOver("it has grown behind a line that had no end")
    }
    guard index.keepsItsTimes(under: status.modificationTime) else {
      return .isOver("its modification time, by which its records are dated, has changed")
    }
    onReading()
    guard file.holds(index.blocks, threadCount: threadCount) else { return isOther }
    return .holds(isUntouched: false)
  }
}

extension SourceIndex {
  /// What is appended can be counted on top: a whole line is followed by others, and none hangs on the file's time.
  var canGrow: Bool {
    layout.canGrowAfterNewline && !isCutShort && decoder.tally.withoutTimeCount == 0
  }

  /// Whether its events would be dated the same in a file with this modification time.
  func keepsItsTimes(under modificationTime: Timestamp) -> Bool {
    guard modificationTime != self.modificationTime else { return true }
    return switch decoder.tally.datedByFile {
    case .nothing: true
    case .years: keepsItsYears(under: modificationTime)
    case .times: false
    }
  }

  /// A record without a year is of the last one in which it lies no later than a day after the modification time or
  /// the event before it. So none moves if all lie within the year before the later of both.
  private func keepsItsYears(under modificationTime: Timestamp) -> Bool {
    guard let first = decoder.tally.first, let last = decoder.tally.last else { return false }
    let dayNs: Int64 = 86_400_000_000_000
    let latest = max(last, modificationTime).advanced(byNanoseconds: dayNs)
    return last <= modificationTime.advanced(byNanoseconds: dayNs)
      && latest < first.advanced(byNanoseconds: 365 * dayNs)
  }
}

extension OpenFile {
  /// Whether the bytes of these blocks are those that were counted. Reads them all.
  func holds(_ blocks: [Block], threadCount: Int = 1) -> Bool {
    let blocksPerJob = 32
    var isHeld = true
    OrderedJobs<Bool>.run(
      count: (blocks.count + blocksPerJob - 1) / blocksPerJob, laneCount: threadCount,
      makeLane: { BlockSpace() },
      work: { number, space in
        blocks[(number * blocksPerJob)..<min(blocks.count, (number + 1) * blocksPerJob)]
          .allSatisfy { space.isHeld($0, in: self) }
      },
      take: { isSame in
        isHeld = isHeld && isSame
        return isHeld
      })
    return isHeld
  }
}

/// Memory for the blocks of one thread.
private final class BlockSpace {
  private var buffer: [UInt8] = []

  func isHeld(_ block: Block, in file: OpenFile) -> Bool {
    if buffer.count < block.byteCount { buffer = [UInt8](repeating: 0, count: block.byteCount) }
    return buffer.withUnsafeMutableBytes { buffer in
      let space = UnsafeMutableRawBufferPointer(rebasing: buffer[..<block.byteCount])
      guard (try? file.read(at: block.start, into: space)) == block.byteCount else { return false }
      return BlockHasher.hash(UnsafeRawBufferPointer(space)) == block.hash
    }
  }
}
