// CursesTerminal: frames go to the terminal, keys and clicks come from it, and the terminal is always given back.
// One thread owns the terminal and is the only one that calls ncurses. Knows no scene, no command and no session.

import CNcurses
public import CellCanvas
import Glibc
public import Preferences
public import SceneGraph
import Synchronization

/// Why there is no terminal to draw on; a frame can still be printed.
public enum CursesTerminalError: Error, Hashable, Sendable, CustomStringConvertible {
  case noTerminal(reason: String)
  case noDescription(term: String)
  case noPipe(reason: String)
  case noThread(reason: String)

  public var description: String {
    switch self {
    case .noTerminal(let reason):
      "no terminal to draw on: \(reason); `triptych frame` prints one frame anywhere"
    case .noDescription(let term):
      "\(term.isEmpty ? "TERM is not set, and no terminal answers" : "TERM '\(term)' describes no terminal with a movable cursor"); set TERM=xterm-256color if yours has one"
    case .noPipe(let reason):
      "no pipe for waking the terminal's thread: \(reason); raise the limit of open files (ulimit -n)"
    case .noThread(let reason):
      "no thread for the terminal: \(reason); raise the limit of processes (ulimit -u)"
    }
  }
}

public struct CursesOptions: Sendable {
  /// `nil`: as deep as the terminal and `NO_COLOR` allow.
  public var depth: ColorDepth?
  public var mouse: MouseChoice
  /// Find out whether the background is dark or light, and tell when it changes (`TerminalInput.background`).
  public var followsBackground: Bool
  public var output: OutputOptions

  public init(
    depth: ColorDepth? = nil, mouse: MouseChoice = .wheel, followsBackground: Bool = true,
    output: OutputOptions = OutputOptions()
  ) {
    self.depth = depth
    self.mouse = mouse
    self.followsBackground = followsBackground
    self.output = output
  }
}

/// The terminal this process runs in, from `init` to `stop`. At most one exists at a time.
public final class CursesTerminal: Sendable {
  /// How many colours frames may use.
  public let depth: ColorDepth
  /// Which glyphs the terminal can be trusted with.
  public let glyphs: GlyphSet
  /// One line for the status bar when something is not as expected (an unknown TERM); else `nil`.
  public let notice: String?
  /// What `COLORFGBG` says of the background; `nil` when it says nothing and the terminal is asked instead.
  public let background: Theme.Appearance?

  private let descriptors: Descriptors
  private let pipe: WakePipe
  private let isUTF8: Bool
  /// `nil` where ncurses presents.
  private let stream: StreamCapabilities?
  private let pacer: LinkPacer
  private let escapeDelayMs: Int
  private let modes: TerminalModes
  private let asksBackground: Bool
  /// Keys that came while the terminal was asked what it is.
  private let typedAhead: [UInt8]
  private let state: Mutex<Shared>

  private struct Descriptors: Sendable {
    var input: Int32
    var output: Int32
  }

  /// What other threads hand to the terminal's thread.
  private struct Shared: Sendable {
    var extent: GridExtent
    /// The newest frame not yet drawn; older ones are dropped.
    var frame: CellFrame?
    /// Bytes that are no cells: what is copied.
    var messages: [[UInt8]] = []
    var statistics = OutputStatistics()
    /// Frames that a newer one replaced before the terminal's thread took them.
    var replacedFrameCount = 0
    var isStopping = false
    var thread: pthread_t?
    var endingSignal: Int32?
  }

