internal import EventMatrix
internal import EventModel
public import LogFiles
public import Preferences
public import SceneGraph
public import Session
internal import Synchronization

/// What a front-end does for the loop. Called on the loop's thread; must not block for long.
public struct FrontEnd: Sendable {
  /// A new scene of its view: the newest one counts, older ones may be dropped.
  public var present: @Sendable (Scene, ViewState) -> Void
  /// What the front-end knows of the frames it has shown: it fills in its part.
  public var measure: @Sendable (inout FrameMeasures) -> Void
  /// Clipboard, repaint, suspend, quit, theme, keymap, marks.
  public var perform: @Sendable (Effect) -> Void

  public init(
    present: @escaping @Sendable (Scene, ViewState) -> Void, perform: @escaping @Sendable (Effect) -> Void,
    measure: @escaping @Sendable (inout FrameMeasures) -> Void = { _ in }
  ) {
    self.present = present
    self.perform = perform
    self.measure = measure
  }
}

/// A live session: its sources, its state, and the thread on which the state changes.
public final class SessionLoop: Sendable {
  public let inbox: Inbox
  public let sources: LogSources
  let ingest: Ingest
  private let frontEnds = Mutex<[(view: ViewID, frontEnd: FrontEnd)]>([])
  private let readers = Mutex<[ViewID: Readers]>([:])
  private let runner: EffectRunner
  private let filterCount: FilterCount
  let recording: RecordingSwitch
  private let keeper: Worker
  private let isLive: Bool
  private let lastBuildUs = Mutex<Int?>(nil)
  private let recordings = Mutex<[Recorder.Status]>([])
  private let keyRest = Mutex(KeyRest())

  /// A view's newest request replaces its own earlier one, never another view's.
  private struct Readers {
    let list = Worker()
    let search = Worker()

    func close() {
      list.close()
      search.close()
    }
  }

  /// How often data that streams in reaches the screen.
  private static let dataIntervalMs: Int64 = 100
  /// How often a replay that plays moves on.
  private static let playIntervalMs = 100
  /// Data waits while keys come, but not for ever.
  private static let keyPauseMs: Int64 = 30
  private static let dataPatienceMs: Int64 = 150
  /// How long a word about progress stays true without news.
  private static let outdatedMs: Int64 = 900
  /// How long quitting may take for what is being kept; a gigabyte of log takes a tenth of it.
  private static let keepPatienceMs: Int64 = 1000
  /// Nobody sees the difference in an empty screen that comes so much later.
  private static let firstFrameWaitMs = 12

  /// - Parameters:
  ///   - isLive: sources are followed.
  ///   - memoryLimit: bytes of counts; beyond it the oldest and finest go first, and the screen says so.
  public init(options: ReadingOptions, isLive: Bool, memoryLimit: Int) {
    ProcessMemory.shareHeap()
    keeper = Worker()
    let inbox = Inbox()
    let ingest = Ingest(memoryLimit: memoryLimit, onChange: inbox.wake)
    self.inbox = inbox
    self.ingest = ingest
    self.isLive = isLive
    sources = LogSources(options: options) { ingest.take($0) }
    runner = EffectRunner(sources: sources)
    filterCount = FilterCount(runner: runner, inbox: inbox)
    recording = RecordingSwitch(inbox: inbox) { ingest.tiles(in: $0) }
  }

  public func attach(
    _ view: ViewID, extent: GridExtent, form: ViewForm = .cells, keymap: Keymap, _ frontEnd: FrontEnd
  ) {
    frontEnds.withLock { $0.append((view, frontEnd)) }
    inbox.send(.keymap(view, keymap))
    inbox.send(.attach(view, extent, form))
  }

  public func detach(_ view: ViewID) {
    frontEnds.withLock { $0.removeAll { $0.view == view } }
    readers.withLock { $0.removeValue(forKey: view) }?.close()
    inbox.send(.detach(view))
  }

  /// Starts to read the sources; may be called before a front-end is attached. Returns at once.
  public func open(_ specifications: [SourceSpecification]) { sources.open(specifications) }

