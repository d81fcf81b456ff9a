internal import CZlib

/// Reads gzip data, member after member (`inflate` of zlib), and remembers places to start again from.
///
/// Memory: about 40 KiB, whatever the data say.
public struct GzipInflater: ~Copyable {
  /// Allocated apart because zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>
  private let spacing: Int64
  private var phase: Phase
  private var memberCount = 0
  private var lastInputByte: UInt8 = 0
  private var idleCallCount = 0
  /// Found behind bytes that were still delivered; thrown by the next call.
  private var failure: CompressionError?
  private var checkpoints: [GzipCheckpoint] = []
  private var nextCheckpointAt: Int64

  /// Compressed bytes taken so far, counted from the start of the data.
  public private(set) var inputOffset: Int64
  /// Bytes delivered so far, counted from the start of the data.
  public private(set) var outputOffset: Int64

  private enum Phase {
    case betweenMembers
    case inMember
    /// Resumed in the middle of a member: zlib sees bare deflate data and leaves the trailer to us.
    case inDeflate
    case inTrailer(bytesLeft: Int)
  }

  /// Starts at the beginning of the data.
  ///
  /// - Parameter checkpointSpacing: bytes of output from one checkpoint to the next; 4 MiB costs at most 0.8 %.
  public init(checkpointSpacing: Int64 = 4 << 20) {
    stream = Self.allocate()
    spacing = max(1 << 15, checkpointSpacing)
    phase = .betweenMembers
    inputOffset = 0
    outputOffset = 0
    nextCheckpointAt = spacing
    if inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) != Z_OK {
      failure = .outOfMemory(at: 0)
    }
  }

  /// Starts at `checkpoint`: the next input byte must be the one at `checkpoint.inputOffset`. The checksum of the
  /// member it lies in is not verified. Makes no further checkpoints.
  public init(resumingAt checkpoint: GzipCheckpoint) {
    stream = Self.allocate()
    spacing = .max
    inputOffset = checkpoint.inputOffset
    outputOffset = checkpoint.outputOffset
    nextCheckpointAt = .max
    phase = checkpoint.isMemberStart ? .betweenMembers : .inDeflate
    let windowBits: Int32 = checkpoint.isMemberStart ? 15 + 16 : -15
    guard inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      failure = .outOfMemory(at: inputOffset)
      return
    }
    if !checkpoint.isMemberStart { prime(with: checkpoint) }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Inflates until the input is used up or the output is full.
  ///
  /// Throws at damage, after everything before it has been delivered by earlier calls.
  public mutating func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> StreamProgress {
    var progress = StreamProgress(consumed: 0, produced: 0)
    while failure == nil, progress.produced < output.count {
      let rest = UnsafeRawBufferPointer(rebasing: input[progress.consumed...])
      // zlib may still hold output when the input is used up; between members there is none.
      if rest.isEmpty, !isInside { break }
      switch phase {
      case .betweenMembers: progress.consumed += enterMember(rest)
      case .inTrailer(let bytesLeft): progress.consumed += skipTrailer(rest, bytesLeft)
      case .inMember, .inDeflate:
        let space = UnsafeMutableRawBufferPointer(rebasing: output[progress.produced...])
        let step = inflateBlock(rest, into: space)
        progress.consumed += step.consumed
        progress.produced += step.produced
        if rest.isEmpty, step.produced == 0 { return progress }
      }
    }
    if let failure, progress.produced == 0 { throw failure }
    return progress
  }

  /// To be called when there is no more input: throws when the data end inside a member.
  public func finish() throws(CompressionError) {
    if let failure { throw failure }
    guard case .betweenMembers = phase, memberCount > 0 else {
      throw .cut(at: inputOffset, format: .gzip)
    }
  }

  /// The checkpoints made since the last call.
  public mutating func takeCheckpoints() -> [GzipCheckpoint] {
    defer { checkpoints.removeAll() }
    return checkpoints
  }
}

