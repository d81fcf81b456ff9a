import Foundation
import Testing

@testable import triptych_bench

@Suite struct TerminalScreenTests {
  private func screen(_ text: String, columns: Int = 10, rows: Int = 4) -> TerminalScreen {
    var screen = TerminalScreen(columns: columns, rows: rows)
    screen.feed(Array(text.utf8))
    return screen
  }

  private func lines(_ text: String) -> [String] {
    let screen = screen(text)
    return (0..<screen.rows).map(screen.line)
  }

  @Test func `text goes where the cursor is`() {
    #expect(lines("ab\r\ncd\u{1b}[4;3Hef\u{1b}[1;1HX") == ["Xb", "cd", "", "  ef"])
    #expect(lines("abc\u{8}\u{8}X\u{1b}[2CY\u{1b}[2BZ\u{1b}[AV\u{1b}[3GW\u{1b}[4dU")[0] == "aXc Y")
  }

  @Test func `a full line wraps with the next character, not before`() {
    #expect(lines("0123456789") == ["0123456789", "", "", ""])
    #expect(lines("0123456789\rX") == ["X123456789", "", "", ""])
    #expect(lines("0123456789a") == ["0123456789", "a", "", ""])
  }

  @Test func `the last line scrolls, and only the region where one is set`() {
    #expect(lines("a\r\nb\r\nc\r\nd\r\ne") == ["b", "c", "d", "e"])
    #expect(lines("a\r\nb\r\nc\r\nd\u{1b}[2;3r\u{1b}[3;1H\n") == ["a", "c", "", "d"])
    #expect(lines("a\r\nb\r\nc\r\nd\u{1b}[2;3r\u{1b}[T") == ["a", "", "b", "d"])
    #expect(lines("a\r\nb\r\nc\r\nd\u{1b}[2;1H\u{1b}[L") == ["a", "", "b", "c"])
    #expect(lines("a\r\nb\r\nc\r\nd\u{1b}[2;1H\u{1b}[M") == ["a", "c", "d", ""])
    #expect(lines("a\r\nb\u{1b}[1;1H\u{1b}M") == ["", "a", "b", ""])
  }

  @Test func `characters are taken out, put in, erased and repeated`() {
    #expect(lines("abcdef\u{1b}[1;2H\u{1b}[2P")[0] == "adef")
    #expect(lines("abcdef\u{1b}[1;2H\u{1b}[2@")[0] == "a  bcdef")
    #expect(lines("abcdef\u{1b}[1;2H\u{1b}[2X")[0] == "a  def")
    #expect(lines("abcdef\u{1b}[1;3H\u{1b}[K")[0] == "ab")
    #expect(lines("abcdef\u{1b}[1;3H\u{1b}[1K")[0] == "   def")
    #expect(lines("a\u{1b}[3b")[0] == "aaaa")
    #expect(lines("a\r\nb\u{1b}[2J") == ["", "", "", ""])
  }

  @Test func `colours, strings and modes leave no text behind`() {
    #expect(lines("\u{1b}[1;38;5;208mred\u{1b}[m\u{1b}]0;title\u{7}\u{1b}P>|x\u{1b}\\\u{1b}(B!")[0] == "red!")
    #expect(lines("old\u{1b}[?1049hnew")[0] == "new")
  }

  @Test func `a character that comes in two reads is one character`() {
    var screen = TerminalScreen(columns: 10, rows: 2)
    let bytes = Array("a█b".utf8)
    for byte in bytes { screen.feed([byte]) }
    #expect(screen.line(0) == "a█b")
    #expect(screen.filledCellCount == 3)
  }

  @Test func `synchronized frames are counted`() {
    #expect(screen("\u{1b}[?2026hx\u{1b}[?2026l\u{1b}[?2026hy\u{1b}[?2026l").synchronizedFrameCount == 2)
  }

