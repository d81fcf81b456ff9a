internal import Compression
internal import EventModel

/// What is in a session file so far: what its summary will say, and its inline indexes say on the way.
struct FileSummary: Hashable {
  var schemas: [MCAPSchema] = []
  var channels: [MCAPChannel] = []
  var chunks: [MCAPChunkIndex] = []
  var attachments: [MCAPAttachmentIndex] = []
  var metadata: [MCAPMetadataIndex] = []
  private(set) var messageCounts: [UInt16: UInt64] = [:]

  /// Of all channels.
  var messageCount: UInt64 { messageCounts.values.reduce(0, +) }

  mutating func add(_ sealed: ChunkBuilder.Sealed) {
    chunks.append(sealed.index)
    for count in sealed.messageCounts { messageCounts[count.channelID, default: 0] += count.value }
  }

  /// From an index of the chunk's messages.
  mutating func count(_ messageCount: Int, of channelID: UInt16) {
    messageCounts[channelID, default: 0] += UInt64(messageCount)
  }

  var statistics: MCAPStatistics {
    let withMessages = chunks.filter { !$0.messageIndexOffsets.isEmpty }
    let counts = messageCounts.sorted { $0.key < $1.key }.map {
      MCAPCount(channelID: $0.key, value: $0.value)
    }
    return MCAPStatistics(
      messageCount: counts.reduce(0) { $0 + $1.value }, schemaCount: UInt16(clamping: schemas.count),
      channelCount: UInt32(clamping: channels.count), attachmentCount: UInt32(clamping: attachments.count),
      metadataCount: UInt32(clamping: metadata.count), chunkCount: UInt32(clamping: chunks.count),
      messageStart: withMessages.map(\.messageStart).min() ?? 0,
      messageEnd: withMessages.map(\.messageEnd).max() ?? 0, channelMessageCounts: counts)
  }

  /// From the end of the data to the end of the file, to be appended at `offset`.
  func tail(at offset: UInt64) -> [UInt8] {
    var packer = BytePacker()
    MCAPDataEnd(dataCRC: 0).append(to: &packer)
    let summaryStart = offset + UInt64(packer.bytes.count)
    let summaryPlace = packer.bytes.count
    var groups: [MCAPSummaryOffset] = []
    func group(_ opcode: MCAPOpcode, _ records: [any MCAPRecord]) {
      guard !records.isEmpty else { return }
      let start = packer.bytes.count
      for record in records { record.append(to: &packer) }
      groups.append(
        MCAPSummaryOffset(
          groupOpcode: opcode.rawValue, groupStart: offset + UInt64(start),
          groupByteCount: UInt64(packer.bytes.count - start)))
    }
    group(.schema, schemas)
    group(.channel, channels)
    group(.statistics, [statistics])
    group(.chunkIndex, chunks)
    group(.attachmentIndex, attachments)
    group(.metadataIndex, metadata)
    let offsetsStart = offset + UInt64(packer.bytes.count)
    for each in groups { each.append(to: &packer) }
    packer.append(footer(summaryStart, offsetsStart, summary: packer.bytes[summaryPlace...]))
    packer.append(MCAPFormat.magic)
    return packer.bytes
  }

  /// Its checksum goes up to just before the checksum.
  private func footer(_ start: UInt64, _ offsetsStart: UInt64, summary: ArraySlice<UInt8>) -> [UInt8] {
    var packer = BytePacker()
    MCAPFooter(summaryStart: start, summaryOffsetStart: offsetsStart, summaryCRC: 0).append(to: &packer)
    var crc = BytePacker()
    crc.put(Self.checksum(summary, packer.bytes))
    return packer.bytes.dropLast(4) + crc.bytes
  }

  /// Of a summary and of the footer behind it up to where the checksum stands.
  static func checksum(_ summary: ArraySlice<UInt8>, _ footer: [UInt8]) -> UInt32 {
    CRC32.of(summary + footer.prefix(MCAPFormat.footerByteCount - 4))
  }
}
