import EventMatrix
public import EventModel
import SceneGraph

/// The clock of a replay: it stands somewhere between the first event and the last, or runs.
///
/// It has two ways to go. In **event time** all is to be seen, and the cursor goes with the clock. **Known then** hides
/// what had not become known by the clock's time, and the cursor stays where it was put.
public struct Player: Hashable, Sendable {
  /// Seconds of the replay in a second.
  public static let speeds: [Double] = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 1000]
  /// A minute a second.
  static let usualSpeed = 7

  /// Where the clock stands.
  public internal(set) var head: Timestamp
  public internal(set) var isPlaying = false
  /// Into `speeds`.
  var speedIndex = Player.usualSpeed
  /// What had not become known is hidden.
  public internal(set) var hidesLater = false
  /// The person has left the recorded trail, and goes where they like.
  public internal(set) var isFree = false
  /// On the clock of the wall, up to when `head` has run.
  var movedAt: Timestamp

  public var speed: Double { Self.speeds[speedIndex] }

  /// `60x`, `0.25x`
  var speedLabel: String {
    let whole = Int(speed)
    return speed == Double(whole) ? "\(whole)x" : speed == 0.5 ? "0.5x" : "0.25x"
  }
}

// MARK: - What people do with it

extension SessionState {
  /// Shows the scrubber at the cursor's time, or takes it away; what is hidden stays so.
  mutating func togglePlayer(_ view: inout ViewState) -> [Effect] {
    guard view.player == nil else {
      view.player = nil
      keepCursorVisible(&view)
      return []
    }
    openPlayer(&view)
    return []
  }

  mutating func openPlayer(_ view: inout ViewState) {
    guard span != nil else {
      view.notice = Notice("nothing has been read that could be replayed", .caution)
      return
    }
    stopFollowing(&view)
    let column = TimeWindow(start: view.cursorTime, widthNs: view.window.widthNs)
    var player = Player(head: dice.knownBefore ?? column.start, movedAt: now)
    player.hidesLater = dice.knownBefore != nil
    view.player = player
    keepCursorVisible(&view)
  }

  /// From the end it begins anew.
  mutating func playOrPause(_ view: inout ViewState) -> [Effect] {
    if view.player == nil { openPlayer(&view) }
    guard let player = view.player, let end = replayEnd else { return [] }
    view.player?.isPlaying.toggle()
    view.player?.movedAt = now
    guard !player.isPlaying, player.head >= end, let start = span?.start else { return [] }
    view.player?.isFree = false
    return moveHead(&view, to: start)
  }

  func changeSpeed(_ view: inout ViewState, by steps: Int) {
    guard let player = view.player else { return }
    let index = player.speedIndex + steps
    guard Player.speeds.indices.contains(index) else {
      view.notice = Notice("\(player.speedLabel): there is no \(steps > 0 ? "faster" : "slower")", .caution)
      return
    }
    view.player?.speedIndex = index
  }

  /// By one column of time; a clock that runs stops.
  mutating func stepBucket(_ view: inout ViewState, by columns: Int) -> [Effect] {
    guard let player = view.player else { return [] }
    view.player?.isPlaying = false
    let column = TimeWindow(start: player.head, widthNs: view.window.widthNs)
    let isInside = column.start < player.head
    let step = columns < 0 && isInside ? columns + 1 : columns
    return moveHead(&view, to: column.shifted(byColumns: step).start)
  }

  /// To the next note's time, or the one before.
  mutating func stepNote(_ view: inout ViewState, by direction: Int) -> [Effect] {
    let here = view.player?.head ?? view.cursorTime
    let notes = notes.filter(isKnown)
    let times = notes.map(\.target.range.start).sorted()
    let next = direction > 0 ? times.first { $0 > here } : times.last { $0 < here }
    guard let next, let note = notes.first(where: { $0.target.range.start == next }) else {
      view.notice = Notice(
        notes.isEmpty ? "nobody has written a note here" : "no note \(direction > 0 ? "later" : "earlier")",
        .caution)
      return []
    }
    var effects: [Effect] = []
    if view.player != nil {
      view.player?.isPlaying = false
      effects = moveHead(&view, to: next)
    }
    view.cursorTime = next
    if let service = note.target.services?.first { view.cursorRow = .service(service) }
    stopFollowing(&view)
    revealCursor(&view)
    view.notice = Notice("note by \(note.author): \(note.text)", .strong)
    return effects + updateOpenList(&view)
  }

  /// Changes between the two clocks.
  mutating func toggleKnownThen(_ view: inout ViewState) -> [Effect] {
    guard let player = view.player, mayChangeSession(&view) else { return [] }
    view.player?.hidesLater = !player.hidesLater
    var dice = dice
    dice.knownBefore =
      player.hidesLater ? nil : TimeWindow(start: player.head, widthNs: view.window.widthNs).start
    // The newest that was known is where one looks.
    if let known = dice.knownBefore, view.cursorTime >= known, let start = span?.start {
      view.cursorTime = max(start, known.advanced(byNanoseconds: -1))
    }
    return setDice(dice, &view)
  }

