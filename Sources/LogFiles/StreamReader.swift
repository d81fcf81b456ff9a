internal import Compression
internal import EventModel
internal import Glibc
internal import LogFormats

/// Where a pipe's bytes come from.
struct StreamInput: Sendable {
  var file: OpenFile
  var origin: Origin

  enum Origin: Sendable {
    case descriptor
    case fifo(ForeignText)
    case command(ChildProcess)
  }
}

/// Reads one pipe to its end on its own thread; keeps its bytes in a spool.
struct StreamReader {
  private let reader: SourceReader
  private var input: StreamInput
  private let hub: Hub
  private let spool: Spool
  private var errors: OpenFile?
  private var errorLines = ErrorLines()

  /// The first bytes, until it is known whether they are compressed.
  private var head: [UInt8] = []
  private var isHeadDone = false
  private var decompressor = StreamDecompressor()
  private var storedOffset: Int64 = 0
  /// When the oldest byte that is not decoded or delivered yet came.
  private var waitingSinceNs: Int64?

  static let pieceByteCount = 256 << 10
  /// What came is told at least this often.
  static let deliveryNs: Int64 = 50_000_000
  /// A layout is recognised from this many bytes, or from what came in a quarter of a second.
  static let recognitionByteCount = 64 << 10
  static let recognitionNs: Int64 = 250_000_000

  init(_ reader: SourceReader, _ input: StreamInput) {
    self.reader = reader
    self.input = input
    hub = reader.hub
    spool = Spool(
      directory: hub.options.spoolDirectory ?? Spool.defaultDirectory, limit: hub.options.spoolLimit)
    if case .command(let process) = input.origin { errors = process.errors }
  }

  /// Reads until the pipe ends or the sources are closed.
  mutating func run() {
    reader.begin(.spool(spool))
    hub.tell(.opened(reader.source.status))
    var buffer = [UInt8](repeating: 0, count: Self.pieceByteCount)
    while !hub.closing.isSet {
      let isReady = waitForBytes()
      if isReady.errors { readErrors(&buffer) }
      if isReady.output, !readPiece(&buffer) { break }
      deliverIfDue()
    }
    finish(&buffer)
  }

  private func waitForBytes() -> (output: Bool, errors: Bool) {
    let files = [input.file] + (errors.map { [$0] } ?? [])
    let ready = hub.closing.wait(for: files, timeoutMs: timeoutMs)
    return (ready[0], ready.count > 1 && ready[1])
  }

  private var timeoutMs: Int {
    guard let waitingSinceNs else { return -1 }
    let limit = reader.isRecognised ? Self.deliveryNs : Self.recognitionNs
    return max(1, Int((waitingSinceNs + limit - MonotonicClock.nowNs) / 1_000_000))
  }

  /// Returns false at the end of the pipe.
  private mutating func readPiece(_ buffer: inout [UInt8]) -> Bool {
    let count = read(input.file.descriptor, &buffer, buffer.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR ? true : tellReadError() }
    if count == 0 { return reopen() }
    storedOffset += Int64(count)
    guard take(buffer[..<count]) else { return false }
    if waitingSinceNs == nil { waitingSinceNs = MonotonicClock.nowNs }
    if reader.isRecognised || reader.bufferedCount >= Self.recognitionByteCount {
      reader.decode(isEnd: false)
    }
    return true
  }

  private func tellReadError() -> Bool {
    let error = SystemError(code: errno)
    reader.tell(
      SourceProblem(
        place: reader.name, byteOffset: storedOffset, reason: "cannot be read (\(error))",
        remedy: "start it again; what came before is kept"))
    return false
  }

  /// Tells what came, not too often; all of it when a lot has gathered.
  private mutating func deliverIfDue() {
    guard let since = waitingSinceNs else { return }
    let waitedNs = MonotonicClock.nowNs - since
    if !reader.isRecognised {
      guard waitedNs >= Self.recognitionNs else { return }
      guard reader.hasWholeLine else { return waitingSinceNs = MonotonicClock.nowNs }
      reader.decode(isEnd: false)
    }
    guard waitedNs >= Self.deliveryNs || reader.undeliveredEventCount >= 16_384 else { return }
    waitingSinceNs = nil
    reader.deliver(storedOffset: storedOffset, total: nil, state: .reading)
  }

  /// A followed FIFO goes on with its next writer.
  private mutating func reopen() -> Bool {
    guard hub.options.follows, case .fifo(let path) = input.origin else { return false }
    // Opened again before the old descriptor closes, so that no writer finds nobody reading.
    guard let next = try? OpenFile.open(path) else { return false }
    reader.decode(isEnd: true)
    reader.deliver(storedOffset: storedOffset, total: nil, state: .following)
    waitingSinceNs = nil
    input.file = next
    return true
  }

  private mutating func finish(_ buffer: inout [UInt8]) {
    if case .command(let process) = input.origin { end(process, &buffer) }
    if !hub.closing.isSet {
      takeHead()
      if let failure = decompressor.finish() { tell(failure) }
      reader.decode(isEnd: true)
    }
    reader.deliver(storedOffset: storedOffset, total: nil, state: .ended)
    if storedOffset == 0, !hub.closing.isSet {
      reader.tell(SourceProblem(place: reader.name, reason: "nothing came from it", remedy: nil))
    }
    hub.tell(.ended(reader.source.status))
    hub.endReading()
  }
}

