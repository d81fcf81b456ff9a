import Compression
import Crypto
import EventModel
import Foundation
import LogFormats
import Testing

@testable import Recording

/// A recording of eight chunks with one source, a note, and a file in it; and what becomes of it.
struct RedactionSample {
  static let secret = "AKIA" + "QWERTYUIOPASDFGH"
  let path: String
  let output: String
  let chunkCount: Int
  let recorderKey: String
  private let redactorSeed = [UInt8](repeating: 7, count: 32)
  private let recorderSeed = [UInt8](repeating: 9, count: 32)

  static func with(name: String = "a.log", _ body: (RedactionSample) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "redaction-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(RedactionSample(in: folder.path, name: name))
  }

  private init(in folder: String, name: String) throws {
    path = folder + "/a.mcap"
    output = folder + "/b.mcap"
    recorderKey = try Self.key(recorderSeed).publicKey.bytes.map { String(format: "%02x", $0) }.joined()
    var file = try RecordingFile(creating: path, library: "test", key: Self.key(recorderSeed))
    let source = SourceChannel(
      number: 1, kind: .path, name: ForeignText(name), layout: "ndjson", modificationTime: Self.time(0),
      defaultService: ForeignText("shop"))
    let channel = file.channel(
      topic: source.topic, encoding: SourceChannel.encoding, metadata: source.metadata)
    let notes = file.channel(topic: "/notes", encoding: "json", metadata: [])
    var offset: UInt64 = 0
    for number in 0..<7 {
      let lines = Self.lines(number)
      let block = RecordedBlock(
        generation: 0, sourceOffset: offset, eventCount: UInt32(lines.count),
        times: Self.time(number)...Self.time(number), isAtRest: true,
        bytes: Array(lines.map { $0 + "\n" }.joined().utf8))
      offset = block.sourceEnd
      let time = UInt64(Self.time(number).nanoseconds)
      file.put(
        block.content, to: channel, logTime: time, publishTime: time, eventCount: lines.count,
        nextOffset: offset)
      if number == 5 { file.put(Array(Self.note.utf8), to: notes, logTime: time, publishTime: time) }
      try file.commit()
    }
    try file.finish()
    chunkCount = try RecordingReader(path: path).chunkCount
    try attach()
  }

