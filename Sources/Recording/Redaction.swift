public import Crypto
internal import EventModel
public import LogFormats

/// A session file without the values of some fields, signed by whoever took them out.
///
/// Chunks in which nothing changed are copied byte for byte, with the original's audit records in them. Of each other
/// one the original's digest and audit record stay, beside a signed statement: by which rules, how many places, and the
/// digest of what is there now. So order and count of the original's chunks stay proven, and the content of those that
/// are as they were; see `RedactionProof`.
public struct Redaction: Sendable {
  public private(set) var chunkCount = 0
  public private(set) var redactedChunkCount = 0
  /// By what they went, in the order of the rules, and at how many places.
  public private(set) var places: [RedactionProof.Rule]
  /// Different values that were taken out.
  public private(set) var valueCount = 0
  /// Of those: so short, or so common, that they went only where their field stands.
  public private(set) var fieldOnlyCount = 0
  /// Places where a value is a part of a time, and stays.
  public private(set) var keptPlaceCount = 0
  /// Fields that a pattern with `*` or `?` means and that stay, since they decide on time, service or severity.
  public private(set) var protectedFieldCount = 0
  /// Names of files within the file that are not in the new one, since what they say cannot be looked through.
  public private(set) var leftOutAttachments: [String] = []
  /// Those that are known by how they are written, whether they were taken out or not.
  public private(set) var secrets: [FoundSecrets] = []

  /// Known secrets in the session file at `path`. Reads all of it.
  public static func secrets(in path: String) throws(RecordingError) -> [FoundSecrets] {
    try RedactionSurvey(RecordingReader(path: path), RedactionRules(), dropsSecrets: false) { _, _ in [] }
      .secrets
  }

  /// Reads the file at `path` twice, and what was written once more, to look for each value that should be gone.
  ///
  /// Throws where `path` is no closed recording that is as it was signed, where something cannot be taken out without
  /// changing what is counted, where a value was found again, where there is a file at `output` already, and what the
  /// disk says. No file is left behind then.
  ///
  /// Memory: a chunk or two, and some 700 bytes for each different value.
  public init(
    of path: String, to output: String, rules: RedactionRules, dropsSecrets: Bool, library: String,
    key: consuming SigningKey
  ) throws(RecordingError) {
    let words =
      rules.rules.map { "\($0.action.rawValue) \($0.pattern)" } + (dropsSecrets ? ["drop known secrets"] : [])
      + ["drop letters typed and digests of screens"]
    places = words.map { RedactionProof.Rule(words: $0, placeCount: 0) }
    let reader = try RecordingReader(path: path)
    let original = try Self.original(path, reader)
    // Nobody keeps it: who has the new file cannot try values out.
    guard let hashKey = HashKey() else {
      throw RecordingError(
        offset: 0, reason: "there is no memory that can be locked for a key",
        remedy: "raise the limit with ulimit -l")
    }
    let survey = try RedactionSurvey(reader, rules, dropsSecrets: dropsSecrets) { value, action in
      action == .drop ? RedactionMark.dropped : RedactionMark.hash(hashKey.code(of: value.bytes))
    }
    secrets = survey.secrets
    valueCount = survey.values.values.count
    protectedFieldCount = survey.protectedFieldCount
    fieldOnlyCount = survey.values.values.count { !$0.isSearched }
    var run = try RedactionRun(reader, survey, rules, wordCount: words.count)
    var writer = try RedactionWriter.creating(
      output, library: library, key: key, channels: run.channels, original: original.beginnings,
      rules: words)
    do throws(RecordingError) {
      try write(&run, original.audits, &writer)
      try run.check(writer.descriptor, words)
      try writer.publish()
    } catch {
      writer.discard()
      throw error
    }
    keptPlaceCount = run.keptPlaceCount
  }

  private mutating func write(
    _ run: inout RedactionRun, _ audits: [UInt64: [UInt8]], _ writer: inout RedactionWriter
  ) throws(RecordingError) {
    for number in 0..<run.reader.chunkCount {
      let index = run.reader.index.chunks[number]
      let record = try run.reader.bytes.read(index.chunkOffset..<index.chunkOffset + index.chunkByteCount)
      let digest = Digest(of: record)
      var statement = RedactionStatement(
        number: UInt64(number), originalOffset: index.chunkOffset, originalByteCount: index.chunkByteCount,
        originalDigest: digest, digest: digest, placeCounts: [], audit: audits[UInt64(number)] ?? [])
      let contents = try run.reader.contents(ofChunk: number)
      if var changed = try run.redact(contents, number) {
        statement.placeCounts = changed.placeCounts.map { UInt32(clamping: $0) }
        try writer.append(&changed.chunk, contents, statement)
        for (rule, count) in changed.placeCounts.enumerated() { places[rule].placeCount += count }
        redactedChunkCount += 1
      } else {
        try writer.append(record, index, contents, statement)
      }
      chunkCount += 1
    }
    try run.finish()
    for attachment in run.reader.index.attachments {
      if let whole = run.clean(attachment) {
        try writer.append(whole)
      } else {
        leftOutAttachments.append(attachment.name)
      }
    }
    try writer.finish()
  }

  /// What the new file keeps of the original's chain: where its recorders begin, with their keys, and its audit records
  /// by the numbers of their chunks.
  private static func original(
    _ path: String, _ reader: RecordingReader
  ) throws(RecordingError) -> (beginnings: [[UInt8]], audits: [UInt64: [UInt8]]) {
    let proof = try RecordingProof(path: path)
    if let finding = proof.findings.first {
      throw RecordingError(
        offset: finding.offset, reason: "this is not as it was signed: \(finding.reason)",
        remedy: "only what is whole can be redacted; see triptych verify")
    }
    guard reader.isClosed else {
      throw RecordingError(
        offset: reader.byteCount, reason: "this recording was never closed",
        remedy: "close it first, with triptych repair FILE -o NEW")
    }
    let parts = try RecorderPart.all(in: reader.bytes, reader.index.metadata)
    guard let first = parts.first, parts.reduce(0, { $0 + $1.record.count }) <= 16_384 else {
      throw RecordingError(
        offset: 0, reason: "more recorders have written this file than can be named in a new one",
        remedy: "cut what is needed out with triptych cut, and redact that")
    }
    var audits: [UInt64: [UInt8]] = [:]
    // One that was redacted before has a chain of its own.
    let channel = first.auditChannel ?? reader.index.auditChannel
    for number in 0..<reader.chunkCount {
      let contents = try reader.contents(ofChunk: number)
      for message in contents.messages where message.channelID == channel {
        let content = Array(contents.records[message.data])
        for part in parts {
          guard let audit = AuditRecord(content: content, signedBy: part.key) else { continue }
          audits[audit.chunkNumber] = content
        }
      }
    }
    return (parts.map(\.record), audits)
  }
}
