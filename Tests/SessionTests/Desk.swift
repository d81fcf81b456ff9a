import EventMatrix
import EventModel
import Foundation
import Incidents
import SceneGraph
import Testing

@testable import Session

/// A generator whose numbers are the same everywhere (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }

  /// `TRIPTYCH_SEED` runs one seed of a random test again.
  static func seeds(_ count: Int) -> [UInt64] {
    if let text = ProcessInfo.processInfo.environment["TRIPTYCH_SEED"], let seed = UInt64(text) {
      return [seed]
    }
    return (1...UInt64(count)).map { $0 }
  }
}

/// Events and what their sources are called: all there is in the world of a test.
struct World {
  var events: [Event] = []
  var services = ServiceTable()
  var sources: [SourceSummary] = [
    SourceSummary(id: SourceID(rawValue: 0), name: ForeignText("app.log"), layout: "ndjson")
  ]
  var gaps: [CoverageGap] = []

  /// 2026-11-23T03:00:00Z
  static let start = Timestamp(nanoseconds: 1_795_402_800_000_000_000)

  mutating func add(
    at seconds: Double, _ service: String, _ severity: Severity, _ message: String = "",
    source: UInt32 = 0, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    let position = EventPosition(source: SourceID(rawValue: source), byteOffset: Int64(events.count) * 100)
    let time = Self.start.advanced(byNanoseconds: Int64(seconds * 1e9))
    events.append(
      Event(
        time: time, service: services.intern(ForeignText(service)), severity: severity, position: position,
        message: ForeignText(message),
        fields: fields.map { EventField(name: ForeignText($0.key), value: ForeignText($0.value)) }))
  }

  func matrix(where holds: (Event) -> Bool = { _ in true }) -> EventMatrix {
    var matrix = EventMatrix(pendingLimit: 64)
    for source in Set(events.map(\.position.source)).sorted() {
      var columns = EventColumns(source: source)
      for event in events where event.position.source == source && holds(event) {
        columns.append(time: event.time, service: event.service, severity: event.severity)
      }
      matrix.add(columns)
    }
    for gap in gaps { matrix.add(gap) }
    return matrix
  }

  func data(isLive: Bool = false) -> SessionData {
    SessionData(matrix: matrix(), services: services, sources: sources, isLive: isLive)
  }

  func matches(_ filter: EventFilter, _ event: Event) -> Bool {
    filter.matches(event, serviceName: services[event.service])
  }

  /// Two sources, a tree of services and one without a name, bursts of errors, traces, a hole.
  static func random(_ numbers: inout SeededNumbers, eventCount: Int = 300) -> World {
    var world = World()
    world.sources.append(
      SourceSummary(id: SourceID(rawValue: 1), name: ForeignText("edge.log"), layout: "logfmt"))
    let names = ["shop/eu/cart", "shop/eu/pay", "shop/us/cart", "edge", "", "shop/eu", "edge/cdn\u{1B}[31m"]
    let spanSeconds = [2.0, 90, 3600, 400_000][numbers.below(4)]
    for _ in 0..<eventCount {
      let service = numbers.pick(names)
      let severity = numbers.pick(
        [.info, .info, .info, .debug, .warn, .error, .fatal, .unknown] as [Severity])
      let seconds = Double(numbers.below(1_000_000)) / 1_000_000 * spanSeconds
      world.add(
        at: seconds, service, severity, numbers.pick(["timeout of cart", "paid", "naïve \u{202E}text 日本"]),
        source: service.hasPrefix("edge") ? 1 : 0,
        ["status": "\(200 + 100 * numbers.below(4))", "trace_id": "t\(numbers.below(20))"])
    }
    let middle = start.advanced(byNanoseconds: Int64(spanSeconds * 4e8))
    let end = middle.advanced(byNanoseconds: Int64(spanSeconds * 1e8))
    world.gaps = [
      CoverageGap(source: SourceID(rawValue: 1), range: TimeRange(start: middle, end: end), reason: .dropped)
    ]
    return world
  }

  /// The demo's night, with the fields that filters ask for.
  static let checkoutIncident: World = {
    var world = World()
    for event in Incident.play(IncidentScenario.all[0]).events {
      let position = EventPosition(source: SourceID(rawValue: 0), byteOffset: Int64(world.events.count))
      let fields =
        (event.traceID.map { [EventField(name: ForeignText("trace_id"), value: ForeignText($0))] } ?? [])
        + [EventField(name: ForeignText("status"), value: ForeignText("\(event.status)"))]
      world.events.append(
        Event(
          time: event.time, service: world.services.intern(ForeignText(event.service.name)),
          severity: event.severity, position: position, message: .empty, fields: fields))
    }
    return world
  }()
}

