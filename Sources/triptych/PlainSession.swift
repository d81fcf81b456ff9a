internal import CellCanvas
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost
internal import Synchronization

/// The line mode: a command a line, and after each what it changed, in words and numbers. Sends no escape sequence and
/// moves no cursor, so that it works for screen readers, in editors, over serial lines and from scripts.
struct PlainSession {
  let appearance: Appearance
  let configuration: SessionConfiguration
  let link: SessionLink?
  let slice: TimeRange?
  let trail: (SessionStart) -> RecordedTrail
  let autosave: (SessionStart) -> AutosavePlan?

  /// Blocks until the commands end or one of them quits.
  ///
  /// - Throws: `ProgramExit.wrongUsage` when a line of a script was no command; the others were still done.
  func run(_ start: SessionStart) throws {
    let input = try commandInput(start.specifications)
    for problem in appearance.problems { Output.complain(problem.description) }
    let loop = start.loop
    loop.plan(.ofProgram)
    if let plan = autosave(start) { loop.autosave(plan) }
    let view = ViewID(rawValue: 1)
    let conversation = Conversation(
      loop, view, input: input, isEndless: start.specifications.contains(where: \.isEndless),
      recording: RecordedTrail.recording(start.specifications))
    var configuration = configuration
    configuration.showsHints = false
    configuration.coach = []
    loop.inbox.send(.configure(configuration))
    loop.attach(
      view, extent: Self.extent, form: .words, keymap: appearance.keymap,
      FrontEnd(present: { _, _ in }, perform: { conversation.note($0) }))
    let trail = trail(start)
    loop.inbox.send(.trail(trail.steps))
    if let link = link ?? trail.end { loop.inbox.send(.follow(view, link)) }
    if let slice { loop.inbox.send(.slice(view, slice)) }
    try start.run(beside: conversation.hold)
    for status in loop.recorded { Output.print(SafeText(ForeignText(status.words)).string) }
    if conversation.hasFailed, isatty(input) != 1 { throw ProgramExit.wrongUsage }
  }

  /// Where commands come from: standard input, or the terminal when events come from there.
  private func commandInput(_ specifications: [SourceSpecification]) throws -> Int32 {
    guard specifications.contains(where: \.isStandardInput) else { return STDIN_FILENO }
    let terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC)
    guard terminal >= 0 else {
      throw ProgramExit.environment(
        "--plain: events come from standard input, and there is no terminal for commands; name a file instead of -"
      )
    }
    return terminal
  }

  /// As wide as the terminal; as many rows as one can listen to.
  private static var extent: GridExtent {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return GridExtent(columns: 100, rows: 40)
    }
    return GridExtent(columns: max(40, Int(size.ws_col)), rows: max(24, Int(size.ws_row)))
  }
}

extension SourceSpecification {
  fileprivate var isStandardInput: Bool {
    switch self {
    case .standardInput, .path("-"): true
    default: false
    }
  }

  /// Nobody knows when it ends.
  fileprivate var isEndless: Bool {
    if case .path = self { return isStandardInput }
    return true
  }
}

/// Reads commands and tells what they changed, on a thread of its own.
private final class Conversation: Sendable {
  private struct Contents {
    /// What effects have to say.
    var words: [String] = []
    var hasQuit = false
    var hasFailed = false
    var printsAll = false
    /// What was copied stands instead of the notice about it.
    var hidesNotice = false
  }

  private let loop: SessionLoop
  private let view: ViewID
  private let input: Int32
  private let isEndless: Bool
  private let contents = Mutex(Contents())
  private let writes = WriteQueue()

  /// The only source, where it is a recording.
  private let recording: String?

  init(_ loop: SessionLoop, _ view: ViewID, input: Int32, isEndless: Bool, recording: String?) {
    self.recording = recording
    self.loop = loop
    self.view = view
    self.input = input
    self.isEndless = isEndless
  }

  var hasFailed: Bool { contents.withLock { $0.hasFailed } }

  private var isInteractive: Bool { isatty(input) == 1 }

  // MARK: The loop's thread

