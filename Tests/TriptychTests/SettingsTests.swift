import Foundation
import Testing

@Suite struct `Settings` {
  private func frame(_ environment: [String: String]) throws -> Program.Outcome {
    try Program.run(
      ["frame", "-", "--keys", "t"],
      input: Data("2026-11-23T03:07:00Z error it broke\n2026-11-23T03:08:00Z info it works\n".utf8),
      environment: environment)
  }

  @Test func `of a zone decide which local time is shown`() throws {
    let outcome = try frame(["TRIPTYCH_TZ": "+05:30"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("08:37"))
    #expect(try !frame([:]).output.contains("08:37"))
  }

  @Test func `of a zone that does not exist are told with a remedy, and the rest is shown`() throws {
    let outcome = try frame(["TRIPTYCH_TZ": "Mars/Olympus"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("03:07"))
    #expect(
      outcome.errors.contains("no zone is called 'Mars/Olympus'") && outcome.errors.contains("zoneinfo"))
  }
}
