internal import EventModel
internal import Recording
public import Session

/// Notes as they lie in a session file: in the channel `/notes`, each change of one a JSON object.
public enum RecordedNotes {
  static let topic = "/notes"
  private static let changeLimit = 100_000

  /// Those that stand at the end of the session file at `path`, in the order in which they were first written; their
  /// links open that file. None where it is no session file.
  public static func notes(at path: String) -> [Note] {
    guard let reader = try? RecordingReader(path: path) else { return [] }
    var order: [String] = []
    var newest: [String: NoteChange] = [:]
    for message in reader.messages(of: topic, limit: changeLimit) {
      guard let change = NoteChange(json: String(decoding: message.content, as: UTF8.self)) else { continue }
      if newest.updateValue(change, forKey: change.note.id) == nil { order.append(change.note.id) }
    }
    return order.compactMap { newest[$0] }.filter { !$0.isDeleted }.map { $0.note.opening(path) }
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
