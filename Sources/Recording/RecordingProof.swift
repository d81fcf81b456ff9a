internal import Crypto
internal import EventModel

/// What can be believed about a session file: which of its chunks are, byte for byte and in order, those that their
/// recorder has signed.
///
/// Proven is what messages say, and that none was left out, added or exchanged before the last chunk that is vouched
/// for; where the recorder has signed the end (`isEndSigned`), also that nothing came after it. Not proven: attachments,
/// and who holds the keys: a forger may sign with one of their own, so compare `recorders` with keys that you know. Indexes and summary
/// follow from the chunks; where they disagree is a finding.
public struct RecordingProof: Hashable, Sendable {
  public enum Standing: Hashable, Sendable {
    /// As it was signed.
    case vouched
    /// At the end of the file, before the chunk that would have vouched for it.
    case pending
    /// Its bytes are not what they were; nothing says that somebody meant it.
    case damaged(String)
    /// It can be read and is not what was signed, or never was.
    case refused(String)
  }

  public struct Chunk: Hashable, Sendable {
    /// In the file.
    public var range: Range<UInt64>
    public var standing: Standing
    /// Events said to be in the file up to here, if this is known.
    public var eventCount: UInt64?
    public var messageCount: Int
    /// Earliest and latest `log_time`; `nil` without messages.
    public var times: ClosedRange<UInt64>?
  }

  /// Somebody who wrote a part of the file.
  public struct Recorder: Hashable, Sendable {
    /// Ed25519, 64 digits.
    public var key: String
    public var chunks: Range<Int>
  }

  public struct Finding: Hashable, Sendable {
    public var offset: UInt64
    public var reason: String
  }

  /// In the order of the file.
  public internal(set) var chunks: [Chunk] = []
  public internal(set) var recorders: [Recorder] = []
  /// What is wrong, in the order of the file; empty when all is as it was signed.
  public internal(set) var findings: [Finding] = []
  /// It has its summary. Otherwise it was cut, or is still being written.
  public internal(set) var isClosed = false
  /// The recorder itself has closed it: nothing was cut off.
  public internal(set) var isEndSigned = false
  /// Of the format; recorders of the first one did not sign the end.
  public internal(set) var formatVersion = 1
  /// At the end of a file that was never closed, of a record that is not whole.
  public internal(set) var cutByteCount: UInt64 = 0
  /// They lie outside of chunks.
  public internal(set) var attachmentCount = 0
  /// Of them, those whose digest a chunk holds.
  public internal(set) var signedAttachmentCount = 0
  /// Of a redacted file: what is proven of the original.
  public internal(set) var redaction: RedactionProof?

  /// From the first on.
  public var vouchedChunkCount: Int { chunks.prefix { $0.standing == .vouched }.count }

  /// The latest `log_time` up to which every chunk is vouched for; `nil` when not even the first is.
  public var vouchedUntil: UInt64? {
    chunks.prefix(vouchedChunkCount).compactMap(\.times?.upperBound).max()
  }

  /// Closed, and every byte that carries meaning is as it was signed.
  public var isWhole: Bool {
    isClosed && findings.isEmpty && !chunks.isEmpty && vouchedChunkCount == chunks.count
      && (isEndSigned || formatVersion == 1)
  }

  /// Reads the whole file once. Memory: one chunk, and some 200 bytes for each.
  ///
  /// Throws when there is no such file, or it is no session file of ours.
  public init(path: String) throws(RecordingError) { try self.init(FileBytes(path: path)) }

