internal import Compression
internal import EventModel

/// A message as it is read, without its bytes being copied out of the chunk.
struct StoredMessage: Hashable {
  var channelID: UInt16
  var sequence: UInt32
  var logTime: UInt64
  var publishTime: UInt64
  /// In the records of its chunk.
  var data: Range<Int>
}

/// The records of one chunk, decompressed.
struct ChunkContents {
  var records: [UInt8]
  var messages: [StoredMessage] = []
  var channels: [MCAPChannel] = []

  /// No chunk that anybody writes on purpose is larger.
  static let byteLimit: UInt64 = 256 << 20

  /// Throws when a byte of the chunk is not as it was written, with the place in the file.
  init(
    _ bytes: some StoredBytes, _ index: MCAPChunkIndex, byteLimit: UInt64 = Self.byteLimit
  ) throws(RecordingError) {
    let place = index.chunkOffset
    func damaged(_ reason: String) -> RecordingError { RecordingError(offset: place, reason: reason) }
    guard index.chunkByteCount <= byteLimit, index.chunkByteCount <= bytes.byteCount,
      place <= bytes.byteCount - index.chunkByteCount
    else { throw damaged("the chunk is not where the index says, or larger than any chunk") }
    let record = try bytes.read(place..<place + index.chunkByteCount)
    guard let head = RecordHead(record[...]), head.opcode == MCAPOpcode.chunk.rawValue,
      head.byteCount == index.chunkByteCount
    else { throw damaged("there is no chunk where the index says") }
    records = try Self.unpack(record[MCAPFormat.recordHeadCount...], byteLimit: byteLimit, damaged)
    guard readRecords() else { throw damaged("the records of the chunk cannot be understood") }
  }

  private static func unpack(
    _ content: ArraySlice<UInt8>, byteLimit: UInt64, _ damaged: (String) -> RecordingError
  ) throws(RecordingError) -> [UInt8] {
    guard let head = content.withUnsafeBytes({ MCAPChunkHead(content: $0) }) else {
      throw damaged("the head of the chunk cannot be understood")
    }
    let stored = content.dropFirst(head.byteCount).prefix(Int(head.storedByteCount))
    guard head.uncompressedByteCount <= byteLimit else {
      throw damaged("the chunk says that it holds \(head.uncompressedByteCount) bytes, more than any chunk")
    }
    let records: [UInt8]
    switch head.compression {
    case "": records = Array(stored)
    case "zstd":
      // A frame of zstd holds at most some 2^15 times its own size.
      guard head.uncompressedByteCount >> 16 <= head.storedByteCount else {
        throw damaged("the chunk says that it holds more than its bytes can")
      }
      let count = Int(head.uncompressedByteCount)
      let unpacked = stored.withUnsafeBytes { frame in
        Result { () throws(CompressionError) in try ZstdDecompressor.unpack(frame, byteCount: count) }
      }
      switch unpacked {
      case .success(let bytes): records = bytes
      case .failure(let error): throw damaged(error.reason)
      }
    default:
      throw damaged("its compression '\(head.compression.prefix(16))' is not read here")
    }
    guard UInt64(records.count) == head.uncompressedByteCount else {
      throw damaged("the chunk holds \(records.count) bytes and should hold \(head.uncompressedByteCount)")
    }
    guard head.uncompressedCRC == 0 || CRC32.of(records) == head.uncompressedCRC else {
      throw damaged("the checksum of the chunk is not that of its records")
    }
    return records
  }

  /// False when they cannot be understood.
  private mutating func readRecords() -> Bool {
    var place = 0
    while place < records.count {
      guard let head = RecordHead(records[place...]), head.byteCount <= UInt64(records.count - place) else {
        return false
      }
      switch MCAPOpcode(rawValue: head.opcode) {
      case .message:
        guard let message = message(at: place, head) else { return false }
        messages.append(message)
      case .channel:
        guard let channel: MCAPChannel = records.content(of: head, at: UInt64(place)) else { return false }
        channels.append(channel)
      default: break
      }
      place += Int(head.byteCount)
    }
    return true
  }

  private func message(at place: Int, _ head: RecordHead) -> StoredMessage? {
    let start = place + MCAPFormat.recordHeadCount
    let end = place + Int(head.byteCount)
    let data = start + MCAPMessage.headCount
    guard data <= end else { return nil }
    return records[start..<data].withUnsafeBytes { head in
      var bytes = ByteUnpacker(head)
      return StoredMessage(
        channelID: bytes.number(), sequence: bytes.number(), logTime: bytes.number(),
        publishTime: bytes.number(), data: data..<end)
    }
  }
}
