internal import Crypto
public import EventModel

/// A source in a session file.
public struct RecordedSource: Sendable {
  public var channel: SourceChannel
  /// Numbers of the chunks that hold something of it, ascending; a damaged index may name more.
  public var chunks: [Int]
  let channelID: UInt16
}

/// A block as it lies in a chunk.
public struct StoredBlock: Sendable {
  public var block: RecordedBlock
  /// When it became known.
  public var arrival: Timestamp
  /// Of its bytes, in the records of the chunk.
  public var place: Range<Int>
}

/// What a chunk holds of some sources.
public struct StoredChunk: Sendable {
  /// In order, with the number of the source that each belongs to.
  public var blocks: [(source: Int, block: StoredBlock)] = []
  /// By the number of a source, its messages that are no blocks.
  public var unreadableCounts: [Int: Int] = [:]
}

extension StoredBlock {
  /// `nil` where the message is none.
  fileprivate init?(_ message: StoredMessage, in contents: ChunkContents) {
    guard let block = RecordedBlock(content: contents.records[message.data]) else { return nil }
    self.init(
      block: block, arrival: Timestamp(unsigned: message.logTime),
      place: message.data.upperBound - block.bytes.count..<message.data.upperBound)
  }
}

extension RecordingReader {
  /// False: it was cut, or is still being written.
  public var isClosed: Bool { index.isClosed }

  /// Somebody took values out of it: `triptych redact`.
  public var holdsRedactions: Bool { channels.values.contains { $0.topic == RedactionStatement.topic } }

  /// The digest of the last link of its chain, in hexadecimal digits: a name for the file as it is now. `nil` without one.
  public var lastLink: String? { links(inChunks: index.chunks.indices.suffix(2)).last }

  /// Of all links, in order: those of every state of the file so far. Reads all of it.
  public var links: [String] { links(inChunks: index.chunks.indices[...]) }

  private func links(inChunks numbers: Range<Int>.SubSequence) -> [String] {
    let audit = index.auditChannel
    return numbers.flatMap { number -> [String] in
      guard let contents = try? contents(ofChunk: number) else { return [] }
      return contents.messages.filter { $0.channelID == audit }.map {
        Hexadecimal.text(Digest(of: Array(contents.records[$0.data])).bytes)
      }
    }
  }

  /// As its writer calls itself: `triptych` for ours.
  public var profile: String { index.header.profile }

  public var byteCount: UInt64 { bytes.byteCount }

  public var chunkCount: Int { index.chunks.count }

  /// Names of what lies in the file beside its channels.
  public var attachmentNames: [String] { index.attachments.map(\.name) }

  /// Earliest and latest `log_time`.
  public var times: ClosedRange<Timestamp>? {
    let withMessages = index.chunks.filter { $0.messageEnd > 0 }
    guard let first = withMessages.map(\.messageStart).min(), let last = withMessages.map(\.messageEnd).max()
    else { return nil }
    return Timestamp(unsigned: min(first, last))...Timestamp(unsigned: last)
  }

  /// Of events, as the first and the last chunks of every source say; `nil` where there are none. Reads those chunks.
  public var eventTimes: ClosedRange<Timestamp>? {
    let times = sources.flatMap { source in
      Set([source.chunks.first, source.chunks.last].compactMap(\.self)).flatMap { chunk in
        ((try? blocks(of: source, inChunk: chunk).blocks) ?? []).compactMap(\.block.times)
      }
    }
    guard let first = times.map(\.lowerBound).min(), let last = times.map(\.upperBound).max() else {
      return nil
    }
    return first...last
  }

  /// Places of the file where nothing can be read any more: first byte, byte behind, reason.
  public var holes: [(range: Range<UInt64>, reason: String)] { index.holes.map { ($0.range, $0.reason) } }

  /// Where a chunk begins in the file.
  public func offset(ofChunk number: Int) -> UInt64 {
    index.chunks.indices.contains(number) ? index.chunks[number].chunkOffset : bytes.byteCount
  }

  /// By their numbers. Of a file that was never closed, some chunks are read for it.
  public var sources: [RecordedSource] {
    channels.values.compactMap { channel in
      SourceChannel(channel).map {
        RecordedSource(channel: $0, chunks: chunks(of: channel.id), channelID: channel.id)
      }
    }.sorted { ($0.channel.number, $0.channelID) < ($1.channel.number, $1.channelID) }
  }

