import EventModel
import Foundation
import Testing

private func rules(_ sample: ZoneSample) throws -> TimeZoneRules {
  let bytes = try #require(Data(base64Encoded: sample.tzif))
  return try #require(TimeZoneRules(tzif: Array(bytes), name: sample.name))
}

private func civil(_ text: String) -> CivilTime {
  let parts = text.split { "-T:".contains($0) }.compactMap { Int($0) }
  return CivilTime(
    year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5])
}

@Test(arguments: zoneSamples.indices) func `offsets and labels are Python's`(index: Int) throws {
  let sample = zoneSamples[index]
  let zone = try rules(sample)
  for (second, offset, label) in sample.instants {
    let time = Timestamp(seconds: second)
    #expect(zone.offsetSeconds(at: time) == offset, "\(sample.name) \(second)")
    #expect(zone.abbreviation(at: time) == label, "\(sample.name) \(second)")
  }
}

@Test(arguments: zoneSamples.indices)
func `a wall clock time is the first that shows it, or lies after the gap`(index: Int) throws {
  let sample = zoneSamples[index]
  let zone = try rules(sample)
  for (wall, second) in sample.walls {
    #expect(zone.timestamp(of: civil(wall)) == Timestamp(seconds: second), "\(sample.name) \(wall)")
  }
}

@Test func `a fixed zone and UTC need no file`() {
  let zone = TimeZoneRules(name: "+05:30", offsetSeconds: 19_800)
  #expect(zone.offsetSeconds(at: .first) == 19_800)
  #expect(zone.abbreviation(at: .last) == "+05:30")
  #expect(zone.timestamp(of: civil("1970-01-01T05:30:00")) == Timestamp(seconds: 0))
  #expect(TimeZoneRules.utc.abbreviation(at: .last) == "UTC")
}

@Test func `a nanosecond before a change belongs to the period before it`() throws {
  let zurich = try rules(zoneSamples[0])
  // 2026-03-29T01:00:00Z
  #expect(zurich.offsetSeconds(at: Timestamp(nanoseconds: 1_774_746_000_000_000_000 - 1)) == 3600)
  #expect(zurich.offsetSeconds(at: Timestamp(nanoseconds: 1_774_746_000_000_000_000)) == 7200)
}

@Test func `a file that is not a zone is refused`() throws {
  #expect(TimeZoneRules(tzif: [], name: "x") == nil)
  #expect(TimeZoneRules(tzif: Array("TZif2".utf8), name: "x") == nil)
  #expect(TimeZoneRules(tzif: Array("TZif9".utf8) + Array(repeating: 0, count: 200), name: "x") == nil)
  // Counts of four thousand million with no bytes behind them.
  #expect(TimeZoneRules(tzif: Array("TZif2".utf8) + Array(repeating: 0xFF, count: 200), name: "x") == nil)
  #expect(TimeZoneRules(tzif: Array("TZif2".utf8) + Array(repeating: 0x01, count: 200), name: "x") == nil)
}

@Test func `cut and changed zone files never crash`() throws {
  let seed = UInt64.random(in: 0 ... .max)
  print("seed \(seed)")
  var state = seed
  func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
  for sample in zoneSamples {
    let bytes = Array(try #require(Data(base64Encoded: sample.tzif)))
    for length in 0..<bytes.count {
      exercise(TimeZoneRules(tzif: Array(bytes[..<length]), name: "cut"))
    }
    for _ in 0..<300 {
      var changed = bytes
      for _ in 0...random(4) { changed[random(changed.count)] = UInt8(random(256)) }
      exercise(TimeZoneRules(tzif: changed, name: "changed"))
    }
  }
}

private func exercise(_ zone: TimeZoneRules?) {
  guard let zone else { return }
  for time in [Timestamp.first, Timestamp(seconds: 0), Timestamp(seconds: 4_000_000_000), .last] {
    _ = zone.offsetSeconds(at: time)
    _ = zone.timestamp(of: CivilTime(time, offsetSeconds: zone.offsetSeconds(at: time)))
  }
}

@Test(arguments: zoneSamples.indices)
func `rules that were put down are the same when they are taken up, and none from cut bytes`(index: Int)
  throws
{
  let zone = try rules(zoneSamples[index])
  var packer = BytePacker()
  zone.pack(into: &packer)
  #expect(TimeZoneRules(packed: packer.bytes) == zone)
  for count in packer.bytes.indices { #expect(TimeZoneRules(packed: Array(packer.bytes[..<count])) == nil) }
  #expect(TimeZoneRules(packed: packer.bytes + [0]) == nil)
}

@Test(arguments: zoneSamples.indices)
func `rules in which a byte was changed are none, or answer for any time`(index: Int) throws {
  var packer = BytePacker()
  try rules(zoneSamples[index]).pack(into: &packer)
  for place in packer.bytes.indices {
    var bytes = packer.bytes
    bytes[place] ^= 0xFF
    guard let zone = TimeZoneRules(packed: bytes) else { continue }
    for time in [Timestamp.first, Timestamp(seconds: 0), .last] { _ = zone.offsetSeconds(at: time) }
    _ = zone.timestamp(of: CivilTime(year: 2026, month: 3, day: 29))
  }
}
