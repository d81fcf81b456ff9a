import Foundation
import Testing

/// What libFuzzer has found worth keeping (`make fuzz`), without libFuzzer.
@Suite("The decoders of session files")
struct CorpusTests {
  private static let folder = URL(filePath: #filePath).appending(path: "../../Fuzz/Corpus").standardized

  @Test(arguments: HostileBytes.allCases)
  func `return from any bytes, and write what they have understood as it was`(_ target: HostileBytes) throws {
    let folder = Self.folder.appending(path: target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count >= 5)
    for name in names.sorted() {
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
      // Also cut anywhere: half a thing is what a crash leaves.
      for length in 0...bytes.count {
        let wrong = target.decode(Array(bytes[..<length]))
        #expect(wrong == nil, "\(name), the first \(length) bytes")
      }
    }
  }
}
