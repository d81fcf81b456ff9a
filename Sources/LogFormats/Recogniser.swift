internal import EventModel

extension LogLayout {
  /// What kind of binary data these first bytes are; `nil` for text.
  public static func binary(in firstBytes: UnsafeRawBufferPointer) -> LogLayout? {
    guard let address = firstBytes.baseAddress, !firstBytes.isEmpty else { return nil }
    let start = address.assumingMemoryBound(to: UInt8.self)
    return BinaryKind.of(ByteSlice(start, start + min(firstBytes.count, 65_536))).map {
      LogLayout(.binary, binaryKind: $0)
    }
  }

  /// The layout of a source from its first bytes (up to 64 KiB are looked at). Never fails: what fits nothing is
  /// `plain`, where every line is an event; what is no text has `isBinary`.
  public static func recognised(in firstBytes: UnsafeRawBufferPointer) -> LogLayout {
    guard let address = firstBytes.baseAddress, !firstBytes.isEmpty else { return LogLayout(.plain) }
    let start = address.assumingMemoryBound(to: UInt8.self)
    let bytes = ByteSlice(start, start + min(firstBytes.count, 65_536))
    if let kind = BinaryKind.of(bytes) { return LogLayout(.binary, binaryKind: kind) }
    let lines = Recogniser.lines(in: bytes, isWhole: firstBytes.count < 65_536)
    if Recogniser.isOTLPDocument(bytes) { return LogLayout(.otlp) }
    var recogniser = Recogniser()
    if recogniser.isJSONDocument(bytes) { return LogLayout(.jsonDocument) }
    recogniser.isCut = firstBytes.count >= 65_536 && lines.count == 1 && bytes.first(0x0a) == nil
    return recogniser.layout(of: lines, wrappings: [])
  }
}

/// Counts how many of the first lines each layout can read.
struct Recogniser {
  private static let lineLimit = 400

  /// Whether the only line goes on beyond the bytes at hand.
  var isCut = false
  private let keys = KeyTable.ofUsualKeys
  private let dockerKeys = KeyTable.ofDockerKeys
  /// Zone and modification time do not matter for recognising.
  private var times = TimeReader(zone: .utc, modificationTime: Timestamp(seconds: 1_700_000_000))

  /// The lines that are not blank; the last one only when it is whole or the only one.
  static func lines(in bytes: ByteSlice, isWhole: Bool) -> [ByteSlice] {
    var lines: [ByteSlice] = []
    var place = bytes.start
    while place < bytes.end, lines.count < lineLimit {
      while place < bytes.end, place[0] == 0 { place += 1 }
      let newline = ByteSlice(place, bytes.end).first(0x0a)
      if newline == nil, !isWhole, !lines.isEmpty { break }
      var line = ByteSlice(place, newline ?? bytes.end)
      place = newline.map { $0 + 1 } ?? bytes.end
      if line.hasPrefix("\u{FEFF}") { line.start += 3 }
      if !line.isEmpty, line.end[-1] == 0x0d { line.end -= 1 }
      if skippingBlanks(line.start, line.end) < line.end { lines.append(line) }
    }
    return lines
  }

  /// OTLP, on one line or many: its first key is one of OTLP's.
  static func isOTLPDocument(_ bytes: ByteSlice) -> Bool {
    var scanner = JSONScanner(bytes)
    if bytes.hasPrefix("\u{FEFF}") { scanner.place += 3 }
    scanner.skipSpace()
    guard scanner.place < scanner.end, scanner.place[0] == 0x7b else { return false }
    scanner.place += 1
    scanner.skipSpace()
    let rest = ByteSlice(scanner.place, scanner.end)
    return rest.hasPrefix("\"resourceLogs\"") || rest.hasPrefix("\"resourceSpans\"")
      || rest.hasPrefix("\"resourceMetrics\"")
  }

