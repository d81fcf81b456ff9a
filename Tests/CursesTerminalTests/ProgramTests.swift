import Foundation
import Testing

/// The program itself in a real terminal, as a person drives it.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, Tmux.remedy)) struct ProgramTests {
  /// Beside the test bundle, where the same build put it.
  private static let program: String? = {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let path = folder.appending(path: "triptych").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()

  /// Ten minutes of one service, a line a second; every third line of the last three minutes is an error.
  private static let log: String =
    (0..<600).map { second in
      let time = String(format: "2026-11-23T03:%02d:%02dZ", second / 60, second % 60)
      return second >= 420 && second % 3 == 0
        ? "\(time) ERROR refused order \(second)" : "\(time) INFO served \(second)"
    }.joined(separator: "\n") + "\n"

  private func open(
    _ keys: String..., arguments: String = "", environment: [String: String] = [:], columns: Int = 100,
    rows: Int = 30
  ) throws -> Tmux {
    let program = try #require(Self.program, "the program is not built beside the tests")
    let file = FileManager.default.temporaryDirectory.appending(
      path: "shop-\(UUID().uuidString.prefix(8)).log")
    try Self.log.write(to: file, atomically: true, encoding: .utf8)
    let tmux = Tmux(columns: columns, rows: rows, environment: environment)
    tmux.type("HOME=/nonexistent TZ=UTC \(program) \(file.path) \(arguments); rm \(file.path); echo back")
    _ = tmux.wait(seconds: 15) { $0.contains("1 time x service") }
    for key in keys { tmux.press(key) }
    return tmux
  }

  @Test func `a log is on the screen with its trouble in words, and quitting gives the shell back`() throws {
    let tmux = try open()
    let seen = tmux.wait { $0.contains("above usual since 03:07:00 (60)") }
    #expect(seen.contains("above usual since 03:07:00 (60)"), "\(seen)")
    #expect(seen.contains("600 events"))
    tmux.press("q")
    #expect(tmux.wait { $0.contains("back") }.contains("back"))
    #expect(tmux.answer("stty -a | grep -c ' echo '").contains("1"))
    #expect(tmux.variable("cursor_flag") == "1")
  }

  @Test func `enter twice shows a raw event, and escape leads back`() throws {
    let tmux = try open("Enter", "Enter")
    #expect(tmux.wait { $0.contains("refused order 420") && $0.contains("severity") }.contains("severity"))
    tmux.press("Escape")
    tmux.press("Escape")
    #expect(tmux.wait { $0.contains("2 time x severity") }.contains("2 time x severity"))
  }

  @Test func `keys typed ahead of the screen reach the prompt they open`() throws {
    let tmux = try open("fserved 1", "Enter")
    let seen = tmux.wait { $0.contains("1 served") }
    #expect(seen.contains(" 1 served ") && seen.contains(" 2 1 "), "\(seen)")
    tmux.press("S")
    #expect(tmux.wait { !$0.contains("1 served") }.contains("600 events"))
  }

  @Test func `another size is filled, and a tiny one survived`() throws {
    let tmux = try open()
    tmux.resize(columns: 140, rows: 45)
    #expect(tmux.wait { $0.contains("3 service x severity") }.contains("3 service x severity"))
    tmux.resize(columns: 40, rows: 12)
    tmux.resize(columns: 80, rows: 24)
    #expect(tmux.wait { $0.contains("2 time x severity") }.contains("2 time x severity"))
  }

  @Test(arguments: [("TERM", "rc=143"), ("HUP", "rc=129"), ("INT", "rc=130")])
  func `a signal that ends it is what the shell is told, on a terminal that is given back`(
    signal: String, status: String
  ) throws {
    let program = try #require(Self.program, "the program is not built beside the tests")
    let file = FileManager.default.temporaryDirectory.appending(
      path: "shop-\(UUID().uuidString.prefix(8)).log")
    try Self.log.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let tmux = Tmux(columns: 100, rows: 30)
    tmux.type(
      "HOME=/nonexistent timeout --foreground --preserve-status -s \(signal) 3 \(program) \(file.path); echo rc=$?"
    )
    _ = tmux.wait(seconds: 15) { $0.contains("1 time x service") }
    #expect(tmux.wait(seconds: 15) { $0.contains("rc=1") }.contains(status))
    #expect(tmux.answer("stty -a | grep -c ' echo '").contains("1"))
  }

  /// A home with a theme of the person's own called `mine`, and a terminal in which the program shows a log with it.
  private final class ThemedHome {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "home-\(UUID().uuidString.prefix(8))")
    let theme: URL
    let tmux = Tmux(columns: 100, rows: 30)

    /// - Parameter link: makes `theme` a link to the file at the URL, which is outside of what belongs to the program.
    init(_ look: String, link: ((_ theme: URL, _ target: URL) throws -> Void)? = nil) throws {
      let program = try #require(ProgramTests.program, "the program is not built beside the tests")
      let themes = folder.appending(path: "triptych/themes")
      let checkout = folder.appending(path: "checkout")
      theme = themes.appending(path: "mine.toml")
      for each in [themes, checkout] {
        try FileManager.default.createDirectory(at: each, withIntermediateDirectories: true)
      }
      if let link {
        try save(look, at: target, atomically: false)
        try link(theme, target)
      } else {
        try save(look)
      }
      let log = folder.appending(path: "shop.log")
      try ProgramTests.log.write(to: log, atomically: true, encoding: .utf8)
      tmux.type(
        "HOME=/nonexistent XDG_CONFIG_HOME=\(folder.path) TZ=UTC \(program) \(log.path) --theme mine --color 256"
      )
      _ = tmux.wait(seconds: 15) { $0.contains("1 time x service") }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var target: URL { folder.appending(path: "checkout/shared.toml") }

    /// - Parameter look: of the focused pane's title.
    func save(_ look: String, at file: URL? = nil, atomically: Bool = true) throws {
      try "[meta]\ninherits = 'dark'\n[style]\n'ui.title.focused' = \(look)\n"
        .write(to: file ?? theme, atomically: atomically, encoding: .utf8)
    }
  }

  @Test func `a theme file that is emptied on its way to new content changes nothing`() throws {
    let home = try ThemedHome("{ fg = 33 }")
    try "".write(to: home.theme, atomically: false, encoding: .utf8)
    let told = home.tmux.wait { $0.contains("mine.toml: the file is empty") }
    #expect(told.contains("the theme stays as it was: mine.toml: the file is empty"))
    #expect(home.tmux.styledScreen.contains("38;5;33m"))
  }

  @Test func `an edited theme is on the screen when it is saved, and one with a mistake changes nothing`()
    throws
  {
    let home = try ThemedHome("{ fg = 33 }")
    let tmux = home.tmux
    #expect(tmux.styledScreen.contains("38;5;33m"))
    try home.save("{ fg = 34 }")
    #expect(tmux.wait { $0.contains("theme loaded again") }.contains("theme loaded again"))
    // A blank keeps the colour that words had, which nobody sees.
    #expect(tmux.styledScreen.contains("38;5;34m") && !tmux.styledScreen.contains(/38;5;33m[^\u{1B} ]/))
    try home.save("{ fg = nope }")
    #expect(tmux.wait { $0.contains("stays as it was") }.contains("mine.toml:4"))
    #expect(tmux.styledScreen.contains("38;5;34m"))
  }

  /// Not a hard link that is replaced: the file's other names stay what they were.
  @Test(arguments: [(true, false), (true, true), (false, false)])
  func `a theme that is a link is on the screen when it is saved where it really is`(
    isSymbolic: Bool, isReplaced: Bool
  ) throws {
    let home = try ThemedHome("{ fg = 33 }") { theme, target in
      if isSymbolic {
        try FileManager.default.createSymbolicLink(
          atPath: theme.path, withDestinationPath: "../../checkout/shared.toml")
      } else {
        try FileManager.default.linkItem(at: target, to: theme)
      }
    }
    #expect(home.tmux.styledScreen.contains("38;5;33m"))
    try home.save("{ fg = 34 }", at: home.target, atomically: isReplaced)
    #expect(home.tmux.wait { $0.contains("theme loaded again") }.contains("theme loaded again"))
    #expect(home.tmux.styledScreen.contains("38;5;34m"))
  }

  /// A command line of one file goes past the parser of options, but not past the cache.
  @Test func `a big file that is named without any option is kept, and known the next time`() throws {
    let program = try #require(Self.program, "the program is not built beside the tests")
    let home = FileManager.default.temporaryDirectory.appending(path: "home-\(UUID().uuidString.prefix(8))")
    defer { try? FileManager.default.removeItem(at: home) }
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    let file = home.appending(path: "shop.log")
    // Above 16 MiB: what is smaller is read again sooner than looked up.
    let count = 16_200
    let text = (0..<count).map { index in
      let time = String(format: "2026-11-23T03:%02d:%02dZ", index / 60 % 60, index % 60)
      return "\(time) INFO served \(String(repeating: "x", count: 1_024))\n"
    }.joined()
    try text.write(to: file, atomically: true, encoding: .utf8)
    let tmux = Tmux(columns: 100, rows: 30)
    func openAndQuit() {
      tmux.type("HOME=/nonexistent XDG_CACHE_HOME=\(home.path) TZ=UTC \(program) \(file.path)")
      #expect(tmux.wait(seconds: 20) { $0.contains("16,200 events") }.contains("16,200 events"))
      tmux.press("q")
      #expect(tmux.answer("echo $((6 * 7))").contains("42"))
    }
    openAndQuit()
    let folder = home.appending(path: "triptych/index")
    let entries = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(entries.count == 1 && entries[0].hasSuffix(".index"), "\(entries)")
    let entry = folder.appending(path: entries[0]).path
    // Its time says when it was used last.
    let long = Date(timeIntervalSince1970: 1_700_000_000)
    try FileManager.default.setAttributes([.modificationDate: long], ofItemAtPath: entry)
    openAndQuit()
    let used = try FileManager.default.attributesOfItem(atPath: entry)[.modificationDate] as? Date
    #expect(used.map { $0 > long } == true)
  }

  /// What TERM may say, and what the person is told of it.
  static let terminals: [(term: String, words: String?)] = [
    ("xterm-ghostty", "TERM xterm-ghostty is unknown here, using xterm-256color"),
    ("xterm-kitty", "TERM xterm-kitty is unknown here, using xterm-256color"),
    ("foot", "TERM foot is unknown here, using xterm-256color"),
    ("wezterm", "TERM wezterm is unknown here, using xterm-256color"),
    ("rio", "TERM rio is unknown here, using xterm-256color"),
    ("contour", "TERM contour is unknown here, using xterm-256color"),
    ("alacritty", "TERM alacritty is unknown here, using xterm-256color"),
    ("tmux-unheard-of", "TERM tmux-unheard-of is unknown here, using screen-256color"),
    ("screen.unheard-of", "TERM screen.unheard-of is unknown here, using screen-256color"),
    ("unheard-of", "TERM unheard-of is unknown here, using xterm-256color"),
    ("unknown", "TERM is not set, using xterm-256color"), ("", "TERM is not set, using xterm-256color"),
    ("vt100", nil), ("linux", nil), ("screen", nil), ("xterm-256color", nil),
  ]

  @Test(arguments: terminals.indices)
  func `any terminal that can place a cursor is used, and one line tells as what`(index: Int) throws {
    let (term, words) = Self.terminals[index]
    let tmux = try open(environment: ["TERM": term])
    let isKnownHere = words.map { !tmux.screen.contains($0) } ?? true
    // Machines with all of ncurses-term know more of them.
    let isInstalled = words != nil && term != "" && term != "unknown" && isKnownHere
    if !isInstalled { #expect(isKnownHere == (words == nil), "\(term):\n\(tmux.screen)") }
    tmux.press("Down")
    tmux.press("Up")
    tmux.press("Enter")
    #expect(tmux.wait { $0.contains("events  shop") }.contains("events  shop"), "\(term):\n\(tmux.screen)")
    tmux.press("Q")
    #expect(tmux.wait { $0.contains("back") }.contains("back"))
  }

  @Test(arguments: ["vt100", "linux", "screen", "xterm-256color", "unheard-of"])
  func `the smallest screen without colour is usable`(term: String) throws {
    let environment = ["TERM": term, "NO_COLOR": "1"]
    let tmux = try open(environment: environment, columns: 40, rows: 12)
    #expect(!tmux.styledScreen.contains(/\u{1B}\[(3|4)[0-8]/))
    tmux.press("w")
    tmux.press("Enter")
    #expect(
      tmux.wait { $0.contains("refused order 420") }.contains("refused order 420"), "\(term):\n\(tmux.screen)"
    )
  }

  @Test func `where no cursor can be placed, commands are read line by line`() throws {
    let tmux = try open(environment: ["TERM": "dumb"])
    #expect(tmux.screen.contains("TERM 'dumb'") && tmux.screen.contains("--plain"))
    tmux.type("worst")
    #expect(tmux.wait { $0.contains("row 1 of") }.contains("row 1 of"))
    tmux.type("zoom.inn")
    #expect(tmux.wait { $0.contains("did you mean 'zoom.in'?") }.contains("did you mean"))
    tmux.type("quit")
    #expect(tmux.wait { $0.contains("back") }.contains("back"))
    #expect(tmux.variable("alternate_on") == "0")
  }

  @Test func `for screen readers the cursor stands on what the last line speaks of`() throws {
    let tmux = try open("w", arguments: "--a11y", columns: 80, rows: 24)
    let seen = tmux.wait { $0.contains("errors 40, info 80") && $0.contains("[ 40E ]") }
    #expect(seen.contains("row 1 of 1, service"), "\(seen)")
    let isASCII = seen.unicodeScalars.allSatisfy { $0.isASCII }
    #expect(isASCII)
    #expect(tmux.variable("cursor_flag") == "1")
    let lines = seen.split(separator: "\n", omittingEmptySubsequences: false)
    let row = try #require(Int(tmux.variable("cursor_y")))
    let column = try #require(Int(tmux.variable("cursor_x")))
    // Inside the brackets of the worst cell.
    let line = Array(lines[row])
    let open = try #require(line[...column].lastIndex(of: "["), "\(lines[row])")
    #expect(line[open...].firstIndex(of: "]").map { $0 > column } == true)
    #expect(String(line[open...]).contains("E"))
    tmux.press("Left")
    _ = tmux.wait { _ in tmux.variable("cursor_x") == "\(column - 7)" }
    #expect(
      Int(tmux.variable("cursor_x")) == column - 7 && Int(tmux.variable("cursor_y")) == row, "\(tmux.screen)")
    tmux.press("Enter")
    let list = tmux.wait {
      $0.contains("event 1 of") || $0.contains("focus: events") && !$0.contains("reading")
    }
    #expect(list.contains("focus: events"))
  }
}
