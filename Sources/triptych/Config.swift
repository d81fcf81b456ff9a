internal import ArgumentParser
internal import Preferences

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the settings in force.",
    discussion: """
      Example:
        triptych config show --origin
      """,
    subcommands: [Show.self], defaultSubcommand: Show.self)

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every setting as a config.toml would say it.",
      discussion: """
        Later ones win: built in, /etc/triptych/config.toml, $XDG_CONFIG_HOME/triptych/config.toml, TRIPTYCH_* \
        variables, options. Ends with 1 when something in them cannot be used.

        Examples:
          triptych config show --origin
          triptych config show > ~/.config/triptych/config.toml
        """)

    @Flag(help: "Also print where each value comes from.")
    var origin = false

    func run() throws {
      let loaded = Configuration.load(environment: ProcessEnvironment.all)
      var output = Output()
      output.write(loaded.value.listing(withOrigins: origin))
      output.flush()
      for problem in loaded.problems { Output.complain(problem.description) }
      if !loaded.problems.isEmpty { throw ProgramExit.findings }
    }
  }
}
