import EventMatrix
import EventModel
import Foundation
import SceneGraph
import Testing

@testable import Session

/// A world of a test, replayed: data marks name how many of its events were there.
private struct ReplayedWorld: ReplayWorld {
  var desk: Desk
  let whole: World

  init(_ world: World) {
    whole = world
    desk = Desk(world)
  }

  mutating func data(at mark: DataMark) -> SessionData? {
    let count = mark.sources.reduce(0) { $0 + $1.eventCount }
    guard count <= whole.events.count else { return nil }
    desk.world.events = Array(whole.events.prefix(count))
    var data = desk.world.data(isLive: mark.isLive)
    (data.sources, data.loading, data.hasEnded) = (mark.sources, mark.loading, mark.hasEnded)
    return data
  }

  mutating func answer(to effect: Effect) -> Command? { desk.answer(to: effect) }

  func zone(named name: String) -> TimeZoneRules? { name == "UTC" ? .utc : nil }
}

/// A session in whose world answers take their time, and its journal.
private struct RecordedDesk {
  var state = SessionState(defersDetails: true)
  var desk: Desk
  var journal = JournalWriter()
  var entries: [String] = []
  private var waiting: [Effect] = []
  private var now = World.start.advanced(byNanoseconds: 86_400_000_000_000)

  init(_ world: World) { desk = Desk(world) }

  mutating func apply(_ command: Command) {
    waiting += state.apply(command)
    if let entry = journal.entry(of: command, in: state) { entries.append(entry) }
  }

  mutating func tick(_ milliseconds: Int) {
    now = now.advanced(byNanoseconds: Int64(milliseconds) * 1_000_000)
    let wasPlaying = state.isPlaying
    waiting += state.apply(.tick(now))
    if wasPlaying { entries.append(journal.tick(in: state)) }
  }

  mutating func read(_ count: Int, of world: World, isLive: Bool) {
    desk.world.events = Array(world.events.prefix(count))
    var data = desk.world.data(isLive: isLive)
    data.sources[0].eventCount = count
    if count < world.events.count {
      data.loading = LoadProgress(
        byteCount: Int64(count), totalByteCount: Int64(world.events.count), bytesPerSecond: 9)
    }
    apply(.data(data))
  }

  /// Some of what was asked for comes back, in its order.
  mutating func answer(_ count: Int) {
    for _ in 0..<min(count, waiting.count) {
      if let answer = desk.answer(to: waiting.removeFirst()) { apply(answer) }
    }
  }

  mutating func rest() {
    for view in state.views where view.awaitsRest { apply(.rested(view.id)) }
  }
}

@Suite("A recorded session done again") struct SessionReplayTests {
  /// One seeded walk through a world, with a frame after every command, and the same from its journal.
  ///
  /// Returns what differs, and how many frames were compared.
  private func walk(_ seed: UInt64, steps: Int, in world: World) -> (differences: [String], frameCount: Int) {
    var walk = RandomWalk(seed: seed)
    var recorded = RecordedDesk(world)
    var frames: [(count: Int, time: Timestamp, bytes: [UInt8], panes: [Pane])] = []
    recorded.tick(0)
    recorded.apply(.configure(SessionConfiguration(themeNames: ["dark", "light"])))
    recorded.apply(.attach(Desk.first, GridExtent(columns: 120, rows: 36)))
    recorded.read(world.events.count, of: world, isLive: seed % 2 == 0)
    for _ in 0..<steps {
      recorded.tick(walk.numbers.below(500))
      recorded.apply(walk.command(for: Desk.first))
      // Answers come late, or never.
      recorded.answer(walk.numbers.below(3))
      if walk.numbers.below(2) == 0 { recorded.rest() }
      if let bytes = recorded.state.frameBytes(of: Desk.first, leavingOutLists: false) {
        frames.append(
          (
            recorded.entries.count, recorded.state.now, bytes,
            recorded.state.scene(for: Desk.first)?.panes ?? []
          ))
      }
    }
    var replay = SessionReplay(over: ReplayedWorld(world))
    var journal = JournalReader()
    var differences: [String] = []
    var comparedCount = 0
    for text in recorded.entries {
      guard let entry = journal.entry(text) else {
        return (["seed \(seed): no entry: \(text)"], comparedCount)
      }
      replay.apply(entry)
      for frame in frames where frame.count == replay.count {
        if let doubt = replay.doubt { differences.append("seed \(seed): \(doubt)") }
        comparedCount += 1
        replay.tick(to: frame.time)
        if replay.state.frameBytes(of: Desk.first, leavingOutLists: false) != frame.bytes {
          let shown = replay.state.scene(for: Desk.first)?.panes ?? []
          differences.append(
            "seed \(seed), after entry \(replay.count): \(text): \(firstDifference(frame.panes, shown))")
        }
      }
      if !differences.isEmpty { break }
    }
    return (differences, comparedCount)
  }

