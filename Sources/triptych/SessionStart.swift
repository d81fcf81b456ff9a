internal import Glibc
internal import LogFiles
internal import SessionHost

/// The sources of a session to be. Files at rest are being read already, while the screen gets ready; what could be read
/// only once (pipes, commands, standard input) waits until there is a screen.
struct SessionStart {
  let specifications: [SourceSpecification]
  let options: ReadingOptions
  let loop: SessionLoop
  private let isOpen: Bool

  /// Smaller files are read before anyone could look at a sample.
  private static let samplesFrom: Int64 = 48 << 20

  init(_ specifications: [SourceSpecification], options: ReadingOptions, memoryLimit: Int) {
    self.specifications = specifications
    self.options = options
    var shown = options
    shown.samplesFrom = Self.samplesFrom
    loop = SessionLoop(options: shown, isLive: options.follows, memoryLimit: memoryLimit)
    isOpen =
      isatty(STDOUT_FILENO) == 1 && !specifications.isEmpty && specifications.allSatisfy(\.canBeReadTwice)
    if isOpen { loop.open(specifications) }
  }

  /// Nothing to look at is told where it can be read and piped, not on a screen of its own.
  var canOpen: Bool {
    specifications.contains { specification in
      if case .path(let path) = specification { return access(path, R_OK) == 0 || path == "-" }
      return true
    }
  }

  /// Opens what is not open yet, and steps until the session ends. Blocks.
  func run() {
    if !isOpen { loop.open(specifications) }
    loop.run()
  }

  /// The same with `conversation` on a thread of its own; when that ends, the session ends.
  func run(beside conversation: @escaping @Sendable () -> Void) throws {
    if !isOpen { loop.open(specifications) }
    do { try loop.run(beside: conversation) } catch { throw ProgramExit.environment(error.description) }
  }
}

extension SourceSpecification {
  fileprivate var canBeReadTwice: Bool {
    guard case .path(let path) = self else { return false }
    var status = stat()
    return stat(path, &status) == 0 && [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }
}
