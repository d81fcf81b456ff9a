internal import EventModel
internal import Glibc

/// A file descriptor with one owner.
final class OpenFile: Sendable {
  let descriptor: Int32

  /// Takes over an open descriptor.
  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Opens for reading without blocking on FIFOs. Throws the error number.
  static func open(_ path: ForeignText) throws(SystemError) -> OpenFile {
    let descriptor = path.withPath { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else { throw SystemError(code: errno) }
    return OpenFile(descriptor: descriptor)
  }

  /// The same, but refuses (`EMFILE`) where few descriptors would be left: lists, saved marks and rotated logs need
  /// some later.
  static func openKeepingReserve(_ path: ForeignText) throws(SystemError) -> OpenFile {
    let file = try open(path)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return file }
    let count = Int64(clamping: limit.rlim_cur)
    // The lowest free number is the one that is given.
    guard Int64(file.descriptor) < count - min(reservedCount, count / 4) else {
      throw SystemError(code: EMFILE)
    }
    return file
  }

  private static let reservedCount: Int64 = 32

  var status: FileStatus? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? FileStatus(status) : nil
  }

  /// Bytes from `offset` on: fewer than asked for only at the end of the file, 0 there.
  func read(
    at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    var count = 0
    while count < buffer.count {
      let piece = pread(
        descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count, Int(offset) + count)
      if piece < 0, errno == EINTR { continue }
      if piece < 0 {
        if count > 0 { break }
        throw SystemError(code: errno)
      }
      if piece == 0 { break }
      count += piece
    }
    return count
  }
}

/// An error number of the system with its words.
struct SystemError: Error, Hashable, CustomStringConvertible {
  var code: Int32

  /// Of this process, or of the whole system.
  var isOfTooManyFiles: Bool { code == EMFILE || code == ENFILE }

  var description: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return buffer.withUnsafeBufferPointer { text in
      text.baseAddress.map { String(cString: $0) } ?? "error \(code)"
    }
  }
}

/// What `stat` says, as far as we look at it.
struct FileStatus: Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  var modificationTime: Timestamp
  /// When content, name, owner or mode changed last; nobody can set it back.
  var changeTime: Timestamp
  private var mode: UInt32

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modificationTime = Timestamp(
      seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
    changeTime = Timestamp(
      seconds: Int64(status.st_ctim.tv_sec), nanoseconds: Int64(status.st_ctim.tv_nsec))
    mode = UInt32(status.st_mode)
  }

  /// `nil` when there is nothing at `path`, or it may not be looked at.
  init?(path: ForeignText, followsLinks: Bool = true) {
    var status = stat()
    let code = path.withPath { followsLinks ? stat($0, &status) : lstat($0, &status) }
    guard code == 0 else { return nil }
    self.init(status)
  }

  var identity: FileIdentity { FileIdentity(device: device, inode: inode) }

  /// Whether the system would show the next write: the last change, which nobody can date back, is older than a step
  /// of any file system's clock.
  func isSettled(restNs: Int64) -> Bool {
    changeTime < Timestamp.wallClock.advanced(byNanoseconds: -restNs)
  }

  private var kind: UInt32 { mode & UInt32(S_IFMT) }
  var isRegular: Bool { kind == UInt32(S_IFREG) }
  var isDirectory: Bool { kind == UInt32(S_IFDIR) }
  var isLink: Bool { kind == UInt32(S_IFLNK) }
  var isSocket: Bool { kind == UInt32(S_IFSOCK) }
  /// A FIFO or a character device.
  var isPipe: Bool { kind == UInt32(S_IFIFO) || kind == UInt32(S_IFCHR) }
}

struct FileIdentity: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
}

extension Timestamp {
  /// The wall clock, to say when something was noticed.
  static var wallClock: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
  }
}

extension ForeignText {
  /// A path may hold any bytes but NUL.
  func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    var text = bytes.map { CChar(bitPattern: $0) }
    text.append(0)
    return text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a path ends with NUL") }
      return body(base)
    }
  }
}
