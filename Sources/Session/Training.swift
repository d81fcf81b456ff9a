import EventMatrix
public import EventModel
public import SceneGraph

/// What a learner is to find out about a recorded incident, and what others found.
public struct TrainingPlan: Hashable, Sendable {
  /// Where the answer is known from, in words: a truth file, the recorded verdict, the end of the trail.
  public var origin: SafeText
  /// Where it began.
  public var service: ForeignText
  /// From its onset to its end; `nil` where nobody has said.
  public var range: TimeRange?
  /// `nil` where nobody has said.
  public var cause: ForeignText?
  /// Services that suffered from it.
  public var affected: [ForeignText] = []
  /// Where whoever recorded it went.
  public var trail: [Footstep] = []
  public var notes: [Note] = []

  public init(origin: SafeText, service: ForeignText, range: TimeRange? = nil, cause: ForeignText? = nil) {
    self.origin = origin
    self.service = service
    self.range = range
    self.cause = cause
  }
}

/// A learner at work: nothing later than the clock is to be seen, no note and no step, until they have answered.
struct Training: Hashable, Sendable {
  struct Answer: Hashable, Sendable {
    var service: ForeignText
    var time: Timestamp
    var cause: ForeignText
    /// On the clock of the wall, and on that of the replay.
    var givenAt: Timestamp
    var head: Timestamp
  }

  var plan: TrainingPlan
  /// On the clock of the wall.
  var startedAt: Timestamp
  /// What was known by the clock's time.
  var knownBefore: Timestamp
  /// Services in whose row the cursor stood, and when first.
  var visits: [ForeignText: Timestamp] = [:]
  var answer: Answer?
}

extension SessionState {
  /// A learner has not answered yet.
  var isTraining: Bool { training != nil && training?.answer == nil }

  /// When everything has been read: the clock stands a little behind the first event.
  mutating func beginTraining(_ view: inout ViewState) -> [Effect] {
    guard let plan = configuration.training, training == nil, data.loading == nil, let span else { return [] }
    let head = span.start.advanced(byNanoseconds: Int64(min(300_000_000_000, span.durationNs / 10)))
    view.hasActed = true
    if view.player == nil { openPlayer(&view) }
    fit(&view)
    view.player?.head = head
    view.player?.hidesLater = true
    let known = TimeWindow(start: head, widthNs: view.window.widthNs).start
    training = Training(plan: plan, startedAt: now, knownBefore: known)
    view.notice = Notice(
      "training: \(keyLabel(.replayPlay)) plays the night; on the cell where it began, \(keyLabel(.trainAnswer)) and why",
      .strong)
    var dice = dice
    dice.knownBefore = known
    // Where it began has been found out by then.
    view.cursorRow = nil
    view.order = .name
    view.cursorTime = max(span.start, known.advanced(byNanoseconds: -1))
    return setDice(dice, &view)
  }

  /// Says what may not be done before there is an answer.
  func refusesInTraining(_ name: CommandName, _ view: inout ViewState) -> Bool {
    guard isTraining else { return false }
    switch name {
    case .knownAtCursor, .knownAt, .replayToggle, .trailNext, .trailPrevious:
      view.notice = Notice("not in a training: first an answer, with \(keyLabel(.trainAnswer))", .caution)
      return true
    default: return false
    }
  }

  mutating func noteVisit(_ view: ViewState) {
    guard isTraining, let service = view.cursorRow?.path, training?.visits[service] == nil else { return }
    training?.visits[service] = now
  }

  /// The cell under the cursor, with a cause; then everything is shown.
  mutating func answerTraining(_ text: String, _ view: inout ViewState) -> [Effect] {
    guard var current = training else {
      view.notice = Notice("this is no training; begin one with: triptych train FILE.mcap", .caution)
      return []
    }
    guard current.answer == nil else {
      view.overlay = .training(firstLine: 0)
      return []
    }
    guard let service = view.cursorRow?.path, let head = view.player?.head else { return [] }
    current.answer = Training.Answer(
      service: service, time: view.cursorTime, cause: ForeignText(text), givenAt: now, head: head)
    training = current
    trail = current.plan.trail
    notes = current.plan.notes
    view.player?.isPlaying = false
    view.player?.hidesLater = false
    view.overlay = .training(firstLine: 0)
    var dice = dice
    dice.knownBefore = nil
    return setDice(dice, &view)
  }