  /// Takes the terminal: the alternate screen is on afterwards, and signals give it back.
  ///
  /// Keys come from stdin, or from the controlling terminal when stdin is a pipe. `TERM` unknown here is replaced by a
  /// description that fits most terminals, and `notice` says so.
  ///
  /// - Throws: when there is no terminal, or none with a movable cursor.
  public init(_ options: CursesOptions = CursesOptions()) throws(CursesTerminalError) {
    let choice = TerminalChoice { name in getenv(name).map { String(cString: $0) } }
    descriptors = try Self.openDescriptors()
    pipe = try WakePipe()
    isUTF8 = cn_set_locale()
    guard cn_save_settings(descriptors.input) else {
      throw CursesTerminalError.noTerminal(reason: "its settings cannot be read")
    }
    let (input, output) = (descriptors.input, descriptors.output)
    var caller = TerminalCaller(input: input, output: output, patienceMs: choice.answerMs)
    guard
      let term = choice.candidates(requested: options.depth).first(where: {
        (!$0.needsAnswer || caller.isAnswered) && cn_open($0.name, output, input)
      })?.name
    else { throw CursesTerminalError.noDescription(term: choice.term ?? "") }
    typedAhead = caller.typedAhead
    escapeDelayMs = choice.escapeDelayMs
    background = choice.backgroundOfVariable
    let mayAsk = choice.mayAsk(used: term)
    asksBackground = mayAsk && options.followsBackground && background == nil
    modes = TerminalModes(mouse: options.mouse, mayAsk: mayAsk, followsBackground: asksBackground)
    cn_set_modes()
    cn_also_reset(String(decoding: modes.off, as: UTF8.self))
    cn_guard(output, pipe.writeEnd)
    depth = choice.depth(requested: options.depth, colors: Int(cn_colors()), hasRGB: cn_has_rgb())
    glyphs = choice.glyphs(isUTF8: isUTF8)
    stream = options.output.stream(environment: choice.environment, isUTF8: isUTF8)
    if stream == nil { cn_start_colors() }
    pacer = LinkPacer(setting: options.output.link, isRemote: choice.isRemote)
    notice = choice.notice(used: term, depth: depth, requested: options.depth)
    state = Mutex(
      Shared(extent: GridExtent(columns: Int(cn_columns()), rows: Int(cn_lines()))))
  }

  deinit { stop() }

  /// The terminal's size; `TerminalInput.resize` tells when it changes.
  public var extent: GridExtent { state.withLock { $0.extent } }

  /// What was sent so far; `nil` where ncurses presents, which does not tell.
  public var statistics: OutputStatistics? {
    guard stream != nil else { return nil }
    return state.withLock { shared in
      var statistics = shared.statistics
      statistics.droppedFrameCount += shared.replacedFrameCount
      return statistics
    }
  }

  /// The signal that told the process to end (`TerminalInput.hangUp`, `.terminate`); `nil` when a person ended it.
  public var endingSignal: Int32? { state.withLock { $0.endingSignal } }

  /// The process goes on without its terminal, for as long as it likes; the next signal ends it as ever. To be called on
  /// the terminal's thread, for `.hangUp`.
  public static func stayAfterHangUp() { cn_stay() }

  /// Ends the process as `signal` would have done: the shell that started it sees 128 and the signal's number. After
  /// `stop`.
  public static func endProcess(bySignal signal: Int32) -> Never { cn_end_by_signal(signal) }

  /// Starts the thread; `onInput` is called on it, in order, and should return soon.
  ///
  /// - Throws: `noThread`; the terminal is still held then, and `stop` gives it back.
  public func run(onInput: @escaping @Sendable (TerminalInput) -> Void) throws(CursesTerminalError) {
    let body = Unmanaged.passRetained(ThreadBody(terminal: self, onInput: onInput))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let body = Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
        body.terminal.loop(body.onInput)
        return nil
      }, body.toOpaque())
    guard result == 0 else {
      body.release()
      throw .noThread(reason: String(cString: strerror(result)))
    }
    let started = thread
    state.withLock { $0.thread = started }
  }

  /// Shows `frame` as soon as the terminal takes it; a newer frame replaces one that still waits. Never blocks.
  public func present(_ frame: CellFrame) {
    state.withLock { shared in
      if shared.frame != nil { shared.replacedFrameCount += 1 }
      shared.frame = frame
    }
    pipe.wake(Wake.frame)
  }

  /// Puts `text` on the clipboard of the person's own machine (OSC 52), also over SSH and through tmux.
  ///
  /// - Returns: false when the text is longer than terminals take (74,994 bytes); nothing is copied then.
  public func copyToClipboard(_ text: SafeText) -> Bool {
    let isInsideTmux = getenv("TMUX").map { $0.pointee != 0 } ?? false
    guard let bytes = Clipboard.sequence(copying: Array(text.string.utf8), insideTmux: isInsideTmux) else {
      return false
    }
    state.withLock { $0.messages.append(bytes) }
    pipe.wake(Wake.frame)
    return true
  }

  /// Gives the terminal to the shell and stops the process group, as Ctrl-Z does; `fg` brings the screen back.
  public func suspend() { pipe.wake(UInt8(CN_WAKE_STOP)) }

  /// Paints everything again, for a screen that something else wrote on.
  public func repaint() { pipe.wake(Wake.repaint) }

  /// Restores the terminal and ends the thread; returns when both are done. Safe to call twice, and from `onInput`.
  public func stop() {
    let thread = state.withLock { shared in
      shared.isStopping = true
      defer { shared.thread = nil }
      return shared.thread
    }
    pipe.wake(Wake.frame)
    guard let thread else { return Self.giveBack() }
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
      Self.giveBack()
    } else {
      pthread_join(thread, nil)
    }
  }

  private enum Wake {
    static let frame = UInt8(ascii: "f")
    static let repaint = UInt8(ascii: "r")
  }

  private final class ThreadBody: Sendable {
    let terminal: CursesTerminal
    let onInput: @Sendable (TerminalInput) -> Void
    init(terminal: CursesTerminal, onInput: @escaping @Sendable (TerminalInput) -> Void) {
      self.terminal = terminal
      self.onInput = onInput
    }
  }
}

