public import EventModel
public import SceneGraph

/// Which of the three faces of the matrix.
public enum Face: Int, CaseIterable, Hashable, Sendable {
  case timeService = 1
  case timeSeverity = 2
  case serviceSeverity = 3
}

/// What has the focus: where the cursor keys go.
public enum Focus: Hashable, Sendable {
  case face(Face)
  case events
  case event
}

/// One front-end's own look at the session.
public struct ViewState: Hashable, Sendable {
  public var id: ViewID
  public var extent: GridExtent
  public var form = ViewForm.cells
  /// `nil` = all three, linked.
  public var singleFace: Face?
  public var focus: Focus = .face(.timeService)
  public var window = TimeWindow(start: Timestamp(nanoseconds: 0), widthNs: 1_000_000_000)
  public var cursorTime = Timestamp(nanoseconds: 0)
  public var cursorRow: RowKey?
  public var cursorSeverity = Severity.error
  public var lens = Lens.count
  public var order = RowOrder.loudest
  public var hidesQuiet = false
  public var folded: Set<ForeignText> = []
  public var selection: Selection?
  /// The other corner of a selection being made.
  public var isSelecting = false
  public var firstRow = 0
  public var usesLocalTime = false
  public var drill: Drill?
  /// The list that follows the cursor unasked, on its way: until its answer comes, `drill` stays what it was.
  var nextPreview: Drill?
  /// The cell whose details are still shown while the cursor moves on; `nil`: the cursor's own.
  var detail: CellPlace?
  /// Where the cursor stood after the last command.
  var lastPlace: CellPlace?
  public var prompt: Prompt?
  public var overlay: Overlay?
  public var search: Search?
  public var pendingKeys: [KeyContinuation] = []
  public var notice: Notice?
  public var coachStep = 0
  /// What frames cost is on screen.
  public var showsStats = false
  var measures: FrameMeasures?
  /// The view stays at the end of the data.
  public var isFollowing = false
  /// Follow was paused; `missedCount` events have come since.
  public var isPaused = false
  public var missedCount = 0
  /// The person has pressed something: rows are no longer reordered by themselves.
  public var hasActed = false
  /// The step of the recorded trail that was followed last.
  public var trailStep: Int?
  /// Where the view was sent before everything was read: followed anew as more comes, until a person does something.
  var destination: SessionLink?
  /// `nil` without a scrubber.
  public internal(set) var player: Player?
  /// The dice has changed by this view's command: the cursor leaves a row in which nothing is left.
  var seeksEvents = false
  /// The services of the dice in row order.
  var rowServices: [ServiceID] = []
  var undoStack: [Place] = []
  var redoStack: [Place] = []
  var jumpsBack: [Place] = []
  var jumpsForward: [Place] = []

  init(id: ViewID, extent: GridExtent) {
    self.id = id
    self.extent = extent
  }

  /// How far the past goes.
  static let historyLimit = 200

  mutating func rememberStep(_ place: Place) {
    guard undoStack.last != place else { return }
    undoStack.append(place)
    if undoStack.count > Self.historyLimit { undoStack.removeFirst() }
    redoStack.removeAll()
  }

  mutating func rememberJump(_ place: Place) {
    guard jumpsBack.last != place else { return }
    jumpsBack.append(place)
    if jumpsBack.count > Self.historyLimit { jumpsBack.removeFirst() }
    jumpsForward.removeAll()
  }
}

/// Where a cursor stands on the three faces.
struct CellPlace: Hashable, Sendable {
  var time: Timestamp
  var row: RowKey?
  var severity: Severity
}

/// Everything undo brings back: what is looked at and how.
public struct Place: Hashable, Sendable {
  var dice: Dice
  var singleFace: Face?
  var focus: Focus
  var window: TimeWindow
  var cursorTime: Timestamp
  var cursorRow: RowKey?
  var cursorSeverity: Severity
  var lens: Lens
  var order: RowOrder
  var rowServices: [ServiceID]
  var hidesQuiet: Bool
  var folded: Set<ForeignText>
  var selection: Selection?
  var isSelecting: Bool
  var firstRow: Int
  var isFollowing: Bool
  var isPaused: Bool
  var drill: Drill?
  var previewFace: Face?
  /// `nil` without a scrubber.
  var head: Timestamp?
}

