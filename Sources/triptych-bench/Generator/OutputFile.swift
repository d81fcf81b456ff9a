import Glibc

/// Bytes on their way to a file, a mebibyte at a time.
struct OutputFile: ~Copyable {
  private let descriptor: Int32
  private let buffer: UnsafeMutablePointer<UInt8>
  private var used = 0
  private(set) var byteCount = 0

  private static let capacity = 1 << 20
  /// No single word, and no number, is longer.
  private static let slack = 4_096

  /// Replaces what is at `path`; "-" is standard output.
  init(_ path: String) throws {
    descriptor = path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else {
      throw BenchError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    buffer = .allocate(capacity: Self.capacity + Self.slack)
  }

  deinit { buffer.deallocate() }

  /// Writes what is left. A full disk is told here at the latest.
  mutating func finish() throws {
    try flush()
    if descriptor != STDOUT_FILENO, close(descriptor) != 0 {
      throw BenchError("close: \(String(cString: strerror(errno)))")
    }
  }

  mutating func flush() throws {
    var done = 0
    while done < used {
      let count = write(descriptor, buffer + done, used - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw BenchError("write: \(String(cString: strerror(errno)))") }
      done += count
    }
    byteCount += used
    used = 0
  }

  /// To be called at least every `slack` bytes: once a line.
  mutating func endLine() throws {
    append(byte: 0x0a)
    if used >= Self.capacity { try flush() }
  }

  mutating func append(byte: UInt8) {
    buffer[used] = byte
    used += 1
  }

  mutating func append(_ text: StaticString) {
    memcpy(buffer + used, text.utf8Start, text.utf8CodeUnitCount)
    used += text.utf8CodeUnitCount
  }

  /// Of any length.
  mutating func append(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Self.slack)
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { bytes in _ = memcpy(buffer + used, bytes.baseAddress!, bytes.count) }
      used += piece.count
      if used >= Self.capacity { try flush() }
    }
  }

  mutating func append(_ words: borrowing WordTable, _ index: Int) {
    let word = words[index]
    memcpy(buffer + used, word.baseAddress!, word.count)
    used += word.count
  }

  /// Decimal.
  mutating func append(_ number: UInt64) {
    var digitCount = 1
    var rest = number / 10
    while rest > 0 {
      rest /= 10
      digitCount += 1
    }
    rest = number
    for place in stride(from: digitCount - 1, through: 0, by: -1) {
      buffer[used + place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    used += digitCount
  }

  /// Decimal with exactly `width` digits.
  mutating func append(_ number: Int, width: Int) {
    var rest = number
    for place in stride(from: width - 1, through: 0, by: -1) {
      buffer[used + place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    used += width
  }

  /// The low `digitCount` hexadecimal digits.
  mutating func appendHex(_ number: UInt64, digitCount: Int) {
    for place in 0..<digitCount {
      let digit = UInt8(truncatingIfNeeded: number >> (4 * (digitCount - 1 - place))) & 0xf
      buffer[used + place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }
    used += digitCount
  }

  /// The bytes of a number as this machine holds it.
  mutating func append(raw values: UnsafeRawBufferPointer) throws {
    try flush()
    var done = 0
    while done < values.count {
      let count = write(descriptor, values.baseAddress! + done, values.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw BenchError("write: \(String(cString: strerror(errno)))") }
      done += count
    }
    byteCount += values.count
  }
}

/// Words that are written again and again, side by side in memory.
struct WordTable: ~Copyable {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let ends: [Int]

  init(_ words: [String]) {
    let all = words.flatMap { Array($0.utf8) }
    bytes = .allocate(capacity: max(1, all.count))
    _ = bytes.initialize(from: all)
    ends = words.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.utf8.count) }
  }

  deinit { bytes.deallocate() }

  var count: Int { ends.count - 1 }

  subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[ends[index]..<ends[index + 1]])
  }
}
