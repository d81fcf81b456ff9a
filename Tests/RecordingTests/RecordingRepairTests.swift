import Foundation
import Testing

@testable import Recording

@Suite("A session file that is repaired")
struct RecordingRepairTests {
  private static func repaired(_ bytes: [UInt8]) throws -> (repair: RecordingRepair, bytes: [UInt8]) {
    var repaired: [UInt8] = []
    let repair = try RecordingRepair(of: MemoryBytes(bytes: bytes), into: &repaired)
    return (repair, repaired)
  }

  @Test func `is the same file where nothing was wrong`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 70)
    let (repair, repaired) = try Self.repaired(bytes)
    #expect(repaired == bytes)
    #expect(repair.holes.isEmpty && repair.cutByteCount == 0 && repair.chunkCount == 71)
  }

  @Test func `is closed after every cut, with all whole chunks, and as well signed as before`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6)
    let index = try RecordingIndex(MemoryBytes(bytes: bytes))
    let ends = index.chunks.map { Int($0.chunkOffset + $0.chunkByteCount) }
    for length in Int(index.chunks[0].chunkOffset)..<bytes.count {
      let (repair, repaired) = try Self.repaired(Array(bytes[..<length]))
      let whole = ends.count { $0 <= length }
      let reader = try RecordingReader(MemoryBytes(bytes: repaired))
      #expect(reader.index.isClosed, "cut at \(length)")
      #expect(try SampleFile.lines(reader) == SampleFile.lines(0..<min(whole, 6)), "cut at \(length)")
      #expect(repair.holes.isEmpty && repair.chunkCount == whole, "cut at \(length)")
      let proof = try RecordingProof(MemoryBytes(bytes: repaired))
      #expect(proof.findings.count == 0, "cut at \(length)")
      #expect(proof.vouchedChunkCount == (whole == 7 ? 7 : max(0, whole - 1)), "cut at \(length)")
    }
  }

  @Test func `lacks the damaged chunk alone, says so, and is verified all around it`() throws {
    let bytes = try SampleFile.encoded(chunkCount: 6)
    let chunks = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks
    for damaged in [0, 2, 5] {
      for offset in [3, 40, Int(chunks[damaged].chunkByteCount) - 1] {
        var changed = bytes
        changed[Int(chunks[damaged].chunkOffset) + offset] ^= 0x55
        let (repair, repaired) = try Self.repaired(changed)
        #expect(
          repair.holes.map(\.range.lowerBound) == [chunks[damaged].chunkOffset], "\(damaged), \(offset)")
        let reader = try RecordingReader(MemoryBytes(bytes: repaired))
        #expect(reader.index.isClosed)
        let lines = SampleFile.linesThatCanBeRead(reader)
        #expect(lines == SampleFile.lines(0..<6).enumerated().filter { $0.offset != damaged }.map(\.element))
        let proof = try RecordingProof(MemoryBytes(bytes: repaired))
        #expect(!proof.isWhole)
        #expect(
          proof.chunks.allSatisfy { $0.standing == .vouched }, "\(damaged), \(offset): \(proof.findings)")
        // Again changes nothing.
        #expect(try Self.repaired(repaired).bytes == repaired)
      }
    }
  }

  @Test(.enabled(if: PythonScript.isThere, "MCAP's library is not there: 'make test-peers' installs it"))
  func `is read by MCAP's own library, also with a hole in it`() throws {
    var bytes = try SampleFile.encoded(chunkCount: 6)
    let chunk = try RecordingIndex(MemoryBytes(bytes: bytes)).chunks[3]
    bytes[Int(chunk.chunkOffset + chunk.chunkByteCount) - 1] ^= 1
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).mcap")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(Self.repaired(bytes).bytes).write(to: file)
    let words = try PythonScript.run(
      """
      import sys
      from mcap.reader import make_reader
      with open(sys.argv[1], "rb") as f:
          reader = make_reader(f, validate_crcs=True)
          print(reader.get_summary().statistics.chunk_count)
          print([m.data.decode().strip() for _, _, m in reader.iter_messages(topics=["/events/a.log"])])
      """, file.path)
    #expect(words == "6\n['line 0', 'line 1', 'line 2', 'line 4', 'line 5']\n")
  }

  @Test func `is not made of anything else, nor over a file that is there`() throws {
    var repaired: [UInt8] = []
    #expect(throws: RecordingError.self) {
      try RecordingRepair(of: MemoryBytes(bytes: Array("no session".utf8)), into: &repaired)
    }
    let path = NSTemporaryDirectory() + "triptych-repair-\(UUID()).mcap"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(SampleFile.encoded(chunkCount: 2, isClosed: false)).write(to: URL(filePath: path))
    #expect(throws: RecordingError.self) { try RecordingRepair(of: path, to: path) }
    #expect(throws: RecordingError.self) { try RecordingRepair(of: path, to: "/proc/none/a.mcap") }
    let output = path + "-2"
    defer { try? FileManager.default.removeItem(atPath: output) }
    _ = try RecordingRepair(of: path, to: output)
    #expect(try RecordingReader(path: output).isClosed)
  }
}
