// SessionHost: where every front-end and subcommand starts: sources, inbox, clock, loop, workers.
// Draws nothing; never changes state but by commands.

internal import Glibc
public import Session
internal import Synchronization

/// Commands on their way to the loop, in order. Bounded: a full inbox makes feeds wait, while people's commands have
/// room kept for them.
public final class Inbox: Sendable {
  private struct Contents {
    var commands: [Command] = []
    var isClosed = false
  }

  /// Commands of feeds that may wait; people's commands fit beyond it.
  public static let limit = 1024

  private let contents = Mutex(Contents())
  private let wakeUp = Signal()

  public init() {}

  /// Takes a person's command. Never blocks; after `close` it is dropped.
  public func send(_ command: Command) {
    contents.withLock { if !$0.isClosed { $0.commands.append(command) } }
    wakeUp.raise()
  }

  /// Takes a feed's command. False when the inbox is full: the feed keeps it and tries later.
  public func offer(_ command: Command) -> Bool {
    let taken = contents.withLock { contents in
      guard !contents.isClosed, contents.commands.count < Self.limit else { return false }
      contents.commands.append(command)
      return true
    }
    if taken { wakeUp.raise() }
    return taken
  }

  /// Wakes the loop without a command.
  public func wake() { wakeUp.raise() }

  public func close() {
    contents.withLock { $0.isClosed = true }
    wakeUp.raise()
  }

  var isClosed: Bool { contents.withLock { $0.isClosed } }

  /// All commands that have come; waits for the first up to `timeoutMs`.
  func take(timeoutMs: Int) -> [Command] {
    let ready = takeNow()
    if !ready.isEmpty || isClosed { return ready }
    wakeUp.wait(timeoutMs: timeoutMs)
    return takeNow()
  }

  private func takeNow() -> [Command] {
    contents.withLock { contents in
      let commands = contents.commands
      contents.commands.removeAll(keepingCapacity: true)
      return commands
    }
  }
}

/// An event that one thread waits for (`eventfd`). Raising it twice before the wait counts once.
final class Signal: Sendable {
  private let descriptor: Int32

  init() {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC.rawValue) | Int32(EFD_NONBLOCK.rawValue))
    precondition(descriptor >= 0, "eventfd failed with error \(errno): no descriptor is left")
  }

  deinit { Glibc.close(descriptor) }

  func raise() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  func wait(timeoutMs: Int) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, Int32(clamping: timeoutMs)) > 0 else { return }
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}
