internal import Compression
internal import Synchronization

/// Where a source's bytes can be read, and read again.
enum ByteStore: Sendable {
  case plain(OpenFile)
  case gzip(OpenFile, Marks<GzipCheckpoint>)
  case zstd(OpenFile, Marks<ZstdFrameStart>)
  case spool(Spool)
  case recorded(RecordedRun)

  var file: OpenFile? {
    switch self {
    case .plain(let file), .gzip(let file, _), .zstd(let file, _): file
    case .spool, .recorded: nil
    }
  }

  var compression: CompressionFormat? {
    switch self {
    case .gzip: .gzip
    case .zstd: .zstd
    case .plain, .spool, .recorded: nil
    }
  }
}

/// Places to start decompressing from, in the order of their output; grows while a file is read the first time.
final class Marks<Mark: Sendable>: Sendable {
  private let marks = Mutex<[Mark]>([])
  private let outputOffset: @Sendable (Mark) -> Int64

  init(outputOffset: @escaping @Sendable (Mark) -> Int64) { self.outputOffset = outputOffset }

  /// Those that lie behind what is known already.
  func append(_ new: [Mark]) {
    guard !new.isEmpty else { return }
    marks.withLock { marks in
      for mark in new where marks.last.map({ outputOffset($0) < outputOffset(mark) }) ?? true {
        marks.append(mark)
      }
    }
  }

  /// The last one at or before `offset`.
  func last(atOrBefore offset: Int64) -> Mark? {
    marks.withLock { marks in
      var low = 0
      var high = marks.count
      while low < high {
        let middle = (low + high) / 2
        if outputOffset(marks[middle]) <= offset { low = middle + 1 } else { high = middle }
      }
      return low > 0 ? marks[low - 1] : nil
    }
  }
}

/// Why bytes could not be read.
struct ReadFailure: Error, Hashable {
  /// In the bytes as stored.
  var byteOffset: Int64
  var reason: String
  var remedy: String?
  /// The spool has dropped them.
  var isEvicted = false

  init(byteOffset: Int64, reason: String, remedy: String? = nil, isEvicted: Bool = false) {
    self.byteOffset = byteOffset
    self.reason = reason
    self.remedy = remedy
    self.isEvicted = isEvicted
  }

  init(_ error: CompressionError) {
    self.init(byteOffset: error.byteOffset, reason: error.reason, remedy: error.remedy)
  }

  init(_ error: SystemError, at byteOffset: Int64) {
    self.init(
      byteOffset: byteOffset, reason: "cannot be read (\(error))",
      remedy: "check the disk or mount; everything before it was read")
  }
}

/// Reads a store's bytes, decompressed, from any place; cheapest straight on.
///
/// Used by one thread at a time. Memory: a compressed store takes 128 KiB of input and up to `cacheByteCount`.
final class ByteCursor {
  private let store: ByteStore
  private var decoder: DecodingCursor?
  private var spoolFrame = SpoolFrameCache()
  private var chunk = ChunkCache()
  /// Bytes before the place where the decoder stands, kept when reading backwards.
  private var cache: [UInt8] = []
  private var cacheStart: Int64 = 0

  static let cacheByteCount = 4 << 20

  init(_ store: ByteStore) { self.store = store }

  /// Bytes of the store as stored that were needed to get here.
  var storedOffset: Int64 { decoder?.inputOffset ?? 0 }