  /// An array of objects, an object over many lines, or AWS's object around an array of records with times.
  mutating func isJSONDocument(_ bytes: ByteSlice) -> Bool {
    var scanner = JSONScanner(bytes)
    if bytes.hasPrefix("\u{FEFF}") { scanner.place += 3 }
    scanner.skipSpace()
    guard scanner.place < scanner.end else { return false }
    let start = scanner.place
    let isArray = start[0] == 0x5b
    var needsTime = false
    if isArray {
      scanner.place += 1
      scanner.skipSpace()
      // No more than the bracket has come so far.
      if scanner.place == scanner.end { return true }
      if scanner.place[0] == 0x5d {
        scanner.place += 1
        scanner.skipSpace()
        return scanner.place == scanner.end
      }
    } else if start[0] == 0x7b,
      case .some(.some(let inside)) = JSONEnvelope.array(in: ByteSlice(start, bytes.end))
    {
      needsTime = true
      scanner.place = inside
      scanner.skipSpace()
    }
    guard scanner.place < scanner.end, scanner.place[0] == 0x7b else { return false }
    var facts = RecordFacts()
    guard scanner.object(node: 0, depth: 0, keys, &times, &facts) || scanner.place == scanner.end else {
      return false
    }
    if needsTime { return facts.hasTime }
    return isArray || ByteSlice(start, scanner.place).first(0x0a) != nil
  }

  mutating func layout(of lines: [ByteSlice], wrappings: [LogLayout.Wrapping]) -> LogLayout {
    guard !lines.isEmpty else { return LogLayout(.plain, inside: wrappings) }
    if wrappings.count < 3, let found = wrapped(lines, wrappings) { return found }
    return LogLayout(base(of: lines), inside: wrappings)
  }

  // MARK: Wrappings

  private mutating func wrapped(_ lines: [ByteSlice], _ outer: [LogLayout.Wrapping]) -> LogLayout? {
    for wrapping in LogLayout.Wrapping.allCases where !outer.contains(wrapping) {
      if wrapping == .dockerJSON {
        if let found = docker(lines, outer) { return found }
        continue
      }
      var inner: [ByteSlice] = []
      var hits = 0
      for line in lines {
        var candidate = WrappedLine(line)
        guard Wrapper.unwrap(wrapping, &candidate, &times) else { continue }
        if wrapping == .stern, !Self.looksLikePod(line) { continue }
        hits += 1
        if skippingBlanks(candidate.line.start, candidate.line.end) < candidate.line.end {
          inner.append(candidate.line)
        }
      }
      guard hits * 10 >= lines.count * 8 else { continue }
      var found = layout(of: inner, wrappings: outer + [wrapping])
      if wrapping == .kubectlTimestamps, found.wrappings.count == outer.count + 1 {
        // A time before plain text or a level is the usual text line, not a prefix.
        guard found.base != .plain else {
          let whole = base(of: lines)
          return LogLayout(whole == .syslog3164 ? whole : .text, inside: outer)
        }
        found = LogLayout(found.base, inside: outer + [wrapping])
      }
      return found
    }
    return nil
  }

  /// A pod of a deployment, daemon set, stateful set or job: its name has a dash and ends as Kubernetes makes it.
  private static func looksLikePod(_ line: ByteSlice) -> Bool {
    let start = skippingColour(line.start, line.end)
    let name = ByteSlice(start, tokenEnd(start, line.end))
    var place = name.end
    while place > name.start, place[-1] != 0x2d { place -= 1 }
    let suffix = ByteSlice(place, name.end)
    return place - name.start >= 2 && (suffix.count == 5 || suffix.isNumber)
  }

