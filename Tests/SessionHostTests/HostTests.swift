import EventMatrix
import EventModel
import Foundation
import LogFiles
import LogFormats
import Preferences
import SceneGraph
import Session
import Synchronization
import Testing

@testable import SessionHost

/// A folder that is gone with its owner.
final class Folder: Sendable {
  let path = NSTemporaryDirectory() + "triptych-host-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, _ name: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    return path + "/" + name
  }

  func append(_ text: String, _ name: String) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: path + "/" + name))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }
}

/// `count` events of three services over a minute, every seventh an error.
func log(_ count: Int) -> String {
  (0..<count).map { index in
    let time = Timestamp(seconds: 1_795_402_800, nanoseconds: Int64(index) * 60_000_000_000 / Int64(count))
    let severity = index % 7 == 6 ? "ERROR" : "INFO"
    let service = ["cart", "pay", "edge"][index % 3]
    let status = index % 7 == 6 ? 503 : 200
    return
      "{\"time\":\"\(time.rfc3339())\",\"severity\":\"\(severity)\",\"service\":\"\(service)\",\"message\":\"m\(index)\",\"status\":\(status)}\n"
  }.joined()
}

let options = ReadingOptions(now: Timestamp(nanoseconds: 0), followIntervalMs: 5)

/// Cells by name, so that sources which number services differently compare.
private func cells(_ matrix: EventMatrix, _ services: ServiceTable) -> [String: UInt32] {
  var cells: [String: UInt32] = [:]
  let ids = (0..<UInt32(services.count)).map(ServiceID.init)
  matrix.forEachCell(widthNs: 100_000_000, services: ids) { cell in
    cells["\(cell.time.nanoseconds) \(services[cell.service].repaired) \(cell.severity)"] = cell.count
  }
  return cells
}

/// A loop on a thread of its own, and the newest thing it showed.
final class LiveSession: Sendable {
  let loop: SessionLoop
  let shown = Mutex<(scene: Scene, view: ViewState)?>(nil)
  let effects = Mutex<[Effect]>([])
  private let ended = DispatchSemaphore(value: 0)
  static let view = ViewID(rawValue: 1)

  init(_ specifications: [SourceSpecification], _ options: ReadingOptions) {
    loop = SessionLoop(options: options, isLive: options.follows, memoryLimit: 64 << 20)
    let loop = loop
    let frontEnd = FrontEnd(
      present: { [weak self] scene, view in self?.shown.withLock { $0 = (scene, view) } },
      perform: { [weak self] effect in self?.effects.withLock { $0.append(effect) } })
    loop.attach(Self.view, extent: GridExtent(columns: 120, rows: 36), keymap: Keymap(), frontEnd)
    loop.open(specifications)
    let ended = ended
    Thread.detachNewThread {
      loop.run()
      ended.signal()
    }
  }

  deinit { loop.inbox.close() }

  /// Returns when the loop has come to its end.
  func quit() {
    loop.inbox.close()
    ended.wait()
  }

  func press(_ name: CommandName, _ argument: String? = nil) {
    loop.inbox.send(.invoke(Self.view, name, argument: argument))
  }

  /// Waits until what is shown meets `condition`; false after ten seconds.
  func wait(_ condition: (Scene, ViewState) -> Bool) -> Bool {
    for _ in 0..<1000 {
      if let (scene, view) = shown.withLock({ $0 }), condition(scene, view) { return true }
      usleep(10_000)
    }
    return false
  }
}

extension Scene {
  var header: String {
    panes.first { $0.id == "header" }.map { pane in
      pane.nodes.map { node -> String in
        guard case .text(let block) = node else { return "" }
        return block.lines.flatMap { $0 }.map(\.text.string).joined()
      }.joined()
    } ?? ""
  }

  fileprivate func sum(_ id: NodeID) -> UInt64? {
    for pane in panes {
      for case .cellGrid(let grid) in pane.nodes where grid.id == id { return grid.counts.reduce(0, +) }
    }
    return nil
  }
}

@Suite struct `The inbox` {
  @Test func `hands out what came, in order and once, and drops what comes after it is closed`() {
    let inbox = Inbox()
    for second in 1...3 { inbox.send(.tick(Timestamp(nanoseconds: Int64(second)))) }
    let ticks = inbox.take(timeoutMs: 0).compactMap { input -> Int64? in
      if case .command(.tick(let time)) = input { time.nanoseconds } else { nil }
    }
    #expect(ticks == [1, 2, 3])
    inbox.close()
    inbox.send(.tick(Timestamp(nanoseconds: 4)))
    #expect(inbox.take(timeoutMs: 0).isEmpty)
  }
}

