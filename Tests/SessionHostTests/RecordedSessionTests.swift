import EventMatrix
import EventModel
import Foundation
import LogFiles
import LogFormats
import Preferences
import Recording
import SceneGraph
import Session
import Testing

@testable import SessionHost

@Suite struct `A session that records` {
  @Test func `says so with what is saved, from the key that begins it to the one that ends it`() throws {
    let folder = try Folder()
    let file = try folder.write(log(600), "a.log")
    let session = LiveSession([.path(file)], options)
    #expect(session.wait { scene, _ in scene.header.contains("600 events") })
    session.loop.plan(
      RecordingPlan(directory: folder.path + "/recordings", library: "test") {
        try RecorderKey.load(from: folder.path)
      })
    session.press(.record)
    #expect(session.wait { scene, _ in scene.header.contains("●REC 600 saved") })
    session.press(.record)
    #expect(session.wait { scene, _ in !scene.header.contains("REC") })
    session.press(.record)
    #expect(session.wait { scene, _ in scene.header.contains("●REC 600 saved") })
    session.quit()
    #expect(session.loop.recorded.map(\.savedEventCount) == [600, 600])
    #expect(Set(session.loop.recorded.map(\.path)).count == 2)
    #expect(session.loop.recorded.allSatisfy { $0.hasEnded && $0.pause == nil })
  }

  @Test func `says why it cannot`() throws {
    let folder = try Folder()
    let session = LiveSession([.path(try folder.write(log(6), "a.log"))], options)
    session.loop.plan(
      RecordingPlan(directory: "/proc/none", library: "test") { try RecorderKey.load(from: folder.path) })
    session.press(.record)
    #expect(session.wait { _, view in view.notice?.text.string.contains("/proc/none") == true })
    session.quit()
    #expect(session.loop.recorded.isEmpty)
  }
}

@Suite struct `The trail of a recording` {
  @Test func `holds where the person went, and ends where they left it`() throws {
    let folder = try Folder()
    let file = try folder.write(log(600), "a.log")
    let session = LiveSession([.path(file)], options)
    #expect(session.wait { scene, _ in scene.header.contains("600 events") })
    try session.loop.record(
      into: folder.path + "/a.mcap",
      RecordingPlan(directory: nil, library: "test") { try RecorderKey.load(from: folder.path) })
    #expect(session.wait { scene, _ in scene.header.contains("REC") })
    session.press(.goTime, "2026-11-23T03:00:30Z")
    session.press(.faceTimeService)
    #expect(session.wait { _, view in view.singleFace == .timeService })
    session.quit()
    let steps = TrailFile.steps(at: folder.path + "/a.mcap")
    #expect(steps.count >= 2)
    #expect(steps.last?.link.face == 1)
    #expect(steps.last?.link.place?.time == Timestamp(seconds: 1_795_402_830))
    #expect(steps.allSatisfy { $0.link.sources.isEmpty })
    #expect(steps.map(\.time) == steps.map(\.time).sorted())
    #expect(TrailFile.steps(at: file).isEmpty)
    #expect(TrailFile.steps(at: folder.path + "/none.mcap").isEmpty)
  }

  @Test(arguments: [
    "", "{", "{}", "[1]", #"{"v":1,"link":5}"#, #"{"v":1,"time":"2026-11-23T03:00:30Z","link":"http://x"}"#,
    #"{"link":"triptych://open?face=9","time":"2026-11-23T03:00:30Z"}"#, "\u{0}\u{0}",
    #"{"link":"triptych://open?from=never","time":"x"}"#,
  ])
  func `takes no step from what is none`(content: String) {
    #expect(TrailFile.frame(Array(content.utf8), at: Timestamp(seconds: 0)) == nil)
  }

