import Foundation
import Testing

/// A real terminal to look at: a tmux server of its own with one shell in it, gone with this value.
final class Tmux {
  private let socket: String
  private let prompt = "ready>"
  private var questionCount = 0

  private static let path = "/usr/bin/tmux"

  /// Suites that need it are skipped, and say so, where it is not: `.enabled(if: Tmux.isInstalled, Tmux.remedy)`.
  static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
  static let remedy: Comment = "tmux is not installed (apt-get install tmux)"

  /// A shell that does not come up is a failure of the test, not a reason to skip it.
  init(columns: Int, rows: Int, environment: [String: String] = [:]) {
    let name = "triptych-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    socket = FileManager.default.temporaryDirectory.appending(path: name).path
    // What the test's own environment says of colours and networks does not count (`swift test` sets NO_COLOR).
    let plain = [
      "TERM": "tmux-256color", "NO_COLOR": "", "COLORTERM": "", "SSH_TTY": "", "SSH_CONNECTION": "",
    ]
    let environment = plain.merging(environment) { $1 }
    let variables = environment.sorted { $0.key < $1.key }.map { "'\($0.key)=\($0.value)'" }.joined(
      separator: " ")
    run(
      "-f", "/dev/null", "-u", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
      "env LC_ALL=C.UTF-8 'PS1=\(prompt) ' \(variables) bash --norc")
    if !wait(seconds: 30, { $0.contains(prompt) }).contains(prompt) { Issue.record("tmux shows no shell") }
  }

  deinit {
    run("kill-server")
    unlink(socket)
  }

  /// Types keys by tmux's names.
  func press(_ keys: String...) { _ = run(["send-keys"] + keys) }

  func type(_ line: String) { run("send-keys", line, "Enter") }

  func resize(columns: Int, rows: Int) { run("resize-window", "-x", "\(columns)", "-y", "\(rows)") }

  var screen: String { run("capture-pane", "-p") }
  var styledScreen: String { run("capture-pane", "-p", "-e") }

  /// A format variable of the pane: `cursor_flag`, `alternate_on`, `mouse_any_flag`.
  func variable(_ name: String) -> String {
    run("display-message", "-p", "#{\(name)}").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The first screen that `condition` accepts, or the last one after five seconds.
  func wait(seconds: Double = 5, _ condition: (String) -> Bool) -> String {
    let end = Date(timeIntervalSinceNow: seconds)
    var seen = screen
    while !condition(seen) && Date() < end {
      usleep(20_000)
      seen = screen
    }
    return seen
  }

  /// What a command prints in the shell: proves that the shell is usable.
  func answer(_ command: String) -> String {
    // What is typed while a program still ends is the program's, not the shell's.
    _ = wait { $0.split(separator: "\n").last?.hasPrefix(prompt) == true }
    questionCount += 1
    let mark = "answer \(questionCount):"
    type("echo \"answer\"\" \(questionCount):$(\(command))\"")
    let seen = wait { $0.contains("\n" + mark) }
    let line = seen.split(separator: "\n").last { $0.hasPrefix(mark) } ?? ""
    return String(line.dropFirst(mark.count))
  }

  @discardableResult
  private func run(_ arguments: String...) -> String { run(arguments) }

  /// Spawned plainly: the tmux server keeps what its first client was given, and waits for pipes would never end.
  private func run(_ arguments: [String]) -> String {
    let file = socket + ".out"
    defer { unlink(file) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // Test threads have most signals blocked; a server that inherits that hears neither of children nor of its end.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = (["tmux", "-S", socket] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    guard posix_spawn(&process, Self.path, &actions, &attributes, &words, environ) == 0 else {
      return ""
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
  }
}