  /// Steps until the inbox is closed. Blocks.
  public func run() {
    var state = SessionState(defersDetails: true)
    var keys: [KeyResolver] = []
    // A small file is there when its frame is: one frame with everything instead of an empty one before it.
    sources.waitUntilRead(timeoutMs: Self.firstFrameWaitMs)
    var nextDataMs: Int64 = 0
    var latestDataMs: Int64 = 0
    while !inbox.isClosed {
      var inputs = inbox.take(timeoutMs: waitMs(nextDataMs: nextDataMs, isPlaying: state.isPlaying))
      let nowMs = WallClock.monotonicMs
      // A held key is answered between two looks at the data, not behind one.
      if inputs.contains(where: \.isPerson) { keyRest.withLock { $0.keyCame(atMs: nowMs) } }
      if inputs.contains(where: \.isKey) {
        nextDataMs = max(nextDataMs, min(nowMs + Self.keyPauseMs, latestDataMs))
      }
      let isOutdated = ingest.isLoading && nowMs >= nextDataMs + Self.outdatedMs
      let takesData = ingest.isDirty && (nowMs >= nextDataMs || ingest.isUrgent) || isOutdated
      if takesData {
        inputs.append(.command(.data(ingest.snapshot(isLive: isLive))))
        inputs += notices(of: ingest.takeNotes())
      }
      let isRested = keyRest.withLock { $0.waitMs(nowMs: nowMs) } == 0
      guard !inputs.isEmpty || isRested || state.isPlaying else { continue }
      step(&state, &keys, inputs)
      if takesData {
        // At least half of the time is for people, however long new data takes (many thousands of services).
        let doneMs = WallClock.monotonicMs
        nextDataMs = doneMs + max(Self.dataIntervalMs, doneMs - nowMs)
        latestDataMs = nextDataMs + Self.dataPatienceMs
        // Once what was waited for is on the screen.
        keepIndex()
      }
    }
    // Who quits as soon as everything was read finds it kept the next time.
    keepIndex(isLast: true)
    keeper.finish(withinMs: Self.keepPatienceMs)
    let recorded = recording.finish(state, isGrowing: ingest.hasGrown)
    recordings.withLock { $0 = recorded }
    for each in readers.withLock({ $0.values.map(\.self) }) { each.close() }
    filterCount.close()
    sources.close()
  }

  /// What was recorded, once `run` has returned.
  public var recorded: [Recorder.Status] { recordings.withLock(\.self) }

  /// When all has been read, each time that a sixteenth has come on top, and at the end.
  private func keepIndex(isLast: Bool = false) {
    guard isLast || keeper.isIdle, sources.hasMoreToKeep(isLast: isLast) else { return }
    let (sources, ingest) = (sources, ingest)
    keeper.run { _ in
      sources.keepIndex(isLast: isLast) { ingest.counts }
      ProcessMemory.releaseFreed()
    }
  }

  /// Until there is something to do without being woken; -1 for ever.
  private func waitMs(nextDataMs: Int64, isPlaying: Bool) -> Int {
    let laterMs = dataWaitMs(nextDataMs: nextDataMs)
    let dataMs = isPlaying ? (laterMs < 0 ? Self.playIntervalMs : min(laterMs, Self.playIntervalMs)) : laterMs
    guard let restMs = keyRest.withLock({ $0.waitMs(nowMs: WallClock.monotonicMs) }) else { return dataMs }
    return dataMs < 0 ? Int(restMs) : min(dataMs, Int(restMs))
  }

  private func dataWaitMs(nextDataMs: Int64) -> Int {
    if ingest.isDirty { return ingest.isUrgent ? 0 : Int(max(1, nextDataMs - WallClock.monotonicMs)) }
    return ingest.isLoading ? Int(max(1, nextDataMs + Self.outdatedMs - WallClock.monotonicMs)) : -1
  }

  private func notices(of notes: [SourceProblem]) -> [LoopInput] {
    frontEnds.withLock { $0.map(\.view) }.flatMap { view in
      notes.map { .command(.notice(view, "\($0.description)")) }
    }
  }

