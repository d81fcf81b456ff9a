public import Crypto
internal import EventModel
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session

/// How a session records, when it is asked to.
public struct RecordingPlan: Sendable {
  /// Where files go that nobody has named; `nil` where there is no such place.
  public var directory: String?
  public var events: Recorder.Events
  /// Name and version of the program.
  public var library: String
  public var key: @Sendable () throws -> SigningKey

  public init(
    directory: String?, events: Recorder.Events = .range, library: String,
    key: @escaping @Sendable () throws -> SigningKey
  ) {
    self.directory = directory
    self.events = events
    self.library = library
    self.key = key
  }

  /// A name that no earlier recording has: the time in UTC.
  func path(at time: Timestamp) throws -> String {
    guard let directory else {
      throw Problem(
        at: SourceLine(file: "recordings"), "there is no place for recordings",
        remedy: "set HOME or XDG_STATE_HOME, or start with --record FILE")
    }
    try StateStore.makeDirectory(directory)
    let digits = time.rfc3339(fractionDigitCount: 3).filter { !"-:.".contains($0) }
    return "\(directory)/\(digits).mcap"
  }
}

extension Recorder.Status {
  /// For a person: what is in which file.
  public var words: String {
    let count = "\(savedEventCount) event\(savedEventCount == 1 ? "" : "s")"
    return hasEnded && pause == nil
      ? "recorded \(count): \(path)"
      : "recorded \(count), not closed (\(pause ?? "the disk takes too long")): \(path)"
  }
}

extension SessionLoop {
  /// How to record when somebody asks for it.
  public func plan(_ plan: RecordingPlan) { recording.plan(plan) }

  /// Saves what people do by itself, from their first key on.
  public func autosave(_ plan: AutosavePlan) { recording.autosave(plan) }

  /// Somebody records: the session goes on although nobody looks.
  public var isRecording: Bool { recording.isRecording }

  /// Records from the start on. Throws when the file cannot be made.
  public func record(into path: String, _ plan: RecordingPlan) throws {
    try recording.start(into: path, sources, plan, sinceOpening: true)
  }
}
