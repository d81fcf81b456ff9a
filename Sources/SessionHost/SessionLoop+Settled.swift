public import Session
internal import Synchronization

import func Glibc.usleep

extension SessionLoop {
  /// `run`, with `conversation` on a thread of its own; when that ends, the session ends. Blocks until both have.
  public func run(beside conversation: @escaping @Sendable () -> Void) {
    let done = Signal()
    startThread {
      conversation()
      self.inbox.close()
      done.raise()
    }
    run()
    done.wait(timeoutMs: -1)
  }

  /// The state after everything that was sent before, as soon as nothing that was asked for is still on its way; for
  /// front-ends that work command by command. Blocks: never call it on the loop's thread.
  ///
  /// - Parameters:
  ///   - awaitsSources: also until every source has been read to its present end.
  ///   - patienceMs: the state as it is then comes after this time.
  /// - Returns: `nil` when the inbox was closed meanwhile.
  public func settledState(of view: ViewID, awaitsSources: Bool, patienceMs: Int64) -> SessionState? {
    let endMs = WallClock.monotonicMs + patienceMs
    while true {
      // Asked first: the state that comes after it has what was read until then.
      let isAtRest = ingest.isAtRest
      guard let state = currentState() else { return nil }
      let isRead = !awaitsSources || isAtRest && !state.data.sources.isEmpty
      if isRead && state.isAnswered(for: view) || WallClock.monotonicMs >= endMs { return state }
      usleep(Self.pollUs)
    }
  }

  private static let pollUs: UInt32 = 5000

  /// The state once everything sent before has been applied.
  private func currentState() -> SessionState? {
    let answer = Answer()
    inbox.send(.ask { answer.give($0) })
    while !inbox.isClosed {
      if let state = answer.take(waitingMs: 100) { return state }
    }
    return nil
  }
}

/// One state on its way from the loop's thread to another.
private final class Answer: Sendable {
  private let state = Mutex<SessionState?>(nil)
  private let signal = Signal()

  func give(_ new: SessionState) {
    state.withLock { $0 = new }
    signal.raise()
  }

  func take(waitingMs: Int) -> SessionState? {
    if let ready = state.withLock({ $0 }) { return ready }
    signal.wait(timeoutMs: waitingMs)
    return state.withLock { $0 }
  }
}
