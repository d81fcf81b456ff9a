internal import Compression
internal import Crypto
internal import EventModel
internal import Glibc

/// The file that comes out of a redaction, on its way to the disk.
///
/// Chunks of the original stand in it as they are, or rebuilt. Its own audit records, and what is said about the chunks,
/// lie in chunks of their own behind every `spacing` of them. It has no name until it is whole and was looked through,
/// where the file system has files without a name.
struct RedactionWriter: ~Copyable {
  private static let spacing = 64

  let descriptor: Int32
  private let path: String
  /// It stands under its name from the start.
  private let isNamed: Bool
  private let key: SigningKey
  private var compressor = ZstdCompressor(level: 3)
  private var summary = FileSummary()
  private let auditChannel: MCAPChannel
  private let statementChannel: MCAPChannel
  private var offset: UInt64 = 0
  private var statements: [RedactionStatement] = []
  /// Of chunks that were written; each is tied to the one before when it is signed.
  private var audits: [AuditRecord] = []
  private var previousDigest = Digest.zero
  private var lastChunkDigest = Digest.zero
  private var sequences: [UInt16: UInt32] = [:]
  private var messageCount: UInt64 = 0
  private var eventCount: UInt64 = 0
  private var nextOffsets: [UInt16: UInt64] = [:]
  private var lastLogTime: UInt64 = 0

  /// - Parameters:
  ///   - channels: of the original, as they stand in the new file.
  ///   - original: the original's bytes up to behind its recorder's key, and where others go on, what names theirs.
  ///   - rules: in words, in their order.
  static func creating(
    _ path: String, library: String, key: consuming SigningKey, channels: [MCAPChannel], original: [[UInt8]],
    rules: [String]
  ) throws(RecordingError) -> RedactionWriter {
    let last = channels.map(\.id).max() ?? 0
    guard last < .max - 2 else {
      throw RecordingError(offset: 0, reason: "there are no numbers left for channels of its own")
    }
    let beginning = Self.beginning(library, key.publicKey, original, rules, last + 1)
    let (descriptor, isNamed) = try Self.make(path)
    var writer = RedactionWriter(descriptor, isNamed, path, key: key, firstChannel: last + 1)
    writer.summary.channels = channels + [writer.auditChannel, writer.statementChannel]
    writer.summary.metadata = [
      MCAPMetadataIndex(
        offset: beginning.metadata, byteCount: UInt64(beginning.bytes.count) - beginning.metadata,
        name: RecordingEncoder.metadataName)
    ]
    writer.previousDigest = Digest(of: beginning.bytes)
    try writer.write(beginning.bytes)
    return writer
  }

  private init(
    _ descriptor: Int32, _ isNamed: Bool, _ path: String, key: consuming SigningKey, firstChannel: UInt16
  ) {
    self.descriptor = descriptor
    self.isNamed = isNamed
    self.path = path
    self.key = key
    auditChannel = MCAPChannel(
      id: firstChannel, schemaID: 0, topic: RedactionStatement.auditTopic, messageEncoding: "triptych.audit",
      metadata: [])
    statementChannel = MCAPChannel(
      id: firstChannel + 1, schemaID: 0, topic: RedactionStatement.topic,
      messageEncoding: "triptych.redaction", metadata: [])
  }

  deinit { close(descriptor) }

  private static func beginning(
    _ library: String, _ key: PublicKey, _ original: [[UInt8]], _ rules: [String], _ auditChannel: UInt16
  ) -> (bytes: [UInt8], metadata: UInt64) {
    var packer = BytePacker()
    packer.append(MCAPFormat.magic)
    MCAPHeader(profile: RecordingEncoder.profile, library: library).append(to: &packer)
    let place = UInt64(packer.bytes.count)
    MCAPMetadata(
      name: RecordingEncoder.metadataName,
      pairs: [
        MCAPPair(key: "format", value: "\(RecordingEncoder.formatVersion)"),
        MCAPPair(key: "recorder", value: Hexadecimal.text(key.bytes)),
        MCAPPair(key: RecorderPart.auditKey, value: "\(auditChannel)"),
      ]
        + original.enumerated().map { number, bytes in
          MCAPPair(
            key: RecorderPart.originalKey + (number > 0 ? ".\(number)" : ""), value: Hexadecimal.text(bytes))
        } + rules.enumerated().map { MCAPPair(key: RecorderPart.ruleKey + "\($0)", value: $1) }
    ).append(to: &packer)
    return (packer.bytes, place)
  }