  /// The answer beside what is known.
  func trainingLines(_ view: ViewState) -> [SafeText] {
    guard let training, let answer = training.answer else { return [] }
    let plan = training.plan
    let times = timeText(for: view)
    let clock = { (time: Timestamp) in
      TimeText(zone: times.zone, widthNs: 1_000_000_000).tick(time, within: self.span)
    }
    var lines: [SafeText] = [
      "Your answer, after \(Self.elapsed(training.startedAt, answer.givenAt)), with the clock at \(clock(answer.head)):",
      "  \(answer.service) at \(clock(answer.time))",
    ]
    if !answer.cause.isEmpty { lines.append("  \(answer.cause)") }
    lines += ["", "What is known (\(plan.origin)):", "  \(plan.service)" + span(of: plan, clock)]
    if let cause = plan.cause, !cause.isEmpty { lines.append("  \(cause)") }
    lines += ["", "Service: " + verdict(on: answer, plan)]
    if let range = plan.range { lines.append("Time: " + verdict(on: answer.time, range)) }
    lines.append(looked(training, answer))
    return lines + trailLines(training)
  }

  private func span(of plan: TrainingPlan, _ clock: (Timestamp) -> String) -> SafeText {
    guard let range = plan.range else { return .empty }
    return ", from \(clock(range.start)) to \(clock(range.end))"
  }

  private func verdict(on answer: Training.Answer, _ plan: TrainingPlan) -> SafeText {
    if answer.service == plan.service { return "right" }
    return plan.affected.contains(answer.service)
      ? "it suffered from it, but it did not begin there" : "no, it began in \(plan.service)"
  }

  private func verdict(on time: Timestamp, _ range: TimeRange) -> SafeText {
    if time < range.start { return "\(Self.elapsed(time, range.start)) before it began" }
    if time < range.end { return "right, \(Self.elapsed(range.start, time)) after it began" }
    return "\(Self.elapsed(range.end, time)) after it was over"
  }

  private func looked(_ training: Training, _ answer: Training.Answer) -> SafeText {
    guard let first = training.visits[training.plan.service] else {
      return "You never looked at \(training.plan.service)."
    }
    return
      "You first looked at \(training.plan.service) after \(Self.elapsed(training.startedAt, first)), and at \(counted(UInt64(training.visits.count), "service")) in all."
  }

  private func trailLines(_ training: Training) -> [SafeText] {
    let steps = training.plan.trail
    guard let start = steps.first?.time else { return [] }
    var lines: [SafeText] = [""]
    if let index = steps.firstIndex(where: { $0.link.place?.service == training.plan.service }) {
      lines.append(
        "Whoever recorded it first stood there after \(Self.elapsed(start, steps[index].time)), at step \(index + 1) of \(steps.count)."
      )
    } else {
      lines.append("Whoever recorded it never stood there, in \(steps.count) steps.")
    }
    var missed: [ForeignText] = []
    for service in steps.compactMap(\.link.place?.service)
    where training.visits[service] == nil && !missed.contains(service) { missed.append(service) }
    if !missed.isEmpty {
      let names = SafeText.joined(missed.prefix(8).map { SafeText($0) }, separator: ", ")
      lines.append("They looked at what you did not: \(names)\(missed.count > 8 ? " and others" : "")")
    }
    return lines
  }

  /// `12 s`, `4 min 12 s`, `2 h 5 min`
  private static func elapsed(_ start: Timestamp, _ end: Timestamp) -> String {
    let seconds = max(0, (end.nanoseconds &- start.nanoseconds) / 1_000_000_000)
    if seconds < 60 { return "\(seconds) s" }
    return seconds < 3600
      ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
  }
}
