public import LogFiles
public import Preferences
public import SceneGraph
public import Session
internal import Synchronization

/// What a front-end does for the loop. Called on the loop's thread; must not block for long.
public struct FrontEnd: Sendable {
  /// A new scene of its view: the newest one counts, older ones may be dropped.
  public var present: @Sendable (Scene, ViewState) -> Void
  /// Clipboard, repaint, suspend, quit, theme, keymap, marks.
  public var perform: @Sendable (Effect) -> Void

  public init(
    present: @escaping @Sendable (Scene, ViewState) -> Void, perform: @escaping @Sendable (Effect) -> Void
  ) {
    self.present = present
    self.perform = perform
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
  private let isLive: Bool

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
  private static let dataIntervalMs: Int64 = 50

  /// - Parameters:
  ///   - isLive: sources are followed.
  ///   - memoryLimit: bytes of counts; beyond it the oldest and finest go first, and the screen says so.
  public init(options: ReadingOptions, isLive: Bool, memoryLimit: Int) {
    let inbox = Inbox()
    let ingest = Ingest(memoryLimit: memoryLimit, onChange: inbox.wake)
    self.inbox = inbox
    self.ingest = ingest
    self.isLive = isLive
    sources = LogSources(options: options) { ingest.take($0) }
    runner = EffectRunner(sources: sources)
    filterCount = FilterCount(runner: runner, inbox: inbox)
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

  /// Opens the sources and steps until the inbox is closed. Blocks.
  public func run(_ specifications: [SourceSpecification]) {
    var state = SessionState()
    var keys: [ViewID: KeyResolver] = [:]
    sources.open(specifications)
    var nextDataMs: Int64 = 0
    while !inbox.isClosed {
      let untilDataMs = ingest.isDirty ? max(1, nextDataMs - WallClock.monotonicMs) : 1000
      var inputs = inbox.take(timeoutMs: Int(untilDataMs))
      let nowMs = WallClock.monotonicMs
      let isOutdated = ingest.isLoading && nowMs >= nextDataMs + 900
      let takesData = ingest.isDirty && nowMs >= nextDataMs || isOutdated
      if takesData { inputs.append(.command(.data(ingest.snapshot(isLive: isLive)))) }
      guard !inputs.isEmpty else { continue }
      step(&state, &keys, inputs)
      if takesData {
        // At least half of the time is for people, however long new data takes (many thousands of services).
        let doneMs = WallClock.monotonicMs
        nextDataMs = doneMs + max(Self.dataIntervalMs, doneMs - nowMs)
      }
    }
    for each in readers.withLock({ $0.values.map(\.self) }) { each.close() }
    filterCount.close()
    sources.close()
  }

  /// Applies everything in order, sends the effects on their way, and presents every view once.
  private func step(_ state: inout SessionState, _ keys: inout [ViewID: KeyResolver], _ inputs: [LoopInput]) {
    var effects = state.apply(.tick(WallClock.now))
    var hasNewData = false
    var answers: [@Sendable (SessionState) -> Void] = []
    for input in inputs {
      switch input {
      case .command(let command):
        effects += state.apply(command)
        if case .data = command { hasNewData = true }
      case .key(let view, let stroke):
        for command in keys[view]?.commands(for: stroke, in: state.view(view)) ?? [] {
          effects += state.apply(command)
        }
      case .keymap(let view, let keymap):
        keys[view] = KeyResolver(view: view, keymap: keymap)
      case .ask(let answer): answers.append(answer)
      }
    }
    for effect in effects { perform(effect) }
    if hasNewData { filterCount.catchUp() }
    for answer in answers { answer(state) }
    for (view, frontEnd) in frontEnds.withLock({ $0 }) {
      if let scene = state.scene(for: view), let viewState = state.view(view) {
        frontEnd.present(scene, viewState)
      }
    }
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
      readers(of: request.view).list.run { isCancelled in
        let answer = runner.events(request, isCancelled: isCancelled)
        if !isCancelled() { inbox.send(.events(answer)) }
      }
    case .find(let request):
      readers(of: request.view).search.run { isCancelled in
        let answer = runner.find(request, isCancelled: isCancelled)
        if !isCancelled() { inbox.send(.found(answer)) }
      }
    case .count(nil): filterCount.stop()
    case .count(let request?): filterCount.start(request)
    case .copy(let view, _), .repaint(let view), .suspend(let view), .quit(let view):
      frontEnds.withLock { $0.first { $0.view == view }?.frontEnd }?.perform(effect)
    case .chooseTheme, .chooseKeymap, .saveMarks, .saveViews:
      for (_, frontEnd) in frontEnds.withLock({ $0 }) { frontEnd.perform(effect) }
    }
  }
}
