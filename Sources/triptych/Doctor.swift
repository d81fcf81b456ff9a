internal import ArgumentParser
internal import CellCanvas
internal import CursesTerminal
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import SessionHost

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say for every part what works, and how to mend what does not.",
    discussion: """
      Nothing is changed. Ends with 1 when something does not work; 'limited' parts work with less.

      Example:
        triptych doctor
      """)

  func run() throws {
    let findings = Examination(environment: ProcessEnvironment.all).findings
    let width = findings.map(\.part.count).max() ?? 0
    var output = Output()
    for finding in findings {
      let part = finding.part + String(repeating: " ", count: width - finding.part.count)
      output.write("\(finding.state.word)  \(part)  \(SafeText(finding.words).string)\n")
      if let remedy = finding.remedy {
        output.write(String(repeating: " ", count: 9 + width + 2) + "\(SafeText(remedy).string)\n")
      }
    }
    output.flush()
    if findings.contains(where: { $0.state == .broken }) { throw ProgramExit.findings }
  }
}

/// What was found about one part.
private struct Finding {
  enum State {
    case works, limited, broken

    var word: String {
      switch self {
      case .works: "works  "
      case .limited: "limited"
      case .broken: "broken "
      }
    }
  }

  var part: String
  var state: State
  var words: String
  var remedy: String?

  init(_ part: String, _ state: State, _ words: String, remedy: String? = nil) {
    self.part = part
    self.state = state
    self.words = words
    self.remedy = remedy
  }
}

/// Looks at what is around the program.
private struct Examination {
  let environment: [String: String]

  var findings: [Finding] {
    let report = TerminalReport()
    return [program] + terminal(report) + [size, characters, clipboard] + settings
      + [resources(.themes), resources(.keymaps), spool, index, zones, journal, commands]
  }

  private func isSet(_ name: String) -> Bool { environment[name]?.isEmpty == false }

  private var program: Finding {
    let path = ProcessEnvironment.executablePath
    return Finding("program", .works, "triptych \(programVersion), \(path.isEmpty ? "path unknown" : path)")
  }

  // MARK: The terminal

  private func terminal(_ report: TerminalReport?) -> [Finding] {
    guard let report else {
      return [
        Finding(
          "terminal", .limited, "standard input or output is no terminal",
          remedy: "triptych prints a frame then; run it in a terminal to browse, or with --plain for a script"
        )
      ]
    }
    return [identity(report), looks(report), background(report), mouse(report), frames(report)]
  }

  private func identity(_ report: TerminalReport) -> Finding {
    let name = report.term.map { "TERM is \($0)" } ?? "TERM is not set"
    let remote = report.isRemote ? ", over SSH" : ""
    guard let description = report.description else {
      return Finding(
        "terminal", .limited,
        "\(name)\(remote): no description fits, commands are read line by line (--plain)",
        remedy: "export TERM=xterm-256color if your terminal can move its cursor")
    }
    if description == report.term { return Finding("terminal", .works, name + remote) }
    return Finding(
      "terminal", .limited, "\(name)\(remote), which is unknown here: taken for \(description)",
      remedy: "install ncurses-term, or your terminal's own description")
  }

  private func looks(_ report: TerminalReport) -> Finding {
    let depth =
      switch report.depth {
      case .mono: isSet("NO_COLOR") ? "no colours (NO_COLOR)" : "no colours"
      case .colors16: "16 colours"
      case .colors256: "256 colours"
      case .truecolor: "truecolor"
      }
    return Finding("looks", .works, "\(depth), \(report.glyphs.rawValue) glyphs")
  }

  private func background(_ report: TerminalReport) -> Finding {
    let configuration = Configuration.load(environment: environment).value
    if configuration.background != .auto {
      return Finding(
        "background", .works,
        "\(configuration.background.rawValue) (\(configuration.origin(of: .background)))")
    }
    if let background = report.background {
      return Finding("background", .works, "\(background.rawValue), says \(report.backgroundSource)")
    }
    return Finding(
      "background", .limited,
      report.mayAsk
        ? "the terminal does not tell; taken for dark" : "not asked of this terminal; taken for dark",
      remedy: "if it is light: background = \"light\" in config.toml")
  }

  private func mouse(_ report: TerminalReport) -> Finding {
    let choice = Configuration.load(environment: environment).value.mouse
    guard report.mayAsk else { return Finding("mouse", .limited, "not used with this terminal") }
    let words =
      switch choice {
      case .off: "off"
      case .wheel: "the wheel moves the cursor; text is selected as ever"
      case .on: "clicks and wheel; text is selected with shift held down"
      }
    return Finding("mouse", .works, words)
  }

  private func frames(_ report: TerminalReport) -> Finding {
    switch report.synchronizes {
    case true?: Finding("frames", .works, "painted at once (mode 2026)")
    case false?: Finding("frames", .works, "painted as they come (no mode 2026)")
    case nil: Finding("frames", .works, "painted as they come (the terminal does not tell of mode 2026)")
    }
  }