@Suite struct `Keys` {
  private let view = ViewID(rawValue: 1)

  private func names(_ commands: [Command]) -> [String] {
    commands.map { command in
      switch command {
      case .invoke(_, let name, _): name.rawValue
      case .typed(_, let character): "typed \(character)"
      case .pendingKeys(_, let continuations): "pending \(continuations.count)"
      case .notice(_, let text): text.string
      default: "other"
      }
    }
  }

  private func press(_ notation: String, _ resolver: inout KeyResolver, _ state: ViewState?) throws
    -> [String]
  {
    try KeyStroke.sequence(notation: notation).flatMap { names(resolver.commands(for: $0, in: state)) }
  }

  @Test func `lead to commands, also in sequences`() throws {
    var keys = KeyResolver(view: view, keymap: Keymap())
    #expect(try press("j", &keys, nil) == ["cursor.down"])
    let sequence = try press("g t", &keys, nil)
    #expect(sequence.count == 2 && sequence[0].hasPrefix("pending") && sequence[1] == "go.time")
  }

  @Test func `escape ends a begun sequence and nothing else`() throws {
    var keys = KeyResolver(view: view, keymap: Keymap())
    #expect(try press("g esc", &keys, nil).last == "pending 0")
    #expect(try press("esc", &keys, nil) == ["back"])
  }

  @Test func `that lead nowhere say so`() throws {
    var keys = KeyResolver(view: view, keymap: Keymap())
    #expect(try press("g f5", &keys, nil).suffix(2) == ["pending 0", "no command on g f5; ? shows all keys"])
    #expect(try press("j", &keys, nil) == ["cursor.down"])
  }

  @Test func `go into an open prompt as they are, and only editing keys are commands there`() throws {
    var state = SessionState()
    _ = state.apply(.attach(view, GridExtent(columns: 80, rows: 24)))
    _ = state.apply(.invoke(view, .search, argument: nil))
    var keys = KeyResolver(view: view, keymap: Keymap())
    #expect(try press("q space j", &keys, state.view(view)) == ["typed q", "typed  ", "typed j"])
    #expect(try press("ret", &keys, state.view(view)) == ["prompt.accept"])
    #expect(try press("C-u esc", &keys, state.view(view)) == ["prompt.clear", "back"])
  }
}

@Suite struct `The same log` {
  @Test func `gives the same matrix as a file, compressed, through a command, and while it grows`() throws {
    let folder = try Folder()
    let text = log(3000)
    let whole = try folder.write(text, "whole.ndjson")
    let zip = Process()
    zip.executableURL = URL(filePath: "/bin/sh")
    zip.arguments = ["-c", "gzip -k '\(whole)'"]
    try zip.run()
    zip.waitUntilExit()

    let file = EventReading.atRest([.path(whole)], options: options)
    let expected = cells(file.matrix, file.services)
    #expect(expected.values.reduce(0, +) == 3000)
    for source in [SourceSpecification.path(whole + ".gz"), .command("cat '\(whole)'")] {
      let reading = EventReading.atRest([source], options: options)
      #expect(cells(reading.matrix, reading.services) == expected, "\(source)")
    }

    let counted = Mutex((matrix: EventMatrix(), services: ServiceTable()))
    var follow = options
    follow.follows = true
    let growing = try folder.write(String(text.prefix(1000)), "growing.ndjson")
    let sources = LogSources(options: follow) { update in
      counted.withLock { counted in
        if case .events(let columns) = update { counted.matrix.add(columns) }
        if case .services(let services) = update { counted.services = services }
      }
    }
    sources.open([.path(growing)])
    var rest = text.dropFirst(1000)
    while !rest.isEmpty {
      // Pieces end in the middle of lines.
      try folder.append(String(rest.prefix(77_777)), "growing.ndjson")
      rest = rest.dropFirst(77_777)
      usleep(20_000)
    }
    for _ in 0..<500 where counted.withLock({ $0.matrix.eventCount }) < 3000 { usleep(10_000) }
    sources.close()
    let followed = counted.withLock { $0 }
    #expect(cells(followed.matrix, followed.services) == expected)
  }
}

