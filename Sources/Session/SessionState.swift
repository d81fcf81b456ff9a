import EventMatrix
public import EventModel
import SceneGraph

/// A session: what is open, what it is restricted to, and one view per attached front-end.
///
/// `apply` is the only mutation; `scene(for:)` is a pure function of the value.
public struct SessionState: Sendable {
  /// Grows by one with every applied command.
  public internal(set) var version: UInt64 = 0
  public internal(set) var configuration = SessionConfiguration()
  /// On the clock of the wall, as of the last tick.
  public internal(set) var now = Timestamp(nanoseconds: 0)
  public internal(set) var data = SessionData() { didSet { facts = gatheredFacts() } }
  public internal(set) var dice = Dice.everything { didSet { facts = gatheredFacts() } }
  /// The counts behind `dice.filter`; `nil` without a filter or before the first answer.
  public internal(set) var filtered: FilteredMatrix? { didSet { facts = gatheredFacts() } }
  private(set) var facts = Facts()
  let latestPane = LatestPane()
  public internal(set) var marks: [Mark] = []
  public internal(set) var savedViews: [SavedView] = []
  /// In the order in which they were taken.
  public internal(set) var trail: [Footstep] = []
  /// In the order of writing.
  public internal(set) var notes: [Note] = []
  /// `nil` outside of a training.
  var training: Training?
  var deletedNotes: [DeletedNote] = []
  /// Written in this session, those that are gone as well.
  var writtenNoteCount = 0
  /// `nil` while nothing is recorded.
  public internal(set) var recording: RecordingMark?
  /// In the order of attachment.
  public internal(set) var views: [ViewState] = []
  /// Who may change the session; `nil` when nobody is attached.
  public internal(set) var pen: ViewID?
  var isConfigured = false
  var lastRequestID: UInt64 = 0
  var countRequestID: UInt64 = 0

  /// Details follow a cursor that moves only when `.rested` comes.
  private let defersDetails: Bool

  /// - Parameter defersDetails: whoever applies the commands sends `.rested` to every view that awaits it, as soon as no
  ///   more keys come.
  public init(defersDetails: Bool = false) { self.defersDetails = defersDetails }

  public func view(_ id: ViewID) -> ViewState? { views.first { $0.id == id } }

  /// Applies `command` and says what the world has to do about it.
  public mutating func apply(_ command: Command) -> [Effect] {
    version += 1
    let effects = change(by: command) + previewEvents()
    if defersDetails { deferDetails() }
    return effects
  }

  private mutating func change(by command: Command) -> [Effect] {
    switch command {
    case .attach(let id, let extent, let form): return attach(id, extent, form)
    case .detach(let id): return detach(id)
    case .resize(let id, let extent):
      return updateView(id) { view, state in
        view.extent = extent
        if view.hasActed { state.keepCursorVisible(&view) } else { state.fit(&view) }
      }
    case .invoke(let id, let name, let argument): return invoke(name, argument: argument, by: id)
    case .typed(let id, let character): return type(character, in: id)
    case .closePrompt(let id): return updateView(id) { view, _ in view.prompt = nil }
    case .slice(let id, let range): return slice(range, in: id)
    case .follow(let id, let link): return follow(link, in: id)
    case .point(let id, let point, let action): return pointed(at: point, action, in: id)
    case .pendingKeys(let id, let continuations):
      return updateView(id) { view, _ in view.pendingKeys = continuations }
    case .configure(let configuration): return configure(configuration)
    case .data(let data): return take(data)
    case .events(let answer): return take(answer)
    case .filtered(let answer): return take(answer)
    case .finding(let id, let share):
      if let index = views.firstIndex(where: { $0.search?.requestID == id }) {
        views[index].notice = Notice(searchProgress(share), .progress)
      }
      return []
    case .found(let answer): return take(answer)
    case .tick(let time):
      now = max(now, time)
      return play()
    case .notice(let id, let text):
      return updateView(id) { view, _ in view.notice = Notice(text, .caution) }
    case .kept(let receipt):
      return updateView(receipt.view) { view, _ in view.notice = Notice(receipt.words, .good) }
    case .trail(let steps):
      trail = steps
      return []
    case .recording(let mark): return take(mark)
    case .rested(let id): return updateView(id) { view, _ in view.detail = nil }
    case .measured(let id, let measures): return updateView(id) { view, _ in view.measures = measures }
    }
  }

  /// The matrix that faces show: all events, or those the filter lets through.
  var matrix: EventMatrix {
    dice.countsEveryEvent ? data.matrix : filtered?.matrix ?? EventMatrix()
  }

  /// A filter is in force and nothing is known of what it lets through.
  var isCounting: Bool { !dice.countsEveryEvent && filtered == nil }

  /// The services of the dice.
  func isInDice(_ service: ServiceID) -> Bool { dice.services.contains(data.services[service]) }

  /// The time the dice spans: its own range, else that of the data.
  public var span: TimeRange? {
    guard let all = data.matrix.timeRange else { return dice.range }
    guard let range = dice.range else { return all }
    let start = range.start == .first ? min(all.start, range.end) : range.start
    let end = range.end == .last ? max(all.end, start) : range.end
    return TimeRange(start: start, end: end)
  }

  mutating func nextRequestID() -> UInt64 {
    lastRequestID += 1
    return lastRequestID
  }

