internal import CZlib

/// The checksum of gzip, PNG and MCAP (IEEE 802.3, as zlib's `crc32`). It finds accidents, not intent.
public struct CRC32: Hashable, Sendable {
  /// Of everything so far; 0 of nothing.
  public private(set) var value: UInt32

  public init() { value = 0 }

  public mutating func update(_ piece: UnsafeRawBufferPointer) {
    guard let base = piece.bindMemory(to: UInt8.self).baseAddress else { return }
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), base, piece.count))
  }

  public static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
    var crc = CRC32()
    let isDone: Void? = bytes.withContiguousStorageIfAvailable { crc.update(UnsafeRawBufferPointer($0)) }
    if isDone == nil { Array(bytes).withUnsafeBytes { crc.update($0) } }
    return crc.value
  }
}
