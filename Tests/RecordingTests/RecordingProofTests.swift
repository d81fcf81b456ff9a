import Compression
import Crypto
import EventModel
import Foundation
import Testing

@testable import Recording

@Suite("What is proven about a session file")
struct RecordingProofTests {
  @Test(arguments: [1, 2, 7, 70])
  func `is all of it, where nothing was changed`(chunkCount: Int) throws {
    let proof = try Self.proof(SampleFile.encoded(chunkCount: chunkCount))
    #expect(proof.isWhole)
    #expect(proof.findings.isEmpty)
    #expect(proof.chunks.count == chunkCount + 1)
    #expect(proof.chunks.allSatisfy { $0.standing == .vouched })
    #expect(proof.vouchedUntil == UInt64(1000 + chunkCount - 1))
    #expect(proof.attachmentCount == 1)
    #expect(proof.recorders.map(\.chunks) == [0..<chunkCount + 1])
  }

  @Test func `is, of a file that was never closed, all but the chunk for which nothing vouches yet`() throws {
    let proof = try Self.proof(SampleFile.encoded(chunkCount: 7, isClosed: false))
    #expect(!proof.isClosed)
    #expect(!proof.isWhole)
    #expect(proof.findings.isEmpty)
    #expect(proof.vouchedChunkCount == 6)
    #expect(proof.chunks.last?.standing == .pending)
    #expect(proof.vouchedUntil == 1005)
  }

