internal import CellCanvas
internal import CursesTerminal
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost
internal import Synchronization

/// A live session with the terminal as its only front-end; a printed frame where there is no terminal.
struct TerminalSession {
  var appearance: Appearance
  let zone: TimeZoneRules
  let link: SessionLink?
  /// `--from` and `--to`.
  var slice: TimeRange?
  /// A line for the start.
  let hint: SafeText?
  var output = OutputOptions()
  var coach: [SafeText] = []
  /// What frames cost stands on the screen from the start.
  var showsStats = false

  /// Blocks until the person quits.
  func run(_ start: SessionStart) throws {
    guard start.canOpen else {
      _ = try EventReading.atRest(start.specifications, options: start.options).reported()
      return
    }
    guard isatty(STDOUT_FILENO) == 1 else { return try printFrame(start) }
    let terminal: CursesTerminal
    do {
      terminal = try CursesTerminal(
        CursesOptions(
          depth: appearance.color == .auto ? nil : chosenDepth(terminalColors: 256), output: output))
    } catch {
      Output.complain(error.description)
      return try printFrame(start)
    }
    let loop = start.loop
    let view = ViewID(rawValue: 1)
    let desk = Desk(appearance, terminal, loop, view, zone: zone, coach: coach)
    loop.inbox.send(.configure(configuration))
    loop.attach(
      view, extent: terminal.extent, keymap: appearance.keymap,
      FrontEnd(
        present: { desk.present($0, $1) }, perform: { desk.perform($0) }, measure: { desk.measure(&$0) }))
    if let link { loop.inbox.send(.follow(view, link)) }
    if let slice { loop.inbox.send(.slice(view, slice)) }
    if let notice = firstNotice(terminal) { loop.inbox.send(.notice(view, notice)) }
    terminal.run { desk.take($0) }
    let watch = DirectoryWatch(directories: { desk.watchedDirectories }, onChange: { desk.reload() })
    start.run()
    terminal.stop()
    withExtendedLifetime(watch) {}
  }

  /// There is room for one line: what is wrong comes before what is good to know.
  private func firstNotice(_ terminal: CursesTerminal) -> SafeText? {
    guard let first = appearance.problems.first else { return terminal.notice.map { "\($0)" } ?? hint }
    let more = appearance.problems.count - 1
    return "\(first.description)\(more > 0 ? " (\(more) more: triptych doctor)" : "")"
  }

  private var configuration: SessionConfiguration {
    var configuration = appearance.sessionConfiguration(zone: zone)
    configuration.coach = coach
    configuration.showsStats = showsStats
    let remembered = RememberedPlaces()
    configuration.marks = remembered.marks
    configuration.savedViews = remembered.views
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
      reading, extent: Self.outputExtent, keymap: appearance.keymap,
      configuration: configuration,
      memoryLimit: appearance.configuration.memoryLimit, now: WallClock.now)
    if let link { session.follow(link) }
    if let slice { session.slice(slice) }
    let depth = appearance.color == .auto ? .mono : chosenDepth(terminalColors: nil)
    let frame = CellCanvas(theme: appearance.theme, depth: depth, glyphs: appearance.glyphs ?? .safe).frame(
      of: session.scene)
    Output.print(depth == .mono ? frame.plainText() : frame.ansiText())
  }
}

/// Stands between the terminal's thread and the loop's: keys to commands, scenes to frames.
private final class Desk: Sendable {
  private struct Contents {
    var canvas: CellCanvas
    var appearance: Appearance
    var view: ViewState?
    /// Steps a ramp may have; `nil`: all of them.
    var levels: Int?
    var saidSlow = false
    /// Of the last frame.
    var paintUs: Int?
    var frameCount = 0
    /// The files that theme and keymap were last made of, also where they could not be used.
    var themeTexts: [TextFile]
    var keymapTexts: [TextFile]

    mutating func put(_ loaded: ThemeInForce, on terminal: CursesTerminal) {
      appearance.theme = loaded.theme
      appearance.themeName = loaded.name
      themeTexts = loaded.texts
      remakeCanvas(terminal)
    }

    mutating func remakeCanvas(_ terminal: CursesTerminal) {
      canvas = CellCanvas(
        theme: appearance.theme, depth: terminal.depth, glyphs: canvas.glyphs, levels: levels)
    }

    mutating func put(_ loaded: KeymapInForce) {
      appearance.keymap = loaded.keymap
      appearance.keymapName = loaded.name
      keymapTexts = loaded.texts
    }
  }

  private let contents: Mutex<Contents>
  private let terminal: CursesTerminal
  private let loop: SessionLoop
  private let view: ViewID
  private let zone: TimeZoneRules
  private let coach: [SafeText]

  init(
    _ appearance: Appearance, _ terminal: CursesTerminal, _ loop: SessionLoop, _ view: ViewID,
    zone: TimeZoneRules, coach: [SafeText]
  ) {
    self.coach = coach
    self.terminal = terminal
    self.loop = loop
    self.view = view
    self.zone = zone
    let glyphs = appearance.glyphs ?? terminal.glyphs
    contents = Mutex(
      Contents(
        canvas: CellCanvas(theme: appearance.theme, depth: terminal.depth, glyphs: glyphs),
        appearance: appearance, themeTexts: appearance.themeTexts, keymapTexts: appearance.keymapTexts))
  }

  // MARK: From the terminal's thread

  func take(_ input: TerminalInput) {
    switch input {
    case .key(let stroke): loop.inbox.send(.key(view, stroke))
    case .paste(let bytes): paste(bytes)
    case .mouse(let event): loop.inbox.send(.point(view, event.point, event.kind.action))
    case .resize(let extent): loop.inbox.send(.resize(view, extent))
    case .slowLine(let isSlow): useFewerLevels(isSlow)
    case .hangUp, .terminate: loop.inbox.close()
    }
  }

