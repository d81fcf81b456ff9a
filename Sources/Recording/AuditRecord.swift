internal import Crypto
internal import EventModel

/// What vouches for one chunk and everything before it: a link of the chain, and the commit of what the chunk holds.
///
/// It is a message of the channel `/audit` in a later chunk. Content, little-endian: version, whether it is the last one
/// (version 1 does not say), number of the chunk,
/// place and size of the chunk's record in the file, digest of that record and of the one before, digest of the link
/// before it, messages and events so far, the next byte of each source; then the signature over a context and all that.
struct AuditRecord: Hashable {
  static let version: UInt8 = 2
  /// In front of what is signed, so that a signature of ours means nothing elsewhere.
  private static let context = Array("Triptych recording audit v1\u{0}\u{0}\u{0}\u{0}\u{0}".utf8)

  /// The recorder closes the file with it: only the chunk that it lies in follows, which holds nothing else.
  var isLast = false
  /// From 0, in the order of the file.
  var chunkNumber: UInt64
  var chunkOffset: UInt64
  /// With its record's head, without the message indexes: these follow from the chunk.
  var chunkByteCount: UInt64
  var chunkDigest: Digest
  /// Of the chunk before, zero where there is none: its own audit record lies in this chunk and is lost with it.
  var chunkBeforeDigest: Digest
  /// Of the link before; of the file's beginning and the recorder's key where there is none.
  var previousDigest: Digest
  /// With this chunk's.
  var messageCount: UInt64
  var eventCount: UInt64
  /// Where each channel's source goes on, in the order of the channels.
  var nextOffsets: [MCAPCount]

  /// The message's content, and the digest that the next link names.
  func sealed(with key: borrowing SigningKey) -> (content: [UInt8], digest: Digest) {
    var packer = BytePacker()
    pack(into: &packer)
    let signature = (Self.context + packer.bytes).withUnsafeBytes { key.signature(of: $0) }
    packer.append(signature.bytes)
    return (packer.bytes, Digest(of: packer.bytes))
  }

  private func pack(into packer: inout BytePacker) {
    packer.put(Self.version)
    packer.put(isLast)
    packer.put(chunkNumber)
    packer.put(chunkOffset)
    packer.put(chunkByteCount)
    packer.append(chunkDigest.bytes)
    packer.append(chunkBeforeDigest.bytes)
    packer.append(previousDigest.bytes)
    packer.put(messageCount)
    packer.put(eventCount)
    packer.putShort(nextOffsets)
  }

  /// `nil` when the content is cut, of a later version, or not signed by `key`.
  init?(content: [UInt8], signedBy key: PublicKey) {
    let signedCount = content.count - Signature.byteCount
    guard signedCount > 0, let signature = Signature(bytes: content[signedCount...]) else { return nil }
    let signed = Self.context + content[..<signedCount]
    guard signed.withUnsafeBytes({ key.isSignature(signature, of: $0) }) else { return nil }
    self.init(unsigned: content[..<signedCount])
  }

  /// What was signed, or is said to have been. `nil` when it is cut or of a later version.
  init?(unsigned content: ArraySlice<UInt8>) {
    let record = content.withUnsafeBytes { bytes -> AuditRecord? in
      var bytes = ByteUnpacker(bytes)
      return AuditRecord(&bytes)
    }
    guard let record else { return nil }
    self = record
  }

  /// What is signed.
  var unsigned: [UInt8] {
    var packer = BytePacker()
    pack(into: &packer)
    return packer.bytes
  }

  private init?(_ bytes: inout ByteUnpacker) {
    let version = bytes.number(UInt8.self)
    guard (1...Self.version).contains(version) else { return nil }
    isLast = version > 1 && bytes.number(UInt8.self) == 1
    chunkNumber = bytes.number()
    chunkOffset = bytes.number()
    chunkByteCount = bytes.number()
    guard let chunkDigest = Digest(bytes: bytes.raw(Digest.byteCount)),
      let chunkBeforeDigest = Digest(bytes: bytes.raw(Digest.byteCount)),
      let previousDigest = Digest(bytes: bytes.raw(Digest.byteCount))
    else { return nil }
    self.chunkDigest = chunkDigest
    self.chunkBeforeDigest = chunkBeforeDigest
    self.previousDigest = previousDigest
    messageCount = bytes.number()
    eventCount = bytes.number()
    nextOffsets = bytes.counts()
    guard !bytes.isDamaged, bytes.leftCount == 0 else { return nil }
  }

  init(
    chunkNumber: UInt64, chunkOffset: UInt64, chunkByteCount: UInt64, chunkDigest: Digest,
    chunkBeforeDigest: Digest, previousDigest: Digest, messageCount: UInt64, eventCount: UInt64,
    nextOffsets: [MCAPCount]
  ) {
    self.chunkNumber = chunkNumber
    self.chunkOffset = chunkOffset
    self.chunkByteCount = chunkByteCount
    self.chunkDigest = chunkDigest
    self.chunkBeforeDigest = chunkBeforeDigest
    self.previousDigest = previousDigest
    self.messageCount = messageCount
    self.eventCount = eventCount
    self.nextOffsets = nextOffsets
  }
}
