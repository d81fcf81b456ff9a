import EventModel
import Foundation
import LogFormats
import Testing

@testable import Incidents

/// Ten seconds of failing payments and the moments around a crash: every severity, most services, 600 events.
let sampleEvents: [IncidentEvent] = {
  let failing = Incident.play(IncidentScenario.all[0]).events
  let leak = IncidentScenario.all.first { $0.name == "memory-leak" }.map { Incident.play($0).events } ?? []
  let inFailure = failing.firstIndex { $0.template == .checkoutGaveUp } ?? 0
  let crash = leak.firstIndex { $0.severity == .fatal } ?? 0
  return Array(failing[inFailure..<inFailure + 250]) + Array(leak[crash - 175..<crash + 175])
}()

private let firstRefusedToken = Incident.play(IncidentScenario.all[0]).events.first {
  $0.template == .paymentsToken
}

@Suite struct LogRenderingTests {
  @Test func `the sample has every severity and most services`() {
    #expect(Set(sampleEvents.map(\.severity)) == [.trace, .debug, .info, .warn, .error, .fatal])
    #expect(Set(sampleEvents.map(\.service)).count >= 18)
    #expect(zip(sampleEvents, sampleEvents.dropFirst()).allSatisfy { $0.time <= $1.time })
  }

  @Test func `every layout and wrapping the product reads is written`() {
    let names = Set(LogRendering.all.map(\.name))
    let layouts = [
      "ndjson", "otlp", "logfmt", "syslog-5424", "syslog-3164", "journald-export", "access-log",
      "nginx-error",
      "apache-error", "klog", "log4j", "python-logging", "text",
    ]
    for layout in layouts { #expect(names.contains(layout), "\(layout)") }
    for wrapping in ["kubectl-timestamps", "kubectl-prefix", "docker-compose", "stern", "docker-json", "cri"]
    {
      #expect(names.contains { $0.hasPrefix(wrapping + " + ") }, "\(wrapping)")
    }
    #expect(Set(LogRendering.all.map(\.description)).count == LogRendering.all.count)
  }

  @Test(arguments: LogRendering.all)
  func `every event is accounted for, in a file that names its service or in its service's file`(
    rendering: LogRendering
  ) {
    let files = rendering.render(sampleEvents)
    let readable = files.reduce(0) { $0 + $1.truth.count }
    #expect(readable >= sampleEvents.count)
    #expect(readable <= sampleEvents.count * 26 / 25)
    #expect(files.count == 1 || !rendering.namesServices)
    for file in files {
      #expect(file.truth.allSatisfy { $0.time <= file.modificationTime })
      #expect(file.bytes.last == UInt8(ascii: "\n") || rendering.name == "otlp")
    }
  }

  @Test func `all but the lines cut on purpose are JSON`() {
    for rendering in LogRendering.all where rendering.fileExtension == "json" {
      for file in rendering.render(sampleEvents) {
        for line in file.bytes.split(separator: UInt8(ascii: "\n")) {
          guard !line.starts(with: Array("{\"message\":\"cut".utf8)) else { continue }
          #expect(throws: Never.self, "\(rendering): \(String(decoding: line, as: UTF8.self))") {
            try JSONSerialization.jsonObject(with: Data(line))
          }
        }
      }
    }
  }

  @Test(arguments: [
    (
      "text, RFC 3339",
      "2026-11-23T03:04:01.491919Z ERROR card token invalid: tok_6b473ad934834811 has no prefix 'pm2', order o-775194"
    ),
    (
      "klog, klog",
      "E1123 03:04:01.491919       1 charge.go:42] card token invalid: tok_6b473ad934834811 has no prefix 'pm2', order o-775194"
    ),
    (
      "log4j, log4j",
      "2026-11-23 03:04:01,491 [http-nio-8080-exec-1] ERROR com.shop.charge.Charge - card token invalid: tok_6b473ad934834811 has no prefix 'pm2', order o-775194"
    ),
    (
      "syslog-3164, with priority",
      "<131>Nov 23 03:04:01 payments-f8vc7vb6r4-2r8k2 payments: card token invalid: tok_6b473ad934834811 has no prefix 'pm2', order o-775194"
    ),
    (
      "text, offset after a space",
      "2026-11-23 08:34:01.491919+05:30 [error] card token invalid: tok_6b473ad934834811 has no prefix 'pm2', order o-775194"
    ),
    (
      "access-log, combined",
      "10.3.0.80 - - [23/Nov/2026:05:04:01 +0200] \"POST /checkout?q=%22a%22 HTTP/1.1\" 500 5124 \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64)\""
    ),
  ])
  func `one event in the words of a dialect`(rendering: String, line: String) throws {
    let event = try #require(firstRefusedToken)
    let dialect = try #require(LogRendering.all.first { $0.description == rendering })
    let file = try #require(dialect.render([event]).first)
    let text = String(decoding: file.bytes, as: UTF8.self)
    #expect(text.split(separator: "\n").first.map(String.init) == line)
  }
}

@Suite struct DecodedRenderingTests {
  @Test(arguments: LogRendering.all)
  func `a rendering is recognised and decoded to its truth`(rendering: LogRendering) throws {
    compare(rendering, sampleEvents)
  }

