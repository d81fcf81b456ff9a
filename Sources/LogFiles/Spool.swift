internal import Compression
internal import Glibc

/// Keeps the bytes of a pipe on disk so that its raw events can be shown again: zstd frames in files of mode 0600
/// that have no name, a ring that drops its oldest file when the limit is reached.
final class Spool: Sendable {
  private let state: Monitor<State>

  fileprivate struct State {
    let directory: String
    let limit: Int64
    var segments: [Spool.Segment] = []
    /// Segments dropped so far: the absolute number of `segments[0]`.
    var droppedCount = 0
    var frames: [Frame] = []
    /// Bytes not yet in a frame; `tailStart` is where they stand in the source.
    var tail: [UInt8] = []
    var tailStart: Int64 = 0
    var failure: String?
  }

  fileprivate struct Segment {
    let file: OpenFile
    var byteCount: Int64 = 0
  }

  fileprivate struct Frame {
    var start: Int64
    var byteCount: Int
    var segment: Int
    var fileOffset: Int64
    var packedCount: Int
  }

  static let frameByteCount = 256 << 10

  /// - Parameter limit: bytes on disk, all segments together.
  init(directory: String, limit: Int64) {
    state = Monitor(State(directory: directory, limit: limit))
  }

  /// Where spools lie unless the user names a place: `triptych` in the XDG cache directory.
  static var defaultDirectory: String {
    if let cache = getenv("XDG_CACHE_HOME").map({ String(cString: $0) }), cache.hasPrefix("/") {
      return cache + "/triptych"
    }
    let home = getenv("HOME").map { String(cString: $0) } ?? "/tmp"
    return home + "/.cache/triptych"
  }

  /// Adds the next bytes of the source.
  ///
  /// - Returns: why bytes can no longer be kept; told once.
  func append(_ bytes: UnsafeRawBufferPointer) -> String? {
    state.withLock { state in
      let hadFailed = state.failure != nil
      state.tail.append(contentsOf: bytes)
      while state.tail.count >= Self.frameByteCount { state.writeFrame() }
      return hadFailed ? nil : state.failure
    }
  }

  /// As many bytes from `offset` on as one frame holds.
  func read(
    at offset: Int64, into buffer: UnsafeMutableRawBufferPointer, cache: inout SpoolFrameCache
  ) throws(ReadFailure) -> Int {
    if !cache.contains(offset) {
      switch state.withLock({ $0.locate(offset) }) {
      case .tail(let bytes, let start): cache = SpoolFrameCache(bytes: bytes, start: start, isWhole: false)
      case .frame(let frame, let file): cache = try Self.unpack(frame, from: file)
      case .evicted(let reason):
        throw ReadFailure(byteOffset: offset, reason: reason, isEvicted: true)
      case .end: return 0
      }
    }
    let count = cache.copy(from: offset, into: buffer)
    if !cache.isWhole { cache = SpoolFrameCache() }
    return count
  }

  private static func unpack(_ frame: Frame, from file: OpenFile) throws(ReadFailure) -> SpoolFrameCache {
    var packed = [UInt8](repeating: 0, count: frame.packedCount)
    do {
      let count = try packed.withUnsafeMutableBytes { try file.read(at: frame.fileOffset, into: $0) }
      let bytes = try packed.withUnsafeBytes {
        try ZstdDecompressor.unpack(
          UnsafeRawBufferPointer(rebasing: $0[..<count]), byteCount: frame.byteCount)
      }
      return SpoolFrameCache(bytes: bytes, start: frame.start, isWhole: true)
    } catch {
      throw ReadFailure(byteOffset: frame.start, reason: "the spool cannot be read (\(error))")
    }
  }
}

/// The frame a reader looked at last.
struct SpoolFrameCache {
  private var bytes: [UInt8] = []
  private var start: Int64 = 0
  /// A frame never changes; what is not one yet grows.
  private(set) var isWhole = false

  init() {}