  init(_ bytes: some StoredBytes) throws(RecordingError) {
    let opened = try RecordingIndex(bytes)
    var walked = RecordingIndex()
    try walked.walk(bytes, from: UInt64(MCAPFormat.magic.count))
    isClosed = opened.isClosed
    attachmentCount = walked.attachments.count
    var parts = try RecorderPart.all(in: bytes, walked.metadata)[...]
    var chain = AuditChain(auditChannel: parts.first?.auditChannel ?? opened.auditChannel)
    guard parts.first != nil else {
      throw RecordingError(
        offset: UInt64(MCAPFormat.magic.count), reason: "no recorder has put its key into this file",
        remedy: "only recordings that Triptych has written can be verified")
    }
    for index in walked.chunks {
      while let part = parts.first, part.range.upperBound <= index.chunkOffset {
        parts.removeFirst()
        chain.begin(part, at: chunks.count)
      }
      chunks.append(try chain.read(index, of: bytes))
    }
    for part in parts { chain.begin(part, at: chunks.count) }
    recorders = chain.recorders(chunkCount: chunks.count)
    chain.judge(&chunks, holes: walked.holes)
    isEndSigned = chain.isEndSigned(chunkCount: chunks.count)
    formatVersion = try RecorderPart.all(in: bytes, walked.metadata).first?.formatVersion ?? 1
    if !opened.isClosed, let last = walked.holes.last, last.range.upperBound == bytes.byteCount,
      last.range.lowerBound >= walked.dataEnd
    {
      // Cut in the middle of a record, as a crash does it.
      cutByteCount = last.range.upperBound - last.range.lowerBound
      walked.holes.removeLast()
    }
    findings = try chain.findings + findings(in: walked) + Self.derivedFindings(walked, opened, bytes)
    findings += try attachmentFindings(walked.attachments, chain.statements, bytes)
    // Whoever puts a key in the middle of a file wants chunks taken for somebody else's.
    for place in chain.unexplainedParts {
      findings.append(
        Finding(
          offset: place, reason: "another key stands here, in the middle of what a recorder has written"))
    }
    if let part = try RecorderPart.all(in: bytes, walked.metadata).first {
      redaction = try RedactionProof(part, walked.chunks, of: bytes)
      findings += redaction?.findings ?? []
    }
    findings.sort { $0.offset < $1.offset }
  }

  private mutating func attachmentFindings(
    _ attachments: [MCAPAttachmentIndex], _ statements: [AttachmentStatement], _ bytes: some StoredBytes
  ) throws(RecordingError) -> [Finding] {
    var findings: [Finding] = []
    for index in attachments {
      let own = statements.filter { $0.name == index.name }
      guard !own.isEmpty else { continue }
      if let attachment = try MCAPAttachment(at: index, in: bytes),
        own.contains(where: { $0.holds(for: attachment.data) })
      {
        signedAttachmentCount += 1
      } else {
        findings.append(
          Finding(offset: index.offset, reason: "an attachment is not the one that was signed for"))
      }
    }
    return findings
  }

  private func findings(in walked: RecordingIndex) -> [Finding] {
    walked.holes.map { Finding(offset: $0.range.lowerBound, reason: $0.reason) }
      + chunks.compactMap { chunk in
        switch chunk.standing {
        case .vouched, .pending: nil
        case .damaged(let reason), .refused(let reason):
          Finding(offset: chunk.range.lowerBound, reason: reason)
        }
      }
  }
}

extension RecordingIndex {
  /// The first one in files of ours, also where its declaration is lost.
  var auditChannel: UInt16 {
    channels.values.first { $0.topic == RecordingEncoder.auditTopic }?.id ?? 1
  }
}

/// Where somebody begins, or goes on, to write a file.
struct RecorderPart: Hashable {
  /// Of the metadata record that names the key.
  var range: Range<UInt64>
  var key: PublicKey
  /// What the first link of the chain behind it is tied to: everything before it in a new file, and the link before
  /// with the metadata record where an existing file goes on.
  var record: [UInt8]
  /// What else it says of the file.
  var pairs: [MCAPPair] = []

  /// 1 where it does not say.
  var formatVersion: Int { pairs.first { $0.key == "format" }.flatMap { Int($0.value) } ?? 1 }

  /// Names the link of the chain behind which a part goes on.
  static let afterKey = "after"

  static func all(
    in bytes: some StoredBytes, _ places: [Range<UInt64>]
  ) throws(RecordingError) -> [RecorderPart] {
    var parts: [RecorderPart] = []
    for place in places where place.count <= 1 << 16 {
      let record = try bytes.read(place)
      guard let head = RecordHead(record[...]), let metadata: MCAPMetadata = record.content(of: head, at: 0),
        metadata.name == RecordingEncoder.metadataName,
        let text = metadata.pairs.first(where: { $0.key == "recorder" })?.value,
        let key = Hexadecimal.bytes(text).flatMap({ PublicKey(bytes: $0) })
      else { continue }
      let before = parts.isEmpty ? try bytes.read(0..<min(place.lowerBound, 1 << 16)) : []
      parts.append(
        RecorderPart(range: place, key: key, record: before + record, pairs: metadata.pairs))
    }
    return parts
  }