extension GzipInflater {
  private static func allocate() -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    return stream
  }

  private var isInside: Bool {
    switch phase {
    case .inMember, .inDeflate: true
    case .betweenMembers, .inTrailer: false
    }
  }

  private mutating func prime(with checkpoint: GzipCheckpoint) {
    if checkpoint.bitCount > 0 {
      let bits = Int32(checkpoint.firstByte) >> (8 - checkpoint.bitCount)
      inflatePrime(stream, checkpoint.bitCount, bits)
    }
    let window = checkpoint.window
    let status = window.withUnsafeBufferPointer {
      inflateSetDictionary(stream, $0.baseAddress, UInt32($0.count))
    }
    if status != Z_OK {
      failure = .damaged(at: inputOffset, format: .gzip, why: "the checkpoint does not fit")
    }
  }

  /// Zero bytes after a member are padding; anything else must be another member.
  private mutating func enterMember(_ input: UnsafeRawBufferPointer) -> Int {
    let padding = memberCount == 0 ? 0 : input.prefix { $0 == 0 }.count
    inputOffset += Int64(padding)
    guard padding < input.count else { return padding }
    guard input[padding] == 0x1f else {
      failure = CompressionError(
        byteOffset: inputOffset,
        reason: "after the gzip data come \(memberCount == 0 ? "no" : "other") bytes",
        remedy: "everything before them was read; cut the file there if they do not belong to it")
      return padding
    }
    if outputOffset >= nextCheckpointAt {
      remember(GzipCheckpoint(inputOffset: inputOffset, outputOffset: outputOffset))
    }
    inflateReset2(stream, 15 + 16)
    phase = .inMember
    return padding
  }

  private mutating func skipTrailer(_ input: UnsafeRawBufferPointer, _ bytesLeft: Int) -> Int {
    let count = min(bytesLeft, input.count)
    inputOffset += Int64(count)
    if count < bytesLeft {
      phase = .inTrailer(bytesLeft: bytesLeft - count)
    } else {
      memberCount += 1
      phase = .betweenMembers
    }
    return count
  }

  /// One call of zlib, which stops at the end of a deflate block.
  private mutating func inflateBlock(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> StreamProgress {
    let inputCount = min(input.count, 1 << 30)
    let outputCount = min(output.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(outputCount)
    let status = CZlib.inflate(stream, Z_BLOCK)
    let consumed = inputCount - Int(stream.pointee.avail_in)
    let produced = outputCount - Int(stream.pointee.avail_out)
    inputOffset += Int64(consumed)
    outputOffset += Int64(produced)
    if consumed > 0 { lastInputByte = input[consumed - 1] }
    idleCallCount = consumed == 0 && produced == 0 && inputCount > 0 ? idleCallCount + 1 : 0
    switch status {
    case Z_OK, Z_BUF_ERROR:
      if outputOffset >= nextCheckpointAt { rememberBlockBoundary() }
      if idleCallCount > 2 { failure = .damaged(at: inputOffset, format: .gzip, why: "no progress") }
    case Z_STREAM_END: leaveMember()
    case Z_MEM_ERROR: failure = .outOfMemory(at: inputOffset)
    default:
      let why = stream.pointee.msg.map { String(cString: $0) } ?? "code \(status)"
      failure = .damaged(at: inputOffset, format: .gzip, why: why)
    }
    return StreamProgress(consumed: consumed, produced: produced)
  }

  private mutating func leaveMember() {
    if case .inDeflate = phase {
      phase = .inTrailer(bytesLeft: 8)
    } else {
      memberCount += 1
      phase = .betweenMembers
    }
  }

  /// `data_type` of zlib: bit 7 is set at the end of a block, bit 6 in the last block of a member, and the low
  /// three bits count the bits of the last input byte that are not used yet.
  private mutating func rememberBlockBoundary() {
    let type = stream.pointee.data_type
    guard type & 128 != 0, type & 64 == 0 else { return }
    var window = [UInt8](repeating: 0, count: 1 << 15)
    var length = UInt32(window.count)
    guard inflateGetDictionary(stream, &window, &length) == Z_OK else { return }
    window.removeLast(window.count - Int(length))
    remember(
      GzipCheckpoint(
        inputOffset: inputOffset, outputOffset: outputOffset, bitCount: type & 7,
        firstByte: lastInputByte, window: window))
  }

  private mutating func remember(_ checkpoint: GzipCheckpoint) {
    checkpoints.append(checkpoint)
    nextCheckpointAt = outputOffset + spacing
  }
}

/// A place inside gzip data where inflating can start again: a member's start, or the end of a deflate block with
/// the 32 KiB of output before it (kept compressed).
public struct GzipCheckpoint: Hashable, Sendable {
  /// Of the next compressed byte to feed.
  public let inputOffset: Int64
  /// Of the next byte that comes out.
  public let outputOffset: Int64
  let isMemberStart: Bool
  /// Bits of the byte before `inputOffset` that belong to the next block.
  let bitCount: Int32
  let firstByte: UInt8
  private let packedWindow: [UInt8]
  private let windowByteCount: Int

  init(inputOffset: Int64, outputOffset: Int64) {
    self.inputOffset = inputOffset
    self.outputOffset = outputOffset
    isMemberStart = true
    bitCount = 0
    firstByte = 0
    packedWindow = []
    windowByteCount = 0
  }

  init(inputOffset: Int64, outputOffset: Int64, bitCount: Int32, firstByte: UInt8, window: [UInt8]) {
    self.inputOffset = inputOffset
    self.outputOffset = outputOffset
    isMemberStart = false
    self.bitCount = bitCount
    self.firstByte = firstByte
    packedWindow = window.withUnsafeBytes { ZstdCompressor.pack($0) }
    windowByteCount = window.count
  }

  /// Bytes of memory this checkpoint holds on to.
  public var byteCount: Int { MemoryLayout<Self>.size + packedWindow.count }

  var window: [UInt8] {
    packedWindow.withUnsafeBytes { (try? ZstdDecompressor.unpack($0, byteCount: windowByteCount)) ?? [] }
  }
}
