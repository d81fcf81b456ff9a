internal import EventModel
internal import LogFiles
internal import Session
internal import SessionHost

/// What `open`, `frame` and `demo` have in common: from words on the command line to a session's start.
enum Opening {
  /// Reads everything to its present end; the session does the slicing.
  static func read(_ options: SourceOptions) throws -> EventReading {
    try EventReading.atRest(
      try options.reading.requiredSpecifications(), options: try options.reading.readingOptions()
    ).reported()
  }

  /// The place where `options` ask to start; `nil` when they ask for none.
  static func link(_ options: SourceOptions) throws -> SessionLink? {
    var link = try options.reading.link() ?? SessionLink()
    let selection = try options.eventSelection()
    link.services = selection.services
    link.severity = selection.severities == .all ? nil : selection.severities.severities.first
    link.filter = selection.filter ?? .everything
    return link == SessionLink() ? nil : link
  }

  /// The span that `--from` and `--to` restrict everything to; `nil` without them.
  static func slice(_ options: SourceOptions, now: Timestamp = WallClock.now) throws -> TimeRange? {
    let range = try options.range(now: now)
    return range == .everything ? nil : range
  }
}

/// What the only source says of whoever recorded it.
struct RecordedTrail {
  var steps: [Footstep] = []

  init(steps: [Footstep]) { self.steps = steps }

  /// Only names that end as recordings do are looked into: nobody else waits for it.
  init(_ specifications: [SourceSpecification]) {
    guard Self.isRecording(specifications), case .path(let path) = specifications[0] else { return }
    steps = TrailFile.steps(at: path)
  }

  static func isRecording(_ specifications: [SourceSpecification]) -> Bool {
    recording(specifications) != nil
  }

  /// The path of the only source, where it is a recording by its name.
  static func recording(_ specifications: [SourceSpecification]) -> String? {
    guard specifications.count == 1, case .path(let path) = specifications[0], path.hasSuffix(".mcap") else {
      return nil
    }
    return path
  }

  /// Where they left it.
  var end: SessionLink? { steps.last?.link }
}