  @Test func `reaches, of every cut file, to the chunk before the last whole one`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6)
    let ends = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks.map {
      Int($0.chunkOffset + $0.chunkByteCount)
    }
    let start = try Self.recorderEnd(bytes)
    for length in start..<bytes.count {
      let proof = try Self.proof(Array(bytes[..<length]))
      let whole = ends.count { $0 <= length }
      // The seventh chunk holds nothing but a signature.
      #expect(proof.vouchedChunkCount == (whole == 7 ? 7 : max(0, whole - 1)), "cut at \(length)")
      #expect(!proof.isWhole, "cut at \(length)")
      // A crash is no forgery.
      #expect(proof.findings.count == 0, "cut at \(length): \(proof.findings.map(\.reason))")
    }
  }

  /// 66 chunks have an inline index behind the 64th.
  @Test(arguments: [(4, 1), (66, 61)])
  func `is never all of it, where one byte is not as it was written`(chunkCount: Int, stride: Int) throws {
    let bytes = try SampleFile.encoded(chunkCount: chunkCount)
    let whole = try Self.proof(bytes)
    let start = try Self.recorderEnd(bytes)
    for place in Swift.stride(from: 0, to: bytes.count, by: stride) {
      var changed = bytes
      changed[place] ^= 1 << UInt8(place % 8)
      guard let proof = try? Self.proof(changed) else { continue }
      let isWhole = proof.isWhole
      #expect(try !isWhole || Self.saysTheSame(changed, bytes), "byte \(place) of \(bytes.count)")
      // A chunk that was not touched is never called false, unless the key itself was.
      let falselyRefused = whole.chunks.indices.filter { number in
        let range = whole.chunks[number].range
        guard !range.contains(UInt64(place)), place >= start else { return false }
        let standing = proof.chunks.first { $0.range == range }?.standing
        return if case .refused = standing { true } else { false }
      }
      #expect(falselyRefused.isEmpty, "byte \(place)")
    }
  }

  /// For the packing of the last chunk only what it holds vouches, and zstd can write that in more than one way.
  private static func saysTheSame(_ changed: [UInt8], _ bytes: [UInt8]) throws -> Bool {
    let readers = try [changed, bytes].map { try RecordingReader(MemoryBytes(bytes: $0)) }
    let last = readers[1].index.chunks.count - 1
    let start = Int(readers[1].index.chunks[last].chunkOffset)
    let contents = try readers.map { try $0.contents(ofChunk: last).records }
    return contents[0] == contents[1] && changed[..<start] == bytes[..<start]
  }

  @Test func `costs one damaged chunk, and vouches for its neighbours`() throws {
    var bytes = try SampleFile.encoded(chunkCount: 7)
    let chunk = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks[3]
    bytes[Int(chunk.chunkOffset + chunk.chunkByteCount) - 3] ^= 4
    let proof = try Self.proof(bytes)
    let standings = proof.chunks.map { $0.standing == .vouched }
    #expect(standings == [true, true, true, false, true, true, true, true])
    #expect(proof.findings.map(\.offset) == [chunk.chunkOffset])
  }

  // MARK: - On purpose

  @Test func `notices a chunk in which somebody has written something else, checksums and all`() throws {
    let forged = try Forgery.rewriting(chunk: 2, in: SampleFile.encoded(chunkCount: 5)) { records in
      guard let place = records.firstIndex(of: UInt8(ascii: "2")) else { return }
      records[place] = UInt8(ascii: "9")
    }
    let proof = try Self.proof(forged)
    #expect(proof.vouchedChunkCount == 2)
    #expect(proof.chunks[2].standing == .refused("the chunk can be read, but is not the one that was signed"))
    #expect(proof.findings.contains { $0.offset == proof.chunks[2].range.lowerBound })
  }

  @Test func `notices chunks that were taken out, put in or exchanged`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6, isClosed: false)
    let pieces = try Forgery.pieces(of: bytes)
    #expect(pieces.head + pieces.chunks.joined() == bytes)
    let all = pieces.chunks
    for (name, chunks) in [
      ("out", Array(all[..<2] + all[3...])), ("in", all[..<3] + [all[1]] + all[3...]),
      ("exchanged", [all[0], all[2], all[1]] + all[3...]), ("doubled", all + [all[5]]),
    ] {
      let proof = try Self.proof(pieces.head + chunks.joined())
      #expect(!proof.findings.isEmpty, "\(name)")
      #expect(proof.vouchedChunkCount <= 5, "\(name)")
    }
  }

  @Test func `is never whole where the end was cut off, however well the file is closed again`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6)
    #expect(try Self.proof(bytes).isEndSigned)
    let chunks = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks
    for chunk in chunks {
      var repaired: [UInt8] = []
      let end = Int(chunk.chunkOffset + chunk.chunkByteCount)
      let isLast = chunk == chunks.last
      _ = try RecordingRepair(of: MemoryBytes(bytes: Array(bytes[..<end])), into: &repaired)
      let proof = try Self.proof(repaired)
      #expect(proof.isClosed && proof.isWhole == isLast && proof.isEndSigned == isLast, "cut at \(end)")
      #expect(proof.findings.isEmpty, "cut at \(end): \(proof.findings.map(\.reason))")
    }
  }

  @Test func `is not whole where a recorder has never closed it, and somebody else did`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6, isClosed: false)
    var repaired: [UInt8] = []
    _ = try RecordingRepair(of: MemoryBytes(bytes: bytes), into: &repaired)
    let proof = try Self.proof(repaired)
    #expect(proof.isClosed && !proof.isEndSigned && !proof.isWhole)
    #expect(proof.vouchedChunkCount == 5)
  }

  @Test func `notices chunks behind the one with which the recorder has closed the file`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 3)
    let chunks = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks
    let end = chunks.last.map { Int($0.chunkOffset + $0.chunkByteCount + $0.messageIndexByteCount) } ?? 0
    let first = chunks[0]
    let again = bytes[Int(first.chunkOffset)..<Int(first.chunkOffset + first.chunkByteCount)]
    let proof = try Self.proof(Array(bytes[..<end] + again))
    #expect(!proof.isEndSigned && !proof.isWhole)
  }

  @Test func `notices a second key in the file`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 3)
    let chunks = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks
    guard let key = SigningKey() else { throw SampleFile.NoKey() }
    var packer = BytePacker()
    MCAPMetadata(
      name: RecordingEncoder.metadataName,
      pairs: [
        MCAPPair(key: "format", value: "2"),
        MCAPPair(key: "recorder", value: Hexadecimal.text(key.publicKey.bytes)),
      ]
    ).append(to: &packer)
    let place = Int(chunks[1].chunkOffset)
    let proof = try Self.proof(Array(bytes[..<place]) + packer.bytes + Array(bytes[place...]))
    #expect(proof.findings.contains { $0.reason.contains("another key") })
    #expect(!proof.isWhole)
  }

  @Test func `is nothing, of a file without chunks`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 2)
    let head = try Forgery.pieces(of: bytes).head
    var closed: [UInt8] = []
    _ = try RecordingRepair(of: MemoryBytes(bytes: head), into: &closed)
    let proof = try Self.proof(closed)
    #expect(proof.isClosed && proof.chunks.isEmpty)
    #expect(!proof.isWhole && proof.vouchedChunkCount == 0)
  }

  /// Kept for every version of the format: what was written once is read for ever.
  @Test(arguments: [1, 2])
  func `is told of what earlier versions have written`(version: Int) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let path = folder.appending(path: "Fixtures/format-\(version).mcap").path
    let proof = try RecordingProof(path: path)
    #expect(proof.isWhole && proof.formatVersion == version && proof.isEndSigned == (version > 1))
    let reader = try RecordingReader(path: path)
    let source = try #require(reader.sources.first)
    let blocks = try source.chunks.flatMap { try reader.blocks(of: source, inChunk: $0).blocks.map(\.block) }
    #expect(blocks.reduce(0) { $0 + Int($1.eventCount) } == 60)
    #expect(source.channel.layout == "ndjson")
    #expect(
      blocks.first.map { String(decoding: $0.bytes.prefix(40), as: UTF8.self) }?.hasPrefix(
        #"{"time":"2026-11-23T02:40:00.04"#) == true)
  }

  @Test func `names the key, so that somebody else's file is not taken for ours`() throws {
    let ours = try SampleFile.encoded(chunkCount: 3)
    let theirs = try SampleFile.encoded(chunkCount: 3)
    let keys = try [ours, theirs].map { try Self.proof($0).recorders.map(\.key) }
    #expect(keys[0] != keys[1])
    // Their signatures under our name.
    let (head, other) = (try Forgery.pieces(of: ours).head, try Forgery.pieces(of: theirs).chunks)
    let proof = try Self.proof(head + other.joined())
    #expect(proof.vouchedChunkCount == 0)
    #expect(!proof.findings.isEmpty)
  }

  @Test(.enabled(if: PythonScript.isThere, "MCAP's library is not there: 'make test-peers' installs it"))
  func `cannot be asked of a file that no recorder of ours has written`() throws {
    let files = try PythonScript.output(
      """
      import sys
      from mcap.writer import Writer
      with open(sys.argv[1], "wb") as f:
          writer = Writer(f)
          writer.start("other", "python")
          channel = writer.register_channel("/a", "text", 0)
          writer.add_message(channel, 1, b"x", 1, 1)
          writer.finish()
      print("written")
      """, "any")
    for (bytes, _) in files { #expect(throws: RecordingError.self) { try Self.proof(bytes) } }
  }

  private static func proof(_ bytes: [UInt8]) throws -> RecordingProof {
    try RecordingProof(MemoryBytes(bytes: bytes))
  }

  /// Where the beginning that names the recorder ends.
  private static func recorderEnd(_ bytes: [UInt8]) throws -> Int {
    var walked = RecordingIndex()
    try walked.walk(MemoryBytes(bytes: bytes), from: UInt64(MCAPFormat.magic.count))
    return Int(try #require(walked.metadata.first).upperBound)
  }
}

/// Changes that somebody makes who knows the format.
private enum Forgery {
  /// A chunk with other records, compressed and summed anew, and everything else as it was.
  static func rewriting(
    chunk number: Int, in bytes: [UInt8], _ change: (inout [UInt8]) -> Void
  ) throws -> [UInt8] {
    let (head, chunks) = try pieces(of: bytes)
    let index = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks[number]
    var contents = try ChunkContents(MemoryBytes(bytes: bytes), index)
    change(&contents.records)
    var builder = ChunkBuilder()
    for channel in contents.channels { builder.put(channel) }
    for message in contents.messages {
      builder.put(
        MCAPMessage(
          channelID: message.channelID, sequence: message.sequence, logTime: message.logTime,
          publishTime: message.publishTime, data: Array(contents.records[message.data])))
    }
    var compressor = ZstdCompressor(level: 3)
    let sealed = try builder.seal(at: index.chunkOffset, with: &compressor)
    return head + chunks[..<number].joined() + sealed.bytes + chunks[(number + 1)...].joined()
  }

  /// What stands before the first chunk, and each chunk with its indexes; what closes the file is left out.
  static func pieces(of bytes: [UInt8]) throws -> (head: [UInt8], chunks: [[UInt8]]) {
    let chunks = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks
    let head = Array(bytes[..<Int(chunks[0].chunkOffset)])
    return (
      head,
      chunks.map {
        Array(bytes[Int($0.chunkOffset)..<Int($0.chunkOffset + $0.chunkByteCount + $0.messageIndexByteCount)])
      }
    )
  }
}