  @Test func `random bytes never leave the screen`() {
    let seed =
      ProcessInfo.processInfo.environment["TRIPTYCH_SEED"].flatMap { UInt64($0) }
      ?? UInt64.random(in: 0...(.max))
    var numbers = SeededNumbers(seed: seed)
    var screen = TerminalScreen(columns: 7, rows: 3)
    let usual = Array("\u{1b}[0;123456789HJKLMPX@STbrABCDd?hl\u{1b}78cDM\n\r\u{8}\t█".utf8)
    for _ in 0..<50_000 {
      let byte =
        numbers.next() % 4 == 0
        ? UInt8(truncatingIfNeeded: numbers.next()) : usual[Int(numbers.next() % UInt64(usual.count))]
      screen.feed([byte])
    }
    #expect(screen.text.unicodeScalars.count { $0 == "\n" } == 2, "TRIPTYCH_SEED=\(seed)")
  }
}

extension TerminalScreenTests {
  @Test func `events are counted as the first line with the word says`() {
    let count = { (text: String) in screen(text, columns: 40).eventCount }
    #expect(count("triptych  a.log  1,234,567 events  2 services") == 1_234_567)
    #expect(count("~12 events") == 12)
    #expect(count("no events\r\n3 events") == 3)
    #expect(count("events") == nil)
    #expect(count("") == nil)
  }
}

@Suite struct TerminalQueryTests {
  @Test func `a question is answered once, also when it comes in two reads`() {
    var queries = TerminalQueries()
    let answer = { (text: String) in
      String(decoding: queries.answer(Array(text.utf8)[...], columns: 80, rows: 24), as: UTF8.self)
    }
    #expect(answer("plain text").isEmpty)
    #expect(answer("x\u{1b}[c") == "\u{1b}[?62;1;6;22c")
    #expect(answer("y").isEmpty)
    #expect(answer("\u{1b}]11").isEmpty)
    #expect(answer(";?\u{1b}\\").hasPrefix("\u{1b}]11;rgb:"))
    #expect(answer("\u{1b}[2J").isEmpty)
  }
}