  private mutating func docker(_ lines: [ByteSlice], _ outer: [LogLayout.Wrapping]) -> LogLayout? {
    var hits = 0
    var text: [UInt8] = []
    for line in lines where line.first("\"log\":") != nil && line.first("\"stream\":") != nil {
      var scanner = JSONScanner(line)
      var facts = RecordFacts()
      guard scanner.record(dockerKeys, &times, &facts), facts.hasTime, let log = facts.messageString else {
        continue
      }
      hits += 1
      JSONText.unescape(log, into: &text)
      if text.last != 0x0a { text.append(0x0a) }
    }
    guard hits > 0, hits * 10 >= lines.count * 8 else { return nil }
    return text.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let inner = Self.lines(in: ByteSlice(start, start + buffer.count), isWhole: true)
      return layout(of: inner, wrappings: outer + [.dockerJSON])
    }
  }

  // MARK: Layouts

  private mutating func base(of lines: [ByteSlice]) -> LogLayout.Base {
    let strict: [LogLayout.Base] = [
      .ndjson, .syslog5424, .klog, .accessLog, .apacheError, .nginxError, .logfmt, .syslog3164,
    ]
    if Self.isJournalExport(lines) { return .journaldExport }
    if isDotnetConsole(lines) { return .dotnetConsole }
    var best = LogLayout.Base.plain
    var bestCount = 0
    var record = LogLayout.Base.plain
    var recordCount = 0
    for base in strict {
      let count = lines.count { fits(base, $0) }
      if base.isRecordFormat, count > recordCount {
        record = base
        recordCount = count
      }
      let isEnough = base.isRecordFormat ? count * 2 >= lines.count : count > 0
      if isEnough, count > bestCount {
        best = base
        bestCount = count
      }
      // None fits better, and the first of equals wins.
      if isEnough, count == lines.count { return best }
    }
    let textCount = lines.count { fits(.text, $0) }
    // The stricter layout wins where it reads nearly all that the looser one does.
    if best != .plain, bestCount * 10 >= textCount * 9 { return best }
    if textCount > 0 { return isJavaLogging(lines, textCount) ? .javaLogging : textKind(lines) }
    // Records among lines of a start-up banner, where nothing else has a time.
    return recordCount * 20 >= lines.count ? record : .plain
  }

  private mutating func fits(_ base: LogLayout.Base, _ line: ByteSlice) -> Bool {
    var facts = RecordFacts()
    guard LineLayouts.read(base, line, isCut: isCut, keys, &times, &facts) else { return false }
    switch base {
    case .syslog3164: return Self.looksLikeSyslog(line, facts)
    case .logfmt: return Self.pairCount(line) >= 2
    default: return true
    }
  }

  /// A host and a tag follow the time: neither is a level, and the host is no bracket. A date is joined to its time by `T`.
  private static func looksLikeSyslog(_ line: ByteSlice, _ facts: RecordFacts) -> Bool {
    guard let tag = facts.service, SeverityRule.word(tag) == nil else { return false }
    if line.count > 10, line.start[0].isDigit, line.start[10] == 0x20 { return false }
    var hostEnd = tag.start
    while hostEnd > line.start, hostEnd[-1].isBlank { hostEnd -= 1 }
    var host = hostEnd
    while host > line.start, !host[-1].isBlank { host -= 1 }
    guard host < hostEnd, host[0].isLetter || host[0].isDigit || host[0] == 0x3a else { return false }
    return SeverityRule.word(ByteSlice(host, hostEnd)) == nil
  }

  /// Pairs of a logfmt line; 0 when more of its words are none.
  private static func pairCount(_ line: ByteSlice) -> Int {
    var pairs = LogfmtPairs(line)
    var count = 0
    var others = 0
    while let pair = pairs.next() {
      if pair.value == nil { others += 1 } else { count += 1 }
    }
    return others > count ? 0 : count
  }

  private static func isJournalExport(_ lines: [ByteSlice]) -> Bool {
    guard let first = lines.first, first.hasPrefix("__") || first.start[0].isUpper else { return false }
    return lines.prefix(60).contains { $0.hasPrefix("__REALTIME_TIMESTAMP=") }
  }

  /// Half of the lines are a `level: Category[7]` before an indented line, or such an indented line.
  private mutating func isDotnetConsole(_ lines: [ByteSlice]) -> Bool {
    var isInside = false
    var headCount = 0
    var count = 0
    for line in lines {
      var facts = RecordFacts()
      if LineLayouts.dotnetConsole(line, &times, &facts) {
        isInside = true
        headCount += 1
        count += 1
      } else if isInside, line.hasPrefix("      ") {
        count += 1
      } else {
        isInside = false
      }
    }
    return headCount > 0 && count > headCount && count * 2 >= lines.count
  }

  /// Half of the lines with a time have a line with a level of `java.util.logging` after them.
  private mutating func isJavaLogging(_ lines: [ByteSlice], _ textCount: Int) -> Bool {
    guard lines.contains(where: { JavaLevel($0) != nil }) else { return false }
    var pairCount = 0
    var isHead = false
    for line in lines {
      if isHead, JavaLevel(line) != nil { pairCount += 1 }
      var facts = RecordFacts()
      isHead = TextLine.read(line, &times, &facts) && facts.severity == .unknown
    }
    return pairCount * 2 > textCount
  }

  /// Which of the loose layouts a text with times is, by what stands around the level.
  private mutating func textKind(_ lines: [ByteSlice]) -> LogLayout.Base {
    var log4j = 0
    var python = 0
    var total = 0
    for line in lines {
      var facts = RecordFacts()
      guard TextLine.read(line, &times, &facts) else { continue }
      total += 1
      let shape = TextShape.of(line, facts)
      if shape == .log4j { log4j += 1 }
      if shape == .python { python += 1 }
    }
    if log4j * 2 > total { return .log4j }
    return python * 2 > total ? .pythonLogging : .text
  }
}

