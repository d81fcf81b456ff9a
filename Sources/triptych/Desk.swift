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

/// Stands between the terminal's thread and the loop's: keys to commands, scenes to frames.
final class Desk: Sendable {
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
    /// Also where they could not be used.
    var themeTexts: TextsInForce
    var keymapTexts: TextsInForce

    mutating func put(_ loaded: InForce<Theme>, on terminal: CursesTerminal) {
      appearance.themeInForce = loaded
      themeTexts = TextsInForce(loaded.texts)
      remakeCanvas(terminal)
    }

    mutating func remakeCanvas(_ terminal: CursesTerminal) {
      canvas = appearance.canvas(depth: terminal.depth, glyphs: canvas.glyphs, levels: levels)
    }

    mutating func put(_ loaded: InForce<Keymap>) {
      appearance.keymapInForce = loaded
      keymapTexts = TextsInForce(loaded.texts)
    }
  }

  private let contents: Mutex<Contents>
  private let watch = Mutex<DirectoryWatch?>(nil)
  private let writes = WriteQueue()
  private let unsaved = Mutex<Problem?>(nil)
  private let terminal: CursesTerminal
  private let loop: SessionLoop
  private let view: ViewID
  private let zone: TimeZoneRules
  private let coach: [SafeText]
  /// The only source, where it is a recording.
  private let recording: String?
  /// The line has dropped.
  private let lingers = Atomic(false)

  init(
    _ appearance: Appearance, _ terminal: CursesTerminal, _ loop: SessionLoop, _ view: ViewID,
    zone: TimeZoneRules, coach: [SafeText], recording: String?
  ) {
    self.recording = recording
    self.coach = coach
    self.terminal = terminal
    self.loop = loop
    self.view = view
    self.zone = zone
    let glyphs = appearance.glyphs ?? terminal.glyphs
    contents = Mutex(
      Contents(
        canvas: appearance.canvas(depth: terminal.depth, glyphs: glyphs),
        appearance: appearance, themeTexts: TextsInForce(appearance.themeInForce.texts),
        keymapTexts: TextsInForce(appearance.keymapInForce.texts)))
  }

  // MARK: From the terminal's thread

  func take(_ input: TerminalInput) {
    switch input {
    case .key(let stroke): loop.inbox.send(.key(view, stroke))
    case .paste(let bytes): paste(bytes)
    case .mouse(let event): loop.inbox.send(.point(view, event.point, event.kind.action))
    case .resize(let extent): loop.inbox.send(.resize(view, extent))
    case .slowLine(let isSlow): useFewerLevels(isSlow)
    case .background(let background): adapt(to: background)
    case .hangUp: hangUp()
    case .terminate: loop.inbox.close()
    }
  }

  /// The line has dropped. A session that records goes on for a while: what it follows is not lost with the line.
  private func hangUp() {
    let seconds = contents.withLock { $0.appearance.configuration.lingerSeconds }
    guard seconds > 0, loop.isRecording else { return loop.inbox.close() }
    CursesTerminal.stayAfterHangUp()
    // Both the line and a signal tell it.
    guard !lingers.exchange(true, ordering: .relaxed) else { return }
    let endMs = WallClock.monotonicMs + Int64(seconds) * 1000
    let loop = loop
    let thread = WorkerThread {
      // Where somebody ends the recording from elsewhere, nothing is left to stay for.
      while WallClock.monotonicMs < endMs, loop.isRecording { usleep(Self.lingerPollUs) }
      loop.inbox.close()
    }
    guard let thread else { return loop.inbox.close() }
    thread.detach()
  }

  private static let lingerPollUs: UInt32 = 200_000

  /// The theme's light or dark counterpart, unless the person has chosen a theme.
  private func adapt(to background: Theme.Appearance) {
    let name = contents.withLock { contents -> String? in
      let name = contents.appearance.themeName(on: background)
      return name == contents.appearance.themeInForce.name ? nil : name
    }
    if let name { choose(theme: name) }
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
    let isFirst = contents.withLock { contents in
      contents.paintUs = paintUs
      contents.frameCount += 1
      return contents.frameCount == 1
    }
    terminal.present(frame)
    // Nobody edits a theme before there is a picture.
    if isFirst { startWatch() }
  }

  func measure(_ measures: inout FrameMeasures) {
    contents.withLock { contents in
      measures.paintUs = contents.paintUs
      measures.frameCount = contents.frameCount
    }
    // ncurses does not tell what it sends.
    guard let sent = terminal.statistics else { return }
    measures.frameCount = sent.frameCount
    measures.droppedFrameCount = sent.droppedFrameCount
    measures.lastFrameByteCount = sent.lastFrameByteCount
    measures.byteCount = sent.byteCount
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
    case .chooseTheme(let name):
      contents.withLock { $0.appearance.isThemeChosen = true }
      choose(theme: name)
    case .chooseKeymap(let name): choose(keymap: name)
    case .saveMarks(let marks, let receipt): save(receipt) { RememberedPlaces().save(marks) }
    case .saveViews(let views, let receipt): save(receipt) { RememberedPlaces().save(views) }
    case .saveNote(let change, let receipt): save(change, receipt)
    case .saveText(let path, let lines, let receipt):
      save(receipt) { RememberedNotes.write(lines, to: path) }
    case .toggleRecording, .fetchEvents, .count, .find, .stopFinding: break
    }
  }

  private func save(_ change: NoteChange, _ receipt: Receipt) {
    writes.add { [self] in
      switch RememberedNotes().save(change, in: recording) {
      case .success(let words):
        unsaved.withLock { $0 = nil }
        loop.inbox.send(.kept(Receipt(view: receipt.view, words: receipt.words + words)))
      case .failure(let problem):
        unsaved.withLock { $0 = problem }
        loop.inbox.send(.notice(receipt.view, "\(problem.description)"))
      }
    }
  }

  /// Beside the loop: a disk may take seconds.
  private func save(_ receipt: Receipt, _ write: @escaping @Sendable () -> Problem?) {
    writes.add { [self] in
      let problem = write()
      unsaved.withLock { $0 = problem }
      loop.inbox.send(problem.map { .notice(receipt.view, "\($0.description)") } ?? .kept(receipt))
    }
  }

  /// Waits until everything is on the disk.
  ///
  /// - Returns: why the newest of it is not.
  func finishSaving() -> Problem? {
    writes.finish()
    return unsaved.withLock(\.self)
  }

  // MARK: Themes and keymaps

  private func choose(theme name: String) {
    let loaded = InForce<Theme>(name, from: contents.withLock { $0.appearance.resources })
    let commands = contents.withLock {
      $0.put(loaded, on: terminal); return reconfigured($0.appearance, loaded.problems)
    }
    for command in commands { loop.inbox.send(command) }
    watch.withLock { $0?.renew() }
  }

  private func choose(keymap name: String) {
    let loaded = InForce<Keymap>(name, from: contents.withLock { $0.appearance.resources })
    loop.inbox.send(.keymap(view, loaded.value))
    let commands = contents.withLock {
      $0.put(loaded); return reconfigured($0.appearance, loaded.problems)
    }
    for command in commands { loop.inbox.send(command) }
    watch.withLock { $0?.renew() }
  }

  private func startWatch() {
    let new = DirectoryWatch(paths: { self.watchedPaths }, onChange: { self.reload() })
    watch.withLock { $0 = new }
    // What was saved since the files were read, which the watch has not seen.
    _ = reload()
  }

  /// Edited themes and keymaps are no longer taken over. Must not be called while one is.
  func endWatch() { watch.withLock { $0 = nil } }

  private var watchedPaths: [String] {
    let appearance = contents.withLock { $0.appearance }
    let (theme, keymap) = (appearance.themeInForce, appearance.keymapInForce)
    return appearance.resources.watchedPaths(
      inForce: [theme.name, keymap.name], files: (theme.texts + keymap.texts).map(\.path))
  }

  /// Takes over what was edited. A file with mistakes changes nothing, nor does one that became empty: what was good
  /// stays, and the mistake is told.
  ///
  /// - Returns: whether to look again in a second.
  func reload() -> Bool {
    let appearance = contents.withLock { $0.appearance }
    let theme = InForce<Theme>(appearance.themeInForce.name, from: appearance.resources)
    let keymap = InForce<Keymap>(appearance.keymapInForce.name, from: appearance.resources)
    let nowMs = WallClock.monotonicMs
    let (commands, isEarly) = contents.withLock { contents -> ([Command], Bool) in
      var commands: [Command] = []
      let themeChange = contents.themeTexts.look(at: theme.texts, nowMs: nowMs)
      if let reason = themeChange.reason(theme.problems) {
        commands.append(.notice(view, "the theme stays as it was: \(reason)"))
      } else if themeChange == .edited {
        contents.put(theme, on: terminal)
        commands += reconfigured(contents.appearance, []) + [.notice(view, "theme loaded again")]
      }
      let keymapChange = contents.keymapTexts.look(at: keymap.texts, nowMs: nowMs)
      if let reason = keymapChange.reason(keymap.problems) {
        commands.append(.notice(view, "the keys stay as they were: \(reason)"))
      } else if keymapChange == .edited {
        contents.put(keymap)
        loop.inbox.send(.keymap(view, keymap.value))
        commands += reconfigured(contents.appearance, []) + [.notice(view, "keymap loaded again")]
      }
      return (commands, themeChange == .early || keymapChange == .early)
    }
    for command in commands { loop.inbox.send(command) }
    return isEarly
  }

  private func reconfigured(_ appearance: Appearance, _ problems: [Problem]) -> [Command] {
    var configuration = appearance.sessionConfiguration(zone: zone)
    configuration.coach = coach
    return [.configure(configuration)] + problems.map { .notice(view, "\($0.shortDescription)") }
  }
}

extension TextsInForce.Change {
  /// Why what was found cannot be used; `nil` where it can, and where there is nothing new.
  fileprivate func reason(_ problems: [Problem]) -> String? {
    switch self {
    case .none, .early: nil
    case .edited: problems.first?.shortDescription
    case .empty(let path): Problem(at: SourceLine(file: path), "the file is empty").shortDescription
    }
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
