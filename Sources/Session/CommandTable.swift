/// Where a key works: in every pane, or only with the focus in panes of one kind.
public enum CommandContext: String, CaseIterable, Hashable, Sendable {
  case global, matrix, events, event, prompt
  /// With the focus on the matrix, while a scrubber is shown; what it does not bind, `matrix` does.
  case replay
}

extension CommandContext {
  /// Whose keys also work here; `nil` where only the global ones do.
  public var wider: CommandContext? { self == .replay ? .matrix : nil }
}

/// Every command there is; the raw value is what keymaps, `--keys` recordings and the palette call it.
public enum CommandName: String, CaseIterable, Hashable, Sendable {
  case cursorLeft = "cursor.left"
  case cursorRight = "cursor.right"
  case cursorUp = "cursor.up"
  case cursorDown = "cursor.down"
  case pageEarlier = "page.earlier"
  case pageLater = "page.later"
  case pageUp = "page.up"
  case pageDown = "page.down"
  case panLeft = "pan.left"
  case panRight = "pan.right"
  case panUp = "pan.up"
  case panDown = "pan.down"
  case goStart = "go.start"
  case goEnd = "go.end"
  case goFirstRow = "go.first-row"
  case goLastRow = "go.last-row"
  case zoomOut = "zoom.out"
  case zoomIn = "zoom.in"
  case zoomFit = "zoom.fit"
  case goTime = "go.time"
  case faceTimeService = "face.time-service"
  case faceTimeSeverity = "face.time-severity"
  case faceServiceSeverity = "face.service-severity"
  case faceAll = "face.all"
  case pivot
  case focusNext = "focus.next"
  case focusPrevious = "focus.previous"
  case open
  case back
  case nextError = "next.error"
  case previousError = "previous.error"
  case goWorst = "go.worst"
  case search
  case nextMatch = "next.match"
  case previousMatch = "previous.match"
  case filterAdd = "filter.add"
  case filterRemoveLast = "filter.remove-last"
  case filterRemove = "filter.remove"
  case filterService = "filter.service"
  case severityFloor = "severity.floor"
  case severityFloorNext = "severity.next-floor"
  case sliceService = "slice.service"
  case sliceSeverity = "slice.severity"
  case sliceTime = "slice.time"
  case sliceRelease = "slice.release"
  case knownAtCursor = "known.at-cursor"
  case knownAt = "known.at"
  case select
  case fold
  case foldAll = "fold.all"
  case unfoldAll = "unfold.all"
  case hideQuiet = "rows.hide-quiet"
  case orderNext = "rows.next-order"
  case lensNext = "lens.next"
  case lens
  case weights = "lens.weights"
  case sameTrace = "go.same-trace"
  case filterByField = "filter.by-field"
  case follow
  case undo
  case redo
  case jumpBack = "jump.back"
  case jumpForward = "jump.forward"
  case markSet = "mark.set"
  case markGo = "mark.go"
  case viewSave = "view.save"
  case viewOpen = "view.open"
  case trailNext = "trail.next"
  case trailPrevious = "trail.previous"
  case replayToggle = "replay.toggle"
  case replayPlay = "replay.play"
  case replayFaster = "replay.faster"
  case replaySlower = "replay.slower"
  case replayNext = "replay.next"
  case replayPrevious = "replay.previous"
  case noteNext = "note.next"
  case notePrevious = "note.previous"
  case trainAnswer = "train.answer"
  case noteAdd = "note.add"
  case hypothesisAdd = "hypothesis.add"
  case noteList = "note.list"
  case noteEdit = "note.edit"
  case noteDelete = "note.delete"
  case noteRestore = "note.restore"
  case noteEvidence = "note.evidence"
  case hypothesisState = "hypothesis.state"
  case handover
  case handoverSave = "handover.save"
  case copy
  case copyLink = "copy.link"
  case record = "record.toggle"
  case timeZone = "time.zone"
  case sources = "sources"
  case theme
  case keymap
  case stats
  case palette
  case help
  case repaint
  case suspend
  case quit
  case quitNow = "quit.now"
  case promptAccept = "prompt.accept"
  case promptErase = "prompt.erase"
  case promptClear = "prompt.clear"
  case promptComplete = "prompt.complete"
  case promptUp = "prompt.up"
  case promptDown = "prompt.down"
}

