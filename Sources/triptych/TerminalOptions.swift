public import ArgumentParser
public import CursesTerminal
public import Preferences

/// How frames get to the terminal: for what opens a session in one.
struct TerminalOptions: ParsableArguments {
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

  var choices: TerminalChoices {
    TerminalChoices(presenter: presenter, link: link, synchronizes: !noSync)
  }
}

/// What a command line asks for of the way to the terminal; `nil` leaves it to the configuration.
struct TerminalChoices: Hashable, Sendable {
  var presenter = ScreenPresenter.auto
  var link: LinkSpeed?
  var synchronizes = true

  func output(_ configuration: Configuration) -> OutputOptions {
    OutputOptions(presenter: presenter, link: link ?? configuration.link, synchronizes: synchronizes)
  }
}

extension LinkSpeed: ExpressibleByArgument {}
extension ScreenPresenter: ExpressibleByArgument {}
