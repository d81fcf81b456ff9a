internal import EventModel

/// The severity rules: words, numbers of the usual scales, and HTTP status codes.
enum SeverityRule {
  /// The band of a level word, case ignored; a step beside it (`INFO+2`) does not change the band.
  ///
  /// - Parameter readable: where the bytes behind `slice` end.
  @inline(__always) static func word(_ slice: ByteSlice, readable: BytePointer) -> Severity? {
    guard slice.count >= 3, slice.count <= 14, isFirstLetter(slice.start[0]) else { return nil }
    return likelyWord(slice, readable)
  }

  static func word(_ slice: ByteSlice) -> Severity? { word(slice, readable: slice.end) }

  /// Whether a level word may begin so: most other words are told apart by that.
  @inline(__always) private static func isFirstLetter(_ byte: UInt8) -> Bool {
    byte.isLetter && firstLetters &>> UInt32(byte & 0x1f) & 1 != 0
  }

  /// A bit for each of `acdefinpstvw`, `a` at 1.
  private static var firstLetters: UInt32 { 0b1101_1001_0100_0010_0111_1010 }

  private static func likelyWord(_ slice: ByteSlice, _ readable: BytePointer) -> Severity? {
    var count = slice.count
    for index in 3..<count where slice.start[index] == 0x2b || slice.start[index] == 0x2d {
      guard ByteSlice(slice.start + index + 1, slice.end).isNumber else { return nil }
      count = index
      break
    }
    if count > 8 { return longWord(ByteSlice(slice.start, slice.start + count)) }
    let unused = UInt64(64 - count * 8)
    let lowered = loadShort(slice.start, count: count, end: readable) | 0x2020_2020_2020_2020
    return packedWord((lowered << unused).byteSwapped)
  }

  /// Lower-case letters, the last in the lowest byte. Serilog and zerolog consoles shorten words to three letters,
  /// zap panics in development as `dpanic`, `java.util.logging` has `finer`.
  private static func packedWord(_ packed: UInt64) -> Severity? {
    switch packed {
    case 0x74_7261_6365, 0x6669_6e65_7374, 0x76_6572_626f_7365, 0x76_7262, 0x74_7263:
      .trace  // trace finest verbose vrb trc
    case 0x64_6562_7567, 0x6669_6e65, 0x636f_6e66_6967, 0x64_6267, 0x66_696e_6572:
      .debug  // debug fine config dbg finer
    case 0x696e_666f, 0x6e6f_7469_6365, 0x69_6e66: .info  // info notice inf
    case 0x7761_726e, 0x77_6172_6e69_6e67, 0x77_726e: .warn  // warn warning wrn
    case 0x65_7272_6f72, 0x65_7272, 0x7365_7665_7265: .error  // error err severe
    case 0x66_6174_616c, 0x6372_6974_6963_616c, 0x6372_6974, 0x61_6c65_7274, 0x65_6d65_7267, 0x70_616e_6963,
      0x66_746c, 0x70_6e63, 0x6470_616e_6963:
      .fatal  // fatal critical crit alert emerg panic ftl pnc dpanic
    default: nil
    }
  }

  /// The four letters of .NET's console, case kept.
  static func dotnet(_ slice: ByteSlice) -> Severity? {
    if slice.equals("info") { return .info }
    if slice.equals("warn") { return .warn }
    if slice.equals("fail") { return .error }
    if slice.equals("dbug") { return .debug }
    if slice.equals("trce") { return .trace }
    return slice.equals("crit") ? .fatal : nil
  }

  private static func longWord(_ slice: ByteSlice) -> Severity? {
    func matches(_ word: StaticString) -> Bool {
      guard slice.count == word.utf8CodeUnitCount else { return false }
      for index in 0..<slice.count where slice.start[index] | 0x20 != word.utf8Start[index] { return false }
      return true
    }
    if matches("information") { return .info }
    return matches("emergency") ? .fatal : nil
  }

  /// Syslog severities, 0 (emergency) to 7 (debug).
  static func syslog(_ number: Int) -> Severity? {
    switch number {
    case 0...2: .fatal
    case 3: .error
    case 4: .warn
    case 5, 6: .info
    case 7: .debug
    default: nil
    }
  }

  /// OpenTelemetry severity numbers, 1 to 24, four to a band.
  static func openTelemetry(_ number: Int) -> Severity? {
    guard (1...24).contains(number) else { return nil }
    return Severity(rawValue: UInt8((number - 1) / 4 + 1))
  }

  /// A number under a general key such as `level`: syslog's 0 to 7, or bunyan's 10 to 60 by tens.
  static func level(_ number: Int) -> Severity? {
    switch number {
    case 0...7: syslog(number)
    case 10...69: Severity(rawValue: UInt8(number / 10))
    default: nil
    }
  }

  static func httpStatus(_ number: Int) -> Severity? {
    switch number {
    case 500...599: .error
    case 400...499: .warn
    case 100...399: .info
    default: nil
    }
  }

  /// The letter of klog and glog.
  static func letter(_ byte: UInt8) -> Severity? {
    switch byte {
    case 0x49: .info
    case 0x57: .warn
    case 0x45: .error
    case 0x46: .fatal
    default: nil
    }
  }
}

extension ByteSlice {
  /// One to nine digits and nothing else.
  var isNumber: Bool { number != nil }

  /// The value of one to nine digits; `nil` for anything else.
  var number: Int? {
    guard !isEmpty, count <= 9 else { return nil }
    var value = 0
    var place = start
    while place < end {
      guard place[0].isDigit else { return nil }
      value = value * 10 + Int(place[0] - 0x30)
      place += 1
    }
    return value
  }
}
