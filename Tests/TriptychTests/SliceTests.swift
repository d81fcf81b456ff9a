import Foundation
import Testing

/// `--from` and `--to` mean the same in a frame as in `matrix`: nothing outside them is counted.
@Suite struct `A span of time on the command line` {
  /// Ten minutes with an error a minute, at half past.
  private static let log = (0..<10).map { "2026-11-23T03:0\($0):30Z error broke in minute \($0)\n" }.joined()

  private func frame(_ arguments: String...) throws -> String {
    let outcome = try Program.run(
      ["frame", "-", "--tz", "UTC", "--size", "120x24"] + arguments, input: Data(Self.log.utf8))
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  @Test func `restricts the counts, not only the window`() throws {
    #expect(try frame().contains("10 errors in 1 service"))
    #expect(try frame("--to", "2026-11-23T03:04Z").contains("4 errors in 1 service"))
    #expect(try frame("--from", "2026-11-23T03:04Z").contains("6 errors in 1 service"))
    let both = try frame("--from", "2026-11-23T03:02Z", "--to", "2026-11-23T03:04Z")
    #expect(both.contains("2 errors in 1 service") && both.contains(" 1 03:02:00-03:04:00 "))
  }

  @Test func `outside the data shows none of it`() throws {
    #expect(try frame("--from", "2026-11-24T00:00Z").contains("No errors with the restrictions above"))
  }

  @Test func `counts back from the time that --now gives`() throws {
    let seen = try frame("--from", "-5m", "--now", "2026-11-23T03:12Z")
    #expect(seen.contains("3 errors in 1 service"))
  }
}
