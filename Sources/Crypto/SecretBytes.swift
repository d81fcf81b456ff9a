internal import CSodium

/// Bytes that never reach a swap file or a core dump and are wiped at the end (`sodium_malloc`).
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Written through `mutating`, so by its one owner while nobody reads; inside the room before it is given away.
  let start: UnsafeMutableRawPointer
  public let count: Int

  /// Zeros. `nil` when the system gives no such memory (`ulimit -l`).
  public init?(count: Int) {
    guard Sodium.isReady, count >= 0, let start = sodium_malloc(count) else { return nil }
    sodium_memzero(start, count)
    self.start = start
    self.count = count
  }

  deinit { sodium_free(start) }

  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// As the library wants it.
  var octets: UnsafeMutablePointer<UInt8> { start.assumingMemoryBound(to: UInt8.self) }

  /// For whoever fills it.
  public mutating func withMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeMutableRawBufferPointer(start: start, count: count))
  }
}

/// The library must be set up before its first use, by whichever thread that is.
enum Sodium {
  static let isReady = sodium_init() >= 0
}
