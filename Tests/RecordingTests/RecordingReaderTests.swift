import Crypto
import Testing

@testable import Recording

@Suite("A session file that is opened")
struct RecordingReaderTests {
  @Test func `gives back what was put in, in order, from its summary`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 5)
    let reader = try RecordingReader(MemoryBytes(bytes: bytes))
    #expect(reader.index.isClosed)
    #expect(reader.index.holes.isEmpty)
    #expect(reader.index.attachments.map(\.name) == ["note.txt"])
    #expect(try SampleFile.lines(reader) == SampleFile.lines(0..<5))
  }

  /// 150 chunks have inline indexes behind the 64th and the 128th.
  @Test(arguments: [1, 5, 64, 65, 150])
  func `is found whole where it was never closed`(chunkCount: Int) throws {
    let bytes = try SampleFile.encoded(chunkCount: chunkCount, isClosed: false)
    let reader = try RecordingReader(MemoryBytes(bytes: bytes))
    #expect(!reader.index.isClosed)
    #expect(reader.index.holes.isEmpty)
    #expect(reader.index.dataEnd == UInt64(bytes.count))
    #expect(try SampleFile.lines(reader) == SampleFile.lines(0..<chunkCount))
  }

  @Test func `says the same from its summary, from its inline indexes and from a walk`() throws {
    let closed = try SampleFile.encoded(chunkCount: 140)
    let fromSummary = try RecordingIndex(MemoryBytes(bytes: closed))
    let unclosed = Array(closed[..<Int(fromSummary.dataEnd)])
    let fromInline = try RecordingIndex(MemoryBytes(bytes: unclosed))
    var walked = RecordingIndex()
    try walked.walk(MemoryBytes(bytes: unclosed), from: UInt64(MCAPFormat.magic.count))
    #expect(fromInline.chunks == fromSummary.chunks)
    #expect(fromInline.attachments == fromSummary.attachments)
    #expect(walked.chunks == fromSummary.chunks)
    #expect(walked.attachments == fromSummary.attachments)
  }

  @Test func `opens after every cut, with all chunks before it`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6)
    let ends = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks.map {
      Int($0.chunkOffset + $0.chunkByteCount)
    }
    for length in 8..<bytes.count {
      let reader = try RecordingReader(MemoryBytes(bytes: Array(bytes[..<length])))
      let whole = ends.count { $0 <= length }
      #expect(try SampleFile.lines(reader) == SampleFile.lines(0..<min(whole, 6)), "cut at \(length)")
    }
  }

  @Test func `loses no more than the chunk in which one byte is wrong`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6)
    for place in 8..<bytes.count {
      for flip in [UInt8(1), 0x80, 0xFF] {
        var changed = bytes
        changed[place] ^= flip
        let reader = try RecordingReader(MemoryBytes(bytes: changed))
        let missing = Set(SampleFile.lines(0..<6)).subtracting(SampleFile.linesThatCanBeRead(reader))
        #expect(missing.count <= 1, "byte \(place) ^ \(flip)")
      }
    }
  }

  /// Each would be a chunk if its head could be believed.
  @Test func `is opened at once where thousands of places only look like chunks`() throws {
    var bytes = try SampleFile.encoded(chunkCount: 1, isClosed: false)
    let before = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks
    for _ in 0..<20_000 {
      bytes +=
        [6, 60, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 1, count: 28) + [4, 0, 0, 0] + Array("zstd".utf8)
      bytes += [UInt8](repeating: 0xFF, count: 24)
    }
    let index = try RecordingIndex(MemoryBytes(bytes: bytes))
    #expect(index.chunks == before)
    #expect(index.holes.count == 1)
  }

  @Test func `is refused where it is something else`() {
    for bytes in [[], Array("no session".utf8), [UInt8](repeating: 0x89, count: 100)] {
      #expect(throws: RecordingError.self) { try RecordingReader(MemoryBytes(bytes: bytes)) }
    }
    for path in ["/nonexistent.mcap", "/tmp", "/dev/null"] {
      #expect(throws: RecordingError.self) { try RecordingReader(path: path) }
    }
  }

  @Test(.enabled(if: PythonScript.isThere, "MCAP's library is not there: 'make test-peers' installs it"))
  func `is read also when another program wrote it, compressed or not`() throws {
    let words = try PythonScript.output(
      """
      import sys
      from mcap.writer import Writer, CompressionType
      with open(sys.argv[1], "wb") as f:
          writer = Writer(f, compression=CompressionType.NONE if sys.argv[2] == "none" else CompressionType.ZSTD)
          writer.start("other", "python")
          channel = writer.register_channel("/events/a.log", "text", 0)
          for n in range(5000):
              writer.add_message(channel, n, b"line %d\\n" % n, n, n)
          writer.finish()
      print("written")
      """, "none", "zstd")
    for (bytes, _) in words {
      let reader = try RecordingReader(MemoryBytes(bytes: bytes))
      #expect(reader.index.header.profile == "other")
      #expect(try SampleFile.lines(reader) == SampleFile.lines(0..<5000))
    }
  }
}

/// A file of one line in each chunk.
enum SampleFile {
  static let topic = "/events/a.log"

  static func lines(_ numbers: Range<Int>) -> [String] { numbers.map { "line \($0)\n" } }

  static func encoded(chunkCount: Int, isClosed: Bool = true) throws -> [UInt8] {
    guard let key = SigningKey() else { throw NoKey() }
    var encoder = RecordingEncoder(library: "triptych test", key: key)
    var bytes = encoder.start()
    let channel = encoder.channel(topic: topic, encoding: "triptych.lines", metadata: [("format", "text")])
    bytes += encoder.attach(Array("hello".utf8), name: "note.txt", mediaType: "text/plain", time: 5)
    for (number, line) in lines(0..<chunkCount).enumerated() {
      encoder.put(
        Array(line.utf8), to: channel, logTime: UInt64(1000 + number), publishTime: 1, eventCount: 1,
        nextOffset: UInt64(number + 1) * 10)
      bytes += try encoder.seal()
    }
    return isClosed ? bytes + (try encoder.finish()) : bytes
  }

  static func lines(_ reader: RecordingReader) throws -> [String] {
    try reader.index.chunks.indices.flatMap { try lines(reader.contents(ofChunk: $0), reader) }
  }

  static func linesThatCanBeRead(_ reader: RecordingReader) -> [String] {
    reader.index.chunks.indices.flatMap { number in
      (try? reader.contents(ofChunk: number)).map { lines($0, reader) } ?? []
    }
  }

  private static func lines(_ contents: ChunkContents, _ reader: RecordingReader) -> [String] {
    let known =
      reader.index.channels.values.filter { $0.topic == topic }
      + contents.channels.filter { $0.topic == topic }
    // The first channel is the audit's in files of ours; a file whose declarations are lost keeps the numbers.
    let ids = known.isEmpty ? [2] : Set(known.map(\.id))
    return contents.messages.filter { ids.contains($0.channelID) }
      .map { String(decoding: contents.records[$0.data], as: UTF8.self) }
  }

  struct NoKey: Error {}
}
