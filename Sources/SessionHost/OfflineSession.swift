public import EventModel
internal import LogFiles
public import Preferences
public import SceneGraph
public import Session

/// A session without threads over sources at rest: every effect is answered before the next command. `frame` and
/// scripts start here.
public struct OfflineSession {
  public private(set) var state = SessionState()
  private var keys: KeyResolver
  private let runner: EffectRunner
  private let view = ViewID(rawValue: 1)
  /// A key or command asked to quit.
  public private(set) var hasQuit = false

  /// - Parameters:
  ///   - memoryLimit: bytes of counts; beyond it the oldest and finest go first, and the frame says so.
  ///   - now: stands for the clock, so that the same call gives the same frame.
  public init(
    _ reading: EventReading, extent: GridExtent, form: ViewForm = .cells, keymap: Keymap,
    configuration: SessionConfiguration,
    memoryLimit: Int = .max, now: Timestamp
  ) {
    runner = EffectRunner(sources: reading.sources)
    keys = KeyResolver(view: view, keymap: keymap)
    apply(.configure(configuration))
    apply(.tick(now))
    apply(.attach(view, extent, form))
    var matrix = reading.matrix
    var retention = Retention()
    retention.apply(to: &matrix, memoryLimit: memoryLimit, isFeed: false)
    apply(
      .data(
        SessionData(
          matrix: matrix, services: reading.services,
          sources: reading.statuses.map(SourceSummary.init)
            + SourceSummary.unopened(reading.sources.openingProblems), retention: retention.note)
      ))
  }

  public mutating func press(_ stroke: KeyStroke) {
    for command in keys.commands(for: stroke, in: state.view(view)) { apply(command) }
  }

  /// Applies a command and all that follows from it.
  public mutating func apply(_ command: Command) {
    var effects = state.apply(command)
    while !effects.isEmpty {
      let effect = effects.removeFirst()
      if case .quit = effect { hasQuit = true }
      for answer in runner.answers(to: effect) { effects += state.apply(answer) }
    }
  }

  public mutating func follow(_ link: SessionLink) { apply(.follow(view, link)) }

  /// Restricts everything to a span of time.
  public mutating func slice(_ range: TimeRange) { apply(.slice(view, range)) }

  public var scene: Scene {
    guard let scene = state.scene(for: view) else { preconditionFailure("the only view is attached in init") }
    return scene
  }
}