  private var size: Finding {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
      return Finding(
        "size", .limited, "unknown, since standard output is no terminal", remedy: "frame takes --size")
    }
    let words = "\(window.ws_col)x\(window.ws_row)"
    guard window.ws_col >= 40, window.ws_row >= 12 else {
      return Finding(
        "size", .broken, "\(words) is too small", remedy: "40x12 is the least; 80x24 shows all panes")
    }
    return Finding("size", .works, words)
  }

  private var characters: Finding {
    setlocale(LC_CTYPE, "")
    let codeset = nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } ?? "unknown"
    if codeset == "UTF-8" { return Finding("characters", .works, codeset) }
    return Finding(
      "characters", .limited, "\(codeset): other letters than ASCII may not show",
      remedy: "export LC_ALL=C.UTF-8, or set glyphs = \"ascii\" in config.toml")
  }

  private var clipboard: Finding {
    if isSet("TMUX") {
      return Finding(
        "clipboard", .limited, "copies go through tmux (OSC 52)",
        remedy: "in ~/.tmux.conf: set -g set-clipboard on")
    }
    return Finding("clipboard", .works, "copies go to the terminal (OSC 52), which may ask or refuse")
  }

  // MARK: Settings

  private var settings: [Finding] {
    let loaded = Configuration.load(environment: environment)
    if loaded.problems.isEmpty {
      let files = Configuration.filePaths(environment: environment).filter { access($0, F_OK) == 0 }
      return [Finding("settings", .works, files.isEmpty ? "built in" : files.joined(separator: ", "))]
    }
    return loaded.problems.map {
      Finding("settings", .broken, "\($0.place): \($0.reason)", remedy: $0.remedy)
    }
  }

  private func resources(_ kind: ResourceLocator.Kind) -> Finding {
    let part = kind.rawValue.lowercased()
    let locator = ResourceLocator(environment: environment, executable: ProcessEnvironment.executablePath)
    let texts = locator.texts(of: kind)
    let names = locator.names(of: kind)
    guard !names.isEmpty else {
      return Finding(
        part, .limited, "none found; the built-in one is used",
        remedy: kind.remedy)
    }
    for name in names {
      let problems =
        kind == .themes ? Theme.load(name, from: texts).problems : Keymap.load(name, from: texts).problems
      if let problem = problems.first {
        return Finding(part, .broken, "\(problem.place): \(problem.reason)", remedy: problem.remedy)
      }
    }
    return Finding(part, .works, names.joined(separator: ", "))
  }

  // MARK: The machine

  /// Where pipes and commands are kept so that their events can be shown again.
  private var spool: Finding {
    guard let cache = UserDirectories(environment: environment).cache else {
      return Finding(
        "pipes", .broken, "there is no place for a spool: HOME is not set",
        remedy: "export XDG_CACHE_HOME=/var/tmp")
    }
    var folder = cache
    while folder.count > 1, access(folder, F_OK) != 0, let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
    }
    if folder.isEmpty { folder = "/" }
    guard access(folder, W_OK | X_OK) == 0 else {
      return Finding(
        "pipes", .broken, "\(cache) cannot be written: \(String(cString: strerror(errno)))",
        remedy: "mend the permissions of \(folder), or set XDG_CACHE_HOME")
    }
    var space = statvfs()
    guard statvfs(folder, &space) == 0 else { return Finding("pipes", .works, "spooled in \(cache)") }
    let free = UInt64(space.f_bavail) * UInt64(space.f_frsize)
    guard free >= 1 << 30 else {
      return Finding(
        "pipes", .limited, "only \(free >> 20) MiB are free for spools in \(cache)",
        remedy: "set XDG_CACHE_HOME to a larger disk")
    }
    return Finding("pipes", .works, "spooled in \(cache), \(free >> 30) GiB free")
  }

  /// What is kept of big files so that they open at once the next time.
  private var index: Finding {
    let settings = Configuration.load(environment: environment).value
    guard let cache = IndexCache.ofProgram(settings) else {
      return Finding("index", .works, "big files are read anew every time (cache.limit = 0)")
    }
    let (fileCount, byteCount) = cache.usage
    return Finding(
      "index", .works,
      "\(fileCount) big file\(fileCount == 1 ? "" : "s") known in \(byteCount >> 20) of "
        + "\(ByteSize.text(of: settings.cacheLimit)), \(cache.directory)",
      remedy: fileCount > 0 ? "triptych cache --clear forgets them" : nil)
  }

  private var zones: Finding {
    let own = LocalZone.ofProcess.name
    guard access("/usr/share/zoneinfo/UTC", R_OK) == 0 else {
      return Finding(
        "time zones", .limited, "\(own); no zone database, so --tz takes only UTC and offsets",
        remedy: "install tzdata")
    }
    if let name = environment["TZ"], !name.isEmpty, LocalZone.named(String(name.drop { $0 == ":" })) == nil {
      return Finding(
        "time zones", .limited, "TZ is '\(name)', which names no zone; UTC is used", remedy: "mend TZ")
    }
    return Finding("time zones", .works, own)
  }

  private var journal: Finding {
    guard find("journalctl") != nil else {
      return Finding("journal", .limited, "there is no journalctl here; files and pipes work")
    }
    let places: [String] = ["/var/log/journal", "/run/log/journal"]
    let folders = places.filter { access($0, F_OK) == 0 }
    guard !folders.isEmpty else { return Finding("journal", .limited, "this machine keeps no journal") }
    guard folders.contains(where: { access($0, R_OK | X_OK) == 0 }) else {
      return Finding(
        "journal", .limited, "only your own units can be read",
        remedy: "sudo usermod -aG systemd-journal $USER, then log in again")
    }
    guard Journal.isReadable else {
      return Finding("journal", .limited, "\(folders.joined(separator: ", ")): nothing to read in there")
    }
    return Finding("journal", .works, folders.joined(separator: ", "))
  }

  private var commands: Finding {
    access("/bin/sh", X_OK) == 0
      ? Finding("commands", .works, "--cmd runs /bin/sh")
      : Finding("commands", .broken, "--cmd needs /bin/sh, which is not there")
  }

  private func find(_ program: String) -> String? {
    (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }.first {
      access($0, X_OK) == 0
    }
  }
}

extension ResourceLocator.Kind {
  /// Where no file of a kind is found.
  var remedy: String {
    "install them (make install), or put files into $XDG_CONFIG_HOME/triptych/\(rawValue.lowercased())"
  }
}
