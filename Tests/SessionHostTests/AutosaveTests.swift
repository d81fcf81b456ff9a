import EventModel
import Foundation
import Preferences
import SceneGraph
import Session
import Testing

@testable import SessionHost

@Suite struct `Sessions saved by themselves` {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "sessions-\(UUID().uuidString.prefix(8))"
  ).path

  private func plan(_ origin: SessionOrigin, earlier: [Footstep] = []) -> AutosavePlan {
    let folder = folder
    return AutosavePlan(directory: folder + "/sessions", origin: origin, earlier: earlier, library: "test") {
      try RecorderKey.load(from: folder)
    }
  }

  private let origin = SessionOrigin(
    arguments: ["a b.log", "--tz", "Europe/Berlin", "quote\"\n"], directory: "/var/log",
    sourceNames: ["/var/log/a b.log"], readsPipe: false)

  @Test func `say how they came to be, and where people went before`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let steps = try (0..<3).map {
      Footstep(
        time: Timestamp(seconds: 1_795_402_800 + Int64($0)),
        link: try SessionLink("triptych://open?face=\($0 + 1)"))
    }
    let recorder = try plan(origin, earlier: steps).start()
    recorder.finish()
    let saved = try #require(SavedSession.all(in: folder + "/sessions").first)
    #expect(saved.origin == origin)
    #expect(saved.steps == steps)
    #expect(saved.isOpen)
    let mode = try FileManager.default.attributesOfItem(atPath: saved.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `are kept twenty of, the newest, and none that still runs is taken away`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sessions = folder + "/sessions"
    try FileManager.default.createDirectory(atPath: sessions, withIntermediateDirectories: true)
    // The parent of this process lives as long as the test; no process has the greatest number.
    let names = (0..<30).map { index in
      let process = index == 3 ? getppid() : pid_t.max
      return String(format: "20261120T10%02d00.000Z-%d.mcap", index, process)
    }
    for name in names + ["mine.txt"] {
      _ = FileManager.default.createFile(atPath: sessions + "/" + name, contents: nil)
    }
    try plan(origin).start().finish()
    let kept = try FileManager.default.contentsOfDirectory(atPath: sessions)
    #expect(Set(kept).isSuperset(of: names[11...]))
    #expect(kept.contains(names[3]) && kept.contains("mine.txt"))
    #expect(kept.count == 19 + 1 + 1 + 1)
  }

  @Test(arguments: [
    "", "a.mcap", "20261124T104400.123Z.mcap", "20261124T104400.123Z-0.mcap", "20261124T104400.123Z--5.mcap",
    "20261324T104400.123Z-5.mcap", "2026é124T104400.123Z-5.mcap", "20261124T104400.123Z-5.mcap.tmp",
    "T-5.mcap",
  ])
  func `are none of files with other names`(name: String) {
    #expect(SavedSession(name: name, in: "/x") == nil)
  }

  @Test func `have names that sort by time and are read back to the millisecond`() {
    let time = Timestamp(nanoseconds: 1_795_517_040_123_000_000)
    let name = SavedSession.name(at: time, process: 4711)
    #expect(name == "20261124T104400.123Z-4711.mcap")
    #expect(SavedSession(name: name, in: "/x")?.beginning == time)
    #expect(SavedSession.name(at: time.advanced(byNanoseconds: 1_000_000), process: 1) > name)
  }

  @Test(arguments: [
    "", "{}", #"{"v":2,"directory":"/","arguments":[],"sources":[]}"#,
    #"{"v":1,"directory":"/","arguments":[1],"sources":[]}"#,
    #"{"v":1,"arguments":[],"sources":[]}"#, "\u{0}",
  ])
  func `cannot be opened by what is no origin`(content: String) {
    #expect(SessionOrigin(Array(content.utf8)) == nil)
  }
}
