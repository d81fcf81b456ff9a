public import Compression
public import Crypto
internal import EventModel

/// Turns what is to be recorded into the bytes of a session file, to be appended in the order in which they come.
///
/// A chunk is committed once the one after it, which holds its audit record, is durable. Memory: the chunk that is
/// being filled (twice while it is sealed) and 100 bytes for each chunk before it.
public struct RecordingEncoder: ~Copyable {
  public static let profile = "triptych"
  /// Of the files written here; a reader knows all versions up to its own.
  public static let formatVersion = 2
  static let metadataName = "triptych"
  static let auditTopic = "/audit"
  /// Chunks between two inline indexes: what a reader of an unclosed file has to walk at most.
  static let inlineIndexSpacing = 64

  private let key: SigningKey
  private var compressor = ZstdCompressor(level: 3)
  private var chunk = ChunkBuilder()
  private var summary = FileSummary()
  private var sequences: [UInt16: UInt32] = [:]
  private var nextOffsets: [UInt16: UInt64] = [:]
  private var eventCount: UInt64 = 0
  private var auditChannelID: UInt16 = 0
  /// Of the next byte to be given out.
  private var offset: UInt64 = 0
  private var previousDigest = Digest.zero
  private var lastChunkDigest = Digest.zero
  /// Of the last sealed chunk, for which nothing vouches yet.
  private var pendingAudit: AuditRecord?
  /// That chunk holds nothing but the audit record of the one before.
  private var endsWithAudit = false
  /// Of the message put in last.
  private(set) var lastLogTime: UInt64 = 0
  private var inlineIndexOffset: UInt64 = 0
  private var inlineChunkCount = 0

  /// - Parameter library: name and version of the program that writes.
  public init(library: String, key: consuming SigningKey) {
    self.library = library
    self.key = key
  }

  private let library: String

  /// Goes on in a closed file.
  init(library: String, key: consuming SigningKey, continuing file: FileContinuation) {
    self.init(library: library, key: key)
    summary = file.summary
    sequences = file.summary.messageCounts.mapValues { UInt32(truncatingIfNeeded: $0) }
    nextOffsets = Dictionary(file.audit.nextOffsets.map { ($0.channelID, $0.value) }) { $1 }
    eventCount = file.audit.eventCount
    auditChannelID = file.auditChannel
    offset = file.dataEnd
    previousDigest = file.auditDigest
    lastChunkDigest = file.lastChunkDigest
    lastLogTime = file.summary.chunks.last?.messageEnd ?? 0
    chunkBeforeLastDigest = file.audit.chunkDigest
  }

  private var chunkBeforeLastDigest = Digest.zero

  /// Bytes of the chunk that is being filled, before compression.
  public var pendingByteCount: Int { chunk.byteCount }
  /// There is something that the file does not hold yet, or holds without its audit record.
  public var hasUncommitted: Bool { !chunk.isEmpty || pendingAudit != nil && !endsWithAudit }

  /// The beginning of the file. To be called once, first.
  public mutating func start() -> [UInt8] {
    var packer = BytePacker()
    packer.append(MCAPFormat.magic)
    MCAPHeader(profile: Self.profile, library: library).append(to: &packer)
    let place = UInt64(packer.bytes.count)
    MCAPMetadata(
      name: Self.metadataName,
      pairs: [
        MCAPPair(key: "format", value: "\(Self.formatVersion)"),
        MCAPPair(key: "recorder", value: Hexadecimal.text(key.publicKey.bytes)),
      ]
    ).append(to: &packer)
    offset = UInt64(packer.bytes.count)
    summary.metadata.append(
      MCAPMetadataIndex(offset: place, byteCount: offset - place, name: Self.metadataName))
    previousDigest = Digest(of: packer.bytes)
    auditChannelID = channel(topic: Self.auditTopic, encoding: "triptych.audit", metadata: [])
    return packer.bytes
  }

  /// The beginning of a part of its own in a file that is gone on with: the key that signs it, and to which link of the
  /// chain it is tied. To be called once, first.
  mutating func startPart() -> [UInt8] {
    var packer = BytePacker()
    MCAPMetadata(
      name: Self.metadataName,
      pairs: [
        MCAPPair(key: "format", value: "\(Self.formatVersion)"),
        MCAPPair(key: "recorder", value: Hexadecimal.text(key.publicKey.bytes)),
        MCAPPair(key: RecorderPart.afterKey, value: Hexadecimal.text(previousDigest.bytes)),
        MCAPPair(key: "library", value: library),
      ]
    ).append(to: &packer)
    summary.metadata.append(
      MCAPMetadataIndex(offset: offset, byteCount: UInt64(packer.bytes.count), name: Self.metadataName))
    offset += UInt64(packer.bytes.count)
    previousDigest = RecorderPart.anchor(packer.bytes, after: previousDigest)
    // Nothing vouches yet for the chunk with which the file was closed.
    if let last = summary.chunks.last {
      pendingAudit = AuditRecord(
        chunkNumber: UInt64(summary.chunks.count - 1), chunkOffset: last.chunkOffset,
        chunkByteCount: last.chunkByteCount, chunkDigest: lastChunkDigest,
        chunkBeforeDigest: chunkBeforeLastDigest, previousDigest: previousDigest,
        messageCount: summary.messageCount, eventCount: eventCount,
        nextOffsets: nextOffsets.sorted { $0.key < $1.key }.map {
          MCAPCount(channelID: $0.key, value: $0.value)
        })
      endsWithAudit = true
    }
    return packer.bytes
  }

