import Foundation
import Session
import Testing

@Suite struct CommandLineTests {
  private static let subcommands = [
    "open", "frame", "matrix", "events", "sources", "resume", "train", "record", "info", "verify", "repair",
    "cut",
    "redact",
    "demo",
    "doctor",
    "config",
    "man",
  ]

  @Test func `help and version are fine, on standard output`() throws {
    for arguments in [["--help"], ["--version"], ["help", "matrix"]] {
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors == "", "\(arguments)")
    }
  }

  @Test(arguments: subcommands)
  func `every subcommand has help with an example`(name: String) throws {
    let outcome = try Program.run([name, "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Example"))
    #expect(outcome.output.contains("  triptych \(name)"))
  }

  @Test(arguments: [
    ["app.log"], ["./app.log", "logs/2.log"], ["missing.log"], ["syslog"], ["open", "app.log"],
  ])
  func `files alone mean the same as files with options that change nothing`(words: [String]) throws {
    let home = try Scratch()
    let line = Data("2026-01-02T03:04:05Z ERROR shop/pay: refused\n".utf8)
    _ = try home.write("app.log", line)
    _ = try home.write("syslog", line)
    try FileManager.default.createDirectory(
      at: home.folder.appending(path: "logs"), withIntermediateDirectories: true)
    try line.write(to: home.folder.appending(path: "logs/2.log"))
    for environment in [[:], ["TRIPTYCH_A11Y": "1"], ["TRIPTYCH_BACKGROUND": "light"]] {
      let alone = try Program.run(words, in: home.folder, environment: environment)
      let parsed = try Program.run(words + ["--mouse", "wheel"], in: home.folder, environment: environment)
      #expect(alone.output == parsed.output && alone.errors == parsed.errors && alone.status == parsed.status)
      #expect(alone.status == (words == ["missing.log"] ? 3 : 0))
    }
  }

  @Test(arguments: [
    ["matrix"], ["matrix", "-", "--bucket", "0m"], ["matrix", "-", "--bucket", "five"],
    ["matrix", "-", "--severity", "loud"], ["matrix", "-", "--from", "yesterday-ish"],
    ["matrix", "-", "--from", "2026-02-30"], ["matrix", "-", "--from", "2026-02-02", "--to", "2026-01-01"],
    ["matrix", "-", "-"], ["matrix", "-", "--filter", "/unclosed"], ["matrix", "-", "--tz", "Mars/Olympus"],
    ["matrix", "-", "--read-as", "nonsense"], ["matrix", "-", "--map", "colour=c"],
    ["events", "-", "--limit", "-1"],
    ["matrix", "-", "--format", "xml"], ["sources"], ["demo", "no-such-scenario", "--write", "x"],
  ])
  func `wrong usage ends with 2 and says what is wrong`(arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 2, "\(arguments): \(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.errorLines.count >= 1)
  }

  @Test func `whatever opens a screen takes the same options for it`() throws {
    func options(_ command: String) throws -> [Substring] {
      let help = try Program.run([command, "--help"]).output
      return ["LOOKS:", "TERMINAL:"].flatMap { title in
        help.split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != title }.dropFirst()
          .prefix { !$0.isEmpty }.filter { $0.hasPrefix("  --") }
          .map { $0.dropFirst(2).prefix { $0 != " " } }
      }
    }
    #expect(try options("demo") == options("open"))
    #expect(try options("demo").contains("--stats"))
    let outcome = try Program.run(["demo", "--stats"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func `when nothing opens the code is 3, with place and reason`() throws {
    let outcome = try Program.run(["matrix", "no/such/file.log"])
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("no/such/file.log: "))
    #expect(outcome.output == "")
  }

  @Test func `when one source fails and another opens the code is 0, with a line for the one that failed`()
    throws
  {
    let scratch = try Scratch()
    try scratch.write(
      "good.log", [#"{"time":"2026-11-23T03:07:00Z","service":"a","severity":"info","message":"m"}"#])
    let outcome = try Program.run(
      ["matrix", "good.log", "missing.log", "--bucket", "1m"], in: scratch.folder)
    #expect(outcome.status == 0)
    #expect(outcome.lines.last == "2026-11-23T03:07:00Z,a,info,1")
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("missing.log"))
  }

  @Test func `a broken pipe ends silently with 0`() throws {
    let scratch = try Scratch()
    _ = try Program.run(["demo", "healthy-night", "--write", "."], in: scratch.folder)
    let outcome = try Program.shell(
      #""$TRIPTYCH" events healthy-night.ndjson | head -n 1; echo "${PIPESTATUS[0]}""#, in: scratch.folder)
    #expect(outcome.lines.count == 2)
    #expect(outcome.lines.last == "0")
    #expect(outcome.errors == "")
  }

  @Test func `what comes by file, by pipe and by command is the same`() throws {
    let scratch = try Scratch()
    _ = try Program.run(["demo", "healthy-night", "--write", "."], in: scratch.folder)
    let byFile = try Program.run(["matrix", "healthy-night.ndjson"], in: scratch.folder)
    let byPipe = try Program.shell(#"cat healthy-night.ndjson | "$TRIPTYCH" matrix -"#, in: scratch.folder)
    let byCommand = try Program.run(["matrix", "--cmd", "cat healthy-night.ndjson"], in: scratch.folder)
    #expect(byFile.lines.count > 1000)
    #expect(byPipe.output == byFile.output)
    #expect(byCommand.output == byFile.output)
  }

  @Test func `a demo is never written over a file that is there`() throws {
    let scratch = try Scratch()
    try scratch.write("memory-leak.ndjson", ["mine"])
    let outcome = try Program.run(["demo", "memory-leak", "--write", "."], in: scratch.folder)
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("File exists"))
    #expect(
      try String(contentsOf: scratch.folder.appending(path: "memory-leak.ndjson"), encoding: .utf8)
        == "mine\n")
  }

  @Test func `the man page has every subcommand, and every key of the table`() throws {
    let page = try Program.run(["man"]).output
    let missing =
      Self.subcommands.filter { !page.contains(".SS \"triptych \($0)\"") }
      + CommandTable.all.map(\.title).filter { !page.contains($0.replacing("-", with: "\\-")) }
    #expect(missing.isEmpty)
    let endsWell = page.contains(".SH EXIT STATUS")
    #expect(endsWell)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions are there for the usual shells`(shell: String) throws {
    let outcome = try Program.run(["--generate-completion-script", shell])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("triptych"))
  }

  @Test func `doctor says for every part whether it works, and mends what does not`() throws {
    let outcome = try Program.run(["doctor"])
    #expect(outcome.status == 0)
    for part in ["program", "terminal", "settings", "themes", "keymaps", "pipes", "time zones", "commands"] {
      #expect(outcome.lines.contains { $0.contains("  \(part)  ") }, "not a word on \(part)")
    }
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      at: scratch.folder.appending(path: "triptych"), withIntermediateDirectories: true)
    try scratch.write("triptych/config.toml", ["theme = \"dark\"", "keymapp = \"vim\""])
    let broken = try Program.run(["doctor"], environment: ["XDG_CONFIG_HOME": scratch.folder.path])
    #expect(broken.status == 1)
    #expect(broken.output.contains("config.toml:2: "))
    #expect(broken.output.contains("did you mean 'keymap'?"))
  }

  @Test func `config show says where each setting comes from`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      at: scratch.folder.appending(path: "triptych"), withIntermediateDirectories: true)
    try scratch.write("triptych/config.toml", ["theme = \"light\"", "", "[follow]", "interval_ms = 500"])
    let outcome = try Program.run(
      ["config", "show", "--origin"],
      environment: ["XDG_CONFIG_HOME": scratch.folder.path, "TRIPTYCH_KEYMAP": "vim"])
    #expect(outcome.status == 0)
    let file = scratch.folder.path + "/triptych/config.toml"
    func line(_ start: String) -> String { outcome.lines.first { $0.hasPrefix(start) } ?? "" }
    #expect(line("theme = \"light\"").hasSuffix("# \(file):1"))
    #expect(line("follow.interval_ms = 500").hasSuffix("# \(file):4"))
    #expect(line("keymap = \"vim\"").hasSuffix("# environment TRIPTYCH_KEYMAP"))
    #expect(line("memory = ").hasSuffix("# built in"))
  }

  @Test func `the program links no graphics library`() throws {
    let libraries = try Program.shell(#"ldd "$TRIPTYCH" 2>&1"#).output
    #expect(!libraries.contains("libvulkan") && !libraries.contains("libopenxr_loader"))
    // A release holds every library itself.
    #expect(libraries.contains("libncursesw") || libraries.contains("not a dynamic executable"))
    let symbols = try Program.shell(
      #"grep --count --text --extended-regexp 'vkCreateInstance|xrCreateInstance' "$TRIPTYCH""#)
    #expect(symbols.output == "0\n")
  }

  @Test(arguments: ["matrix a.log", "matrix a.log --format json", "events a.log", "sources .", "frame a.log"])
  func `no control, escape or bidi character of a log reaches the terminal`(command: String) throws {
    let scratch = try Scratch()
    let hostile = "\u{1b}]0;owned\u{07}\u{9b}31m\u{202e}abc\u{2066}\u{7f}\r\nforged,\t1"
    try scratch.write(
      "a.log",
      [
        #"{"time":"2026-11-23T03:07:00Z","service":"\#(hostile.escapedForJSON)","severity":"info","message":"m\#(hostile.escapedForJSON)","k":"\#(hostile.escapedForJSON)"}"#
      ])
    // script(1) gives the program a terminal as its standard output.
    let outcome = try Program.shell(#"script -qec "$TRIPTYCH \#(command)" /dev/null"#, in: scratch.folder)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("owned") || command == "sources .")
    let dangerous = outcome.output.unicodeScalars.filter { scalar in
      scalar.value < 0x20 && scalar != "\n" && scalar != "\r" || (0x7f...0x9f).contains(scalar.value)
        || (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
    #expect(dangerous.isEmpty)
    // What the terminal itself ends a line with, and no line that a name has begun.
    #expect(!outcome.output.replacing("\r\n", with: "\n").contains("\r"))
    #expect(!outcome.lines.contains { $0.hasPrefix("forged") })
  }

  @Test func `a file name cannot begin a line of standard error`() throws {
    let scratch = try Scratch()
    let outcome = try Program.shell(
      #""$TRIPTYCH" matrix $'day.log\ntriptych: all is well' 2>&1 >/dev/null"#, in: scratch.folder)
    #expect(outcome.status == 3)
    #expect(outcome.output.contains("all is well"))
    #expect(!outcome.lines.contains { $0.hasPrefix("triptych: all is well") })
  }
}

extension String {
  /// Every scalar as `\uXXXX` (all of them are in the first plane).
  fileprivate var escapedForJSON: String {
    unicodeScalars.map { scalar in
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
