internal import Glibc
internal import LogFiles
internal import Preferences
internal import SessionHost

/// A command line of nothing but files, as nearly all are: what it means is known without the parser, whose tables
/// take longer to build than a small file takes to be on screen.
struct PlainWords {
  /// Words that the parser would not read as files; the same as in `Triptych.configuration`.
  static let commandNames: Set<String> = [
    "open", "frame", "matrix", "events", "sources", "demo", "doctor", "config", "man", "help",
  ]

  private let paths: [String]

  /// `nil` when there is anything to parse: an option, a command, a link, standard input by name.
  init?(_ words: some Sequence<String>) {
    var paths = Array(words)
    if paths.first == "open" { paths.removeFirst() }
    let isPlain = paths.allSatisfy { word in
      !word.isEmpty && !word.hasPrefix("-") && !word.hasPrefix("triptych:")
        && !Self.commandNames.contains(word)
    }
    guard isPlain else { return nil }
    self.paths = paths
  }

  /// What `Open` makes of the same words.
  var browsing: Browsing {
    let settings = Settings()
    let configuration = settings.configuration
    return Browsing(
      specifications: paths.map(SourceSpecification.path), settings: settings,
      options: ReadingOptions(
        timeZone: LocalZone.ofProcess, follows: isatty(STDOUT_FILENO) == 1, now: WallClock.now,
        spoolLimit: Int64(configuration.spoolLimit), followIntervalMs: configuration.followIntervalMs))
  }
}
