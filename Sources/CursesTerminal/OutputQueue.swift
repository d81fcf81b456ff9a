import Glibc

/// Bytes on their way to the terminal; never waits for it.
///
/// Writes through a description of its own: O_NONBLOCK on the shared one would be the shell's as well. Only the thread
/// that owns the terminal touches it.
final class OutputQueue {
  private let descriptor: Int32
  private let isOwn: Bool
  private var bytes: [UInt8] = []
  private var sent = 0

  /// Where no description of our own can be had, writes are short ones, after the terminal said that it takes some.
  private static let cautiousByteCount = 256

  init(terminal: Int32) {
    let own = Self.open(terminal)
    isOwn = own >= 0
    descriptor = isOwn ? own : terminal
  }

  deinit { if isOwn { close(descriptor) } }

  private static func open(_ terminal: Int32) -> Int32 {
    var name = [CChar](repeating: 0, count: 256)
    guard ttyname_r(terminal, &name, name.count) == 0 else { return -1 }
    return Glibc.open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
  }

  var isEmpty: Bool { sent == bytes.count }

  /// To be polled for POLLOUT while there is something to send.
  var pollDescriptor: Int32 { descriptor }

  func append(_ more: [UInt8]) {
    if isEmpty {
      bytes = more
      sent = 0
    } else {
      bytes += more
    }
  }

  /// Forgets what was not sent. What the terminal got may end inside a sequence: an ESC begins the next one anew.
  func drop() {
    bytes = []
    sent = 0
  }

  /// Sends what the terminal takes now. An error drops the rest: the line is gone, and its signal on the way.
  func send() {
    while !isEmpty {
      if !isOwn && !isWritable { return }
      let end = isOwn ? bytes.count : min(bytes.count, sent + Self.cautiousByteCount)
      let count = bytes[sent..<end].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno != EAGAIN { drop() }
        return
      }
      sent += count
    }
  }

  private var isWritable: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLOUT) != 0
  }
}
