internal import LogFiles

/// Writes to the disk in the order in which they were given, on a thread of their own: a disk may take seconds, and keys
/// must not wait for it. None is replaced or left out.
public final class WriteQueue: Sendable {
  private struct Contents {
    var waiting: [@Sendable () -> Void] = []
    /// A thread takes what waits; it ends when nothing does.
    var isWorking = false
  }

  private let contents = Monitor(Contents())

  public init() {}

  /// Returns at once. Where the system has no thread left, the caller writes.
  public func add(_ write: @escaping @Sendable () -> Void) {
    let needsThread = contents.withLock { contents in
      contents.waiting.append(write)
      defer { contents.isWorking = true }
      return !contents.isWorking
    }
    guard needsThread else { return }
    guard let thread = WorkerThread({ self.work() }) else { return work() }
    thread.detach()
  }

  /// Waits until all that was given is done.
  public func finish() { contents.wait { $0.isWorking ? nil : () } }

  private func work() {
    while let write = next() { write() }
  }

  private func next() -> (@Sendable () -> Void)? {
    contents.withLock(wakes: true) { contents in
      guard contents.waiting.isEmpty else { return contents.waiting.removeFirst() }
      contents.isWorking = false
      return nil
    }
  }
}
