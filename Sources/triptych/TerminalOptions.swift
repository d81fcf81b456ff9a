public import ArgumentParser
public import CursesTerminal
internal import Glibc
public import Preferences

/// How the terminal is used: for what opens a session in one.
struct TerminalOptions: ParsableArguments {
  @Flag(help: "Commands and answers line by line, without a screen; commands may come from a pipe.")
  var plain = false

  @Option(
    help: ArgumentHelp(
      "The mouse: off, wheel (moves the cursor; text is selected as ever), on (clicks as well).",
      valueName: "use"))
  var mouse: MouseChoice?

  @Option(
    help: ArgumentHelp(
      "How fast the line is: auto (measured), slow (fewer colour steps, no frame before the last one has arrived), fast.",
      valueName: "speed"))
  var link: LinkSpeed?

  @Flag(
    name: .customLong("no-sync"),
    help: "Never bracket frames as synchronized output (mode 2026), for terminals that stumble over it.")
  var noSync = false

  @Option(
    help: ArgumentHelp(
      "To find a terminal's fault: who writes to it, curses or stream; auto takes the stream where it can.",
      valueName: "writer"))
  var presenter: ScreenPresenter = .auto

  @Flag(help: "Show what frames cost (time, bytes, memory) from the start; the command 'stats' switches it.")
  var stats = false

  @Option(
    name: .customLong("record"),
    help: ArgumentHelp(
      "Record into this file from the start: every event between the earliest and the latest instant shown.",
      valueName: "file"))
  var recording: String?

  var choices: TerminalChoices {
    TerminalChoices(
      isPlain: plain, mouse: mouse, presenter: presenter, link: link, synchronizes: !noSync,
      showsStats: stats, recordingPath: recording)
  }
}

/// What a command line asks for of the terminal; `nil` leaves it to the configuration.
struct TerminalChoices: Hashable, Sendable {
  /// Line by line, also where there is a screen.
  var isPlain = false
  var mouse: MouseChoice?
  var presenter = ScreenPresenter.auto
  var link: LinkSpeed?
  var synchronizes = true
  /// What frames cost stands on the screen from the start.
  var showsStats = false
  /// Where to record from the start; `nil` records when somebody asks for it.
  var recordingPath: String?

  func output(_ configuration: Configuration) -> OutputOptions {
    OutputOptions(presenter: presenter, link: link ?? configuration.link, synchronizes: synchronizes)
  }

  /// Whether sources are followed: a script of commands sees them as they are now.
  var follows: Bool { isatty(STDOUT_FILENO) == 1 && !(isPlain && isatty(STDIN_FILENO) != 1) }
}

extension MouseChoice: ExpressibleByArgument {}
extension LinkSpeed: ExpressibleByArgument {}
extension ScreenPresenter: ExpressibleByArgument {}
