import Foundation
import Preferences
import Testing

/// A world of files in memory.
private func world(_ files: [String: String]) -> FileSystem {
  FileSystem(
    exists: { path in files.keys.contains { $0 == path || $0.hasPrefix(path + "/") } },
    list: { directory in
      files.keys.filter { $0.hasPrefix(directory + "/") }
        .map { String($0.dropFirst(directory.count + 1).prefix { $0 != "/" }) }
    },
    read: { path in files[path].map { Array($0.utf8) } })
}

@Suite struct ConfigurationTests {
  let home = ["HOME": "/home/ada"]

  @Test func `each layer overrides the one before, and every value remembers its origin`() {
    let files = world([
      "/etc/triptych/config.toml": "theme = \"light\"\nmemory = \"1 GiB\"\ntz = \"UTC\"",
      "/home/ada/.config/triptych/config.toml": "# mine\ntheme = \"mono\"\n[follow]\ninterval_ms = 500",
    ])
    let environment = home.merging(["TRIPTYCH_TZ": "Europe/Berlin", "TRIPTYCH_HINTS": "off"]) { $1 }
    let loaded = Configuration.load(
      environment: environment, flags: [(.color, "--color", "256")], files: files)
    #expect(loaded.problems == [])
    let configuration = loaded.value
    #expect(configuration.theme == "mono")
    #expect(configuration.memoryLimit == 1 << 30)
    #expect(configuration.timeZone == "Europe/Berlin")
    #expect(configuration.followIntervalMs == 500)
    #expect(configuration.color == .colors256)
    #expect(!configuration.showsHints)
    #expect(
      configuration.listing(withOrigins: true) == """
        theme = "mono"            # /home/ada/.config/triptych/config.toml:2
        keymap = "default"        # built in
        color = "256"             # --color
        glyphs = "auto"           # built in
        tz = "Europe/Berlin"      # environment TRIPTYCH_TZ
        follow.interval_ms = 500  # /home/ada/.config/triptych/config.toml:4
        memory = "1 GiB"          # /etc/triptych/config.toml:2
        spool.limit = "1 GiB"     # built in
        cache.limit = "1 GiB"     # built in
        hints = false             # environment TRIPTYCH_HINTS
        link = "auto"             # built in
        a11y = false              # built in
        mouse = "wheel"           # built in
        background = "auto"       # built in
        session.autosave = true   # built in
        session.linger = "30m"    # built in

        """)
  }

  @Test(arguments: [
    ("30m", 1800), ("2h", 7200), ("90", 90), ("90 s", 90), ("0", 0), ("1d", 86_400), ("m", nil), ("-5m", nil),
    ("5 weeks", nil), ("1.5h", nil), ("99999999999999999999h", nil), ("9223372036854775807d", nil), ("", nil),
  ])
  func `a length of time is a whole number with a unit, up to a year`(text: String, seconds: Int?) {
    #expect(DurationWords.seconds(of: text) == seconds)
    if let seconds { #expect(DurationWords.seconds(of: DurationWords.text(of: seconds)) == seconds) }
  }

  @Test func `a listing is a configuration that says the same`() {
    let listing = Configuration().listing(withOrigins: true)
    let again = Configuration.load(environment: home, files: world(["/etc/triptych/config.toml": listing]))
    #expect(again.problems == [])
    #expect(again.value.listing(withOrigins: false) == Configuration().listing(withOrigins: false))
  }

  @Test func `what cannot be read is told with place and remedy, and the rest applies`() {
    let files = world([
      "/etc/triptych/config.toml": """
      tehme = "light"
      color = "265"
      memory = "lots"
      hints = [1]
      [folow]
      [spool]
      limt = 3
      limit = "2 GiB"
      """
    ])
    let loaded = Configuration.load(
      environment: ["TRIPTYCH_THEM": "x", "TRIPTYCH_SHARED": "/s", "TRIPTYCH_HINTS": "maybe"],
      flags: [(.glyphs, "--glyphs", "asci")], files: files)
    #expect(
      loaded.problems.map(\.description) == [
        "/etc/triptych/config.toml:1: no setting is called 'tehme'; did you mean 'theme'?",
        "/etc/triptych/config.toml:2: 'color' cannot be '265'; did you mean '256'?",
        "/etc/triptych/config.toml:3: 'memory' cannot be 'lots'; write an amount of at least 1 MiB, as \"512 MiB\"",
        "/etc/triptych/config.toml:4: 'hints' is a list; it is whether the last line shows keys",
        "/etc/triptych/config.toml:5: no setting is called 'folow'; did you mean 'follow'?",
        "/etc/triptych/config.toml:7: no setting is called 'spool.limt'; did you mean 'spool.limit'?",
        "TRIPTYCH_HINTS: 'hints' cannot be 'maybe'; it is one of true, false",
        "TRIPTYCH_THEM: no variable of this name is read; did you mean 'TRIPTYCH_THEME'?",
        "--glyphs: 'glyphs' cannot be 'asci'; did you mean 'ascii'?",
      ])
    #expect(loaded.value.spoolLimit == 2 << 30)
    #expect(loaded.value.theme == "dark")
  }

  @Test(arguments: [
    ("512 MiB", 512 << 20), ("2G", 2 << 30), ("1kb", 1000), ("7", 7), ("3 B", 3), ("", nil), ("MiB", nil),
    ("-1", nil), ("1.5 GiB", nil), ("9999999999 GiB", nil), ("1 tib", nil),
  ])
  func `amounts of bytes are read in the usual units`(text: String, byteCount: Int?) {
    #expect(ByteSize.byteCount(of: text) == byteCount)
  }

  @Test func `a message cannot move the cursor of a terminal`() {
    let loaded = Configuration.load(environment: ["TRIPTYCH_COLOR": "\u{1B}[2J\u{202E}"], files: world([:]))
    #expect(loaded.problems.first?.description.contains("'<U+001B>[2J<U+202E>'") == true)
    let shown = Configuration.load(environment: ["TRIPTYCH_THEME": "\u{1B}[2J"], files: world([:])).value
    #expect(shown.listing(withOrigins: false).hasPrefix("theme = \"\\U0000001B[2J\"\n"))
  }
}

