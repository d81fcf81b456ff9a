// triptych: the command line, one file per subcommand.
// Decides nothing about events, counts or scenes: it reads words, asks the rooms, and prints.

internal import ArgumentParser
internal import Glibc

/// The program. Its exit codes are a contract: see `ProgramExit`.
@main
struct Triptych: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "triptych",
    abstract: "Browse logs as a matrix of time, service and severity.",
    usage: usage,
    discussion: """
      Opens files, directories, pipes and running commands, recognises how they are written, and shows where it \
      is red and since when.

      Examples:
        triptych app.log
        triptych /var/log
        journalctl -o json | triptych -
        triptych --cmd 'kubectl logs -f deploy/a' --cmd 'ssh web1 journalctl -fo json'
      """,
    version: "triptych \(programVersion)",
    subcommands: [
      Open.self, Resume.self, Train.self, Frame.self, Matrix.self, Events.self, Sources.self, Record.self,
      Info.self,
      Verify.self,
      Repair.self, Cut.self, Redact.self,
      Report.self, Export.self, Cache.self, Demo.self, Doctor.self, Config.self, Themes.self, Keys.self,
      Man.self,
    ], defaultSubcommand: Open.self)

  static let usage = "triptych [SOURCE...] [--cmd COMMAND]... [OPTION]...\ntriptych COMMAND [OPTION]..."

  static func main() {
    // A closed pipe is an answer, not an accident: writes then fail with EPIPE, and `Output` ends with 0.
    signal(SIGPIPE, SIG_IGN)
    do {
      if let words = PlainWords(CommandLine.arguments.dropFirst()) { return try words.browsing.run() }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(error)
    }
  }

  /// Prints what the error says and ends with the contract's code.
  private static func end(_ error: any Error) -> Never {
    if let ended = error as? ProgramExit { ended.end() }
    let code = exitCode(for: error)
    let text = fullMessage(for: error)
    if code == .success {
      Output.print(text)
      Glibc.exit(0)
    }
    Output.complain(
      lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init), prefix: "")
    Glibc.exit(code == .validationFailure ? ProgramExit.wrongUsage.code : code.rawValue)
  }
}

/// Shown by `--version`, and written where it matters which program wrote.
let programVersion = "0.1.0"
