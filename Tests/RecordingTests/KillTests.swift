import Foundation
import Testing

@testable import Recording

/// The process dies in the middle of anything; the system's memory of the files stays.
@Suite("A session file whose writer is killed")
struct KillTests {
  private static let isLong = ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil

  /// 30 times; in `make check-long` 1,000 times, which take two minutes.
  @Test func `can be read and holds all that was called saved, and all but the last commit`() throws {
    let seed =
      ProcessInfo.processInfo.environment["TRIPTYCH_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    var generator = SeededGenerator(seed: seed)
    var savedCount = 0
    for kill in 0..<(Self.isLong ? 1000 : 30) {
      let (lines, files) = try self.killed(after: .random(in: 0...120_000, using: &generator))
      let saved = ProbeRun.highest("SAVED", in: lines)
      let written = ProbeRun.highest("WRITTEN", in: lines)
      let found = RecoveredEvents(files)
      let words = "kill \(kill), TRIPTYCH_SEED=\(seed)"
      #expect(found.unreadable.isEmpty && found.foreign.isEmpty, "\(words): \(found)")
      #expect(found.numbers.isSuperset(of: 0..<saved), "\(words)")
      #expect(found.numbers.isSuperset(of: 0..<written), "\(words)")
      #expect(found.numbers == Set(0..<found.numbers.count), "\(words)")
      savedCount += saved
    }
    // Else it was always killed before there was anything to lose.
    #expect(savedCount > 300)
  }

  private func killed(after microseconds: UInt32) throws -> (lines: [String], files: [String: [UInt8]]) {
    let scratch = try ProbeScratch()
    let process = ProbeRun.process([scratch.folder.path, "events=100000000", "each=3", "pace=300"])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    usleep(microseconds)
    kill(process.processIdentifier, SIGKILL)
    let said = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (ProbeRun.lines(said), try scratch.files())
  }
}
