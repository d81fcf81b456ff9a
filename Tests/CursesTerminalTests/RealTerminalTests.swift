import Foundation
import Testing

/// terminal-probe in a real terminal. One at a time: they are about time and share the machine.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, Tmux.remedy)) struct `On a real terminal` {
  @Test func `a frame is painted, keys arrive, and quitting leaves the shell as it was`() throws {
    let tmux = Tmux(columns: 80, rows: 24)
    let settings = tmux.answer("stty -g")
    start(tmux)
    #expect(tmux.screen.hasPrefix("┏━ probe ━"))
    #expect(tmux.screen.contains("colors256"))
    let hasColor = tmux.styledScreen.contains("48;5;")
    #expect(hasColor)
    #expect(tmux.variable("alternate_on") == "1" && tmux.variable("cursor_x") == "5")
    let keys = [
      ("Up", "up"), ("S-Right", "S-right"), ("C-Down", "C-down"), ("M-x", "A-x"), ("F5", "f5"),
      ("F12", "f12"),
      ("BTab", "S-tab"), ("PPage", "pgup"), ("Home", "home"), ("C-o", "C-o"), ("Enter", "ret"),
      ("Escape", "esc"),
      ("ü", "ü"), ("BSpace", "backspace"), ("DC", "del"), ("C-Space", "C-space"),
    ]
    for (name, notation) in keys {
      tmux.press(name)
      #expect(tmux.wait { $0.contains("\nkey \(notation)\n") }.contains("\nkey \(notation)\n"), "\(name)")
    }
    tmux.press("q")
    expectUsableShell(tmux, settings)
  }

  @Test func `a resize is followed both ways`() {
    let tmux = Tmux(columns: 80, rows: 24)
    start(tmux)
    for (columns, rows) in [(40, 12), (120, 36), (7, 4)] {
      tmux.resize(columns: columns, rows: rows)
      let words = "resize \(columns)x\(rows)".prefix(columns)
      let seen = tmux.wait { $0.contains(columns > 10 ? words : "resiz") }
      let lines = seen.split(separator: "\n")
      #expect(lines.count == rows, "\(columns)x\(rows):\n\(seen)")
      #expect(lines.first?.hasSuffix("┓") == true && lines.first?.count == columns)
    }
  }

  @Test func `suspending gives the shell back, and fg the screen`() {
    let tmux = Tmux(columns: 80, rows: 24)
    start(tmux)
    tmux.press("Z")
    #expect(tmux.wait { $0.contains("Stopped") }.contains("Stopped"))
    #expect(tmux.variable("alternate_on") == "0" && tmux.variable("cursor_flag") == "1")
    tmux.type("fg")
    #expect(tmux.wait { $0.contains("┏━ probe") }.contains("┏━ probe"))
    tmux.press("Down")
    #expect(tmux.wait { $0.contains("key down") }.contains("key down"))
  }

  @Test func `a paste, a click and the wheel arrive as what they are`() {
    let tmux = Tmux(columns: 80, rows: 24, environment: ["TERM": "xterm-256color"])
    start(tmux, "--mouse")
    #expect(tmux.variable("mouse_sgr_flag") == "1")
    // As a terminal sends them: SGR mouse reports (xterm ctlseqs, mode 1006) and a bracketed paste.
    let reports = [
      ("\u{1B}[<0;11;6M\u{1B}[<0;11;6m", "click 10,5"), ("\u{1B}[<64;3;4M", "wheelUp 2,3"),
      ("\u{1B}[<65;3;4M", "wheelDown 2,3"), ("\u{1B}[200~q is no key\u{1B}[201~", "paste q is no key"),
    ]
    for (bytes, words) in reports {
      tmux.press("-l", bytes)
      #expect(tmux.wait { $0.contains(words) }.contains(words))
    }
  }

  @Test(arguments: ["TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT", "TRAP", "BUS", "ILL", "FPE"])
  func `every fatal signal gives the terminal back`(name: String) {
    // Without the runtime's backtrace, which takes seconds; `a trap` has it.
    let tmux = Tmux(columns: 80, rows: 24, environment: ["SWIFT_BACKTRACE": "enable=no"])
    let settings = tmux.answer("stty -g")
    tmux.type("\(probe) & fg")
    #expect(tmux.wait { $0.contains("ready 80x24") }.contains("ready 80x24"))
    kill(processID(in: tmux), signals[name] ?? SIGTERM)
    expectUsableShell(tmux, settings)
  }

  @Test func `a trap prints its reason on a screen where it can be read`() {
    let tmux = Tmux(columns: 100, rows: 50)
    let settings = tmux.answer("stty -g")
    start(tmux)
    tmux.press("X")
    let seen = tmux.wait(seconds: 20) { $0.contains("the probe was asked to trap") || $0.contains("crashed") }
    #expect(seen.contains("the probe was asked to trap") || seen.contains("crashed"))
    _ = tmux.wait(seconds: 20) { $0.split(separator: "\n").last?.hasPrefix("ready>") == true }
    expectUsableShell(tmux, settings)
  }

  @Test func `a program that does not end when told ends two seconds later`() {
    let tmux = Tmux(columns: 80, rows: 24)
    let settings = tmux.answer("stty -g")
    start(tmux, "--stubborn")
    let process = processID(in: tmux)
    let start = Date()
    kill(process, SIGTERM)
    while kill(process, 0) == 0, Date().timeIntervalSince(start) < 6 { usleep(20_000) }
    let seconds = Date().timeIntervalSince(start)
    #expect(seconds > 1 && seconds < 4, "\(seconds) s")
    expectUsableShell(tmux, settings)
  }

  @Test func `an unknown TERM is replaced and named`() {
    let tmux = Tmux(columns: 80, rows: 24, environment: ["TERM": "xterm-ghostty"])
    start(tmux)
    #expect(tmux.screen.contains("TERM xterm-ghostty is unknown here, using xterm-256color"))
  }

  @Test func `nothing is taken from the mouse unless asked for`() {
    let tmux = Tmux(columns: 80, rows: 24, environment: ["TERM": "xterm-256color"])
    start(tmux)
    #expect(tmux.variable("mouse_any_flag") == "0")
  }

  @Test(arguments: ["vt100", "linux", "screen", "xterm-16color", "tmux-256color"])
  func `poor and odd terminals show the same words`(term: String) {
    let tmux = Tmux(columns: 80, rows: 24, environment: ["TERM": term])
    start(tmux)
    #expect(tmux.screen.contains("probe"))
    tmux.press("q")
    #expect(tmux.answer("echo usable") == "usable")
  }

  @Test func `NO_COLOR sends no colour`() {
    let tmux = Tmux(columns: 80, rows: 24, environment: ["NO_COLOR": "1"])
    start(tmux)
    #expect(tmux.screen.contains("mono"))
    let hasColor = tmux.styledScreen.contains(/\u{1B}\[(3|4)[0-8]/)
    #expect(!hasColor)
  }

  @Test func `a dumb terminal and a pipe are refused with the way out`() {
    let tmux = Tmux(columns: 120, rows: 24, environment: ["TERM": "dumb"])
    tmux.type("\(probe); echo \"status $?\"")
    let seen = tmux.wait { $0.contains("status") && !$0.contains("status $") || $0.contains("status 3") }
    #expect(seen.contains("TERM 'dumb'") && seen.contains("status 3"))
    tmux.type("clear; \(probe) | cat")
    #expect(tmux.wait { $0.contains("stdout is none") }.contains("stdout is none"))
  }

  @Test func `keys come from the terminal when stdin is a pipe`() {
    let tmux = Tmux(columns: 80, rows: 24)
    tmux.type("echo data | \(probe)")
    #expect(tmux.wait { $0.contains("ready 80x24") }.contains("ready 80x24"))
    tmux.press("Down")
    #expect(tmux.wait { $0.contains("key down") }.contains("key down"))
    tmux.press("q")
    #expect(tmux.answer("echo usable") == "usable")
  }

  private func start(_ tmux: Tmux, _ arguments: String = "") {
    tmux.type("\(probe) \(arguments)")
    #expect(tmux.wait { $0.contains("ready ") && $0.contains(" probe ") }.contains("ready "))
  }

  private func expectUsableShell(_ tmux: Tmux, _ settings: String) {
    _ = tmux.wait { _ in tmux.variable("alternate_on") == "0" }
    #expect(tmux.variable("alternate_on") == "0" && tmux.variable("cursor_flag") == "1")
    #expect(tmux.variable("mouse_any_flag") == "0" && tmux.variable("keypad_flag") == "0")
    #expect(tmux.answer("stty -g") == settings, "\(tmux.screen)")
  }

  private func processID(in tmux: Tmux) -> pid_t {
    let shell = tmux.variable("pane_pid")
    let children =
      (try? String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)) ?? ""
    let first = children.split(separator: " ").first.flatMap { pid_t($0) }
    #expect(first != nil, "the probe runs below the shell")
    return first ?? 0
  }

  private let signals: [String: Int32] = [
    "TERM": SIGTERM, "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "SEGV": SIGSEGV, "ABRT": SIGABRT,
    "TRAP": SIGTRAP, "BUS": SIGBUS, "ILL": SIGILL, "FPE": SIGFPE,
  ]

  /// Beside the test bundle, where the same build put it.
  private var probe: String {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return folder.appending(path: "terminal-probe").path
  }
}
