internal import CZstd

/// Writes zstd frames (`ZSTD_compressCCtx`), each complete by itself.
///
/// Memory: below 4 MiB at levels 1 to 3.
public struct ZstdCompressor: ~Copyable {
  /// `nil` when there was no memory for it.
  private let context: OpaquePointer?
  private let level: Int32

  public init(level: Int = 1) {
    context = ZSTD_createCCtx()
    self.level = Int32(clamping: level)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// One frame that holds all of `input`.
  ///
  /// Throws only when memory is short.
  public mutating func compress(_ input: UnsafeRawBufferPointer) throws(CompressionError) -> [UInt8] {
    guard let context else { throw .outOfMemory(at: 0) }
    let bound = ZSTD_compressBound(input.count)
    var code = 0
    let frame = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      code = ZSTD_compressCCtx(context, output.baseAddress, bound, input.baseAddress, input.count, level)
      count = ZSTD_isError(code) != 0 ? 0 : code
    }
    if ZSTD_isError(code) != 0 { throw .outOfMemory(at: 0) }
    return frame
  }

  /// One frame for something small and rare; empty when memory is short.
  static func pack(_ input: UnsafeRawBufferPointer) -> [UInt8] {
    var compressor = ZstdCompressor()
    // A copy, because the bound that `compress` reserves would stay with a value that lives long.
    let frame = try? compressor.compress(input)
    return frame?.withUnsafeBufferPointer { Array($0) } ?? []
  }
}
