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
    let range = try selection.range(in: zone ?? LocalZone.ofProcess, now: WallClock.now)
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
    if !cut.damages.isEmpty { throw ProgramExit.findings }
  }
}
