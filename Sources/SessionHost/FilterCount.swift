internal import EventMatrix
internal import LogFiles
internal import Session
internal import Synchronization

/// Keeps the counts of the filter in force: scans once, then only what has come since.
final class FilterCount: Sendable {
  private struct Progress {
    var request: CountRequest
    var matrix = EventMatrix()
    var position = ScanPosition.start
    var isRunning = false
    /// Events have come while it was running.
    var isBehind = false
  }

  private let progress = Mutex<Progress?>(nil)
  private let worker = Worker()
  private let runner: EffectRunner
  private let inbox: Inbox

  init(runner: EffectRunner, inbox: Inbox) {
    self.runner = runner
    self.inbox = inbox
  }

  /// - Returns: false when there is no thread to count on.
  func start(_ request: CountRequest) -> Bool {
    progress.withLock { $0 = Progress(request: request, isRunning: true) }
    return worker.run { self.work(for: request.id, isCancelled: $0) }
  }

  func stop() {
    progress.withLock { $0 = nil }
    worker.cancel()
  }

  func close() { worker.close() }

  /// New events have come.
  func catchUp() {
    let request = progress.withLock { progress -> CountRequest? in
      guard let current = progress else { return nil }
      if current.isRunning {
        progress?.isBehind = true
        return nil
      }
      progress?.isRunning = true
      return current.request
    }
    if let request { worker.run { self.work(for: request.id, isCancelled: $0) } }
  }

  private func work(for id: UInt64, isCancelled: () -> Bool) {
    var hasMore = true
    while hasMore, !isCancelled() {
      guard let current = progress.withLock({ $0 }), current.request.id == id else { return }
      var matrix = current.matrix
      let isFirst = current.position == .start
      let outcome = runner.count(
        current.request, into: &matrix, from: current.position, isCancelled: isCancelled,
        onProgress: { if isFirst { self.inbox.send(.filtered($0)) } })
      guard !outcome.isCancelled else { return }
      hasMore = progress.withLock { progress in
        guard progress?.request.id == id else { return false }
        progress?.matrix = matrix
        progress?.position = outcome.position
        let isBehind = progress?.isBehind ?? false
        progress?.isBehind = false
        if !isBehind { progress?.isRunning = false }
        return isBehind
      }
      inbox.send(.filtered(FilteredMatrix(id: id, matrix: matrix, share: 1)))
    }
  }
}