@Suite struct ColorDepthTests {
  func chosen(
    _ environment: [String: String], _ flag: ColorChoice = .auto, colors: Int? = 256, rgb: Bool = false
  ) -> ColorDepth {
    ColorDepth.chosen(
      flag: flag, environment: environment.merging(["TERM": "xterm-256color"]) { own, _ in own },
      terminalColors: colors,
      hasRGB: rgb)
  }

  @Test func `the terminal decides where nobody else does`() {
    #expect(chosen([:]) == .colors256)
    #expect(chosen([:], colors: 16) == .colors16)
    #expect(chosen([:], colors: 8) == .colors16)
    #expect(chosen([:], colors: 0) == .mono)
    #expect(chosen([:], colors: nil) == .mono)
    #expect(chosen(["TERM": "dumb"]) == .mono)
    #expect(chosen([:], rgb: true) == .truecolor)
    #expect(chosen(["COLORTERM": "truecolor"]) == .truecolor)
    #expect(chosen(["COLORTERM": "24bit"]) == .truecolor)
    #expect(chosen(["COLORTERM": "yes"]) == .colors256)
  }

  @Test func `over SSH truecolor must be asked for`() {
    #expect(chosen(["COLORTERM": "truecolor", "SSH_TTY": "/dev/pts/1"]) == .colors256)
    #expect(chosen(["SSH_TTY": "/dev/pts/1"], .truecolor) == .truecolor)
  }

  @Test func `NO_COLOR wins over the terminal, and a choice over NO_COLOR`() {
    #expect(chosen(["NO_COLOR": "1", "COLORTERM": "truecolor"]) == .mono)
    #expect(chosen(["NO_COLOR": ""]) == .colors256)
    #expect(chosen(["NO_COLOR": "1"], .colors256) == .colors256)
    #expect(chosen([:], .never) == .mono)
    #expect(chosen([:], .colors16, colors: nil) == .colors16)
  }

  @Test func `no choice gives colours to a terminal without any`() {
    #expect(chosen([:], .truecolor, colors: 0) == .mono)
  }
}

@Suite struct ResourceLocatorTests {
  let files = world([
    "/home/ada/.config/triptych/themes/dark.toml": "", "/etc/triptych/themes/night.toml": "",
    "/opt/t/share/triptych/Themes/dark.toml": "", "/opt/t/share/triptych/Themes/light.toml": "",
    "/opt/t/share/triptych/Themes/README.md": "", "/src/Package.swift": "", "/src/Themes/dark.toml": "",
    "/src/Keymaps/vim.toml": "",
  ])

  @Test func `the person's own theme comes first, then the machine's, then the installed one`() {
    let locator = ResourceLocator(
      environment: ["HOME": "/home/ada"], executable: "/opt/t/bin/triptych", files: files)
    #expect(locator.path(of: .themes, named: "dark") == "/home/ada/.config/triptych/themes/dark.toml")
    #expect(locator.path(of: .themes, named: "night") == "/etc/triptych/themes/night.toml")
    #expect(locator.path(of: .themes, named: "light") == "/opt/t/share/triptych/Themes/light.toml")
    #expect(locator.path(of: .keymaps, named: "vim") == nil)
    #expect(locator.names(of: .themes) == ["dark", "light", "night"])
  }

