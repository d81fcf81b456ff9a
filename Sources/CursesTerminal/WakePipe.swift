import CNcurses
import Glibc

/// Wakes the terminal's thread from signal handlers and from other threads.
struct WakePipe: ~Copyable, Sendable {
  let readEnd: Int32
  let writeEnd: Int32

  init() throws(CursesTerminalError) {
    var ends: [Int32] = [-1, -1]
    guard cn_pipe(&ends) else {
      throw CursesTerminalError.noPipe(reason: String(cString: strerror(errno)))
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  /// A full pipe is no loss: its reader is awake already.
  func wake(_ reason: UInt8) { _ = withUnsafePointer(to: reason) { write(writeEnd, $0, 1) } }

  /// What was written since the last time, each reason once and in order of arrival.
  func takeReasons() -> [UInt8] {
    var reasons: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256)
    while true {
      let count = read(readEnd, &buffer, buffer.count)
      guard count > 0 else { return reasons }
      for reason in buffer[..<count] where !reasons.contains(reason) { reasons.append(reason) }
    }
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }
}
