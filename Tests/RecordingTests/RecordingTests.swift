import Crypto
import Foundation
import Testing

@testable import Recording

@Suite("A session file that is written")
struct RecordingEncoderTests {
  @Test func `is read by MCAP's own library, message by message`() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).mcap")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(encoded(chunkCount: 70)).write(to: file)
    let words = try python(
      """
      import sys
      from mcap.reader import make_reader
      with open(sys.argv[1], "rb") as f:
          reader = make_reader(f, validate_crcs=True)
          summary = reader.get_summary()
          print(reader.get_header().profile, summary.statistics.message_count, len(summary.chunk_indexes))
          n = 0
          for schema, channel, message in reader.iter_messages(topics=["/events/a.log"]):
              assert message.log_time == 1_000 + n, message.log_time
              assert message.data == b"line %d\\n" % n
              n += 1
          print(n, [a.name for a in reader.iter_attachments()])
      """, file.path)
    #expect(words == "triptych 140 71\n70 ['note.txt']\n")
  }
}

private func encoded(chunkCount: Int) throws -> [UInt8] {
  guard let key = SigningKey() else { throw CocoaError(.featureUnsupported) }
  var encoder = RecordingEncoder(library: "triptych test", key: key)
  var bytes = encoder.start()
  let channel = encoder.channel(
    topic: "/events/a.log", encoding: "triptych.lines", metadata: [("format", "text")])
  bytes += encoder.attach(Array("hello".utf8), name: "note.txt", mediaType: "text/plain", time: 5)
  for number in 0..<chunkCount {
    encoder.put(
      Array("line \(number)\n".utf8), to: channel, logTime: UInt64(1000 + number), publishTime: 1,
      eventCount: 1)
    bytes += try encoder.seal()
  }
  return bytes + (try encoder.finish())
}

private func python(_ script: String, _ arguments: String...) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: "/work/bd/venv/bin/python")
  process.arguments = ["-c", script] + arguments
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self)
}