  private static func make(_ path: String) throws(RecordingError) -> (Int32, isNamed: Bool) {
    var status = stat()
    let isThere = lstat(path, &status) == 0
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    // `O_TMPFILE`, a sum that Swift does not see.
    let nameless = isThere ? -1 : open(folder, 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600)
    if nameless >= 0 { return (nameless, false) }
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw RecordingError(
        offset: 0, reason: "\(path) cannot be made", errorNumber: errno,
        remedy: errno == EEXIST ? "choose another name: a recording is never overwritten" : nil)
    }
    return (descriptor, true)
  }

  // MARK: - Chunks

  /// A chunk of the original as it is.
  mutating func append(
    _ record: [UInt8], _ index: MCAPChunkIndex, _ contents: ChunkContents, _ statement: RedactionStatement
  ) throws(RecordingError) {
    let indexes = contents.messageIndexes(at: offset + UInt64(record.count))
    var index = index
    index.chunkOffset = offset
    index.messageIndexOffsets = indexes.places
    index.messageIndexByteCount = UInt64(indexes.bytes.count)
    summary.chunks.append(index)
    for message in contents.messages { summary.count(1, of: message.channelID) }
    try appended(record + indexes.bytes, index, statement.digest, contents)
    try say(statement)
  }

  /// A chunk that was built anew; `statement` gets its digest.
  mutating func append(
    _ builder: inout ChunkBuilder, _ contents: ChunkContents, _ statement: RedactionStatement
  ) throws(RecordingError) {
    var statement = statement
    statement.digest = try seal(&builder, contents)
    try say(statement)
  }

  /// For tests: says something of a chunk that is not there.
  mutating func append(statementOnly statement: RedactionStatement) throws(RecordingError) {
    try say(statement)
  }

  private mutating func say(_ statement: RedactionStatement) throws(RecordingError) {
    statements.append(statement)
    if statements.count >= Self.spacing { try sign() }
  }

  /// What is waiting, in a chunk of its own.
  private mutating func sign() throws(RecordingError) {
    var builder = ChunkBuilder()
    builder.put(auditChannel)
    if !statements.isEmpty { builder.put(statementChannel) }
    for statement in statements { put(statement.content, statementChannel.id, &builder) }
    statements = []
    for var audit in audits {
      audit.previousDigest = previousDigest
      let (content, digest) = audit.sealed(with: key)
      previousDigest = digest
      put(content, auditChannel.id, &builder)
    }
    audits = []
    _ = try seal(&builder, nil)
  }

  private mutating func put(_ content: [UInt8], _ channel: UInt16, _ builder: inout ChunkBuilder) {
    builder.put(
      MCAPMessage(
        channelID: channel, sequence: sequences[channel, default: 0], logTime: lastLogTime,
        publishTime: lastLogTime, data: content))
    sequences[channel, default: 0] &+= 1
  }

  private mutating func seal(
    _ builder: inout ChunkBuilder, _ contents: ChunkContents?
  ) throws(RecordingError) -> Digest {
    let sealed: ChunkBuilder.Sealed
    let count = builder.messageCount
    do { sealed = try builder.seal(at: offset, with: &compressor) } catch {
      throw RecordingError(offset: offset, reason: "a chunk cannot be compressed (\(error.reason))")
    }
    summary.add(sealed)
    let digest = sealed.bytes[..<Int(sealed.index.chunkByteCount)].withUnsafeBytes { Digest(of: $0) }
    if contents == nil { messageCount += UInt64(count) }
    try appended(sealed.bytes, sealed.index, digest, contents)
    return digest
  }

  /// - Parameter contents: of the original's chunk.
  private mutating func appended(
    _ bytes: [UInt8], _ index: MCAPChunkIndex, _ digest: Digest, _ contents: ChunkContents?
  ) throws(RecordingError) {
    for message in contents?.messages ?? [] {
      messageCount += 1
      lastLogTime = max(lastLogTime, message.logTime)
      guard let channel = summary.channels.first(where: { $0.id == message.channelID }),
        channel.messageEncoding == SourceChannel.encoding,
        let block = contents.flatMap({ RecordedBlock(content: $0.records[message.data]) })
      else { continue }
      eventCount += UInt64(block.eventCount)
      nextOffsets[channel.id] = block.sourceEnd
    }
    audits.append(
      AuditRecord(
        chunkNumber: UInt64(summary.chunks.count - 1), chunkOffset: offset,
        chunkByteCount: index.chunkByteCount, chunkDigest: digest, chunkBeforeDigest: lastChunkDigest,
        previousDigest: .zero, messageCount: messageCount, eventCount: eventCount,
        nextOffsets: nextOffsets.sorted { $0.key < $1.key }.map {
          MCAPCount(channelID: $0.key, value: $0.value)
        }))
    lastChunkDigest = digest
    try write(bytes)
  }

  mutating func append(_ attachment: MCAPAttachment) throws(RecordingError) {
    var packer = BytePacker()
    attachment.append(to: &packer)
    summary.attachments.append(
      MCAPAttachmentIndex(
        offset: offset, byteCount: UInt64(packer.bytes.count), logTime: attachment.logTime,
        createTime: attachment.createTime, dataByteCount: UInt64(attachment.data.count),
        name: attachment.name, mediaType: attachment.mediaType))
    try write(packer.bytes)
  }

  // MARK: - The end

  /// Everything that is left, on the disk; still without a name.
  mutating func finish() throws(RecordingError) {
    // The last chunk holds nothing but what vouches for the one before.
    if !statements.isEmpty || audits.count > 1 { try sign() }
    if !audits.isEmpty { audits[audits.count - 1].isLast = true }
    try sign()
    try write(summary.tail(at: offset))
    try Disk.sync(descriptor, at: offset)
  }

  /// From here on it is there for others.
  func publish() throws(RecordingError) {
    guard !isNamed else { return }
    let result = Disk.restarted {
      linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW)
    }
    guard result == 0 else {
      throw RecordingError(
        offset: 0, reason: "\(path) cannot be made", errorNumber: errno,
        remedy: errno == EEXIST ? "choose another name: a recording is never overwritten" : nil)
    }
    let folder = open(
      path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Nothing of it is left.
  func discard() {
    if isNamed { unlink(path) }
  }

  private mutating func write(_ bytes: [UInt8]) throws(RecordingError) {
    try Disk.write(bytes, to: descriptor, at: offset)
    offset += UInt64(bytes.count)
  }
}
