internal import ArgumentParser
internal import CellCanvas
internal import CursesTerminal
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

/// A live session with the terminal as its only front-end; a printed frame where there is no terminal.
struct TerminalSession {
  var appearance: Appearance
  let zone: TimeZoneRules
  let link: SessionLink?
  let terminal: TerminalChoices
  /// `--from` and `--to`.
  var slice: TimeRange?
  /// A line for the start.
  let hint: SafeText?
  var coach: [SafeText] = []
  /// Those written about the sources before.
  var notes: [Note] = []
  /// What a learner is to find out; `nil` outside of a training.
  var training: TrainingPlan?
  /// What is gone on with; `nil` begins anew.
  var resumption: Resumption?

  /// Blocks until the person quits.
  func run(_ start: SessionStart) throws {
    guard start.canOpen else {
      _ = try EventReading.atRest(start.specifications, options: start.options).reported()
      return
    }
    var session = self
    // Those of others are for afterwards.
    if training == nil { session.notes = RememberedNotes().notes(about: start.specifications) }
    try session.show(start)
  }

  private func show(_ start: SessionStart) throws {
    if terminal.isPlain { return try lineMode.run(start) }
    guard isatty(STDOUT_FILENO) == 1 else {
      if let path = terminal.recordingPath {
        throw ValidationError("--record needs a terminal; without one: triptych record SOURCE... -o \(path)")
      }
      return try printFrame(start)
    }
    if let path = terminal.recordingPath { try begin(recordingInto: path, start.loop) }
    let screen: CursesTerminal
    do {
      screen = try CursesTerminal(cursesOptions)
    } catch {
      Output.complain(error.description + "; until then line by line (--plain)")
      return try lineMode.run(start)
    }
    var session = self
    if let theme = screen.background.flatMap(appearance.themeName(on:)) {
      session.appearance.choose(theme: theme)
    }
    try session.browse(start, on: screen)
  }

  /// Before there is a screen: what is wrong with the file stands where people look.
  private func begin(recordingInto path: String, _ loop: SessionLoop) throws {
    do { try loop.record(into: path, .ofProgram) } catch {
      throw ProgramExit.environment("\(path): \(error)")
    }
  }

  private func browse(_ start: SessionStart, on terminal: CursesTerminal) throws {
    let loop = start.loop
    loop.plan(.ofProgram)
    if let plan = autosave(of: start) { loop.autosave(plan) }
    let view = ViewID(rawValue: 1)
    let desk = Desk(
      appearance, terminal, loop, view, zone: zone, coach: coach,
      recording: RecordedTrail.recording(start.specifications))
    var configuration = configuration
    configuration.training = training
    configuration.showsReplay = resumption == nil && RecordedTrail.isRecording(start.specifications)
    loop.inbox.send(.configure(configuration))
    loop.attach(
      view, extent: terminal.extent, form: appearance.form, keymap: appearance.keymap,
      FrontEnd(
        present: { desk.present($0, $1) }, perform: { desk.perform($0) }, measure: { desk.measure(&$0) }))
    let trail = training == nil ? trail(of: start) : RecordedTrail(steps: [])
    if !trail.steps.isEmpty { loop.inbox.send(.trail(trail.steps)) }
    if let link = link ?? trail.end { loop.inbox.send(.follow(view, link)) }
    if let slice { loop.inbox.send(.slice(view, slice)) }
    if let notice = firstNotice(terminal) { loop.inbox.send(.notice(view, notice)) }
    do { try terminal.run { desk.take($0) } } catch {
      terminal.stop()
      throw ProgramExit.environment(error.description)
    }
    start.run()
    desk.endWatch()
    terminal.stop()
    for status in loop.recorded { Output.complain(status.words) }
    if let problem = desk.finishSaving() { Output.complain(problem.description) }
    // Everything is saved and given back: from here on it is as if nobody had taken the signal.
    if let signal = terminal.endingSignal { CursesTerminal.endProcess(bySignal: signal) }
  }

  /// There is room for one line: what is wrong comes before what is good to know.
  private func firstNotice(_ terminal: CursesTerminal) -> SafeText? {
    guard let first = appearance.problems.first else {
      return terminal.notice.map { "\($0)" } ?? resumption.map(\.notice) ?? hint
    }
    let more = appearance.problems.count - 1
    return "\(first.shortDescription)\(more > 0 ? " (\(more) more: triptych doctor)" : "")"
  }

  private var lineMode: PlainSession {
    PlainSession(
      appearance: appearance, configuration: configuration, link: link, slice: slice, trail: trail(of:),
      autosave: autosave(of:))
  }

  /// Where whoever recorded what is open went, or where this session went before it was gone on with.
  private func trail(of start: SessionStart) -> RecordedTrail {
    resumption.map { RecordedTrail(steps: $0.steps) } ?? RecordedTrail(start.specifications)
  }

  /// `nil` where nothing is to be saved by itself.
  private func autosave(of start: SessionStart) -> AutosavePlan? {
    guard appearance.configuration.savesSessions else { return nil }
    return AutosavePlan(of: start.specifications, resuming: resumption)
  }

  private var cursesOptions: CursesOptions {
    CursesOptions(
      depth: appearance.color == .auto ? nil : chosenDepth(terminalColors: 256),
      mouse: terminal.mouse ?? appearance.configuration.mouse,
      followsBackground: appearance.themeName(on: .dark) != nil,
      output: terminal.output(appearance.configuration))
  }

  private var configuration: SessionConfiguration {
    var configuration = appearance.sessionConfiguration(zone: zone)
    configuration.coach = coach
    configuration.showsStats = terminal.showsStats
    let remembered = RememberedPlaces()
    configuration.marks = remembered.marks
    configuration.savedViews = remembered.views
    configuration.notes = notes
    configuration.author = RememberedNotes.author
    return configuration
  }

  private func chosenDepth(terminalColors: Int?) -> ColorDepth {
    ColorDepth.chosen(
      flag: appearance.color, environment: ProcessEnvironment.all, terminalColors: terminalColors,
      hasRGB: true)
  }

  /// The terminal's size where standard output is one that cannot be painted on; else 120x36.
  private static var outputExtent: GridExtent {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 1 else {
      return GridExtent(columns: 120, rows: 36)
    }
    return GridExtent(columns: Int(size.ws_col) - 1, rows: Int(size.ws_row) - 1)
  }

  private func printFrame(_ start: SessionStart) throws {
    for problem in appearance.problems { Output.complain(problem.description) }
    var options = start.options
    options.follows = false
    let reading = try EventReading.atRest(start.specifications, options: options).reported()
    var session = OfflineSession(
      reading, extent: Self.outputExtent, form: appearance.form, keymap: appearance.keymap,
      configuration: configuration,
      memoryLimit: appearance.configuration.memoryLimit, now: WallClock.now)
    let trail = trail(of: start)
    session.apply(.trail(trail.steps))
    if let link = link ?? trail.end { session.follow(link) }
    if let slice { session.slice(slice) }
    let depth = appearance.color == .auto ? .mono : chosenDepth(terminalColors: nil)
    let frame = appearance.canvas(depth: depth, glyphs: appearance.glyphs ?? .safe).frame(of: session.scene)
    Output.print(depth == .mono ? frame.plainText() : frame.ansiText())
  }
}
