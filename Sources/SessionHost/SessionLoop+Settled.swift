internal import LogFiles
public import Session

import func Glibc.usleep

extension SessionLoop {
  /// `run`, with `conversation` on a thread of its own; when that ends, the session ends. Blocks until both have.
  public func run(beside conversation: @escaping @Sendable () -> Void) throws(ThreadRefusal) {
    let inbox = inbox
    let thread = WorkerThread {
      conversation()
      inbox.close()
    }
    guard let thread else { throw ThreadRefusal() }
    run()
    thread.join()
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
    let answer = Monitor<SessionState?>(nil)
    inbox.send(.ask { state in answer.withLock(wakes: true) { $0 = state } })
    while !inbox.isClosed {
      if let state = answer.wait(timeoutMs: 100, for: { $0 }) { return state }
    }
    return nil
  }
}
