internal import Compression
internal import EventModel

/// Schemas, channels and messages on their way into a chunk.
///
/// Memory: what has been put in, twice while it is sealed.
struct ChunkBuilder {
  private var records = BytePacker()
  private var entries: [UInt16: [MCAPMessageIndex.Entry]] = [:]
  private var declared: Set<UInt16> = []
  private(set) var messageCount = 0
  private var messageStart = UInt64.max
  private var messageEnd: UInt64 = 0

  var isEmpty: Bool { records.bytes.isEmpty }
  /// Before compression.
  var byteCount: Int { records.bytes.count }

  mutating func put(_ schema: MCAPSchema) { schema.append(to: &records) }

  mutating func put(_ channel: MCAPChannel) {
    channel.append(to: &records)
    declared.insert(channel.id)
  }

  /// The channel is said in this chunk.
  func declares(_ channelID: UInt16) -> Bool { declared.contains(channelID) }

  mutating func put(_ message: MCAPMessage) {
    entries[message.channelID, default: []].append(
      MCAPMessageIndex.Entry(logTime: message.logTime, offset: UInt64(records.bytes.count)))
    message.append(to: &records)
    messageCount += 1
    messageStart = min(messageStart, message.logTime)
    messageEnd = max(messageEnd, message.logTime)
  }

  /// A chunk record and the indexes of its messages, to be appended at `offset`.
  struct Sealed {
    var bytes: [UInt8]
    var index: MCAPChunkIndex
    /// In the order of the channels.
    var messageCounts: [MCAPCount]
  }

  /// Everything, compressed; the builder is empty afterwards. Throws only when memory is short, and keeps all then.
  mutating func seal(
    at offset: UInt64, with compressor: inout ZstdCompressor
  ) throws(CompressionError) -> Sealed {
    let stored = try records.bytes.withUnsafeBufferPointer { bytes throws(CompressionError) in
      try compressor.compress(UnsafeRawBufferPointer(bytes))
    }
    let head = MCAPChunkHead(
      messageStart: messageCount > 0 ? messageStart : 0, messageEnd: messageEnd,
      uncompressedByteCount: UInt64(records.bytes.count), uncompressedCRC: CRC32.of(records.bytes),
      compression: "zstd", storedByteCount: UInt64(stored.count))
    var packer = BytePacker()
    packer.reserve(stored.count + messageCount * 16 + 256)
    packer.put(MCAPOpcode.chunk.rawValue)
    packer.put(UInt64(head.byteCount + stored.count))
    head.pack(into: &packer)
    packer.append(stored)
    let chunkByteCount = UInt64(packer.bytes.count)
    var offsets: [MCAPCount] = []
    var counts: [MCAPCount] = []
    for (channelID, entries) in entries.sorted(by: { $0.key < $1.key }) {
      offsets.append(MCAPCount(channelID: channelID, value: offset + UInt64(packer.bytes.count)))
      counts.append(MCAPCount(channelID: channelID, value: UInt64(entries.count)))
      MCAPMessageIndex(channelID: channelID, entries: entries).append(to: &packer)
    }
    let index = MCAPChunkIndex(
      messageStart: head.messageStart, messageEnd: head.messageEnd, chunkOffset: offset,
      chunkByteCount: chunkByteCount, messageIndexOffsets: offsets,
      messageIndexByteCount: UInt64(packer.bytes.count) - chunkByteCount, compression: "zstd",
      compressedByteCount: head.storedByteCount, uncompressedByteCount: head.uncompressedByteCount)
    self = ChunkBuilder()
    return Sealed(bytes: packer.bytes, index: index, messageCounts: counts)
  }
}