  @Test(arguments: LogRendering.all)
  func `a rendering is decoded to its truth when its layout is told`(rendering: LogRendering) throws {
    let layout = try #require(LogLayout(name: rendering.name), "no layout is called \(rendering.name)")
    func compareTold() {
      for file in rendering.render(sampleEvents) {
        let difference = file.difference(from: decoded(file, layout))
        #expect(difference.isEmpty, "\(rendering), \(file.suggestedFileName): \(difference)")
      }
    }
    compareTold()
  }

  @Test(arguments: LogRendering.all)
  func `events read again in full are those that were counted`(rendering: LogRendering) throws {
    for file in rendering.render(sampleEvents) {
      let layout = file.bytes.withUnsafeBytes { LogLayout.recognised(in: $0) }
      let source = SourceID(rawValue: 0)
      let options = DecodingOptions(
        modificationTime: file.modificationTime, defaultService: ForeignText(file.defaultService))
      var decoder = LogDecoder(layout: layout, options: options, source: source)
      let start = decoder.checkpoint
      var batch = DecodedBatch(source: source)
      let events = file.bytes.withUnsafeBytes { bytes in
        _ = decoder.decode(bytes, at: 0, isEnd: true, into: &batch)
        return decoder.events(in: bytes, at: 0, from: start)
      }
      #expect(
        events.map(\.time.nanoseconds) == batch.columns.times, "\(rendering), \(file.suggestedFileName)")
      #expect(events.map(\.service) == batch.columns.services, "\(rendering), \(file.suggestedFileName)")
      #expect(events.map(\.severity) == batch.columns.severities, "\(rendering), \(file.suggestedFileName)")
      #expect(
        events.map(\.position.byteOffset) == batch.byteOffsets, "\(rendering), \(file.suggestedFileName)")
      let silent = events.filter { $0.message.isEmpty }
      #expect(silent.isEmpty, "\(rendering), \(file.suggestedFileName): \(silent.count) without a message")
    }
  }

  /// Whole incidents in every dialect: some five million events. A release build takes seconds, a debug build minutes.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil, "make check-long sets TRIPTYCH_LONG"),
    arguments: LogRendering.all)
  func `a whole incident is decoded to its truth in every dialect`(rendering: LogRendering) {
    compare(rendering, Incident.play(IncidentScenario.all[0]).events)
  }

  private func compare(_ rendering: LogRendering, _ events: [IncidentEvent]) {
    for file in rendering.render(events) {
      let layout = file.bytes.withUnsafeBytes {
        LogLayout.recognised(in: UnsafeRawBufferPointer(rebasing: $0.prefix(65_536)))
      }
      #expect(
        Self.rules(of: layout.name) == Self.rules(of: rendering.name),
        "\(rendering), \(file.suggestedFileName), read as \(layout): \(file.firstLines(2))")
      let difference = file.difference(from: decoded(file, layout))
      #expect(difference.isEmpty, "\(rendering), \(file.suggestedFileName), read as \(layout): \(difference)")
    }
  }

  /// Text, log4j and Python logging are read by the same rules; a file without a stack trace may look like any of them.
  private static func rules(of name: String) -> String {
    name.replacing("log4j", with: "text").replacing("python-logging", with: "text")
  }
}

/// A decoded event, and where its record starts.
struct FoundEvent {
  var event: RenderedEvent
  var byteOffset: Int
}

private func decoded(_ file: RenderedLog, _ layout: LogLayout) -> [FoundEvent] {
  let source = SourceID(rawValue: 0)
  let options = DecodingOptions(
    modificationTime: file.modificationTime, defaultService: ForeignText(file.defaultService))
  var decoder = LogDecoder(layout: layout, options: options, source: source)
  var batch = DecodedBatch(source: source)
  file.bytes.withUnsafeBytes { bytes in
    var done = 0
    done = decoder.decode(bytes, at: 0, isEnd: true, into: &batch)
    #expect(done == bytes.count)
  }
  return batch.columns.times.indices.map { index in
    FoundEvent(
      event: RenderedEvent(
        time: Timestamp(nanoseconds: batch.columns.times[index]),
        service: decoder.services[batch.columns.services[index]].repaired,
        severity: batch.columns.severities[index]),
      byteOffset: Int(batch.byteOffsets[index]))
  }
}

extension RenderedLog {
  fileprivate func firstLines(_ count: Int, from start: Int = 0) -> String {
    let lines = bytes[min(start, bytes.count)...].prefix(2000).split(separator: UInt8(ascii: "\n")).prefix(
      count)
    return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }

  /// What is in one and not in the other, the first of each with its line; empty when both have the same events.
  fileprivate func difference(from found: [FoundEvent]) -> String {
    var missing: [RenderedEvent: Int] = [:]
    for event in truth { missing[event, default: 0] += 1 }
    var extra: [FoundEvent] = []
    for one in found {
      if let count = missing[one.event], count > 0 {
        missing[one.event] = count - 1
      } else {
        extra.append(one)
      }
    }
    let lacking = truth.filter { missing[$0, default: 0] > 0 }
    guard !extra.isEmpty || !lacking.isEmpty else { return "" }
    var text =
      "\(truth.count) events, decoded \(found.count); \(lacking.count) missing, \(extra.count) unexpected"
    for one in extra.prefix(2) {
      text += "\n  found \(one.event.summary): \(firstLines(1, from: one.byteOffset))"
    }
    for event in lacking.prefix(2) { text += "\n  lacks \(event.summary)" }
    return text
  }
}

extension RenderedEvent {
  fileprivate var summary: String { "\(time.rfc3339(fractionDigitCount: 9)) \(service) \(severity)" }
}