/// A session whose world answers every effect at once, by the obvious method.
struct Desk {
  var state = SessionState()
  var world: World
  /// What came back from the session, in order.
  var effects: [Effect] = []
  static let first = ViewID(rawValue: 1)
  static let second = ViewID(rawValue: 2)

  init(
    _ world: World, columns: Int = 120, rows: Int = 36,
    configuration: SessionConfiguration = SessionConfiguration(themeNames: ["dark", "light"]),
    isLive: Bool = false
  ) {
    self.world = world
    apply(.configure(configuration))
    apply(.attach(Self.first, GridExtent(columns: columns, rows: rows)))
    apply(.data(world.data(isLive: isLive)))
  }

  mutating func apply(_ command: Command) {
    var waiting = state.apply(command)
    while !waiting.isEmpty {
      let effect = waiting.removeFirst()
      effects.append(effect)
      if let answer = answer(to: effect) { waiting += state.apply(answer) }
    }
  }

  mutating func press(_ names: CommandName..., argument: String? = nil, by view: ViewID = first) {
    for name in names { apply(.invoke(view, name, argument: argument)) }
  }

  mutating func type(_ text: String) {
    for character in text { apply(.typed(Self.first, character)) }
  }

  func answer(to effect: Effect) -> Command? {
    switch effect {
    case .fetchEvents(let request):
      let inside = world.events.filter { event in
        request.range.contains(event.time) && request.services?.contains(event.service) ?? true
          && request.severities.contains(event.severity) && world.matches(request.filter, event)
          && request.before.map { EventKey(event) < $0 } ?? true
          && request.knownBefore.map { event.time < $0 } ?? true
      }.sorted(by: Event.precedes)
      let shown = Array(inside.suffix(request.limit))
      return .events(EventAnswer(id: request.id, events: shown, hasEarlier: shown.count < inside.count))
    case .count(let request?):
      let matrix = world.matrix { event in
        world.matches(request.filter, event) && request.knownBefore.map { event.time < $0 } ?? true
      }
      return .filtered(FilteredMatrix(id: request.id, matrix: matrix, share: 1))
    case .find(let request):
      let hits = world.events.filter { event in
        request.services?.contains(event.service) ?? true && request.severities.contains(event.severity)
          && world.matches(request.filter, event)
          && (request.isForward ? event.time > request.from : event.time < request.from)
      }.sorted(by: Event.precedes)
      return .found(FindAnswer(id: request.id, event: request.isForward ? hits.first : hits.last))
    default: return nil
    }
  }

  var view: ViewState { view(Self.first) }
  func view(_ id: ViewID) -> ViewState {
    guard let view = state.view(id) else { preconditionFailure("view \(id.rawValue) is not attached") }
    return view
  }

  var scene: Scene { scene(Self.first) }
  func scene(_ id: ViewID) -> Scene {
    guard let scene = state.scene(for: id) else { preconditionFailure("view \(id.rawValue) is not attached") }
    return scene
  }

  /// The events that the dice lets through, by the slow way.
  var eventsInDice: [Event] {
    world.events.filter { event in
      state.dice.range?.contains(event.time) ?? true
        && state.dice.services.contains(world.services[event.service])
        && state.dice.severities.contains(event.severity) && world.matches(state.dice.filter, event)
    }
  }

  /// What a prompt complains about.
  var complaint: String? { view.prompt?.complaint?.string }
}

extension Scene {
  func pane(_ id: NodeID) -> Pane? { panes.last { $0.id == id } }

  func grid(_ id: NodeID) -> CellGrid? {
    for pane in panes {
      for case .cellGrid(let grid) in pane.nodes where grid.id == id { return grid }
    }
    return nil
  }

  func table(_ id: NodeID) -> Table? {
    for pane in panes {
      for case .table(let table) in pane.nodes where table.id == id { return table }
    }
    return nil
  }

  var markers: [Marker] {
    panes.flatMap(\.nodes).compactMap { node in
      if case .marker(let marker) = node { return marker }
      return nil
    }
  }

  /// All words of a pane, a line for each.
  func words(_ id: NodeID) -> String {
    guard let pane = pane(id) else { return "" }
    let lines = pane.nodes.flatMap { node -> [TextLine] in
      switch node {
      case .text(let block): block.lines
      case .table(let table): table.rows.map { $0.cells.flatMap { $0 } }
      case .axis(let axis): axis.ticks.map(\.label)
      default: []
      }
    }
    return ([pane.title] + lines).map { $0.map(\.text.string).joined() }.joined(separator: "\n")
  }
}

extension CellGrid {
  var sum: UInt64 { counts.reduce(0, +) }
}