  @Test func `a program in a checkout finds the checkout's files`() {
    let locator = ResourceLocator(
      environment: [:], executable: "/src/.build/x86/debug/triptych", files: files)
    #expect(locator.path(of: .themes, named: "dark") == "/src/Themes/dark.toml")
    #expect(locator.path(of: .keymaps, named: "vim") == "/src/Keymaps/vim.toml")
  }

  @Test func `a file in force is watched at every link on the way to it, and under all its names`() {
    var linked = files
    let links = [
      "/home/ada/.config/triptych/themes/mine.toml": "../../../dots/mine.toml",
      "/home/ada/.config/triptych/themes/../../../dots/mine.toml": "/store/7/mine.toml",
      "/round": "round",
    ]
    linked.linkTarget = { links[$0] }
    let locator = ResourceLocator(
      environment: ["HOME": "/home/ada"], executable: "/opt/t/bin/triptych", files: linked)
    let themes = "/home/ada/.config/triptych/themes"
    let paths = locator.watchedPaths(
      inForce: ["mine", "/own/k.toml"], files: [themes + "/mine.toml", "/round"])
    #expect(
      Set(paths)
        == [
          themes, "/etc/triptych/themes", "/opt/t/share/triptych/Themes", "/home/ada/.config/triptych",
          "/own", themes + "/../../../dots", "/store/7", "/store/7/mine.toml", "/", "//round",
        ])
  }

  @Test(arguments: ["", "..", "../dark", ".hidden", "a/b"])
  func `a name cannot leave the directories`(name: String) {
    let locator = ResourceLocator(environment: [:], executable: "/src/.build/debug/triptych", files: files)
    #expect(locator.path(of: .themes, named: name) == nil)
  }

  @Test func `relative paths in XDG variables are ignored`() {
    let directories = UserDirectories(
      environment: [
        "HOME": "/home/ada", "XDG_CONFIG_HOME": "conf", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/run/1",
      ])
    #expect(directories.config == "/home/ada/.config/triptych")
    #expect(directories.state == "/s/triptych")
    #expect(directories.cache == "/home/ada/.cache/triptych")
    #expect(directories.runtime == "/run/1/triptych")
    #expect(UserDirectories(environment: [:]).config == nil)
  }
}

@Suite struct StateStoreTests {
  /// A fresh directory that is gone afterwards.
  private func withStore(_ body: (StateStore, String) throws -> Void) throws {
    let directory = NSTemporaryDirectory() + "triptych-store-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(StateStore(directory: directory + "/state/triptych"), directory)
  }

  private func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func `a text comes back, and only its owner can read it`() throws {
    try withStore { store, _ in
      #expect(try store.text(of: "marks") == nil)
      try store.store("a\n", as: "marks")
      try store.store("b — ü\n", as: "marks")
      #expect(try store.text(of: "marks") == "b — ü\n")
      #expect(try mode(store.directory) == 0o700)
      #expect(try mode(store.directory + "/marks.txt") == 0o600)
      try store.remove("marks")
      try store.remove("marks")
      #expect(try store.text(of: "marks") == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: store.directory) == [])
    }
  }

  @Test func `any name stays inside the directory and comes back in the list`() throws {
    try withStore { store, _ in
      let names = ["../evil", "view: 3 a.m.", "ü", "%41", "."]
      for name in names { try store.store(name, as: name) }
      #expect(store.names == names.sorted())
      for name in names { #expect(try store.text(of: name) == name) }
    }
  }

  @Test func `an empty or endless name and an endless text are refused`() throws {
    try withStore { store, _ in
      #expect(throws: Problem.self) { try store.store("x", as: "") }
      #expect(throws: Problem.self) { try store.store("x", as: String(repeating: "n", count: 300)) }
      let endless = String(repeating: "x", count: StateStore.byteLimit + 1)
      #expect(throws: Problem.self) { try store.store(endless, as: "big") }
      #expect(store.names == [])
    }
  }

  @Test func `a file in the way says which and why`() throws {
    try withStore { store, directory in
      try Data().write(to: URL(fileURLWithPath: directory))
      let problem = #expect(throws: Problem.self) { try store.store("x", as: "marks") }
      #expect(problem?.description == "\(store.directory): the directory cannot be made: Not a directory")
    }
  }
}
