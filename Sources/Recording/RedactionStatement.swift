internal import Crypto
internal import EventModel

/// What whoever redacts says about one chunk of the original: a message of the channel `/redaction`.
///
/// Content, little-endian: version, number of the chunk, its place and size in the original, digests of its record there
/// and here, how many places were redacted by each rule, the original's audit record of it as it was signed. It is
/// believed because it lies in a chunk that the new file's own chain vouches for.
struct RedactionStatement: Hashable {
  static let topic = "/redaction"
  /// Of the new file's own chain; the original's audit records keep their channel.
  static let auditTopic = "/redaction/audit"
  static let version: UInt8 = 1

  /// From 0, as the original counts.
  var number: UInt64
  var originalOffset: UInt64
  var originalByteCount: UInt64
  var originalDigest: Digest
  var digest: Digest
  /// In the order of the rules that the file's metadata names, known secrets last. Empty: the chunk is as it was.
  var placeCounts: [UInt32]
  /// Empty where the original has none.
  var audit: [UInt8]

  /// Of a chunk that is not in the file any more as it was.
  var isRedacted: Bool { digest != originalDigest }

  var content: [UInt8] {
    var packer = BytePacker()
    packer.put(Self.version)
    packer.put(number)
    packer.put(originalOffset)
    packer.put(originalByteCount)
    packer.append(originalDigest.bytes)
    packer.append(digest.bytes)
    packer.put(placeCounts)
    packer.put(audit)
    return packer.bytes
  }

  init(
    number: UInt64, originalOffset: UInt64, originalByteCount: UInt64, originalDigest: Digest, digest: Digest,
    placeCounts: [UInt32], audit: [UInt8]
  ) {
    self.number = number
    self.originalOffset = originalOffset
    self.originalByteCount = originalByteCount
    self.originalDigest = originalDigest
    self.digest = digest
    self.placeCounts = placeCounts
    self.audit = audit
  }

  /// `nil` when the content is cut or of a later version.
  init?(content: ArraySlice<UInt8>) {
    let statement = content.withUnsafeBytes { bytes -> RedactionStatement? in
      var bytes = ByteUnpacker(bytes)
      guard bytes.number(UInt8.self) == Self.version else { return nil }
      let numbers: (UInt64, UInt64, UInt64) = (bytes.number(), bytes.number(), bytes.number())
      guard let original = Digest(bytes: bytes.raw(Digest.byteCount)),
        let digest = Digest(bytes: bytes.raw(Digest.byteCount))
      else { return nil }
      let statement = RedactionStatement(
        number: numbers.0, originalOffset: numbers.1, originalByteCount: numbers.2, originalDigest: original,
        digest: digest, placeCounts: bytes.numbers(), audit: bytes.piece())
      return bytes.isDamaged || bytes.leftCount > 0 ? nil : statement
    }
    guard let statement else { return nil }
    self = statement
  }
}
