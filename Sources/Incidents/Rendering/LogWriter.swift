internal import EventModel

/// A file being written, with its truth beside it.
struct LogWriter {
  var buffer = TextBuffer()
  private(set) var truth: [RenderedEvent] = []
  let defaultService: String
  let modificationTime: Timestamp
  /// Of the event being written, from 0: dialects take turns with it among words that mean the same.
  var ordinal = 0

  init(defaultService: String, modificationTime: Timestamp) {
    self.defaultService = defaultService
    self.modificationTime = modificationTime
  }

  /// The time of a record that has none.
  var previousTime: Timestamp { truth.last?.time ?? modificationTime }

  mutating func expect(_ time: Timestamp, _ service: String? = nil, _ severity: Severity) {
    truth.append(RenderedEvent(time: time, service: service ?? defaultService, severity: severity))
  }

  /// A record that no reader can make sense of: it counts, as unknown, when the one before it happened.
  mutating func expectUnreadable() { expect(previousTime, nil, .unknown) }

  /// True in one of `count` events.
  func isTurn(of count: Int) -> Bool { ordinal % count == count - 1 }

  mutating func newline() { buffer.append("\n") }

  mutating func endLinesAsWindows() {
    let lines = buffer.bytes
    buffer.bytes = [0xef, 0xbb, 0xbf]
    for byte in lines {
      if byte == UInt8(ascii: "\n") { buffer.bytes.append(UInt8(ascii: "\r")) }
      buffer.bytes.append(byte)
    }
  }

  mutating func message(of event: IncidentEvent) { event.appendMessage(to: &buffer) }

  mutating func quotedMessage(of event: IncidentEvent) {
    buffer.append("\"")
    let start = buffer.bytes.count
    event.appendMessage(to: &buffer)
    buffer.escapeJSON(from: start)
    buffer.append("\"")
  }

  mutating func quotedHost(of event: IncidentEvent) {
    buffer.append("\"")
    event.appendHost(to: &buffer)
    buffer.append("\"")
  }
}

/// The words or numbers of a dialect for our bands, `trace` to `fatal`; several for one band take turns.
struct Levels: Sendable {
  /// The band that a reader finds, and the dialect's words for what we would call by the index.
  let bands: [(band: Severity, words: [String])]

  init(
    trace: [String], debug: [String], info: [String], warn: [String], error: [String], fatal: [String],
    traceIs: Severity = .trace, debugIs: Severity = .debug, fatalIs: Severity = .fatal
  ) {
    bands = [
      (traceIs, trace), (debugIs, debug), (.info, info), (.warn, warn), (.error, error), (fatalIs, fatal),
    ]
  }

  func word(for severity: Severity, turn: Int) -> (text: String, band: Severity) {
    let (band, words) = bands[max(0, Int(severity.rawValue) - 1)]
    return (words[turn % words.count], band)
  }

  /// Where a dialect says the same in capitals.
  var upperCased: Levels {
    let upper = bands.map { $0.words.map { $0.uppercased() } }
    return Levels(
      trace: upper[0], debug: upper[1], info: upper[2], warn: upper[3], error: upper[4], fatal: upper[5],
      traceIs: bands[0].band, debugIs: bands[1].band, fatalIs: bands[5].band)
  }
}

extension Levels {
  /// RFC 5424 §6.2.1: 0 emergency, 1 alert, 2 critical, 3 error, 4 warning, 5 notice, 6 informational, 7 debug.
  static let syslogNumbers = Levels(
    trace: ["7"], debug: ["7"], info: ["6", "5"], warn: ["4"], error: ["3"], fatal: ["2", "1", "0"],
    traceIs: .debug)

  /// The names of the same (syslog(3)), as web servers write them.
  static let syslogWords = Levels(
    trace: ["debug"], debug: ["debug"], info: ["info", "notice"], warn: ["warn"], error: ["error"],
    fatal: ["crit", "alert", "emerg"], traceIs: .debug)

  /// What most text logs say.
  static let usual = Levels(
    trace: ["TRACE"], debug: ["DEBUG"], info: ["INFO"], warn: ["WARN", "WARNING"], error: ["ERROR"],
    fatal: ["FATAL", "CRITICAL"])

  /// Every word that names a band anywhere, in any case.
  static let everyWord = Levels(
    trace: ["trace", "FINEST", "Verbose"], debug: ["Debug", "fine", "CONFIG"],
    info: ["INFO", "Information", "notice"], warn: ["warn", "WARNING"], error: ["Error", "err", "SEVERE"],
    fatal: ["fatal", "Critical", "CRIT", "alert", "emerg", "EMERGENCY", "panic"])

  /// Python's `logging`: no trace; CRITICAL is the worst.
  static let python = Levels(
    trace: ["DEBUG"], debug: ["DEBUG"], info: ["INFO"], warn: ["WARNING"], error: ["ERROR"],
    fatal: ["CRITICAL"],
    traceIs: .debug)

  /// klog and glog: I W E F. Verbose lines (`V(4)`) are written as I.
  static let klog = Levels(
    trace: ["I"], debug: ["I"], info: ["I"], warn: ["W"], error: ["E"], fatal: ["F"], traceIs: .info,
    debugIs: .info)
}

extension Timestamp {
  /// Cut to a multiple of `unitNs`, toward the past.
  func cut(to unitNs: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds.flooredDivision(by: unitNs) * unitNs)
  }
}

let secondNs: Int64 = 1_000_000_000
let millisecondNs: Int64 = 1_000_000
let microsecondNs: Int64 = 1000
