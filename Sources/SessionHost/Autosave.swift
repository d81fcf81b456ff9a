public import Crypto
public import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import Recording
internal import SceneGraph
public import Session

/// How a session came to be, so that it can be opened again: the words of the command line, and where they were said.
public struct SessionOrigin: Hashable, Sendable {
  /// Without the program's name.
  public var arguments: [String]
  /// The working directory, absolute.
  public var directory: String
  /// What was open, in words for a list.
  public var sourceNames: [String]
  /// Something was read that is gone once it was read: a pipe.
  public var readsPipe: Bool

  public init(arguments: [String], directory: String, sourceNames: [String], readsPipe: Bool) {
    self.arguments = arguments
    self.directory = directory
    self.sourceNames = sourceNames
    self.readsPipe = readsPipe
  }

  static let topic = "/session"

  var content: [UInt8] {
    func list(_ texts: [String]) -> String {
      "[" + texts.map(JSONValue.quoted).joined(separator: ",") + "]"
    }
    return Array(
      (#"{"v":1,"directory":\#(JSONValue.quoted(directory)),"arguments":\#(list(arguments)),"#
        + #""sources":\#(list(sourceNames)),"pipe":\#(readsPipe)}"#).utf8)
  }

  /// `nil` for what this version cannot open again.
  init?(_ content: [UInt8]) {
    guard let value = JSONValue(text: String(decoding: content, as: UTF8.self)),
      value["v"]?.integer == 1, let directory = value["directory"]?.string,
      let arguments = value["arguments"]?.array, let names = value["sources"]?.array
    else { return nil }
    self.init(
      arguments: arguments.compactMap(\.string), directory: directory,
      sourceNames: names.compactMap(\.string),
      readsPipe: value["pipe"]?.isTrue ?? false)
    guard self.arguments.count == arguments.count else { return nil }
  }
}

/// How a session is saved by itself: where it came from, where people went and what they wrote; never an event's bytes.
public struct AutosavePlan: Sendable {
  /// The older ones go when a new one begins.
  public static let fileCount = 20
  /// Of one file; a session that needs more goes on in another.
  static let fileLimit: UInt64 = 64 << 20

  /// Where the files are; made when the first one is.
  public var directory: String
  public var origin: SessionOrigin
  /// Steps of the session that is gone on with.
  public var earlier: [Footstep]
  /// Name and version of the program.
  public var library: String
  public var key: @Sendable () throws -> SigningKey

  public init(
    directory: String, origin: SessionOrigin, earlier: [Footstep] = [], library: String,
    key: @escaping @Sendable () throws -> SigningKey
  ) {
    self.directory = directory
    self.origin = origin
    self.earlier = earlier
    self.library = library
    self.key = key
  }

  /// Throws when there can be no such file.
  func start() throws -> Recorder {
    try StateStore.makeDirectory(directory)
    let now = WallClock.now
    let path = "\(directory)/\(SavedSession.name(at: now, process: getpid()))"
    let recorder = try Recorder(
      into: path, sources: nil, events: .none, sinceOpening: true, library: library, key: key)
    recorder.put(origin.content, topic: SessionOrigin.topic, time: now)
    for step in earlier {
      let frame = KeyFrame(
        view: ViewID(rawValue: 1), step: step, extent: GridExtent(columns: 0, rows: 0), commandCount: 0,
        digest: nil,
        leavesOutLists: false)
      recorder.put(Array(frame.json.utf8), topic: TrailFile.topic, time: step.time)
    }
    for old in SavedSession.all(in: directory).dropFirst(Self.fileCount) where !old.isOpen {
      unlink(old.path)
    }
    return recorder
  }
}

/// A session that was saved by itself.
public struct SavedSession: Hashable, Sendable {
  public let path: String
  /// When its file was begun.
  public let beginning: Timestamp
  /// The process that wrote it.
  private let process: pid_t

  /// Still being written, as far as can be told: its process, or one that got its number, is there.
  public var isOpen: Bool { process == getpid() || kill(process, 0) == 0 || errno == EPERM }

  /// `20261124T104400.123Z-4711.mcap`: sorts by time.
  static func name(at time: Timestamp, process: pid_t) -> String {
    let digits = time.rfc3339(fractionDigitCount: 3).filter { !"-:".contains($0) }
    return "\(digits)-\(process).mcap"
  }

  /// `nil` for a name that is none of ours.
  init?(name: String, in directory: String) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].hasSuffix(".mcap"), let process = pid_t(parts[1].dropLast(5)),
      process > 0,
      let time = Self.time(parts[0])
    else { return nil }
    path = directory + "/" + name
    beginning = time
    self.process = process
  }

  /// The newest first; files with other names are none.
  public static func all(in directory: String) -> [SavedSession] {
    FileSystem.system.list(directory).compactMap { SavedSession(name: $0, in: directory) }
      .sorted { ($0.beginning, $0.path) > ($1.beginning, $1.path) }
  }

  private static func time(_ digits: Substring) -> Timestamp? {
    let text = Array(digits)
    guard text.count >= 16, text[8] == "T" else { return nil }
    func part(_ range: Range<Int>) -> String { String(text[range]) }
    let date = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
    let time = "\(part(9..<11)):\(part(11..<13)):\(String(text[13...]))"
    guard case .instant(let instant)? = try? TimeExpression("\(date)T\(time)") else { return nil }
    return instant
  }

  /// How it came to be; `nil` where its file cannot tell any more.
  public var origin: SessionOrigin? {
    guard let reader = try? RecordingReader(path: path) else { return nil }
    return reader.messages(of: SessionOrigin.topic, limit: 1).lazy.compactMap { SessionOrigin($0.content) }
      .first
  }

  /// Where people went, in order.
  public var steps: [Footstep] { TrailFile.steps(at: path) }

  /// As they stood at its end.
  public var notes: [Note] { RecordedNotes.notes(at: path) }
}
