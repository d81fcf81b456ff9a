internal import LogFiles
internal import Preferences
internal import SessionHost

/// A command line of nothing but files, as nearly all are: what it means is known without the parser, whose tables
/// take longer to build than a small file takes to be on screen.
struct PlainWords {
  private let paths: [String]

  /// `nil` when there is anything to parse: an option, a link, standard input by name, or what may be a command, since
  /// commands are nothing but small letters and hyphens.
  init?(_ words: some Sequence<String>) {
    var paths = Array(words)
    if paths.first == "open" { paths.removeFirst() }
    guard paths.allSatisfy(Self.isFile) else { return nil }
    self.paths = paths
  }

  private static func isFile(_ word: String) -> Bool {
    if word.hasPrefix("-") || word.hasPrefix("triptych:") { return false }
    return word.utf8.contains {
      !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) && $0 != UInt8(ascii: "-")
    }
  }

  /// What `Open` makes of the same words.
  var browsing: Browsing {
    let settings = Settings()
    let terminal = TerminalChoices()
    return Browsing(
      specifications: paths.map(SourceSpecification.path), terminal: terminal, settings: settings,
      options: ReadingOptions(
        settings.configuration, timeZone: LocalZone.ofProcess, follows: terminal.follows))
  }
}
