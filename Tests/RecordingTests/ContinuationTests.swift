import Crypto
import EventModel
import Foundation
import Testing

@testable import Recording

@Suite("A closed session file that is gone on with")
struct ContinuationTests {
  private final class Place {
    let path = FileManager.default.temporaryDirectory.appending(path: "on-\(UUID().uuidString).mcap").path

    init(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: path)) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var bytes: [UInt8] {
      get throws { Array(try Data(contentsOf: URL(filePath: path))) }
    }

    func append(_ notes: [String], key: consuming SigningKey) throws {
      var file = try RecordingFile(continuing: path, library: "test", key: key)
      let channel =
        file.channelID(of: "/notes") ?? file.channel(topic: "/notes", encoding: "json", metadata: [])
      for (number, note) in notes.enumerated() {
        file.put(Array(note.utf8), to: channel, logTime: 5000 + UInt64(number), publishTime: 5000)
      }
      try file.finish()
    }
  }

  private static func key(_ number: UInt8) throws -> SigningKey {
    guard var seed = SecretBytes(count: SigningKey.seedByteCount) else { throw SampleFile.NoKey() }
    seed.withMutableBytes { bytes in for index in bytes.indices { bytes[index] = number } }
    guard let key = SigningKey(seed: seed) else { throw SampleFile.NoKey() }
    return key
  }

  private static func notes(_ path: String) throws -> [String] {
    try RecordingReader(path: path).messages(of: "/notes", limit: 100).map {
      String(decoding: $0.content, as: UTF8.self)
    }
  }

  @Test func `holds what it held, byte for byte, and what came to it, under a key of its own`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 70)
    let place = try Place(bytes)
    try place.append(["one", "two"], key: try Self.key(7))
    let end = Int(try FileContinuation(MemoryBytes(bytes: bytes)).dataEnd)
    #expect(try place.bytes.prefix(end).elementsEqual(bytes.prefix(end)))
    #expect(try Self.notes(place.path) == ["one", "two"])
    let proof = try RecordingProof(path: place.path)
    #expect(proof.isWhole && proof.isEndSigned, "\(proof.findings.map(\.reason))")
    let before = try RecordingProof(MemoryBytes(bytes: bytes))
    #expect(proof.recorders.count == 2)
    #expect(proof.recorders[0] == before.recorders[0])
    #expect(try proof.recorders[1].key == Hexadecimal.text(Self.key(7).publicKey.bytes))
    #expect(proof.recorders[1].chunks == 71..<73)
    let readers = try [RecordingReader(MemoryBytes(bytes: bytes)), RecordingReader(path: place.path)]
    for number in 0..<70 {
      #expect(
        try readers[0].contents(ofChunk: number).records == readers[1].contents(ofChunk: number).records)
    }
    #expect(readers[1].index.attachments == readers[0].index.attachments)
  }

  @Test func `is gone on with again and again, by the same or by others`() throws {
    let place = try Place(try SampleFile.encoded(chunkCount: 3))
    for number in 1...5 { try place.append(["note \(number)"], key: try Self.key(UInt8(number % 2))) }
    #expect(try Self.notes(place.path) == (1...5).map { "note \($0)" })
    let proof = try RecordingProof(path: place.path)
    #expect(proof.isWhole && proof.recorders.count == 6, "\(proof.findings.map(\.reason))")
  }

  @Test func `is, cut at any place, what it was before, and what of the rest was signed`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 3)
    let place = try Place(bytes)
    try place.append(["one"], key: try Self.key(7))
    let whole = try place.bytes
    let start = Int(try FileContinuation(MemoryBytes(bytes: bytes)).dataEnd)
    for length in start..<whole.count {
      let cut = MemoryBytes(bytes: Array(whole[..<length]))
      let reader = try RecordingReader(cut)
      for number in 0..<4 { #expect((try? reader.contents(ofChunk: number)) != nil, "cut at \(length)") }
      let proof = try RecordingProof(cut)
      #expect(!proof.isWhole && proof.vouchedChunkCount >= 4, "cut at \(length)")
      #expect(proof.findings.isEmpty, "cut at \(length): \(proof.findings.map(\.reason))")
      #expect(throws: RecordingError.self) { try FileContinuation(cut) }
    }
  }

  @Test func `shows every byte that somebody changes afterwards`() throws {
    let place = try Place(try SampleFile.encoded(chunkCount: 2))
    try place.append(["one"], key: try Self.key(7))
    let whole = try place.bytes
    let start = Int(try RecordingIndex(MemoryBytes(bytes: whole)).chunks[0].chunkOffset)
    for index in start..<whole.count {
      var changed = whole
      changed[index] ^= 1 << UInt8(index % 8)
      guard let proof = try? RecordingProof(MemoryBytes(bytes: changed)) else { continue }
      // What the last chunk holds vouches for itself, in whatever way it is packed.
      let last = try RecordingIndex(MemoryBytes(bytes: whole)).chunks.last
      let isPacking =
        last.map { UInt64(index) >= $0.chunkOffset && UInt64(index) < $0.chunkOffset + $0.chunkByteCount }
        ?? false
      #expect(!proof.isWhole || isPacking, "byte \(index)")
    }
  }

  @Test func `is refused where its recorder has not closed it, or somebody writes it`() throws {
    var repaired: [UInt8] = []
    let unclosed = try SampleFile.encoded(chunkCount: 3, isClosed: false)
    _ = try RecordingRepair(of: MemoryBytes(bytes: unclosed), into: &repaired)
    let earlier = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Fixtures/format-1.mcap")
    for bytes in [unclosed, repaired, Array(try Data(contentsOf: earlier)), Array("no session".utf8)] {
      let place = try Place(bytes)
      #expect(throws: RecordingError.self) { try place.append(["one"], key: try Self.key(1)) }
      #expect(try place.bytes == bytes)
    }
    let place = try Place(try SampleFile.encoded(chunkCount: 3))
    let other = open(place.path, O_RDWR)
    defer { close(other) }
    #expect(flock(other, LOCK_EX) == 0)
    #expect(throws: RecordingError.self) { try place.append(["one"], key: try Self.key(1)) }
    #expect(throws: RecordingError.self) {
      _ = try RecordingFile(continuing: "/proc/none/a.mcap", library: "test", key: Self.key(1))
    }
  }
}
