import EventModel
import Testing

@testable import Recording

@Suite("A source in a session file")
struct SourceChannelTests {
  private static let source = SourceChannel(
    number: 3, kind: .path, name: ForeignText([0x2F, 0xFF, 0x61]), layout: "docker+ndjson",
    fieldMap: [.init(part: "service", key: "a=b"), .init(part: "time", key: "t")],
    zoneName: "Europe/Berlin", zoneRules: [1, 2, 255], modificationTime: Timestamp(nanoseconds: -5),
    defaultService: ForeignText("shop"))

  private static func channel(_ change: (inout MCAPChannel) -> Void = { _ in }) -> MCAPChannel {
    var channel = MCAPChannel(
      id: 9, schemaID: 0, topic: source.topic, messageEncoding: SourceChannel.encoding,
      metadata: source.metadata.map { MCAPPair(key: $0.key, value: $0.value) })
    change(&channel)
    return channel
  }

  @Test func `is found in its channel's metadata as it was, with a name that is no UTF-8`() {
    #expect(SourceChannel(Self.channel()) == Self.source)
    #expect(
      SourceChannel(Self.channel { $0.metadata.append(MCAPPair(key: "of later", value: "x")) }) == Self.source
    )
  }

  @Test func `is not found in a channel of something else, or where something is missing`() {
    #expect(SourceChannel(Self.channel { $0.topic = "/notes" }) == nil)
    #expect(SourceChannel(Self.channel { $0.topic = "/source/0" }) == nil)
    #expect(SourceChannel(Self.channel { $0.messageEncoding = "json" }) == nil)
    for key in ["kind", "name.hex", "layout", "modified", "service.hex"] {
      #expect(SourceChannel(Self.channel { $0.metadata.removeAll { $0.key == key } }) == nil, "\(key)")
    }
  }

  @Test func `gives back a block's bytes, place and times; a cut head and a later version are refused`() {
    let times = Timestamp(nanoseconds: -7)...Timestamp(nanoseconds: 9)
    let block = RecordedBlock(
      generation: 2, sourceOffset: 1 << 40, eventCount: 7, times: times, isAtRest: true, bytes: [1, 2, 3])
    #expect(RecordedBlock(content: block.content[...]) == block)
    var timeless = block
    timeless.times = nil
    timeless.isAtRest = false
    #expect(RecordedBlock(content: timeless.content[...]) == timeless)
    #expect(RecordedBlock(content: block.content.prefix(RecordedBlock.headCount - 1)) == nil)
    #expect(RecordedBlock(content: [3] + block.content.dropFirst()) == nil)
  }

  @Test func `knows, of a block from which something was taken out, how much of the source it stands for`() {
    var block = RecordedBlock(
      generation: 0, sourceOffset: 100, eventCount: 1, times: nil, isAtRest: true, bytes: [1, 2, 3])
    #expect(block.sourceEnd == 103)
    block.redactedByteCount = 50
    #expect(block.sourceEnd == 150)
    #expect(RecordedBlock(content: block.content[...]) == block)
    let cut = block.content.prefix(RecordedBlock.headCount + 7)
    #expect(RecordedBlock(content: cut) == nil)
    // Only a damaged or hostile file says so; nothing may overflow.
    block.redactedByteCount = .max
    #expect(RecordedBlock(content: block.content[...])?.sourceEnd == 99)
  }
}
