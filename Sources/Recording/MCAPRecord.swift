// Recording: session files. They are MCAP (https://mcap.dev/spec), so that other tools open them; what we add is in
// messages, attachments and records that others skip. It must never know a screen, a clock, or where bytes come from.

internal import EventModel

/// What kind of record follows. Others than these are skipped; from 0x80 on they are an application's own.
enum MCAPOpcode: UInt8 {
  case header = 0x01
  case footer, schema, channel, message, chunk, messageIndex, chunkIndex, attachment, attachmentIndex
  case statistics, metadata, metadataIndex, summaryOffset, dataEnd
}

enum MCAPFormat {
  static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
  /// Opcode and content length in front of each record.
  static let recordHeadCount = 9
  static let footerByteCount = recordHeadCount + 20
}

/// A record's content: little-endian, text and lists behind a UInt32 byte count.
protocol MCAPRecord {
  static var opcode: MCAPOpcode { get }
  /// Damage is noted in `bytes`; the value is then meaningless.
  init(_ bytes: inout ByteUnpacker)
  func pack(into bytes: inout BytePacker)
}

extension MCAPRecord {
  /// `nil` when the content is cut or says impossible things. More bytes than we know are a later version's.
  init?(content: UnsafeRawBufferPointer) {
    var bytes = ByteUnpacker(content)
    self.init(&bytes)
    guard !bytes.isDamaged else { return nil }
  }

  /// Head and content.
  func append(to packer: inout BytePacker) {
    var content = BytePacker()
    pack(into: &content)
    packer.put(Self.opcode.rawValue)
    packer.put(UInt64(content.bytes.count))
    packer.append(content.bytes)
  }
}

struct MCAPHeader: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.header
  var profile: String
  var library: String
}

struct MCAPFooter: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.footer
  /// 0: there is no summary.
  var summaryStart: UInt64
  var summaryOffsetStart: UInt64
  /// From the start of the summary to just before this number. 0: not known.
  var summaryCRC: UInt32
}

struct MCAPSchema: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.schema
  /// Never 0.
  var id: UInt16
  var name: String
  var encoding: String
  var data: [UInt8]
}

struct MCAPChannel: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.channel
  var id: UInt16
  /// 0: none.
  var schemaID: UInt16
  var topic: String
  var messageEncoding: String
  var metadata: [MCAPPair]
}

/// Of a map; in the order of their keys where we write them.
struct MCAPPair: Hashable {
  var key: String
  var value: String
}

struct MCAPMessage: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.message
  var channelID: UInt16
  /// Counts the channel's messages; 0 where nobody counts.
  var sequence: UInt32
  /// Nanoseconds since 1970.
  var logTime: UInt64
  var publishTime: UInt64
  var data: [UInt8]
}

/// Schemas, channels and messages in one compressed piece. The records themselves follow this head.
struct MCAPChunkHead: Hashable {
  /// Of the messages' log times; both 0 where there is none.
  var messageStart: UInt64
  var messageEnd: UInt64
  var uncompressedByteCount: UInt64
  /// 0: not known.
  var uncompressedCRC: UInt32
  /// "" or "zstd"; others are not read.
  var compression: String
  var storedByteCount: UInt64
}

struct MCAPMessageIndex: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.messageIndex
  var channelID: UInt16
  var entries: [Entry]

  /// Bytes that it takes.
  var contentCount: UInt64 { 2 + 4 + 16 * UInt64(entries.count) }

  struct Entry: Hashable {
    var logTime: UInt64
    /// In the uncompressed records of the chunk before this index.
    var offset: UInt64
  }
}

struct MCAPChunkIndex: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.chunkIndex
  var messageStart: UInt64
  var messageEnd: UInt64
  var chunkOffset: UInt64
  /// With its record's head.
  var chunkByteCount: UInt64
  /// In the order of the channels.
  var messageIndexOffsets: [MCAPCount]
  var messageIndexByteCount: UInt64
  var compression: String
  var compressedByteCount: UInt64
  var uncompressedByteCount: UInt64
}

/// A number for a channel.
struct MCAPCount: Hashable {
  var channelID: UInt16
  var value: UInt64
}

/// A file within the file.
struct MCAPAttachment: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.attachment
  var logTime: UInt64
  var createTime: UInt64
  var name: String
  var mediaType: String
  var data: [UInt8]
  /// Of all content before it; 0 where it is not known. Filled in when it is written.
  var crc: UInt32 = 0
}

struct MCAPAttachmentIndex: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.attachmentIndex
  var offset: UInt64
  var byteCount: UInt64
  var logTime: UInt64
  var createTime: UInt64
  var dataByteCount: UInt64
  var name: String
  var mediaType: String
}

struct MCAPStatistics: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.statistics
  var messageCount: UInt64
  var schemaCount: UInt16
  var channelCount: UInt32
  var attachmentCount: UInt32
  var metadataCount: UInt32
  var chunkCount: UInt32
  var messageStart: UInt64
  var messageEnd: UInt64
  var channelMessageCounts: [MCAPCount]
}

struct MCAPMetadata: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.metadata
  var name: String
  var pairs: [MCAPPair]
}

struct MCAPMetadataIndex: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.metadataIndex
  var offset: UInt64
  var byteCount: UInt64
  var name: String
}

/// Where in the summary the records of one kind are.
struct MCAPSummaryOffset: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.summaryOffset
  var groupOpcode: UInt8
  var groupStart: UInt64
  var groupByteCount: UInt64
}

struct MCAPDataEnd: MCAPRecord, Hashable {
  static let opcode = MCAPOpcode.dataEnd
  /// Of everything before; 0: not known.
  var dataCRC: UInt32
}
