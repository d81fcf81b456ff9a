// SessionHost: where every front-end and subcommand starts: sources, inbox, clock, loop, workers.
// Draws nothing; never changes state but by commands.

internal import Glibc
public import Preferences
public import Session
internal import Synchronization

/// What reaches the loop. Keys wait their turn unresolved: what a key means depends on what the one before it did.
public enum LoopInput: Sendable {
  case command(Command)
  case key(ViewID, KeyStroke)
  case keymap(ViewID, Keymap)
  /// Tells the state when everything sent before has been applied and its effects are on their way; called on the
  /// loop's thread.
  case ask(@Sendable (SessionState) -> Void)

  var isKey: Bool { if case .key = self { true } else { false } }

  /// A person did this, with a key, a mouse or otherwise.
  var isPerson: Bool {
    switch self {
    case .command(.invoke), .command(.point): true
    default: isKey
    }
  }
}

/// Commands and keys on their way to the loop, in order. It holds what people do and what workers answer; events do not
/// come through here: `Ingest` gathers them, and one snapshot at a time reaches the loop.
public final class Inbox: Sendable {
  private struct Contents {
    var inputs: [LoopInput] = []
    var isClosed = false
  }

  private let contents = Mutex(Contents())
  private let wakeUp = Signal()

  public init() {}

  /// Never blocks; after `close` the command is dropped.
  public func send(_ command: Command) { send(.command(command)) }

  /// The same for keys and keymaps.
  public func send(_ input: LoopInput) {
    contents.withLock { if !$0.isClosed { $0.inputs.append(input) } }
    wakeUp.raise()
  }

  /// Wakes the loop without a command.
  public func wake() { wakeUp.raise() }

  public func close() {
    contents.withLock { $0.isClosed = true }
    wakeUp.raise()
  }

  var isClosed: Bool { contents.withLock { $0.isClosed } }

  /// All commands that have come; waits for the first up to `timeoutMs`.
  func take(timeoutMs: Int) -> [LoopInput] {
    let ready = takeNow()
    if !ready.isEmpty || isClosed { return ready }
    wakeUp.wait(timeoutMs: timeoutMs)
    return takeNow()
  }

  private func takeNow() -> [LoopInput] {
    contents.withLock { contents in
      let inputs = contents.inputs
      contents.inputs.removeAll(keepingCapacity: true)
      return inputs
    }
  }
}

/// An event that one thread waits for (a pipe to itself). Raising it again before the wait adds nothing.
final class Signal: Sendable {
  private let readEnd: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "no pipe can be opened: error \(errno)")
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    Glibc.close(readEnd)
    Glibc.close(writeEnd)
  }

  func raise() {
    var byte: UInt8 = 1
    _ = write(writeEnd, &byte, 1)
  }

  func wait(timeoutMs: Int) {
    var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, Int32(clamping: timeoutMs)) > 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { drain in
      while read(readEnd, drain.baseAddress, drain.count) == drain.count {}
    }
  }
}
