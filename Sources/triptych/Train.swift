internal import ArgumentParser
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the cause in a recorded incident, seeing only what was known at the time.",
    discussion: """
      The night is played again; notes, verdicts, steps and everything later than the clock are hidden. Go to the cell \
      where it began, press A and say why: then your answer stands beside what is known, and beside the way of whoever \
      recorded it, with times.

      What is known comes from --truth, else from NAME.truth.json beside the file (as 'triptych demo --write' makes one), \
      else from a supported hypothesis in the recording, else from where its trail ends.

      Example:
        triptych train incident.mcap
      """)

  @Argument(help: ArgumentHelp("A session file.", valueName: "file"), completion: .file())
  var file: String

  @Option(help: ArgumentHelp("What really happened, as JSON.", valueName: "file"), completion: .file())
  var truth: String?

  @OptionGroup(title: "Looks") var appearance: AppearanceOptions
  @OptionGroup(title: "Terminal") var terminal: TerminalOptions

  func run() throws {
    guard access(file, R_OK) == 0 else {
      throw ProgramExit.environment("\(file): \(String(cString: strerror(errno)))")
    }
    guard isatty(STDOUT_FILENO) == 1 else { throw ValidationError("a training needs a terminal") }
    let settings = Settings(appearance.choices)
    let looks = Appearance(appearance.choices, settings)
    let specification = SourceSpecification.path(file).absolute
    let start = SessionStart(
      [specification],
      options: ReadingOptions(settings.configuration, timeZone: LocalZone.ofProcess, follows: false),
      memoryLimit: settings.configuration.memoryLimit)
    var session = TerminalSession(
      appearance: looks, zone: looks.zone, link: nil, terminal: terminal.choices, hint: nil)
    session.training = try plan(specification)
    try session.run(start)
  }

  private func plan(_ specification: SourceSpecification) throws -> TrainingPlan {
    let steps = TrailFile.steps(at: file)
    let notes = RememberedNotes().notes(about: [specification])
    guard var plan = try truthPlan() ?? verdict(in: notes) ?? end(of: steps) else {
      throw ProgramExit.environment(
        "\(file): nobody has said what happened here; name a truth file with --truth, or record a session that ends where it began"
      )
    }
    plan.trail = steps
    plan.notes = notes
    return plan
  }

  private func truthPlan() throws -> TrainingPlan? {
    let stem = file.hasSuffix(".mcap") ? String(file.dropLast(5)) : file
    let path = truth ?? stem + ".truth.json"
    guard truth != nil || access(path, F_OK) == 0 else { return nil }
    let bytes: [UInt8]
    do { bytes = try FileSystem.system.read(path) ?? [] } catch {
      throw ProgramExit.environment("\(path): \(error.description)")
    }
    guard let value = JSONValue(text: String(decoding: bytes, as: UTF8.self)),
      let plan = TrainingPlan(truth: value)
    else {
      throw ProgramExit.environment(
        "\(path): this is no truth file: it needs root_cause_service, fault_start and fault_end")
    }
    return plan
  }

  private func verdict(in notes: [Note]) -> TrainingPlan? {
    guard let note = notes.last(where: { $0.kind == .hypothesis && $0.state == .supported }),
      let service = note.target.services?.first ?? note.link.place?.service
    else { return nil }
    return TrainingPlan(
      origin: "the supported hypothesis of the recording", service: service, range: note.target.range,
      cause: note.text)
  }

  private func end(of steps: [Footstep]) -> TrainingPlan? {
    guard let service = steps.last?.link.place?.service else { return nil }
    return TrainingPlan(origin: "where the recorded trail ends", service: service)
  }
}

extension TrainingPlan {
  /// `nil` where what is needed is not there.
  fileprivate init?(truth value: JSONValue) {
    func time(_ name: String) -> Timestamp? {
      guard let text = value[name]?.string, case .instant(let time)? = try? TimeExpression(text) else {
        return nil
      }
      return time
    }
    guard let service = value["root_cause_service"]?.string, let start = time("fault_start"),
      let end = time("fault_end"), start <= end
    else { return nil }
    let changes = (value["changes"]?.array ?? []).filter { $0["root_cause"]?.isTrue == true }
    let causes = changes.map { change in
      ["kind", "build", "time"].compactMap { change[$0]?.string }.joined(separator: " ")
    }
    let fault = value["fault"]?.string ?? ""
    self.init(
      origin: "the truth file", service: ForeignText(service), range: TimeRange(start: start, end: end),
      cause: ForeignText(([fault] + causes).filter { !$0.isEmpty }.joined(separator: ": ")))
    affected = (value["affected"]?.array ?? []).compactMap { $0["service"]?.string.map { ForeignText($0) } }
  }
}
