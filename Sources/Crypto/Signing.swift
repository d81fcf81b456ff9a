internal import CSodium

/// Whom a signature is compared with: the public half of an Ed25519 key (RFC 8032).
public struct PublicKey: Hashable, Sendable {
  public static let byteCount = 32
  public let bytes: [UInt8]

  /// `nil` unless these are 32 bytes that name a point of the main subgroup: for any other key verifiers disagree about
  /// what it has signed.
  public init?(bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.byteCount, Sodium.isReady, crypto_core_ed25519_is_valid_point(bytes) == 1 else {
      return nil
    }
    self.bytes = bytes
  }

  /// Whether `signature` is this key's over exactly these bytes. Pure Ed25519, S below the group's order.
  public func isSignature(_ signature: Signature, of message: UnsafeRawBufferPointer) -> Bool {
    let message = message.bindMemory(to: UInt8.self)
    return crypto_sign_verify_detached(signature.bytes, message.baseAddress, UInt64(message.count), bytes)
      == 0
  }
}

/// 64 bytes of Ed25519. Two signatures of the same bytes may differ: never compare them to find duplicates.
public struct Signature: Hashable, Sendable {
  public static let byteCount = 64
  public let bytes: [UInt8]

  /// `nil` unless there are 64 bytes; whether they sign anything, only a key can say.
  public init?(bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }
}

/// An Ed25519 key that signs. The secret is in locked memory that is wiped with the key.
public struct SigningKey: ~Copyable, Sendable {
  public static let seedByteCount = 32
  public let publicKey: PublicKey
  private let secret: SecretBytes

  /// A new one, from the system's randomness. `nil` when there is no memory that can be locked.
  public init?() {
    guard Sodium.isReady, let seed = SecretBytes(count: Self.seedByteCount) else { return nil }
    randombytes_buf(seed.start, seed.count)
    self.init(seed: seed)
  }

  /// The key of a seed of 32 bytes: the same one every time.
  public init?(seed: borrowing SecretBytes) {
    guard Sodium.isReady, seed.count == Self.seedByteCount,
      let secret = SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES))
    else { return nil }
    var publicBytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
    crypto_sign_seed_keypair(&publicBytes, secret.octets, seed.octets)
    guard let publicKey = PublicKey(bytes: publicBytes) else { return nil }
    self.publicKey = publicKey
    self.secret = secret
  }

  /// What to keep for `init(seed:)`. Secret like the key.
  public func seed() -> SecretBytes? {
    guard let seed = SecretBytes(count: Self.seedByteCount) else { return nil }
    crypto_sign_ed25519_sk_to_seed(seed.octets, secret.octets)
    return seed
  }

  /// About 16 us for a small message, and 3.5 ms for each MiB: sign a digest of what is long.
  public func signature(of message: UnsafeRawBufferPointer) -> Signature {
    let message = message.bindMemory(to: UInt8.self)
    var bytes = [UInt8](repeating: 0, count: Signature.byteCount)
    crypto_sign_detached(&bytes, nil, message.baseAddress, UInt64(message.count), secret.octets)
    return Signature(known: bytes)
  }
}

extension Signature {
  fileprivate init(known bytes: [UInt8]) { self.bytes = bytes }
}
