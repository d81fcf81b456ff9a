// LogFiles: files, directories, pipes and commands, read on threads of this room; a block index over each; raw
// events on demand.
// Knows no state, no screen, and of the matrix only how to keep it beside the index of a big file. It never stores an event: a file is its own store, a pipe has a spool.

public import EventModel
internal import Glibc

/// Every source of a session.
///
/// All methods may be called from any thread. Updates come one at a time from the reading threads; the callback
/// may block (that pauses reading), and must not call `close` or `waitUntilRead`.
public final class LogSources: Sendable {
  public let options: ReadingOptions
  private let hub: Hub
  private let jobs: JobQueue
  private let follower: Follower
  private let streams = Monitor<[WorkerThread]>([])
  let cursors = CursorPool()

  public init(options: ReadingOptions, onUpdate: @escaping @Sendable (SourceUpdate) -> Void) {
    self.options = options
    hub = Hub(options: options, onUpdate: onUpdate)
    jobs = JobQueue()
    follower = Follower(hub: hub)
  }

  deinit { close() }

  /// Starts to read these sources, after those already open. Returns at once; what cannot be opened is told as a
  /// `.problem` without a source.
  public func open(_ specifications: [SourceSpecification]) {
    raiseFileLimit()
    let opener = opener
    follower.setLookAgain { opener.lookAgain(at: $0, $1) }
    hub.beginReading()
    jobs.allowWorkers(options.workerCount)
    let hub = hub
    let isAccepted = jobs.add {
      for specification in specifications where !hub.closing.isSet { opener.open(specification) }
      hub.endReading()
    }
    if !isAccepted { hub.endReading() }
  }

  /// Stops all readers, ends all commands, and waits for the threads. No update comes after it. Raw events can
  /// still be asked for.
  public func close() {
    hub.close()
    jobs.close()
    follower.close()
    let threads = streams.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in threads { thread.join() }
  }

  /// Waits until every source has been read to its present end (pipes and commands: until they end), or the
  /// sources are closed.
  ///
  /// - Returns: `false` when `timeoutMs` passed first.
  @discardableResult
  public func waitUntilRead(timeoutMs: Int? = nil) -> Bool { hub.waitUntilRead(timeoutMs: timeoutMs) }

  /// One entry a source, in the order of their numbers.
  public var statuses: [SourceStatus] { hub.sources.map(\.status) }

  /// Problems of what could not be opened at all; those of open sources are in their status.
  public var openingProblems: [SourceProblem] { hub.openingProblems }

  /// The numbers that `SourceUpdate.events` and all answers use.
  public var services: ServiceTable { hub.services }

  var sources: [Source] { hub.sources }

  /// Calls `body` while nothing is told, so that what was told and what is known are of the same instant.
  func betweenUpdates<Result>(_ body: () -> Result) -> Result { hub.betweenUpdates(body) }

  private var opener: SourceOpener {
    let (hub, jobs, follower, streams) = (hub, jobs, follower, streams)
    return SourceOpener(
      hub: hub,
      onFile: { Self.read($0, $1, hub, jobs, follower) },
      onStream: { Self.read($0, $1, hub, streams) },
      onRecorded: { Self.read($0, hub, jobs) },
      onFolder: { follower.add(folder: $0, $1) })
  }

  private static func read(
    _ reader: SourceReader, _ file: SourceOpener.FileToRead, _ hub: Hub, _ jobs: JobQueue,
    _ follower: Follower
  ) {
    hub.beginReading()
    hub.tell(.opened(reader.source.status))
    let isAccepted = jobs.add {
      let reading = FileReading(reader: reader, file: file) { work in _ = jobs.add(work) }
      if let followed = reading.run() { follower.add(followed) }
      hub.endReading()
    }
    if !isAccepted { hub.endReading() }
  }

  private static func read(_ reading: RecordedReading, _ hub: Hub, _ jobs: JobQueue) {
    hub.beginReading()
    for reader in reading.readers { hub.tell(.opened(reader.source.status)) }
    let isAccepted = jobs.add {
      reading.run()
      hub.endReading()
    }
    if !isAccepted { hub.endReading() }
  }

  private static func read(
    _ reader: SourceReader, _ input: StreamInput, _ hub: Hub, _ streams: Monitor<[WorkerThread]>
  ) {
    hub.beginReading()
    let thread = WorkerThread {
      var stream = StreamReader(reader, input)
      stream.run()
    }
    if let thread { return streams.withLock { $0.append(thread) } }
    reader.tell(
      SourceProblem(
        place: reader.name, reason: "no thread to read it", remedy: "raise the limit with ulimit -u"))
    hub.endReading()
  }

