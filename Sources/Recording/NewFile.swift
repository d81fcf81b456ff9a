internal import Glibc

/// How a file comes to be under a name that had none, whole or not at all.
///
/// It is written without a name (`O_TMPFILE`) and linked when its beginning is on the disk. Where the file system has no
/// such files it has its name from the start, and a crash may then leave an empty one.
enum NewFile {
  /// A descriptor that is open for writing, of a file that holds `beginning`; both and its name are on the disk. Throws
  /// where a file is already, and when the disk refuses; nothing is left behind then.
  static func make(_ path: String, beginning: [UInt8]) throws(RecordingError) -> Int32 {
    if let descriptor = try makeNameless(path, beginning) { return descriptor }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
    guard descriptor >= 0 else { throw refusal() }
    do throws(RecordingError) {
      try fill(descriptor, beginning)
      try syncName(path)
    } catch { throw undone(error, path, descriptor) }
    return descriptor
  }

  /// `nil` where that is not possible.
  private static func makeNameless(_ path: String, _ beginning: [UInt8]) throws(RecordingError) -> Int32? {
    let descriptor = open(folder(of: path), temporaryFlag | O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    do throws(RecordingError) {
      try fill(descriptor, beginning)
      guard try link(descriptor, as: path) else {
        close(descriptor)
        return nil
      }
    } catch {
      close(descriptor)
      throw error
    }
    do throws(RecordingError) { try syncName(path) } catch { throw undone(error, path, descriptor) }
    return descriptor
  }

  /// `O_TMPFILE`, a sum that Swift does not see.
  private static let temporaryFlag = 0o20_000_000 | O_DIRECTORY

  private static func fill(_ descriptor: Int32, _ beginning: [UInt8]) throws(RecordingError) {
    try Disk.write(beginning, to: descriptor, at: 0)
    try Disk.sync(descriptor, at: 0)
  }

  /// False when that is not done here; throws where a file is already, or the disk does not take the name.
  private static func link(_ descriptor: Int32, as path: String) throws(RecordingError) -> Bool {
    let result = Disk.restarted {
      linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW)
    }
    if result == 0 { return true }
    guard ![EEXIST, EIO, ENOSPC, EDQUOT, EROFS].contains(errno) else { throw refusal() }
    return false
  }

  /// Throws when the disk does not confirm the name.
  private static func syncName(_ path: String) throws(RecordingError) {
    let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    if descriptor >= 0, Disk.restarted({ fsync(descriptor) }) == 0 { return }
    // A folder that may not be read, or a file system that syncs none: the name goes to the disk with everything else.
    guard [EACCES, EPERM, EINVAL, EOPNOTSUPP, EBADF].contains(errno) else {
      throw RecordingError(
        offset: 0, reason: "the disk does not confirm the file's name", errorNumber: errno,
        remedy: "record into another folder on another disk")
    }
    sync()
  }

  private static func open(_ path: String, _ flags: Int32) -> Int32 {
    Disk.restarted { Glibc.open(path, flags, 0o600) }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  }

  private static func refusal() -> RecordingError {
    RecordingError(
      offset: 0, reason: "cannot be made", errorNumber: errno,
      remedy: errno == EEXIST ? "choose another name: a recording is never overwritten" : nil)
  }

  /// Takes away what was made only now.
  private static func undone(_ error: RecordingError, _ path: String, _ descriptor: Int32) -> RecordingError {
    unlink(path)
    close(descriptor)
    return error
  }
}
