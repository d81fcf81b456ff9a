internal import Crypto
internal import EventModel

/// What a redacted file proves of the original: that its chunks are these, in this order, none left out before the last
/// one that the original vouches for; and that those which were not redacted are as they were signed. What was in the
/// others is not proven: there the word of whoever redacted stands.
public struct RedactionProof: Hashable, Sendable {
  /// Of the original's recorders, in the order in which they wrote it: Ed25519, 64 digits.
  public private(set) var originalKeys: [String] = []
  /// The original was a redacted file itself, so that its key is that of whoever redacted it first.
  public private(set) var isOfRedacted = false
  /// Chunks of the original.
  public private(set) var chunkCount = 0
  /// Of those: not as they were.
  public private(set) var redactedCount = 0
  /// The original's recorder had closed it, so that these are all of its chunks.
  public private(set) var isEndSigned = false
  /// Of the chunk behind the last one that is vouched for.
  private var endNumber = 0
  /// At the end, chunks for which the original's chain does not vouch.
  public private(set) var pendingCount = 0
  /// By which rules, in words, and at how many places.
  public private(set) var rules: [Rule] = []
  /// Where the statements are not true.
  var findings: [RecordingProof.Finding] = []

  public struct Rule: Hashable, Sendable {
    public var words: String
    public var placeCount: Int

    init(words: String, placeCount: Int) {
      self.words = words
      self.placeCount = placeCount
    }
  }

  private struct Chunk {
    var offset: UInt64
    var digest: Digest
    var holdsOnlyAudits: Bool
  }

  /// `nil` for a file that was not redacted. Reads all chunks.
  init?(_ part: RecorderPart, _ chunks: [MCAPChunkIndex], of bytes: some StoredBytes) throws(RecordingError) {
    let originals = part.originals
    guard let original = originals.first else { return nil }
    rules = part.rules.map { Rule(words: $0, placeCount: 0) }
    // As every recorder of ours numbers it.
    let auditChannel = original.auditChannel ?? 1
    var present: [Chunk] = []
    var isWhole = true
    var statements: [(RedactionStatement, UInt64)] = []
    for index in chunks {
      guard let contents = try? ChunkContents(bytes, index) else {
        isWhole = false
        continue
      }
      let own = contents.messages.filter { $0.channelID == part.statementChannel }
      let isOwn =
        !contents.messages.isEmpty
        && contents.messages.allSatisfy {
          $0.channelID == part.statementChannel || $0.channelID == part.auditChannel
        }
      for message in own where isOwn {
        guard let statement = RedactionStatement(content: contents.records[message.data]) else {
          add(index.chunkOffset, "a statement about a redacted chunk cannot be understood")
          continue
        }
        statements.append((statement, index.chunkOffset))
      }
      if isOwn { continue }
      let record = try bytes.read(index.chunkOffset..<index.chunkOffset + index.chunkByteCount)
      present.append(
        Chunk(
          offset: index.chunkOffset, digest: Digest(of: record),
          holdsOnlyAudits: contents.messages.allSatisfy { $0.channelID == auditChannel }))
    }
    for key in originals.map({ Hexadecimal.text($0.key.bytes) }) where !originalKeys.contains(key) {
      originalKeys.append(key)
    }
    isOfRedacted = !original.originals.isEmpty
    chunkCount = statements.count
    redactedCount = statements.count { $0.0.isRedacted }
    // Of a damaged file nobody can tell which chunk is missing here; the damage itself is told.
    if isWhole { compare(statements, present) }
    follow(statements, originals, present)
    for (statement, _) in statements {
      for (rule, count) in statement.placeCounts.enumerated() where rules.indices.contains(rule) {
        rules[rule].placeCount += Int(count)
      }
    }
  }

  private mutating func add(_ offset: UInt64, _ reason: String) {
    findings.append(RecordingProof.Finding(offset: offset, reason: reason))
  }

  /// Every chunk with what is said about it.
  private mutating func compare(_ statements: [(RedactionStatement, UInt64)], _ present: [Chunk]) {
    for (number, (statement, offset)) in statements.enumerated() {
      guard statement.number == UInt64(number) else {
        return add(offset, "the statement about chunk \(number) of the original is missing")
      }
      guard present.indices.contains(number) else {
        return add(offset, "chunk \(number) of the original is said to be here, and is not")
      }
      if statement.digest != present[number].digest {
        add(present[number].offset, "this is not what chunk \(number) of the original is said to have become")
      }
      if statement.isRedacted == statement.placeCounts.isEmpty {
        add(offset, "the statement about chunk \(number) of the original contradicts itself")
      }
    }
    for chunk in present.dropFirst(statements.count) {
      add(chunk.offset, "nothing is said about where this chunk comes from")
    }
  }