  /// Through the encoder, since a file at rest takes no attachments: the chunks stay what they are.
  private func attach() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
    var walked = RecordingIndex()
    try walked.walk(MemoryBytes(bytes: bytes), from: UInt64(MCAPFormat.magic.count))
    let opened = try RecordingIndex(MemoryBytes(bytes: bytes))
    var packer = BytePacker()
    packer.append(Array(bytes[..<Int(walked.dataEnd)]))
    var summary = FileSummary()
    summary.channels = opened.channels.values.sorted { $0.id < $1.id }
    summary.chunks = opened.chunks
    summary.metadata = walked.metadata.map {
      MCAPMetadataIndex(offset: $0.lowerBound, byteCount: UInt64($0.count), name: "triptych")
    }
    for (name, type, text) in [
      ("keys", "text/plain", "j down"), ("diary", "text/plain", "alice was here"),
      ("matrix", "application/octet-stream", "????"),
    ] {
      let offset = UInt64(packer.bytes.count)
      MCAPAttachment(logTime: 1, createTime: 1, name: name, mediaType: type, data: Array(text.utf8))
        .append(to: &packer)
      summary.attachments.append(
        MCAPAttachmentIndex(
          offset: offset, byteCount: UInt64(packer.bytes.count) - offset, logTime: 1, createTime: 1,
          dataByteCount: UInt64(text.utf8.count), name: name, mediaType: type))
    }
    packer.append(summary.tail(at: UInt64(packer.bytes.count)))
    try Data(packer.bytes).write(to: URL(filePath: path))
  }

  private static func time(_ number: Int) -> Timestamp {
    Timestamp(nanoseconds: 1_763_867_230_000_000_000 + Int64(number) * 1_000_000_000)
  }

  private static func lines(_ number: Int) -> [String] {
    func line(_ rest: String) -> String {
      #"{"ts":"\#(time(number).rfc3339())","level":"info","service":"shop",\#(rest)}"#
    }
    return switch number {
    case 2: [line(#""user":"alice","msg":"alice in""#), line(#""user":"alice","msg":"out: alice""#)]
    case 3: [line(#""password":"correct horse 1","n":1"#), line(#""key":"\#(secret)""#)]
    case 4: [line(#""msg":"seen: alice""#)]
    case 6: [line(#""msg":"\#(Data("x:correct horse 1".utf8).base64EncodedString())""#)]
    default: [line(#""msg":"nothing here","n":\#(number)"#)]
    }
  }

  private static let note =
    #"{"v":"1","text":"it was alice \"alice\"","link":"triptych://open?filter=user%3D%22alice%22&at=al%69ce"}"#

  private static func key(_ seed: [UInt8]) throws -> SigningKey {
    guard var bytes = SecretBytes(count: seed.count) else { throw SampleFile.NoKey() }
    bytes.withMutableBytes { $0.copyBytes(from: seed) }
    guard let key = SigningKey(seed: bytes) else { throw SampleFile.NoKey() }
    return key
  }

  var redactorKey: String {
    get throws {
      try Self.key(redactorSeed).publicKey.bytes.map { String(format: "%02x", $0) }.joined()
    }
  }

  @discardableResult
  func redact(
    drop: [String] = [], dropsSecrets: Bool = false, of other: String? = nil, to target: String? = nil
  ) throws(RecordingError) -> Redaction {
    guard let key = try? Self.key(redactorSeed) else { throw RecordingError(offset: 0, reason: "no key") }
    return try Redaction(
      of: other ?? path, to: target ?? output, rules: RedactionRules(drop: drop), dropsSecrets: dropsSecrets,
      library: "test", key: key)
  }

  /// Writes a file with a chain in good order whose statements are false.
  func lie(_ lie: String) throws {
    let reader = try RecordingReader(path: path)
    let part = try #require(RecorderPart.all(in: reader.bytes, reader.index.metadata).first)
    var audits: [UInt64: [UInt8]] = [:]
    for number in 0..<reader.chunkCount {
      let contents = try reader.contents(ofChunk: number)
      for message in contents.messages where message.channelID == 1 {
        let content = Array(contents.records[message.data])
        let audit = try #require(AuditRecord(content: content, signedBy: part.key))
        audits[audit.chunkNumber] = content
      }
    }
    var writer = try RedactionWriter.creating(
      output, library: "test", key: Self.key(redactorSeed),
      channels: reader.channels.values.sorted { $0.id < $1.id }, original: [part.record], rules: ["drop user"]
    )
    for number in 0..<reader.chunkCount {
      if lie == "a chunk is left out", number == reader.chunkCount - 1 { continue }
      let index = reader.index.chunks[number]
      let record = try reader.bytes.read(index.chunkOffset..<index.chunkOffset + index.chunkByteCount)
      let contents = try reader.contents(ofChunk: number)
      var statement = RedactionStatement(
        number: UInt64(number), originalOffset: index.chunkOffset, originalByteCount: index.chunkByteCount,
        originalDigest: Digest(of: record), digest: Digest(of: record), placeCounts: [],
        audit: audits[UInt64(number)] ?? [])
      switch (lie, number) {
      case ("an unchanged chunk is another", 0):
        statement.digest = .zero
        statement.originalDigest = .zero
      case ("an audit record is another's", 1):
        var audit = try #require(AuditRecord(content: statement.audit, signedBy: part.key))
        audit.messageCount += 1
        statement.audit = audit.sealed(with: try Self.key(redactorSeed)).content
      case ("an audit record is of another chunk", 1): statement.audit = audits[0] ?? []
      case ("an audit record is left out", 1): statement.audit = []
      case ("the end is another", reader.chunkCount - 1):
        try append(0, as: number, of: reader, to: &writer)
        continue
      default: break
      }
      try writer.append(record, index, contents, statement)
    }
    if lie == "a chunk is left out" {
      try writer.append(
        statementOnly: RedactionStatement(
          number: UInt64(reader.chunkCount - 1), originalOffset: 1, originalByteCount: 1,
          originalDigest: .zero,
          digest: .zero, placeCounts: [], audit: []))
    }
    if lie == "a chunk comes after the end" {
      try append(0, as: reader.chunkCount, of: reader, to: &writer)
    }
    try writer.finish()
    try writer.publish()
  }

  /// Somebody else goes on with the file.
  func append(_ note: String) throws {
    var file = try RecordingFile(continuing: path, library: "test", key: Self.key(redactorSeed))
    guard let channel = file.channelID(of: "/notes") else { return }
    file.put(Array(#"{"v":"1","text":"\#(note)"}"#.utf8), to: channel, logTime: 1, publishTime: 1)
    try file.finish()
  }

  /// A chunk that is said to be what became of another one.
  private func append(
    _ number: Int, as other: Int, of reader: RecordingReader, to writer: inout RedactionWriter
  ) throws {
    let index = reader.index.chunks[number]
    let record = try reader.bytes.read(index.chunkOffset..<index.chunkOffset + index.chunkByteCount)
    let statement = RedactionStatement(
      number: UInt64(other), originalOffset: index.chunkOffset, originalByteCount: index.chunkByteCount,
      originalDigest: .zero, digest: Digest(of: record), placeCounts: [1], audit: [])
    try writer.append(record, index, reader.contents(ofChunk: number), statement)
  }

  /// The records of each chunk's bytes in the file.
  static func chunks(_ path: String) throws -> [[UInt8]] {
    let reader = try RecordingReader(path: path)
    return try reader.index.chunks.map {
      try reader.bytes.read($0.chunkOffset..<$0.chunkOffset + $0.chunkByteCount)
    }
  }

  /// Everything, with the chunks' records behind it.
  static func unpacked(_ path: String) throws -> Data {
    var data = try Data(contentsOf: URL(filePath: path))
    let reader = try RecordingReader(path: path)
    for number in 0..<reader.chunkCount { data += try reader.contents(ofChunk: number).records }
    return data
  }
}
