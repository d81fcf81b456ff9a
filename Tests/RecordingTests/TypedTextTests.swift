import Crypto
import EventModel
import Foundation
import LogFormats
import Testing

@testable import Recording

@Suite("What people typed into a recorded session")
struct TypedTextTests {
  private static func holds(_ value: String, _ messages: [String]) throws -> Bool {
    let path = FileManager.default.temporaryDirectory.appending(path: "typed-\(UUID().uuidString).mcap").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard let key = SigningKey() else { throw SampleFile.NoKey() }
    var file = try RecordingFile(creating: path, library: "test", key: key)
    let channel = file.channel(topic: "/commands", encoding: "json", metadata: [])
    for message in messages { file.put(Array(message.utf8), to: channel, logTime: 1, publishTime: 1) }
    try file.finish()
    var values = RedactedValues()
    values.add(ForeignText(value), rule: 0) { Array("_".utf8) }
    values.prepare(without: [], secrets: 1)
    return TypedText.holds(values, RedactionRules(drop: ["user"]), in: try RecordingReader(path: path))
  }

  private static func typed(_ text: String) -> [String] {
    text.map { #"{"v":1,"n":1,"do":"type","view":1,"text":"\#($0 == "\"" ? "\\\"" : String($0))"}"# }
  }

  private static let other = #"{"v":1,"n":1,"do":"invoke","view":1,"command":"prompt.accept"}"#

  @Test func `holds a value letter by letter, as a word of its own`() throws {
    #expect(try Self.holds("alice", Self.typed("user=\"alice\"")))
    #expect(try Self.holds("alice", [Self.other] + Self.typed("alice") + [Self.other] + Self.typed("w")))
    #expect(try !Self.holds("alice", Self.typed("malice")))
    #expect(try !Self.holds("alice", Self.typed("alix") + [Self.other] + Self.typed("ce")))
    #expect(try !Self.holds("alice", [Self.other]))
  }

  @Test(arguments: [
    (#"{"do":"type","view":1,"text":"a"}"#, #"{"do":"type","view":1,"text":"x"}"#),
    (#"{"do":"type","view":1,"text":"\""}"#, #"{"do":"type","view":1,"text":"x"}"#),
    (#"{"do":"type","view":1,"text":"\u00e9","n":2}"#, #"{"do":"type","view":1,"text":"x","n":2}"#),
    (#"{"do":"notice","view":1,"text":"a"}"#, nil), (#"{"do":"type","text":"a"#, nil), ("", nil),
  ])
  func `loses its letter, and nothing else`(message: String, hidden: String?) {
    let new = TypedText.hidden(Array(message.utf8)).map { String(decoding: $0, as: UTF8.self) }
    #expect(new == hidden)
  }
}
