import Crypto
import Foundation
import Testing

@testable import Recording

@Suite("A session file that is written")
struct RecordingEncoderTests {
  @Test(.enabled(if: PythonScript.isThere, "MCAP's library is not there: 'make test-peers' installs it"))
  func `is read by MCAP's own library, message by message`() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).mcap")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(SampleFile.encoded(chunkCount: 70)).write(to: file)
    let words = try PythonScript.run(
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
