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
    /// Where the person is, and where the recording says they are.
    var place: (link: SessionLink, view: ViewID)?
    var recordedLink: SessionLink?
    /// As they are, and as the recording has them.
    var notes: [Note] = []
    var recordedNotes: [Note] = []
    var recordedMs: Int64 = 0
    /// Of recordings that have ended.
    var done: [Recorder.Status] = []

    /// What was written, changed or deleted since the recording was told.
    mutating func recordNotes() {
      guard let recorder, notes != recordedNotes else { return }
      let now = WallClock.now
      let known = Dictionary(recordedNotes.map { ($0.id, $0) }) { first, _ in first }
      let kept = Set(notes.map(\.id))
      let changes =
        notes.filter { known[$0.id] != $0 }.map { NoteChange($0) }
        + recordedNotes.filter { !kept.contains($0.id) }.map { NoteChange($0, isDeleted: true) }
      for change in changes {
        recorder.put(Array(change.json.utf8), topic: RecordedNotes.topic, time: now)
      }
      recordedNotes = notes
    }

    /// Where the person is now, unless the recording knows.
    mutating func recordStep() {
      guard let recorder, let place, place.link != recordedLink else { return }
      let now = WallClock.now
      recorder.put(
        TrailFile.content(Footstep(time: now, link: place.link), view: place.view), topic: TrailFile.topic,
        time: now)
      recordedLink = place.link
      recordedMs = WallClock.monotonicMs
    }
  }

  private let contents = Monitor(Contents())
  private let inbox: Inbox
  private let jobs = WriteQueue()

  init(inbox: Inbox) { self.inbox = inbox }

  func plan(_ plan: RecordingPlan) { contents.withLock { $0.plan = plan } }

  /// What is on screen now.
  func show(_ range: TimeRange, at link: SessionLink, in view: ViewID, notes: [Note]) {
    contents.withLock { contents in
      contents.notes = notes
      contents.recordNotes()
      contents.range = range
      contents.place = (link, view)
      contents.recorder?.show(range)
      // A held key takes no step a frame.
      if WallClock.monotonicMs - contents.recordedMs >= Self.stepMs { contents.recordStep() }
    }
  }

  private static let stepMs: Int64 = 1000

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
      contents.recordedLink = nil
      contents.recordedNotes = []
      contents.recordNotes()
      contents.recordStep()
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
    let recorder = contents.withLock { contents in
      contents.recordStep()
      return contents.recorder
    }
    guard let recorder else { return nil }
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
