internal import ArgumentParser
internal import EventModel
internal import Recording
internal import Session
internal import SessionHost

struct Cut: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a span of time of a recording into a file of its own.",
    discussion: """
      What arrived together stays together, so a few events on either side come along. Notes and steps are kept. The \
      new file is signed with your key and says from which file it was cut.

      Example:
        triptych cut night.mcap --from 2026-11-23T03:00Z --to 2026-11-23T03:30Z -o incident.mcap
      """)

  @Argument(help: ArgumentHelp("A session file.", valueName: "file"), completion: .file())
  var file: String

  @Option(parsing: .unconditional, help: ArgumentHelp("Events at this time or later.", valueName: "time"))
  var from: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Events before this time.", valueName: "time"))
  var to: String?

  @Option(
    name: .customLong("tz"),
    help: ArgumentHelp("Zone of times that state none. Default: the one of this process.", valueName: "zone"))
  var zoneName: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  func run() throws {
    let whole = try span()
    let range = try range(in: whole)
    let cut: RecordingCut
    do {
      cut = try RecordingCut(
        of: file, range: range, to: output, library: "triptych \(programVersion)", now: WallClock.now,
        key: RecorderKey.ofPerson(environment: ProcessEnvironment.all))
    } catch {
      throw ProgramExit.environment("\(file): \(error)")
    }
    for damage in cut.damages { Output.complain("\(file): \(damage)") }
    Output.print("\(output): \(cut.eventCount) event\(cut.eventCount == 1 ? "" : "s")")
    if cut.eventCount == 0, let whole {
      Output.complain(
        "\(file): no event lies there; its events go from \(whole.start.rfc3339()) to \(whole.end.rfc3339())")
    }
    if !cut.damages.isEmpty { throw ProgramExit.findings }
  }

  /// From the first event of the recording to the last; `nil` where it holds none.
  private func span() throws -> TimeRange? {
    do {
      return try RecordingReader(path: file).eventTimes.map {
        TimeRange(start: $0.lowerBound, end: $0.upperBound)
      }
    } catch {
      throw ProgramExit.environment("\(file): \(error)")
    }
  }

  private func range(in whole: TimeRange?) throws -> TimeRange {
    var selection = SelectionOptions()
    selection.from = from
    selection.to = to
    selection.service = []
    selection.filter = []
    let zone = try zoneName.map { name in
      guard let zone = LocalZone.named(name) else {
        throw ValidationError(
          "--tz: no zone is called '\(name)'; take a name as in /usr/share/zoneinfo, or UTC")
      }
      return zone
    }
    return try selection.range(in: zone ?? LocalZone.ofProcess, of: whole, now: WallClock.now)
  }
}
