internal import Crypto
public import EventModel
public import LogFiles
public import Recording
internal import Session

/// A recorded session done again, and what came of it: whether every frame that was recorded is shown again.
public struct ReplayCheck: Sendable {
  /// Key frames that were compared.
  public private(set) var comparedCount = 0
  /// Those of them that show something else: when they were recorded, and after how many commands.
  public private(set) var differences: [(time: Timestamp, commandCount: Int)] = []
  /// Frames that cannot be compared, by reason.
  public private(set) var doubts: [String: Int] = [:]
  /// Commands that were done again.
  public private(set) var commandCount = 0
  /// Where the journal breaks off, for a person; `nil` where it is whole.
  public private(set) var breach: String?

  static let journalTopic = "/commands"
  private let isRedacted: Bool
  private static let entryLimit = 10_000_000

  /// Reads the whole file. Blocks.
  ///
  /// Throws when there is no such file, or it is no session file.
  public init(of path: String, options: ReadingOptions) throws(RecordingError) {
    let reader = try RecordingReader(path: path)
    let entries = reader.messages(of: Self.journalTopic, limit: Self.entryLimit)
    let frames = TrailFile.frames(in: reader)
    isRedacted = reader.holdsRedactions
    var replay = SessionReplay(over: RecordedWorld(path: path, options: options))
    var journal = JournalReader()
    var next = 0
    for entry in entries {
      compare(frames, &next, with: &replay)
      let text = String(decoding: entry.content, as: UTF8.self)
      guard let entry = journal.entry(text) else {
        breach = "command \(commandCount) cannot be read"
        break
      }
      replay.apply(entry)
      commandCount += 1
    }
    compare(frames, &next, with: &replay)
    for frame in frames[next...] { add("its commands are missing", of: frame) }
  }

  /// Those that were recorded after as many commands as have been done.
  private mutating func compare(
    _ frames: [KeyFrame], _ next: inout Int, with replay: inout SessionReplay<RecordedWorld>
  ) {
    while next < frames.count, frames[next].commandCount <= replay.count {
      let frame = frames[next]
      next += 1
      guard let digest = frame.digest else {
        add("recorded without a frame", of: frame)
        continue
      }
      if let doubt = replay.doubt {
        add(doubt, of: frame)
        continue
      }
      comparedCount += 1
      replay.tick(to: frame.step.time)
      let shown = replay.state.frameDigest(of: frame.view, leavingOutLists: frame.leavesOutLists)
      guard shown != digest else { continue }
      if isRedacted {
        comparedCount -= 1
        add("what it showed was redacted", of: frame)
      } else {
        differences.append((frame.step.time, frame.commandCount))
      }
    }
  }

  private mutating func add(_ reason: String, of frame: KeyFrame) {
    // A handful of reasons; each may name numbers of its own.
    let reason = doubts[reason] != nil || doubts.count < 20 ? reason : "other reasons"
    doubts[reason, default: 0] += 1
  }
}

extension SessionState {
  /// In hexadecimal digits; `nil` where there is nothing to compare.
  func frameDigest(of view: ViewID, leavingOutLists: Bool) -> String? {
    frameBytes(of: view, leavingOutLists: leavingOutLists).map { Hexadecimal.text(Digest(of: $0).bytes) }
  }
}
