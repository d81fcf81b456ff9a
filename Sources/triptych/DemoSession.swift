internal import EventModel
internal import Glibc
internal import Incidents
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

/// A scenario opened in the terminal.
enum DemoSession {
  struct Choice {
    var scenario = IncidentScenario.all[0]
    var seed = Incident.defaultSeed
  }

  static func open(
    _ choice: Choice, appearance: AppearanceChoices, terminal: TerminalChoices, hint: SafeText?,
    resumption: Resumption?
  ) throws {
    let appearance = Appearance(appearance)
    let path = try write(Incident.play(choice.scenario, seed: choice.seed))
    var session = TerminalSession(
      appearance: appearance, zone: appearance.zone, link: nil, terminal: terminal, hint: hint)
    session.resumption = resumption
    if resumption == nil { session.coach = coach(appearance) }
    let start = SessionStart(
      [.path(path)], options: ReadingOptions(timeZone: .utc, now: WallClock.now),
      memoryLimit: appearance.configuration.memoryLimit)
    try session.run(start)
  }

  /// Four steps from the first look to a raw event and back.
  private static func coach(_ appearance: Appearance) -> [SafeText] {
    let keys = appearance.keymap.labels
    let key = { (name: CommandName) in keys[name]?.first ?? ":" }
    return [
      "arrows move, \(key(.goWorst)) goes to the worst cell; red is errors, bright is more.",
      "\(key(.open)) opens the events of the cell under the cursor.",
      "\(key(.open)) again shows one event with all fields; \(key(.sameTrace)) follows its trace.",
      "\(key(.back)) goes back; \(key(.filterAdd)) filters, \(key(.zoomIn)) zooms, \(key(.help)) shows all keys.",
    ]
  }

  /// Writes the incident where caches live, so that its raw events can be read like any file's.
  static func write(_ incident: Incident) throws -> String {
    guard let cache = UserDirectories(environment: ProcessEnvironment.all).cache else {
      throw ProgramExit.environment("no cache directory: set HOME or XDG_CACHE_HOME")
    }
    let directory = cache + "/demo"
    do { try StateStore.makeDirectory(directory) } catch { throw ProgramExit.environment("\(error)") }
    let path = directory + "/" + incident.scenario.name + ".ndjson"
    let draft = path + ".\(getpid())"
    unlink(draft)
    try NewFile.write(to: draft) { write in
      var bytes: [UInt8] = []
      incident.appendNDJSON(to: &bytes)
      try write(bytes)
    }
    guard rename(draft, path) == 0 else {
      throw ProgramExit.environment("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    return path
  }
}
