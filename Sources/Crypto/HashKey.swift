internal import CSodium

/// A key that turns values into short names: the same value into the same name, and nobody without the key can try
/// values out (HMAC-SHA256, RFC 2104). The key is in locked memory that is wiped with it.
public struct HashKey: ~Copyable, Sendable {
  public static let byteCount = 32
  public static let codeByteCount = 32
  private let secret: SecretBytes

  /// A new one, from the system's randomness. `nil` when there is no memory that can be locked.
  public init?() {
    guard Sodium.isReady, let secret = SecretBytes(count: Self.byteCount) else { return nil }
    randombytes_buf(secret.start, secret.count)
    self.secret = secret
  }

  /// For tests against published values. `nil` when there is no memory that can be locked.
  init?(copying bytes: [UInt8]) {
    guard Sodium.isReady, let secret = SecretBytes(count: bytes.count) else { return nil }
    secret.start.copyMemory(from: bytes, byteCount: bytes.count)
    self.secret = secret
  }

  /// 32 bytes.
  public func code(of message: [UInt8]) -> [UInt8] {
    var state = crypto_auth_hmacsha256_state()
    crypto_auth_hmacsha256_init(&state, secret.octets, secret.count)
    crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
    var code = [UInt8](repeating: 0, count: Self.codeByteCount)
    crypto_auth_hmacsha256_final(&state, &code)
    sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
    return code
  }
}