// MARK: - The thread that owns the terminal

extension CursesTerminal {
  private func loop(_ onInput: (TerminalInput) -> Void) {
    cn_use_signal_stack()
    cn_receive_signals()
    TerminalOutput.write(modes.on, to: descriptors.output)
    var screen = makeScreen()
    var keys = KeyReader(isUTF8: isUTF8, escapeDelayMs: escapeDelayMs, typedAhead: typedAhead)
    var shown: CellFrame?
    var wasSlow = false
    var hasAsked = !asksBackground
    while true {
      readKeys(&keys, &screen, onInput)
      waitForSomething(keys, screen)
      for reason in pipe.takeReasons() { handle(reason, &screen, shown, onInput) }
      let (frame, messages, isStopping) = takeShared()
      if isStopping { break }
      guard cn_is_ours() else { continue }
      for message in messages { screen.send(message) }
      if let frame {
        screen.show(frame)
        shown = frame
      }
      work(&screen)
      // Behind the first paint, so that nobody waits for the question.
      if shown != nil, !hasAsked {
        hasAsked = true
        ask(keys.askBackground(), &screen)
        work(&screen)
      }
      if screen.isSlow != wasSlow {
        wasSlow.toggle()
        onInput(.slowLine(wasSlow))
      }
    }
    letGo(&screen)
  }

  private func makeScreen() -> TerminalScreen {
    TerminalScreen(
      depth: depth, isUTF8: isUTF8,
      stream: stream.map { StreamScreen($0, pacer, terminal: descriptors.output, nowMs: Self.nowMs()) },
      output: descriptors.output)
  }

  private func work(_ screen: inout TerminalScreen) {
    screen.work(extent, nowMs: Self.nowMs())
    let statistics = screen.statistics
    state.withLock { $0.statistics = statistics }
  }

  private func letGo(_ screen: inout TerminalScreen) {
    guard cn_is_ours() else { return }
    letScreenGo(&screen)
    Self.giveBack()
  }

  /// The terminal's own modes again, and no reply of it left to be typed into the shell.
  private func letScreenGo(_ screen: inout TerminalScreen) {
    screen.letGo()
    if screen.expectsAnswer {
      TerminalOutput.write(TerminalCaller.question, to: descriptors.output)
      cn_expect_reply(true)
    }
    TerminalOutput.write(modes.off, to: descriptors.output)
    cn_swallow_reply()
  }

  /// Everything typed so far. A held key must not starve the frames it asks for: one read at a time.
  private func readKeys(
    _ keys: inout KeyReader, _ screen: inout TerminalScreen, _ onInput: (TerminalInput) -> Void
  ) {
    guard cn_is_ours() else { return }
    var bytes = [UInt8](repeating: 0, count: 1024)
    var entry = pollfd(fd: descriptors.input, events: Int16(POLLIN), revents: 0)
    var count = 0
    if poll(&entry, 1, 0) == 1, entry.revents & Int16(POLLIN) != 0 {
      count = max(0, read(descriptors.input, &bytes, bytes.count))
    }
    let inputs = keys.take(bytes[..<count], nowMs: Self.nowMs())
    if keys.takeReadyCount() > 0 { screen.takeAnswer(nowMs: Self.nowMs()) }
    if !keys.isAsking { cn_expect_reply(false) }
    ask(keys.takeQuestions(), &screen)
    for input in inputs { onInput(input) }
  }

