public import ArgumentParser
internal import EventModel
internal import Glibc
public import Incidents

struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open an incident of a small fleet, or write it as files.",
    usage: "triptych demo [<options>] [<scenario>]",
    discussion: """
      The fleet and its incidents are simulated; the same scenario and seed give the same events everywhere.

      Scenarios:
      \(IncidentScenario.all.map { "  \($0.name): \($0.story)" }.joined(separator: "\n"))

      Examples:
        triptych demo
        triptych demo retry-storm --write incident
      """)

  @Argument(
    help: "Which one; the first when none is named.", completion: .list(IncidentScenario.all.map(\.name)))
  var scenario: IncidentScenario = IncidentScenario.all[0]

  @Option(
    help: ArgumentHelp(
      "Write NAME.ndjson and NAME.truth.json (what really happened) into this directory instead of opening it.",
      valueName: "directory"),
    completion: .directory)
  var write: String?

  @Option(help: ArgumentHelp("Another night of the same scenario.", valueName: "number"))
  var seed: UInt64 = Incident.defaultSeed

  @OptionGroup(title: "Looks") var appearance: AppearanceOptions
  @OptionGroup(title: "Terminal") var terminal: TerminalOptions

  func run() throws { try open(resuming: nil) }

  func open(resuming resumption: Resumption?) throws {
    if let directory = write { return try Self.write(Incident.play(scenario, seed: seed), into: directory) }
    var terminal = terminal.choices
    // Its file is there already.
    if resumption != nil { terminal.recordingPath = nil }
    try DemoSession.open(
      .init(scenario: scenario, seed: seed), appearance: appearance.choices, terminal: terminal, hint: nil,
      resumption: resumption)
  }

  /// Never overwrites: a file of that name may be somebody's work.
  private static func write(_ incident: Incident, into directory: String) throws {
    try make(directory)
    let stem = directory + "/" + incident.scenario.name
    try NewFile.write(to: stem + ".ndjson") { write in
      var bytes: [UInt8] = []
      for start in stride(from: 0, to: incident.events.count, by: 4096) {
        bytes.removeAll(keepingCapacity: true)
        incident.appendNDJSON(start..<min(start + 4096, incident.events.count), to: &bytes)
        try write(bytes)
      }
    }
    try NewFile.write(to: stem + ".truth.json") { write in try write(Array(incident.truthJSON.utf8)) }
    Output.print("\(stem).ndjson\n\(stem).truth.json")
  }

  /// With the directories above it.
  private static func make(_ directory: String) throws {
    for end in directory.indices.dropFirst() where directory[end] == "/" {
      mkdir(String(directory[..<end]), 0o777)
    }
    if mkdir(directory, 0o777) != 0 && errno != EEXIST { throw failure(directory, "cannot be made") }
  }

  private static func failure(_ path: String, _ what: String) -> ProgramExit {
    .environment("\(path): \(what): \(String(cString: strerror(errno)))")
  }
}

extension IncidentScenario: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public var defaultValueDescription: String { name }

  public static var allValueStrings: [String] { all.map(\.name) }
}

/// A file that was not there before.
enum NewFile {
  /// Throws `ProgramExit.environment` with path, reason and remedy; what was written until then stays.
  static func write(to path: String, _ body: (_ write: ([UInt8]) throws -> Void) throws -> Void) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else {
      let reason = String(cString: strerror(errno))
      let remedy = errno == EEXIST ? "; remove it or name another directory" : ""
      throw ProgramExit.environment("\(path): cannot be written: \(reason)\(remedy)")
    }
    defer { close(file) }
    try body { bytes in
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, bytes.count - done) }
        if count >= 0 {
          done += count
        } else if errno != EINTR {
          throw ProgramExit.environment("\(path): cannot be written: \(String(cString: strerror(errno)))")
        }
      }
    }
  }
}
