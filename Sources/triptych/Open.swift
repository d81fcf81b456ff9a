internal import ArgumentParser
internal import EventModel
internal import Glibc
internal import LogFiles
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

  func run() throws {
    let specifications = try sourceOptions.reading.specifications()
    guard specifications.isEmpty else { return try browse(specifications, hint: nil) }
    guard isatty(STDIN_FILENO) == 1 else {
      return try browse([.standardInput], hint: nil)
    }
    if Journal.isReadable {
      return try browse(
        [.command(Journal.command)], hint: "the journal of this machine; open your own with: triptych FILE")
    }
    try DemoSession.open(
      .init(), appearance: appearance, terminal: terminal,
      hint: "the demo; open your own with: triptych FILE, DIRECTORY or -")
  }

  /// A script of commands sees its sources as they are now.
  private var follows: Bool { isatty(STDOUT_FILENO) == 1 && !(terminal.plain && isatty(STDIN_FILENO) != 1) }

  private func browse(_ specifications: [SourceSpecification], hint: SafeText?) throws {
    let appearance = Appearance(appearance)
    var session = TerminalSession(
      appearance: appearance, zone: try sourceOptions.reading.namedZone() ?? appearance.zone,
      link: try Opening.link(sourceOptions), hint: hint)
    session.slice = try Opening.slice(sourceOptions)
    session.isPlain = terminal.plain
    session.mouse = terminal.mouse
    try session.run(
      specifications.map(\.absolute),
      options: try sourceOptions.reading.readingOptions(follows: follows))
  }
}

extension SourceSpecification {
  /// With the whole path, so that a link copied from the screen opens the same file from anywhere.
  fileprivate var absolute: SourceSpecification {
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