  /// As many bytes from `offset` on as there are, up to the buffer's size; 0 at the end.
  ///
  /// A failure is thrown once all bytes before it have been delivered.
  func read(
    at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(ReadFailure) -> Int {
    switch store {
    case .plain(let file):
      do { return try file.read(at: offset, into: buffer) } catch { throw ReadFailure(error, at: offset) }
    case .spool(let spool):
      return try spool.read(at: offset, into: buffer, cache: &spoolFrame)
    case .recorded(let run):
      return try run.read(at: offset, into: buffer, cache: &chunk)
    case .gzip, .zstd:
      return try readCompressed(at: offset, into: buffer)
    }
  }

  private func readCompressed(
    at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(ReadFailure) -> Int {
    if offset >= cacheStart, offset < cacheStart + Int64(cache.count) {
      return readCache(at: offset, into: buffer)
    }
    if let decoder, decoder.outputOffset <= offset {
      try advance(to: offset)
      return try fill(buffer)
    }
    let isFirstRead = decoder == nil && offset == 0
    restart(before: offset)
    if isFirstRead { return try fill(buffer) }
    try advance(to: max(decoder?.outputOffset ?? 0, offset - Int64(Self.cacheByteCount)))
    try fillCache(upTo: offset + Int64(buffer.count))
    return readCache(at: offset, into: buffer)
  }

  private func readCache(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let start = Int(offset - cacheStart)
    guard start >= 0, start < cache.count else { return 0 }
    let count = min(buffer.count, cache.count - start)
    cache.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<(start + count)]))
    }
    return count
  }

  private func restart(before offset: Int64) {
    cache.removeAll()
    switch store {
    case .gzip(let file, let marks):
      decoder = DecodingCursor(file, gzip: marks.last(atOrBefore: offset), marks: marks)
    case .zstd(let file, let marks):
      decoder = DecodingCursor(file, zstd: marks.last(atOrBefore: offset), marks: marks)
    case .plain, .spool, .recorded: break
    }
  }

  /// Moves on to `offset`, preferring a mark over decompressing what lies between.
  private func advance(to offset: Int64) throws(ReadFailure) {
    guard let position = decoder?.outputOffset, position < offset else { return }
    if hasMark(after: position, atOrBefore: offset) { restart(before: offset) }
    var scratch = [UInt8](repeating: 0, count: 64 << 10)
    while let decoder, decoder.outputOffset < offset {
      let count = min(Int64(scratch.count), offset - decoder.outputOffset)
      if try Self.read(decoder, into: &scratch, count: Int(count)) == 0 { break }
    }
  }

  private func hasMark(after position: Int64, atOrBefore offset: Int64) -> Bool {
    switch store {
    case .gzip(_, let marks): (marks.last(atOrBefore: offset)?.outputOffset ?? 0) > position
    case .zstd(_, let marks): (marks.last(atOrBefore: offset)?.outputOffset ?? 0) > position
    case .plain, .spool, .recorded: false
    }
  }

  private func fillCache(upTo end: Int64) throws(ReadFailure) {
    guard let decoder else { return }
    cacheStart = decoder.outputOffset
    var scratch = [UInt8](repeating: 0, count: 64 << 10)
    while decoder.outputOffset < end {
      let count = min(scratch.count, Int(end - decoder.outputOffset))
      let got: Int
      do throws(ReadFailure) {
        got = try Self.read(decoder, into: &scratch, count: count)
      } catch {
        if cache.isEmpty { throw error }
        return
      }
      if got == 0 { return }
      cache += scratch[..<got]
    }
  }

  private static func read(
    _ decoder: DecodingCursor, into scratch: inout [UInt8], count: Int
  ) throws(ReadFailure) -> Int {
    var failure: ReadFailure?
    let got = scratch.withUnsafeMutableBytes { buffer -> Int in
      do throws(ReadFailure) {
        return try decoder.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return got
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ReadFailure) -> Int {
    try decoder?.read(into: buffer) ?? 0
  }
}

/// A decompressor with the file that feeds it.
private final class DecodingCursor {
  private let file: OpenFile
  private var input: [UInt8]
  /// Where `input` stands in the file, and how much of it is filled.
  private var inputStart: Int64 = 0
  private var inputCount = 0
  private var decompressor: Decompressor
  private let remember: (inout Decompressor) -> Void
  private var failure: ReadFailure?

  init(_ file: OpenFile, gzip checkpoint: GzipCheckpoint?, marks: Marks<GzipCheckpoint>) {
    self.file = file
    input = [UInt8](repeating: 0, count: 128 << 10)
    decompressor = Decompressor(gzip: checkpoint)
    remember = { marks.append($0.takeCheckpoints()) }
  }

  init(_ file: OpenFile, zstd start: ZstdFrameStart?, marks: Marks<ZstdFrameStart>) {
    self.file = file
    input = [UInt8](repeating: 0, count: 128 << 10)
    decompressor = Decompressor(zstd: start)
    remember = { marks.append($0.takeFrameStarts()) }
  }

  var inputOffset: Int64 { decompressor.inputOffset }
  var outputOffset: Int64 { decompressor.outputOffset }

  /// Fills the buffer unless the data end. A failure waits until everything before it is delivered.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadFailure) -> Int {
    var count = 0
    while count < buffer.count, failure == nil {
      do throws(ReadFailure) {
        let space = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        let got = try step(into: space)
        if got == nil { break }
        count += got ?? 0
      } catch {
        failure = error
      }
    }
    remember(&decompressor)
    if count == 0, let failure { throw failure }
    return count
  }

  /// One turn: more input if needed, then the decompressor. `nil` at the end of the data.
  private func step(into space: UnsafeMutableRawBufferPointer) throws(ReadFailure) -> Int? {
    let place = decompressor.inputOffset
    if place < inputStart || place >= inputStart + Int64(inputCount) { try refill(at: place) }
    let used = Int(place - inputStart)
    do {
      let progress = try input.withUnsafeBytes {
        try decompressor.push(UnsafeRawBufferPointer(rebasing: $0[used..<inputCount]), into: space)
      }
      if inputCount > used || progress.produced > 0 { return progress.produced }
      try decompressor.finish()
      return nil
    } catch let error as CompressionError {
      throw ReadFailure(error)
    } catch {
      throw ReadFailure(byteOffset: place, reason: "\(error)")
    }
  }

  private func refill(at offset: Int64) throws(ReadFailure) {
    inputStart = offset
    inputCount = 0
    var failure: SystemError?
    inputCount = input.withUnsafeMutableBytes { buffer -> Int in
      do throws(SystemError) { return try file.read(at: offset, into: buffer) } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw ReadFailure(failure, at: offset) }
  }
}

