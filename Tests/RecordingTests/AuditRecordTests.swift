import Crypto
import Testing

@testable import Recording

@Suite("The audit of a session file")
struct AuditRecordTests {
  @Test func `links every chunk to the one before and to the beginning of the file`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 7)
    let (key, beginning) = try recorder(of: bytes)
    let reader = try RecordingReader(MemoryBytes(bytes: bytes))
    let audits = try audits(reader)
    // The last chunk holds only the audit record of the seventh, and nothing vouches for it but its own signature.
    #expect(audits.count == 7)
    #expect(reader.index.chunks.count == 8)
    var previous = beginning
    for (number, content) in audits.enumerated() {
      let audit = try #require(AuditRecord(content: content, signedBy: key))
      let chunk = reader.index.chunks[number]
      let record = bytes[Int(chunk.chunkOffset)..<Int(chunk.chunkOffset + chunk.chunkByteCount)]
      #expect(audit.chunkNumber == UInt64(number))
      #expect(audit.chunkOffset == chunk.chunkOffset)
      #expect(audit.chunkByteCount == chunk.chunkByteCount)
      #expect(audit.chunkDigest == Digest(of: Array(record)))
      #expect(audit.previousDigest == previous)
      #expect(audit.eventCount == UInt64(number + 1))
      // One line in each chunk, and from the second on the audit record of the one before.
      #expect(audit.messageCount == UInt64(2 * number + 1))
      #expect(audit.nextOffsets == [MCAPCount(channelID: 2, value: UInt64(number + 1) * 10)])
      previous = Digest(of: content)
    }
  }

  @Test func `is believed of its own key alone, and with no byte changed or missing`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 2)
    let (key, _) = try recorder(of: bytes)
    let all = try audits(RecordingReader(MemoryBytes(bytes: bytes)))
    let content = try #require(all.first)
    let (other, _) = try recorder(of: SampleFile.encoded(chunkCount: 1))
    #expect(AuditRecord(content: content, signedBy: key) != nil)
    #expect(AuditRecord(content: content, signedBy: other) == nil)
    for place in content.indices {
      var changed = content
      changed[place] ^= 1
      #expect(AuditRecord(content: changed, signedBy: key) == nil, "byte \(place)")
      #expect(AuditRecord(content: Array(content[..<place]), signedBy: key) == nil, "cut at \(place)")
    }
  }

  private func audits(_ reader: RecordingReader) throws -> [[UInt8]] {
    try reader.index.chunks.indices.flatMap { number in
      let contents = try reader.contents(ofChunk: number)
      return contents.messages.filter {
        reader.index.channels[$0.channelID]?.topic == RecordingEncoder.auditTopic
      }
      .map { Array(contents.records[$0.data]) }
    }
  }

  /// The recorder's key as the file names it, and the digest of everything before the first chunk or attachment.
  private func recorder(of bytes: [UInt8]) throws -> (PublicKey, Digest) {
    let header = try #require(RecordHead(bytes[8...]))
    let place = 8 + Int(header.byteCount)
    let head = try #require(RecordHead(bytes[place...]))
    let metadata: MCAPMetadata = try #require(bytes.content(of: head, at: UInt64(place)))
    let text = try #require(metadata.pairs.first { $0.key == "recorder" }?.value)
    let keyBytes = try #require(Hexadecimal.bytes(text))
    let key = try #require(PublicKey(bytes: keyBytes))
    return (key, Digest(of: Array(bytes[..<(place + Int(head.byteCount))])))
  }
}
