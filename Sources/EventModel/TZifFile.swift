/// The parts of a TZif file (RFC 8536, version 4 in RFC 9636) that say offsets. Hostile bytes give `nil`.
struct TZifFile {
  private(set) var transitions: [Int64] = []
  private(set) var periods: [ZonePeriod] = []
  private(set) var initial = ZonePeriod(offsetSeconds: 0, abbreviation: "UTC")
  private(set) var rule: PosixZoneRule?

  init?(_ bytes: [UInt8]) {
    guard let first = Header(bytes[...]) else { return nil }
    guard first.version >= 2 else {
      guard readBlock(bytes.dropFirst(Header.byteCount), first, timeByteCount: 4) else { return nil }
      return
    }
    // The 32-bit block is there for old readers; the whole truth follows it.
    guard
      let rest = Self.dropping(Header.byteCount + first.blockByteCount(timeByteCount: 4), from: bytes[...]),
      let second = Header(rest), second.version == first.version,
      let block = Self.dropping(Header.byteCount, from: rest),
      readBlock(block, second, timeByteCount: 8),
      let footer = Self.dropping(second.blockByteCount(timeByteCount: 8), from: block)
    else { return nil }
    readFooter(footer)
  }

  /// RFC 8536, 3.1.
  private struct Header {
    static let byteCount = 44
    var version: Int
    var utcIndicators, standardIndicators, leaps, times, types, letters: Int

    init?(_ bytes: ArraySlice<UInt8>) {
      guard bytes.count >= Self.byteCount, bytes.starts(with: "TZif".utf8) else { return nil }
      let fields = bytes.dropFirst(4)
      switch fields.first {
      case 0: version = 1
      case .some(let digit) where (UInt8(ascii: "2")...UInt8(ascii: "4")).contains(digit):
        version = Int(digit - UInt8(ascii: "0"))
      default: return nil
      }
      let counts = (0..<6).map { TZifFile.integer(bytes.dropFirst(20 + $0 * 4).prefix(4)) }
      guard counts.allSatisfy({ $0 >= 0 && $0 <= 1 << 24 }) else { return nil }
      (utcIndicators, standardIndicators, leaps) = (Int(counts[0]), Int(counts[1]), Int(counts[2]))
      (times, types, letters) = (Int(counts[3]), Int(counts[4]), Int(counts[5]))
    }

    func blockByteCount(timeByteCount: Int) -> Int {
      times * (timeByteCount + 1) + types * 6 + letters + leaps * (timeByteCount + 4) + standardIndicators
        + utcIndicators
    }
  }

  /// RFC 8536, 3.2. Lengths are compared with the bytes that are there before anything is taken.
  private mutating func readBlock(_ bytes: ArraySlice<UInt8>, _ header: Header, timeByteCount: Int) -> Bool {
    guard bytes.count >= header.blockByteCount(timeByteCount: timeByteCount), (1...256).contains(header.types)
    else {
      return false
    }
    let indexStart = bytes.startIndex + header.times * timeByteCount
    let typeStart = indexStart + header.times
    let letterStart = typeStart + header.types * 6
    let letters = bytes[letterStart..<(letterStart + header.letters)]

    var types: [ZonePeriod] = []
    for start in stride(from: typeStart, to: letterStart, by: 6) {
      let offset = Self.integer(bytes[start..<(start + 4)])
      let nameStart = letterStart + Int(bytes[start + 5])
      guard (-93_599...93_599).contains(offset), nameStart < letters.endIndex else { return false }
      let name = letters[nameStart...].prefix { $0 != 0 }
      guard name.allSatisfy({ (0x21..<0x7F).contains($0) }), name.count <= 32 else { return false }
      types.append(
        ZonePeriod(offsetSeconds: Int(offset), abbreviation: String(decoding: name, as: UTF8.self)))
    }
    initial = types[0]

    for number in 0..<header.times {
      let start = bytes.startIndex + number * timeByteCount
      let second = Self.integer(bytes[start..<(start + timeByteCount)])
      let type = Int(bytes[indexStart + number])
      guard type < types.count, transitions.last.map({ $0 < second }) ?? true else { return false }
      transitions.append(second)
      periods.append(types[type])
    }
    return true
  }

  /// RFC 8536, 3.3: the rule between two newlines. One that cannot be read leaves the last period in force.
  private mutating func readFooter(_ bytes: ArraySlice<UInt8>) {
    guard bytes.first == UInt8(ascii: "\n") else { return }
    let text = bytes.dropFirst().prefix(512).prefix { $0 != UInt8(ascii: "\n") }
    rule = PosixZoneRule(text)
  }

  private static func dropping(_ count: Int, from bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    bytes.count >= count ? bytes.dropFirst(count) : nil
  }

  /// Big-endian, signed by the length given.
  private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
    guard let first = bytes.first else { return 0 }
    return bytes.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
  }
}