/// One of the two decompressors.
struct Decompressor: ~Copyable {
  private var gzip: GzipInflater?
  private var zstd: ZstdDecompressor?
  /// Counted from the start of the data.
  private(set) var inputOffset: Int64
  private(set) var outputOffset: Int64

  /// - Parameter checkpoint: `nil` starts at the beginning.
  init(gzip checkpoint: GzipCheckpoint?) {
    inputOffset = checkpoint?.inputOffset ?? 0
    outputOffset = checkpoint?.outputOffset ?? 0
    if let checkpoint {
      gzip = GzipInflater(resumingAt: checkpoint)
    } else {
      gzip = GzipInflater()
    }
  }

  init(zstd start: ZstdFrameStart?) {
    inputOffset = start?.inputOffset ?? 0
    outputOffset = start?.outputOffset ?? 0
    zstd = ZstdDecompressor(resumingAt: start ?? .first)
  }

  /// For a pipe: remembers no places.
  init(_ format: CompressionFormat) {
    inputOffset = 0
    outputOffset = 0
    switch format {
    case .gzip: gzip = GzipInflater(checkpointSpacing: .max)
    case .zstd: zstd = ZstdDecompressor(frameSpacing: .max)
    }
  }

  mutating func push(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> StreamProgress {
    let progress: StreamProgress
    if let done = try gzip?.inflate(input, into: output) {
      progress = done
    } else {
      progress = try zstd?.decompress(input, into: output) ?? StreamProgress(consumed: 0, produced: 0)
    }
    inputOffset += Int64(progress.consumed)
    outputOffset += Int64(progress.produced)
    return progress
  }

  /// Throws when the data end in the middle.
  mutating func finish() throws(CompressionError) {
    try gzip?.finish()
    try zstd?.finish()
  }

  mutating func takeCheckpoints() -> [GzipCheckpoint] { gzip?.takeCheckpoints() ?? [] }
  mutating func takeFrameStarts() -> [ZstdFrameStart] { zstd?.takeFrameStarts() ?? [] }
}
