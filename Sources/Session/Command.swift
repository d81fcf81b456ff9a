public import EventMatrix
public import EventModel
public import SceneGraph

/// A front-end attached to the session: a terminal, a headset.
public struct ViewID: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static func < (left: ViewID, right: ViewID) -> Bool { left.rawValue < right.rawValue }
}

/// Everything that can happen to a session. The same commands over the same data give the same scenes.
public enum Command: Sendable {
  case attach(ViewID, GridExtent, ViewForm = .cells)
  case resize(ViewID, GridExtent)
  case detach(ViewID)
  /// A command of the table, by key, palette or script.
  case invoke(ViewID, CommandName, argument: String?)
  /// A character typed while a prompt is open or a command waits for one.
  case typed(ViewID, Character)
  /// An open prompt is closed, and nothing else: for front-ends without keys.
  case closePrompt(ViewID)
  /// Go where a link points, as far as it names things that exist here.
  case follow(ViewID, SessionLink)
  /// Restrict the session to a span of time; open ends are `.first` and `.last`.
  case slice(ViewID, TimeRange)
  case point(ViewID, GridPoint, PointerAction)
  /// A key sequence has begun (or ended, with no continuations).
  case pendingKeys(ViewID, [KeyContinuation])
  case configure(SessionConfiguration)
  case data(SessionData)
  /// The answer to `Effect.fetchEvents`.
  case events(EventAnswer)
  /// The answer to `Effect.count`; may come several times while it grows.
  case filtered(FilteredMatrix)
  /// How much of the data the search with this request's number has looked at, `0...1`.
  case finding(id: UInt64, share: Double)
  /// The answer to `Effect.find`.
  case found(FindAnswer)
  /// Wall-clock time, for "now" and for what is fresh.
  case tick(Timestamp)
  /// Something the person should read once.
  case notice(ViewID, SafeText)
  /// What was to be kept is on the disk.
  case kept(Receipt)
  /// The steps of whoever recorded what is open.
  case trail([Footstep])
  /// A recording goes on, waits, or (`nil`) has ended.
  case recording(RecordingMark?)
  /// What the frames of a view have cost so far.
  case measured(ViewID, FrameMeasures)
  /// No more keys come for now: what is told of the cell under the cursor may follow it.
  case rested(ViewID)
}

public enum PointerAction: Hashable, Sendable {
  case press, doublePress, wheelUp, wheelDown
}

/// A stroke that would go on with the sequence begun, and what it leads to.
public struct KeyContinuation: Hashable, Sendable {
  public var stroke: String
  public var title: String

  public init(stroke: String, title: String) {
    self.stroke = stroke
    self.title = title
  }
}

/// Choices that come from outside the session.
public struct SessionConfiguration: Sendable {
  /// For local times.
  public var zone: TimeZoneRules
  /// The keys of each command in the keymap in force, in notation, for hints and help.
  public var keys: [CommandName: [String]]
  public var themeNames: [String]
  public var keymapNames: [String]
  public var themeName: String
  public var keymapName: String
  /// The coach line of the demo, one text a step; empty otherwise.
  public var coach: [SafeText]
  public var weights: SeverityWeights
  /// Lines of hints at the bottom of the screen.
  public var showsHints: Bool
  /// New views begin with what frames cost on screen.
  public var showsStats = false
  /// Views begin with a scrubber: what is open is a recording.
  public var showsReplay = false
  /// `nil` outside of a training.
  public var training: TrainingPlan?
  public var marks: [Mark]
  public var savedViews: [SavedView]
  /// Those that belong to what is open, in the order of writing.
  public var notes: [Note] = []
  /// Who writes notes here.
  public var author = ForeignText.empty