  /// - Parameter last: of the link before; `nil` in a new file.
  func anchor(after last: Digest?) -> Digest { Self.anchor(record, after: last) }

  static func anchor(_ record: [UInt8], after last: Digest?) -> Digest {
    Digest(of: (last?.bytes ?? []) + record)
  }
}

/// The audit records of a file, and what they say about its chunks.
private struct AuditChain {
  private struct Link {
    var audit: AuditRecord
    var digest: Digest
    var part: Int
    /// The chunk it lies in.
    var holder: Int
  }

  private let auditChannel: UInt16
  private var parts: [(part: RecorderPart, firstChunk: Int)] = []
  private var digests: [Digest] = []
  private var holdsOnlyAudits: [Bool] = []
  private var links: [Link] = []
  private(set) var findings: [RecordingProof.Finding] = []
  private(set) var statements: [AttachmentStatement] = []

  init(auditChannel: UInt16) { self.auditChannel = auditChannel }

  mutating func begin(_ part: RecorderPart, at chunk: Int) { parts.append((part, chunk)) }

  func recorders(chunkCount: Int) -> [RecordingProof.Recorder] {
    parts.enumerated().map { number, each in
      let end = number + 1 < parts.count ? parts[number + 1].firstChunk : chunkCount
      return RecordingProof.Recorder(
        key: Hexadecimal.text(each.part.key.bytes), chunks: each.firstChunk..<end)
    }
  }

  /// What a chunk says by itself, and the links that lie in it.
  mutating func read(
    _ index: MCAPChunkIndex, of bytes: some StoredBytes
  ) throws(RecordingError) -> RecordingProof.Chunk {
    let range = index.chunkOffset..<index.chunkOffset + index.chunkByteCount
    var chunk = RecordingProof.Chunk(range: range, standing: .pending, messageCount: 0)
    let contents: ChunkContents
    do throws(RecordingError) {
      contents = try ChunkContents(bytes, index)
      digests.append(Digest(of: try bytes.read(range)))
    } catch {
      chunk.standing = .damaged(error.reason)
      digests.append(.zero)
      holdsOnlyAudits.append(false)
      return chunk
    }
    if let finding = try RecordingProof.indexFinding(contents, index, bytes) { findings.append(finding) }
    chunk.messageCount = contents.messages.count
    if let first = contents.messages.map(\.logTime).min(), let last = contents.messages.map(\.logTime).max() {
      chunk.times = first...last
    }
    let audits = contents.messages.filter { $0.channelID == auditChannel }
    holdsOnlyAudits.append(audits.count == contents.messages.count)
    let attachmentChannel = contents.channels.first { $0.topic == AttachmentStatement.topic }?.id
    statements += contents.messages.filter { $0.channelID == attachmentChannel }.compactMap {
      AttachmentStatement(Array(contents.records[$0.data]))
    }
    for audit in audits { add(Array(contents.records[audit.data]), at: range.lowerBound) }
    return chunk
  }

  private mutating func add(_ content: [UInt8], at offset: UInt64) {
    let holder = digests.count - 1
    // A part's first chunk may hold the last link of the part before.
    for part in parts.indices.reversed() {
      guard let audit = AuditRecord(content: content, signedBy: parts[part].part.key) else { continue }
      links.append(Link(audit: audit, digest: Digest(of: content), part: part, holder: holder))
      return
    }
    findings.append(
      RecordingProof.Finding(
        offset: offset, reason: "an audit record in this chunk is not signed by the recorder's key"))
  }

  /// The last link says that it is, and lies alone in the last chunk, right behind the chunk that it vouches for.
  func isEndSigned(chunkCount: Int) -> Bool {
    guard let last = links.last, last.audit.isLast, last.holder == chunkCount - 1 else { return false }
    return holdsOnlyAudits[last.holder]
  }

  /// Where a key stands that does not go on from where the recorder before it has closed the file.
  var unexplainedParts: [UInt64] {
    parts.indices.dropFirst().filter { number in
      let (part, firstChunk) = parts[number]
      guard let last = links.last(where: { $0.part == number - 1 }), last.audit.isLast,
        last.holder == firstChunk - 1
      else { return true }
      return part.pairs.first { $0.key == RecorderPart.afterKey }?.value
        != Hexadecimal.text(last.digest.bytes)
    }.map { parts[$0].part.range.lowerBound }
  }