  /// Applies everything in order, sends the effects on their way, and presents every view once.
  private func step(_ state: inout SessionState, _ keys: inout [KeyResolver], _ inputs: [LoopInput]) {
    let wasPlaying = state.isPlaying
    var effects = state.apply(.tick(WallClock.now))
    if wasPlaying { recording.noteTick(in: state) }
    var hasNewData = false
    var answers: [@Sendable (SessionState) -> Void] = []
    for input in inputs {
      switch input {
      case .command(let command):
        effects += state.apply(command)
        recording.note(command, in: state)
        if case .data = command { hasNewData = true }
      case .key(let view, let stroke):
        guard let index = keys.firstIndex(where: { $0.view == view }) else { continue }
        for command in keys[index].commands(for: stroke, in: state.view(view)) {
          effects += state.apply(command)
          recording.note(command, in: state)
        }
      case .keymap(let view, let keymap):
        keys.removeAll { $0.view == view }
        keys.append(KeyResolver(view: view, keymap: keymap))
      case .ask(let answer): answers.append(answer)
      }
    }
    for effect in effects { perform(effect) }
    showDetails(&state)
    if hasNewData { filterCount.catchUp() }
    for answer in answers { answer(state) }
    recording.show(state, isGrowing: ingest.hasGrown)
    for (view, frontEnd) in frontEnds.withLock({ $0 }) {
      if state.view(view)?.showsStats == true {
        _ = state.apply(.measured(view, measures(of: frontEnd, in: state)))
      }
      let startUs = WallClock.monotonicUs
      guard let scene = state.scene(for: view), let viewState = state.view(view) else { continue }
      lastBuildUs.withLock { $0 = Int(WallClock.monotonicUs - startUs) }
      frontEnd.present(scene, viewState)
    }
  }

  /// Unless a key is held: then they follow when it is let go.
  private func showDetails(_ state: inout SessionState) {
    let isHeld = keyRest.withLock { $0.isHeld(nowMs: WallClock.monotonicMs) }
    for view in state.views where view.awaitsRest && !isHeld {
      let effects = state.apply(.rested(view.id))
      recording.note(.rested(view.id), in: state)
      for effect in effects { perform(effect) }
    }
    let isAwaited = state.views.contains { $0.awaitsRest }
    keyRest.withLock { $0.isAwaited = isAwaited }
  }

  /// Up to the frame before: no frame can show its own cost.
  private func measures(of frontEnd: FrontEnd, in state: SessionState) -> FrameMeasures {
    var measures = FrameMeasures()
    measures.buildUs = lastBuildUs.withLock { $0 }
    (measures.askedCount, measures.rememberedCount) = state.rememberedAnswers
    measures.eventsPerSecond = ingest.eventsPerSecond
    measures.matrixByteCount = state.data.matrix.byteCount
    measures.residentByteCount = ProcessMemory.residentByteCount
    frontEnd.measure(&measures)
    return measures
  }

  private func readers(of view: ViewID) -> Readers {
    readers.withLock { readers in
      if let known = readers[view] { return known }
      let new = Readers()
      readers[view] = new
      return new
    }
  }

  private func perform(_ effect: Effect) {
    let runner = runner
    let inbox = inbox
    switch effect {
    case .fetchEvents(let request):
      let startMs = request.mayWait ? keyRest.withLock { $0.listMs(nowMs: WallClock.monotonicMs) } : 0
      let isTaken = readers(of: request.view).list.run(atMs: startMs) { isCancelled in
        let answer = runner.events(request, isCancelled: isCancelled)
        if !isCancelled() { inbox.send(.events(answer)) }
      }
      if !isTaken {
        let problem = ForeignText(ThreadRefusal().description)
        inbox.send(.events(EventAnswer(id: request.id, events: [], hasEarlier: false, problems: [problem])))
      }
    case .find(let request):
      let isTaken = readers(of: request.view).search.run { isCancelled in
        let answer = runner.find(request, isCancelled: isCancelled) {
          inbox.send(.finding(id: request.id, share: $0))
        }
        if !isCancelled() { inbox.send(.found(answer)) }
      }
      if !isTaken {
        inbox.send(.found(FindAnswer(id: request.id, event: nil)))
        inbox.send(.notice(request.view, "\(ThreadRefusal().description)"))
      }
    case .stopFinding(let view): readers(of: view).search.cancel()
    case .count(nil): filterCount.stop()
    case .count(let request?):
      if !filterCount.start(request) {
        for (view, _) in frontEnds.withLock({ $0 }) {
          inbox.send(.notice(view, "\(ThreadRefusal().description)"))
        }
      }
    case .copy(let view, _), .repaint(let view), .suspend(let view), .quit(let view):
      frontEnds.withLock { $0.first { $0.view == view }?.frontEnd }?.perform(effect)
    // Once: what is saved is the session's, or goes into one file.
    case .saveNote(_, let receipt), .saveText(_, _, let receipt):
      frontEnds.withLock { $0.first { $0.view == receipt.view }?.frontEnd }?.perform(effect)
    case .toggleRecording(let view): recording.toggle(sources, by: view)
    case .chooseTheme, .chooseKeymap, .saveMarks, .saveViews:
      for (_, frontEnd) in frontEnds.withLock({ $0 }) { frontEnd.perform(effect) }
    }
  }
}