  public init(
    zone: TimeZoneRules = .utc, keys: [CommandName: [String]] = CommandTable.defaultKeyLabels,
    themeNames: [String] = [], keymapNames: [String] = [], themeName: String = "dark",
    keymapName: String = "default", coach: [SafeText] = [], weights: SeverityWeights = SeverityWeights(),
    showsHints: Bool = true, marks: [Mark] = [], savedViews: [SavedView] = []
  ) {
    self.zone = zone
    self.keys = keys
    self.themeNames = themeNames
    self.keymapNames = keymapNames
    self.themeName = themeName
    self.keymapName = keymapName
    self.coach = coach
    self.weights = weights
    self.showsHints = showsHints
    self.marks = marks
    self.savedViews = savedViews
  }
}

/// A remembered place, called by one letter.
public struct Mark: Hashable, Sendable {
  public var letter: Character
  public var link: SessionLink
  public init(letter: Character, link: SessionLink) {
    self.letter = letter
    self.link = link
  }
}

/// A remembered view, called by a name.
public struct SavedView: Hashable, Sendable {
  public var name: String
  public var link: SessionLink
  public init(name: String, link: SessionLink) {
    self.name = name
    self.link = link
  }
}

/// What has been read so far: a snapshot.
public struct SessionData: Sendable {
  public var matrix: EventMatrix
  public var services: ServiceTable
  public var sources: [SourceSummary]
  /// `nil` when nothing is being loaded.
  public var loading: LoadProgress?
  /// Sources are followed: more may come at any time.
  public var isLive: Bool
  /// Nothing more will come: every pipe was closed, every command has exited.
  public var hasEnded = false
  /// What had to be made coarser or dropped to stay inside the memory limit; `nil` when nothing had to.
  public var retention: SafeText?
  /// The matrix is estimated from a part of the bytes; `nil` when it is exact for what has been read.
  public var approximation: Approximation?

  public init(
    matrix: EventMatrix = EventMatrix(), services: ServiceTable = ServiceTable(),
    sources: [SourceSummary] = [],
    loading: LoadProgress? = nil, isLive: Bool = false, retention: SafeText? = nil,
    approximation: Approximation? = nil
  ) {
    self.matrix = matrix
    self.services = services
    self.sources = sources
    self.loading = loading
    self.isLive = isLive
    self.retention = retention
    self.approximation = approximation
  }
}

/// A source as the screen speaks of it.
public struct SourceSummary: Hashable, Sendable {
  public var id: SourceID
  public var name: ForeignText
  /// The recognised layout, for example `ndjson`.
  public var layout: String
  public var eventCount: Int
  public var withoutTimeCount: Int
  public var unparsableCount: Int
  /// The last thing that went wrong with it: place, reason, remedy.
  public var problem: ForeignText? { problems.last }
  /// A path that a link can name; pipes and commands cannot be opened again.
  public var isPath = true
  /// The latest few, oldest first.
  public var problems: [ForeignText]

  public init(
    id: SourceID, name: ForeignText, layout: String, eventCount: Int = 0, withoutTimeCount: Int = 0,
    unparsableCount: Int = 0, problems: [ForeignText] = []
  ) {
    self.id = id
    self.name = name
    self.layout = layout
    self.eventCount = eventCount
    self.withoutTimeCount = withoutTimeCount
    self.unparsableCount = unparsableCount
    self.problems = problems
  }
}

public struct LoadProgress: Hashable, Sendable {
  public var byteCount: Int64
  /// `nil` where the end is not known (pipes, compressed files).
  public var totalByteCount: Int64?
  public var bytesPerSecond: Int64

  public init(byteCount: Int64, totalByteCount: Int64?, bytesPerSecond: Int64) {
    self.byteCount = byteCount
    self.totalByteCount = totalByteCount
    self.bytesPerSecond = bytesPerSecond
  }
}

