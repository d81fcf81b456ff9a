internal import ArgumentParser
internal import Session

struct Man: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the man page.",
    discussion: """
      Made from the subcommands and the command table of this very program, so that it cannot disagree with them.

      Example:
        triptych man > triptych.1 && man ./triptych.1
      """)

  func run() {
    var page = ManPage()
    page.header()
    page.commands()
    page.keys()
    page.closing()
    Output.print(page.text)
  }
}

/// A man page in the making (man(7) macros).
private struct ManPage {
  private(set) var text = ""

  private mutating func line(_ macro: String) { text += macro + "\n" }

  private mutating func section(_ title: String) { line(".SH " + title) }

  /// Text as it stands: a backslash, and a dot or quote at the start of a line, would be taken for macros.
  private mutating func words(_ words: String) {
    for part in words.split(separator: "\n", omittingEmptySubsequences: false) {
      let escaped = part.replacing("\\", with: "\\e").replacing("-", with: "\\-")
      line(escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : String(escaped))
    }
  }

  private mutating func verbatim(_ words: String) {
    line(".nf")
    self.words(words)
    line(".fi")
  }

  private mutating func entry(_ term: String, _ words: String) {
    line(".TP")
    line(".B \(Self.quoted(term))")
    self.words(words)
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\e").replacing("\"", with: "\\(dq").replacing("-", with: "\\-") + "\""
  }

  mutating func header() {
    line(".TH TRIPTYCH 1 \"\" \"triptych \(programVersion)\" \"User Commands\"")
    section("NAME")
    words("triptych - browse logs as a matrix of time, service and severity")
    section("SYNOPSIS")
    verbatim(Triptych.usage)
    section("DESCRIPTION")
    let discussion = Triptych.configuration.discussion
    let examples = discussion.firstRange(of: "Examples:")?.lowerBound ?? discussion.endIndex
    words(String(discussion[..<examples]))
    verbatim(String(discussion[examples...]))
  }

  mutating func commands() {
    section("COMMANDS")
    for command in Triptych.configuration.subcommands {
      line(".SS \(Self.quoted("triptych " + command._commandName))")
      verbatim(Triptych.helpMessage(for: command, columns: 76))
    }
  }

  /// The default keymap, in the order of help.
  mutating func keys() {
    section("KEYS")
    words("Of the default keymap; vim, emacs and less keymaps come along, and '?' shows the keys in force.")
    for spec in CommandTable.all {
      let keys = spec.defaultKeys.joined(separator: ", ")
      entry(keys.isEmpty ? ":\(spec.id)" : keys, "\(spec.title) (\(spec.id))")
    }
  }

  mutating func closing() {
    section("EXIT STATUS")
    entry("0", "Fine, also when some sources could not be read (one line each on standard error).")
    entry("1", "Findings: what was looked at is not in order.")
    entry("2", "Wrong usage.")
    entry("3", "Nothing could be opened, or something around the program is missing.")
    section("ENVIRONMENT")
    entry("NO_COLOR", "No colours, whatever it is set to (unless empty).")
    entry("TZ", "Zone of times that state none, and of local times on screen.")
    entry(
      "XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_STATE_HOME",
      "Where settings are read from, pipes are spooled to, and marks and saved views are kept.")
    entry("TRIPTYCH_THEME and so on", "A setting of config.toml by its name, in capitals with underscores.")
    section("FILES")
    entry(
      "$XDG_CONFIG_HOME/triptych/config.toml",
      "Settings; 'triptych config show --origin' tells what is in force and why.")
    entry("$XDG_CONFIG_HOME/triptych/themes, keymaps", "Your own themes and keymaps.")
  }
}
