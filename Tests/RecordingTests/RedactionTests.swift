import Compression
import Crypto
import EventModel
import Foundation
import LogFormats
import Testing

@testable import Recording

@Suite("A recording from which fields were taken out")
struct RedactionTests {
  @Test func `keeps chunks in which nothing changed byte for byte, and what was signed about the others`()
    throws
  {
    try RedactionSample.with { sample in
      let redaction = try sample.redact(drop: ["user"])
      #expect(redaction.chunkCount == sample.chunkCount)
      // Chunk 2 has the field, chunk 4 the value in a message, chunk 5 a note about it.
      #expect(redaction.redactedChunkCount == 3)
      let proof = try RecordingProof(path: sample.output)
      #expect(proof.isWhole)
      #expect(proof.findings == [])
      #expect(try proof.recorders.map(\.key) == [sample.redactorKey])
      let told = try #require(proof.redaction)
      #expect(told.originalKeys == [sample.recorderKey])
      #expect(told.chunkCount == sample.chunkCount)
      #expect(told.redactedCount == 3)
      #expect(told.pendingCount == 0)
      #expect(told.isEndSigned)
      // Two fields, two repetitions in their messages, one in a message, four spellings in a note.
      #expect(told.rules.map(\.words) == ["drop user", "drop letters typed and digests of screens"])
      #expect(told.rules.map(\.placeCount) == [9, 0])
      #expect(redaction.places == told.rules)
      let (old, new) = (try RedactionSample.chunks(sample.path), try RedactionSample.chunks(sample.output))
      let same = old.indices.filter { old[$0] == new[$0] }
      #expect(same == old.indices.filter { ![2, 4, 5].contains($0) })
    }
  }