  func note(_ effect: Effect) {
    switch effect {
    case .saveMarks(let marks, let receipt): save(receipt) { RememberedPlaces().save(marks) }
    case .saveViews(let views, let receipt): save(receipt) { RememberedPlaces().save(views) }
    case .saveNote(let change, let receipt): save(change, receipt)
    case .saveText(let path, let lines, let receipt):
      save(receipt) { RememberedNotes.write(lines, to: path) }
    default: contents.withLock { note(effect, in: &$0) }
    }
  }

  private func note(_ effect: Effect, in contents: inout Contents) {
    switch effect {
    case .copy(_, let text):
      contents.words.append(text.string)
      contents.hidesNotice = true
    case .repaint: contents.printsAll = true
    case .quit: contents.hasQuit = true
    case .suspend: contents.words.append(suspend())
    case .chooseTheme(let name), .chooseKeymap(let name):
      contents.words.append("\(name) is for the screen; line by line there are no colours and no keys")
    case .saveMarks, .saveViews, .saveNote, .saveText, .toggleRecording, .fetchEvents, .count, .find,
      .stopFinding:
      break
    }
  }

  private func save(_ change: NoteChange, _ receipt: Receipt) {
    writes.add { [self] in
      let words =
        switch RememberedNotes().save(change, in: recording) {
        case .success(let more): (receipt.words + more).string
        case .failure(let problem): problem.description
        }
      contents.withLock { $0.words.append(words) }
    }
  }

  /// Beside the loop; the command's own answer waits for it.
  private func save(_ receipt: Receipt, _ write: @escaping @Sendable () -> Problem?) {
    writes.add { [self] in
      let words = write()?.description ?? receipt.words.string
      contents.withLock { $0.words.append(words) }
    }
  }

  private func suspend() -> String {
    guard isInteractive else { return "there is no shell to suspend to" }
    kill(0, SIGTSTP)
    return "back"
  }

  // MARK: Its own thread

  func hold() {
    var lines = CommandLines(file: input)
    var teller = Teller(view: view)
    // People are told what is known after a moment; scripts wait for the whole of what has an end.
    let patienceMs: Int64 = isInteractive || isEndless ? 2000 : 86_400_000
    guard let state = loop.settledState(of: view, awaitsSources: true, patienceMs: patienceMs) else { return }
    teller.tell(state, words: [])
    while true {
      if isInteractive { Output.write("triptych> ") }
      guard let line = lines.next(), perform(line, &teller) else { return }
    }
  }

  /// False when it was the last command.
  private func perform(_ line: String, _ teller: inout Teller) -> Bool {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    guard let first = words.first, !first.hasPrefix("#") else { return true }
    if first == CommandName.help.rawValue {
      Output.print(CommandHelp.text(matching: words.dropFirst().joined(separator: " ")))
      return true
    }
    let phrase: CommandPhrase
    do {
      phrase = try first == CommandName.palette.rawValue ? CommandPhrase(first) : CommandPhrase(line)
    } catch {
      contents.withLock { $0.hasFailed = true }
      Output.complain(error.description, prefix: "error: ")
      return true
    }
    send(phrase, typed: words.dropFirst().joined(separator: " "))
    guard let state = loop.settledState(of: view, awaitsSources: false, patienceMs: 60_000) else {
      return false
    }
    writes.finish()
    return tell(state, after: phrase, &teller)
  }

  private func send(_ phrase: CommandPhrase, typed: String) {
    let isPrompt = CommandTable.spec(phrase.name).contexts == [.prompt]
    // A list of commands that was not used gives way to the next command.
    if !isPrompt { loop.inbox.send(.closePrompt(view)) }
    for _ in 0..<phrase.repetitionCount {
      loop.inbox.send(.invoke(view, phrase.name, argument: phrase.argument))
    }
    if phrase.name == .palette { for character in typed { loop.inbox.send(.typed(view, character)) } }
  }

