import Crypto
import EventModel
import Foundation
import Synchronization
import Testing

@testable import Recording

/// A recording of 256 KiB with any one byte wrong, or cut anywhere.
@Suite("A damaged session file of 256 KiB")
struct DamageTests {
  private static let isLong = ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil
  private static let seed =
    ProcessInfo.processInfo.environment["TRIPTYCH_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
  /// Every byte in `make check-long`, which takes minutes.
  private static let spacing = isLong ? 1 : 509

  /// Closed: with its summary. Otherwise the writer was killed before it.
  @Test(arguments: [true, false])
  func `loses no chunk but the one with a wrong byte, and says so`(isClosed: Bool) throws {
    let sample = try DamageSample(isClosed: isClosed)
    var generator = SeededGenerator(seed: Self.seed)
    let start = Self.isLong ? 0 : Int(Self.seed % 509)
    for place in stride(from: start, to: sample.bytes.count, by: Self.spacing) {
      var bytes = sample.bytes
      bytes[place] ^= .random(in: 1...255, using: &generator)
      let fault = sample.fault(in: bytes, touched: place..<place + 1)
      #expect(fault == nil, "byte \(place), TRIPTYCH_SEED=\(Self.seed)")
    }
  }

  @Test(arguments: [true, false])
  func `holds every chunk before the place where it was cut`(isClosed: Bool) throws {
    let sample = try DamageSample(isClosed: isClosed)
    let start = Self.isLong ? 0 : Int(Self.seed % 509)
    for length in stride(from: start, to: sample.bytes.count, by: Self.spacing) {
      let bytes = Array(sample.bytes[..<length])
      guard length >= MCAPFormat.magic.count else {
        #expect(throws: RecordingError.self) { try RecordingReader(MemoryBytes(bytes: bytes)) }
        continue
      }
      let fault = sample.fault(in: bytes, touched: length..<sample.bytes.count)
      #expect(fault == nil, "cut at \(length), TRIPTYCH_SEED=\(Self.seed)")
    }
  }
}

/// 72 chunks, an inline index behind the 64th, and an attachment.
struct DamageSample {
  private(set) var bytes: [UInt8] = []
  private var chunks: [Range<UInt64>] = []
  private var contents: [Range<UInt64>: [UInt8]] = [:]

  init(isClosed: Bool) throws {
    guard let key = SigningKey() else { throw SampleFile.NoKey() }
    var generator = SeededGenerator(seed: 7)
    var encoder = RecordingEncoder(library: "triptych test", key: key)
    bytes = encoder.start()
    let source = SourceChannel(
      number: 1, kind: .path, name: ForeignText("/var/log/shop.log"), layout: "ndjson",
      modificationTime: Timestamp(nanoseconds: 0), defaultService: ForeignText("shop"))
    let channel = encoder.channel(
      topic: source.topic, encoding: SourceChannel.encoding, metadata: source.metadata)
    bytes += encoder.attach(Array("tiles".utf8), name: "matrix", mediaType: "text/plain", time: 5)
    for number in 0..<72 {
      for line in 0..<4 {
        let data = (0..<710).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let block = RecordedBlock(
          generation: 0, sourceOffset: 0, eventCount: 1, times: nil, isAtRest: false, bytes: data)
        encoder.put(
          block.content, to: channel, logTime: UInt64(number * 4 + line), publishTime: UInt64(line),
          eventCount: 1)
      }
      bytes += try encoder.seal()
    }
    if isClosed { bytes += try encoder.finish() }
    while encoder.hasUncommitted { bytes += try encoder.seal() }
    let reader = try RecordingReader(MemoryBytes(bytes: bytes))
    for (number, chunk) in reader.index.chunks.enumerated() {
      let range = chunk.chunkOffset..<chunk.chunkOffset + chunk.chunkByteCount
      chunks.append(range)
      contents[range] = try reader.contents(ofChunk: number).records
    }
    try #require(chunks.count == 73 && (240 << 10)...(264 << 10) ~= bytes.count, "\(bytes.count) bytes")
  }

  /// What is wrong with how `damaged` is read; it differs from the sample in `touched` only. `nil` when all is well.
  ///
  /// What a chunk holds follows from its place and bytes, so the untouched ones need not be unpacked again.
  func fault(in damaged: [UInt8], touched: Range<Int>) -> String? {
    let counting = CountedBytes(damaged)
    guard let reader = try? RecordingReader(counting) else { return "it cannot be opened" }
    // A second is time for a thousand times as much.
    guard counting.readCount < damaged.count * 16 else { return "\(counting.readCount) bytes were read" }
    var found: [Range<UInt64>: Int] = [:]
    for (number, chunk) in reader.index.chunks.enumerated() {
      let end = chunk.chunkOffset.addingReportingOverflow(chunk.chunkByteCount)
      if !end.overflow { found[chunk.chunkOffset..<end.partialValue] = number }
    }
    // With the last chunk, which holds the last signature only, nothing is lost of the source.
    let source = Set(reader.sources.first?.chunks ?? [])
    let touched = UInt64(touched.lowerBound)..<UInt64(touched.upperBound)
    for range in chunks {
      guard range.overlaps(touched) else {
        guard let number = found.removeValue(forKey: range) else { return "chunk \(range) is missing" }
        guard source.contains(number) || range == chunks.last else { return "\(range) is of no source" }
        continue
      }
      if let number = found.removeValue(forKey: range) {
        if let read = try? reader.contents(ofChunk: number), read.records != contents[range] {
          return "chunk \(range) is read with other records"
        }
      } else if !reader.index.holes.contains(where: { $0.range.overlaps(range) || $0.range.isEmpty }) {
        // A file that is cut exactly between two records has no hole; it is not closed.
        guard touched.lowerBound == range.lowerBound || reader.index.dataEnd <= range.lowerBound else {
          return "nothing says that chunk \(range) is gone"
        }
      }
    }
    for (range, number) in found where (try? reader.contents(ofChunk: number)) != nil {
      return "a chunk at \(range) was never written"
    }
    return nil
  }
}

/// Bytes in memory that know how many of them have been asked for.
final class CountedBytes: StoredBytes {
  private let memory: MemoryBytes
  private let count = Atomic<Int>(0)

  init(_ bytes: [UInt8]) { memory = MemoryBytes(bytes: bytes) }

  var byteCount: UInt64 { memory.byteCount }
  var readCount: Int { count.load(ordering: .relaxed) }

  func read(at offset: UInt64, count wanted: Int) throws(RecordingError) -> [UInt8] {
    let bytes = try memory.read(at: offset, count: wanted)
    count.add(bytes.count, ordering: .relaxed)
    return bytes
  }
}