  /// Followed and rotated files stay open, and a directory may hold many.
  private func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, 65_536)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

/// Work for the threads that read files at rest. A thread is started when a job finds all others busy: whoever opens
/// one file does not wait for as many threads as the machine has processors.
final class JobQueue: Sendable {
  private let state = Monitor(State())

  fileprivate struct State {
    var jobs: [@Sendable () -> Void] = []
    var nextIndex = 0
    var workers: [WorkerThread] = []
    var workerLimit = 0
    var busyCount = 0
    var isClosed = false
  }

  /// From now on up to `count` threads; without it no job runs.
  func allowWorkers(_ count: Int) { state.withLock { $0.workerLimit = count } }

  var workerCount: Int { state.withLock { $0.workers.count } }

  /// - Returns: false after closing; the job will not run then.
  func add(_ job: @escaping @Sendable () -> Void) -> Bool {
    state.withLock(wakes: true) { state in
      guard !state.isClosed else { return false }
      state.jobs.append(job)
      if state.needsWorker, let worker = WorkerThread({ [state = self.state] in Self.work(state) }) {
        state.workers.append(worker)
      }
      return true
    }
  }

  /// Jobs that wait still run (they notice by themselves that all is closing); then the workers end.
  func close() {
    let workers = state.withLock(wakes: true) { state in
      state.isClosed = true
      defer { state.workers = [] }
      return state.workers
    }
    for worker in workers { worker.join() }
  }

  private static func work(_ state: Monitor<State>) {
    while let job = state.wait(for: { $0.next() }) ?? nil {
      job()
      state.withLock { $0.busyCount -= 1 }
    }
  }
}

extension JobQueue.State {
  /// More jobs wait than there are threads to take them.
  fileprivate var needsWorker: Bool {
    workers.count < workerLimit && jobs.count - nextIndex > workers.count - busyCount
  }

  /// The next job; `.some(nil)` when there will be none; `nil` to wait.
  fileprivate mutating func next() -> (@Sendable () -> Void)?? {
    guard nextIndex < jobs.count else { return isClosed ? .some(nil) : nil }
    let job = jobs[nextIndex]
    nextIndex += 1
    busyCount += 1
    if nextIndex == jobs.count {
      jobs.removeAll()
      nextIndex = 0
    }
    return .some(job)
  }
}

/// One thread that looks at every followed file, and for new files in followed directories.
final class Follower: Sendable {
  private let hub: Hub
  private let state = Monitor(State())

  typealias LookAgain = @Sendable (ForeignText, SourceSpecification) -> Void

  private struct State {
    var files: [FollowedFile] = []
    var folders: [(path: ForeignText, specification: SourceSpecification)] = []
    var lookAgain: LookAgain?
    var thread: WorkerThread?
  }

  /// How many looks at the files come before one at the directories.
  private static let looksPerFolderLook = 10

  init(hub: Hub) { self.hub = hub }

  func setLookAgain(_ lookAgain: @escaping LookAgain) { state.withLock { $0.lookAgain = lookAgain } }

  func add(_ file: FollowedFile) { start { $0.files.append(file) } }

  func add(folder: ForeignText, _ specification: SourceSpecification) {
    start { $0.folders.append((folder, specification)) }
  }

  private func start(_ add: (inout State) -> Void) {
    state.withLock { state in
      add(&state)
      if state.thread == nil {
        state.thread = WorkerThread { [hub, state = self.state] in Self.run(hub, state) }
      }
    }
  }

  func close() {
    let thread = state.withLock { state in
      defer { state.thread = nil }
      state.lookAgain = nil
      return state.thread
    }
    thread?.join()
  }

  private static func run(_ hub: Hub, _ state: Monitor<State>) {
    var lookCount = 0
    while !hub.closing.isSet {
      for file in state.withLock({ $0.files }) where !hub.closing.isSet { file.look() }
      lookCount += 1
      if lookCount % looksPerFolderLook == 0 { lookAtFolders(state) }
      _ = hub.closing.wait(for: [], timeoutMs: hub.options.followIntervalMs)
    }
    for file in state.withLock({ $0.files }) { file.end() }
  }

  private static func lookAtFolders(_ state: Monitor<State>) {
    let (folders, lookAgain) = state.withLock { ($0.folders, $0.lookAgain) }
    for folder in folders { lookAgain?(folder.path, folder.specification) }
  }
}
