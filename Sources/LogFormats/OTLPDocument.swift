internal import EventModel

/// OTLP/JSON, one document a line or one over many lines, walked record by record: a document may be larger than memory.
extension LogDecoder {
  /// What one step of the walk came to.
  private enum Step {
    case done
    /// The next thing is not whole yet.
    case waiting
    case broken
  }

  mutating func decodeOTLP(_ piece: Piece, _ batch: inout DecodedBatch) -> Int {
    var place = piece.bytes.start
    let end = piece.bytes.end
    while place < end {
      if state.phase == .longLine {
        skipBrokenLine(&place, end)
        continue
      }
      skipFiller(&place, end)
      guard place < end else { break }
      let limit = min(end, place + Self.recordLimit)
      var next = place
      switch step(&next, limit, piece, &batch) {
      case .done: place = next
      case .waiting:
        if end - place < Self.recordLimit, !piece.isEnd { return passed(place, piece) }
        takeBroken(ByteSlice(place, limit), piece, &batch)
      case .broken: takeBroken(ByteSlice(place, limit), piece, &batch)
      }
    }
    return passed(place, piece)
  }

  /// Space, commas, zeros and byte order marks between things.
  mutating func skipFiller(_ place: inout BytePointer, _ end: BytePointer) {
    while place < end {
      switch place[0] {
      case 0x0a, 0x20, 0x09, 0x0d, 0x2c, 0x00, 0xef, 0xbb, 0xbf: place += 1
      default: return
      }
    }
  }