@Suite struct PseudoTerminalTests {
  @Test func `a program is seen as on a terminal of the size that was asked for`() throws {
    let terminal = try PseudoTerminal(
      ["sh", "-c", "test -t 0 && test -t 1 && stty size && sleep 5"], columns: 91, rows: 17)
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "17 91" } != nil, "\(terminal.screen.text)")
    terminal.end()
  }

  @Test func `a key's answer is measured from the key to the last byte`() throws {
    let terminal = try PseudoTerminal(
      [
        "sh", "-c",
        "stty raw -echo; printf ready; head -c 1 >/dev/null; printf 12345; sleep 0.05; printf 67890; sleep 5",
      ])
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "ready" } != nil)
    let answer = terminal.press("k", quietMs: 1_000, firstMs: 5_000)
    #expect(answer.byteCount == 10)
    let first = try #require(answer.firstMs)
    let last = try #require(answer.lastMs)
    #expect(last - first >= 40)
    #expect(terminal.processorSeconds >= 0)
    #expect(terminal.memory("VmRSS") ?? 0 > 0)
    terminal.end()
  }

  @Test func `what came is an answer only when it is what was waited for`() throws {
    let terminal = try PseudoTerminal(
      [
        "sh", "-c",
        "stty raw -echo; printf ready; head -c 1 >/dev/null; printf '\\033[1;1H\\033[1;6H'; sleep 5",
      ])
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "ready" } != nil)
    let answer = terminal.press("k", quietMs: 10, firstMs: 300) { $0 != $1 }
    #expect(answer.byteCount > 0 && answer.lastMs != nil && !answer.isAnswered)
    terminal.end()
  }

  @Test func `all that comes within a time is taken, also after silence`() throws {
    let terminal = try PseudoTerminal(
      ["sh", "-c", "printf 12; sleep 0.2; printf 345; sleep 60"])
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0).hasPrefix("12") } != nil)
    _ = terminal.takeAll(untilNs: monotonicNs() + 2_000_000_000)
    #expect(terminal.screen.line(0) == "12345")
    #expect(terminal.takeAll(untilNs: monotonicNs()).byteCount == 0)
    terminal.end()
  }

  @Test(arguments: [("head -c 1 >/dev/null; exit 3", 3), ("head -c 1 >/dev/null; kill -9 $$", 137)])
  func `how a program ended is told`(script: String, code: Int32) throws {
    let terminal = try PseudoTerminal(["sh", "-c", "stty raw -echo; printf ready; \(script)"])
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "ready" } != nil)
    #expect(terminal.end(patienceMs: 10_000) == code)
  }

  @Test func `a program that does not end is ended`() throws {
    let terminal = try PseudoTerminal([
      "sh", "-c", "trap '' HUP; stty raw -echo; printf ready; sleep 60 & wait",
    ])
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "ready" } != nil)
    #expect(terminal.end(patienceMs: 100) == 137)
  }

  @Test func `a key without an answer has none`() throws {
    let terminal = try PseudoTerminal(["sh", "-c", "stty raw -echo; printf ready; sleep 5"])
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "ready" } != nil)
    let answer = terminal.press("k", quietMs: 10, firstMs: 50)
    #expect(answer.byteCount == 0 && answer.firstMs == nil && answer.lastMs == nil && !answer.isAnswered)
    terminal.end()
  }

  @Test func `standard input can be a pipe while the terminal is a terminal`() throws {
    let ends = try ChildProcess.pipeEnds()
    let terminal = try PseudoTerminal(
      ["sh", "-c", "read word; test -t 1 && echo got $word; sleep 5"], input: ends.read)
    _ = write(ends.write, "events\n", 7)
    #expect(terminal.wait(limitMs: 5_000) { $0.line(0) == "got events" } != nil)
    close(ends.write)
    terminal.end()
  }

  @Test func `waiting ends when the program does`() throws {
    let terminal = try PseudoTerminal(["true"])
    #expect(terminal.wait(limitMs: 60_000) { $0.contains("never") } == nil)
    terminal.end()
  }

  @Test func `a program that does not exist is told by name`() {
    let error = #expect(throws: BenchError.self) { try PseudoTerminal(["no-such-program-anywhere"]) }
    #expect(error?.description.contains("no-such-program-anywhere") == true)
  }
}

@Suite struct ChildProcessTests {
  @Test func `a child's processor time, exit code and output are its own`() throws {
    let run = try ChildProcess.run(
      ["sh", "-c", "printf words; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3"],
      output: .captured)
    #expect(run.text == "words")
    #expect(run.exitCode == 3)
    #expect(run.processorSeconds > 0)
    #expect(run.peakResidentBytes > 100_000)
    #expect(throws: BenchError.self) { try run.succeeded("sh") }
  }

  @Test func `a small child is small whatever the process holds that asked for it`() throws {
    let byteCount = 300_000_000
    let held = [UInt8](repeating: 1, count: byteCount)
    let run = try ChildProcess.run(["true"])
    #expect(run.exitCode == 0)
    #expect(run.peakResidentBytes < byteCount / 3)
    #expect(peakResidentBytes() >= byteCount && held.last == 1)
  }

  @Test func `a program that is not there is named`() {
    let error = #expect(throws: BenchError.self) { try ChildProcess.run(["no-such-program-anywhere"]) }
    #expect(error?.description.contains("no-such-program-anywhere") == true)
  }

  @Test(arguments: ["", "1 2 3", "1 2 3 x", "1 2 3 4 5", " 1 2 3 4", "!no"])
  func `an account of a child is four numbers and nothing else`(text: String) {
    #expect(MeasuredChild.Account(text) == nil)
    let account = MeasuredChild.Account(exitCode: 137, wallNs: .max, processorUs: 7, peakResidentBytes: 9)
    #expect(MeasuredChild.Account(account.text) == account)
  }

  @Test func `a child ended by a signal did not end well`() throws {
    #expect(try ChildProcess.run(["sh", "-c", "kill -9 $$"]).exitCode == 137)
  }
}
