// Crypto: digests, signatures and secret memory over libsodium.
// Pure: bytes in, bytes out; no file, no clock. It must never know what is signed, or for whom.

internal import CSodium

/// BLAKE2b-256 (RFC 7693): 32 bytes that nobody can find other content for.
public struct Digest: Hashable, Sendable {
  public static let byteCount = 32
  public let bytes: [UInt8]

  /// `nil` unless there are 32 bytes.
  public init?(bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  init(computed bytes: [UInt8]) { self.bytes = bytes }

  /// Of no bytes in particular: where a chain begins.
  public static let zero = Digest(computed: [UInt8](repeating: 0, count: byteCount))

  /// Of all pieces, one behind the other.
  public init(of pieces: UnsafeRawBufferPointer...) {
    var digester = Digester()
    for piece in pieces { digester.update(piece) }
    self = digester.finish()
  }

  public init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { Digest(of: $0) } }
}

/// Works out a `Digest` piece by piece. About 1 GB a second.
public struct Digester: ~Copyable {
  private let state: UnsafeMutableRawPointer

  public init() {
    state = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    crypto_generichash_init(typed, nil, 0, Digest.byteCount)
  }

  deinit { state.deallocate() }

  private var typed: OpaquePointer { OpaquePointer(state) }

  public mutating func update(_ piece: UnsafeRawBufferPointer) {
    guard let base = piece.bindMemory(to: UInt8.self).baseAddress else { return }
    crypto_generichash_update(typed, base, UInt64(piece.count))
  }

  /// To be called once, at the end.
  public consuming func finish() -> Digest {
    let state = typed
    return Digest(
      computed: [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { bytes, count in
        if let base = bytes.baseAddress { crypto_generichash_final(state, base, Digest.byteCount) }
        count = Digest.byteCount
      })
  }
}