  /// Compares every chunk that can be read with what was signed about it.
  mutating func judge(_ chunks: inout [RecordingProof.Chunk], holes: [RecordingHole]) {
    followLinks(chunks, holes)
    let byOffset = Dictionary(links.map { ($0.audit.chunkOffset, $0) }) { first, _ in first }
    let numbers = Dictionary(chunks.enumerated().map { ($1.range.lowerBound, $0) }) { first, _ in first }
    for link in links where numbers[link.audit.chunkOffset] == nil {
      findings.append(
        RecordingProof.Finding(
          offset: link.audit.chunkOffset, reason: "chunk \(link.audit.chunkNumber) was signed and is not here"
        ))
    }
    let lastVouched = links.compactMap { numbers[$0.audit.chunkOffset] }.max() ?? -1
    for number in chunks.indices where chunks[number].standing == .pending {
      let link = byOffset[chunks[number].range.lowerBound]
      chunks[number].eventCount = link?.audit.eventCount
      chunks[number].standing =
        link.map { standing(of: number, by: $0) }
        ?? standingWithoutLink(of: number, isLast: number > lastVouched, chunks, holes)
    }
  }

  private func standing(of number: Int, by link: Link) -> RecordingProof.Standing {
    link.audit.chunkDigest == digests[number]
      ? .vouched : .refused("the chunk can be read, but is not the one that was signed")
  }

  private func standingWithoutLink(
    of number: Int, isLast: Bool, _ chunks: [RecordingProof.Chunk], _ holes: [RecordingHole]
  ) -> RecordingProof.Standing {
    let end = chunks[number].range.upperBound
    // Its own link is lost with the chunk behind it; that one's link knows it too.
    let next = links.first { $0.audit.chunkOffset >= end }
    if let next, next.audit.chunkBeforeDigest == digests[number] { return .vouched }
    if isLast {
      // The end of a closed file: the link in it is signed by itself.
      let isSigned = links.contains { $0.holder == number }
      return holdsOnlyAudits[number] && isSigned ? .vouched : .pending
    }
    let until = next.map { chunks[$0.holder].range.lowerBound } ?? .max
    let isLinkLost =
      holes.contains { $0.range.lowerBound >= end && $0.range.lowerBound < until }
      || isDamaged(chunks[number + 1])
    return isLinkLost
      ? .damaged("the audit record of this chunk is lost with what is damaged behind it")
      : .refused("nothing vouches for this chunk, and yet for chunks behind it")
  }

  private func isDamaged(_ chunk: RecordingProof.Chunk) -> Bool {
    if case .damaged = chunk.standing { true } else { false }
  }

  /// Every link names the one before.
  private mutating func followLinks(_ chunks: [RecordingProof.Chunk], _ holes: [RecordingHole]) {
    var last: Link?
    for link in links {
      defer { last = link }
      let offset = chunks[link.holder].range.lowerBound
      let isFirstOfPart = last?.part != link.part
      if last?.audit.isLast == true, !isFirstOfPart {
        findings.append(.init(offset: offset, reason: "the recorder had closed the file before this chunk"))
      }
      if let last, last.part > link.part || last.audit.chunkNumber >= link.audit.chunkNumber {
        findings.append(
          .init(offset: offset, reason: "the audit record in this chunk stands where an earlier one did"))
        continue
      }
      let isNext = link.audit.chunkNumber == (last.map { $0.audit.chunkNumber + 1 } ?? 0)
      guard isNext else {
        if !isExplained(from: last?.holder ?? -1, to: link.holder, chunks, holes) {
          findings.append(
            .init(offset: offset, reason: "the audit record before the one in this chunk is missing"))
        }
        continue
      }
      let expected = isFirstOfPart ? parts[link.part].part.anchor(after: last?.digest) : last?.digest
      if expected != link.audit.previousDigest {
        findings.append(
          .init(
            offset: offset, reason: "the audit record in this chunk does not belong to what stands before it")
        )
      }
    }
  }

  /// A chunk that cannot be read lies between, or the hole that is left of it.
  private func isExplained(
    from first: Int, to last: Int, _ chunks: [RecordingProof.Chunk], _ holes: [RecordingHole]
  ) -> Bool {
    let start = first < 0 ? 0 : chunks[first].range.upperBound
    return holes.contains {
      $0.range.lowerBound >= start && $0.range.lowerBound < chunks[last].range.lowerBound
    }
      || chunks[(first + 1)..<last].contains(where: isDamaged)
  }
}
