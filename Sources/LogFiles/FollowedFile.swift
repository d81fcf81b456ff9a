internal import EventModel
internal import LogFormats

/// A file that grows, is rotated, truncated, rewritten or deleted, looked at again and again.
///
/// Looking costs two `stat` calls; that also works where notifications do not (network file systems, bind mounts).
/// Sendable because one thread at a time has it.
final class FollowedFile: @unchecked Sendable {
  private let reader: SourceReader
  private var file: OpenFile
  /// `nil` for standard input: it can grow, but nobody can replace it.
  private let path: ForeignText?
  private var identity: FileIdentity
  /// Offset in the source of the file's first byte.
  private var base: Int64 = 0
  private var cursor: ByteCursor
  private var tail = TailPrint()
  private var modificationTime: Timestamp?
  private var state = SourceState.following
  /// The file that had the name before, and how many of its bytes are known.
  private var previous: (file: OpenFile, byteCount: Int64)?
  /// Since when a layout is being waited for.
  private var firstByteAtNs: Int64?

  init(_ reader: SourceReader, _ file: OpenFile, path: ForeignText?, identity: FileIdentity) {
    self.reader = reader
    self.file = file
    self.path = path
    self.identity = identity
    cursor = ByteCursor(.plain(file))
    tail = TailPrint(of: file, upTo: position)
    modificationTime = file.status?.modificationTime
  }

  /// How much of the file has been read.
  private var position: Int64 { reader.endOffset - base }

  /// Reads what is new.
  func look() {
    guard let status = file.status else { return }
    if status.size < position {
      startOver("it was truncated")
    } else if status.modificationTime != modificationTime, !tail.isStill(in: file) {
      startOver("it was rewritten")
    }
    modificationTime = status.modificationTime
    readGrowth()
    lookAtName()
    tellLateWrites()
    tellWaiting()
  }

  /// Reads to the present end.
  private func readGrowth() {
    var hasGrown = false
    while !reader.hub.closing.isSet {
      let offset = position
      let count: Int
      do throws(ReadFailure) {
        let cursor = self.cursor
        count = try reader.fill(upTo: hasGrown ? FileReading.pieceByteCount : 64 << 10) {
          space throws(ReadFailure) in try cursor.read(at: offset, into: space)
        }
      } catch { return }
      if count == 0 { break }
      hasGrown = true
      decode()
    }
    guard hasGrown else { return }
    tail = TailPrint(of: file, upTo: position)
    reader.compact()
  }

  /// A layout is recognised from enough bytes, or from what there is after a quarter of a second.
  private func decode() {
    if !reader.isRecognised, reader.bufferedCount < StreamReader.recognitionByteCount {
      firstByteAtNs = firstByteAtNs ?? MonotonicClock.nowNs
      return
    }
    firstByteAtNs = nil
    reader.decode(isEnd: false)
    reader.deliver(storedOffset: position, total: position, state: state)
  }

  private func tellWaiting() {
    guard let firstByteAtNs, MonotonicClock.nowNs - firstByteAtNs >= StreamReader.recognitionNs else {
      return
    }
    guard reader.hasWholeLine else { return }
    self.firstByteAtNs = nil
    reader.decode(isEnd: false)
    reader.deliver(storedOffset: position, total: position, state: state)
  }

  // MARK: Other bytes under the same name

  /// The same file holds other bytes now: it is read from its beginning, and the old blocks are gone.
  private func startOver(_ reason: String) {
    endGeneration(changedAt: .wallClock)
    base = reader.offset
    tail = TailPrint()
    reader.tell(
      SourceProblem(
        place: reader.name, reason: "\(reason); it is read again from its beginning",
        remedy: "counts of the old content stay, its events can no longer be shown"))
  }

  /// The last line counts as it is: nothing can complete it any more.
  private func endGeneration(changedAt: Timestamp?, next: ByteStore? = nil) {
    reader.decode(isEnd: true)
    reader.deliver(storedOffset: position, total: position, state: state)
    if let changedAt {
      reader.source.shared.withLock { shared in
        if !shared.generations.isEmpty {
          shared.generations[shared.generations.count - 1].changedAt = changedAt
        }
      }
    }
    reader.begin(next ?? .plain(file))
  }

  /// Rotation: the old file is read until the new one has bytes, because its writer goes on with the old one until
  /// it opens the new one.
  private func lookAtName() {
    guard let path else { return }
    guard let named = FileStatus(path: path) else { return become(.vanished) }
    if named.identity == identity { return become(.following) }
    guard named.isRegular else { return become(.vanished) }
    guard named.size > 0 else { return become(.rotated) }
    guard let next = try? OpenFile.open(path), let status = next.status else { return become(.vanished) }
    readGrowth()
    previous = (file, position)
    state = .following
    endGeneration(changedAt: nil, next: .plain(next))
    base = reader.offset
    file = next
    identity = status.identity
    _ = reader.hub.claim(identity, name: reader.name)
    cursor = ByteCursor(.plain(next))
    tail = TailPrint()
    modificationTime = status.modificationTime
    readGrowth()
  }

  /// A writer that still has the old file open after the new one has begun: its lines are not counted, and that is said.
  private func tellLateWrites() {
    guard let previous, let size = previous.file.status?.size, size > previous.byteCount else { return }
    self.previous = (previous.file, size)
    reader.tell(
      SourceProblem(
        place: reader.name,
        reason:
          "\(size - previous.byteCount) bytes were written to the renamed file after the new one had begun; "
          + "they are not counted",
        remedy: "open the renamed file by its new name to see them"))
  }

  private func become(_ next: SourceState) {
    guard state != next else { return }
    state = next
    if next == .vanished {
      reader.tell(
        SourceProblem(
          place: reader.name, reason: "it was deleted or moved away",
          remedy:
            "what is still written to it is read until a new file of that name has bytes; that one is read then"
        ))
    }
    reader.deliver(storedOffset: position, total: position, state: state)
  }

  /// The sources are closed.
  func end() { reader.deliver(storedOffset: position, total: position, state: .ended) }
}

/// The last bytes that were read, to notice a file that was rewritten in place.
struct TailPrint {
  private var start: Int64 = 0
  private var count = 0
  private var hash: UInt64 = 0

  static let byteCount = 4096

  init() {}

  init(of file: OpenFile, upTo end: Int64) {
    start = max(0, end - Int64(Self.byteCount))
    count = Int(end - start)
    hash = Self.hash(of: file, at: start, count: count) ?? 0
  }

  func isStill(in file: OpenFile) -> Bool {
    count == 0 || Self.hash(of: file, at: start, count: count).map { $0 == hash } ?? true
  }

  /// `nil` when the bytes cannot be read now.
  private static func hash(of file: OpenFile, at start: Int64, count: Int) -> UInt64? {
    var bytes = [UInt8](repeating: 0, count: count)
    return bytes.withUnsafeMutableBytes { buffer in
      guard (try? file.read(at: start, into: buffer)) == count else { return nil }
      return BlockHasher.hash(UnsafeRawBufferPointer(buffer))
    }
  }
}