  mutating func updateView(
    _ id: ViewID, _ change: (inout ViewState, inout SessionState) -> Void
  ) -> [Effect] {
    guard let index = views.firstIndex(where: { $0.id == id }) else { return [] }
    var view = views[index]
    change(&view, &self)
    views[index] = view
    return []
  }
}

// MARK: - Attaching, configuration

extension SessionState {
  private mutating func attach(_ id: ViewID, _ extent: GridExtent, _ form: ViewForm) -> [Effect] {
    guard view(id) == nil else { return change(by: .resize(id, extent)) }
    var view = ViewState(id: id, extent: extent)
    view.showsStats = configuration.showsStats
    view.form = form
    orderRows(&view)
    fit(&view)
    views.append(view)
    if pen == nil { pen = id }
    return []
  }

  private mutating func detach(_ id: ViewID) -> [Effect] {
    views.removeAll { $0.id == id }
    if pen == id { pen = views.first?.id }
    return []
  }

  private mutating func configure(_ configuration: SessionConfiguration) -> [Effect] {
    let isFirst = marks.isEmpty && savedViews.isEmpty
    if !isConfigured { notes = configuration.notes }
    let (weights, author) = (self.configuration.weights, self.configuration.author)
    self.configuration = configuration
    // A change of theme or keymap is none of weights, nor of who sits there.
    if isConfigured {
      self.configuration.weights = weights
      self.configuration.author = author
    }
    // Not even for an instant is all of it to be seen.
    if configuration.training != nil, !isConfigured { dice.knownBefore = .first }
    isConfigured = true
    if isFirst {
      marks = configuration.marks
      savedViews = configuration.savedViews
    }
    return []
  }
}

// MARK: - Answers from the world

extension SessionState {
  private mutating func take(_ newData: SessionData) -> [Effect] {
    let before = data.matrix.timeRange
    let countBefore = data.matrix.eventCount
    let wasLoading = data.loading != nil
    let knownServices = data.services
    data = newData
    learn(knownServices)
    var effects: [Effect] = []
    for index in views.indices {
      var view = views[index]
      if view.isPaused { view.missedCount += max(0, data.matrix.eventCount - countBefore) }
      if let link = view.destination, data.matrix.timeRange != nil {
        orderRows(&view)
        effects += follow(link, &view)
        if data.loading == nil { view.destination = nil }
      } else if !view.hasActed || before == nil {
        orderRows(&view)
        // Where nothing may move unasked, the first events and the last ones set the window.
        let isMoving = view.form == .words && before != nil && !(wasLoading && data.loading == nil)
        if !view.isFollowing && !isMoving { fit(&view) }
      } else {
        appendRows(&view)
      }
      if before == nil, span != nil, configuration.showsReplay, view.player == nil { openPlayer(&view) }
      if view.isFollowing { goToEnd(&view) } else { keepCursorVisible(&view) }
      if configuration.training != nil { effects += beginTraining(&view) }
      effects += followEvents(&view)
      views[index] = view
    }
    return effects
  }

  /// Numbers stay and names are added: the longer table holds the shorter one.
  private mutating func learn(_ services: ServiceTable) {
    guard services.count > data.services.count, services.names.starts(with: data.services.names) else {
      return
    }
    data.services = services
  }

  private mutating func take(_ answer: EventAnswer) -> [Effect] {
    learn(answer.services)
    var effects: [Effect] = []
    for index in views.indices {
      var view = views[index]
      if let next = view.nextPreview, next.requestID == answer.id {
        view.drill = next
        view.nextPreview = nil
      }
      guard view.drill?.requestID == answer.id else { continue }
      view.drill?.take(answer)
      if view.drill?.opensWhenRead == true, view.focus == .events {
        view.drill?.opensWhenRead = false
        _ = open(&view)
      }
      scrollLists(&view)
      effects += followEvents(&view)
      views[index] = view
    }
    return effects
  }

  private mutating func take(_ answer: FilteredMatrix) -> [Effect] {
    guard answer.id == countRequestID, !dice.countsEveryEvent else { return [] }
    filtered = answer
    var effects: [Effect] = []
    for index in views.indices {
      var view = views[index]
      // Rows that change places ten times a second cannot be read.
      if isPlaying { appendRows(&view) } else { orderRows(&view) }
      keepCursorVisible(&view)
      leaveEmptyRow(&view)
      effects += followEvents(&view)
      if let drill = view.drill, !drill.isPreview { view.drill?.count = count(in: drill) }
      views[index] = view
    }
    return effects
  }

  private mutating func take(_ answer: FindAnswer) -> [Effect] {
    learn(answer.services)
    guard let index = views.firstIndex(where: { $0.search?.requestID == answer.id }) else { return [] }
    var view = views[index]
    view.search?.requestID = nil
    if let event = answer.event, dice.range?.contains(event.time) ?? true {
      view.rememberJump(place(of: view))
      view.cursorTime = event.time
      view.cursorRow = .service(data.services[event.service])
      view.cursorSeverity = event.severity
      revealCursor(&view)
      let how: SafeText = answer.isWrapped ? "found, going on at the other end: " : "found: "
      view.notice = Notice(how + "\(data.services[event.service]): \(event.message)", .good)
    } else {
      view.notice = Notice("no further match for '\(view.search?.text ?? "")'", .caution)
    }
    views[index] = view
    return []
  }
}
