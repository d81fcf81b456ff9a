internal import Glibc
internal import Synchronization

/// Set once, when the sources are closed; readers that wait for bytes wait for it as well.
final class ClosingSignal: Sendable {
  private let flag = Atomic(false)
  /// A pipe that becomes readable when the signal is set; -1 where the system has no more descriptors, and waiting
  /// looks at the flag now and then.
  private let readEnd: OpenFile
  private let writeEnd: OpenFile

  init() {
    let ends = ClosingSignal.pipe()
    readEnd = OpenFile(descriptor: ends.read)
    writeEnd = OpenFile(descriptor: ends.write)
  }

  /// Held while a pipe is made and while a command is started, so that no command inherits the pipes of another and
  /// keeps them open.
  static let startLock = Mutex(())

  /// Both ends of a pipe, closed in children; -1 when the system has no more descriptors.
  static func pipe() -> (read: Int32, write: Int32) {
    startLock.withLock { _ in
      var ends: [Int32] = [-1, -1]
      guard Glibc.pipe(&ends) == 0 else { return (-1, -1) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      return (ends[0], ends[1])
    }
  }

  var isSet: Bool { flag.load(ordering: .acquiring) }

  func set() {
    flag.store(true, ordering: .releasing)
    var one: UInt8 = 1
    _ = write(writeEnd.descriptor, &one, 1)
  }

  /// Waits until one of `files` has something to say, `timeoutMs` passes (negative: forever), or the signal is set.
  ///
  /// - Returns: for each file whether it can be read (or is closed); all false on a timeout.
  func wait(for files: [OpenFile], timeoutMs: Int) -> [Bool] {
    guard readEnd.descriptor < 0 else { return poll(files, timeoutMs: timeoutMs) }
    let endNs = MonotonicClock.nowNs + Int64(clamping: timeoutMs) * 1_000_000
    while true {
      let leftMs = timeoutMs < 0 ? Self.lookMs : Int(max(0, (endNs - MonotonicClock.nowNs) / 1_000_000))
      let ready = poll(files, timeoutMs: min(leftMs, Self.lookMs))
      if isSet || ready.contains(true) || leftMs == 0 { return ready }
    }
  }

  /// How long a signal without a pipe may go unnoticed.
  private static let lookMs = 100

  private func poll(_ files: [OpenFile], timeoutMs: Int) -> [Bool] {
    var polled = files.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    polled.append(pollfd(fd: readEnd.descriptor, events: Int16(POLLIN), revents: 0))
    let count = Glibc.poll(&polled, nfds_t(polled.count), Int32(clamping: timeoutMs))
    return polled.dropLast().map { count > 0 && $0.revents != 0 }
  }
}
