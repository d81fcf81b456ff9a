internal import ArgumentParser
internal import CellCanvas
internal import EventModel
internal import Glibc
internal import Incidents
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

/// `triptych theme`: what there is to choose from, how good it is, and how to get more.
struct Themes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "theme", abstract: "List, check, show and import themes.",
    discussion: """
      Examples:
        triptych theme list
        triptych theme preview viridis
        triptych theme import ~/.config/kitty/kitty.conf
      """,
    subcommands: [List.self, Lint.self, Preview.self, Import.self], defaultSubcommand: List.self)

  /// Themes as this process finds them.
  static var resources: ResourceLocator {
    ResourceLocator(environment: ProcessEnvironment.all, executable: ProcessEnvironment.executablePath)
  }

  /// Whether there is a file of a theme to read; what is wrong in it is another matter.
  fileprivate static func isThere(_ name: String, _ resources: ResourceLocator) -> Bool {
    do { return try resources.texts(of: .themes).find(name) != nil } catch { return false }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every theme there is and where its file lies.",
      discussion: """
        Example:
          triptych theme list
        """)

    func run() {
      let resources = Themes.resources
      let names = resources.names(of: .themes)
      if names.isEmpty {
        Output.complain(
          "no theme file was found, the built-in one is used; \(ResourceLocator.Kind.themes.remedy)")
      }
      let width = names.map { SafeText(ForeignText($0)).displayWidth }.max() ?? 0
      for name in names {
        let theme = Theme.load(name, from: resources.texts(of: .themes)).value
        let appearance = SafeText(ForeignText(theme.appearance.rawValue)).padded(toWidth: 5)
        let path = SafeText(ForeignText(resources.path(of: .themes, named: name) ?? ""))
        Output.print(
          "\(SafeText(ForeignText(name)).padded(toWidth: width).string)  \(appearance.string)  \(path.string)"
        )
      }
    }
  }

  struct Lint: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check themes: mistakes, contrast, ramps, colour blindness.",
      discussion: """
        Words need a contrast of 4.5:1 and lines 3:1 (WCAG 2.2); ramps must get steadily lighter (darker on light \
        grounds), and their steps at 256 colours must be told apart by protan, deutan and tritan eyes. Ends with 1 \
        when something is found.

        Examples:
          triptych theme lint
          triptych theme lint ./mine.toml
        """)

    @Argument(help: "Themes by name (Themes/) or path; all there are when none is named.")
    var themes: [String] = []

    func run() throws {
      let resources = Themes.resources
      var isFine = true
      for name in themes.isEmpty ? resources.names(of: .themes) : themes {
        let loaded = Theme.load(name, from: resources.texts(of: .themes))
        // What could not be loaded is no theme of its own: its plain stand-in would be blamed for nothing.
        let findings =
          Themes.isThere(name, resources) ? ThemeLint.findings(in: loaded.value).map(\.description) : []
        let lines = loaded.problems.map(\.description) + findings.map { "\(name): \($0)" }
        for line in lines { Output.print(SafeText(ForeignText(line)).string) }
        if lines.isEmpty { Output.print(SafeText(ForeignText("\(name): fine")).string) }
        isFine = isFine && lines.isEmpty
      }
      if !isFine { throw ProgramExit.findings }
    }
  }

  struct Preview: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print roles, ramps and a screen in a theme's colours.",
      discussion: """
        Examples:
          triptych theme preview light
          triptych theme preview ./mine.toml --color 16 --size 80x24
        """)

    @Argument(help: "A theme by name (Themes/) or path; the one in force when none is named.")
    var theme: String?

    @Option(
      help: ArgumentHelp("Colours: auto (256), never, 16, 256, truecolor.", valueName: "depth"))
    var color: ColorChoice = .auto

    @Option(help: ArgumentHelp("Glyphs: ascii, safe, rich.", valueName: "set"))
    var glyphs: GlyphSet = .safe

    @Option(help: ArgumentHelp("Columns and rows of the screen below the swatches.", valueName: "WxH"))
    var size = FrameSize(columns: 100, rows: 24)

    func run() throws {
      let resources = Themes.resources
      let configured = Configuration.load(environment: ProcessEnvironment.all).value.theme
      let loaded = Theme.load(theme ?? configured, from: resources.texts(of: .themes))
      for problem in loaded.problems { Output.complain(problem.description) }
      if let theme, !Themes.isThere(theme, resources) { throw ProgramExit.environment(nil) }
      let depth = ColorDepth.chosen(
        flag: color, environment: ProcessEnvironment.all, terminalColors: 256, hasRGB: false)
      let canvas = CellCanvas(theme: loaded.value, depth: depth, glyphs: glyphs)
      for scene in [ThemeSwatches.scene(of: loaded.value.name, columns: size.columns), try screen()] {
        let frame = canvas.frame(of: scene)
        Output.print(depth == .mono ? frame.plainText() : frame.ansiText())
      }
    }

    /// The first scenario's night, as it opens.
    private func screen() throws -> Scene {
      let path = try DemoSession.write(Incident.play(IncidentScenario.all[0], seed: Incident.defaultSeed))
      let reading = EventReading.atRest(
        [.path(path)], options: ReadingOptions(timeZone: .utc, now: WallClock.now))
      let session = OfflineSession(
        reading, extent: GridExtent(columns: size.columns, rows: size.rows), keymap: Keymap(),
        configuration: SessionConfiguration(zone: LocalZone.ofProcess), memoryLimit: 512 << 20,
        now: WallClock.now)
      return session.scene
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a theme of a terminal's colour scheme.",
      discussion: """
        Reads base16 YAML, kitty.conf and terminal.sexy's JSON. Colours that could not be read on the scheme's own \
        ground are moved until they can be; what still is not fine is told as `theme lint` tells it.

        Examples:
          triptych theme import gruvbox-dark.yaml
          triptych theme import ~/.config/kitty/kitty.conf --name kitty --print
        """)

    @Argument(help: "The scheme's file.", completion: .file())
    var file: String

    @Option(help: "What to call the theme, instead of what the file calls it.")
    var name: String?

    @Flag(help: "Print the theme instead of writing it.")
    var print = false

    @Flag(help: "Replace a theme of that name.")
    var force = false

    func run() throws {
      let palette = try self.palette()
      let text = palette.themeText()
      if print { return Output.print(text) }
      let path = try write(text, called: palette.fileName)
      Output.print("\(path)\ntry it: triptych demo --theme \(palette.fileName)")
      let theme = Theme.load(palette.fileName, from: Themes.resources.texts(of: .themes))
      let findings =
        theme.problems.map(\.description) + ThemeLint.findings(in: theme.value).map(\.description)
      for finding in findings { Output.complain("\(palette.fileName): \(finding)") }
    }

    private func palette() throws -> TerminalPalette {
      do {
        guard let bytes = try FileSystem.system.read(file) else {
          throw ProgramExit.environment("\(file): there is no such file")
        }
        var palette = try TerminalPalette.read(TextFile(path: file, bytes: bytes))
        if let name { palette.name = name }
        return palette
      } catch let problem as Problem {
        throw ProgramExit.environment(problem.description)
      }
    }

    private func write(_ text: String, called name: String) throws -> String {
      guard let config = UserDirectories(environment: ProcessEnvironment.all).config else {
        throw ProgramExit.environment("no place for themes: set HOME or XDG_CONFIG_HOME, or use --print")
      }
      let directory = config + "/themes"
      do { try StateStore.makeDirectory(directory) } catch { throw ProgramExit.environment("\(error)") }
      let path = directory + "/" + name + ".toml"
      guard force || access(path, F_OK) != 0 else {
        throw ProgramExit.environment("\(path): is there already; use --force, or another --name")
      }
      let draft = path + ".\(getpid())"
      unlink(draft)
      try NewFile.write(to: draft) { try $0(Array(text.utf8)) }
      guard rename(draft, path) == 0 else {
        throw ProgramExit.environment("\(path): cannot be written: \(String(cString: strerror(errno)))")
      }
      return path
    }
  }
}