  /// Channels of other things than sources, by name, with the number of their messages. Reads all of the file.
  public var topics: [(name: String, messageCount: Int)] {
    let channels = channels.values.filter { SourceChannel($0) == nil }
    var counts: [UInt16: Int] = [:]
    for number in index.chunks.indices {
      guard let contents = try? contents(ofChunk: number) else { continue }
      for message in contents.messages { counts[message.channelID, default: 0] += 1 }
    }
    return channels.map { ($0.topic, counts[$0.id] ?? 0) }.sorted { $0.0 < $1.0 }
  }

  /// The messages of a channel by its name, in order, with their `log_time`; from damaged chunks none. Reads only the
  /// chunks that hold some.
  ///
  /// - Parameter limit: the last so many.
  public func messages(of topic: String, limit: Int) -> [(time: Timestamp, content: [UInt8])] {
    guard let id = channels.values.first(where: { $0.topic == topic })?.id else { return [] }
    var messages: [(time: Timestamp, content: [UInt8])] = []
    for number in chunks(of: id).reversed() where messages.count < limit {
      guard let contents = try? contents(ofChunk: number) else { continue }
      let found = contents.messages.filter { $0.channelID == id }
      messages += found.reversed().map { (Timestamp(unsigned: $0.logTime), Array(contents.records[$0.data])) }
    }
    return messages.prefix(limit).reversed()
  }

  /// Those declared outside of chunks, and of a file without a summary also those in them.
  var channels: [UInt16: MCAPChannel] {
    var channels = index.channels
    guard !index.isClosed else { return channels }
    for number in index.chunks.indices {
      let named = index.chunks[number].messageIndexOffsets.map(\.channelID)
      // The last one may have lost its indexes, and any that was only walked past may have damaged ones.
      let isSure = number < index.indexedChunkCount || Set(named).count == named.count && !named.isEmpty
      guard !isSure || named.contains(where: { channels[$0] == nil }) || number == index.chunks.count - 1
      else { continue }
      guard let contents = try? contents(ofChunk: number) else { continue }
      for channel in contents.channels where channels[channel.id] == nil { channels[channel.id] = channel }
    }
    return channels
  }

  /// Those that were found by a walk may hold something of every channel: no checksum guards their message indexes.
  private func chunks(of channelID: UInt16) -> [Int] {
    index.chunks.indices.filter { number in
      let offsets = index.chunks[number].messageIndexOffsets
      return offsets.isEmpty || number >= index.indexedChunkCount
        || offsets.contains { $0.channelID == channelID }
    }
  }

  /// The blocks of some sources in one chunk, in order.
  ///
  /// Throws when the chunk is damaged, or its records say that they take more than `byteLimit`.
  public func blocks(
    of sources: [RecordedSource], inChunk number: Int, byteLimit: UInt64 = .max
  ) throws(RecordingError) -> StoredChunk {
    let contents = try contents(ofChunk: number, byteLimit: min(byteLimit, ChunkContents.byteLimit))
    let numbers = Dictionary(sources.enumerated().map { ($1.channelID, $0) }) { first, _ in first }
    var chunk = StoredChunk()
    for message in contents.messages {
      guard let source = numbers[message.channelID] else { continue }
      if let block = StoredBlock(message, in: contents) {
        chunk.blocks.append((source, block))
      } else {
        chunk.unreadableCounts[source, default: 0] += 1
      }
    }
    return chunk
  }

  /// The blocks of a source in one chunk, in order. A message that is no block is left out and told.
  ///
  /// Throws when the chunk is damaged.
  public func blocks(
    of source: RecordedSource, inChunk number: Int
  ) throws(RecordingError) -> (blocks: [StoredBlock], unreadableCount: Int) {
    let chunk = try blocks(of: [source], inChunk: number)
    return (chunk.blocks.map(\.block), chunk.unreadableCounts[0] ?? 0)
  }

  /// All records of a chunk, decompressed, for `StoredBlock.place`.
  public func records(ofChunk number: Int) throws(RecordingError) -> [UInt8] {
    try contents(ofChunk: number).records
  }
}

extension Timestamp {
  /// As MCAP counts; what lies behind the last time there is, is that one.
  init(unsigned nanoseconds: UInt64) { self.init(nanoseconds: Int64(clamping: nanoseconds)) }
}
