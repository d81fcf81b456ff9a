internal import EventModel
internal import LogFiles
internal import Recording

/// What the recorder's thread works with: one file at a time, and what goes into it.
final class RecorderRun {
  private var file: RecordingFile
  private var copier: SourceCopier?
  private var topics: [String: UInt16] = [:]
  private var sourceChannels: [SourceID: UInt16] = [:]
  /// Put since the last commit and since the one before: what a file that fails may have lost.
  private var newMessages: [Recorder.Message] = []
  private var committedMessages: [Recorder.Message] = []
  private(set) var pause: String?
  /// The end of the file waits for the disk: nothing may come behind it.
  private var isFinishing = false

  init(_ file: consuming RecordingFile, copier: SourceCopier?) {
    self.file = file
    self.copier = copier
  }

  var isPaused: Bool { pause != nil }
  var isAbandoned: Bool { file.isAbandoned }
  var savedEventCount: UInt64 { file.savedEventCount }
  var durableByteCount: UInt64 { file.durableByteCount }
  var waitingByteCount: Int { file.waitingByteCount }

  /// Events outside of it are not copied; `nil` copies none.
  var range: TimeRange? {
    get { copier?.range }
    set { if let newValue { copier?.range = newValue } }
  }

  func takeProblems() -> [SourceProblem] { copier?.takeProblems() ?? [] }

  /// Goes on in another file, with everything that is not safe in the one before; sources are copied anew.
  func begin(_ file: consuming RecordingFile, copier: SourceCopier?) {
    let range = self.copier?.range
    self.file = file
    self.copier = copier
    if let range { copier?.range = range }
    topics = [:]
    sourceChannels = [:]
    isFinishing = false
    let messages = committedMessages + newMessages
    (committedMessages, newMessages) = ([], [])
    for message in messages { put(message) }
  }

  func put(_ message: Recorder.Message) {
    let channel =
      topics[message.topic] ?? file.channel(topic: message.topic, encoding: "json", metadata: [])
    topics[message.topic] = channel
    let time = Self.unsigned(message.time)
    file.put(message.content, to: channel, logTime: time, publishTime: time)
    newMessages.append(message)
  }

  /// What is new in the sources, in chunks of about `chunk` bytes; to the disk each time `burst` bytes wait.
  func copy(now: Timestamp, chunk: Int, burst: Int) throws(RecordingError) {
    guard !isFinishing else { return }
    var failure: RecordingError?
    copier?.copy { piece in
      do throws(RecordingError) {
        put(piece, now: now)
        if file.pendingByteCount >= chunk { try file.seal() }
        if file.waitingByteCount >= burst { try commit() }
      } catch {
        failure = error
      }
      return failure == nil
    }
    if let failure { throw failure }
  }

  private func put(_ piece: SourceCopier.Piece, now: Timestamp) {
    guard let channel = channel(of: piece.source) else { return }
    let latest = piece.block.times?.upperBound
    file.put(
      piece.block.content, to: channel,
      logTime: Self.unsigned(piece.block.isAtRest ? latest ?? now : now),
      publishTime: Self.unsigned(latest ?? now), eventCount: Int(piece.block.eventCount),
      nextOffset: piece.end)
  }

  private func channel(of source: SourceID) -> UInt16? {
    if let known = sourceChannels[source] { return known }
    guard let described = copier?.channel(of: source) else { return nil }
    let channel = file.channel(
      topic: described.topic, encoding: SourceChannel.encoding, metadata: described.metadata)
    sourceChannels[source] = channel
    return channel
  }

  func commit() throws(RecordingError) {
    try file.commit()
    committedMessages = newMessages
    newMessages = []
  }

  /// - Parameter tiles: asked for at the first attempt.
  func finish(at now: Timestamp, tiles: () -> RecordedTiles?) throws(RecordingError) {
    if !isFinishing, let bytes = tiles()?.bytes {
      try file.attach(
        bytes, name: RecordedTiles.name, mediaType: RecordedTiles.mediaType, time: Self.unsigned(now))
    }
    isFinishing = true
    try file.finish()
  }

  /// Does `body`; what the disk refuses is a pause. Returns whether it was done.
  func attempt(_ body: () throws(RecordingError) -> Void) -> Bool {
    do throws(RecordingError) {
      try body()
      pause = nil
      return true
    } catch {
      pause = error.description
      return false
    }
  }

  private static func unsigned(_ time: Timestamp) -> UInt64 { UInt64(max(0, time.nanoseconds)) }
}