/// Every role as words in its own look, and every ramp from least to most.
private enum ThemeSwatches {
  static func scene(of theme: String, columns: Int) -> Scene {
    let inner = max(10, columns - 2)
    let perRow = max(1, inner / 24)
    let roleRows = (Role.all.count + perRow - 1) / perRow
    let extent = GridExtent(columns: inner + 2, rows: roleRows + CellTone.allCases.count + 3)
    let roles = stride(from: 0, to: Role.all.count, by: perRow).map { start in
      Role.all[start..<min(Role.all.count, start + perRow)].flatMap { role in
        [
          TextRun(SafeText(ForeignText(role.rawValue)), role),
          TextRun(SafeText.spaces(max(1, 24 - role.rawValue.utf8.count))),
        ]
      }
    }
    let ramps = CellTone.allCases.enumerated().flatMap { index, tone in
      ramp(of: tone, row: roleRows + 2 + index, columns: inner - 8)
    }
    let words = TextBlock(
      id: "swatches.roles", frame: GridRect(column: 1, row: 1, columns: inner, rows: roleRows), lines: roles)
    let pane = Pane(
      id: "swatches", kind: .framed,
      frame: GridRect(column: 0, row: 0, columns: extent.columns, rows: extent.rows),
      title: [TextRun(SafeText(ForeignText(theme)), .title)], nodes: [.text(words)] + ramps)
    return Scene(revision: 0, extent: extent, panes: [pane])
  }

  private static func ramp(of tone: CellTone, row: Int, columns: Int) -> [Node] {
    let count = max(2, min(64, columns))
    let name = TextBlock(
      id: "swatches.ramp", frame: GridRect(column: 1, row: row, columns: 8, rows: 1),
      lines: [[TextRun(SafeText(ForeignText("\(tone)")), .muted)]])
    let grid = CellGrid(
      id: "swatches.grid", frame: GridRect(column: 9, row: row, columns: count, rows: 1), columns: count,
      rows: 1, presence: Array(repeating: .value, count: count),
      intensity: (0..<count).map { UInt8(1 + $0 * 254 / (count - 1)) },
      tone: Array(repeating: tone, count: count), counts: Array(repeating: 1, count: count))
    return [.text(name), .cellGrid(grid)]
  }
}
