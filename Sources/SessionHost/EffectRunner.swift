public import EventMatrix
internal import EventModel
public import LogFiles
public import Session

/// Does what the session asks of its sources, and answers with commands. Blocks: call it from a worker, or where
/// nobody waits.
public struct EffectRunner: Sendable {
  public let sources: LogSources

  public init(sources: LogSources) { self.sources = sources }

  /// The raw events of a list.
  public func events(_ request: EventRequest, isCancelled: () -> Bool = { false }) -> EventAnswer {
    var query = RawQuery(
      range: request.range, services: request.services.map(Set.init), severities: request.severities,
      filter: request.filter.isEverything ? nil : request.filter, limit: request.limit, end: .last,
      beyond: request.before)
    query.latest = request.latest
    query.knownBefore = request.knownBefore
    let answer = sources.events(matching: query, isCancelled: isCancelled)
    return EventAnswer(
      id: request.id, events: answer.events,
      hasEarlier: answer.events.count == request.limit
        && !(answer.isExact && answer.matchedCount <= request.limit),
      problems: answer.missing.map { ForeignText($0.sentence) }, services: sources.services)
  }

  /// The next (or previous) event that a search finds; from the other end on when there is none.
  ///
  /// - Parameter onProgress: called now and then with the share of the data looked at, once it takes long.
  public func find(
    _ request: FindRequest, isCancelled: () -> Bool = { false }, onProgress: (Double) -> Void = { _ in }
  ) -> FindAnswer {
    let from = request.isForward ? request.from.advanced(byNanoseconds: 1) : request.from
    let split = min(max(from, request.range.start), request.range.end)
    let earlier = TimeRange(start: request.range.start, end: split)
    let later = TimeRange(start: split, end: request.range.end)
    let ranges = request.isForward ? [later, earlier] : [earlier, later]
    var reports = Reports(firstMs: 150)
    for (index, range) in ranges.enumerated() where !range.isEmpty || range.end == .last {
      var query = RawQuery(
        range: range, services: request.services.map(Set.init), severities: request.severities,
        filter: request.filter, limit: 1, end: request.isForward ? .first : .last)
      query.knownBefore = request.knownBefore
      let answer = sources.events(matching: query, isCancelled: isCancelled) { share in
        if reports.isDue() { onProgress((share + Double(index)) / 2) }
      }
      if let event = answer.events.first {
        return FindAnswer(id: request.id, event: event, isWrapped: index == 1, services: sources.services)
      }
      if answer.isCancelled { break }
    }
    return FindAnswer(id: request.id, event: nil)
  }

  /// Counts what a filter lets through, from where an earlier count ended.
  ///
  /// - Parameter onProgress: called now and then with the matrix so far and the share of bytes looked at.
  public func count(
    _ request: CountRequest, into matrix: inout EventMatrix, from position: ScanPosition,
    isCancelled: () -> Bool = { false }, onProgress: (FilteredMatrix) -> Void = { _ in }
  ) -> ScanOutcome {
    var reports = Reports(firstMs: 20)
    var counted = matrix
    var query = RawQuery(filter: request.filter)
    query.knownBefore = request.knownBefore
    let outcome = sources.scan(
      query, from: position, isCancelled: isCancelled
    ) { columns, share in
      counted.add(columns)
      guard reports.isDue() else { return }
      onProgress(FilteredMatrix(id: request.id, matrix: counted, share: min(share, 0.99)))
    }
    matrix = counted
    return outcome
  }

  /// Everything an effect leads to at once, for front-ends without threads: `frame` and tests.
  public func answers(to effect: Effect) -> [Command] {
    switch effect {
    case .fetchEvents(let request): return [.events(events(request))]
    case .find(let request): return [.found(find(request))]
    case .count(let request?):
      var matrix = EventMatrix()
      _ = count(request, into: &matrix, from: .start)
      return [.filtered(FilteredMatrix(id: request.id, matrix: matrix, share: 1))]
    case .count(nil), .stopFinding, .toggleRecording, .copy, .chooseTheme, .chooseKeymap, .saveMarks,
      .saveViews, .repaint,
      .suspend, .quit:
      return []
    }
  }
}

/// When to say how far something is: once soon, then ten times a second.
private struct Reports {
  private var nextMs: Int64

  init(firstMs: Int64) { nextMs = WallClock.monotonicMs + firstMs }

  mutating func isDue() -> Bool {
    let nowMs = WallClock.monotonicMs
    guard nowMs >= nextMs else { return false }
    nextMs = nowMs + 100
    return true
  }
}

extension MissingEvents {
  /// Why some events of a list cannot be shown.
  var sentence: String {
    let events = eventCount == 1 ? "an event" : "up to \(eventCount) events"
    switch reason {
    case .changed(let time):
      return "source changed at \(time.rfc3339()): \(events) counted before cannot be shown"
    case .evicted: return "the spool has dropped \(events); a larger spool.limit keeps more"
    case .unreadable(let why): return "\(events) cannot be read again: \(why)"
    }
  }
}