  @Test func `passes over what a later version says of a step`() throws {
    let link = try SessionLink("triptych://open?face=2")
    let step = Footstep(time: Timestamp(seconds: 1_795_402_800), link: link)
    let frame = KeyFrame(
      view: ViewID(rawValue: 1), step: step, extent: GridExtent(columns: 80, rows: 24), commandCount: 7,
      digest: "00ff", leavesOutLists: true)
    let content = frame.json
    #expect(TrailFile.frame(Array(content.utf8), at: .first) == frame)
    let later = content.dropLast() + #","mood":{"of":["the","person"]}}"#
    #expect(TrailFile.frame(Array(later.utf8), at: .first) == frame)
    let earlier = #"{"v":1,"time":"2026-11-23T03:00:00.5Z","view":1,"link":"\#(link)"}"#
    let known = try #require(TrailFile.frame(Array(earlier.utf8), at: .first))
    #expect(known.step.link == link && known.digest == nil && known.commandCount == 0)
  }
}

@Suite struct `A live session done again from its file` {
  /// Another session than the one that recorded it: another program, another day, nobody's keys.
  private func check(_ folder: Folder) throws -> ReplayCheck {
    try ReplayCheck(of: folder.path + "/a.mcap", options: options)
  }

  private func record(_ folder: Folder, _ work: (LiveSession) throws -> Void) throws {
    let session = LiveSession([.path(try folder.write(log(600), "a.log"))], options)
    session.loop.inbox.send(.configure(SessionConfiguration()))
    #expect(session.wait { scene, _ in scene.header.contains("600 events") })
    try session.loop.record(
      into: folder.path + "/a.mcap",
      RecordingPlan(directory: nil, library: "test") { try RecorderKey.load(from: folder.path) })
    #expect(session.wait { scene, _ in scene.header.contains("REC") })
    try work(session)
    session.quit()
  }

  @Test func `shows every key frame again, with lists, filters, notes and searches`() throws {
    let folder = try Folder()
    try record(folder) { session in
      session.press(.goWorst)
      session.press(.open)
      #expect(session.wait { _, view in view.drill.map { !$0.isPreview && $0.requestID == nil } == true })
      session.press(.back)
      usleep(1_100_000)
      session.press(.filterAdd, "served")
      #expect(session.wait { _, view in view.notice == nil })
      session.press(.noteAdd, "here it begins")
      session.press(.search, "served")
      usleep(1_100_000)
      session.press(.zoomOut)
      #expect(session.wait { scene, _ in !scene.header.contains("counting") })
    }
    let check = try check(folder)
    #expect(check.breach == nil)
    #expect(check.differences.isEmpty, "\(check.differences)")
    #expect(check.doubts.isEmpty, "\(check.doubts)")
    #expect(check.comparedCount >= 3 && check.commandCount > 10)
  }

  @Test func `tells of each frame that is another one`() throws {
    let folder = try Folder()
    try record(folder) { session in session.press(.goWorst) }
    // The same events and frames, after another command.
    let reader = try RecordingReader(path: folder.path + "/a.mcap")
    let sources = LogSources(options: options) { _ in }
    sources.open([.path(folder.path + "/a.mcap")])
    sources.waitUntilRead()
    sources.close()
    let recorder = try Recorder(
      into: folder.path + "/b.mcap", sources: sources, events: .all, sinceOpening: true, library: "test"
    ) { try RecorderKey.load(from: folder.path) }
    for topic in ["/commands", "/viewpoints"] {
      for message in reader.messages(of: topic, limit: 1000) {
        let text = String(decoding: message.content, as: UTF8.self).replacing("go.worst", with: "zoom.out")
        recorder.put(Array(text.utf8), topic: topic, time: message.time)
      }
    }
    recorder.finish()
    let check = try ReplayCheck(of: folder.path + "/b.mcap", options: options)
    #expect(!check.differences.isEmpty)
  }
}

@Suite struct `Notes in a recording` {
  @Test func `are those that stand at its end, with links that open it`() throws {
    let folder = try Folder()
    let session = LiveSession([.path(try folder.write(log(600), "a.log"))], options)
    #expect(session.wait { scene, _ in scene.header.contains("600 events") })
    session.press(.noteAdd, "before the recording")
    session.press(.noteAdd, "to be deleted")
    let path = folder.path + "/a.mcap"
    try session.loop.record(
      into: path, RecordingPlan(directory: nil, library: "test") { try RecorderKey.load(from: folder.path) })
    #expect(session.wait { scene, _ in scene.header.contains("REC") })
    session.press(.hypothesisAdd, "über cart")
    session.press(.noteEdit, "1 before it, and changed")
    session.press(.noteDelete, "2")
    session.press(.faceTimeService)
    #expect(session.wait { _, view in view.singleFace == .timeService })
    session.quit()
    let notes = RecordedNotes.notes(at: path)
    #expect(notes.map(\.text.repaired) == ["before it, and changed", "über cart"])
    #expect(notes.map(\.kind) == [.note, .hypothesis])
    #expect(notes.allSatisfy { $0.link.sources == [path] })
    #expect(RecordedNotes.notes(at: folder.path + "/a.log").isEmpty)
  }

