import Foundation
import Testing

/// The program with either presenter in a real terminal: whoever writes, the screen is the same.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, Tmux.remedy)) struct `Both presenters show the same` {
  private static let program: String? = {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let path = folder.appending(path: "triptych").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()

  private static let isLong = ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil

  /// Three hours of forty services with a wave of errors, the same on every day.
  private static let log: String = {
    var generator = SeededGenerator(seed: 40)
    var lines = ""
    for minute in 0..<180 {
      for service in 0..<40 {
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
          let second = Int.random(in: 0...59, using: &generator)
          let time = String(format: "2026-11-23T%02d:%02d:%02dZ", 1 + minute / 60, minute % 60, second)
          let isBad = service % 7 == 3 && (90..<120).contains(minute)
          let level =
            isBad ? "ERROR" : ["INFO", "INFO", "DEBUG", "WARN"][Int.random(in: 0...3, using: &generator)]
          lines += "{\"time\":\"\(time)\",\"severity\":\"\(level)\",\"service\":\"svc-\(service)\","
          lines += "\"message\":\"支払い \(second) took e\u{323} while\"}\n"
        }
      }
    }
    return lines
  }()

  /// As the first line says it once everything is read.
  private static let eventCount: String = {
    let count = log.split(separator: "\n").count
    return "\(count / 1000),\(String(format: "%03d", count % 1000)) events"
  }()

  /// Pans, zooms, moves, another face, lists, and back.
  private static let keys: [[String]] = [
    ["Right", "Right", "Down", "S-Right", "S-Right", "S-Left"], ["S-Down", "="], ["1", "S-Right"],
    ["S-Down", "S-Down", "S-Right"], ["H"], ["L", "S-Left", "-"], ["4", "Enter"], ["Down"], ["PPage"],
    ["Escape"], ["i"],
    ["?", "NPage"], ["Escape", "C-l", "w"],
  ]

  private static let environments: [[String: String]] = [
    ["TERM": "xterm-256color"], ["TERM": "tmux-256color", "NO_COLOR": "1"],
  ]
  private static let moreEnvironments: [[String: String]] = [
    ["TERM": "tmux-256color"], ["TERM": "xterm-256color", "TRIPTYCH_COLOR": "16"],
  ]

  @Test(arguments: isLong ? environments + moreEnvironments : environments)
  func `after the same keys`(environment: [String: String]) throws {
    let program = try #require(Self.program, "the program is not built beside the tests")
    let file = FileManager.default.temporaryDirectory.appending(
      path: "fleet-\(UUID().uuidString.prefix(8)).ndjson")
    try Self.log.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    var terminals: [Tmux] = []
    for presenter in ["curses", "stream"] {
      let tmux = Tmux(columns: 150, rows: 40, environment: environment)
      tmux.type("HOME=/nonexistent TZ=UTC \(program) --presenter \(presenter) \(file.path)")
      terminals.append(tmux)
    }
    for tmux in terminals {
      _ = tmux.wait(seconds: 30) { $0.contains(Self.eventCount) && $0.contains("40 services") }
    }
    expectSameScreens(terminals, after: ["start"])
    for keys in Self.keys {
      for key in keys {
        for tmux in terminals { tmux.press(key) }
        // With the next key right behind it, it would be alt.
        if key == "Escape" { usleep(300_000) }
      }
      expectSameScreens(terminals, after: keys)
    }
    for tmux in terminals { tmux.resize(columns: 100, rows: 30) }
    expectSameScreens(terminals, after: ["resize"])
  }

  /// Waits until both screens stay as they are and are the same, however busy the machine is.
  private func expectSameScreens(_ terminals: [Tmux], after keys: [String]) {
    let end = ContinuousClock.now + .seconds(30)
    var last: [[String]] = []
    var sameCount = 0
    repeat {
      usleep(120_000)
      let now = terminals.map { visible($0.styledScreen) }
      sameCount = now == last ? sameCount + 1 : 0
      last = now
      if sameCount >= 5, now[0] == now[1] { return }
    } while ContinuousClock.now < end
    let rows = zip(last[0], last[1]).enumerated().filter { $1.0 != $1.1 }
    let differences = rows.map { "row \($0):\n  curses \($1.0)\n  stream \($1.1)" }.joined(separator: "\n")
    Issue.record("after \(keys): \(last[0].count) and \(last[1].count) rows\n\(differences)")
  }

  /// A line for each row. tmux tells foregrounds and weights of blanks too, which nobody sees, and a style holds until it
  /// changes, also over the end of a line: so both ways go through the tests' own terminal. Of the blanks at the end of a
  /// line it tells only those that were written, not those that were erased.
  private func visible(_ styled: String) -> [String] {
    let lines = styled.split(separator: "\n", omittingEmptySubsequences: false)
    var screen = VTScreen(columns: 200, rows: lines.count)
    for (row, line) in lines.enumerated() { screen.feed(Array("\u{1B}[\(row + 1)H\(line)".utf8)) }
    return lines.indices.map { row in
      let end =
        (0..<200).last { screen.cell($0, row).visible.text != " " || screen.cell($0, row).isSecond } ?? -1
      return (0..<end + 1).map { column in
        let cell = screen.cell(column, row).visible
        return
          "\(cell.text)\(cell.style.foreground)/\(cell.style.background)/\(cell.style.modifiers.sorted())"
      }.joined(separator: " ")
    }
  }
}
