import EventMatrix
public import EventModel
public import SceneGraph

/// What a recorded session is replayed over: the sources as they are in its file.
public protocol ReplayWorld {
  /// The data as it was at `mark`; `nil` where it cannot be made again.
  mutating func data(at mark: DataMark) -> SessionData?
  /// What comes back for a list, a search or a count; `nil` for effects that nothing comes back for.
  mutating func answer(to effect: Effect) -> Command?
  /// `nil` where this machine knows no such zone.
  func zone(named name: String) -> TimeZoneRules?
}

/// A recorded session, done again command by command: the same commands over the same data lead to the same scenes.
public struct SessionReplay<World: ReplayWorld> {
  public private(set) var state: SessionState
  public private(set) var world: World
  /// Entries applied.
  public private(set) var count = 0
  /// Asked for, and not given up.
  private var requests: [UInt64: Effect] = [:]
  private var doubts: [String: String] = [:]
  private var isEstimated = false
  private var tickedAt: Timestamp?

  /// - Parameter defersDetails: as it was where the session was recorded; true for every live one.
  public init(over world: World, defersDetails: Bool = true) {
    self.world = world
    state = SessionState(defersDetails: defersDetails)
  }

  /// Why what is on screen need not be what was; `nil` where it must.
  public var doubt: String? { doubts.min { $0.key < $1.key }?.value }

  public mutating func apply(_ entry: JournalEntry) {
    count += 1
    if case .command(.configure(let configuration)) = entry.happening {
      return apply(.configure(zoned(configuration)))
    }
    tick(to: entry.time)
    switch entry.happening {
    case .tick: break
    case .command(let command):
      if isEstimated, command.isPersons { doubts["estimate"] = "somebody acted on estimated counts" }
      apply(command)
    case .data(let mark): apply(mark)
    case .answer(let mark): apply(mark)
    }
  }

  /// The session's clock goes on: before a frame is compared, to when that was shown.
  public mutating func tick(to time: Timestamp) {
    guard time != tickedAt else { return }
    tickedAt = time
    apply(.tick(time))
  }

  private mutating func apply(_ command: Command) {
    for effect in state.apply(command) {
      switch effect {
      case .fetchEvents(let request): requests[request.id] = effect
      case .find(let request): requests[request.id] = effect
      case .count(let request?): requests[request.id] = effect
      default: break
      }
    }
  }

  private mutating func zoned(_ configuration: SessionConfiguration) -> SessionConfiguration {
    var configuration = configuration
    if let zone = world.zone(named: configuration.zone.name) {
      configuration.zone = zone
    } else {
      doubts["zone"] = "this machine does not know the zone \(configuration.zone.name)"
    }
    return configuration
  }

  private mutating func apply(_ mark: DataMark) {
    isEstimated = !mark.isExact
    doubts["data"] = nil
    if isEstimated { doubts["data"] = "the counts were estimated" }
    guard let data = world.data(at: mark) else {
      doubts["data"] = "the file does not hold all events that were read"
      return
    }
    apply(.data(data))
  }

  private mutating func apply(_ mark: AnswerMark) {
    guard let effect = requests[mark.id], let answer = world.answer(to: effect) else { return }
    let count: Int
    switch answer {
    case .events(let answer): count = answer.events.count
    case .found(let answer): count = answer.event == nil ? 0 : 1
    case .filtered(let answer): count = answer.matrix.eventCount
    default: return
    }
    doubts[mark.kind.rawValue] =
      count == mark.eventCount ? nil : "\(mark.eventCount) events came back then, \(count) now"
    apply(answer)
  }
}

extension Command {
  fileprivate var isPersons: Bool {
    switch self {
    case .invoke, .typed, .point: true
    default: false
    }
  }
}

extension SessionState {
  /// What `view` shows as bytes to compare: without a recording's own mark, and without raw events
  /// where these were read from sources that grew meanwhile.
  ///
  /// `nil` while what frames cost is on screen, which no replay can show again.
  public func frameBytes(of id: ViewID, leavingOutLists leavesOutLists: Bool) -> [UInt8]? {
    guard view(id)?.showsStats == false else { return nil }
    var plain = self
    plain.recording = nil
    return plain.scene(for: id)?.canonicalBytes(leavingOut: leavesOutLists ? ["events", "event"] : [])
  }
}

/// Where a view stood, what it showed, and after which commands: a key frame of a recorded session.
public struct KeyFrame: Hashable, Sendable {
  public var view: ViewID
  public var step: Footstep
  public var extent: GridExtent
  /// Entries of the journal before it.
  public var commandCount: Int
  /// BLAKE2b-256 of `frameBytes`, in hexadecimal digits; `nil` where there was nothing to compare.
  public var digest: String?
  public var leavesOutLists: Bool

  public init(
    view: ViewID, step: Footstep, extent: GridExtent, commandCount: Int, digest: String?, leavesOutLists: Bool
  ) {
    self.view = view
    self.step = step
    self.extent = extent
    self.commandCount = commandCount
    self.digest = digest
    self.leavesOutLists = leavesOutLists
  }

  /// As it lies in the channel `/viewpoints`.
  public var json: String {
    let frame = digest.map { #","frame":"\#($0)","frame-version":\#(Scene.canonicalVersion)"# } ?? ""
    return
      #"{"v":1,"time":"\#(step.time.rfc3339(fractionDigitCount: 9))","view":\#(view.rawValue),"link":\#(JSONValue.quoted("\(step.link)"))"#
      + #","columns":\#(extent.columns),"rows":\#(extent.rows),"commands":\#(commandCount)\#(frame)"#
      + (leavesOutLists ? #","lists":false}"# : "}")
  }

  /// `nil` for what is none; what an earlier version wrote has no frame to compare.
  public init?(json: String, readAt time: Timestamp) {
    guard let value = JSONValue(text: json), value["v"]?.integer == 1,
      let link = value["link"]?.string.flatMap({ try? SessionLink($0) })
    else { return nil }
    step = Footstep(time: JournalReader.time(value["time"]) ?? time, link: link)
    view = ViewID(rawValue: value["view"]?.integer.flatMap(UInt32.init(exactly:)) ?? 1)
    extent = GridExtent(
      columns: Int(clamping: value["columns"]?.integer ?? 0), rows: Int(clamping: value["rows"]?.integer ?? 0)
    )
    commandCount = Int(clamping: value["commands"]?.integer ?? 0)
    let isComparable = value["frame-version"]?.integer == Int64(Scene.canonicalVersion)
    digest = isComparable ? value["frame"]?.string : nil
    leavesOutLists = value["lists"] == .word("false")
  }
}