/// What the session asks of the world. Answers come back as commands that carry the same `id`.
public enum Effect: Hashable, Sendable {
  case fetchEvents(EventRequest)
  /// Count only the events a filter lets through; `nil` stops counting.
  case count(CountRequest?)
  case find(FindRequest)
  /// The answer to a view's search is not wanted any more.
  case stopFinding(ViewID)
  /// For the clipboard (OSC 52).
  case copy(ViewID, SafeText)
  case chooseTheme(String)
  case chooseKeymap(String)
  case saveMarks([Mark], Receipt)
  case saveViews([SavedView], Receipt)
  case saveNote(NoteChange, Receipt)
  /// Into a file that the person names; never over one that is there.
  case saveText(path: String, lines: [SafeText], Receipt)
  /// Begin to record, or end it.
  case toggleRecording(ViewID)
  case repaint(ViewID)
  case suspend(ViewID)
  case quit(ViewID)
}

/// What to say once something is kept, and to whom. Nobody is told so before it is on the disk.
public struct Receipt: Hashable, Sendable {
  public var view: ViewID
  public var words: SafeText

  public init(view: ViewID, words: SafeText) {
    self.view = view
    self.words = words
  }
}

/// Raw events wanted for a list.
public struct EventRequest: Hashable, Sendable {
  /// Grows with every request; an answer with another number is stale.
  public var id: UInt64
  public var view: ViewID
  public var range: TimeRange
  /// By number, ascending; `nil` = all.
  public var services: [ServiceID]?
  public var severities: SeveritySet
  public var filter: EventFilter
  /// Only what had become known before this instant; `nil` = all.
  public var knownBefore: Timestamp?
  /// The last `limit` events of the range before `before`.
  public var limit: Int
  public var before: EventKey?
  /// Where the counts say that the wanted events are; `nil` when they cannot tell.
  public var latest: LatestInstants?
  /// Nobody asked for the list: it may wait until no more keys come.
  public var mayWait = false
}

public struct EventAnswer: Sendable {
  public var id: UInt64
  /// Ordered by time, then position.
  public var events: [Event]
  /// More events lie before the first.
  public var hasEarlier: Bool
  /// What could not be read again, and why.
  public var problems: [ForeignText]
  /// What the numbers in `events` stand for: of a source that grows, events are read before they are counted. Empty
  /// where the session knows them all.
  public var services: ServiceTable

  public init(
    id: UInt64, events: [Event], hasEarlier: Bool, problems: [ForeignText] = [],
    services: ServiceTable = ServiceTable()
  ) {
    self.services = services
    self.id = id
    self.events = events
    self.hasEarlier = hasEarlier
    self.problems = problems
  }
}

public struct CountRequest: Hashable, Sendable {
  public var id: UInt64
  public var filter: EventFilter
  /// As in `EventRequest`.
  public var knownBefore: Timestamp?
}

public struct FilteredMatrix: Sendable {
  public var id: UInt64
  public var matrix: EventMatrix
  /// 0 ... 1; 1 when every event was looked at.
  public var share: Double

  public init(id: UInt64, matrix: EventMatrix, share: Double) {
    self.id = id
    self.matrix = matrix
    self.share = share
  }
}

/// The next or previous event that a filter lets through.
public struct FindRequest: Hashable, Sendable {
  public var id: UInt64
  public var view: ViewID
  public var filter: EventFilter
  /// As in `EventRequest`.
  public var knownBefore: Timestamp?
  public var services: [ServiceID]?
  public var severities: SeveritySet
  /// Events strictly after (or before) this instant; from the other end of `range` on when there is none.
  public var from: Timestamp
  public var isForward: Bool
  /// No event outside of it is looked for.
  public var range = TimeRange.everything
}

public struct FindAnswer: Sendable {
  public var id: UInt64
  public var event: Event?
  /// Found only from the other end of the data on.
  public var isWrapped: Bool
  /// As in `EventAnswer`.
  public var services: ServiceTable

  public init(id: UInt64, event: Event?, isWrapped: Bool = false, services: ServiceTable = ServiceTable()) {
    self.services = services
    self.id = id
    self.event = event
    self.isWrapped = isWrapped
  }
}
