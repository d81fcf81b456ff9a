import Crypto
import Foundation
import Testing

@Suite("Digests")
struct DigestTests {
  /// Worked out by Python's hashlib.
  @Test(arguments: [
    ("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
    ("abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
    (
      String(repeating: "a", count: 1000),
      "e00b0ddbf1e2cdaf5c898e1a5e8826ea3a2c339bcf2a478da2e5fca9ff126672"
    ),
  ])
  func `are BLAKE2b-256`(text: String, expected: String) {
    #expect(hex(Digest(of: Array(text.utf8)).bytes) == expected)
  }

  @Test func `do not depend on how the bytes were cut`() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var digester = Digester()
    for start in stride(from: 0, to: bytes.count, by: 77) {
      Array(bytes[start..<min(start + 77, bytes.count)]).withUnsafeBytes { digester.update($0) }
    }
    let piecewise = digester.finish()
    #expect(piecewise == Digest(of: bytes))
  }

  @Test func `have 32 bytes, no more and no fewer`() {
    #expect(Digest(bytes: [UInt8](repeating: 1, count: 31)) == nil)
    #expect(Digest(bytes: [UInt8](repeating: 1, count: 33)) == nil)
    #expect(Digest(bytes: Digest.zero.bytes) == .zero)
  }
}

@Suite("Signatures")
struct SignatureTests {
  /// RFC 8032, 7.1, tests 1 to 3.
  @Test(arguments: [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    ),
    (
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    ),
  ])
  func `are Ed25519`(seed: String, publicKey: String, message: String, expected: String) throws {
    let key = try present(signingKey(seed: bytes(seed)))
    let publicHalf = key.publicKey
    let signature = bytes(message).withUnsafeBytes { key.signature(of: $0) }
    #expect(hex(publicHalf.bytes) == publicKey)
    #expect(hex(signature.bytes) == expected)
    #expect(bytes(message).withUnsafeBytes { publicHalf.isSignature(signature, of: $0) })
  }

  @Test func `hold for no other bytes, no other key and no other signature`() throws {
    let key = try present(SigningKey())
    let other = try present(SigningKey())
    let (publicKey, otherPublicKey) = (key.publicKey, other.publicKey)
    let message = Array("the batch as it was received".utf8)
    let signature = message.withUnsafeBytes { key.signature(of: $0) }
    #expect(message.withUnsafeBytes { publicKey.isSignature(signature, of: $0) })
    #expect(!message.withUnsafeBytes { otherPublicKey.isSignature(signature, of: $0) })
    for place in message.indices {
      var changed = message
      changed[place] ^= 1
      #expect(!changed.withUnsafeBytes { publicKey.isSignature(signature, of: $0) })
    }
    for place in signature.bytes.indices {
      var changed = signature.bytes
      changed[place] ^= 1
      let forged = try #require(Signature(bytes: changed))
      #expect(!message.withUnsafeBytes { publicKey.isSignature(forged, of: $0) })
    }
  }

  @Test func `come out the same after a key was kept and taken up again`() throws {
    let key = try present(SigningKey())
    let seed = try present(key.seed())
    let again = try present(SigningKey(seed: seed))
    let message: [UInt8] = [1, 2, 3]
    let (first, second) = message.withUnsafeBytes { (key.signature(of: $0), again.signature(of: $0)) }
    #expect(first == second)
  }

  @Test func `are asked of no key of small order, and of no bytes that are no point`() {
    // The neutral element, and a point of order 8 (RFC 7748 lists such points for the same curve).
    #expect(PublicKey(bytes: [1] + [UInt8](repeating: 0, count: 31)) == nil)
    #expect(
      PublicKey(bytes: bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")) == nil)
    #expect(PublicKey(bytes: [UInt8](repeating: 0xFF, count: 32)) == nil)
    #expect(PublicKey(bytes: [UInt8](repeating: 1, count: 31)) == nil)
  }

  @Test(.enabled(if: vectors("speccheck/cases.json") != nil, "../shared is not there; set TRIPTYCH_SHARED"))
  func `of every known case on which verifiers disagree are refused`() throws {
    struct Case: Decodable { var message, pub_key, signature: String }
    let cases = try JSONDecoder().decode([Case].self, from: #require(vectors("speccheck/cases.json")))
    #expect(cases.count == 12)
    for each in cases {
      let signature = try #require(Signature(bytes: bytes(each.signature)))
      let isBelieved = bytes(each.message).withUnsafeBytes { message in
        PublicKey(bytes: bytes(each.pub_key))?.isSignature(signature, of: message)
      }
      #expect(isBelieved != true)
    }
  }

  @Test(
    .enabled(
      if: vectors("wycheproof/ed25519_test.json") != nil, "../shared is not there; set TRIPTYCH_SHARED"))
  func `agree with Project Wycheproof`() throws {
    struct File: Decodable { var testGroups: [Group] }
    struct Group: Decodable {
      struct Key: Decodable { var pk: String }
      struct Test: Decodable {
        var tcId: Int
        var msg, sig, result: String
      }
      var publicKey: Key
      var tests: [Test]
    }
    let file = try JSONDecoder().decode(File.self, from: #require(vectors("wycheproof/ed25519_test.json")))
    let tests = file.testGroups.flatMap { group in group.tests.map { (group.publicKey.pk, $0) } }
    #expect(tests.count == 151)
    for (key, test) in tests {
      let signature = Signature(bytes: bytes(test.sig))
      let isBelieved = bytes(test.msg).withUnsafeBytes { message in
        signature.map { PublicKey(bytes: bytes(key))?.isSignature($0, of: message) == true } ?? false
      }
      #expect(isBelieved == (test.result == "valid"), "case \(test.tcId)")
    }
  }
}

@Suite("Secret memory")
struct SecretBytesTests {
  @Test func `begins as zeros and keeps what is put in`() throws {
    var secret = try present(SecretBytes(count: 5))
    #expect(secret.withBytes { Array($0) } == [0, 0, 0, 0, 0])
    secret.withMutableBytes { $0[3] = 7 }
    #expect(secret.withBytes { Array($0) } == [0, 0, 0, 7, 0])
  }

  @Test func `is refused below nothing`() {
    let isRefused = SecretBytes(count: -1) == nil
    #expect(isRefused)
  }
}

private func signingKey(seed: [UInt8]) -> SigningKey? {
  guard var secret = SecretBytes(count: seed.count) else { return nil }
  secret.withMutableBytes { $0.copyBytes(from: seed) }
  return SigningKey(seed: secret)
}

/// As `#require`, which takes copyable values only.
private func present<Value: ~Copyable>(_ value: consuming Value?) throws -> Value {
  guard let value else { throw Absent() }
  return value
}

private struct Absent: Error {}

private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

private func bytes(_ hex: String) -> [UInt8] {
  stride(from: 0, to: hex.utf8.count, by: 2).compactMap { start in
    let digits = hex.utf8.dropFirst(start).prefix(2)
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}

/// Beside the checkout, or where TRIPTYCH_SHARED says.
private func vectors(_ name: String) -> Data? {
  let beside = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared")
  let folder = ProcessInfo.processInfo.environment["TRIPTYCH_SHARED"].map { URL(filePath: $0) } ?? beside
  return try? Data(contentsOf: folder.appending(path: "data/trust/" + name))
}
