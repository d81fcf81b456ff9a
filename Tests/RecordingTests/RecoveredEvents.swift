import Testing

@testable import Recording

/// What recording-probe has written, read back from files as a crash has left them.
struct RecoveredEvents {
  /// Without the files that cannot be opened, and what nobody wrote.
  var numbers: Set<Int> = []
  var unreadable: [String] = []
  var foreign: [String] = []

  /// What is in a chunk follows from its bytes: those that were seen before are not unpacked again.
  final class Cache {
    fileprivate var chunks: [Int: Chunk] = [:]
  }

  fileprivate struct Chunk {
    var numbers: [Int] = []
    var foreign: [String] = []
  }

  init(_ files: [String: [UInt8]], _ cache: Cache = Cache()) {
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      guard let reader = try? RecordingReader(MemoryBytes(bytes: bytes)) else {
        unreadable.append(name)
        continue
      }
      for number in reader.index.chunks.indices {
        let chunk = Self.chunk(number, reader, bytes, cache)
        numbers.formUnion(chunk.numbers)
        foreign += chunk.foreign
      }
    }
  }

  private static func chunk(
    _ number: Int, _ reader: RecordingReader, _ bytes: [UInt8], _ cache: Cache
  ) -> Chunk {
    let index = reader.index.chunks[number]
    let end = index.chunkOffset.addingReportingOverflow(index.chunkByteCount)
    var hasher = Hasher()
    if !end.overflow, end.partialValue <= UInt64(bytes.count) {
      bytes[Int(index.chunkOffset)..<Int(end.partialValue)].withUnsafeBytes { hasher.combine(bytes: $0) }
    }
    let key = hasher.finalize()
    if let known = cache.chunks[key] { return known }
    var chunk = Chunk()
    if let contents = try? reader.contents(ofChunk: number) {
      // Of a file of ours: 1 is the audit, 2 the events.
      for message in contents.messages where message.channelID != 1 {
        let text = String(decoding: contents.records[message.data], as: UTF8.self)
        let value = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        if let value, text == Self.event(value) {
          chunk.numbers.append(value)
        } else {
          chunk.foreign.append(text)
        }
      }
    }
    cache.chunks[key] = chunk
    return chunk
  }

  /// As the probe writes it.
  static func event(_ number: Int) -> String {
    var state = UInt64(number) + 1
    let digits = (0..<(number % 23)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return String(state >> 8, radix: 16)
    }
    return "event \(number) \(digits.joined())\n"
  }
}