@Suite struct `A session without threads` {
  private func session(_ folder: Folder) throws -> OfflineSession {
    let reading = EventReading.atRest([.path(try folder.write(log(700), "app.ndjson"))], options: options)
    return OfflineSession(
      reading, extent: GridExtent(columns: 120, rows: 36), keymap: Keymap(),
      configuration: SessionConfiguration(),
      now: Timestamp(nanoseconds: 0))
  }

  private func press(_ notation: String, _ session: inout OfflineSession) throws {
    for stroke in try KeyStroke.sequence(notation: notation) { session.press(stroke) }
  }

  @Test func `goes from keys to raw events of a file`() throws {
    let folder = try Folder()
    var session = try session(folder)
    #expect(session.scene.sum("matrix.grid") == 700)
    try press("w ret", &session)
    let drill = try #require(session.state.views.first?.drill)
    #expect(!drill.events.isEmpty && UInt64(drill.events.count) == drill.count)
    #expect(drill.event?.severity == .error)
    try press("ret", &session)
    #expect(session.state.views.first?.focus == .event)
    try press("esc esc f", &session)
    for character in "status>=500" {
      session.press(KeyStroke(.character(character.unicodeScalars.first ?? " ")))
    }
    try press("ret", &session)
    #expect(session.scene.sum("matrix.grid") == 100)
    try press("u", &session)
    #expect(session.scene.sum("matrix.grid") == 700)
    #expect(!session.hasQuit)
    try press("q", &session)
    #expect(session.hasQuit)
  }

  @Test func `follows a link`() throws {
    let folder = try Folder()
    var session = try session(folder)
    session.follow(try SessionLink("triptych://open?service=cart&severity=error&lens=rate&face=2"))
    #expect(session.state.dice.services.included == [Glob("cart")])
    #expect(
      session.state.views.first?.lens == .rate && session.state.views.first?.singleFace == .timeSeverity)
  }
}

@Suite struct `The session loop` {
  @Test func `shows what is read, answers, and tells the front-end to quit`() throws {
    let folder = try Folder()
    let path = try folder.write(log(2100), "app.ndjson")
    let session = LiveSession([.path(path)], options)
    #expect(session.wait { scene, _ in scene.sum("matrix.grid") == 2100 })
    session.press(.goWorst)
    session.press(.open)
    #expect(session.wait { _, view in view.drill.map { !$0.isPreview && $0.requestID == nil } ?? false })
    session.press(.back)
    session.press(.filterAdd, "status=503")
    #expect(
      session.wait { scene, _ in scene.sum("matrix.grid") == 300 && !scene.header.contains("counting") })
    session.press(.quitNow)
    for _ in 0..<500 where session.effects.withLock({ $0.isEmpty }) { usleep(10_000) }
    #expect(session.effects.withLock { $0 } == [.quit(LiveSession.view)])
  }

  @Test func `keeps what it has read, also for who quits at once`() throws {
    let folder = try Folder()
    let path = try folder.write(log(20_000), "shop.log")
    let directory = folder.path + "/index"
    var options = options
    options.indexCache = IndexCache(directory: directory, program: "test", leastByteCount: 1)
    for turn in 0..<2 {
      let session = LiveSession([.path(path)], options)
      #expect(session.loop.sources.waitUntilRead(timeoutMs: 20_000))
      session.quit()
      let entries = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(entries.count == 1 && entries[0].hasSuffix(".index"), "\(entries) after turn \(turn)")
    }
    let known = EventReading.atRest([.path(path)], options: options)
    #expect(known.matrix.eventCount == 20_000)
  }

  @Test func `counts a filter on while the file grows`() throws {
    let folder = try Folder()
    let text = log(2100)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map { $0 + "\n" }
    let path = try folder.write(lines[..<700].joined(), "app.ndjson")
    var follow = options
    follow.follows = true
    let session = LiveSession([.path(path)], follow)
    #expect(session.wait { scene, _ in scene.header.contains("700 events") })
    session.press(.filterAdd, "status=503")
    #expect(session.wait { scene, _ in scene.sum("severities.grid") == 100 })
    try folder.append(lines[700...].joined(), "app.ndjson")
    #expect(session.wait { scene, _ in scene.header.contains("2,100 events") })
    // The filter's count comes after the data's, and fitting shows what is counted by then.
    let isCounted = (0..<100).contains { _ in
      session.press(.zoomFit)
      usleep(50_000)
      return session.shown.withLock { $0?.scene.sum("severities.grid") == 300 }
    }
    #expect(isCounted)
  }

  @Test func `answers every view that is attached`() throws {
    let folder = try Folder()
    let session = LiveSession([.path(try folder.write(log(2100), "app.ndjson"))], options)
    #expect(session.wait { scene, _ in scene.sum("matrix.grid") == 2100 })
    let second = ViewID(rawValue: 2)
    let shown = Mutex<ViewState?>(nil)
    let frontEnd = FrontEnd(present: { _, view in shown.withLock { $0 = view } }, perform: { _ in })
    session.loop.attach(second, extent: GridExtent(columns: 120, rows: 36), keymap: Keymap(), frontEnd)
    for _ in 0..<20 {
      session.press(.cursorRight)
      session.loop.inbox.send(.invoke(second, .cursorLeft, argument: nil))
    }
    session.press(.goWorst)
    session.press(.open)
    session.loop.inbox.send(.invoke(second, .goWorst, argument: nil))
    session.loop.inbox.send(.invoke(second, .open, argument: nil))
    let isAnswered = { (view: ViewState) in
      view.drill.map { $0.requestID == nil && !$0.events.isEmpty } ?? false
    }
    #expect(session.wait { _, view in isAnswered(view) && shown.withLock { $0.map(isAnswered) ?? false } })
    session.loop.detach(second)
  }

  @Test func `of many requests for events only the newest need be answered`() throws {
    let folder = try Folder()
    let path = try folder.write(log(2100), "app.ndjson")
    let session = LiveSession([.path(path)], options)
    #expect(session.wait { scene, _ in scene.sum("matrix.grid") == 2100 })
    session.press(.goStart)
    session.press(.open)
    session.press(.focusNext)
    for _ in 0..<40 { session.press(.cursorRight) }
    let isAnswered = session.wait { _, view in
      guard let drill = view.drill, drill.requestID == nil else { return false }
      return UInt64(drill.events.count) == drill.count
        && drill.events.allSatisfy { drill.range.contains($0.time) }
    }
    #expect(isAnswered)
  }
}

