internal import Compression
internal import EventMatrix
public import EventModel

/// Counts of all events of a recording in buckets, attached to it: whoever opens it sees them before a single event has
/// been read. Estimates, as every sample, until then: they do not say what lies within a bucket.
public struct RecordedTiles: Sendable {
  /// By the service numbers of `counts`.
  public var names: [ForeignText]
  public var counts: BucketCounts

  public init(names: [ForeignText], counts: BucketCounts) {
    self.names = names
    self.counts = counts
  }

  /// Of the attachment.
  public static let name = "tiles"
  public static let mediaType = "application/x-triptych-tiles"
  /// A recording with fewer events is read sooner than looked at from afar.
  public static let leastEventCount = 1 << 16
  private static let version: UInt8 = 1
  /// Some 40 bytes a cell, and the names.
  private static let byteLimit = 256 << 20

  /// zstd, behind a version and the number of bytes in it; `nil` when memory is short.
  public var bytes: [UInt8]? {
    var content = BytePacker()
    content.put(names)
    counts.pack(into: &content)
    var compressor = ZstdCompressor(level: 3)
    guard let frame = try? content.bytes.withUnsafeBytes({ try compressor.compress($0) }) else { return nil }
    var packer = BytePacker()
    packer.put(Self.version)
    packer.put(UInt32(clamping: content.bytes.count))
    packer.append(frame)
    return packer.bytes
  }

  /// `nil` where the bytes are not those of tiles, or of a later version.
  public init?(_ bytes: [UInt8]) {
    let headCount = 5
    guard bytes.count > headCount, bytes[0] == Self.version else { return nil }
    let content = bytes.withUnsafeBytes { bytes -> [UInt8]? in
      var head = ByteUnpacker(UnsafeRawBufferPointer(rebasing: bytes[1...]))
      let byteCount = Int(head.number(UInt32.self))
      // A frame of zstd holds at most some 2^15 times its own size.
      guard byteCount <= Self.byteLimit, byteCount >> 16 <= bytes.count else { return nil }
      return try? ZstdDecompressor.unpack(
        UnsafeRawBufferPointer(rebasing: bytes[headCount...]), byteCount: byteCount)
    }
    guard let content else { return nil }
    let found = content.withUnsafeBytes { content -> (names: [ForeignText], counts: BucketCounts)? in
      var unpacker = ByteUnpacker(content)
      let names = unpacker.texts()
      guard names.count <= ServiceTable.limit + 1, Set(names).count == names.count,
        let counts = BucketCounts(
          unpacking: &unpacker, source: SourceID(rawValue: 0), serviceCount: names.count),
        !unpacker.isDamaged, counts.eventCount > 0
      else { return nil }
      return (names, counts)
    }
    guard let found else { return nil }
    (names, counts) = found
  }
}

extension SampledCounts {
  /// What tiles say of the sources of a recording, with the session's numbers of services.
  init(_ tiles: RecordedTiles, of sources: [SourceID], services numbers: [ServiceID]) {
    var cells = tiles.counts.cells
    cells.renumber(numbers)
    self.init(
      sources: sources, matrix: EventMatrix(sampled: cells, weights: tiles.counts.counts),
      eventCount: tiles.counts.eventCount, basis: .tiles(widthNs: tiles.counts.widthNs))
  }
}
