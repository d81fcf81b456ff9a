internal import EventMatrix
internal import EventModel
internal import LogFiles
internal import Preferences
internal import Session

/// The sources of a session file as the recorded session had them, with its numbers of services and sources.
///
/// Memory: 17 bytes for each event.
struct RecordedWorld: ReplayWorld {
  private let runner: EffectRunner
  /// What is in the file, each source in its order.
  private var columns: [SourceID: EventColumns] = [:]
  private let gaps: [SourceGap]
  private let statuses: [SourceStatus]
  private let zones: (String) -> TimeZoneRules?
  /// As the recorded session numbered them.
  private var services = ServiceTable()
  private var sourceOf: [SourceID: SourceID] = [:]
  private var taken: [SourceID: Int] = [:]
  private var matrix = EventMatrix()

  /// Reads the session file at `path` to its end. Blocks.
  init(path: String, options: ReadingOptions) {
    var options = options
    options.follows = false
    options.countsEvents = false
    let gaps = Monitor<[SourceGap]>([])
    let sources = LogSources(options: options) { update in
      if case .gap(let gap) = update { gaps.withLock { $0.append(gap) } }
    }
    sources.open([.path(path)])
    sources.waitUntilRead()
    sources.close()
    var columns: [SourceID: EventColumns] = [:]
    _ = sources.scan(RawQuery()) { batch, _ in
      columns[batch.source, default: EventColumns(source: batch.source)].append(contentsOf: batch)
    }
    self.columns = columns
    self.gaps = gaps.withLock { $0 }
    statuses = sources.statuses
    runner = EffectRunner(sources: sources)
    zones = { LocalZone.named($0) ?? (LocalZone.ofProcess.name == $0 ? LocalZone.ofProcess : nil) }
  }

  func zone(named name: String) -> TimeZoneRules? { zones(name) }

  // MARK: Data

  mutating func data(at mark: DataMark) -> SessionData? {
    if mark.services.starts(with: services.names) {
      for name in mark.services.dropFirst(services.count) { _ = services.intern(name) }
    } else {
      services = ServiceTable()
      for name in mark.services { _ = services.intern(name) }
      (taken, matrix) = ([:], EventMatrix())
    }
    guard services.names == mark.services, takeSources(mark.sources), takeEvents(mark.sources) else {
      return nil
    }
    var data = SessionData(
      matrix: matrix, services: services, sources: mark.sources, loading: mark.loading, isLive: mark.isLive)
    data.hasEnded = mark.hasEnded
    return data
  }

  /// By name, those of one name in their order. False where one is missing that had events.
  private mutating func takeSources(_ recorded: [SourceSummary]) -> Bool {
    for source in recorded where sourceOf[source.id] == nil && source.eventCount > 0 {
      let known = Set(sourceOf.values)
      guard let here = statuses.first(where: { $0.name == source.name && !known.contains($0.id) }) else {
        return false
      }
      sourceOf[source.id] = here.id
    }
    return true
  }

  /// On to as many events of each as there were then. False where the file holds fewer.
  private mutating func takeEvents(_ recorded: [SourceSummary]) -> Bool {
    let isBehind = recorded.contains { (taken[$0.id] ?? 0) > $0.eventCount }
    if isBehind { (taken, matrix) = ([:], EventMatrix()) }
    let numbers = runner.sources.services.names.map { services.id(of: $0) }
    var isWhole = true
    for source in recorded where source.eventCount > taken[source.id] ?? 0 {
      guard let here = sourceOf[source.id], let all = columns[here], all.count >= source.eventCount else {
        return false
      }
      var new = EventColumns(source: source.id)
      for index in (taken[source.id] ?? 0)..<source.eventCount {
        guard all.services[index].index < numbers.count, let service = numbers[all.services[index].index]
        else {
          return false
        }
        new.append(
          time: Timestamp(nanoseconds: all.times[index]), service: service, severity: all.severities[index])
      }
      matrix.add(new)
      taken[source.id] = source.eventCount
      isWhole = isWhole && all.count == source.eventCount
    }
    if isWhole { for gap in gaps { matrix.add(gap) } }
    matrix.settle()
    return true
  }

  // MARK: Answers

  /// Of the whole file, also where it had not been read to its end then.
  func answer(to effect: Effect) -> Command? {
    switch effect {
    case .fetchEvents(var request):
      request.services = request.services.map { $0.compactMap(toFile).sorted { $0.index < $1.index } }
      var answer = runner.events(request)
      answer.events = answer.events.map(fromFile)
      answer.services = services
      return .events(answer)
    case .find(var request):
      request.services = request.services.map { $0.compactMap(toFile).sorted { $0.index < $1.index } }
      var answer = runner.find(request)
      answer.event = answer.event.map(fromFile)
      answer.services = services
      return .found(answer)
    case .count(let request?):
      var query = RawQuery(filter: request.filter)
      query.knownBefore = request.knownBefore
      let (numbers, sources) = (runner.sources.services.names.map { services.id(of: $0) }, sourceOf)
      var matrix = EventMatrix()
      _ = runner.sources.scan(query) { batch, _ in
        var columns = EventColumns(source: sources.first { $0.value == batch.source }?.key ?? batch.source)
        for index in 0..<batch.count {
          guard let service = numbers[batch.services[index].index] else { continue }
          columns.append(
            time: Timestamp(nanoseconds: batch.times[index]), service: service,
            severity: batch.severities[index])
        }
        matrix.add(columns)
      }
      return .filtered(FilteredMatrix(id: request.id, matrix: matrix, share: 1))
    default: return nil
    }
  }

  private func toFile(_ service: ServiceID) -> ServiceID? {
    runner.sources.services.id(of: services[service])
  }

  private func fromFile(_ event: Event) -> Event {
    var event = event
    event.service = services.id(of: runner.sources.services[event.service]) ?? event.service
    if let recorded = sourceOf.first(where: { $0.value == event.position.source })?.key {
      event.position.source = recorded
    }
    return event
  }
}

extension EventColumns {
  fileprivate mutating func append(contentsOf other: EventColumns) {
    other.times.withUnsafeBufferPointer { times in
      other.services.withUnsafeBufferPointer { services in
        other.severities.withUnsafeBufferPointer { append(times: times, services: services, severities: $0) }
      }
    }
  }
}
