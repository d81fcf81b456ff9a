internal import Glibc
internal import Synchronization

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

  private let contents = Mutex(Contents())
  private let wakeUp = Signal()

  /// - Parameter startMs: the job begins at this time of the monotonic clock, at once when it has passed.
  func run(atMs startMs: Int64 = 0, _ job: @escaping Job) {
    let needsThread = contents.withLock { contents in
      contents.next = job
      contents.startMs = startMs
      contents.generation += 1
      defer { contents.hasThread = true }
      return !contents.hasThread && !contents.isClosed
    }
    if needsThread { startThread { self.work() } }
    wakeUp.raise()
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
    contents.withLock { contents in
      contents.next = nil
      contents.generation += 1
      contents.isClosed = true
    }
    wakeUp.raise()
  }

  /// Nothing runs, and nothing waits.
  var isIdle: Bool { contents.withLock { $0.next == nil && !$0.isRunning } }

  /// Lets the newest job end, but no longer than this; then closes.
  func finish(withinMs limitMs: Int64) {
    let endMs = WallClock.monotonicMs + limitMs
    // Looked at again and again: a signal of its own would cost every worker's start, and few ever wait.
    while !isIdle, WallClock.monotonicMs < endMs {
      usleep(1000)
    }
    close()
  }

  private func work() {
    while true {
      let (job, generation, isClosed, waitMs) = contents.withLock { contents in
        let leftMs = contents.next == nil ? -1 : max(0, contents.startMs - WallClock.monotonicMs)
        let job = leftMs == 0 ? contents.next : nil
        if leftMs == 0 { contents.next = nil }
        contents.isRunning = job != nil
        return (job, contents.generation, contents.isClosed, leftMs)
      }
      if isClosed { return }
      guard let job else {
        wakeUp.wait(timeoutMs: Int(waitMs))
        continue
      }
      job { self.contents.withLock { $0.generation != generation } }
      contents.withLock { $0.isRunning = false }
    }
  }
}

/// Starts a detached thread with room for deep decoders.
func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let context = Unmanaged.passRetained(Box(body)).toOpaque()
  let error = pthread_create(
    &thread, nil,
    { context in
      guard let context else { return nil }
      Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }, context)
  precondition(error == 0, "no thread can be started: error \(error)")
  pthread_detach(thread)
}
