public import Crypto
public import EventModel
public import LogFiles
internal import Recording

/// Records a session into a file, on a thread of its own: what was read of the sources, and what people did.
///
/// Nothing waits for the disk but this thread. Memory: what has come in 0.4 s, and up to `waitingLimit` that a full
/// disk refuses; source bytes are not even read again until it takes them.
public final class Recorder: Sendable {
  /// Which events are written into the file.
  public enum Events: Hashable, Sendable {
    /// Every event of all sources.
    case all
    /// Every event between the earliest and the latest instant shown; see `show(_:)`.
    case range
    case none
  }

  public struct Status: Hashable, Sendable {
    /// The file that is written now.
    public var path: String
    /// On the disk, and signed for.
    public var savedEventCount: UInt64 = 0
    public var durableByteCount: UInt64 = 0
    /// Why nothing can be written at the moment; nothing is lost while this stands and `lostMessageCount` is 0.
    public var pause: String?
    /// Of what people did, not kept because too much waited.
    public var lostMessageCount = 0
    public var hasEnded = false
    /// What could not be recorded: place, reason, remedy.
    public var problems: [SourceProblem] = []
    public var problemCount = 0
  }

  /// What people did, on its way into the file.
  struct Message {
    var topic: String
    var content: [UInt8]
    var time: Timestamp
  }

  private struct Contents {
    var messages: [Message] = []
    var messageByteCount = 0
    var range: TimeRange?
    var isEnding = false
    var status: Status

    /// What waits, unless it has to wait on; and the range so far.
    mutating func take(_ takesMessages: Bool) -> ([Message], TimeRange?) {
      guard takesMessages else { return ([], range) }
      defer { (messages, messageByteCount) = ([], 0) }
      return (messages, range)
    }
  }

  static let intervalMs = 400
  private static let retryMs = 1000
  static let chunkByteCount = 256 << 10
  /// Written at once while much comes.
  private static let burstByteCount = 8 << 20
  static let waitingLimit = 64 << 20
  private static let messageLimit = 16 << 20

  private let contents: Monitor<Contents>
  private let events: Events
  private let library: String
  private let sources: LogSources?
  private let sinceOpening: Bool
  private let makeTiles: @Sendable (TimeRange) -> RecordedTiles?
  private let makeKey: @Sendable () throws -> SigningKey
  private let onChange: @Sendable (Status) -> Void

  /// Makes the file and starts. Throws when there is such a file already, or it cannot be made.
  ///
  /// - Parameters:
  ///   - sources: `nil` records no source.
  ///   - sinceOpening: it begins with the sources: what comes has just arrived.
  ///   - tiles: counts of what was recorded between two instants; asked for once, at the end.
  ///   - key: called again for the file after one whose disk has failed.
  ///   - onChange: told when the status is another; on the recorder's thread.
  public init(
    into path: String, sources: LogSources?, events: Events, sinceOpening: Bool, library: String,
    tiles: @escaping @Sendable (TimeRange) -> RecordedTiles? = { _ in nil },
    key: @escaping @Sendable () throws -> SigningKey,
    onChange: @escaping @Sendable (Status) -> Void = { _ in }
  ) throws {
    contents = Monitor(Contents(status: Status(path: path)))
    self.sources = sources
    self.events = events
    self.sinceOpening = sinceOpening
    self.library = library
    makeTiles = tiles
    makeKey = key
    self.onChange = onChange
    let file = try RecordingFile(creating: path, library: library, key: try key())
    let run = RecorderRun(file, copier: copier)
    // Only this thread has the run from here on.
    nonisolated(unsafe) let handed = run
    guard let thread = WorkerThread({ self.work(handed) }) else { throw ThreadRefusal() }
    thread.detach()
  }

  public var status: Status { contents.withLock { $0.status } }

  /// One JSON object of the channel `topic`. Returns at once.
  public func put(_ json: [UInt8], topic: String, time: Timestamp) {
    contents.withLock { contents in
      guard contents.messageByteCount + json.count <= Self.messageLimit else {
        contents.status.lostMessageCount += 1
        return
      }
      contents.messages.append(Message(topic: topic, content: json, time: time))
      contents.messageByteCount += json.count
    }
  }

