internal import ArgumentParser
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

/// The main job: browse in the terminal.
struct Open: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Browse sources in the terminal (what happens without a subcommand).",
    discussion: """
      Files are followed while they grow; pipes and commands are read as they come. Where there is no terminal, one \
      frame is printed instead. Without a source: the journal of this machine if it may be read, else the demo.

      Examples:
        triptych app.log
        triptych open /var/log/nginx --severity warn
        triptych --cmd 'kubectl logs -f deploy/a'
      """)

  @OptionGroup var sourceOptions: SourceOptions
  @OptionGroup(title: "Looks") var appearance: AppearanceOptions
  @OptionGroup(title: "Terminal") var terminal: TerminalOptions

  func run() throws { try open(resuming: nil) }

  func open(resuming resumption: Resumption?) throws {
    var terminal = terminal.choices
    // Its file is there already.
    if resumption != nil { terminal.recordingPath = nil }
    try Browsing(
      specifications: try sourceOptions.reading.specifications(), looks: appearance.choices,
      terminal: terminal, settings: Settings(appearance.choices),
      zone: try sourceOptions.reading.namedZone(), link: try Opening.link(sourceOptions),
      slice: try Opening.slice(sourceOptions),
      options: try sourceOptions.reading.readingOptions(follows: terminal.follows), resumption: resumption
    ).run()
  }
}

/// What `open` was asked for.
struct Browsing {
  var specifications: [SourceSpecification]
  var looks = AppearanceChoices()
  var terminal = TerminalChoices()
  var settings: Settings
  /// Of times on screen, instead of the configured one.
  var zone: TimeZoneRules?
  var link: SessionLink?
  var slice: TimeRange?
  var options: ReadingOptions
  var resumption: Resumption?

  func run() throws {
    guard specifications.isEmpty else { return try browse(specifications, hint: nil) }
    guard isatty(STDIN_FILENO) == 1 else {
      return try browse([.standardInput], hint: nil)
    }
    if Journal.isReadable {
      return try browse(
        [.command(Journal.command)], hint: "the journal of this machine; open your own with: triptych FILE")
    }
    try DemoSession.open(
      .init(), appearance: looks, terminal: terminal,
      hint: "the demo; open your own with: triptych FILE, DIRECTORY or -", resumption: resumption)
  }

  private func browse(_ specifications: [SourceSpecification], hint: SafeText?) throws {
    // Files are read from here on, beside all that the screen needs before it can show them.
    let start = SessionStart(
      specifications.map(\.absolute), options: options, memoryLimit: settings.configuration.memoryLimit)
    let appearance = Appearance(looks, settings)
    var session = TerminalSession(
      appearance: appearance, zone: zone ?? appearance.zone, link: link, terminal: terminal, hint: hint)
    session.slice = slice
    session.resumption = resumption
    try session.run(start)
  }
}

extension SourceSpecification {
  /// With the whole path, so that a link copied from the screen opens the same file from anywhere.
  var absolute: SourceSpecification {
    guard case .path(let path) = self, !path.hasPrefix("/"), path != "-", let folder = getcwd(nil, 0) else {
      return self
    }
    defer { free(folder) }
    return .path(String(cString: folder) + "/" + path)
  }
}

/// The log of the machine itself.
enum Journal {
  static let command = "journalctl -o json --no-pager -n 100000 -f"

  /// journald keeps files this user may read.
  static var isReadable: Bool {
    ["/var/log/journal", "/run/log/journal"].contains { access($0, R_OK | X_OK) == 0 && hasEntries($0) }
  }

  private static func hasEntries(_ path: String) -> Bool {
    guard let directory = opendir(path) else { return false }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { return true }
    }
    return false
  }
}