/// The default layouts of logging libraries, told apart by their marks.
enum TextShape {
  case log4j, python, other

  static func of(_ line: ByteSlice, _ facts: RecordFacts) -> TextShape {
    guard facts.severity != .unknown, let message = facts.message, message.start > line.start else {
      return .other
    }
    let head = ByteSlice(line.start, message.start)
    // `TIME,123 - logger - LEVEL - message`
    if let dash = head.first(" - "), ByteSlice(dash + 3, head.end).first(" - ") != nil { return .python }
    // `TIME [thread] LEVEL logger - message`, `TIME LEVEL 1 --- [thread] logger : message`
    if message.first(" --- [") != nil || message.hasPrefix("--- [")
      || message.first(" - ").map({ $0 - message.start < 120 }) == true
      || message.first(" -- ").map({ $0 - message.start < 120 }) == true
    {
      return .log4j
    }
    // `TIME,123 LEVEL logger: message`
    let token = ByteSlice(message.start, tokenEnd(message.start, message.end))
    return head.first(0x2c) != nil && token.count >= 2 && token.end[-1] == 0x3a ? .python : .other
  }
}

/// What files are that are no logs, by their first bytes.
enum BinaryKind {
  static func of(_ bytes: ByteSlice) -> String? {
    for (magic, kind) in magics where bytes.count >= magic.count {
      if (0..<magic.count).allSatisfy({ bytes.start[$0] == magic[$0] }) { return kind }
    }
    return isMostlyControl(bytes) ? "binary data" : nil
  }

  /// Many control bytes, or zeros scattered all over. One run of zeros is a log that was cut under its writer.
  private static func isMostlyControl(_ bytes: ByteSlice) -> Bool {
    var controls = 0
    var zeroRuns = 0
    var wasZero = false
    var index = 0
    while index < bytes.count {
      // Text has eight bytes without any control byte in nearly every place.
      if index + 8 <= bytes.count, Self.hasNoControl(bytes.start + index) {
        wasZero = false
        index += 8
        continue
      }
      let byte = bytes.start[index]
      index += 1
      if byte >= 0x20 {
        wasZero = false
        continue
      }
      if byte == 0 {
        if !wasZero { zeroRuns += 1 }
      } else if byte != 0x09, byte != 0x0a, byte != 0x0d, byte != 0x1b {
        controls += 1
      }
      wasZero = byte == 0
    }
    return controls * 10 > bytes.count || zeroRuns > 8 && zeroRuns * 50 > bytes.count
  }

  /// Whether none of the eight bytes at `start` is below 0x20. Without such a byte nothing is borrowed from the next one,
  /// and no top bit appears where none was.
  @inline(__always)
  private static func hasNoControl(_ start: BytePointer) -> Bool {
    let word = UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    return (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080 == 0
  }

  private static let magics: [([UInt8], String)] = [
    ([0x7f, 0x45, 0x4c, 0x46], "a program (ELF)"),
    ([0x89, 0x50, 0x4e, 0x47], "a PNG picture"),
    ([0xff, 0xd8, 0xff], "a JPEG picture"),
    (Array("GIF8".utf8), "a GIF picture"),
    (Array("%PDF-".utf8), "a PDF document"),
    ([0x50, 0x4b, 0x03, 0x04], "a ZIP archive"),
    ([0x1f, 0x8b], "gzip data"),
    ([0x28, 0xb5, 0x2f, 0xfd], "zstd data"),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz data"),
    (Array("BZh".utf8), "bzip2 data"),
    ([0x04, 0x22, 0x4d, 0x18], "lz4 data"),
    (Array("SQLite format 3".utf8), "an SQLite database"),
    (Array("LPKSHHRH".utf8), "a systemd journal (read it with journalctl -o json)"),
    (Array("Obj\u{1}".utf8), "an Avro container file"),
    ([0xff, 0xfe], "UTF-16 text (convert it to UTF-8)"),
    ([0xfe, 0xff], "UTF-16 text (convert it to UTF-8)"),
    ([0xd4, 0xc3, 0xb2, 0xa1], "a packet capture"),
    ([0x0a, 0x0d, 0x0d, 0x0a], "a packet capture"),
    ([0x89, 0x4d, 0x43, 0x41, 0x50], "an MCAP recording"),
  ]
}
