import Glibc

/// Few bytes that must get there before anything else happens.
enum TerminalOutput {
  /// A terminal that takes nothing for so long (C-s, a stuck line) is not waited for.
  static let patienceMs: Int32 = 10_000

  /// Waits until the terminal has all of it, is gone, or takes nothing for `patienceMs`: a neighbour in the pipeline may
  /// have made our standard output one that does not block.
  static func write(_ bytes: [UInt8], to output: Int32, patienceMs: Int32 = patienceMs) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        guard waitForRoom(in: output, patienceMs) else { return }
      } else if errno != EINTR {
        return
      }
    }
  }

  private static func waitForRoom(in output: Int32, _ patienceMs: Int32) -> Bool {
    var entry = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
    while true {
      let count = poll(&entry, 1, patienceMs)
      if count >= 0 || errno != EINTR { return count > 0 }
    }
  }
}