  private func record(_ folder: Folder, as name: String, events: Int = 6) throws -> String {
    let path = folder.path + "/" + name
    let sources = LogSources(options: options) { _ in }
    sources.open([.path(try folder.write(log(events), "\(name).log"))])
    sources.waitUntilRead()
    sources.close()
    let recorder = try Recorder(
      into: path, sources: sources, events: .all, sinceOpening: true, library: "test"
    ) {
      try RecorderKey.load(from: folder.path)
    }
    #expect(recorder.finish())
    return path
  }

  private func keep(_ text: String, in path: String, _ folder: Folder) throws -> RecordedNotes.Home {
    let link = try SessionLink("triptych://open?src=elsewhere&face=2")
    let target = Note.Target(
      range: TimeRange(start: Timestamp(seconds: 1), end: Timestamp(seconds: 2)), services: nil,
      severities: .all)
    let note = Note(
      id: text, kind: .note, writtenAt: Timestamp(seconds: 9), author: ForeignText("ada"),
      text: ForeignText(text),
      target: target, link: link)
    return try RecordedNotes.keep(NoteChange(note), in: path, library: "test") {
      try RecorderKey.load(from: folder.path)
    }
  }

  @Test func `come to a closed recording later, and go with it to other machines`() throws {
    let folder = try Folder()
    let path = try record(folder, as: "a.mcap")
    #expect(try keep("one", in: path, folder) == .recording)
    #expect(try keep("two", in: path, folder) == .recording)
    let elsewhere = folder.path + "/elsewhere.mcap"
    try FileManager.default.moveItem(atPath: path, toPath: elsewhere)
    let notes = RecordedNotes.notes(at: elsewhere)
    #expect(notes.map(\.text.repaired) == ["one", "two"])
    #expect(notes.allSatisfy { $0.link.sources == [elsewhere] })
    #expect(try RecordingProof(path: elsewhere).isWhole)
    #expect(EventReading.atRest([.path(elsewhere)], options: options).matrix.eventCount == 6)
  }

  @Test func `stand beside a recording that was never closed, and come with that one only`() throws {
    let folder = try Folder()
    let whole = try record(folder, as: "whole.mcap")
    let cut = folder.path + "/cut.mcap"
    let bytes = try Data(contentsOf: URL(filePath: whole))
    try bytes.dropLast(20).write(to: URL(filePath: cut))
    let beside = folder.path + "/cut.notes.mcap"
    #expect(try keep("one", in: cut, folder) == .beside(beside))
    #expect(try keep("two", in: cut, folder) == .beside(beside))
    #expect(try Data(contentsOf: URL(filePath: cut)) == bytes.dropLast(20))
    #expect(RecordedNotes.notes(at: cut).map(\.text.repaired) == ["one", "two"])
    #expect(try RecordingProof(path: beside).isWhole)
    // Another recording under the same name.
    try FileManager.default.removeItem(atPath: cut)
    try FileManager.default.moveItem(atPath: try record(folder, as: "other.mcap", events: 9), toPath: cut)
    #expect(RecordedNotes.notes(at: cut).isEmpty)
    // Cut as well, it has no place for notes: those of the first one are not mixed with its own.
    try Data(contentsOf: URL(filePath: cut)).dropLast(20).write(to: URL(filePath: cut))
    #expect(throws: (any Error).self) { try keep("three", in: cut, folder) }
  }

  @Test func `are refused where neither can be written`() throws {
    let folder = try Folder()
    #expect(throws: (any Error).self) { try keep("one", in: folder.path + "/none/a.mcap", folder) }
    #expect(throws: (any Error).self) {
      try keep("one", in: try folder.write("no session", "b.mcap"), folder)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/b.notes.mcap"))
  }
}
