internal import ArgumentParser
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go on with a session that has ended, or whose line dropped.",
    discussion: """
      Every session is saved by itself: what was open, where you went, what you noted; not the events, which are read \
      again from where they are. The last \(AutosavePlan.fileCount) are kept. It opens where you left it, and [ t walks back.

      Examples:
        triptych resume
        triptych resume --list
        triptych resume 3
      """)

  @Argument(help: ArgumentHelp("Which one: 1 is the newest.", valueName: "number"))
  var number: Int?

  @Flag(help: "Print which there are, newest first, and open none.")
  var list = false

  func run() throws {
    guard let directory = AutosavePlan.directoryOfProgram else {
      throw ProgramExit.environment("there is no place for sessions: set HOME or XDG_STATE_HOME")
    }
    let sessions = SavedSession.all(in: directory)
    if list { return Self.print(sessions) }
    try chosen(sessions).open()
  }

  private func chosen(_ sessions: [SavedSession]) throws -> SavedSession {
    guard let number else {
      if let newest = sessions.first(where: { !$0.isOpen }) { return newest }
      let running = sessions.isEmpty ? "" : "; \(sessions.count) are still running"
      throw ProgramExit.environment("no session has been saved yet\(running)")
    }
    guard sessions.indices.contains(number - 1) else {
      throw ValidationError(
        "there is no session \(number); there are \(sessions.count): triptych resume --list")
    }
    return sessions[number - 1]
  }

  private static func print(_ sessions: [SavedSession]) {
    for (index, session) in sessions.enumerated() {
      let steps = session.steps
      let origin = session.origin
      let end = max(steps.last?.time ?? session.beginning, session.beginning)
      let minutes = session.beginning.nanoseconds.distance(to: end.nanoseconds) / 60_000_000_000
      let place = origin.map { $0.sourceNames.joined(separator: ", ") } ?? "damaged"
      let words = [
        "\(index + 1)".padded(to: 2), session.beginning.rfc3339(fractionDigitCount: 0),
        "\(minutes) min".padded(to: 7), "\(steps.count) step\(steps.count == 1 ? " " : "s")".padded(to: 9),
        (session.isOpen ? "running: " : origin?.readsPipe == true ? "a pipe, gone: " : "")
          + SafeText(ForeignText(place)).string,
      ]
      Output.print(words.joined(separator: "  "))
    }
    if sessions.isEmpty { Output.complain("no session has been saved yet") }
  }
}

extension String {
  fileprivate func padded(to count: Int) -> String {
    String(repeating: " ", count: max(0, count - self.count)) + self
  }
}

/// A session that is gone on with.
struct Resumption {
  var origin: SessionOrigin
  /// Where it went.
  var steps: [Footstep]

  /// For the start.
  var notice: SafeText {
    guard let last = steps.last else { return "gone on with a session in which nobody went anywhere" }
    let count = "\(steps.count) step\(steps.count == 1 ? "" : "s")"
    return "as you left it at \(last.time.rfc3339(fractionDigitCount: 0)); [ t walks back over \(count)"
  }
}

extension SavedSession {
  /// As its command line opened it, where it was left. Blocks until the person quits.
  fileprivate func open() throws {
    guard let origin else {
      throw ProgramExit.environment("\(path): this session cannot be read any more")
    }
    if origin.readsPipe {
      throw ProgramExit.environment(
        "\(path): this session read a pipe, which cannot be read again; keep the next one with --record FILE")
    }
    guard chdir(origin.directory) == 0 else {
      throw ProgramExit.environment("\(origin.directory): \(String(cString: strerror(errno)))")
    }
    let resumption = Resumption(origin: origin, steps: steps)
    if PlainWords(origin.arguments) != nil {
      return try Open.parse(origin.arguments.drop { $0 == "open" }.map(\.self)).open(resuming: resumption)
    }
    switch try Triptych.parseAsRoot(origin.arguments) {
    case let open as Open: try open.open(resuming: resumption)
    case let demo as Demo: try demo.open(resuming: resumption)
    default: throw ProgramExit.environment("\(path): this session is none that can be opened again")
    }
  }
}

extension AutosavePlan {
  static var directoryOfProgram: String? {
    UserDirectories(environment: ProcessEnvironment.all).state.map { $0 + "/sessions" }
  }

  /// `nil` where there is no place for it.
  init?(of specifications: [SourceSpecification], resuming resumption: Resumption?) {
    guard let directory = Self.directoryOfProgram else { return nil }
    let origin = resumption?.origin ?? SessionOrigin(ofProcess: specifications)
    self.init(
      directory: directory, origin: origin, earlier: resumption?.steps ?? [],
      library: "triptych \(programVersion)"
    ) { try RecorderKey.ofPerson(environment: ProcessEnvironment.all) }
  }
}

extension SessionOrigin {
  fileprivate init(ofProcess specifications: [SourceSpecification]) {
    let folder = getcwd(nil, 0)
    defer { free(folder) }
    self.init(
      arguments: Array(CommandLine.arguments.dropFirst()),
      directory: folder.map { String(cString: $0) } ?? "/",
      sourceNames: specifications.map(\.words), readsPipe: specifications.contains(where: \.isPipe))
  }
}

extension SourceSpecification {
  fileprivate var words: String {
    switch self {
    case .path(let path): path
    case .standardInput: "-"
    case .command(let command): command
    }
  }

  /// What was read of it once cannot be read again; what a command prints can.
  fileprivate var isPipe: Bool {
    switch self {
    case .path("-"), .standardInput: return true
    case .path(let path):
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    case .command: return false
    }
  }
}