  /// The channel of this name that the file has already.
  func channelID(of topic: String) -> UInt16? { summary.channels.first { $0.topic == topic }?.id }

  /// A new channel's number. There may be 65,534.
  ///
  /// - Parameter metadata: in the order in which it is written; keys once each.
  public mutating func channel(
    topic: String, encoding: String, metadata: [(key: String, value: String)]
  ) -> UInt16 {
    let channel = MCAPChannel(
      id: UInt16(clamping: summary.channels.count + 1), schemaID: 0, topic: topic, messageEncoding: encoding,
      metadata: metadata.map { MCAPPair(key: $0.key, value: $0.value) })
    summary.channels.append(channel)
    chunk.put(channel)
    return channel.id
  }

  /// - Parameters:
  ///   - logTime: when it became known, in nanoseconds since 1970.
  ///   - publishTime: of the latest event in it.
  ///   - eventCount: how many events `data` holds.
  ///   - nextOffset: where the channel's source goes on behind it.
  public mutating func put(
    _ data: [UInt8], to channelID: UInt16, logTime: UInt64, publishTime: UInt64, eventCount: Int = 0,
    nextOffset: UInt64? = nil
  ) {
    // Each chunk says whose messages it holds, so that none is worth less when another is damaged. Audit records are
    // known by their number.
    if channelID != auditChannelID, !chunk.declares(channelID),
      let channel = summary.channels.first(where: { $0.id == channelID })
    {
      chunk.put(channel)
    }
    chunk.put(
      MCAPMessage(
        channelID: channelID, sequence: sequences[channelID, default: 0], logTime: logTime,
        publishTime: publishTime, data: data))
    sequences[channelID, default: 0] &+= 1
    if let nextOffset { nextOffsets[channelID] = nextOffset }
    self.eventCount += UInt64(eventCount)
    lastLogTime = logTime
  }

  /// The chunk that was being filled, with the audit record of the one before as its last message, and where it is due
  /// an inline index. With nothing put in since the last one: a chunk for that audit record alone.
  ///
  /// Throws when memory is short; what was put in is still there then.
  public mutating func seal() throws(CompressionError) -> [UInt8] {
    guard hasUncommitted else { return [] }
    return try sealed()
  }

  private mutating func sealed() throws(CompressionError) -> [UInt8] {
    let isAuditOnly = chunk.isEmpty
    if let audit = pendingAudit {
      let (content, digest) = audit.sealed(with: key)
      put(content, to: auditChannelID, logTime: lastLogTime, publishTime: lastLogTime)
      previousDigest = digest
      pendingAudit = nil
    }
    let sealed = try chunk.seal(at: offset, with: &compressor)
    summary.add(sealed)
    let record = sealed.bytes[..<Int(sealed.index.chunkByteCount)]
    let chunkDigest = record.withUnsafeBytes { Digest(of: $0) }
    pendingAudit = AuditRecord(
      chunkNumber: UInt64(summary.chunks.count - 1), chunkOffset: offset,
      chunkByteCount: sealed.index.chunkByteCount,
      chunkDigest: chunkDigest, chunkBeforeDigest: lastChunkDigest, previousDigest: previousDigest,
      messageCount: summary.messageCount, eventCount: eventCount,
      nextOffsets: nextOffsets.sorted { $0.key < $1.key }.map {
        MCAPCount(channelID: $0.key, value: $0.value)
      })
    lastChunkDigest = chunkDigest
    endsWithAudit = isAuditOnly
    offset += UInt64(sealed.bytes.count)
    return sealed.bytes + inlineIndexIfDue()
  }

  /// A file within the file, such as a schema or tiles of the matrix.
  ///
  /// - Parameter time: when it was made, in nanoseconds since 1970.
  public mutating func attach(_ data: [UInt8], name: String, mediaType: String, time: UInt64) -> [UInt8] {
    var packer = BytePacker()
    MCAPAttachment(logTime: time, createTime: time, name: name, mediaType: mediaType, data: data)
      .append(to: &packer)
    summary.attachments.append(
      MCAPAttachmentIndex(
        offset: offset, byteCount: UInt64(packer.bytes.count), logTime: time, createTime: time,
        dataByteCount: UInt64(data.count), name: name, mediaType: mediaType))
    offset += UInt64(packer.bytes.count)
    return packer.bytes
  }

  /// Everything that is left, an audit record which says that it is the last one, and the summary. Nothing may follow.
  public mutating func finish() throws(CompressionError) -> [UInt8] {
    var bytes = chunk.isEmpty ? [] : try sealed()
    if pendingAudit != nil {
      pendingAudit?.isLast = true
      bytes += try sealed()
    }
    return bytes + summary.tail(at: offset)
  }

  private mutating func inlineIndexIfDue() -> [UInt8] {
    guard summary.chunks.count - inlineChunkCount >= Self.inlineIndexSpacing else { return [] }
    let index = InlineIndex(
      previousOffset: inlineIndexOffset, messageCount: summary.messageCount,
      channels: summary.channels, attachments: summary.attachments,
      chunks: Array(summary.chunks[inlineChunkCount...]))
    let bytes = index.record
    inlineIndexOffset = offset
    inlineChunkCount = summary.chunks.count
    offset += UInt64(bytes.count)
    return bytes
  }
}