  /// The original's own chain, from recorder to recorder.
  private mutating func follow(
    _ statements: [(RedactionStatement, UInt64)], _ parts: [RecorderPart], _ present: [Chunk]
  ) {
    var parts = parts[...]
    guard var part = parts.popFirst() else { return }
    var previous = part.anchor(after: nil)
    var before = Digest.zero
    for (number, (statement, offset)) in statements.enumerated() {
      defer { before = statement.originalDigest }
      guard !statement.audit.isEmpty else {
        // Only the end of a file has none; there may be one such chunk, and one of audit records alone signs itself.
        guard number == statements.count - 1 else {
          return add(
            offset,
            isEndSigned
              ? "the original was closed before its chunk \(number + 1)"
              : "the original's audit record of chunk \(number) is missing")
        }
        return judgeEnd(statement, present.indices.contains(number) ? present[number] : nil, offset)
      }
      // Behind a signed end another recorder may have gone on.
      if isEndSigned, let next = parts.popFirst() {
        part = next
        previous = part.anchor(after: previous)
        isEndSigned = false
      }
      guard !isEndSigned else {
        return add(offset, "the original was closed before its chunk \(number)")
      }
      guard let audit = AuditRecord(content: statement.audit, signedBy: part.key) else {
        return add(offset, "the original's audit record of chunk \(number) is not signed by its recorder")
      }
      guard audit.chunkNumber == statement.number, audit.chunkOffset == statement.originalOffset,
        audit.chunkByteCount == statement.originalByteCount, audit.chunkDigest == statement.originalDigest,
        audit.chunkBeforeDigest == before, audit.previousDigest == previous
      else {
        return add(offset, "the original's audit record of chunk \(number) speaks of another chunk")
      }
      previous = Digest(of: statement.audit)
      isEndSigned = audit.isLast
      endNumber = number + 1
    }
  }

  /// The chunk for which no audit record vouches.
  private mutating func judgeEnd(_ statement: RedactionStatement, _ chunk: Chunk?, _ offset: UInt64) {
    if isEndSigned, UInt64(endNumber) != statement.number {
      isEndSigned = false
      return add(offset, "the original was closed before its chunk \(statement.number)")
    }
    if chunk?.holdsOnlyAudits == true, !statement.isRedacted { return }
    pendingCount = 1
    if isEndSigned { add(offset, "the original ended with signatures alone, and here is something else") }
  }
}

extension RecorderPart {
  static let auditKey = "audit"
  static let originalKey = "original"
  static let ruleKey = "redacted."

  /// The channel of the chain, where the file says that it is not the first one.
  var auditChannel: UInt16? { pair(Self.auditKey).flatMap { UInt16($0) } }

  /// Of a redacted file.
  var statementChannel: UInt16? { auditChannel.flatMap { $0 == .max ? nil : $0 + 1 } }

  var rules: [String] {
    var rules: [String] = []
    while let rule = pair(Self.ruleKey + "\(rules.count)") { rules.append(rule) }
    return rules
  }

  /// Who wrote the file that this one was redacted from, in order; empty where it was not, or nobody can tell.
  var originals: [RecorderPart] {
    guard let text = pair(Self.originalKey), let beginning = Hexadecimal.bytes(text) else { return [] }
    let bytes = MemoryBytes(bytes: beginning)
    var index = RecordingIndex()
    guard (try? index.walk(bytes, from: UInt64(MCAPFormat.magic.count))) != nil,
      let first = try? RecorderPart.all(in: bytes, index.metadata).first
    else { return [] }
    var parts = [first]
    while let text = pair(Self.originalKey + ".\(parts.count)"), let record = Hexadecimal.bytes(text) {
      let place = 0..<UInt64(record.count)
      guard var part = try? RecorderPart.all(in: MemoryBytes(bytes: record), [place]).first else { return [] }
      part.record = record
      parts.append(part)
    }
    return parts
  }

  private func pair(_ key: String) -> String? { pairs.first { $0.key == key }?.value }
}
