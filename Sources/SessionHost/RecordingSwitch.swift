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
    /// Whoever is told what goes wrong.
    var view: ViewID?
    var notes: [Note] = []
    /// Everything that has happened so far.
    var journal = SessionJournal()
    /// Of recordings that have ended.
    var done: [Recorder.Status] = []

    mutating func write(_ entries: [SessionJournal.Entry]) {
      recording?.write(entries)
      saving?.write(entries)
    }

    /// What the frame of a step shows has been told before it.
    mutating func takeStep(_ place: Place, isLast: Bool) {
      let isDue = recording?.isStepDue(place, isLast: isLast) == true
      if isDue || saving?.isStepDue(place, isLast: isLast) == true { write(journal.flush()) }
      recording?.takeStep(place, isLast: isLast)
      saving?.takeStep(place, isLast: isLast)
    }

    mutating func begin(_ recorder: Recorder) -> SessionLog {
      var log = SessionLog(recorder)
      if let entries = journal.entries { log.begin(entries) }
      log.takeNotes(notes)
      return log
    }
  }

  private let contents = Monitor(Contents())
  private let inbox: Inbox
  private let tiles: @Sendable (TimeRange) -> RecordedTiles?
  private let jobs = WriteQueue()

  /// - Parameter tiles: counts of what has been read.
  init(inbox: Inbox, tiles: @escaping @Sendable (TimeRange) -> RecordedTiles?) {
    self.inbox = inbox
    self.tiles = tiles
  }

  func plan(_ plan: RecordingPlan) { contents.withLock { $0.plan = plan } }

  /// From when somebody does something on.
  func autosave(_ plan: AutosavePlan) { contents.withLock { $0.autosave = plan } }

  /// `command` has been applied.
  ///
  /// - Parameter state: after it.
  func note(_ command: Command, in state: SessionState) {
    contents.withLock { contents in contents.write(contents.journal.note(command, in: state)) }
  }

  /// The clock of a replay went on.
  func noteTick(in state: SessionState) {
    contents.withLock { contents in contents.write(contents.journal.noteTick(in: state)) }
  }

  /// What is on screen now, in the first view.
  ///
  /// - Parameter isGrowing: events have come since everything had been read.
  func show(_ state: SessionState, isGrowing: Bool) {
    guard let view = state.views.first else { return }
    let range = state.windowRange(of: view)
    let (beginsSaving, isFull) = contents.withLock { contents in
      contents.notes = state.notes
      contents.range = range
      contents.view = view.id
      contents.recording?.recorder.show(range)
      contents.recording?.takeNotes(state.notes)
      contents.saving?.takeNotes(state.notes)
      let place = Place(state: state, view: view, isGrowing: isGrowing)
      contents.takeStep(place, isLast: false)
      let begins = view.hasActed && contents.autosave != nil && !contents.hasBegunSaving
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
      tiles: tiles, key: plan.key
    ) { status in
      inbox.send(.recording(status.hasEnded ? nil : RecordingMark(status)))
    }
    contents.withLock { contents in
      if let range = contents.range { recorder.show(range) }
      contents.recording = contents.begin(recorder)
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
    guard let recorder = contents.withLock({ $0.recording?.recorder }) else { return nil }
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
        contents.saving = contents.begin(recorder)
      }
    } catch {
      guard let view = contents.withLock({ $0.view }) else { return }
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
    guard let log = contents.withLock({ $0.saving }) else { return }
    log.recorder.finish(timeoutMs: Self.patienceMs)
    contents.withLock { $0.saving = nil }
  }

  /// Who quits does not wait for a disk that hangs; what was saved is saved.
  private static let patienceMs = 1000

  /// Everything that was begun is ended. What all recordings of the session came to.
  ///
  /// - Parameter state: the last one.
  func finish(_ state: SessionState, isGrowing: Bool) -> [Recorder.Status] {
    jobs.finish()
    if let view = state.views.first {
      let place = Place(state: state, view: view, isGrowing: isGrowing)
      contents.withLock { contents in
        contents.takeStep(place, isLast: true)
      }
    }
    end()
    endSaving()
    return contents.withLock { $0.done }
  }
}

/// Where a person is.
private struct Place {
  let state: SessionState
  let view: ViewState
  let isGrowing: Bool

  var link: SessionLink { state.footstep(of: view) }

