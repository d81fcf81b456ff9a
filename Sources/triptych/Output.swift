internal import EventModel
internal import Glibc
internal import SceneGraph

/// Standard output through a buffer. `flush` at the end; what is not flushed is lost.
struct Output: ~Copyable {
  private var bytes: [UInt8] = []
  private static let flushByteCount = 1 << 16

  mutating func write(_ text: some StringProtocol) {
    bytes.append(contentsOf: text.utf8)
    if bytes.count >= Self.flushByteCount { flush() }
  }

  mutating func write(_ more: [UInt8]) {
    bytes.append(contentsOf: more)
    if bytes.count >= Self.flushByteCount { flush() }
  }

  /// In decimal digits.
  mutating func write(number: UInt32) {
    var (divisor, rest) = (UInt32(1), number)
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
      (rest, divisor) = (rest % divisor, divisor / 10)
    }
  }

  mutating func flush() {
    Self.writeAll(bytes, to: STDOUT_FILENO)
    bytes.removeAll(keepingCapacity: true)
  }

  /// One text, at once.
  static func write(_ text: String) { writeAll(Array(text.utf8), to: STDOUT_FILENO) }

  /// One text and a newline, at once.
  static func print(_ text: String) {
    var output = Output()
    output.write(text)
    output.write("\n")
    output.flush()
  }

  /// A line for standard error. Foreign words in it are made safe to show, and cannot begin a line of their own.
  static func complain(_ text: String, prefix: String = "triptych: ") {
    complain(lines: [text], prefix: prefix)
  }

  /// Each of `lines` is made safe by itself.
  static func complain(lines: [String], prefix: String = "triptych: ") {
    let safe = lines.map { SafeText(ForeignText($0)).string }
    writeAll(Array((prefix + safe.joined(separator: "\n") + "\n").utf8), to: STDERR_FILENO)
  }

  /// Ends the program with 0 where the reader has gone, with 3 where the disk is full or the like.
  private static func writeAll(_ bytes: [UInt8], to file: Int32) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, bytes.count - done) }
      if count >= 0 {
        done += count
      } else if errno == EPIPE {
        exit(0)
      } else if errno != EINTR {
        let reason = String(cString: strerror(errno))
        if file == STDOUT_FILENO { complain("standard output cannot be written: \(reason)") }
        exit(ProgramExit.environment(nil).code)
      }
    }
  }
}

/// Bytes as people speak of them, to two digits or more: `3.5 MiB`, `812 KiB`, `17 B`.
enum SizeWords {
  static func text(_ byteCount: UInt64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where byteCount >= 1 << UInt64(shift) {
      let tenths = ((byteCount >> UInt64(shift - 10)) * 10) >> 10
      return tenths < 100 ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(tenths / 10) \(unit)"
    }
    return "\(byteCount) B"
  }
}
