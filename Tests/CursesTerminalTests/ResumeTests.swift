import Foundation
import Testing

/// Sessions that end, by a key, by a kill or with their line, in a real terminal.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, Tmux.remedy)) struct ResumeTests {
  /// A home of its own, with a log of ten minutes of one service in it, a line a second.
  private final class Home {
    let folder = FileManager.default.temporaryDirectory.appending(path: "home-\(UUID().uuidString.prefix(8))")
    let program: String

    init() throws {
      let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
        path: "triptych")
      program = path.path
      try #require(FileManager.default.isExecutableFile(atPath: program), "no program beside the tests")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Self.lines(0..<600).write(to: log, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var log: URL { folder.appending(path: "shop.log") }

    static func lines(_ seconds: Range<Int>) -> String {
      seconds.map { second in
        let time = String(format: "2026-11-23T03:%02d:%02dZ", second / 60, second % 60)
        return "\(time) \(second >= 420 && second % 3 == 0 ? "ERROR refused" : "INFO served") \(second)\n"
      }.joined()
    }

    func terminal(_ columns: Int = 100, _ rows: Int = 30) -> Tmux {
      Tmux(
        columns: columns, rows: rows,
        environment: [
          "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state",
          "XDG_DATA_HOME": folder.path + "/data", "XDG_CACHE_HOME": folder.path + "/cache",
          "XDG_CONFIG_HOME": folder.path + "/config", "TZ": "UTC",
        ])
    }

    var sessions: [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/state/triptych/sessions")) ?? []
    }
  }

  /// The cursor at half past, on one face.
  private func browse(_ home: Home, _ arguments: String = "") -> Tmux {
    let tmux = home.terminal()
    tmux.type("cd \(home.folder.path); \(home.program) shop.log \(arguments); echo back")
    _ = tmux.wait(seconds: 15) { $0.contains("1 time x service") && $0.contains("600 events") }
    tmux.press("2", "1")
    _ = tmux.wait { $0.contains("2 time x severity") }
    // A step is taken a second at most.
    usleep(1_100_000)
    tmux.press("w")
    _ = tmux.wait { $0.contains("refused") }
    return tmux
  }

  @Test func `a session that was left is gone on with where it was left, from any directory`() throws {
    let home = try Home()
    let tmux = browse(home)
    tmux.press("C-c")
    #expect(tmux.wait(seconds: 15) { $0.contains("\nback") }.contains("\nback"))
    let again = home.terminal(80, 24)
    again.type("cd /; \(home.program) resume")
    let seen = again.wait(seconds: 15) { $0.contains("600 events") && $0.contains("as you left it") }
    #expect(seen.contains("as you left it at 20") && seen.contains("[ t walks back"), "\(seen)")
    #expect(seen.contains("1 time x service") && !seen.contains("2 time x severity"), "\(seen)")
    again.press("q", "q", "q")
    #expect(again.answer("\(home.program) resume --list | grep -c shop.log") == "2")
  }

  @Test func `a session that was killed is gone on with`() throws {
    let home = try Home()
    let tmux = browse(home)
    // What was done is on the disk within a second.
    usleep(1_500_000)
    #expect(home.sessions.count == 1)
    let killer = home.terminal()
    killer.type("pkill -9 -f \(home.program).shop.log; echo killed")
    #expect(tmux.wait(seconds: 15) { $0.contains("\nback") }.contains("\nback"))
    killer.type("clear; \(home.program) resume")
    let seen = killer.wait(seconds: 15) { $0.contains("as you left it") }
    #expect(seen.contains("600 events") && seen.contains("as you left it at 20"), "\(seen)")
  }

  @Test func `a session that records outlives its line, until it is told to end`() throws {
    let home = try Home()
    let recording = home.folder.appending(path: "a.mcap").path
    var tmux: Tmux? = browse(home, "--record a.mcap")
    tmux?.press("F")
    _ = tmux?.wait(seconds: 15) { $0.contains("following") && $0.contains("saved") }
    tmux = nil
    // Longer than a program may take to end that is told to.
    usleep(2_500_000)
    let file = try FileHandle(forWritingTo: home.log)
    try file.seekToEnd()
    try file.write(contentsOf: Data(Home.lines(600..<650).utf8))
    try file.close()
    usleep(1_500_000)
    let shell = home.terminal()
    #expect(shell.answer("pgrep -c -f \(home.program).shop.log") == "1")
    _ = shell.answer("pkill -TERM -f \(home.program).shop.log")
    let rest = "while pgrep -f \(home.program).shop.log >/dev/null; do sleep 0.1; done; echo none"
    #expect(shell.answer(rest) == "none")
    #expect(shell.answer("\(home.program) verify \(recording) | head -1").contains("verified"))
    #expect(shell.answer("\(home.program) events \(recording) | grep -c 'ed 6[0-4][0-9]'") == "50")
  }

  @Test func `what read a pipe says that it cannot be opened again`() throws {
    let home = try Home()
    let tmux = home.terminal()
    tmux.type("cat \(home.log.path) | \(home.program) -; echo back")
    _ = tmux.wait(seconds: 15) { $0.contains("600 events") }
    tmux.press("w")
    usleep(1_000_000)
    tmux.press("q", "q")
    _ = tmux.wait(seconds: 15) { $0.contains("\nback") }
    tmux.type("clear; \(home.program) resume; echo rc=$?")
    let seen = tmux.wait(seconds: 15) { $0.contains("\nrc=") }
    #expect(seen.contains("a pipe, which cannot be read again") && seen.contains("--record FILE"), "\(seen)")
    #expect(seen.contains("rc=3"), "\(seen)")
  }

  @Test func `a live feed that is recorded and killed is opened again, scrubbed, noted upon and reported`()
    throws
  {
    let home = try Home()
    let tmux = browse(home, "--record a.mcap")
    tmux.press("F")
    _ = tmux.wait(seconds: 15) { $0.contains("following") }
    let file = try FileHandle(forWritingTo: home.log)
    try file.seekToEnd()
    try file.write(contentsOf: Data(Home.lines(600..<900).utf8))
    try file.close()
    // Only what the screen calls saved is promised.
    let saved = tmux.wait(seconds: 15) { $0.contains("●REC 900 saved") }
    #expect(saved.contains("●REC 900 saved"), "\(saved)")
    let shell = home.terminal(100, 30)
    shell.type("pkill -9 -f \(home.program).shop.log; echo killed")
    _ = shell.wait(seconds: 15) { $0.contains("\nkilled") }
    // Elsewhere, without the log, without colour.
    shell.type(
      "cd \(home.folder.path); clear; mkdir b; mv \(home.folder.path)/a.mcap b; rm \(home.log.path); cd b; NO_COLOR=1 \(home.program) a.mcap"
    )
    let opened = shell.wait(seconds: 15) { $0.contains("900 events") && $0.contains("event time") }
    #expect(opened.contains("event time") && opened.contains("step"), "\(opened)")
    shell.press("Home")
    shell.press("K")
    #expect(shell.wait(seconds: 15) { $0.contains("known then") }.contains("known then"))
    shell.press("Space")
    // A minute a second: some of the night is known after a while, and more after another.
    let first = shell.wait(seconds: 15) { $0.contains("known at 03:02") }
    #expect(first.contains("▶ 60x"), "\(first)")
    #expect(shell.wait(seconds: 15) { $0.contains("known at 03:05") }.contains("known at 03:05"))
    shell.press("Space")
    shell.press("K")
    _ = shell.wait { $0.contains("event time") }
    shell.press("w", "N")
    _ = shell.wait { $0.contains("note") && $0.contains("accept") }
    shell.type("refused from here on")
    // It was never closed: beside it.
    let noted = shell.wait(seconds: 15) { $0.contains("is kept") }
    #expect(noted.contains("is kept beside the recording"), "\(noted)")
    shell.press("C-c")
    #expect(shell.answer("\(home.program) report a.mcap -o r.md; grep -c 'refused from here on' r.md") != "0")
    #expect(shell.answer("ls *.notes.mcap") == "a.notes.mcap")
    #expect(shell.answer("\(home.program) verify a.mcap | head -1").contains("was never closed"))
  }
}