@Suite struct `A log of four centuries` {
  @Test(arguments: [["1700", "2026"], ["1700"], ["1678", "1800", "2100", "2261"]])
  func `opens, counts and goes to both of its ends`(years: [String]) throws {
    let folder = try Folder()
    let lines = years.map {
      "{\"time\":\"\($0)-03-01T00:00:00Z\",\"severity\":\"error\",\"service\":\"a\"}\n"
    }
    let path = try folder.write(lines.joined(), "old.log")
    let session = LiveSession(
      [.path(path)], ReadingOptions(now: Timestamp(nanoseconds: 0), followIntervalMs: 5))
    defer { session.loop.inbox.close() }
    #expect(session.wait { scene, _ in scene.header.contains("\(years.count) event") })
    for key in [CommandName.goStart, .goEnd] {
      session.press(key)
      #expect(session.wait { scene, _ in (scene.sum("matrix.grid") ?? 0) > 0 }, "\(key)")
    }
  }
}

@Suite struct `Keys at rest` {
  @Test func `the first key is answered in full, those soon after it when no more come`() {
    var rest = KeyRest()
    rest.keyCame(atMs: 1_000)
    #expect(!rest.isHeld(nowMs: 1_000))
    rest.keyCame(atMs: 1_050)
    #expect(rest.isHeld(nowMs: 1_050))
    #expect(rest.waitMs(nowMs: 1_060) == nil)
    rest.isAwaited = true
    #expect(rest.waitMs(nowMs: 1_060) == 170)
    #expect(rest.waitMs(nowMs: 1_230) == 0 && !rest.isHeld(nowMs: 1_230))
  }

  @Test func `a list nobody asked for waits for keys, and comes with a stream only now and then`() {
    var rest = KeyRest()
    #expect(rest.listMs(nowMs: 500) == 500)
    #expect(rest.listMs(nowMs: 600) == 2_500)
    #expect(rest.listMs(nowMs: 700) == 2_500)
    rest.keyCame(atMs: 700)
    #expect(rest.listMs(nowMs: 700) == 880)
    rest.keyCame(atMs: 800)
    #expect(rest.listMs(nowMs: 800) == 980)
    #expect(rest.listMs(nowMs: 1_000) == 1_000)
    #expect(rest.listMs(nowMs: 1_100) == 3_000)
  }
}
