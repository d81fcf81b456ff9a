internal import EventModel
internal import LogFormats

/// What all readers of a session share: the sources, the service numbers, the way out, and when it is over.
final class Hub: Sendable {
  let options: ReadingOptions
  private let onUpdate: @Sendable (SourceUpdate) -> Void
  let closing = ClosingSignal()
  private let state = Monitor(State())
  /// Held while an update is handed over, so that they come one at a time. The value is how many services have
  /// been told.
  private let delivery = Monitor(0)

  private struct State {
    var sources: [Source] = []
    var services = ServiceTable()
    var openingProblems: [SourceProblem] = []
    /// Files that were opened, so that none is counted twice.
    var identities: [FileIdentity: ForeignText] = [:]
    /// Sources and opening jobs that have not reached their present end.
    var unreadCount = 0
  }

  init(options: ReadingOptions, onUpdate: @escaping @Sendable (SourceUpdate) -> Void) {
    self.options = options
    self.onUpdate = onUpdate
  }

  var sources: [Source] { state.withLock { $0.sources } }
  var services: ServiceTable { state.withLock { $0.services } }
  var openingProblems: [SourceProblem] { state.withLock { $0.openingProblems } }

  func add(specification: SourceSpecification, name: ForeignText) -> Source {
    state.withLock { state in
      let id = SourceID(rawValue: UInt32(state.sources.count))
      let source = Source(id: id, specification: specification, name: name)
      state.sources.append(source)
      return source
    }
  }

  /// - Returns: the name under which the file is open already, if it is.
  func claim(_ identity: FileIdentity, name: ForeignText) -> ForeignText? {
    state.withLock { state in
      if let first = state.identities[identity] { return first }
      state.identities[identity] = name
      return nil
    }
  }

  func isClaimed(_ identity: FileIdentity) -> Bool { state.withLock { $0.identities[identity] != nil } }

  // MARK: Being read

  func beginReading() { state.withLock { $0.unreadCount += 1 } }

  func endReading() {
    let isLast = state.withLock { state in
      state.unreadCount -= 1
      return state.unreadCount == 0
    }
    if isLast { tell(.allAtRest) }
    // Waiters are woken after the update, so that they find everything told.
    state.withLock(wakes: true) { _ in }
  }

  func waitUntilRead(timeoutMs: Int?) -> Bool {
    func isRead(_ state: inout State) -> Void? { state.unreadCount == 0 || closing.isSet ? () : nil }
    guard let timeoutMs else {
      state.wait(for: isRead)
      return true
    }
    return state.wait(timeoutMs: timeoutMs, for: isRead) != nil
  }

  func close() {
    closing.set()
    state.withLock(wakes: true) { _ in }
  }

  // MARK: Telling

  func tell(_ update: SourceUpdate) {
    delivery.withLock { _ in
      if !closing.isSet { onUpdate(update) }
    }
  }

  func tell(openingProblem problem: SourceProblem) {
    state.withLock { $0.openingProblems.append(problem) }
    tell(.problem(problem))
  }

  /// Calls `body` while no update is handed over.
  func betweenUpdates<Result>(_ body: () -> Result) -> Result { delivery.withLock { _ in body() } }

  /// Hands over what has service numbers made by `number`; new names go first.
  func tell(counted update: SourceUpdate) { deliver { update } }

  /// Hands over what `body` returns in one go with what it does: nobody sees the one without the other.
  func deliver(_ body: () -> SourceUpdate?) {
    delivery.withLock { toldCount in
      guard let update = body(), !closing.isSet else { return }
      let services = services
      if services.count > toldCount {
        toldCount = services.count
        onUpdate(.services(services))
      }
      onUpdate(update)
    }
  }

  /// Extends `map` to all services of a decoder.
  func number(_ names: [ForeignText], into map: inout [ServiceID]) {
    guard map.count < names.count else { return }
    let known = map.count
    map += state.withLock { state in names[known...].map { state.services.intern($0) } }
  }
}