/// How a command treats the view's past.
public enum CommandUndo: Hashable, Sendable {
  /// Changes nothing that undo should bring back.
  case none
  /// `undo` restores what was on screen before.
  case step
  /// As `step`, and `jump.back` returns to where it started.
  case jump
}

/// What a command asks for when it is invoked without an argument.
public enum CommandArgument: Hashable, Sendable {
  case text(prompt: String)
  /// A single character: the letter of a mark.
  case character(prompt: String)
}

/// One thing a person can do. The table of these generates keymap validation, palette, which-key, help, the man page
/// and the line mode; a command without all of them does not exist.
public struct CommandSpec: Hashable, Sendable {
  public var name: CommandName
  public var id: String { name.rawValue }
  /// What it does, in the user's words; palette, help and man page show it.
  public var title: String
  public var argument: CommandArgument?
  public var contexts: [CommandContext]
  /// Key sequences of the default keymap, in `KeyStroke` notation.
  public var defaultKeys: [String]
  public var undo: CommandUndo
  /// Changes what every view of the session sees: needs the pen.
  public var changesSession: Bool
  /// A word that is shorter to write on a line than the id.
  public var word: String?

  init(
    _ name: CommandName, _ title: String, keys: [String], in contexts: [CommandContext] = [.global],
    asks argument: CommandArgument? = nil, undo: CommandUndo = .none, changesSession: Bool = false,
    word: String? = nil
  ) {
    self.word = word
    self.name = name
    self.title = title
    self.argument = argument
    self.contexts = contexts
    self.defaultKeys = keys
    self.undo = undo
    self.changesSession = changesSession
  }
}

/// All commands, in the order of help.
public enum CommandTable {
  public static let all: [CommandSpec] =
    moving + looking + restricting + replaying + remembering + program + prompt

  /// The commands by topic, as help and the man page show them.
  public static let groups: [(title: String, commands: [CommandSpec])] = [
    ("Moving", moving), ("Looking", looking), ("Restricting", restricting), ("Replaying", replaying),
    ("Remembering", remembering),
    ("Program", program), ("While typing", prompt),
  ]

  public static func spec(_ id: String) -> CommandSpec? { CommandName(rawValue: id).map(spec) }

  /// The command with this short word.
  static func spec(word: String) -> CommandSpec? { all.first { $0.word == word } }

  public static func spec(_ name: CommandName) -> CommandSpec {
    guard let spec = byName[name] else { preconditionFailure("command \(name.rawValue) is not in the table") }
    return spec
  }

