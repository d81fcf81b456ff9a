internal import CZstd

/// Reads zstd data, frame after frame (`ZSTD_decompressStream`), and remembers where frames start.
///
/// Memory: the window a frame asks for, at most 128 MiB (`zstd --long`; 8 MiB for usual files). A frame that asks
/// for more is refused.
public struct ZstdDecompressor: ~Copyable {
  private static let windowLogMax: Int32 = 27

  /// `nil` when there was no memory for it.
  private let context: OpaquePointer?
  private let spacing: Int64
  private var isInFrame = false
  private var failure: CompressionError?
  private var frameStarts: [ZstdFrameStart] = []
  private var nextFrameStartAt: Int64

  /// Compressed bytes taken so far, counted from the start of the data.
  public private(set) var inputOffset: Int64
  /// Bytes delivered so far, counted from the start of the data.
  public private(set) var outputOffset: Int64

  /// Starts at the beginning of the data, or at a frame.
  ///
  /// - Parameter frameSpacing: bytes of output between two frame starts worth remembering.
  public init(resumingAt start: ZstdFrameStart = .first, frameSpacing: Int64 = 1 << 20) {
    context = ZSTD_createDCtx()
    spacing = max(1, frameSpacing)
    inputOffset = start.inputOffset
    outputOffset = start.outputOffset
    nextFrameStartAt = start.outputOffset + spacing
    if let context {
      _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogMax)
    } else {
      failure = .outOfMemory(at: inputOffset)
    }
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Decompresses until the input is used up and nothing more comes out, or the output is full.
  ///
  /// Throws at damage, after everything before it has been delivered by earlier calls.
  public mutating func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> StreamProgress {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    while failure == nil, target.pos < target.size {
      guard source.pos < source.size || isInFrame else { break }
      if !isInFrame { rememberFrameStart() }
      let before = (source.pos, target.pos)
      let hint = ZSTD_decompressStream(context, &target, &source)
      inputOffset += Int64(source.pos - before.0)
      outputOffset += Int64(target.pos - before.1)
      if ZSTD_isError(hint) != 0 {
        failure = Self.error(hint, at: inputOffset)
      } else {
        isInFrame = hint != 0
        if (source.pos, target.pos) == before { break }
      }
    }
    if let failure, target.pos == 0 { throw failure }
    return StreamProgress(consumed: source.pos, produced: target.pos)
  }

  /// To be called when there is no more input: throws when the data end inside a frame.
  public func finish() throws(CompressionError) {
    if let failure { throw failure }
    if isInFrame || inputOffset == 0 { throw .cut(at: inputOffset, format: .zstd) }
  }

  /// The frame starts found since the last call.
  public mutating func takeFrameStarts() -> [ZstdFrameStart] {
    defer { frameStarts.removeAll() }
    return frameStarts
  }

  private mutating func rememberFrameStart() {
    guard outputOffset >= nextFrameStartAt else { return }
    frameStarts.append(ZstdFrameStart(inputOffset: inputOffset, outputOffset: outputOffset))
    nextFrameStartAt = outputOffset + spacing
  }

  private static func error(_ code: Int, at byteOffset: Int64) -> CompressionError {
    switch ZSTD_getErrorCode(code) {
    case ZSTD_error_frameParameter_windowTooLarge:
      CompressionError(
        byteOffset: byteOffset, reason: "the zstd frame asks for a window above 128 MiB",
        remedy: "compress it again without --ultra --long=28 or more")
    case ZSTD_error_memory_allocation: .outOfMemory(at: byteOffset)
    default: .damaged(at: byteOffset, format: .zstd, why: String(cString: ZSTD_getErrorName(code)))
    }
  }
}

extension ZstdDecompressor {
  /// The bytes of one small frame whose size is known, as `ZstdCompressor` made it.
  ///
  /// Throws when the frame is damaged or holds another number of bytes.
  public static func unpack(
    _ frame: UnsafeRawBufferPointer, byteCount: Int
  ) throws(CompressionError) -> [UInt8] {
    var code = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
      code = ZSTD_decompress(output.baseAddress, byteCount, frame.baseAddress, frame.count)
      count = ZSTD_isError(code) != 0 ? 0 : code
    }
    if ZSTD_isError(code) != 0 { throw error(code, at: 0) }
    guard bytes.count == byteCount else {
      throw .damaged(at: 0, format: .zstd, why: "\(bytes.count) bytes instead of \(byteCount)")
    }
    return bytes
  }
}

/// Where a zstd frame starts: decompression can start again there without anything before it.
public struct ZstdFrameStart: Hashable, Sendable {
  public let inputOffset: Int64
  public let outputOffset: Int64

  public static let first = ZstdFrameStart(inputOffset: 0, outputOffset: 0)
}
