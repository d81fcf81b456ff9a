import Foundation
import Preferences
import Session
import Testing

/// `--plain`: commands on lines, answers in words.
@Suite struct `Line by line` {
  /// A minute of two services; the last ten seconds of one are errors.
  private static let log: [String] = (0..<60).map { second in
    let time = String(format: "2026-11-23T03:07:%02dZ", second)
    return second >= 50
      ? "{\"ts\":\"\(time)\",\"level\":\"error\",\"service\":\"pay\",\"msg\":\"refused order \(second)\",\"trace_id\":\"t1\"}"
      : "{\"ts\":\"\(time)\",\"level\":\"info\",\"service\":\"web\",\"msg\":\"served \(second)\"}"
  }

  private func run(_ commands: [String], environment: [String: String] = [:]) throws -> Program.Outcome {
    let folder = try Scratch()
    try folder.write("shop.ndjson", Self.log)
    return try Program.run(
      ["open", "shop.ndjson", "--plain"], input: Data((commands.joined(separator: "\n") + "\n").utf8),
      in: folder.folder, environment: environment)
  }

  @Test func `the first answer is the whole of the file in words and numbers`() throws {
    let outcome = try run([])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.contains("60 events") && outcome.output.contains("1 time x service"))
    #expect(outcome.lines.last?.hasPrefix("row ") == true)
  }

  @Test(arguments: [64, 256])
  func `more files than may be open: the others are counted, and all else goes on`(limit: Int) throws {
    let folder = try Scratch()
    let logs = folder.folder.appending(path: "logs")
    try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
    for number in 0..<300 {
      try Data("2026-11-23T03:07:00Z ERROR pay: refused order \(number)\n".utf8)
        .write(to: logs.appending(path: "\(number).log"))
    }
    let outcome = try Program.shell(
      "printf 'sources\nmark.set a\nopen\nopen\nback\nfilter refused\nquit\n' "
        + "| (ulimit -n \(limit); XDG_STATE_HOME=$PWD/state $TRIPTYCH logs --plain)", in: folder.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Long lines are broken at blanks.
    let words = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let told = try #require(
      words.firstMatch(of: /([0-9]+) files were not opened: too many open files/))
    let leftOut = try #require(Int(told.1))
    #expect((300 - limit..<300).contains(leftOut))
    #expect(outcome.output.contains("\(300 - leftOut) events"))
    // Descriptors are left for what a session does besides.
    #expect(outcome.output.contains("error, service 0: pay: refused order 0"))
    let marks = folder.folder.appending(path: "state/triptych/marks.txt")
    #expect(try String(contentsOf: marks, encoding: .utf8).hasPrefix("a\t"))
  }

  @Test func `a file of marks that cannot be read is told and left as it is`() throws {
    let folder = try Scratch()
    try folder.write("shop.ndjson", Self.log)
    let state = folder.folder.appending(path: "state/triptych")
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    let marks = Data("a\ttriptych://open?face=1\nb\ttriptych://open?face=2\n".utf8) + [0xFF, 0x0A]
    try marks.write(to: state.appending(path: "marks.txt"))
    let outcome = try Program.shell(
      "printf 'mark.set d\nquit\n' | XDG_STATE_HOME=$PWD/state $TRIPTYCH shop.ndjson --plain",
      in: folder.folder)
    #expect(outcome.output.contains("marks.txt: the file is not UTF-8"), "\(outcome.output)")
    #expect(try Data(contentsOf: state.appending(path: "marks.txt")) == marks)
  }

  @Test func `two sessions keep each other's marks, and lines that neither knows`() throws {
    let folder = try Scratch()
    try folder.write("shop.ndjson", Self.log)
    let state = folder.folder.appending(path: "state/triptych")
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    try Data("a\ttriptych://open?face=1\n# a person's own words\nb\ttriptych://open?face=2\n".utf8)
      .write(to: state.appending(path: "marks.txt"))
    let outcome = try Program.shell(
      """
      export XDG_STATE_HOME=$PWD/state
      mkfifo commands
      timeout 60 $TRIPTYCH shop.ndjson --plain < commands > first.txt & exec 3> commands
      for i in {1..500}; do grep -q '^row' first.txt && break; sleep 0.05; done
      printf 'mark.set b\nmark.set c\nquit\n' | $TRIPTYCH shop.ndjson --plain > second.txt
      printf 'mark.set d\nquit\n' >&3
      exec 3>&-
      wait
      """, in: folder.folder)
    #expect(outcome.status == 0)
    let lines = try String(contentsOf: state.appending(path: "marks.txt"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    #expect(lines.map { $0.prefix(2) } == ["a\t", "# ", "b\t", "c\t", "d\t"], "\(lines)")
    #expect(lines[0] == "a\ttriptych://open?face=1" && lines[1] == "# a person's own words")
    #expect(lines[2].contains("shop.ndjson"))
  }

  @Test func `a night's walk: to the worst cell, into its events, to one event and back`() throws {
    let outcome = try run(["worst", "open", "open", "cursor.down 3", "back", "back", "quit", "worst"])
    #expect(outcome.status == 0)
    let text = outcome.output
    #expect(text.contains("service pay") && text.contains("errors 10"))
    #expect(text.contains("event 1 of 10, 03:07:50.000, error, service pay: refused order 50"))
    #expect(text.contains("field 1 of") && text.contains("field 4 of") && text.contains("trace_id"))
    #expect(outcome.lines.last?.hasPrefix("row 1 of 2, service pay") == true)
  }

  @Test func `arguments are on the line`() throws {
    let outcome = try run([
      "go 03:07:55", "filter refused", "search served", "severity error", "filter.remove 1",
    ])
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.contains(" 1 refused"))
    #expect(outcome.output.contains("no further match for 'served'"))
  }

  @Test func `a line that is no command names the nearest, the others are done, and the script has failed`()
    throws
  {
    let outcome = try run(["# a comment", "", "zoom.inn", "go", "worst", "mark.set abc"])
    #expect(outcome.status == 2)
    #expect(
      outcome.errorLines == [
        "error: no command is called 'zoom.inn'; did you mean 'zoom.in'?",
        "error: go.time needs more: go to time, as in 'go.time 03:07'",
        "error: mark.set takes one letter, not 'abc'",
      ])
    #expect(outcome.output.contains("errors 10"))
  }

  @Test func `help lists the whole table, or what has a word in it`() throws {
    let all = try run(["help"]).output
    for spec in CommandTable.all {
      #expect(all.contains(spec.title) && all.contains("  " + spec.id), "\(spec.id)")
    }
    #expect(all.contains("go.time TEXT, go TEXT") && all.contains("mark.set LETTER"))
    let some = try run(["help zoom"]).output
    #expect(some.contains("zoom.in") && !some.contains("cursor.left"))
    #expect(try run(["help xyzzy"]).output.contains("no command has 'xyzzy'"))
  }

  @Test(arguments: [[:], ["TERM": "xterm-256color", "COLORTERM": "truecolor", "TRIPTYCH_COLOR": "256"]])
  func `every command of the table runs, and no escape sequence is ever sent`(environment: [String: String])
    throws
  {
    let ending: Set<CommandName> = [.quit, .quitNow]
    let rest = CommandTable.all.filter { !ending.contains($0.name) }
    let lines = rest.map { spec in
      spec.argument.map { "\(spec.id) \($0.example(for: spec.name))" } ?? spec.id
    }
    let outcome = try run(lines + ["quit.now"], environment: environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    let scalars = outcome.output.unicodeScalars
    #expect(!scalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value) })
    #expect(
      !scalars.contains { (0x2500...0x259F).contains($0.value) || (0x2800...0x28FF).contains($0.value) })
    // Something is said after each.
    #expect(outcome.lines.count > lines.count)
  }

  @Test(arguments: ["quit", "quit.now"]) func `quitting ends it`(command: String) throws {
    let outcome = try run([command, "zoom.inn"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
  }

  @Test func `a list of commands is walked and accepted`() throws {
    let outcome = try run(["palette zoom in", "prompt.accept", "prompt.down"])
    #expect(outcome.output.contains("choice 1 of") && outcome.output.contains("Zoom in"))
    #expect(outcome.output.contains("nothing is being typed"))
  }

  @Test func `what is copied is printed, since there is no clipboard to reach`() throws {
    let outcome = try run(["copy.link"])
    #expect(outcome.output.contains("\ntriptych://open?src="))
  }

  @Test func `events from standard input leave commands no way in without a terminal`() throws {
    let folder = try Scratch()
    try folder.write("shop.ndjson", Self.log)
    let outcome = try Program.shell("setsid -w $TRIPTYCH open - --plain < shop.ndjson", in: folder.folder)
    #expect(outcome.status == 3 && outcome.errors.contains("name a file instead of -"), "\(outcome)")
  }

  @Test func `a frame in words has no boxes and no other glyphs than letters`() throws {
    let folder = try Scratch()
    try folder.write("shop.ndjson", Self.log)
    for arguments in [["--a11y"], []] {
      let outcome = try Program.run(
        ["frame", "shop.ndjson", "--size", "80x24", "--keys", "w"] + arguments, in: folder.folder,
        environment: arguments.isEmpty ? ["TRIPTYCH_A11Y": "1"] : [:])
      #expect(outcome.status == 0)
      let isASCII = outcome.output.unicodeScalars.allSatisfy { $0.isASCII }
      #expect(isASCII)
      #expect(outcome.output.contains("row 1 of 2, service pay"))
    }
  }

  @Test func `the theme for screen readers and weak eyes has the contrast for words everywhere`() throws {
    let resources = ResourceLocator(
      environment: [:], executable: URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path)
    let theme = Theme.load("high-contrast", from: resources.texts(of: .themes))
    #expect(theme.problems.isEmpty)
    #expect(ThemeLint.findings(in: theme.value).filter { $0.rule == .contrast } == [])
  }
}
