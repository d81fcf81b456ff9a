import Crypto
import Foundation
import Testing

@testable import Recording

@Suite("A session file on a disk")
struct RecordingFileTests {
  @Test func `calls saved only what is on the disk together with its audit record`() throws {
    try Place.with { path in
      var file = try RecordingFile(creating: path, library: "triptych test", key: Place.key())
      let channel = file.channel(topic: SampleFile.topic, encoding: "triptych.lines", metadata: [])
      Place.put(0, to: channel, of: &file)
      #expect(file.savedEventCount == 0)
      try file.commit()
      #expect(file.savedEventCount == 0)
      #expect(try Place.size(path) == file.durableByteCount)
      Place.put(1, to: channel, of: &file)
      try file.commit()
      #expect(file.savedEventCount == 1)
      try file.commit()
      #expect(file.savedEventCount == 2)
      let size = file.durableByteCount
      try file.commit()
      #expect(file.durableByteCount == size)
      #expect(try SampleFile.lines(RecordingReader(path: path)) == SampleFile.lines(0..<2))
      try file.finish()
      #expect(try RecordingReader(path: path).index.isClosed)
    }
  }

  /// A crash leaves the durable bytes and any part of what comes behind them.
  @Test func `gives back all that was saved, wherever a crash cuts what follows`() throws {
    try Place.with { path in
      var file = try RecordingFile(creating: path, library: "triptych test", key: Place.key())
      let channel = file.channel(topic: SampleFile.topic, encoding: "triptych.lines", metadata: [])
      var steps: [(durable: Int, saved: Int)] = []
      for number in 0..<6 {
        Place.put(number, to: channel, of: &file)
        try file.commit()
        steps.append((Int(file.durableByteCount), Int(file.savedEventCount)))
      }
      #expect(steps.map(\.saved) == [0, 1, 2, 3, 4, 5])
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      for (step, next) in zip(steps, steps.dropFirst()) {
        for cut in step.durable...next.durable {
          let reader = try RecordingReader(MemoryBytes(bytes: Array(bytes[..<cut])))
          let lines = SampleFile.linesThatCanBeRead(reader)
          #expect(lines.count >= step.saved && lines == SampleFile.lines(0..<lines.count), "cut at \(cut)")
        }
      }
    }
  }

  @Test func `can be read by nobody else, and none is written over`() throws {
    try Place.with { path in
      let file = try RecordingFile(creating: path, library: "triptych test", key: Place.key())
      #expect(try file.durableByteCount > 0 && file.durableByteCount == Place.size(path))
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let refusal = #expect(throws: RecordingError.self) {
        _ = try RecordingFile(creating: path, library: "triptych test", key: Place.key())
      }
      #expect(refusal?.remedy == "choose another name: a recording is never overwritten")
    }
  }

  @Test func `pauses on a full disk and goes on without a gap when there is room`() throws {
    try Place.with { path in
      let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
      try #require(full >= 0)
      var file = try RecordingFile(descriptor: full, library: "triptych test", key: Place.key())
      let channel = file.channel(topic: SampleFile.topic, encoding: "triptych.lines", metadata: [])
      for number in 0..<3 {
        Place.put(number, to: channel, of: &file)
        #expect(Place.refusal(of: &file)?.contains("No space left on device") == true)
      }
      #expect(file.savedEventCount == 0)
      #expect(file.durableByteCount == 0)
      #expect(file.waitingByteCount > 0)
      let real = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
      try #require(real >= 0)
      #expect(dup2(real, full) == full)
      close(real)
      try file.finish()
      #expect(file.savedEventCount == 3)
      #expect(file.waitingByteCount == 0)
      let reader = try RecordingReader(path: path)
      #expect(reader.index.isClosed && reader.index.holes.isEmpty)
      #expect(try SampleFile.lines(reader) == SampleFile.lines(0..<3))
    }
  }

  /// `/dev/null` takes every byte and refuses to sync.
  @Test func `is never trusted again after the disk failed to confirm`() throws {
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    try #require(null >= 0)
    var file = try RecordingFile(descriptor: null, library: "triptych test", key: Place.key())
    let channel = file.channel(topic: SampleFile.topic, encoding: "triptych.lines", metadata: [])
    Place.put(0, to: channel, of: &file)
    #expect(Place.refusal(of: &file)?.contains("the disk does not confirm what was written") == true)
    let waiting = file.waitingByteCount
    Place.put(1, to: channel, of: &file)
    #expect(Place.refusal(of: &file)?.contains("the disk has failed here before") == true)
    #expect(file.waitingByteCount == waiting)
    let isAbandoned = file.isAbandoned
    #expect(isAbandoned)
    #expect(file.savedEventCount == 0)
    #expect(file.durableByteCount == 0)
  }
}

private enum Place {
  static func with(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).mcap").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  static func key() throws -> SigningKey {
    guard let key = SigningKey() else { throw SampleFile.NoKey() }
    return key
  }

  static func put(_ number: Int, to channel: UInt16, of file: inout RecordingFile) {
    file.put(
      Array("line \(number)\n".utf8), to: channel, logTime: UInt64(1000 + number), publishTime: 1,
      eventCount: 1)
  }

  /// Why the disk did not take what was put in; `nil` when it did.
  static func refusal(of file: inout RecordingFile) -> String? {
    do throws(RecordingError) { try file.commit() } catch { return error.reason }
    return nil
  }

  static func size(_ path: String) throws -> UInt64 {
    try UInt64(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
  }
}