// MARK: Bytes on their way

extension StreamReader {
  /// Takes bytes as they came. Returns false when they cannot be read on.
  private mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
    if isHeadDone { return bytes.withUnsafeBytes { push($0) } }
    head += bytes
    return head.count < 4 ? true : takeHead()
  }

  @discardableResult
  private mutating func takeHead() -> Bool {
    guard !isHeadDone else { return true }
    isHeadDone = true
    let bytes = head
    head = []
    let format = bytes.withUnsafeBytes { CompressionFormat.recognised(in: $0) }
    if let format {
      decompressor.begin(format)
      reader.source.shared.withLock { $0.status.compression = format.rawValue }
    }
    return bytes.withUnsafeBytes { push($0) }
  }

  private func push(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let failure = decompressor.push(bytes) { keep($0) }
    if let failure { tell(failure) }
    return failure == nil
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    if let reason = spool.append(bytes) {
      reader.tell(
        SourceProblem(
          place: reader.name, reason: "events will be counted but not shown in full: \(reason)",
          remedy: "make room there, or set XDG_CACHE_HOME to another place"))
    }
    _ = reader.fill(upTo: bytes.count) { space in
      space.copyMemory(from: bytes)
      return bytes.count
    }
    // Compressed bytes may become very many.
    if reader.isRecognised || reader.bufferedCount > 1 << 20 { reader.decode(isEnd: false) }
    if reader.undeliveredEventCount >= 65_536 {
      reader.deliver(storedOffset: storedOffset, total: nil, state: .reading)
    }
  }

  private func tell(_ error: CompressionError) {
    reader.decode(isEnd: true)
    reader.deliver(storedOffset: storedOffset, total: nil, state: .reading)
    let tally = reader.source.status.tally
    let (count, last) = (tally.eventCount, tally.last)
    reader.tell(
      SourceProblem(
        place: reader.name, byteOffset: error.byteOffset,
        reason: "\(error.reason), after \(count) event\(count == 1 ? "" : "s")", remedy: error.remedy))
    hub.tell(.gap(SourceGap(source: reader.source.id, after: last, before: nil, reason: error.reason)))
  }
}

/// Passes bytes through, or through a decompressor.
private final class StreamDecompressor {
  private var decompressor: Decompressor?
  private var output: [UInt8] = []

  func begin(_ format: CompressionFormat) {
    decompressor = Decompressor(format)
    output = [UInt8](repeating: 0, count: 256 << 10)
  }

  func push(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void) -> CompressionError? {
    guard decompressor != nil else {
      take(bytes)
      return nil
    }
    var used = 0
    do {
      while true {
        let progress = try output.withUnsafeMutableBytes { space in
          try decompressor?.push(UnsafeRawBufferPointer(rebasing: bytes[used...]), into: space)
        }
        guard let progress, progress.consumed > 0 || progress.produced > 0 else { return nil }
        used += progress.consumed
        if progress.produced > 0 {
          output.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<progress.produced])) }
        }
      }
    } catch { return error as? CompressionError }
  }

  func finish() -> CompressionError? {
    do {
      try decompressor?.finish()
      return nil
    } catch { return error }
  }
}

// MARK: What a command says beside its log

extension StreamReader {
  private mutating func readErrors(_ buffer: inout [UInt8]) {
    guard let file = errors else { return }
    let count = read(file.descriptor, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      errors = nil
      return tellErrorLines(errorLines.finish())
    }
    tellErrorLines(errorLines.take(buffer[..<count]))
  }

  private func tellErrorLines(_ lines: [ForeignText]) {
    for line in lines {
      reader.tell(SourceProblem(place: reader.name, reason: "it says on standard error", detail: line))
    }
  }

  private mutating func end(_ process: ChildProcess, _ buffer: inout [UInt8]) {
    if hub.closing.isSet { return process.terminate() }
    // The pipe is closed; what it said last and its exit status follow at once, or it runs on without a log.
    for _ in 0..<50 where process.end == nil || errors != nil {
      let ready = hub.closing.wait(for: errors.map { [$0] } ?? [], timeoutMs: 20)
      if ready.first == true { readErrors(&buffer) }
    }
    tellErrorLines(errorLines.finish())
    tellEnd(process.end)
    process.terminate()
  }

  private func tellEnd(_ end: ChildProcess.End?) {
    let reason: String
    switch end {
    case .exited(0): return
    case .exited(127): reason = "the command was not found (exit status 127)"
    case .exited(let code): reason = "the command ended with exit status \(code)"
    case .killed(let signal): reason = "the command was ended by signal \(signal)"
    case nil: reason = "the command closed its output but went on; it was ended"
    }
    reader.tell(
      SourceProblem(place: reader.name, reason: reason, remedy: "run it by itself to see what it says"))
  }
}

/// Cuts standard error into lines; keeps at most the first kilobyte of each.
struct ErrorLines {
  private var partial: [UInt8] = []

  static let lineLimit = 1024

  mutating func take(_ bytes: ArraySlice<UInt8>) -> [ForeignText] {
    var lines: [ForeignText] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        lines += finish()
      } else if partial.count < Self.lineLimit {
        partial.append(byte)
      }
    }
    return lines
  }

  mutating func finish() -> [ForeignText] {
    defer { partial.removeAll() }
    return partial.isEmpty ? [] : [ForeignText(bytes: partial)]
  }
}