  private func tell(_ state: SessionState, after phrase: CommandPhrase, _ teller: inout Teller) -> Bool {
    let news = contents.withLock { contents in
      defer {
        contents.words = []
        contents.printsAll = false
        contents.hidesNotice = false
      }
      return contents
    }
    if news.hasQuit { return false }
    if news.printsAll { teller.forget() }
    if phrase.name == .sources {
      Output.print(state.sourcesInWords().map(\.string).joined(separator: "\n"))
      loop.inbox.send(.invoke(view, .back, argument: nil))
      return true
    }
    var said = news.words
    if CommandTable.spec(phrase.name).contexts == [.prompt], state.view(view)?.prompt == nil, said.isEmpty,
      phrase.name != .promptAccept
    {
      said.append("nothing is being typed: here a command and its words are one line; palette lists commands")
    }
    teller.tell(state, words: said, hidesNotice: news.hidesNotice)
    return true
  }
}

/// Prints what is new in a state.
private struct Teller {
  let view: ViewID
  private var told: [NodeID: [String]] = [:]

  init(view: ViewID) { self.view = view }

  /// Everything is new again.
  mutating func forget() { told = [:] }

  mutating func tell(_ state: SessionState, words: [String], hidesNotice: Bool = false) {
    guard let scene = state.scene(for: view) else { return }
    var output = Output()
    // With the focus on a list or an overlay the faces only give way to it: no news of them.
    let showsFaces = state.view(view)?.isOnFace == true
    for part in SceneText(scene).parts where told[part.pane] != part.contents {
      if part.isBeside && !showsFaces { continue }
      told[part.pane] = part.contents
      output.write(part.lines.joined(separator: "\n") + "\n")
    }
    for line in words { output.write(line + "\n") }
    if !hidesNotice, let notice = state.view(view)?.notice { output.write(notice.text.string + "\n") }
    output.write(state.sentence(for: view).string + "\n")
    output.flush()
  }
}

extension ViewState {
  fileprivate var isOnFace: Bool {
    if case .face = focus { prompt == nil && overlay == nil } else { false }
  }
}

/// The lines of a file descriptor, each at most 64 KiB.
private struct CommandLines {
  private static let byteLimit = 1 << 16
  private let file: Int32
  private var bytes: [UInt8] = []
  private var isAtEnd = false

  init(file: Int32) { self.file = file }

  /// `nil` at the end.
  mutating func next() -> String? {
    while true {
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
        defer { bytes.removeSubrange(...end) }
        return String(decoding: bytes[..<end], as: UTF8.self)
      }
      if isAtEnd || bytes.count > Self.byteLimit {
        defer { bytes = [] }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
      }
      fill()
    }
  }

  private mutating func fill() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &buffer, buffer.count)
    if count > 0 {
      bytes += buffer[..<count]
    } else if count == 0 || errno != EINTR {
      isAtEnd = true
    }
  }
}

/// The command table as the line mode's help.
enum CommandHelp {
  /// Every command, or those with `words` in their name or title.
  static func text(matching words: String) -> String {
    let wanted = words.lowercased()
    var lines: [String] = []
    for group in CommandTable.groups {
      let commands = group.commands.filter {
        wanted.isEmpty || $0.id.contains(wanted) || $0.title.lowercased().contains(wanted)
          || $0.word == wanted
      }
      if commands.isEmpty { continue }
      lines.append(group.title)
      lines += commands.map { spec in
        let usage = usage(of: spec)
        return "  " + usage + String(repeating: " ", count: max(2, 32 - usage.count)) + spec.title
      }
    }
    guard !lines.isEmpty else { return "no command has '\(words)' in its name or title" }
    if wanted.isEmpty {
      lines.append("A number after a command without TEXT says how often: cursor.down 5")
      lines.append(
        "In tables 41E is 41 errors, 3W 3 warnings, a bare number all events; 0 is zero, - no data.")
      lines.append("help WORD lists the commands with that word; # begins a comment.")
    }
    return lines.joined(separator: "\n")
  }

  /// `go.time TEXT, go TEXT`
  private static func usage(of spec: CommandSpec) -> String {
    let argument =
      switch spec.argument {
      case .text: " TEXT"
      case .character: " LETTER"
      case nil: ""
      }
    return ([spec.id] + [spec.word].compactMap { $0 }).map { $0 + argument }.joined(separator: ", ")
  }
}