/// A rectangle chosen on a face, in absolute terms: it survives zoom, pan and pivot.
public struct Selection: Hashable, Sendable {
  public var face: Face
  /// Where it began.
  public var anchorTime: Timestamp
  public var anchorRow: RowKey?
  public var anchorSeverity: Severity
  public var range: TimeRange?
  /// In row order; `nil` = all.
  public var rows: [RowKey]?
  public var severities: SeveritySet
}

/// The events of a cell or selection, and one of them in full.
public struct Drill: Hashable, Sendable {
  public var title: SafeText
  public var range: TimeRange
  public var services: [ServiceID]?
  public var severities: SeveritySet
  /// The dice's filter when the list was asked for.
  public var filter = EventFilter.everything
  /// The dice's, too.
  public var knownBefore: Timestamp?
  /// The face whose cell or selection is listed.
  public var face = Face.timeService
  /// How many events the matrix counts here.
  public var count: UInt64
  public var events: [Event] = []
  public var hasEarlier = false
  public var problems: [ForeignText] = []
  /// `nil` when the answer has come.
  public var requestID: UInt64?
  public var isAppendingEarlier = false
  public var cursor = 0
  public var firstRow = 0
  /// Shown only because there is room for it; it follows the cursor.
  public var isPreview = false
  /// Enter was pressed before the list had come: the event opens when it does.
  public var opensWhenRead = false
  /// The event pane is open.
  public var showsEvent = false
  public var fieldCursor = 0
  public var firstField = 0

  func isSamePlace(as other: Drill) -> Bool {
    range == other.range && services == other.services && severities == other.severities
      && title == other.title
  }

  func isSameList(as other: Drill) -> Bool {
    isSamePlace(as: other) && filter == other.filter && (count == other.count || !isPreview)
  }

  mutating func take(_ answer: EventAnswer) {
    requestID = nil
    hasEarlier = answer.hasEarlier
    problems = answer.problems
    if isAppendingEarlier {
      events = answer.events + events
      cursor += answer.events.count
      firstRow += answer.events.count
      isAppendingEarlier = false
    } else {
      events = answer.events
      cursor = cursor == Int.max ? startingCursor : min(cursor, max(0, events.count - 1))
    }
  }

  /// The first of the worst events when there are warnings or worse, else the last event.
  private var startingCursor: Int {
    guard let worst = events.map(\.severity).max(), worst >= .warn else { return max(0, events.count - 1) }
    return events.firstIndex { $0.severity == worst } ?? 0
  }

  public var event: Event? { events.indices.contains(cursor) ? events[cursor] : nil }
}

/// A line being typed.
public struct Prompt: Hashable, Sendable {
  /// The palette, or the command the text is for.
  public enum Purpose: Hashable, Sendable {
    case palette
    case argument(CommandName)
    case character(CommandName)
  }

  public var purpose: Purpose
  public var text = ""
  /// The chosen entry of the list above the line.
  public var choice = 0
  /// Why the text cannot be used, after an attempt.
  public var complaint: SafeText?

  init(_ purpose: Purpose) { self.purpose = purpose }
}

/// Something shown over the panes until it is closed.
public enum Overlay: Hashable, Sendable {
  case help(firstLine: Int)
  case sources(firstLine: Int)
  case handover(firstLine: Int)
  case training(firstLine: Int)
}

public struct Search: Hashable, Sendable {
  public var text: String
  public var requestID: UInt64?
}

/// A line for the person, shown until the next key.
public struct Notice: Hashable, Sendable {
  public var text: SafeText
  public var role: Role

  init(_ text: SafeText, _ role: Role) {
    self.text = text
    self.role = role
  }
}