  /// Pasted text goes into an open prompt, character by character; anywhere else it is not a string of commands.
  private func paste(_ bytes: [UInt8]) {
    guard contents.withLock({ $0.view?.prompt != nil }) else {
      loop.inbox.send(
        .notice(view, "pasted text goes into a prompt: open one first, for a search or a filter"))
      return
    }
    for character in SafeText(ForeignText(bytes: bytes), byteLimit: 1000).string {
      loop.inbox.send(.typed(view, character))
    }
  }

  /// Steps of a ramp that are told apart on a slow line: long runs of one colour are few bytes.
  private static let slowLevels = 4

  private func useFewerLevels(_ isSlow: Bool) {
    let isNews = contents.withLock { contents in
      contents.levels = isSlow ? Self.slowLevels : nil
      contents.remakeCanvas(terminal)
      defer { if isSlow { contents.saidSlow = true } }
      return isSlow && !contents.saidSlow
    }
    // A notice also makes a new frame.
    loop.inbox.send(
      isNews
        ? .notice(view, "a slow line: fewer colour steps (--link fast keeps them all)")
        : .tick(WallClock.now))
  }

  // MARK: From the loop's thread

  func present(_ scene: Scene, _ state: ViewState) {
    let canvas = contents.withLock { contents in
      contents.view = state
      return contents.canvas
    }
    let startUs = WallClock.monotonicUs
    let frame = canvas.frame(of: scene)
    let paintUs = Int(WallClock.monotonicUs - startUs)
    contents.withLock { contents in
      contents.paintUs = paintUs
      contents.frameCount += 1
    }
    terminal.present(frame)
  }

  func measure(_ measures: inout FrameMeasures) {
    contents.withLock { contents in
      measures.paintUs = contents.paintUs
      measures.frameCount = contents.frameCount
    }
  }

  func perform(_ effect: Effect) {
    switch effect {
    case .copy(_, let text):
      if !terminal.copyToClipboard(text) {
        loop.inbox.send(.notice(view, "too long for a terminal's clipboard: nothing is copied"))
      }
    case .repaint: terminal.repaint()
    case .suspend: terminal.suspend()
    case .quit: loop.inbox.close()
    case .chooseTheme(let name): choose(theme: name)
    case .chooseKeymap(let name): choose(keymap: name)
    case .saveMarks(let marks): say(RememberedPlaces().save(marks))
    case .saveViews(let views): say(RememberedPlaces().save(views))
    case .fetchEvents, .count, .find, .stopFinding: break
    }
  }

  private func say(_ problem: Problem?) {
    if let problem { loop.inbox.send(.notice(view, "\(problem.description)")) }
  }

  // MARK: Themes and keymaps

  private func choose(theme name: String) {
    let loaded = ThemeInForce(name, from: contents.withLock { $0.appearance.resources })
    let commands = contents.withLock {
      $0.put(loaded, on: terminal); return reconfigured($0.appearance, loaded.problems)
    }
    for command in commands { loop.inbox.send(command) }
  }

  private func choose(keymap name: String) {
    let loaded = KeymapInForce(name, from: contents.withLock { $0.appearance.resources })
    loop.inbox.send(.keymap(view, loaded.keymap))
    let commands = contents.withLock {
      $0.put(loaded); return reconfigured($0.appearance, loaded.problems)
    }
    for command in commands { loop.inbox.send(command) }
  }

  var watchedDirectories: [String] {
    contents.withLock { contents in
      let appearance = contents.appearance
      return appearance.resources.watchedDirectories(inForce: [appearance.themeName, appearance.keymapName])
    }
  }

  /// Takes over what was edited. A file with mistakes changes nothing: what was good stays, and the mistake is told.
  func reload() {
    let appearance = contents.withLock { $0.appearance }
    let theme = ThemeInForce(appearance.themeName, from: appearance.resources)
    let keymap = KeymapInForce(appearance.keymapName, from: appearance.resources)
    let commands = contents.withLock { contents -> [Command] in
      var commands: [Command] = []
      if theme.texts != contents.themeTexts {
        contents.themeTexts = theme.texts
        if let problem = theme.problems.first {
          commands.append(.notice(view, "\(problem.description); the theme stays as it was"))
        } else {
          contents.put(theme, on: terminal)
          commands += reconfigured(contents.appearance, []) + [.notice(view, "theme loaded again")]
        }
      }
      if keymap.texts != contents.keymapTexts {
        contents.keymapTexts = keymap.texts
        if let problem = keymap.problems.first {
          commands.append(.notice(view, "\(problem.description); the keys stay as they were"))
        } else {
          contents.put(keymap)
          loop.inbox.send(.keymap(view, keymap.keymap))
          commands += reconfigured(contents.appearance, []) + [.notice(view, "keymap loaded again")]
        }
      }
      return commands
    }
    for command in commands { loop.inbox.send(command) }
  }

  private func reconfigured(_ appearance: Appearance, _ problems: [Problem]) -> [Command] {
    var configuration = appearance.sessionConfiguration(zone: zone)
    configuration.coach = coach
    return [.configure(configuration)] + problems.map { .notice(view, "\($0.description)") }
  }
}

extension MouseEvent.Kind {
  fileprivate var action: PointerAction {
    switch self {
    case .click: .press
    case .doubleClick: .doublePress
    case .wheelUp: .wheelUp
    case .wheelDown: .wheelDown
    }
  }
}
