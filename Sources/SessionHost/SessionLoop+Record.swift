public import Crypto
internal import EventModel
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session

/// How a session records, when it is asked to.
public struct RecordingPlan: Sendable {
  /// Where files go that nobody has named; `nil` where there is no such place.
  public var directory: String?
  public var events: Recorder.Events
  /// Name and version of the program.
  public var library: String
  public var key: @Sendable () throws -> SigningKey

  public init(
    directory: String?, events: Recorder.Events = .range, library: String,
    key: @escaping @Sendable () throws -> SigningKey
  ) {
    self.directory = directory
    self.events = events
    self.library = library
    self.key = key
  }

  /// A name that no earlier recording has: the time in UTC.
  fileprivate func path(at time: Timestamp) throws -> String {
    guard let directory else {
      throw Problem(
        at: SourceLine(file: "recordings"), "there is no place for recordings",
        remedy: "set HOME or XDG_STATE_HOME, or start with --record FILE")
    }
    try StateStore.makeDirectory(directory)
    let digits = time.rfc3339(fractionDigitCount: 3).filter { !"-:.".contains($0) }
    return "\(directory)/\(digits).mcap"
  }
}

/// The recorder of a session, switched on and off; on threads beside the loop, since making a file waits for a disk.
final class RecordingSwitch: Sendable {
  private struct Contents {
    var plan: RecordingPlan?
    var recorder: Recorder?
    var range: TimeRange?
    /// Of recordings that have ended.
    var done: [Recorder.Status] = []
  }

  private let contents = Monitor(Contents())
  private let inbox: Inbox
  private let jobs = WriteQueue()

  init(inbox: Inbox) { self.inbox = inbox }

  func plan(_ plan: RecordingPlan) { contents.withLock { $0.plan = plan } }

  /// What is on screen now.
  func show(_ range: TimeRange) {
    contents.withLock { contents in
      contents.range = range
      contents.recorder?.show(range)
    }
  }

  /// Throws when the file cannot be made.
  func start(into path: String, _ sources: LogSources, _ plan: RecordingPlan, sinceOpening: Bool) throws {
    let inbox = inbox
    let recorder = try Recorder(
      into: path, sources: sources, events: plan.events, sinceOpening: sinceOpening, library: plan.library,
      key: plan.key
    ) { status in
      inbox.send(.recording(status.hasEnded ? nil : RecordingMark(status)))
    }
    contents.withLock { contents in
      contents.recorder = recorder
      if let range = contents.range { recorder.show(range) }
    }
    inbox.send(.recording(RecordingMark()))
  }

  func toggle(_ sources: LogSources, by view: ViewID) {
    jobs.add { [self] in
      if contents.withLock({ $0.recorder != nil }) {
        if let words = end()?.words { inbox.send(.notice(view, "\(words)")) }
        return
      }
      do {
        guard let plan = contents.withLock({ $0.plan }) else { return }
        let path = try plan.path(at: WallClock.now)
        try start(into: path, sources, plan, sinceOpening: false)
        inbox.send(.notice(view, "recording into \(path)"))
      } catch {
        inbox.send(.notice(view, "\("\(error)")"))
      }
    }
  }

  /// Closes the file; waits for the disk.
  @discardableResult
  private func end() -> Recorder.Status? {
    guard let recorder = contents.withLock({ $0.recorder }) else { return nil }
    recorder.finish()
    let status = recorder.status
    contents.withLock { contents in
      contents.recorder = nil
      contents.done.append(status)
    }
    inbox.send(.recording(nil))
    return status
  }

  /// Everything that was begun is ended. What all recordings of the session came to.
  func finish() -> [Recorder.Status] {
    jobs.finish()
    end()
    return contents.withLock { $0.done }
  }
}

extension Recorder.Status {
  /// For a person: what is in which file.
  public var words: String {
    let count = "\(savedEventCount) event\(savedEventCount == 1 ? "" : "s")"
    return hasEnded && pause == nil
      ? "recorded \(count): \(path)"
      : "recorded \(count), not closed (\(pause ?? "the disk takes too long")): \(path)"
  }
}

extension RecordingMark {
  fileprivate init(_ status: Recorder.Status) {
    self.init(savedEventCount: status.savedEventCount, pause: status.pause.map { "\($0)" })
  }
}

extension SessionLoop {
  /// How to record when somebody asks for it.
  public func plan(_ plan: RecordingPlan) { recording.plan(plan) }

  /// Records from the start on. Throws when the file cannot be made.
  public func record(into path: String, _ plan: RecordingPlan) throws {
    try recording.start(into: path, sources, plan, sinceOpening: true)
  }
}
