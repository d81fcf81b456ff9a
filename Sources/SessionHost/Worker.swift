internal import Glibc
internal import Synchronization

/// One thread that does the newest job given to it: a job that has not begun is replaced, one that runs is asked to
/// stop.
final class Worker: Sendable {
  typealias Job = @Sendable (_ isCancelled: () -> Bool) -> Void

  private struct Contents {
    var next: Job?
    var generation: UInt64 = 0
    var isClosed = false
    var isIdle = true
  }

  private let contents = Mutex(Contents())
  private let wakeUp = Signal()

  init() { startThread { self.work() } }

  func run(_ job: @escaping Job) {
    contents.withLock { contents in
      contents.next = job
      contents.generation += 1
    }
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

  private func work() {
    while true {
      let (job, generation, isClosed) = contents.withLock { contents in
        let job = contents.next
        contents.next = nil
        return (job, contents.generation, contents.isClosed)
      }
      if isClosed { return }
      guard let job else {
        wakeUp.wait(timeoutMs: -1)
        continue
      }
      job { self.contents.withLock { $0.generation != generation } }
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
