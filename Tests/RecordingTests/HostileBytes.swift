internal import Compression
internal import EventModel

@testable internal import Recording

/// The decoders of session files, each with bytes that anybody may have made. `Tests/Fuzz` runs them under libFuzzer; the
/// tests here run them over what it has found worth keeping.
enum HostileBytes: String, CaseIterable {
  case file, summary, chunk, inlineIndex, record, audit, block, channel, proof

  /// Must return, whatever the bytes are. Says what is wrong where a thing that was understood is not the same when it is
  /// written and read again.
  func decode(_ bytes: [UInt8]) -> String? {
    switch self {
    case .file: Self.readAll(bytes)
    case .summary: Self.readAll(Self.closed(bytes))
    case .chunk: Self.readAll(Self.unclosed(bytes))
    case .inlineIndex: return Self.inlineIndex(bytes)
    case .record: return Self.record(bytes)
    case .audit:
      return Self.again(AuditRecord(unsigned: bytes[...])) { AuditRecord(unsigned: $0.unsigned[...]) }
    case .block:
      return Self.again(RecordedBlock(content: bytes[...])) { RecordedBlock(content: $0.content[...]) }
    case .channel: return Self.channel(bytes)
    case .proof:
      for file in [bytes, Self.closed(bytes), Self.unclosed(bytes)] {
        _ = try? RecordingProof(MemoryBytes(bytes: file))
      }
    }
    return nil
  }

  /// As many chunks as a small file may have.
  private static func readAll(_ bytes: [UInt8]) {
    guard let reader = try? RecordingReader(MemoryBytes(bytes: bytes)) else { return }
    for number in reader.index.chunks.indices.prefix(16) { _ = try? reader.contents(ofChunk: number) }
  }

  /// A file with `summary`, which no checksum guards.
  private static func closed(_ summary: [UInt8]) -> [UInt8] {
    var packer = beginning()
    MCAPDataEnd(dataCRC: 0).append(to: &packer)
    let start = UInt64(packer.bytes.count)
    packer.append(summary)
    MCAPFooter(summaryStart: start, summaryOffsetStart: 0, summaryCRC: 0).append(to: &packer)
    packer.append(MCAPFormat.magic)
    return packer.bytes
  }

  /// A file whose only chunk holds `records`, and behind it whatever they are.
  private static func unclosed(_ records: [UInt8]) -> [UInt8] {
    var packer = beginning()
    let head = MCAPChunkHead(
      messageStart: 0, messageEnd: 0, uncompressedByteCount: UInt64(records.count), uncompressedCRC: 0,
      compression: "", storedByteCount: UInt64(records.count))
    packer.put(MCAPOpcode.chunk.rawValue)
    packer.put(UInt64(head.byteCount + records.count))
    head.pack(into: &packer)
    packer.append(records)
    packer.append(records)
    return packer.bytes
  }

  private static func beginning() -> BytePacker {
    var packer = BytePacker()
    packer.append(MCAPFormat.magic)
    MCAPHeader(profile: "triptych", library: "").append(to: &packer)
    return packer
  }

  /// Behind the right mark and before the right checksum.
  private static func inlineIndex(_ bytes: [UInt8]) -> String? {
    var packer = BytePacker()
    packer.append(InlineIndex.mark)
    packer.append(bytes)
    packer.put(CRC32.of(packer.bytes))
    return again(packer.bytes.withUnsafeBytes { InlineIndex(content: $0) }) { index in
      index.record.dropFirst(MCAPFormat.recordHeadCount).withUnsafeBytes { InlineIndex(content: $0) }
    }
  }

  /// The first byte says of which kind.
  private static func record(_ bytes: [UInt8]) -> String? {
    let content = bytes.dropFirst()
    switch bytes.first.flatMap({ MCAPOpcode(rawValue: $0) }) {
    case .header: return again(MCAPHeader.self, content)
    case .footer: return again(MCAPFooter.self, content)
    case .schema: return again(MCAPSchema.self, content)
    case .channel: return again(MCAPChannel.self, content)
    case .message: return again(MCAPMessage.self, content)
    case .chunk:
      _ = content.withUnsafeBytes { MCAPChunkHead(content: $0) }
      return nil
    case .messageIndex: return again(MCAPMessageIndex.self, content)
    case .chunkIndex: return again(MCAPChunkIndex.self, content)
    // Its checksum is made anew when it is written.
    case .attachment:
      _ = content.withUnsafeBytes { MCAPAttachment(content: $0) }
      return nil
    case .attachmentIndex: return again(MCAPAttachmentIndex.self, content)
    case .statistics: return again(MCAPStatistics.self, content)
    case .metadata: return again(MCAPMetadata.self, content)
    case .metadataIndex: return again(MCAPMetadataIndex.self, content)
    case .summaryOffset: return again(MCAPSummaryOffset.self, content)
    case .dataEnd: return again(MCAPDataEnd.self, content)
    case nil: return nil
    }
  }

  private static func channel(_ bytes: [UInt8]) -> String? {
    guard let channel = bytes.withUnsafeBytes({ MCAPChannel(content: $0) }) else { return nil }
    return again(SourceChannel(channel)) { source in
      SourceChannel(
        MCAPChannel(
          id: channel.id, schemaID: 0, topic: source.topic, messageEncoding: SourceChannel.encoding,
          metadata: source.metadata.map { MCAPPair(key: $0.key, value: $0.value) }))
    }
  }

  private static func again<Record: MCAPRecord & Equatable>(
    _: Record.Type, _ content: ArraySlice<UInt8>
  ) -> String? {
    again(content.withUnsafeBytes { Record(content: $0) }) { record in
      var packer = BytePacker()
      record.pack(into: &packer)
      return packer.bytes.withUnsafeBytes { Record(content: $0) }
    }
  }

  private static func again<Value: Equatable>(_ value: Value?, _ copy: (Value) -> Value?) -> String? {
    guard let value else { return nil }
    return copy(value) == value ? nil : "\(value) is not the same when it is written and read again"
  }
}