  /// All bytes of the new file, chunks unpacked, by a plain search of Foundation's.
  @Test func `holds the value nowhere, and everything else`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let text = try RedactionSample.unpacked(sample.output)
      for spelling in ["alice", "al%69ce", "YWxpY2U", "61616c696365"] {
        #expect(text.range(of: Data(spelling.utf8)) == nil, "\(spelling)")
      }
      #expect(try RedactionSample.unpacked(sample.path).range(of: Data("alice".utf8)) != nil)
      let reader = try RecordingReader(path: sample.output)
      let notes = reader.messages(of: "/notes", limit: 10)
      let note = try #require(
        JSONSerialization.jsonObject(with: Data(notes[0].content)) as? [String: String])
      #expect(note["text"] == "it was _dropped_ \"_dropped_\"")
      #expect(note["link"] == "triptych://open?filter=user%3D%22_dropped_%22&at=_dropped_")
      #expect(reader.attachmentNames == ["keys"])
    }
  }

  @Test(.enabled(if: PythonScript.isThere, "MCAP's library is not there: 'make test-peers' installs it"))
  func `is read by MCAP's own library, checksums and all`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let script = """
        import sys
        from mcap.reader import make_reader
        with open(sys.argv[1], "rb") as f:
            reader = make_reader(f, validate_crcs=True)
            summary = reader.get_summary()
            counts = {}
            for _, channel, message in reader.iter_messages():
                counts[channel.topic] = counts.get(channel.topic, 0) + 1
                assert b"alice" not in message.data
            stated = {summary.channels[i].topic: n for i, n in summary.statistics.channel_message_counts.items()}
            assert counts == stated, (counts, stated)
            print(*(f"{topic} {counts[topic]}" for topic in sorted(counts)), sep=chr(10))
        """
      let words = try PythonScript.run(script, sample.output, "")
      // Eight statements; a signature over each chunk but the last, of ten.
      #expect(words == "/audit 7\n/notes 1\n/redaction 8\n/redaction/audit 9\n/source/1 7\n")
    }
  }

  @Test func `is counted as the original, block by block`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let readers = try [sample.path, sample.output].map { try RecordingReader(path: $0) }
      let blocks = try readers.map { reader in
        let source = try #require(reader.sources.first)
        return try source.chunks.flatMap { try reader.blocks(of: source, inChunk: $0).blocks.map(\.block) }
      }
      #expect(blocks[0].map(\.eventCount) == blocks[1].map(\.eventCount))
      #expect(blocks[0].map(\.sourceOffset) == blocks[1].map(\.sourceOffset))
      #expect(blocks[0].map(\.sourceEnd) == blocks[1].map(\.sourceEnd))
      #expect(blocks[0].map(\.times) == blocks[1].map(\.times))
      for (next, block) in zip(blocks[1].dropFirst(), blocks[1]) {
        #expect(next.sourceOffset == block.sourceEnd)
      }
      let changed = blocks[1].indices.filter { blocks[0][$0].bytes != blocks[1][$0].bytes }
      #expect(changed == [2, 4])
    }
  }

  // MARK: - Tampering

  @Test func `shows every byte that somebody changes afterwards`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let bytes = try [UInt8](Data(contentsOf: URL(filePath: sample.output)))
      let whole = try RecordingProof(MemoryBytes(bytes: bytes))
      for place in 0..<bytes.count {
        var changed = bytes
        changed[place] ^= 1 << UInt8(place % 8)
        guard let proof = try? RecordingProof(MemoryBytes(bytes: changed)) else { continue }
        if proof.isWhole {
          // Only the packing of the last chunk is free: nothing but what it holds vouches for it.
          #expect(proof.redaction == whole.redaction, "byte \(place)")
          let last = try #require(whole.chunks.last?.range)
          #expect(last.contains(UInt64(place)), "byte \(place) of \(bytes.count)")
        }
      }
    }
  }

  @Test func `is never whole when it is cut`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let bytes = try [UInt8](Data(contentsOf: URL(filePath: sample.output)))
      for length in stride(from: 0, to: bytes.count, by: 3) {
        let proof = try? RecordingProof(MemoryBytes(bytes: Array(bytes[..<length])))
        #expect(proof?.isWhole != true, "cut at \(length)")
      }
    }
  }

  /// Whoever redacts signs what they like, and yet cannot make it the recorder's.
  @Test(arguments: [
    ("an unchanged chunk is another", "this is not what chunk 0 of the original is said to have become"),
    ("a chunk is left out", "is said to be here, and is not"),
    ("an audit record is another's", "is not signed by its recorder"),
    ("an audit record is of another chunk", "speaks of another chunk"),
    ("an audit record is left out", "is missing"),
    ("the end is another", "the original ended with signatures alone"),
    ("a chunk comes after the end", "was closed before its chunk"),
  ])
  func `is found out where its own signer says what is not true`(lie: String, finding: String) throws {
    try RedactionSample.with { sample in
      try sample.lie(lie)
      let proof = try RecordingProof(path: sample.output)
      #expect(!proof.isWhole)
      #expect(proof.findings.contains { $0.reason.contains(finding) }, "\(proof.findings.map(\.reason))")
    }
  }

  // MARK: - Refusals

  @Test func `is not written where a file is, or where the value is found again`() throws {
    try RedactionSample.with { sample in
      try Data("mine".utf8).write(to: URL(filePath: sample.output))
      #expect(throws: RecordingError.self) { try sample.redact(drop: ["user"]) }
      #expect(try Data(contentsOf: URL(filePath: sample.output)) == Data("mine".utf8))
      try FileManager.default.removeItem(atPath: sample.output)
      // In base64 nothing is replaced, but it is looked for.
      let error = #expect(throws: RecordingError.self) { try sample.redact(drop: ["password"]) }
      #expect(error?.reason.contains("still in /source/1") == true, "\(error?.reason ?? "")")
      #expect(error?.reason.contains("drop password") == true)
      #expect(error?.description.contains("correct horse") == false)
      #expect(!FileManager.default.fileExists(atPath: sample.output))
    }
  }

  @Test func `is made of whole recordings only`() throws {
    try RedactionSample.with { sample in
      var bytes = try [UInt8](Data(contentsOf: URL(filePath: sample.path)))
      bytes[bytes.count / 3] ^= 1
      try Data(bytes).write(to: URL(filePath: sample.path))
      let error = #expect(throws: RecordingError.self) { try sample.redact(drop: ["n"]) }
      #expect(error?.reason.contains("not as it was signed") == true)
      #expect(!FileManager.default.fileExists(atPath: sample.output))
    }
  }

  @Test func `proves the chunks of everybody who went on with the original`() throws {
    try RedactionSample.with { sample in
      try sample.append("noted by alice later")
      let redaction = try sample.redact(drop: ["user"])
      // As before, and the note that came to it.
      #expect(redaction.redactedChunkCount == 4)
      let proof = try RecordingProof(path: sample.output)
      #expect(proof.isWhole, "\(proof.findings.map(\.reason))")
      let told = try #require(proof.redaction)
      #expect(told.originalKeys == [sample.recorderKey, try sample.redactorKey])
      #expect(told.chunkCount == sample.chunkCount + 2)
      #expect(told.isEndSigned && told.pendingCount == 0)
      #expect(try RedactionSample.unpacked(sample.output).range(of: Data("alice".utf8)) == nil)
    }
  }

  @Test func `is redacted again, and says so`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let twice = sample.path + "2"
      let redaction = try sample.redact(drop: ["user", "n"], of: sample.output, to: twice)
      // Chunks 0, 1, 3 and 5 have the number, chunk 3 also as a word; of the user nothing is left to take out.
      #expect(redaction.redactedChunkCount == 4)
      #expect(redaction.places.map(\.placeCount) == [0, 5, 0])
      let (once, again) = (try RecordingProof(path: sample.output), try RecordingProof(path: twice))
      #expect(again.isWhole)
      let told = try #require(again.redaction)
      #expect(told.isOfRedacted && once.redaction?.isOfRedacted == false)
      #expect(told.chunkCount == once.chunks.count)
      #expect(told.originalKeys == [try sample.redactorKey])
      let text = try RedactionSample.unpacked(twice)
      #expect(text.range(of: Data("alice".utf8)) == nil)
      let reader = try RecordingReader(path: twice)
      let source = try #require(reader.sources.first)
      let blocks = try source.chunks.flatMap {
        try reader.blocks(of: source, inChunk: $0).blocks.map(\.block)
      }
      for (next, block) in zip(blocks.dropFirst(), blocks) { #expect(next.sourceOffset == block.sourceEnd) }
    }
  }

  @Test func `is refused for what the matrix counts by`() throws {
    try RedactionSample.with { sample in
      for field in ["ts", "level", "service"] {
        let error = #expect(throws: RecordingError.self) { try sample.redact(drop: [field]) }
        #expect(error?.reason.contains("source 1") == true, "\(field)")
      }
    }
  }

  @Test func `lacks known secrets, when that is asked for`() throws {
    try RedactionSample.with { sample in
      let found = try Redaction.secrets(in: sample.path)
      #expect(found.map(\.kind) == ["AWS access key"])
      #expect(found.map(\.count) == [1])
      #expect(found[0].firstPlace.hasPrefix("source 1, byte "))
      let redaction = try sample.redact(dropsSecrets: true)
      #expect(redaction.places.map(\.placeCount) == [1, 0])
      let text = try RedactionSample.unpacked(sample.output)
      #expect(text.range(of: Data(RedactionSample.secret.utf8)) == nil)
      let words = try RecordingProof(path: sample.output).redaction?.rules.map(\.words)
      #expect(words?.first == "drop known secrets")
    }
  }

  @Test func `has the value in no name of a source either`() throws {
    try RedactionSample.with(name: "/home/alice/a.log") { sample in
      try sample.redact(drop: ["user"])
      let reader = try RecordingReader(path: sample.output)
      #expect(reader.sources.first?.channel.name == ForeignText("/home/_dropped_/a.log"))
      #expect(try RedactionSample.unpacked(sample.output).range(of: Data("616c696365".utf8)) == nil)
      #expect(try RecordingProof(path: sample.output).isWhole)
    }
  }

  @Test func `is cut and repaired like any other`() throws {
    try RedactionSample.with { sample in
      try sample.redact(drop: ["user"])
      let repaired = sample.path + ".repaired"
      defer { try? FileManager.default.removeItem(atPath: repaired) }
      _ = try RecordingRepair(of: sample.output, to: repaired)
      #expect(try RecordingProof(path: repaired).isWhole)
      #expect(try RecordingProof(path: repaired).redaction == RecordingProof(path: sample.output).redaction)
    }
  }
}

