internal import Glibc

/// Bytes on their way to the disk.
enum Disk {
  /// All of `bytes`. Throws what the disk said; some of them may be there then.
  static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: UInt64) throws(RecordingError) {
    var written = 0
    while written < bytes.count {
      let place = offset + UInt64(written)
      let count = bytes.withUnsafeBytes { bytes in
        pwrite(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(place))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw RecordingError(
          offset: place, reason: "cannot be written", errorNumber: count == 0 ? ENOSPC : errno,
          remedy: "make room on the disk; nothing is lost yet")
      }
      written += count
    }
  }

  /// What has been written and the size. After this has thrown, it must not be believed when it is tried again.
  static func sync(_ descriptor: Int32, at offset: UInt64) throws(RecordingError) {
    guard restarted({ fdatasync(descriptor) }) == 0 else {
      throw RecordingError(
        offset: offset, reason: "the disk does not confirm what was written", errorNumber: errno,
        remedy: "record into another file on another disk")
    }
  }

  /// A call that a signal has interrupted is made again.
  static func restarted(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
