/// Numbered jobs done by several threads; their results are taken in order by the thread that called.
final class OrderedJobs<Result: Sendable>: Sendable {
  private struct State {
    var next = 0
    var takenCount = 0
    var results: [Int: Result] = [:]
    var isOver = false
  }

  private let count: Int
  /// How far threads run ahead of what was taken.
  private let lookahead: Int
  private let state = Monitor(State())

  private init(count: Int, lookahead: Int) {
    self.count = count
    self.lookahead = lookahead
  }

  /// - Parameters:
  ///   - laneCount: threads, the caller's among them.
  ///   - makeLane: what one thread works with, made on that thread.
  ///   - take: called with the results in order on the caller's thread; false ends it, and what is being worked on
  ///     is thrown away.
  static func run<Lane>(
    count: Int, laneCount: Int, makeLane: @escaping @Sendable () -> Lane,
    work: @escaping @Sendable (Int, Lane) -> Result, take: (Result) -> Bool
  ) {
    let laneCount = min(laneCount, count)
    let jobs = OrderedJobs(count: count, lookahead: 4 * laneCount)
    let threads = (0..<max(0, laneCount - 1)).compactMap { _ in
      WorkerThread {
        let lane = makeLane()
        while let job = jobs.waitForJob() { jobs.put(work(job, lane), for: job) }
      }
    }
    let lane = makeLane()
    while let step = jobs.nextStep() {
      switch step {
      case .take(let result): if !take(result) { jobs.end() }
      case .work(let job): jobs.put(work(job, lane), for: job)
      }
    }
    jobs.end()
    for thread in threads { thread.join() }
  }

  private enum Step {
    case take(Result)
    case work(Int)
  }

  /// For the caller: a result that is due comes first, then work, then waiting for what others do.
  private func nextStep() -> Step? {
    state.wait { state -> Step?? in
      guard !state.isOver, state.takenCount < count else { return .some(nil) }
      if let result = state.results.removeValue(forKey: state.takenCount) {
        state.takenCount += 1
        return .take(result)
      }
      guard let job = claim(&state) else { return nil }
      return .some(.work(job))
    }
  }

  private func waitForJob() -> Int? {
    state.wait { state -> Int?? in
      guard !state.isOver, state.next < count else { return .some(nil) }
      guard let job = claim(&state) else { return nil }
      return .some(job)
    }
  }

  private func claim(_ state: inout State) -> Int? {
    guard state.next < count, state.next < state.takenCount + lookahead else { return nil }
    state.next += 1
    return state.next - 1
  }

  private func put(_ result: Result, for job: Int) {
    state.withLock(wakes: true) { state in
      if !state.isOver { state.results[job] = result }
    }
  }

  private func end() {
    state.withLock(wakes: true) { state in
      state.isOver = true
      state.results.removeAll()
    }
  }
}
