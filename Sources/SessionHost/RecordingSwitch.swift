internal import EventModel
internal import LogFiles
internal import SceneGraph
internal import Session

/// The recorders of a session: the one that people switch on and off, and the autosave. On threads beside the loop, since
/// making a file waits for a disk.
final class RecordingSwitch: Sendable {
  private struct Contents {
    var plan: RecordingPlan?
    var autosave: AutosavePlan?
    /// `nil` while nobody records.
    var recording: SessionLog?
    /// `nil` before a person has done anything.
    var saving: SessionLog?
    /// A thread makes the autosave's file, or has failed to.
    var hasBegunSaving = false
    var range: TimeRange?
    /// Where the person is.
    var place: (link: SessionLink, view: ViewID)?
    var notes: [Note] = []
    /// Of recordings that have ended.
    var done: [Recorder.Status] = []

    mutating func catchUp() {
      let (place, notes) = (place, notes)
      recording?.catchUp(place, notes)
      saving?.catchUp(place, notes)
    }
  }

  private let contents = Monitor(Contents())
  private let inbox: Inbox
  private let jobs = WriteQueue()

  init(inbox: Inbox) { self.inbox = inbox }

  func plan(_ plan: RecordingPlan) { contents.withLock { $0.plan = plan } }

  /// From when somebody does something on.
  func autosave(_ plan: AutosavePlan) { contents.withLock { $0.autosave = plan } }

  /// What is on screen now.
  ///
  /// - Parameter hasActed: somebody has pressed a key.
  func show(_ range: TimeRange, at link: SessionLink, in view: ViewID, notes: [Note], hasActed: Bool) {
    let (beginsSaving, isFull) = contents.withLock { contents in
      contents.notes = notes
      contents.range = range
      contents.place = (link, view)
      contents.recording?.recorder.show(range)
      contents.catchUp()
      let begins = hasActed && contents.autosave != nil && !contents.hasBegunSaving
      if begins { contents.hasBegunSaving = true }
      return (begins, contents.saving?.isFull == true)
    }
    if beginsSaving { jobs.add { [self] in startSaving() } }
    if isFull { jobs.add { [self] in goOnSaving() } }
  }

  // MARK: Recording

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
      if let range = contents.range { recorder.show(range) }
      contents.recording = SessionLog(recorder)
      contents.catchUp()
    }
    inbox.send(.recording(RecordingMark()))
  }

  func toggle(_ sources: LogSources, by view: ViewID) {
    jobs.add { [self] in
      if contents.withLock({ $0.recording != nil }) {
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

  /// Somebody records.
  var isRecording: Bool { contents.withLock { $0.recording != nil } }

  /// Closes the file; waits for the disk.
  @discardableResult
  private func end() -> Recorder.Status? {
    let recorder = contents.withLock { contents in
      contents.recording?.takeStep(contents.place)
      return contents.recording?.recorder
    }
    guard let recorder else { return nil }
    recorder.finish()
    let status = recorder.status
    contents.withLock { contents in
      contents.recording = nil
      contents.done.append(status)
    }
    inbox.send(.recording(nil))
    return status
  }

  // MARK: Autosave

  private func startSaving() {
    guard let plan = contents.withLock({ $0.autosave }) else { return }
    do {
      let recorder = try plan.start()
      contents.withLock { contents in
        contents.saving = SessionLog(recorder)
        contents.catchUp()
      }
    } catch {
      guard let view = contents.withLock({ $0.place?.view }) else { return }
      inbox.send(.notice(view, "this session is not saved by itself: \("\(error)")"))
    }
  }

  /// The file has grown to its limit: on in another one, with everything that it takes to go on from there.
  private func goOnSaving() {
    guard let full = contents.withLock({ $0.saving }), full.isFull else { return }
    contents.withLock { $0.saving = nil }
    full.recorder.finish()
    startSaving()
  }

  private func endSaving() {
    let log = contents.withLock { contents in
      contents.saving?.takeStep(contents.place)
      return contents.saving
    }
    log?.recorder.finish()
    contents.withLock { $0.saving = nil }
  }

  /// Everything that was begun is ended. What all recordings of the session came to.
  func finish() -> [Recorder.Status] {
    jobs.finish()
    end()
    endSaving()
    return contents.withLock { $0.done }
  }
}

/// A session file that is being written, and what it knows of the session already.
private struct SessionLog {
  let recorder: Recorder
  private var link: SessionLink?
  private var notes: [Note] = []
  private var stepMs: Int64 = 0

  /// A held key takes no step a frame.
  private static let stepIntervalMs: Int64 = 1000

  init(_ recorder: Recorder) { self.recorder = recorder }

  /// Longer autosaves are no use to anybody; recordings have no limit.
  var isFull: Bool { recorder.status.durableByteCount >= AutosavePlan.fileLimit }

  mutating func catchUp(_ place: (link: SessionLink, view: ViewID)?, _ notes: [Note]) {
    takeNotes(notes)
    if WallClock.monotonicMs - stepMs >= Self.stepIntervalMs { takeStep(place) }
  }

  /// What was written, changed or deleted since it was told.
  private mutating func takeNotes(_ current: [Note]) {
    guard current != notes else { return }
    let now = WallClock.now
    let known = Dictionary(notes.map { ($0.id, $0) }) { first, _ in first }
    let kept = Set(current.map(\.id))
    let changes =
      current.filter { known[$0.id] != $0 }.map { NoteChange($0) }
      + notes.filter { !kept.contains($0.id) }.map { NoteChange($0, isDeleted: true) }
    for change in changes {
      recorder.put(Array(change.json.utf8), topic: RecordedNotes.topic, time: now)
    }
    notes = current
  }

  /// Where the person is now, unless it is known.
  mutating func takeStep(_ place: (link: SessionLink, view: ViewID)?) {
    guard let place, place.link != link else { return }
    let now = WallClock.now
    recorder.put(
      TrailFile.content(Footstep(time: now, link: place.link), view: place.view), topic: TrailFile.topic,
      time: now)
    link = place.link
    stepMs = WallClock.monotonicMs
  }
}

extension RecordingMark {
  fileprivate init(_ status: Recorder.Status) {
    self.init(savedEventCount: status.savedEventCount, pause: status.pause.map { "\($0)" })
  }
}
