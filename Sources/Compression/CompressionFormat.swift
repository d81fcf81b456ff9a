// Compression: bounded streams over zlib and zstd.
// Pure: bytes in, bytes out, no I/O, no file names. Memory is bounded by our limits, never by a number in a header.

/// How bytes are compressed, by what they start with.
public enum CompressionFormat: String, Hashable, Sendable, CaseIterable {
  /// RFC 1952, one or more members.
  case gzip
  /// RFC 8878, one or more frames.
  case zstd

  /// The format that `firstBytes` (4 or more to be sure) belong to; `nil` for anything else.
  public static func recognised(in firstBytes: UnsafeRawBufferPointer) -> CompressionFormat? {
    guard firstBytes.count >= 4 else { return nil }
    let start = (firstBytes[0], firstBytes[1], firstBytes[2], firstBytes[3])
    if start.0 == 0x1f, start.1 == 0x8b, start.2 == 8 { return .gzip }
    let isFrame = start == (0x28, 0xb5, 0x2f, 0xfd)
    let isSkippable = start.0 & 0xf0 == 0x50 && start.1 == 0x2a && start.2 == 0x4d && start.3 == 0x18
    return isFrame || isSkippable ? .zstd : nil
  }
}

/// What one call did: bytes taken from the input and bytes put into the output.
public struct StreamProgress: Hashable, Sendable {
  public var consumed: Int
  public var produced: Int

  public init(consumed: Int, produced: Int) {
    self.consumed = consumed
    self.produced = produced
  }
}

/// Why compressed bytes cannot be read on.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the compressed bytes it showed; what they gave until there was delivered.
  public var byteOffset: Int64
  public var reason: String
  public var remedy: String

  public init(byteOffset: Int64, reason: String, remedy: String) {
    self.byteOffset = byteOffset
    self.reason = reason
    self.remedy = remedy
  }

  public var description: String { "byte \(byteOffset): \(reason); \(remedy)" }
}

extension CompressionError {
  static func cut(at byteOffset: Int64, format: CompressionFormat) -> CompressionError {
    CompressionError(
      byteOffset: byteOffset, reason: "the \(format.rawValue) data end too early",
      remedy: "fetch it again whole, or wait until it is written; everything before the cut was read")
  }

  static func damaged(at byteOffset: Int64, format: CompressionFormat, why: String) -> CompressionError {
    // Damage shows late: what it touches is decoded into other bytes until they make no sense any more.
    CompressionError(
      byteOffset: byteOffset, reason: "the \(format.rawValue) data are damaged here or before (\(why))",
      remedy: "fetch it again; no checksum has confirmed what was read last, and it may be wrong or made up")
  }

  static func outOfMemory(at byteOffset: Int64) -> CompressionError {
    CompressionError(
      byteOffset: byteOffset, reason: "no memory to decompress", remedy: "close other programs and try again")
  }
}
