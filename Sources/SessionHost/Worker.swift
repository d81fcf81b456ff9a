internal import LogFiles

/// One thread that does the newest job given to it: a job that has not begun is replaced, one that runs is asked to
/// stop. The thread starts with the first job: most sessions need few of them, and the first frame none.
final class Worker: Sendable {
  typealias Job = @Sendable (_ isCancelled: () -> Bool) -> Void

  private struct Contents {
    var next: Job?
    /// When the next job may begin, by the monotonic clock.
    var startMs: Int64 = 0
    var generation: UInt64 = 0
    var isClosed = false
    var isRunning = false
    var hasThread = false
  }

  private let contents = Monitor(Contents())

  /// - Parameter startMs: the job begins at this time of the monotonic clock, at once when it has passed.
  /// - Returns: false when the system refuses a thread; the job is not done then.
  @discardableResult
  func run(atMs startMs: Int64 = 0, _ job: @escaping Job) -> Bool {
    guard start() else { return false }
    contents.withLock(wakes: true) { contents in
      guard !contents.isClosed else { return }
      contents.next = job
      contents.startMs = startMs
      contents.generation += 1
    }
    return true
  }

  /// Forgets the waiting job and asks the running one to stop.
  func cancel() {
    contents.withLock { contents in
      contents.next = nil
      contents.generation += 1
    }
  }

  /// No further job is begun; the thread ends when the running one does.
  func close() {
    contents.withLock(wakes: true) { contents in
      contents.next = nil
      contents.generation += 1
      contents.isClosed = true
    }
  }

  /// Nothing runs, and nothing waits.
  var isIdle: Bool { contents.withLock { $0.next == nil && !$0.isRunning } }

  /// Lets the newest job end, but no longer than this; then closes.
  func finish(withinMs limitMs: Int64) {
    _ = contents.wait(timeoutMs: Int(limitMs)) { $0.next == nil && !$0.isRunning ? () : nil }
    close()
  }

  private func start() -> Bool {
    contents.withLock { contents in
      if contents.hasThread || contents.isClosed { return true }
      guard let thread = WorkerThread({ self.work() }) else { return false }
      thread.detach()
      contents.hasThread = true
      return true
    }
  }

  private enum Step {
    case job(Job, generation: UInt64)
    case wait(ms: Int)
    case end
  }

  private func work() {
    while true {
      switch contents.wait(for: Self.nextStep) {
      case .end: return
      case .job(let job, let generation):
        job { self.contents.withLock { $0.generation != generation } }
        contents.withLock(wakes: true) { $0.isRunning = false }
      case .wait(let ms):
        _ = contents.wait(timeoutMs: ms) { $0.isClosed || $0.startMs <= WallClock.monotonicMs ? () : nil }
      }
    }
  }

  /// `nil` while there is nothing to do.
  private static func nextStep(_ contents: inout Contents) -> Step? {
    if contents.isClosed { return .end }
    guard let job = contents.next else { return nil }
    let leftMs = contents.startMs - WallClock.monotonicMs
    if leftMs > 0 { return .wait(ms: Int(leftMs)) }
    contents.next = nil
    contents.isRunning = true
    return .job(job, generation: contents.generation)
  }
}

/// The system has no thread left for what was asked.
public struct ThreadRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String { "no thread can be started: raise the limit of processes (ulimit -u)" }
}
