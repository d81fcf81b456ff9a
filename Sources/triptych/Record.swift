internal import ArgumentParser
internal import EventModel
internal import Glibc
internal import LogFiles
internal import LogFormats
internal import Preferences
internal import SceneGraph
internal import SessionHost

struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Record sources into one signed file that opens anywhere.",
    usage: "triptych record [<options>] [<source> ...] -o <file>",
    discussion: """
      Reads every source to its end (pipes and commands: until they end; --follow: until interrupted) and writes its \
      bytes into a session file (MCAP), signed with the key of this person. What was written and signed before a crash \
      is there afterwards. An existing file is never overwritten.

      Examples:
        triptych record app.log gateway.log -o incident.mcap
        kubectl logs -f deploy/a | triptych record - -o a.mcap
      """)

  @OptionGroup var reading: ReadingArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; by custom it ends in .mcap.", valueName: "file"))
  var output: String

  @Flag(help: "Go on as files grow, through rotation, until interrupted (SIGINT, SIGTERM or SIGHUP).")
  var follow = false

  private static let lookAgainMs = 100
  /// How long a disk that refuses is asked again at the end.
  private static let patienceMs = 10_000

  func run() throws {
    let specifications = try reading.requiredSpecifications()
    var options = try reading.readingOptions(follows: follow)
    // Everything is read anyway.
    options.samplesFrom = nil
    let stop = StopSignals()
    let counter = TileCounter()
    let sources = LogSources(options: options) { update in
      counter.take(update)
      if case .problem(let problem) = update { Output.complain(problem.description) }
    }
    let recorder = try Self.recorder(into: output, sources, counter)
    sources.open(specifications)
    waitForEnd(of: sources, recorder, stop)
    sources.close()
    let isWhole = recorder.finish(timeoutMs: Self.patienceMs)
    try report(recorder.status, sources, isWhole: isWhole)
  }

  private static func recorder(
    into path: String, _ sources: LogSources, _ counter: TileCounter
  ) throws -> Recorder {
    do {
      return try Recorder(
        into: path, sources: sources, events: .all, sinceOpening: true, library: "triptych \(programVersion)",
        tiles: { _ in counter.tiles(names: sources.services.names) },
        key: { try RecorderKey.ofPerson(environment: ProcessEnvironment.all) })
    } catch {
      throw ProgramExit.environment("\(path): \(error)")
    }
  }

  private func waitForEnd(of sources: LogSources, _ recorder: Recorder, _ stop: StopSignals) {
    var toldPause: String?
    while !stop.haveCome(withinMs: 0) {
      let isRead = sources.waitUntilRead(timeoutMs: Self.lookAgainMs)
      if isRead, !follow { return }
      if isRead, stop.haveCome(withinMs: Self.lookAgainMs) { return }
      let pause = recorder.status.pause
      if let pause, pause != toldPause { Output.complain("\(output): recording waits: \(pause)") }
      toldPause = pause
    }
  }

  private func report(_ status: Recorder.Status, _ sources: LogSources, isWhole: Bool) throws {
    for problem in status.problems { Output.complain(problem.description) }
    let events = status.savedEventCount
    let words =
      "\(events) event\(events == 1 ? "" : "s"), \(SizeWords.text(status.durableByteCount))"
    Output.complain("\(status.path): \(words)\(isWhole ? "" : ", not closed")")
    if !isWhole {
      throw ProgramExit.environment("\(status.path): \(status.pause ?? "the disk takes too long")")
    }
    if sources.statuses.allSatisfy({ $0.state == .failed && $0.tally.eventCount == 0 }) {
      throw ProgramExit.environment("nothing could be opened")
    }
  }
}

/// Signals that ask a program without a screen to stop; the first ends what it does, in good order.
struct StopSignals {
  private var signals = sigset_t()

  /// From here on they are asked for, in every thread.
  init() {
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  func haveCome(withinMs waitMs: Int) -> Bool {
    var signals = signals
    var time = timespec(tv_sec: waitMs / 1000, tv_nsec: waitMs % 1000 * 1_000_000)
    return sigtimedwait(&signals, nil, &time) > 0
  }
}

extension RecordingPlan {
  /// As this program records what is on screen.
  static var ofProgram: RecordingPlan {
    let environment = ProcessEnvironment.all
    return RecordingPlan(
      directory: UserDirectories(environment: environment).state.map { $0 + "/recordings" },
      library: "triptych \(programVersion)"
    ) { try RecorderKey.ofPerson(environment: environment) }
  }
}
