import EventModel
import LogFormats
import Testing

/// What a filter finds must not depend on how it is looked for. The truth is every event in full, asked one by one.
@Suite struct `A sieve over the records of every layout` {
  /// Records whose values are spelled in another way than they read.
  static let spelled = [
    #"{"time":"2026-03-01T10:00:00Z","level":"info","msg":"t\u0069meout \u00e9t\u00e9","path":"\/a\/b","n":5}"#,
    #"{"time":"2026-03-01T10:00:01Z","level":"warn","msg":"say \"stop\" \\ now\nor never","n":"0050","deep":{"n":7e1}}"#,
    #"{"time":"2026-03-01T10:00:02Z","level":"error","MESSAGE":[98,111,111,109,33],"a.b":{"c":"x"},"n":[1,2]}"#,
    #"{"time":"2026-03-01T10:00:03Z","level":"error","msg":"a\qb","n":-3.50,"list":[1,"timeout"],"none":null}"#,
    #"{"level":"info","msg":"no time, ſhort K","n":12345678901234567890}"#,
    #"{"time":"10:00:05","level":"info","msg":"a time of day","n":{}}"#, "no json at all timeout=5", "",
  ].joined(separator: "\n")

  static let texts = Sample.all.map(\.text) + [spelled]

  @Test(arguments: texts) func `finds the lines of every match, and a line alone gives the same event`(
    text: String
  ) throws {
    var generator = SeededGenerator(seed: UInt64.random(in: 0 ... .max))
    print("seed \(generator.state)")
    let bytes = Array(text.utf8)
    let reading = Reading(bytes)
    let events = reading.events(bytes)
    let layout = reading.decoder.layout
    guard let spelling = layout.rawSpelling else { return }
    var decoder = RecordDecoder(reading.decoder)
    for expression in Self.expressions(about: events, &generator) {
      guard let filter = try? EventFilter(expression) else { continue }
      let samples = Bool.random(using: &generator) ? [] : [bytes, Array(bytes.prefix(bytes.count / 2))]
      guard let sieve = RecordSieve(filter, spelling: spelling, samples: samples) else { continue }
      var lines: [Range<Int>] = []
      bytes.withUnsafeBytes { bytes in
        sieve.find(in: bytes, &lines)
        for (index, event) in events.enumerated() {
          guard filter.matches(event, serviceName: reading.decoder.services[event.service]) else { continue }
          let start = Int(event.position.byteOffset)
          let end = index + 1 < events.count ? Int(events[index + 1].position.byteOffset) : bytes.count
          #expect(
            lines.contains { $0.lowerBound < end && $0.upperBound > start },
            "\(layout): \(expression) does not find \(event.message.repaired)")
          let record = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
          if !record.dropLast().contains(0x0a) { #expect(sieve.mayMatch(record: record), "\(expression)") }
        }
        for line in lines {
          let record = UnsafeRawBufferPointer(rebasing: bytes[line])
          guard let alone = decoder.event(in: record, at: Int64(line.lowerBound)) else { continue }
          let whole = events.first { line.contains(Int($0.position.byteOffset)) }
          if case .event(let event) = alone { #expect(event == whole) } else { #expect(whole == nil) }
        }
      }
    }
  }

  @Test(arguments: texts) func `reads the chosen events as it reads all`(text: String) throws {
    var generator = SeededGenerator(seed: UInt64.random(in: 0 ... .max))
    print("seed \(generator.state)")
    let bytes = Array(text.utf8)
    let reading = Reading(bytes)
    let all = reading.events(bytes)
    var decoder = RecordDecoder(reading.decoder)
    for _ in 0..<4 {
      let wanted = Set(all.map(\.position.byteOffset)).filter { _ in Bool.random(using: &generator) }
      let chosen = bytes.withUnsafeBytes {
        decoder.events(at: wanted.sorted(), in: $0, at: 0, from: DecoderCheckpoint())
      }
      #expect(chosen == all.filter { wanted.contains($0.position.byteOffset) })
    }
  }

  @Test func `fields that nobody asks for may be missing, the others are the same`() throws {
    let bytes = Array(Self.spelled.utf8)
    let reading = Reading(bytes)
    let all = reading.events(bytes)
    var decoder = RecordDecoder(reading.decoder)
    for name in ["n", "deep.n", "a.b.c", "path", "no such"] {
      let filter = try EventFilter("\(name)>=5")
      #expect(filter.decidingFields == nil || filter.decidingFields == [ForeignText(name)])
      for event in all {
        let start = Int(event.position.byteOffset)
        let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
        bytes[start..<end].withUnsafeBytes { line in
          guard case .event(let found) = decoder.event(in: line, at: Int64(start), only: [ForeignText(name)])
          else { return }
          #expect(found.field(name) == event.field(name))
          #expect(found.message == event.message)
        }
      }
    }
  }

  /// Filters that hold for some of the events: parts of their values, as text, as patterns, by field, as numbers.
  private static func expressions(about events: [Event], _ generator: inout SeededGenerator) -> [String] {
    var expressions = [
      "/[a-z]+/", "/^t/", "/e|o/", "timeout", "/st.p/", "/(?i)BOOM/", "n>=5", "deep.n<100", "n=50", "n>a",
    ]
    for event in events {
      for _ in 0..<6 {
        let field = event.fields.randomElement(using: &generator)
        let value = Bool.random(using: &generator) ? event.message.bytes : field?.value.bytes ?? []
        guard !value.isEmpty else { continue }
        let start = Int.random(in: 0..<value.count, using: &generator)
        let part = ForeignText(value[start...].prefix(Int.random(in: 1...12, using: &generator)))
        let quoted = String(EventFilter.expression(field: ForeignText("x"), equals: part).dropFirst(2))
        expressions.append(quoted)
        expressions.append("message~" + pattern(of: part, &generator))
        expressions.append(
          "/" + pattern(of: part, &generator) + "/" + (Bool.random(using: &generator) ? "i" : ""))
        if let field {
          expressions.append(EventFilter.expression(field: field.name, equals: field.value))
          expressions.append("\(field.name.repaired)>=\(field.value.repaired)")
        }
      }
    }
    return expressions
  }

  /// A regular expression that matches the text: its letters and digits, and something for everything else.
  private static func pattern(of text: ForeignText, _ generator: inout SeededGenerator) -> String {
    text.repaired.unicodeScalars.map { scalar -> String in
      let isWord = scalar.properties.isAlphabetic || (48...57).contains(scalar.value)
      guard isWord, scalar.isASCII else {
        return ["(?s:.)", "[^a]", "\\W", ".?"].randomElement(using: &generator) ?? "."
      }
      return [String(scalar), String(scalar), "[\(scalar)z]", "."].randomElement(using: &generator) ?? "."
    }.joined()
  }
}
