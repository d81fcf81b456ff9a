internal import Glibc

/// The bytes of a session file, wherever they are. Any thread may read.
protocol StoredBytes: Sendable {
  var byteCount: UInt64 { get }
  /// As many bytes as there are from `offset` on, up to `count`.
  func read(at offset: UInt64, count: Int) throws(RecordingError) -> [UInt8]
}

extension StoredBytes {
  /// All of `range`. Throws when it reaches beyond the end.
  func read(_ range: Range<UInt64>) throws(RecordingError) -> [UInt8] {
    guard range.upperBound <= byteCount else {
      throw RecordingError(offset: byteCount, reason: "the file ends in the middle of a record")
    }
    let bytes = try read(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
    guard UInt64(bytes.count) == range.upperBound - range.lowerBound else {
      throw RecordingError(offset: range.lowerBound + UInt64(bytes.count), reason: "the file became shorter")
    }
    return bytes
  }
}

/// Why a place of a session file cannot be read.
public struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In the file.
  public var offset: UInt64
  public var reason: String
  public var remedy: String?

  public init(offset: UInt64, reason: String, remedy: String? = nil) {
    self.offset = offset
    self.reason = reason
    self.remedy = remedy
  }

  /// With what the system calls `errorNumber`.
  init(offset: UInt64, reason: String, errorNumber: Int32, remedy: String? = nil) {
    self.init(offset: offset, reason: "\(reason) (\(String(cString: strerror(errorNumber))))", remedy: remedy)
  }

  public var description: String { "byte \(offset): \(reason)" + (remedy.map { "; \($0)" } ?? "") }
}

/// Bytes in memory.
struct MemoryBytes: StoredBytes {
  var bytes: [UInt8]

  var byteCount: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, count: Int) throws(RecordingError) -> [UInt8] {
    guard offset < byteCount else { return [] }
    return Array(bytes[Int(offset)...].prefix(count))
  }
}

/// A file that is open. Its size is that of the moment when it was opened.
final class FileBytes: StoredBytes {
  private let descriptor: Int32
  let byteCount: UInt64

  /// Throws with the system's reason; a pipe, which would be waited for, and a directory are refused.
  convenience init(path: String) throws(RecordingError) {
    try self.init(owning: open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))
  }

  /// A descriptor of its own for the file behind `descriptor`, which stays the caller's.
  convenience init(descriptor: Int32) throws(RecordingError) {
    try self.init(owning: fcntl(descriptor, F_DUPFD_CLOEXEC, 3))
  }

  private init(owning descriptor: Int32) throws(RecordingError) {
    self.descriptor = descriptor
    guard descriptor >= 0 else { throw Self.error(at: 0) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size >= 0 else {
      close(descriptor)
      throw Self.error(at: 0)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw RecordingError(
        offset: 0, reason: "this is not a regular file", remedy: "copy its bytes into a file and open that")
    }
    byteCount = UInt64(status.st_size)
  }

  deinit { close(descriptor) }

  func read(at offset: UInt64, count: Int) throws(RecordingError) -> [UInt8] {
    guard offset < byteCount, count > 0 else { return [] }
    let wanted = Int(min(UInt64(count), byteCount - offset))
    var failure: RecordingError?
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { target, filled in
      while filled < wanted {
        let base = target.baseAddress.map { $0 + filled }
        let got = pread(descriptor, base, wanted - filled, off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = Self.error(at: offset + UInt64(filled)) }
        guard got > 0 else { return }
        filled += got
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func error(at offset: UInt64) -> RecordingError {
    RecordingError(offset: offset, reason: "cannot be read", errorNumber: errno)
  }
}