  /// This range is on screen now: with `.range`, its events and those between it and what was shown before are recorded.
  public func show(_ range: TimeRange) {
    contents.withLock { contents in
      guard let known = contents.range else { return contents.range = range }
      contents.range = TimeRange(start: min(known.start, range.start), end: max(known.end, range.end))
    }
  }

  /// Writes what is left and closes the file. Blocks, however long the disk takes, up to `timeoutMs`; a file that was
  /// not closed by then opens all the same.
  ///
  /// - Returns: whether everything is on the disk.
  @discardableResult
  public func finish(timeoutMs: Int = 10_000) -> Bool {
    contents.withLock(wakes: true) { $0.isEnding = true }
    _ = contents.wait(timeoutMs: timeoutMs) { $0.status.hasEnded ? () : nil }
    return contents.withLock { $0.status.hasEnded && $0.status.pause == nil }
  }

  private var copier: SourceCopier? {
    guard let sources, events != .none else { return nil }
    return SourceCopier(sources, sinceOpening: sinceOpening)
  }
}

// MARK: - The thread

extension Recorder {
  private func work(_ run: RecorderRun) {
    var hasEnded = false
    while !hasEnded {
      let waitMs = run.isPaused ? Self.retryMs : Self.intervalMs
      let isEnding = contents.wait(timeoutMs: waitMs) { $0.isEnding ? true : nil } ?? false
      if run.isAbandoned { goOn(run) }
      hasEnded = round(run, isEnding: isEnding)
      publish(run, hasEnded: hasEnded)
      // A disk that refuses at the end is asked again, but not without a pause.
      if isEnding, !hasEnded { _ = contents.wait(timeoutMs: Self.retryMs) { _ in nil as Void? } }
    }
  }

  /// Everything that has come goes to the disk, unless too much waits for it. Returns whether the file is closed.
  private func round(_ run: RecorderRun, isEnding: Bool) -> Bool {
    let takesMore = run.waitingByteCount < Self.waitingLimit
    let (messages, range) = contents.withLock { $0.take(takesMore) }
    for message in messages { run.put(message) }
    if events == .range { run.range = range }
    let isDone = run.attempt { () throws(RecordingError) in
      if takesMore, events == .all || range != nil {
        try run.copy(now: WallClock.now, chunk: Self.chunkByteCount, burst: Self.burstByteCount)
      }
      try run.commit()
      if isEnding, takesMore { try run.finish(at: WallClock.now, tiles: tiles(range)) }
    }
    return isDone && isEnding && takesMore
  }

  /// Where events were recorded.
  private func tiles(_ range: TimeRange?) -> () -> RecordedTiles? {
    { [self] in
      switch events {
      case .all: makeTiles(.everything)
      case .range: range.flatMap(makeTiles)
      case .none: nil
      }
    }
  }

  /// The disk has failed under this file: everything again in another one.
  private func goOn(_ run: RecorderRun) {
    let path = contents.withLock { Self.path(after: $0.status.path) }
    guard let key = try? makeKey(), let file = try? RecordingFile(creating: path, library: library, key: key)
    else { return }
    run.begin(file, copier: copier)
    contents.withLock { $0.status.path = path }
  }

  /// `a.mcap`, `a-2.mcap`, `a-3.mcap`.
  static func path(after path: String) -> String {
    let suffix = ".mcap"
    let stem = path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path
    let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
    if parts.count > 1, let number = parts.last.flatMap({ Int($0) }), number > 1, number < 1000 {
      return parts.dropLast().joined(separator: "-") + "-\(number + 1)" + suffix
    }
    return stem + "-2" + suffix
  }

  private func publish(_ run: RecorderRun, hasEnded: Bool) {
    let problems = run.takeProblems()
    let (status, isNews) = contents.withLock(wakes: true) { contents in
      let before = contents.status
      contents.status.savedEventCount = run.savedEventCount
      contents.status.durableByteCount = run.durableByteCount
      contents.status.pause = run.pause
      contents.status.problemCount += problems.count
      contents.status.problems += problems.prefix(max(0, 100 - contents.status.problems.count))
      contents.status.hasEnded = hasEnded
      return (contents.status, contents.status != before)
    }
    if isNews { onChange(status) }
  }
}
