public import Crypto
public import EventModel

/// A part of a session file as a file of its own: the blocks of its sources that touch a span of time, and all that
/// people did and noted.
///
/// Blocks are copied whole, with when they arrived, so a few events on either side come along. It is signed by whoever
/// cuts; the channel `/origin` says from which file, by its digest.
public struct RecordingCut: Hashable, Sendable {
  public private(set) var eventCount = 0
  /// Where chunks of the original could not be read: what lay in them is in no part of it.
  public private(set) var damages: [RecordingError] = []

  private static let chunkByteCount = 256 << 10
  private static let burstByteCount = 8 << 20

  /// Throws where there is a file at `output` already, where `path` is no session file with sources, and what the disk
  /// says.
  ///
  /// - Parameter now: when this is done, for the note of its origin.
  public init(
    of path: String, range: TimeRange, to output: String, library: String, now: Timestamp,
    key: consuming SigningKey
  ) throws(RecordingError) {
    let reader = try RecordingReader(path: path)
    guard !reader.sources.isEmpty else {
      throw RecordingError(
        offset: 0, reason: "there is no source in it to cut from",
        remedy: "see what is in it with triptych info")
    }
    var file = try RecordingFile(creating: output, library: library, key: key)
    try noteOrigin(reader, range, now, &file)
    let known = reader.channels
    var channels: [UInt16: UInt16] = [:]
    for number in 0..<reader.chunkCount {
      do throws(RecordingError) {
        let contents = try reader.contents(ofChunk: number)
        for message in contents.messages { copy(message, contents, known, range, &channels, &file) }
      } catch {
        damages.append(error)
      }
      if file.pendingByteCount >= Self.chunkByteCount { try file.seal() }
      if file.waitingByteCount >= Self.burstByteCount { try file.commit() }
    }
    try file.finish()
  }

  private mutating func copy(
    _ message: StoredMessage, _ contents: ChunkContents, _ known: [UInt16: MCAPChannel], _ range: TimeRange,
    _ channels: inout [UInt16: UInt16], _ file: inout RecordingFile
  ) {
    guard let channel = known[message.channelID], channel.topic != RecordingEncoder.auditTopic,
      channel.topic != AttachmentStatement.topic,
      channel.topic != RedactionStatement.topic, channel.topic != RedactionStatement.auditTopic
    else { return }
    let content = contents.records[message.data]
    var block: RecordedBlock?
    if channel.messageEncoding == SourceChannel.encoding {
      block = RecordedBlock(content: content)
      // Of a later version, or without events: nobody can tell that it does not belong to the span.
      if let times = block?.times, times.upperBound < range.start || times.lowerBound >= range.end { return }
    }
    let id = channels[channel.id] ?? file.channel(like: channel)
    channels[channel.id] = id
    let count = Int(block?.eventCount ?? 0)
    eventCount += count
    file.put(
      Array(content), to: id, logTime: message.logTime, publishTime: message.publishTime, eventCount: count,
      nextOffset: block?.sourceEnd)
  }

  private func noteOrigin(
    _ reader: RecordingReader, _ range: TimeRange, _ now: Timestamp, _ file: inout RecordingFile
  ) throws(RecordingError) {
    let channel = file.channel(topic: "/origin", encoding: "json", metadata: [])
    let digest = Hexadecimal.text(try reader.digest().bytes)
    let json =
      #"{"v":1,"cut_from":"\#(digest)","from":"\#(range.start.rfc3339())","to":"\#(range.end.rfc3339())"}"#
    let time = UInt64(max(0, now.nanoseconds))
    file.put(Array(json.utf8), to: channel, logTime: time, publishTime: time)
  }
}

extension RecordingReader {
  /// Of all bytes of the file.
  fileprivate func digest() throws(RecordingError) -> Digest {
    var digester = Digester()
    var place: UInt64 = 0
    while place < bytes.byteCount {
      let piece = try bytes.read(at: place, count: 1 << 20)
      guard !piece.isEmpty else { break }
      piece.withUnsafeBytes { digester.update($0) }
      place += UInt64(piece.count)
    }
    return digester.finish()
  }
}

extension RecordingFile {
  fileprivate mutating func channel(like channel: MCAPChannel) -> UInt16 {
    self.channel(
      topic: channel.topic, encoding: channel.messageEncoding,
      metadata: channel.metadata.map { ($0.key, $0.value) })
  }
}
