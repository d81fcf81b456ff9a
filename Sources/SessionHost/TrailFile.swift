internal import EventModel
internal import LogFormats
internal import Recording
public import Session

/// A recorded trail, as it lies in a session file: in the channel `/viewpoints` a JSON object for each step, with the
/// time when it was taken and the link that leads there.
public enum TrailFile {
  static let topic = "/viewpoints"
  /// More steps are not read: somebody who moves once a second for a day takes fewer.
  private static let stepLimit = 100_000

  /// One step as a message.
  static func content(_ step: Footstep, view: ViewID) -> [UInt8] {
    // A link holds no character that JSON would escape.
    Array(
      #"{"v":1,"time":"\#(step.time.rfc3339())","view":\#(view.rawValue),"link":"\#(step.link)"}"#.utf8)
  }

  /// `nil` for what is no step, or one that this version cannot follow.
  static func step(_ content: [UInt8], at time: Timestamp) -> Footstep? {
    let options = DecodingOptions(modificationTime: time, defaultService: ForeignText("trail"))
    guard let layout = LogLayout(name: "ndjson") else { return nil }
    var decoder = RecordDecoder(LogDecoder(layout: layout, options: options, source: SourceID(rawValue: 0)))
    let reading = content.withUnsafeBytes { decoder.event(in: $0, at: 0) }
    guard case .event(let event)? = reading,
      let text = event.fields.first(where: { $0.name == ForeignText("link") })?.value,
      let link = try? SessionLink(text.repaired)
    else { return nil }
    return Footstep(time: event.time, link: link)
  }

  /// The steps in the session file at `path`, in order; none where it is no session file, or nobody went anywhere.
  public static func steps(at path: String) -> [Footstep] {
    guard let reader = try? RecordingReader(path: path) else { return [] }
    return reader.messages(of: topic, limit: stepLimit).compactMap { step($0.content, at: $0.time) }
  }
}