  /// After a command of the person's own: in event time the clock is where the cursor is, and who goes elsewhere leaves
  /// the trail.
  func scrub(_ view: inout ViewState, movedFrom before: Place) {
    guard var player = view.player else { return }
    player.hidesLater = dice.knownBefore != nil
    // Undo has put it where it was.
    if view.cursorTime != before.cursorTime, !player.hidesLater, player.head == before.head {
      player.head = view.cursorTime
    }
    if !trail.isEmpty, !player.isFree, place(of: view) != before {
      player.isFree = true
      if view.trailStep != nil {
        view.notice = view.notice ?? Notice("off the trail; \(keyLabel(.trailNext)) goes on with it", .muted)
      }
    }
    view.player = player
  }
}

// MARK: - As it runs

extension SessionState {
  /// Some view's clock runs: who steps the session sends `.tick` ten times a second.
  public var isPlaying: Bool { views.contains { $0.player?.isPlaying == true } }

  /// Where there is nothing more to come.
  private var replayEnd: Timestamp? {
    guard let end = span?.end else { return nil }
    return max(end, trail.last.map { $0.time.advanced(byNanoseconds: 1) } ?? end)
  }

  /// Runs the clocks on to `now`.
  mutating func play() -> [Effect] {
    var effects: [Effect] = []
    for index in views.indices where views[index].player?.isPlaying == true {
      var view = views[index]
      effects += play(&view)
      views[index] = view
    }
    return effects
  }

  /// A program that was stopped, or a machine that slept, has not played.
  private static let longestLeapNs: Int64 = 1_000_000_000

  private mutating func play(_ view: inout ViewState) -> [Effect] {
    guard let player = view.player, let end = replayEnd else { return [] }
    let elapsedNs = min(max(0, now.nanoseconds &- player.movedAt.nanoseconds), Self.longestLeapNs)
    // Counting takes as long as it takes: the clock waits for it, so that every column is seen.
    guard !player.hidesLater || isCounted else { return [] }
    view.player?.movedAt = now
    let leapNs = Int64(Double(elapsedNs) * player.speed)
    let head = min(skippingIdle(player.head.advanced(byNanoseconds: leapNs), speed: player.speed), end)
    var effects: [Effect] = []
    if let step = trail.lastIndex(where: { $0.time > player.head && $0.time <= head }), !player.isFree {
      effects += takeStep(&view, step)
    }
    effects += moveHead(&view, to: head)
    if head >= end {
      view.player?.isPlaying = false
      view.notice = Notice("the end; \(keyLabel(.replayPlay)) begins anew", .muted)
    }
    return effects
  }

  /// Nobody waits for a step that was taken the next morning: it comes after a second.
  private func skippingIdle(_ head: Timestamp, speed: Double) -> Timestamp {
    guard let end = span?.end, head >= end, let next = trail.first(where: { $0.time > head }) else {
      return head
    }
    return max(head, next.time.advanced(byNanoseconds: -Int64(Double(Self.longestLeapNs) * speed)))
  }

  private mutating func takeStep(_ view: inout ViewState, _ step: Int) -> [Effect] {
    let effects = follow(trail[step].link, &view)
    view.trailStep = step
    view.notice = Notice("step \(step + 1) of \(trail.count)", .muted)
    return effects
  }

  /// The counts on screen are those of the clock's time.
  private var isCounted: Bool {
    dice.countsEveryEvent || filtered.map { $0.id == countRequestID && $0.share >= 1 } ?? false
  }

  private mutating func moveHead(_ view: inout ViewState, to time: Timestamp) -> [Effect] {
    guard let player = view.player, let span, let end = replayEnd else { return [] }
    let head = min(max(time, span.start), end)
    view.player?.head = head
    let count = max(1, plotColumnCount(view))
    // In known-then, the newest thing to look at is the column before the clock's.
    let lag: Int64 = player.hidesLater ? view.window.widthNs : 0
    let before = view.window.column(of: player.head.advanced(byNanoseconds: -lag))
    let isOnTrail = view.trailStep != nil && !player.isFree
    let takesCursor = player.hidesLater ? before == view.window.column(of: view.cursorTime) : !isOnTrail
    let shown = min(max(head.advanced(byNanoseconds: -lag), span.start), span.end.advanced(byNanoseconds: -1))
    if takesCursor { view.cursorTime = shown }
    // The window goes on by half when the clock leaves it.
    let column = view.window.column(of: shown)
    if !(0..<count).contains(column), takesCursor || (0..<count).contains(before) {
      view.window = view.window.shifted(byColumns: column - count / 2)
      if !(0..<count).contains(view.window.column(of: view.cursorTime)) { view.cursorTime = shown }
    }
    keepCursorVisible(&view)
    return player.hidesLater ? learnUp(to: head, &view) : updateOpenList(&view)
  }

  /// Whole columns, so that nothing is counted again in between. Until it is counted, what was known before stands there.
  private mutating func learnUp(to head: Timestamp, _ view: inout ViewState) -> [Effect] {
    let instant = TimeWindow(start: head, widthNs: view.window.widthNs).start
    guard instant != dice.knownBefore, mayChangeSession(&view) else { return [] }
    training?.knownBefore = instant
    let counts = filtered
    var dice = dice
    dice.knownBefore = instant
    let effects = changeDice(dice, by: view)
    filtered = counts
    return effects + updateOpenList(&view)
  }
}