  fileprivate init(bytes: [UInt8], start: Int64, isWhole: Bool) {
    self.bytes = bytes
    self.start = start
    self.isWhole = isWhole
  }

  func contains(_ offset: Int64) -> Bool { offset >= start && offset < start + Int64(bytes.count) }

  func copy(from offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard contains(offset) else { return 0 }
    let from = Int(offset - start)
    let count = min(buffer.count, bytes.count - from)
    bytes.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[from..<(from + count)]))
    }
    return count
  }
}

extension Spool.State {
  fileprivate enum Place {
    case frame(Spool.Frame, OpenFile)
    case tail([UInt8], start: Int64)
    case evicted(String)
    case end
  }

  fileprivate func locate(_ offset: Int64) -> Place {
    if offset >= tailStart {
      return offset < tailStart + Int64(tail.count) ? .tail(tail, start: tailStart) : .end
    }
    var low = 0
    var high = frames.count
    while low < high {
      let middle = (low + high) / 2
      if frames[middle].start <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0, offset < frames[low - 1].start + Int64(frames[low - 1].byteCount) else {
      return .evicted(failure ?? "no longer in the spool, which reached its limit")
    }
    let frame = frames[low - 1]
    return .frame(frame, segments[frame.segment - droppedCount].file)
  }

  /// Moves the first bytes of the tail to disk; when that fails they are dropped and `failure` says why.
  fileprivate mutating func writeFrame() {
    let byteCount = min(tail.count, Spool.frameByteCount)
    defer {
      tail.removeFirst(byteCount)
      tailStart += Int64(byteCount)
    }
    guard failure == nil else { return }
    var compressor = ZstdCompressor()
    let packed = tail.withUnsafeBytes { bytes in
      try? compressor.compress(UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
    }
    guard let packed, makeRoom(for: packed.count) else { return }
    let offset = segments[segments.count - 1].byteCount
    guard write(packed, at: offset) else { return }
    frames.append(
      Spool.Frame(
        start: tailStart, byteCount: byteCount, segment: droppedCount + segments.count - 1,
        fileOffset: offset,
        packedCount: packed.count))
    segments[segments.count - 1].byteCount += Int64(packed.count)
  }

  /// Eight segments share the limit; a full ring drops its oldest one.
  private mutating func makeRoom(for byteCount: Int) -> Bool {
    let segmentLimit = max(limit / 8, 1)
    if let last = segments.last, last.byteCount == 0 || last.byteCount + Int64(byteCount) <= segmentLimit {
      return true
    }
    let total = segments.reduce(0) { $0 + $1.byteCount }
    if total + Int64(byteCount) > limit || segments.count >= 8, !segments.isEmpty {
      segments.removeFirst()
      droppedCount += 1
      let firstKept = frames.firstIndex { $0.segment >= droppedCount } ?? frames.count
      frames.removeFirst(firstKept)
    }
    guard let file = createFile() else { return false }
    segments.append(Spool.Segment(file: file))
    return true
  }

  private mutating func createFile() -> OpenFile? {
    makeDirectories()
    for attempt in 0..<100 {
      let path = "\(directory)/spool-\(getpid())-\(attempt)-\(MonotonicClock.nowNs)"
      let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      if descriptor >= 0 {
        unlink(path)
        return OpenFile(descriptor: descriptor)
      }
      if errno != EEXIST { break }
    }
    failure = "no spool in \(directory) (\(SystemError(code: errno)))"
    return nil
  }

  private func makeDirectories() {
    var path = ""
    for part in directory.split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o700)
    }
  }

  private mutating func write(_ packed: [UInt8], at offset: Int64) -> Bool {
    var done = 0
    while done < packed.count {
      let count = packed.withUnsafeBytes { bytes in
        pwrite(
          segments[segments.count - 1].file.descriptor, bytes.baseAddress.map { $0 + done },
          packed.count - done,
          Int(offset) + done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        failure = "the spool in \(directory) cannot be written (\(SystemError(code: errno)))"
        return false
      }
      done += count
    }
    return true
  }
}
