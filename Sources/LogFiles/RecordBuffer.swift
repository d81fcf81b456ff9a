internal import Glibc
internal import LogFormats

/// Bytes that wait for a decoder: filled at the end, removed at the head, moved only when room is short.
final class RecordBuffer {
  private var storage: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  init() { storage = .allocate(byteCount: 0, alignment: 64) }

  deinit { storage.deallocate() }

  var count: Int { end - start }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(rebasing: storage[start..<end]))
  }

  /// Lets `read` fill up to `byteCount` bytes of room; it returns how many it did.
  func fill<Failure>(
    upTo byteCount: Int, _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    makeRoom(for: byteCount)
    let filled = try read(UnsafeMutableRawBufferPointer(rebasing: storage[end..<(end + byteCount)]))
    end += min(max(0, filled), byteCount)
    return filled
  }

  func remove(_ byteCount: Int) {
    start += min(byteCount, count)
    if start == end {
      start = 0
      end = 0
    }
  }

  func removeAll(done: (Int) -> Void) {
    done(count)
    remove(count)
  }

  /// Keeps no more memory than the bytes need.
  func compact() { move(to: .allocate(byteCount: count, alignment: 64)) }

  private func makeRoom(for byteCount: Int) {
    if storage.count - end >= byteCount { return }
    if storage.count - count >= byteCount {
      let kept = count
      storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
      end = kept
      start = 0
    } else {
      // Half as much again at least, so that a long record is not moved for every piece.
      move(to: .allocate(byteCount: max(count + byteCount, storage.count * 3 / 2), alignment: 64))
    }
  }

  private func move(to new: UnsafeMutableRawBufferPointer) {
    let kept = count
    new.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
    storage.deallocate()
    storage = new
    start = 0
    end = kept
  }
}

/// Looks once for bytes that a person should know of: NUL bytes, and bytes that are not UTF-8.
struct ByteChecks {
  private var looksForNul = true
  private var looksForBadUtf8 = true

  struct Finding {
    enum Kind { case nul, badUtf8 }

    var kind: Kind
    var byteOffset: Int64

    var reason: String { kind == .nul ? "NUL bytes" : "bytes that are not UTF-8" }

    var remedy: String {
      switch kind {
      case .nul: "a crash or a truncated log leaves them; the lines around them count"
      case .badUtf8: "each is shown as \\xFF and the like; convert the file with iconv to read them"
      }
    }
  }

  /// Whether none of its kind was told before; one of this kind is told now.
  mutating func isNew(_ finding: Finding) -> Bool {
    switch finding.kind {
    case .nul:
      defer { looksForNul = false }
      return looksForNul
    case .badUtf8:
      defer { looksForBadUtf8 = false }
      return looksForBadUtf8
    }
  }

  /// What is not told yet.
  ///
  /// - Parameter bytes: whole records, so that no character is cut.
  func look(at bytes: UnsafeRawBufferPointer, from offset: Int64) -> [Finding] {
    // Most logs are ASCII throughout: one look says so.
    let plainCount = PlainText.prefixCount(of: bytes)
    guard plainCount < bytes.count, looksForNul || looksForBadUtf8 else { return [] }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[plainCount...])
    let restOffset = offset + Int64(plainCount)
    var findings: [Finding] = []
    if looksForNul, let place = Self.firstNul(in: rest) {
      findings.append(Finding(kind: .nul, byteOffset: restOffset + Int64(place)))
    }
    if looksForBadUtf8, let place = Self.firstBadUtf8(in: rest) {
      findings.append(Finding(kind: .badUtf8, byteOffset: restOffset + Int64(place)))
    }
    return findings
  }

  private static func firstNul(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, 0, bytes.count) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private static func firstBadUtf8(in bytes: UnsafeRawBufferPointer) -> Int? {
    let span = Span<UInt8>(_unsafeBytes: bytes)
    do {
      _ = try UTF8Span(validating: span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }
}
