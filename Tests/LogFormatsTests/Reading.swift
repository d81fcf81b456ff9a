import EventModel
import Foundation
import LogFormats

/// 2026-03-10T00:00:00Z, when the files of these tests were last written.
let writtenAt = Timestamp(seconds: 1_773_100_800)

/// An instant by the C library, in UTC: year, month, day, hour, minute, second.
func utc(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int, ns: Int64 = 0)
  -> Int64
{
  var parts = tm()
  parts.tm_year = Int32(year - 1900)
  parts.tm_mon = Int32(month - 1)
  parts.tm_mday = Int32(day)
  parts.tm_hour = Int32(hour)
  parts.tm_min = Int32(minute)
  parts.tm_sec = Int32(second)
  return Int64(timegm(&parts)) * 1_000_000_000 + ns
}

/// What counting says of one event.
struct Counted: Hashable, CustomStringConvertible {
  var timeNs: Int64
  var service: String
  var severity: Severity

  init(_ timeNs: Int64, _ service: String, _ severity: Severity) {
    self.timeNs = timeNs
    self.service = service
    self.severity = severity
  }

  var description: String { "(\(timeNs) \(service) \(severity))" }
}

/// One source, decoded.
struct Reading {
  var decoder: LogDecoder
  var counted: [Counted] = []
  var byteOffsets: [Int64] = []
  /// Where pieces ended, with the checkpoint there.
  var checkpoints: [(byteOffset: Int, checkpoint: DecoderCheckpoint)] = []

  /// Decodes `bytes` in pieces that end at `cuts`; what is not consumed comes again with the next piece.
  init(
    _ bytes: [UInt8], as layout: LogLayout? = nil, options: DecodingOptions? = nil, cuts: [Int] = []
  ) {
    let layout = layout ?? bytes.withUnsafeBytes { LogLayout.recognised(in: $0) }
    let source = SourceID(rawValue: 3)
    decoder = LogDecoder(
      layout: layout,
      options: options ?? DecodingOptions(modificationTime: writtenAt, defaultService: ForeignText("file")),
      source: source)
    var batch = DecodedBatch(source: source)
    var start = 0
    for cut in cuts.sorted() + [bytes.count] {
      guard cut > start || cut == bytes.count else { continue }
      let piece = Array(bytes[start..<cut])
      start += piece.withUnsafeBytes {
        decoder.decode($0, at: Int64(start), isEnd: cut == bytes.count, into: &batch)
      }
      checkpoints.append((start, decoder.checkpoint))
    }
    byteOffsets = batch.byteOffsets
    for index in 0..<batch.columns.count {
      let service = decoder.services[batch.columns.services[index]].repaired
      counted.append(Counted(batch.columns.times[index], service, batch.columns.severities[index]))
    }
  }

  init(_ text: String, as name: String? = nil, options: DecodingOptions? = nil) {
    self.init(Array(text.utf8), as: name.flatMap(LogLayout.init(name:)), options: options)
  }

  var tally: DecodingTally { decoder.tally }
  var layout: String { decoder.layout.name }

  /// Everything in full, from the first byte.
  func events(_ bytes: [UInt8]) -> [Event] {
    bytes.withUnsafeBytes { decoder.events(in: $0, at: 0, from: DecoderCheckpoint()) }
  }

  func events(_ text: String) -> [Event] { events(Array(text.utf8)) }

  func counted(_ events: [Event]) -> [Counted] {
    events.map { Counted($0.time.nanoseconds, decoder.services[$0.service].repaired, $0.severity) }
  }
}

/// A small seeded generator (SplitMix64), so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
