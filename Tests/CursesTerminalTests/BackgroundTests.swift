import Foundation
import Preferences
import SceneGraph
import Testing

/// What is asked of a terminal and when, seen from the terminal's side.
@Suite(.serialized) struct `A terminal is asked for its background` {
  private static let question = "\u{1B}]11;?\u{1B}\\"

  private func probe(_ environment: [String: String]) -> PseudoTerminal? {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let plain = ["LC_ALL": "C.UTF-8", "TERM": "xterm-256color"]
    return PseudoTerminal(
      [folder.appending(path: "terminal-probe").path], environment: plain.merging(environment) { $1 })
  }

  @Test func `after the first frame, and the answer comes when it comes`() throws {
    let terminal = try #require(probe([:]))
    #expect(terminal.wait { $0.contains(Self.question + "\u{1B}[c") }, "\(terminal.text.debugDescription)")
    let frame = try #require(terminal.text.range(of: "ready 80x24"))
    let asked = try #require(terminal.text.range(of: Self.question))
    #expect(frame.lowerBound < asked.lowerBound, "nobody waits for the question")
    // Keys work while the answer is on its way, and it may come in pieces between them.
    terminal.send("j")
    #expect(terminal.wait { $0.contains("j") && $0.contains("key") })
    for piece in ["\u{1B}]11;rgb:f", "fff/ffff/", "ffff", "\u{1B}", "\\\u{1B}[?6", "2c"] {
      terminal.send(piece)
      usleep(20_000)
    }
    #expect(
      terminal.wait { $0.contains("background light") }, "\(terminal.text.suffix(200).debugDescription)")
    terminal.send("k")
    #expect(terminal.wait { $0.hasSuffix("k") || $0.contains("key k") || $0.contains("k\u{1B}") })
    terminal.send("\u{1B}[?997;1n")
    #expect(terminal.wait { $0.components(separatedBy: Self.question).count == 3 }, "asked again")
    terminal.send("\u{1B}]11;#101010\u{7}\u{1B}[?62c")
    #expect(terminal.wait { $0.contains("dark") })
  }

  @Test(arguments: [
    ["TERM": "linux"], ["TERM": "vt100"], ["TERM": "screen"], ["COLORFGBG": "0;15"],
    ["TERM": "screen-256color"],
  ])
  func `only where it is safe and needed`(environment: [String: String]) throws {
    let terminal = try #require(probe(environment))
    #expect(terminal.wait { $0.contains("ready 80x24") })
    terminal.send("j")
    #expect(terminal.wait { $0.contains("key j") })
    #expect(!terminal.text.contains("]11;") && !terminal.text.contains("2031"))
  }

  @Test func `all that was switched on is switched off, also by a signal's handler`() throws {
    let terminal = try #require(probe([:]))
    #expect(terminal.wait { $0.contains("ready 80x24") && $0.contains("?1007h") && $0.contains("?2031h") })
    terminal.send("q")
    #expect(terminal.wait { $0.contains("?1007r") && $0.contains("?2031l") && $0.contains("?2004l") })
    let crashing = try #require(probe(["SWIFT_BACKTRACE": "enable=no"]))
    #expect(crashing.wait { $0.contains("ready 80x24") })
    crashing.send("X")
    #expect(crashing.wait { $0.contains("?1007r") && $0.contains("?2031l") && $0.contains("?2004l") })
  }

  @Test(arguments: ["q", "X"])
  func `a reply that comes while the program ends is not typed into the shell`(key: String) throws {
    let terminal = try #require(probe(["SWIFT_BACKTRACE": "enable=no"]))
    #expect(terminal.wait { $0.contains(Self.question) })
    terminal.send(key)
    #expect(terminal.wait { $0.contains("?1007r") })
    terminal.send("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\\u{1B}[?62;4c")
    #expect(terminal.waitForEnd(seconds: 10))
    #expect(terminal.unreadByteCount == 0)
  }

  @Test func `a terminal of which nothing is known is used when it answers, and keys typed meanwhile stay`()
    throws
  {
    let terminal = try #require(probe(["TERM": "unheard-of"]))
    #expect(terminal.wait { $0.contains("\u{1B}[c") })
    terminal.send("j\u{1B}[?62;4c")
    #expect(terminal.wait { $0.contains("key j") }, "\(terminal.text.debugDescription)")
    #expect(terminal.text.contains("48;5;"), "driven as a terminal of 256 colours")
    let silent = try #require(probe(["TERM": "unheard-of"]))
    #expect(silent.wait { $0.contains("using vt100") }, "without an answer only what every terminal does")
  }

  // MARK: The program

  private func program(_ arguments: String..., environment: [String: String] = [:]) throws -> PseudoTerminal?
  {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let log = FileManager.default.temporaryDirectory.appending(path: "background-\(getpid()).log")
    try "2026-11-23T03:07:00Z ERROR it broke\n".write(to: log, atomically: true, encoding: .utf8)
    let plain = ["LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "HOME": "/nonexistent", "TZ": "UTC"]
    return PseudoTerminal(
      [folder.appending(path: "triptych").path, log.path] + arguments,
      environment: plain.merging(environment) { $1 })
  }

  /// The SGR code of the ground in a theme that comes along.
  private func groundCode(_ theme: String) -> String {
    let resources = ResourceLocator(
      environment: [:], executable: URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().path)
    let style = Theme.load(theme, from: resources.texts(of: .themes)).value.style(.text, at: .colors256)
    guard case .palette(let index) = style.background else { return "none" }
    return "48;5;\(index)m"
  }

  @Test func `the theme follows it, there and back`() throws {
    let terminal = try #require(try program())
    #expect(terminal.wait(seconds: 20) { $0.contains(Self.question) && $0.contains("1 time x service") })
    #expect(terminal.text.contains(groundCode("dark")) && !terminal.text.contains(groundCode("light")))
    terminal.send("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\\u{1B}[?62c")
    #expect(terminal.wait { $0.contains(groundCode("light")) })
    let seen = terminal.received.count
    terminal.send("\u{1B}[?997;1n")
    #expect(terminal.wait { $0.components(separatedBy: Self.question).count == 3 })
    terminal.send("\u{1B}]11;rgb:0000/0000/0000\u{1B}\\\u{1B}[?62c")
    #expect(
      terminal.wait { String(decoding: $0.utf8.dropFirst(seen), as: UTF8.self).contains(groundCode("dark")) })
  }

  @Test func `what the person says of it, or the theme they chose, wins and nothing is asked`() throws {
    let chosen = try #require(try program("--theme", "dark"))
    #expect(chosen.wait(seconds: 20) { $0.contains("1 time x service") })
    chosen.send("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\j")
    #expect(!chosen.wait(seconds: 1) { $0.contains(groundCode("light")) })
    #expect(!chosen.text.contains(Self.question))
    let said = try #require(try program(environment: ["TRIPTYCH_BACKGROUND": "light", "COLORFGBG": "15;0"]))
    #expect(said.wait(seconds: 20) { $0.contains(groundCode("light")) })
    #expect(!said.text.contains(Self.question))
    let variable = try #require(try program(environment: ["COLORFGBG": "0;15"]))
    #expect(variable.wait(seconds: 20) { $0.contains(groundCode("light")) })
    #expect(!variable.text.contains(Self.question))
  }
}
