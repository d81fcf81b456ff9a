import EventModel
import LogFormats
import Testing

@Suite struct LayoutTests {
  @Test(arguments: Sample.all) func `a sample is recognised and says what a person reads in it`(
    sample: Sample
  ) {
    let reading = Reading(sample.text)
    #expect(reading.layout == sample.layout)
    #expect(reading.counted == sample.expected)
    #expect(reading.tally.eventCount == sample.expected.count)
    #expect(reading.tally.continuedCount == sample.continued)
    #expect(reading.tally.unparsableCount == sample.unparsable)
    #expect(reading.tally.lineCount == sample.text.utf8.count { $0 == 0x0a } - binaryNewlines(sample))
  }

  @Test(arguments: Sample.all) func `full events agree with what was counted`(sample: Sample) {
    let reading = Reading(sample.text)
    let events = reading.events(sample.text)
    #expect(reading.counted(events) == reading.counted)
    #expect(events.map(\.position.byteOffset) == reading.byteOffsets)
    #expect(events.allSatisfy { $0.position.source == SourceID(rawValue: 3) })
  }

  @Test(arguments: Sample.all) func `every way to cut a sample in two gives the same events`(sample: Sample) {
    let bytes = Array(sample.text.utf8)
    let whole = Reading(bytes)
    for cut in 1..<bytes.count {
      let cutReading = Reading(bytes, as: whole.decoder.layout, cuts: [cut])
      #expect(cutReading.counted == whole.counted, "cut at \(cut)")
      #expect(cutReading.tally == whole.tally, "cut at \(cut)")
      #expect(cutReading.byteOffsets == whole.byteOffsets, "cut at \(cut)")
    }
  }

  @Test(arguments: Sample.all) func `decoding again from any checkpoint gives the rest`(sample: Sample) {
    let bytes = Array(sample.text.utf8)
    let whole = Reading(bytes)
    for cut in stride(from: 1, to: bytes.count, by: 3) {
      let reading = Reading(bytes, as: whole.decoder.layout, cuts: [cut])
      let (start, checkpoint) = reading.checkpoints[0]
      let rest = Array(bytes[start...]).withUnsafeBytes {
        reading.decoder.events(in: $0, at: Int64(start), from: checkpoint)
      }
      let expected = zip(whole.byteOffsets, whole.counted).filter { $0.0 >= Int64(start) }.map(\.1)
      #expect(reading.counted(rest) == expected, "from \(start)")
    }
  }

  @Test(arguments: Sample.all) func `carriage returns before newlines change nothing`(sample: Sample) {
    guard sample.layout != "journald-export" else { return }
    let reading = Reading(sample.text.replacing("\n", with: "\r\n"))
    #expect(reading.layout == sample.layout)
    #expect(reading.counted == sample.expected)
  }

  @Test func `every name of a layout is understood and given back`() {
    for name in LogLayout.names {
      #expect(LogLayout(name: name)?.name == name)
      #expect(LogLayout(name: name)?.summary.isEmpty == false)
    }
    #expect(LogLayout(name: "kubectl-prefix+klog")?.name == "kubectl-prefix + klog")
    #expect(LogLayout(name: "binary") == nil)
    #expect(LogLayout(name: "klogs") == nil)
    #expect(LogLayout(name: "klog + text") == nil)
    #expect(LogLayout(name: "stern + otlp") == nil)
    #expect(LogLayout(name: "") == nil)
  }

  @Test func `files that are no logs are called what they are`() {
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
    let layout = elf.withUnsafeBytes { LogLayout.recognised(in: $0) }
    #expect(layout.isBinary)
    #expect(layout.summary == "not a log: a program (ELF)")
    let wtmp = (0..<4096).map { UInt8($0 % 3 == 0 ? 0 : 0x61) }
    #expect(wtmp.withUnsafeBytes { LogLayout.recognised(in: $0) }.isBinary)
    let cutLog = [UInt8](repeating: 0, count: 500) + Array("2026-03-01 10:00:00 INFO x\n".utf8)
    #expect(cutLog.withUnsafeBytes { LogLayout.recognised(in: $0) }.name == "text")
    #expect(Reading("").layout == "plain")
  }

  @Test func `records are found behind a long banner, and in a first line longer than what is looked at`() {
    let banner = (1...9).map { "banner line \($0)\n" }.joined() + "{\"time\":1772359200,\"level\":\"info\"}\n"
    #expect(Reading(banner).layout == "ndjson")
    let long = "{\"time\":1772359200,\"x\":\"" + String(repeating: "x", count: 70_000)
    #expect(Reading(long + "\"}\n").layout == "ndjson")
  }

  @Test func `a text whose words look like tags is no syslog`() {
    #expect(Reading("2026-03-01T10:00:00Z INFO main: started\n").layout == "text")
    #expect(Reading("2026-03-01T10:00:00Z [main] app: started\n").layout == "text")
  }

  /// Newlines inside binary values are no ends of lines.
  private func binaryNewlines(_ sample: Sample) -> Int { sample.layout == "journald-export" ? 3 : 0 }
}
