import Foundation
import Testing

@testable import Recording

/// Each call of the writer fails once: recording-probe goes on as a recorder would.
@Suite("A session file on a disk that fails")
struct DiskFaultTests {
  private static let isLong = ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil
  private static let eventCount = 24
  private static let arguments = ["events=\(eventCount)", "each=6"]

  /// Calls of a run in which none fails: the new file, its name, and two for each commit.
  private static func callCount() throws -> Int {
    let counted: [DiskLog.Kind] = [.created, .opened, .linked, .written, .synced, .folderSynced]
    return try ProbeRun(arguments).log.operations.count { counted.contains($0.kind) }
  }

  @Test func `is whole in the end, whichever call failed and how`() throws {
    let callCount = try Self.callCount()
    #expect(callCount > 15)
    for fault in ["EIO", "ENOSPC", "EINTR", "short"] {
      // Once more than there are calls: there nothing fails.
      for call in 0...callCount {
        // A few minutes when each stays for a while.
        for times in Self.isLong ? [1, 2, 5] : [1] {
          let name = "\(call):\(fault):\(times)"
          let run = try ProbeRun(Self.arguments, disk: ["FAULT": name])
          expectWhole(run, name)
          if fault == "EINTR" || fault == "short" {
            #expect(run.files.keys.sorted() == ["0.mcap"], "\(name): nobody need see this")
            #expect(!run.lines.contains { $0.hasPrefix("FAILED") || $0.hasPrefix("REFUSED") }, "\(name)")
          } else {
            expectTold(run, name)
          }
        }
      }
    }
  }

  private func expectWhole(_ run: ProbeRun, _ name: String) {
    #expect(run.status == 0, "\(name): \(run.lines)")
    let found = RecoveredEvents(run.files)
    #expect(found.numbers == Set(0..<Self.eventCount), "\(name)")
    #expect(found.foreign.isEmpty && found.unreadable.isEmpty, "\(name): \(found)")
    let last = run.files.max { $0.key < $1.key }
    let index = last.flatMap { try? RecordingIndex(MemoryBytes(bytes: $0.value)) }
    #expect(index?.isClosed == true && index?.holes.isEmpty == true, "\(name)")
    // Saved is what the disk holds for sure, at every moment.
    var moment = CrashDisk()
    for operation in run.log.operations {
      moment.apply(operation)
      guard operation.kind == .acknowledged else { continue }
      let sure = RecoveredEvents(moment.files(after: moment.pending.map { $0.fate(.lost) }))
      #expect(sure.numbers.isSuperset(of: 0..<moment.acknowledgedCount), "\(name)")
    }
  }

  /// What the writer says of a disk that refused something, and what it did then.
  private func expectTold(_ run: ProbeRun, _ name: String) {
    let kinds = run.log.operations
    guard let hit = kinds.firstIndex(where: { $0.kind == .failed || $0.kind == .syncFailed }) else {
      #expect(run.files.count == 1, "\(name)")
      return
    }
    let operation = kinds[hit]
    let isBegun = run.lines.contains { $0.hasPrefix("FAILED") }
    guard isBegun else {
      // Nothing of a file that could not be begun stays behind; a recording goes into the next one, or this one by
      // another way.
      #expect(run.files.count == 1, "\(name): \(run.files.keys)")
      return
    }
    let told = run.lines.first { $0.hasPrefix("FAILED") } ?? ""
    if operation.kind == .syncFailed {
      #expect(told.contains("abandoned=true") && told.contains("another disk"), "\(name): \(told)")
      #expect(run.files.count > 1, "\(name)")
      // Not a byte more into a file whose disk failed.
      let later = kinds[hit...].filter { $0.kind == .written && $0.file == operation.file }
      #expect(later.isEmpty, "\(name)")
    } else {
      #expect(told.contains("abandoned=false") && !told.contains("waiting=0"), "\(name): \(told)")
      #expect(told.contains("nothing is lost yet"), "\(name): \(told)")
      #expect(run.files.count == 1, "\(name)")
    }
  }
}