@Suite("A statement about a redacted chunk")
struct RedactionStatementTests {
  private static let sample = RedactionStatement(
    number: 7, originalOffset: 481, originalByteCount: 1516, originalDigest: Digest(of: [1]),
    digest: Digest(of: [2]), placeCounts: [3, 0, 9], audit: [1, 2, 3])

  @Test func `is read as it was written`() {
    #expect(RedactionStatement(content: Self.sample.content[...]) == Self.sample)
  }

  @Test func `is not read when it is cut, longer, or of another version`() {
    let content = Self.sample.content
    for count in content.indices { #expect(RedactionStatement(content: content[..<count]) == nil) }
    #expect(RedactionStatement(content: (content + [0])[...]) == nil)
    #expect(RedactionStatement(content: ([2] + content.dropFirst())[...]) == nil)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `is nothing, and no crash, for other bytes`(seed: UInt64) {
    var random = StatementDice(seed)
    for _ in 0..<2000 {
      var content = Self.sample.content
      for _ in 0..<1 + random.next() % 8 {
        content[Int(random.next() % UInt64(content.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      // What can be read is what it says.
      if let read = RedactionStatement(content: content[...]) {
        #expect(read.content == content, "seed \(seed)")
      }
    }
  }
}

/// The same numbers for the same seed (SplitMix64).
private struct StatementDice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
