internal import EventModel
internal import Recording
public import Session

/// A recorded trail, as it lies in a session file: in the channel `/viewpoints` a JSON object for each step, with the
/// time when it was taken, the link that leads there, and what was shown (`KeyFrame`).
public enum TrailFile {
  static let topic = "/viewpoints"
  /// More steps are not read: somebody who moves once a second for a day takes fewer.
  private static let stepLimit = 100_000

  /// The key frame in a message; `nil` for what is none.
  static func frame(_ content: [UInt8], at time: Timestamp) -> KeyFrame? {
    KeyFrame(json: String(decoding: content, as: UTF8.self), readAt: time)
  }

  /// All of them, in order.
  static func frames(in reader: RecordingReader) -> [KeyFrame] {
    reader.messages(of: topic, limit: stepLimit).compactMap { frame($0.content, at: $0.time) }
  }

  /// The steps in the session file at `path`, in order; none where it is no session file, or nobody went anywhere.
  public static func steps(at path: String) -> [Footstep] {
    guard let reader = try? RecordingReader(path: path) else { return [] }
    var steps: [Footstep] = []
    // A frame without a move is no step.
    for frame in frames(in: reader) where frame.step.link != steps.last?.link { steps.append(frame.step) }
    return steps
  }
}