  func frame(_ link: SessionLink, after commandCount: Int?) -> KeyFrame {
    KeyFrame(
      view: view.id, step: Footstep(time: state.now, link: link), extent: view.extent,
      commandCount: commandCount ?? 0,
      digest: commandCount == nil ? nil : state.frameDigest(of: view.id, leavingOutLists: isGrowing),
      leavesOutLists: isGrowing)
  }
}

/// A session file that is being written, and what it knows of the session already.
private struct SessionLog {
  let recorder: Recorder
  /// Commands that it has; `nil` where it has not got them all.
  private var commandCount: Int?
  private var link: SessionLink?
  private var notes: [Note] = []
  private var stepMs: Int64 = 0
  private var stepCommandCount = 0

  /// A held key takes no step a frame.
  private static let stepIntervalMs: Int64 = 1000

  init(_ recorder: Recorder) { self.recorder = recorder }

  /// Longer autosaves are no use to anybody; recordings have no limit.
  var isFull: Bool { recorder.status.durableByteCount >= AutosavePlan.fileLimit }

  /// With all that happened before.
  mutating func begin(_ entries: [SessionJournal.Entry]) {
    commandCount = 0
    write(entries)
  }

  mutating func write(_ entries: [SessionJournal.Entry]) {
    guard let count = commandCount else { return }
    for entry in entries { recorder.put(entry.content, topic: ReplayCheck.journalTopic, time: entry.time) }
    commandCount = count + entries.count
  }

  /// What was written, changed or deleted since it was told.
  mutating func takeNotes(_ current: [Note]) {
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

  func isStepDue(_ place: Place, isLast: Bool) -> Bool {
    guard isLast || WallClock.monotonicMs - stepMs >= Self.stepIntervalMs else { return false }
    return place.link != link || isLast && commandCount ?? 0 > stepCommandCount
  }

  /// Where the person is now, unless it is known; the last one also says what was shown at the end.
  mutating func takeStep(_ place: Place, isLast: Bool) {
    guard isStepDue(place, isLast: isLast) else { return }
    let link = place.link
    let frame = place.frame(link, after: commandCount)
    recorder.put(Array(frame.json.utf8), topic: TrailFile.topic, time: WallClock.now)
    self.link = link
    stepCommandCount = commandCount ?? 0
    stepMs = WallClock.monotonicMs
  }
}

/// What has happened to a session from its beginning on, for files that are begun later.
struct SessionJournal {
  struct Entry {
    var content: [UInt8]
    var time: Timestamp
  }

  /// A session that nobody records for so long gives its beginning up.
  private static let byteLimit = 8 << 20

  /// From the first on; `nil` when they were too many to be kept.
  private(set) var entries: [Entry]? = []
  private var byteCount = 0
  private var writer = JournalWriter()
  /// Data before anybody has done anything: only the last of it matters.
  private var waitingData: (command: Command, state: SessionState)?

  /// The entries that are new.
  mutating func note(_ command: Command, in state: SessionState) -> [Entry] {
    if case .data = command, !state.views.contains(where: \.hasActed) {
      waitingData = (command, state)
      return []
    }
    return added { writer in writer.entry(of: command, in: state) }
  }

  /// Data that waits for somebody to do something.
  mutating func flush() -> [Entry] {
    guard let waiting = waitingData else { return [] }
    waitingData = nil
    return added { $0.entry(of: waiting.command, in: waiting.state) }
  }

  mutating func noteTick(in state: SessionState) -> [Entry] { added { $0.tick(in: state) } }

  private mutating func added(_ make: (inout JournalWriter) -> String?) -> [Entry] {
    var texts: [(String, Timestamp)] = []
    // The order counts: data first, if there is anything to come behind it.
    var ahead = writer
    let waiting = waitingData.flatMap { waiting in
      ahead.entry(of: waiting.command, in: waiting.state).map { ($0, waiting.state.now) }
    }
    if let waiting {
      var both = ahead
      guard let text = make(&both) else { return [] }
      writer = both
      waitingData = nil
      texts = [waiting, (text, WallClock.now)]
    } else if let text = make(&writer) {
      texts = [(text, WallClock.now)]
    }
    let new = texts.map { Entry(content: Array($0.0.utf8), time: $0.1) }
    entries?.append(contentsOf: new)
    byteCount += new.reduce(0) { $0 + $1.content.count }
    if byteCount > Self.byteLimit { entries = nil }
    return new
  }
}

extension RecordingMark {
  fileprivate init(_ status: Recorder.Status) {
    self.init(savedEventCount: status.savedEventCount, pause: status.pause.map { "\($0)" })
  }
}