  /// The default keymap as labels.
  public static let defaultKeyLabels: [CommandName: [String]] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0.defaultKeys) })

  /// These put the clock of a replay where it belongs themselves.
  static func movesClock(_ name: CommandName) -> Bool {
    switch name {
    case .replayToggle, .replayPlay, .replayFaster, .replaySlower, .replayNext, .replayPrevious, .noteNext,
      .notePrevious, .trailNext, .trailPrevious, .knownAtCursor:
      true
    default: false
    }
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  private static let moving: [CommandSpec] = [
    CommandSpec(.cursorLeft, "Cursor one cell left", keys: ["left", "h"], in: [.matrix, .events, .event]),
    CommandSpec(
      .cursorRight, "Cursor one cell right", keys: ["right", "l"], in: [.matrix, .events, .event]),
    CommandSpec(.cursorUp, "Cursor up", keys: ["up", "k"], in: [.matrix, .events, .event]),
    CommandSpec(.cursorDown, "Cursor down", keys: ["down", "j"], in: [.matrix, .events, .event]),
    CommandSpec(.pageEarlier, "Half a screen earlier in time", keys: ["H"], undo: .step),
    CommandSpec(.pageLater, "Half a screen later in time", keys: ["L"], undo: .step),
    CommandSpec(.pageUp, "One page of rows up", keys: ["pgup", "C-b"]),
    CommandSpec(.pageDown, "One page of rows down", keys: ["pgdn", "C-f"]),
    CommandSpec(.panLeft, "Pan one column earlier", keys: ["S-left"], undo: .step),
    CommandSpec(.panRight, "Pan one column later", keys: ["S-right"], undo: .step),
    CommandSpec(.panUp, "Scroll rows up by one", keys: ["S-up"]),
    CommandSpec(.panDown, "Scroll rows down by one", keys: ["S-down"]),
    CommandSpec(.goStart, "Go to the first event", keys: ["home", "g s"], undo: .jump),
    CommandSpec(.goEnd, "Go to the last event", keys: ["end", "g e"], undo: .jump),
    CommandSpec(.goFirstRow, "Go to the first row", keys: ["g g"]),
    CommandSpec(.goLastRow, "Go to the last row", keys: ["G"]),
    CommandSpec(
      .goTime, "Go to a time (03:07, -15m, 2026-11-23 03:07, end)", keys: ["g t"],
      asks: .text(prompt: "go to time"),
      undo: .jump, word: "go"),
    CommandSpec(.nextError, "Next column with an error", keys: ["] e"], undo: .jump),
    CommandSpec(.previousError, "Previous column with an error", keys: ["[ e"], undo: .jump),
    CommandSpec(.goWorst, "Go to the worst cell on screen", keys: ["w", "g w"], undo: .jump, word: "worst"),
    CommandSpec(.search, "Search a service name or event text", keys: ["/"], asks: .text(prompt: "search")),
    CommandSpec(.nextMatch, "Next match of the search", keys: ["n"], undo: .jump),
    CommandSpec(.previousMatch, "Previous match of the search", keys: ["A-n", "[ n"], undo: .jump),
    CommandSpec(.open, "Drill down: cell, its events, one event", keys: ["ret"], undo: .jump),
    CommandSpec(.back, "Back: close, cancel, one level up", keys: ["esc"]),
    CommandSpec(.focusNext, "Next pane", keys: ["tab"]),
    CommandSpec(.focusPrevious, "Previous pane", keys: ["S-tab"]),
  ]

  private static let looking: [CommandSpec] = [
    CommandSpec(.zoomOut, "Zoom out: wider columns", keys: ["-"], undo: .step),
    CommandSpec(.zoomIn, "Zoom in: narrower columns", keys: ["=", "+"], undo: .step),
    CommandSpec(.zoomFit, "Fit all of the data", keys: ["0"], undo: .jump),
    CommandSpec(.faceTimeService, "Only time x service", keys: ["1"], undo: .step),
    CommandSpec(.faceTimeSeverity, "Only time x severity", keys: ["2"], undo: .step),
    CommandSpec(.faceServiceSeverity, "Only service x severity", keys: ["3"], undo: .step),
    CommandSpec(.faceAll, "All three faces", keys: ["4", "`"], undo: .step),
    CommandSpec(.pivot, "Pivot: the next face", keys: ["p"], undo: .step),
    CommandSpec(.lensNext, "Next lens: count, severity-weighted, rate", keys: ["i"], undo: .step),
    CommandSpec(
      .lens, "Choose a lens (count, weighted, rate)", keys: [], asks: .text(prompt: "lens"), undo: .step),
    CommandSpec(
      .weights, "Set severity weights (unknown trace debug info warn error fatal)", keys: [],
      asks: .text(prompt: "seven weights, from unknown to fatal"), changesSession: true),
    CommandSpec(
      .fold, "Fold or unfold the row's branch", keys: ["space", "z a"], in: [.matrix], undo: .step),
    CommandSpec(.foldAll, "Fold every branch", keys: ["z m"], undo: .step),
    CommandSpec(.unfoldAll, "Unfold every branch", keys: ["z r"], undo: .step),
    CommandSpec(.hideQuiet, "Hide rows without warnings, or show them", keys: ["z z"], undo: .step),
    CommandSpec(.orderNext, "Order rows: loudest, by name, earliest error", keys: ["o"], undo: .step),
    CommandSpec(.follow, "Follow the end, or pause", keys: ["F"], undo: .none),
    CommandSpec(.timeZone, "Times in UTC or local", keys: ["t"]),
  ]

  private static let restricting: [CommandSpec] = [
    CommandSpec(
      .filterAdd, "Filter: words, /regex/, status>=500, user=, !term", keys: ["f"],
      asks: .text(prompt: "filter"),
      undo: .step, changesSession: true, word: "filter"),
    CommandSpec(
      .filterRemoveLast, "Remove the last restriction", keys: ["backspace"], undo: .step, changesSession: true
    ),
    CommandSpec(
      .filterRemove, "Remove a restriction by its number", keys: [], asks: .text(prompt: "remove number"),
      undo: .step,
      changesSession: true),
    CommandSpec(
      .filterService, "Only services like GLOB (! excludes)", keys: ["s g"], asks: .text(prompt: "service"),
      undo: .step, changesSession: true, word: "service"),
    CommandSpec(
      .severityFloor, "Only this severity and worse (warn, error, ...)", keys: [],
      asks: .text(prompt: "severity"),
      undo: .step, changesSession: true, word: "severity"),
    CommandSpec(
      .severityFloorNext, "Severity floor: all, warn, error", keys: ["s f"], undo: .step, changesSession: true
    ),
    CommandSpec(
      .sliceService, "Slice: only the cursor's service", keys: ["s s"], undo: .step, changesSession: true),
    CommandSpec(
      .sliceSeverity, "Slice: only the cursor's severity", keys: ["s l"], undo: .step, changesSession: true),
    CommandSpec(
      .sliceTime, "Slice: only the time selected, or on screen", keys: ["s t"], undo: .step,
      changesSession: true),
    CommandSpec(
      .knownAtCursor, "Only what was known at the cursor's time (again: all)", keys: ["K"],
      undo: .step,
      changesSession: true),
    CommandSpec(
      .knownAt, "Only what was known at a time (03:08; 'now': everything)", keys: [],
      asks: .text(prompt: "known at"), undo: .step, changesSession: true, word: "known"),
    CommandSpec(
      .sliceRelease, "Release every slice and filter", keys: ["s r", "S"], undo: .step, changesSession: true),
    CommandSpec(.select, "Select a rectangle (again: end)", keys: ["v"], in: [.matrix], undo: .step),
    CommandSpec(
      .sameTrace, "Events of the same trace or request, across services", keys: ["g x"], undo: .jump,
      changesSession: true),
    CommandSpec(
      .filterByField, "Only events with this field's value", keys: ["="], in: [.event], undo: .jump,
      changesSession: true),
  ]

  private static let replaying: [CommandSpec] = [
    CommandSpec(.replayToggle, "Replay: show the scrubber, or close it", keys: ["P"], word: "replay"),
    CommandSpec(.replayPlay, "Play or pause", keys: ["space"], in: [.replay], word: "play"),
    CommandSpec(.replayPrevious, "One column back", keys: [","], in: [.replay]),
    CommandSpec(.replayNext, "One column on", keys: ["."], in: [.replay]),
    CommandSpec(.replaySlower, "Slower, down to 0.25x", keys: ["<"], in: [.replay]),
    CommandSpec(.replayFaster, "Faster, up to 1000x", keys: [">"], in: [.replay]),
    CommandSpec(.trailNext, "Next step of the recorded trail", keys: ["] t"], undo: .jump),
    CommandSpec(.trailPrevious, "Previous step of the recorded trail", keys: ["[ t"], undo: .jump),
    CommandSpec(
      .trainAnswer, "Training: it began in this cell, and why; then the comparison", keys: ["A"],
      asks: .text(prompt: "what is the cause"), word: "answer"),
    CommandSpec(.noteNext, "Next note in time", keys: ["] N"], undo: .jump),
    CommandSpec(.notePrevious, "Previous note in time", keys: ["[ N"], undo: .jump),
  ]

  private static let remembering: [CommandSpec] = [
    CommandSpec(.undo, "Undo the last change of view", keys: ["u"]),
    CommandSpec(.redo, "Redo", keys: ["C-r"]),
    CommandSpec(.jumpBack, "Back to where the last jump started", keys: ["C-o", "A-left"]),
    CommandSpec(.jumpForward, "Forward again", keys: ["A-right", "A-o"]),
    CommandSpec(.markSet, "Mark this place with a letter", keys: ["m"], asks: .character(prompt: "mark")),
    CommandSpec(
      .markGo, "Go to a marked place", keys: ["'"], asks: .character(prompt: "go to mark"), undo: .jump),
    CommandSpec(.viewSave, "Save this view under a name", keys: [], asks: .text(prompt: "save view as")),
    CommandSpec(.viewOpen, "Open a saved view", keys: ["g o"], asks: .text(prompt: "open view"), undo: .jump),
    CommandSpec(
      .noteAdd, "Note on the cell or selection", keys: ["N"], asks: .text(prompt: "note"),
      changesSession: true, word: "note"),
    CommandSpec(
      .hypothesisAdd, "Hypothesis, with this view as evidence", keys: [], asks: .text(prompt: "hypothesis"),
      changesSession: true, word: "hypothesis"),
    CommandSpec(
      .noteList, "Notes and their evidence: go to one", keys: ["g N"], asks: .text(prompt: "go to note"),
      undo: .jump, word: "notes"),
    CommandSpec(
      .noteEdit, "Change the text of a note", keys: [], asks: .text(prompt: "number of the note, new text"),
      changesSession: true),
    CommandSpec(
      .noteDelete, "Delete a note", keys: [], asks: .text(prompt: "delete note"), changesSession: true),
    CommandSpec(.noteRestore, "Bring back the note deleted last", keys: [], changesSession: true),
    CommandSpec(
      .noteEvidence, "Add this view as evidence to a note", keys: [],
      asks: .text(prompt: "evidence for note"),
      changesSession: true, word: "evidence"),
    CommandSpec(
      .hypothesisState, "A hypothesis is proposed, supported or refuted", keys: [],
      asks: .text(prompt: "number of the hypothesis, its state"), changesSession: true),
    CommandSpec(.handover, "Hand over: what, since when, notes, open questions", keys: []),
    CommandSpec(
      .handoverSave, "Save the hand-over in a file", keys: [], asks: .text(prompt: "save hand-over in file")),
    CommandSpec(.copy, "Copy the cell or event", keys: ["y"]),
    CommandSpec(.copyLink, "Copy a link to this view", keys: ["Y"]),
    CommandSpec(
      .record, "Record into a signed file, or end it", keys: ["R"], changesSession: true, word: "record"),
  ]

  private static let program: [CommandSpec] = [
    CommandSpec(.palette, "Find a command", keys: [":"]),
    CommandSpec(.help, "All keys and commands", keys: ["?", "f1"]),
    CommandSpec(.sources, "What is read: sources, formats, problems", keys: ["g i"]),
    CommandSpec(.stats, "Show or hide what frames cost (time, bytes, memory)", keys: []),
    CommandSpec(.theme, "Choose a theme", keys: [], asks: .text(prompt: "theme")),
    CommandSpec(.keymap, "Choose a keymap", keys: [], asks: .text(prompt: "keymap")),
    CommandSpec(.repaint, "Repaint the screen", keys: ["C-l"]),
    CommandSpec(.suspend, "Suspend to the shell", keys: ["C-z"]),
    CommandSpec(.quit, "One level back; at the top, quit", keys: ["q"]),
    CommandSpec(.quitNow, "Quit", keys: ["Q", "C-c"]),
  ]

  private static let prompt: [CommandSpec] = [
    CommandSpec(.promptAccept, "Accept what was typed", keys: ["ret"], in: [.prompt]),
    CommandSpec(.promptErase, "Erase the last character", keys: ["backspace", "C-h"], in: [.prompt]),
    CommandSpec(.promptClear, "Erase everything typed", keys: ["C-u"], in: [.prompt]),
    CommandSpec(.promptComplete, "Complete to the chosen entry", keys: ["tab"], in: [.prompt]),
    CommandSpec(.promptUp, "Choose the entry above", keys: ["up", "C-p"], in: [.prompt]),
    CommandSpec(.promptDown, "Choose the entry below", keys: ["down", "C-n"], in: [.prompt]),
  ]
}
