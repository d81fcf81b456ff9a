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
    var link = SessionLink()
    let range = try options.range()
    link.from = range.start == .first ? nil : range.start
    link.to = range.end == .last ? nil : range.end
    link.services = options.selection.services
    link.severity = options.selection.severity
    link.filter = try options.selection.eventFilter() ?? .everything
    return link == SessionLink() ? nil : link
  }
}