  /// A thousand with `TRIPTYCH_LONG`, which take a minute.
  @Test func `shows the same frames in every random walk`() {
    let isLong = ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil
    var frameCount = 0
    let seeds = SeededNumbers.seeds(isLong ? 1000 : 120)
    for seed in seeds {
      var numbers = SeededNumbers(seed: seed)
      let world = World.random(&numbers, eventCount: 120)
      let (differences, count) = walk(seed, steps: 25, in: world)
      frameCount += count
      guard differences.isEmpty else {
        Issue.record("\(differences[0])")
        return
      }
    }
    #expect(frameCount > 15 * seeds.count)
  }

  @Test func `shows the same frames of the demo's night`() {
    for seed in SeededNumbers.seeds(2) {
      let (differences, count) = walk(seed, steps: 60, in: .checkoutIncident)
      #expect(differences == [])
      #expect(count > 30)
    }
  }

  /// Reads a world in pieces while somebody works, and again from the journal.
  @Test func `shows the same frames while data was still coming`() throws {
    for seed in SeededNumbers.seeds(20) {
      var walk = RandomWalk(seed: seed)
      let world = World.random(&walk.numbers, eventCount: 200)
      var recorded = RecordedDesk(world)
      recorded.tick(0)
      recorded.apply(.configure(SessionConfiguration()))
      recorded.apply(.attach(Desk.first, GridExtent(columns: 100, rows: 30)))
      if seed % 2 == 0 { recorded.apply(.invoke(Desk.first, .follow, argument: nil)) }
      var frames: [Int: [UInt8]] = [:]
      for step in 1...20 {
        recorded.tick(100)
        recorded.read(step * 10, of: world, isLive: true)
        recorded.apply(
          .invoke(
            Desk.first, walk.numbers.pick([.cursorLeft, .cursorDown, .zoomOut, .goWorst, .fold]),
            argument: nil))
        recorded.rest()
        frames[recorded.entries.count] = recorded.state.frameBytes(of: Desk.first, leavingOutLists: true)
      }
      var replay = SessionReplay(over: ReplayedWorld(world))
      var journal = JournalReader()
      for text in recorded.entries {
        let entry = journal.entry(text)
        replay.apply(try #require(entry))
        if let frame = frames[replay.count] {
          #expect(replay.doubt == nil)
          #expect(replay.state.frameBytes(of: Desk.first, leavingOutLists: true) == frame, "seed \(seed)")
        }
      }
    }
  }

  private static func recorded() -> RecordedDesk {
    var recorded = RecordedDesk(.checkoutIncident)
    recorded.tick(0)
    recorded.apply(.configure(SessionConfiguration()))
    recorded.apply(.attach(Desk.first, GridExtent(columns: 100, rows: 30)))
    recorded.read(World.checkoutIncident.events.count, of: .checkoutIncident, isLive: false)
    recorded.apply(.invoke(Desk.first, .goWorst, argument: nil))
    recorded.apply(.invoke(Desk.first, .filterAdd, argument: "status>=500"))
    recorded.answer(10)
    return recorded
  }

  @Test func `shows something else when a command is another one, or one is left out`() throws {
    let recorded = Self.recorded()
    let frame = recorded.state.frameBytes(of: Desk.first, leavingOutLists: false)
    for change in ["go.worst": "zoom.in", "status>=500": "status>=400"] {
      var replay = SessionReplay(over: ReplayedWorld(.checkoutIncident))
      var journal = JournalReader()
      for text in recorded.entries {
        let text = text.replacingOccurrences(of: change.key, with: change.value)
        let entry = journal.entry(text)
        replay.apply(try #require(entry))
      }
      #expect(replay.state.frameBytes(of: Desk.first, leavingOutLists: false) != frame)
    }
    var journal = JournalReader()
    for (index, text) in recorded.entries.enumerated() where index != 3 {
      #expect((journal.entry(text) == nil) == (index > 3))
    }
  }

  @Test func `says why it need not show the same: other counts, an unknown zone, a file with fewer events`()
    throws
  {
    var recorded = Self.recorded()
    func doubt(_ entries: [String]) -> String? {
      var replay = SessionReplay(over: ReplayedWorld(.checkoutIncident))
      var journal = JournalReader()
      for text in entries { if let entry = journal.entry(text) { replay.apply(entry) } }
      return replay.doubt
    }
    #expect(doubt(recorded.entries) == nil)
    let counted = recorded.entries.map {
      $0.replacingOccurrences(of: #""kind":"counted""#, with: #""kind":"counted","was":0"#)
    }
    #expect(doubt(counted) == nil)
    let other = recorded.entries.map { text in
      text.contains(#""kind":"counted""#)
        ? text.replacingOccurrences(of: #""events":"#, with: #""events":9"#) : text
    }
    #expect(doubt(other)?.contains("events came back then") == true)
    let zone = recorded.entries.map {
      $0.replacingOccurrences(of: #""zone":"UTC""#, with: #""zone":"Mars/Olympus""#)
    }
    #expect(doubt(zone)?.contains("Mars/Olympus") == true)
    recorded.read(World.checkoutIncident.events.count, of: .checkoutIncident, isLive: false)
    let more = recorded.entries.map {
      $0.replacingOccurrences(of: #""events":72216"#, with: #""events":72217"#)
    }
    #expect(doubt(more)?.contains("does not hold all") == true)
  }

  @Test(arguments: [
    "", "{", "[]", #"{"v":1}"#, #"{"v":2,"n":0,"time":"2026-11-23T03:00:00Z","do":"tick"}"#,
    #"{"v":1,"n":1,"time":"2026-11-23T03:00:00Z","do":"tick"}"#, #"{"v":1,"n":0,"time":"soon","do":"tick"}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"dance","view":1}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"invoke","view":1,"command":"rm"}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"invoke","view":-1,"command":"pivot"}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"resize","view":1,"columns":99999999999,"rows":3}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"slice","view":1,"from":"9","to":"1"}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"type","view":1,"text":"two"}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"data","sources":[{"index":5,"id":0,"name":"a","layout":"b"}]}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"data","services":[{"hex":"0g"}]}"#,
    #"{"v":1,"n":0,"time":"2026-11-23T03:00:00Z","do":"answer","kind":"events","id":-1,"events":0}"#,
  ])
  func `takes no entry from what is none`(text: String) {
    var journal = JournalReader()
    #expect(journal.entry(text) == nil)
  }

  @Test func `keeps names that are no UTF-8`() throws {
    var world = World()
    world.services = ServiceTable()
    let name = ForeignText(bytes: [0x61, 0xFF, 0x22, 0x0A])
    _ = world.services.intern(name)
    var journal = JournalWriter()
    let entry = journal.entry(of: .data(world.data()), in: SessionState())
    let text = try #require(entry)
    var reader = JournalReader()
    guard case .data(let mark)? = reader.entry(text)?.happening else {
      Issue.record("\(text) is no mark")
      return
    }
    #expect(mark.services == [name])
  }
}
