public import Crypto
internal import EventModel
internal import Glibc
internal import Recording
public import Session

/// Notes as they lie in a session file: in the channel `/notes`, each change of one a JSON object.
public enum RecordedNotes {
  static let topic = "/notes"
  private static let changeLimit = 100_000

  /// Those that stand at the end of the session file at `path`, and those beside it, in the order in which they were
  /// first written; their links open that file. None where it is no session file.
  public static func notes(at path: String) -> [Note] {
    guard let reader = try? RecordingReader(path: path) else { return [] }
    var order: [String] = []
    var newest: [String: NoteChange] = [:]
    for content in messages(in: reader) + messages(beside: path, reader) {
      guard let change = NoteChange(json: String(decoding: content, as: UTF8.self)) else { continue }
      if newest.updateValue(change, forKey: change.note.id) == nil { order.append(change.note.id) }
    }
    return order.compactMap { newest[$0] }.filter { !$0.isDeleted }.map { $0.note.opening(path) }
  }

  private static func messages(in reader: RecordingReader) -> [[UInt8]] {
    reader.messages(of: topic, limit: changeLimit).map(\.content)
  }

  // MARK: - Writing

  /// Where a note was kept.
  public enum Home: Hashable, Sendable {
    case recording
    /// The recording cannot be gone on with: in a file beside it.
    case beside(String)
  }

  /// Keeps `change` in the closed session file at `path`, as a new part under `key`; where that cannot be written, in
  /// `NAME.notes.mcap` beside it, which belongs to this recording and to no other. It is on the disk when this returns.
  /// Costs up to six syncs.
  ///
  /// Throws when neither can be written.
  public static func keep(
    _ change: NoteChange, in path: String, library: String, key: () throws -> SigningKey
  ) throws -> Home {
    do {
      let file = try RecordingFile(continuing: path, library: library, key: try key())
      try put(change, into: file)
      return .recording
    } catch is RecordingError {
      let beside = besidePath(path)
      var file: RecordingFile
      if access(beside, F_OK) == 0 {
        guard let recording = try? RecordingReader(path: path), belongs(beside, to: recording) else {
          throw RecordingError(
            offset: 0, reason: "\(beside) holds the notes of another recording",
            remedy: "give it the name of its recording")
        }
        file = try RecordingFile(continuing: beside, library: library, key: try key())
      } else {
        let digest = try RecordingReader(path: path).lastLink ?? ""
        file = try RecordingFile(creating: beside, library: library, key: try key())
        let origin = file.channel(topic: originTopic, encoding: "json", metadata: [])
        let time = UInt64(max(0, WallClock.now.nanoseconds))
        file.put(
          Array(#"{"v":1,"notes_of":"\#(digest)"}"#.utf8), to: origin, logTime: time, publishTime: time)
      }
      try put(change, into: file)
      return .beside(beside)
    }
  }

  private static func put(_ change: NoteChange, into file: consuming RecordingFile) throws {
    var file = file
    let channel = file.channelID(of: topic) ?? file.channel(topic: topic, encoding: "json", metadata: [])
    let time = UInt64(max(0, WallClock.now.nanoseconds))
    file.put(Array(change.json.utf8), to: channel, logTime: time, publishTime: time)
    try file.finish()
  }

  // MARK: - Beside

  private static let originTopic = "/origin"

  /// `a.notes.mcap` for `a.mcap`.
  public static func besidePath(_ path: String) -> String {
    (path.hasSuffix(".mcap") ? String(path.dropLast(5)) : path) + ".notes.mcap"
  }

  /// None where they belong to another file: whoever exchanges a recording does not get its notes.
  private static func messages(beside path: String, _ recording: RecordingReader) -> [[UInt8]] {
    let beside = besidePath(path)
    guard belongs(beside, to: recording), let reader = try? RecordingReader(path: beside) else { return [] }
    return messages(in: reader)
  }

  /// Whether the notes at `path` were begun for `recording`, in this or an earlier state of it.
  private static func belongs(_ path: String, to recording: RecordingReader) -> Bool {
    guard let reader = try? RecordingReader(path: path),
      let origin = reader.messages(of: originTopic, limit: 1).first,
      let digest = JSONValue(text: String(decoding: origin.content, as: UTF8.self))?["notes_of"]?.string
    else { return false }
    return digest == recording.lastLink ?? "" || recording.links.contains(digest)
  }
}

extension Note {
  /// The same with links into the file at `path`.
  fileprivate func opening(_ path: String) -> Note {
    var note = self
    note.link.sources = [path]
    for index in note.evidence.indices { note.evidence[index].link.sources = [path] }
    return note
  }
}
