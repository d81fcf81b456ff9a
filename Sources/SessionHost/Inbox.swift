// SessionHost: where every front-end and subcommand starts: sources, inbox, clock, loop, workers.
// Draws nothing; never changes state but by commands.

internal import LogFiles
public import Preferences
public import Session

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
    /// Woken since the last look.
    var isWoken = false
  }

  private let contents = Monitor(Contents())

  public init() {}

  /// Never blocks; after `close` the command is dropped.
  public func send(_ command: Command) { send(.command(command)) }

  /// The same for keys and keymaps.
  public func send(_ input: LoopInput) {
    contents.withLock(wakes: true) { contents in
      if !contents.isClosed { contents.inputs.append(input) }
    }
  }

  /// Wakes the loop without a command.
  public func wake() { contents.withLock(wakes: true) { $0.isWoken = true } }

  public func close() { contents.withLock(wakes: true) { $0.isClosed = true } }

  var isClosed: Bool { contents.withLock { $0.isClosed } }

  /// All commands that have come; waits for the first up to `timeoutMs` (negative: for ever).
  func take(timeoutMs: Int) -> [LoopInput] {
    func takeNews(_ contents: inout Contents) -> [LoopInput]? {
      guard contents.isWoken || contents.isClosed || !contents.inputs.isEmpty else { return nil }
      contents.isWoken = false
      defer { contents.inputs.removeAll(keepingCapacity: true) }
      return contents.inputs
    }
    if timeoutMs < 0 { return contents.wait(for: takeNews) }
    return contents.wait(timeoutMs: timeoutMs, for: takeNews) ?? []
  }
}