  /// Takes one bracket, key, value or record.
  private mutating func step(
    _ place: inout BytePointer, _ end: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> Step {
    switch (state.otlp.level, place[0]) {
    case (0, 0x7b):
      state.otlp = DecoderCheckpoint.OTLPPlace(level: 1)
      place += 1
      return .done
    case (1, 0x7d):
      place += 1
      let isKnown = state.otlp.isKnown
      state.otlp = DecoderCheckpoint.OTLPPlace()
      if !isKnown { emitBroken(ByteSlice(place - 1, place), piece, &batch) }
      return .done
    case (3, 0x7d):
      state.otlp.service = nil
      state.otlp.resource = []
      state.otlp.level = 2
      place += 1
      return .done
    case (5, 0x7d), (2, 0x5d), (4, 0x5d), (6, 0x5d):
      state.otlp.level -= 1
      place += 1
      return .done
    case (2, 0x7b), (4, 0x7b):
      state.otlp.level += 1
      place += 1
      return .done
    case (1, 0x22), (3, 0x22), (5, 0x22): return takeKey(&place, end, piece)
    case (6, 0x7b): return takeRecord(&place, end, piece, &batch)
    default: return .broken
    }
  }

  /// A key with its value, or with the bracket of the array that leads further in.
  private mutating func takeKey(_ place: inout BytePointer, _ end: BytePointer, _ piece: Piece) -> Step {
    var scanner = JSONScanner(ByteSlice(place, end))
    let start = place + 1
    var isEscaped = false
    guard scanner.skipString(&isEscaped) else { return scanner.place == end ? .waiting : .broken }
    let key = ByteSlice(start, scanner.place - 1)
    scanner.skipSpace()
    guard scanner.place < end else { return .waiting }
    guard scanner.place[0] == 0x3a else { return .broken }
    scanner.place += 1
    scanner.skipSpace()
    guard scanner.place < end else { return .waiting }
    let valueStart = scanner.place
    if valueStart[0] == 0x5b, leadsInward(key) {
      state.otlp.level += 1
      place = valueStart + 1
      return .done
    }
    guard scanner.skipValue(depth: 0) else { return scanner.place == end ? .waiting : .broken }
    // A number may go on in the next piece.
    if scanner.place == end, !piece.isEnd { return .waiting }
    if state.otlp.level == 3, key.equals("resource") {
      takeResource(ByteSlice(valueStart, scanner.place))
    }
    if key.equals("resourceMetrics") { state.otlp.isKnown = true }
    place = scanner.place
    return .done
  }

  private mutating func leadsInward(_ key: ByteSlice) -> Bool {
    switch state.otlp.level {
    case 1:
      guard key.equals("resourceLogs") || key.equals("resourceSpans") else { return false }
      state.otlp.isSpan = key.equals("resourceSpans")
      state.otlp.isKnown = true
      return true
    case 3: return key.equals(state.otlp.isSpan ? "scopeSpans" : "scopeLogs")
    case 5: return key.equals(state.otlp.isSpan ? "spans" : "logRecords")
    default: return false
    }
  }

  /// `service.namespace` and `service.name` of a resource, joined to a path.
  private mutating func takeResource(_ resource: ByteSlice) {
    if let last = lastResource, resource.count == last.text.count,
      last.text.elementsEqual(UnsafeBufferPointer(start: resource.start, count: resource.count))
    {
      state.otlp.resource = last.text
      state.otlp.service = last.service
      return
    }
    state.otlp.resource = resource.count <= 4096 ? resource.text.bytes : []
    defer {
      if let service = state.otlp.service, !state.otlp.resource.isEmpty {
        lastResource = (state.otlp.resource, service)
      }
    }
    let members = JSONText.members(resource, hasAttributes: true)
    func value(_ name: String) -> [UInt8]? {
      let found = members.first { $0.name == Array(name.utf8) }?.value.bytes
      return found.flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let name = value("service.name") ?? value("k8s.container.name") else { return }
    if let namespace = value("service.namespace") {
      state.otlp.service = intern(namespace + [0x2f] + name)
    } else {
      state.otlp.service = intern(name)
    }
  }

  private mutating func takeRecord(
    _ place: inout BytePointer, _ end: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> Step {
    var scanner = JSONScanner(ByteSlice(place, end))
    var facts = RecordFacts()
    times.previousNs = state.previousNs
    guard scanner.object(node: 0, depth: 0, keys, &times, &facts) else {
      return scanner.place == end ? .waiting : .broken
    }
    facts.service = nil
    if state.otlp.isSpan, facts.severity == .unknown { facts.severity = .trace }
    let record = ByteSlice(place, scanner.place)
    emit(facts, WrappedLine(record), record, at: piece.offset(of: place), isParsed: true, &batch)
    addResourceFields()
    place = scanner.place
    return .done
  }

  /// The resource's attributes are fields of each of its events that is shown.
  private mutating func addResourceFields() {
    guard isCollecting, let index = collected?.indices.last, !state.otlp.resource.isEmpty else { return }
    let members = state.otlp.resource.withUnsafeBufferPointer { buffer -> [JSONText.Member] in
      guard let start = buffer.baseAddress else { return [] }
      return JSONText.members(ByteSlice(start, start + buffer.count), hasAttributes: true)
    }
    for member in members
    where !["service.name", "service.namespace"].contains(ForeignText(bytes: member.name).repaired) {
      collected?[index].fields.append(EventField(name: ForeignText(bytes: member.name), value: member.value))
    }
  }

  // MARK: What does not parse

  /// The rest of the line is one event `unknown`; the next line starts afresh.
  private mutating func takeBroken(_ rest: ByteSlice, _ piece: Piece, _ batch: inout DecodedBatch) {
    var line = rest
    if let newline = rest.first(0x0a) { line.end = newline }
    state.otlp = DecoderCheckpoint.OTLPPlace()
    emitBroken(line, piece, &batch)
    state.phase = .longLine
  }

  mutating func emitBroken(_ line: ByteSlice, _ piece: Piece, _ batch: inout DecodedBatch) {
    tally.unparsableCount += 1
    var facts = RecordFacts()
    facts.message = line
    emit(facts, WrappedLine(line), line, at: piece.offset(of: line.start), isParsed: false, &batch)
  }

  private mutating func skipBrokenLine(_ place: inout BytePointer, _ end: BytePointer) {
    guard let newline = ByteSlice(place, end).first(0x0a) else {
      place = end
      return
    }
    place = newline + 1
    state.phase = .record
  }

  /// Counts the lines that start before `place`, and says how many bytes are done with.
  mutating func passed(_ place: BytePointer, _ piece: Piece) -> Int {
    var rest = ByteSlice(piece.bytes.start, place)
    while !rest.isEmpty {
      if !state.isInLine { tally.lineCount += 1 }
      let newline = rest.first(0x0a)
      state.isInLine = newline == nil
      rest.start = newline.map { $0 + 1 } ?? rest.end
    }
    return place - piece.bytes.start
  }
}
