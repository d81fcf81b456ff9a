import Glibc

/// Bytes on their way to the terminal; never waits for it.
///
/// Writes through a description of its own: O_NONBLOCK on the shared one would be the shell's as well. Only the thread
/// that owns the terminal touches it.
final class OutputQueue {
  private let descriptor: Int32
  private let isOwn: Bool
  private var pieces: [Piece] = []
  /// Bytes of the first piece that the terminal has.
  private var sent = 0

  /// What bytes are for decides whether they may be dropped.
  enum Kind {
    /// Another one can take its place, and begins anew.
    case frame
    /// Sent to its end whatever becomes of frames: what was copied, a question whose answer is waited for. Half of a
    /// control string (OSC, DCS) would swallow what comes next.
    case message
  }

  private struct Piece {
    let bytes: [UInt8]
    let kind: Kind
  }

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

  var isEmpty: Bool { pieces.isEmpty }

  /// To be polled for POLLOUT while there is something to send.
  var pollDescriptor: Int32 { descriptor }

  func append(_ bytes: [UInt8], _ kind: Kind) {
    if !bytes.isEmpty { pieces.append(Piece(bytes: bytes, kind: kind)) }
  }

  /// Forgets what was not sent of frames. What the terminal got of one may end inside a sequence (never inside a control
  /// string, frames have none): the ESC of what comes next begins anew.
  ///
  /// - Returns: false when there was no frame.
  func dropFrames() -> Bool {
    guard pieces.contains(where: { $0.kind == .frame }) else { return false }
    if pieces[0].kind == .frame { sent = 0 }
    pieces.removeAll { $0.kind == .frame }
    return true
  }

  /// What was not sent of messages, for whoever sends it in another way; the queue is empty afterwards.
  func takeMessages() -> [UInt8] {
    _ = dropFrames()
    defer { clear() }
    return Array(pieces.flatMap(\.bytes).dropFirst(sent))
  }

  private func clear() {
    pieces = []
    sent = 0
  }

  /// Sends what the terminal takes now. An error drops the rest: the line is gone, and its signal on the way.
  func send() {
    while let first = pieces.first {
      if !isOwn && !isWritable { return }
      let end = isOwn ? first.bytes.count : min(first.bytes.count, sent + Self.cautiousByteCount)
      let count = first.bytes[sent..<end].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno != EAGAIN { clear() }
        return
      }
      sent += count
      if sent == first.bytes.count {
        pieces.removeFirst()
        sent = 0
      }
    }
  }

  private var isWritable: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLOUT) != 0
  }
}
