import Glibc

/// Few bytes that must get there before anything else happens.
enum TerminalOutput {
  /// Blocks until the terminal has all of it, or is gone.
  static func write(_ bytes: [UInt8], to output: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR && errno != EAGAIN { return }
      sent += max(0, count)
    }
  }
}