  /// Behind what is being sent, never inside a frame.
  private func ask(_ questions: [UInt8], _ screen: inout TerminalScreen) {
    guard !questions.isEmpty else { return }
    cn_expect_reply(true)
    screen.send(questions)
  }

  private func waitForSomething(_ keys: KeyReader, _ screen: borrowing TerminalScreen) {
    var waiting = [
      pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptors.input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: screen.blockedDescriptor ?? -1, events: Int16(POLLOUT), revents: 0),
    ]
    // Without a terminal only the program's last words are waited for.
    let count = cn_is_ours() ? 3 : 1
    // After a while silence decides what a key was, and that a frame has arrived.
    let nowMs = Self.nowMs()
    let timeoutMs = [keys.waitMs(nowMs: nowMs), screen.waitMs(nowMs: nowMs)].compactMap { $0 }.min()
    _ = poll(&waiting, nfds_t(count), timeoutMs.map { Int32(clamping: $0) } ?? -1)
    let gone = Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL)
    if count == 3, waiting[1].revents & gone != 0, cn_is_ours() {
      // The line is gone; the signal that says so may still be on its way, or ignored (nohup).
      cn_set_ours(false)
      pipe.wake(UInt8(CN_WAKE_HANG_UP))
    }
  }

  private func handle(
    _ reason: UInt8, _ screen: inout TerminalScreen, _ shown: CellFrame?, _ onInput: (TerminalInput) -> Void
  ) {
    switch Int(reason) {
    case CN_WAKE_RESIZE: resize(&screen, shown, onInput)
    case CN_WAKE_HANG_UP, CN_WAKE_TERMINATE:
      letGo(&screen)
      // A line that is gone counts as hung up, also where the signal is ignored.
      let signal = cn_ending_signal()
      state.withLock { $0.endingSignal = signal == 0 ? SIGHUP : signal }
      onInput(Int(reason) == CN_WAKE_HANG_UP ? .hangUp : .terminate)
    case CN_WAKE_STOP where cn_is_ours():
      leaveAndStop(&screen)
      comeBack(&screen, shown, onInput)
    case CN_WAKE_CONTINUE where cn_is_ours():
      comeBack(&screen, shown, onInput)
    case Int(Wake.repaint) where cn_is_ours():
      screen.forget()
      if let shown { screen.show(shown) }
    default: break
    }
  }

  private func resize(
    _ screen: inout TerminalScreen, _ shown: CellFrame?, _ onInput: (TerminalInput) -> Void
  ) {
    guard cn_is_ours() else { return }
    let isNew = cn_resize(descriptors.output)
    // Also where the size is what it was: between two reports of it the terminal may have cut the screen.
    screen.sizeChanged(shown: shown)
    guard isNew else { return }
    let extent = GridExtent(columns: Int(cn_columns()), rows: Int(cn_lines()))
    state.withLock { $0.extent = extent }
    onInput(.resize(extent))
  }

  private func leaveAndStop(_ screen: inout TerminalScreen) {
    letScreenGo(&screen)
    cn_leave()
    cn_set_ours(false)
    cn_stop_process_group()
    cn_set_ours(true)
  }

  private func comeBack(
    _ screen: inout TerminalScreen, _ shown: CellFrame?, _ onInput: (TerminalInput) -> Void
  ) {
    cn_return()
    TerminalOutput.write(modes.on, to: descriptors.output)
    resize(&screen, shown, onInput)
    screen.forget()
    if let shown { screen.show(shown) }
  }

  private func takeShared() -> (CellFrame?, [[UInt8]], Bool) {
    state.withLock { shared in
      defer {
        shared.frame = nil
        shared.messages = []
      }
      return (shared.frame, shared.messages, shared.isStopping)
    }
  }
}

// MARK: - Small things

extension CursesTerminal {
  private static func giveBack() {
    guard cn_is_ours() else { return }
    cn_close()
    cn_unguard()
  }

  private static func openDescriptors() throws(CursesTerminalError) -> Descriptors {
    guard isatty(STDOUT_FILENO) == 1 else { throw .noTerminal(reason: "stdout is none") }
    if isatty(STDIN_FILENO) == 1 { return Descriptors(input: STDIN_FILENO, output: STDOUT_FILENO) }
    let controlling = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard controlling >= 0 else {
      throw .noTerminal(reason: "stdin is none and /dev/tty says \(String(cString: strerror(errno)))")
    }
    return Descriptors(input: controlling, output: STDOUT_FILENO)
  }

  private static func nowMs() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
