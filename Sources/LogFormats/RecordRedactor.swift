public import EventModel

/// Finds the values of fields in the raw records of one source, and takes them out, so that everything else is read as
/// before: as many events, at the same times, of the same services and severities.
///
/// Blocks come in the order of the source. A value is replaced where its field stands, and wherever else in the records
/// it does. What cannot be proven to be gone, or would change an event, is refused.
public struct RecordRedactor: Sendable {
  /// What is left of a block.
  public struct Result: Sendable {
    /// As many lines as before.
    public var bytes: [UInt8]
    /// By the number of their rule; behind the last rule: known secrets.
    public var placeCounts: [Int]
    /// In `bytes`: values that stand there as a part of a time, and stay.
    public var keptPlaces: [Range<Int>] = []
  }

  public struct Refusal: Error, Hashable, Sendable {
    /// In the block.
    public var byteOffset: Int
    public var reason: String
    public var remedy: String?
  }

  private let layout: LogLayout
  let rules: RedactionRules
  /// Knows what stood before.
  private var reader: LogDecoder
  /// Reads pieces of a block again, before and after they were changed.
  private var probe: LogDecoder
  private var tokens: JSONTokens
  private var ruleOfName: [[UInt8]: Int?] = [:]
  /// Fields that a pattern means and that stay, since they say when an event was, of which service or how severe.
  public private(set) var protectedFieldCount = 0

  public init(layout: LogLayout, options: DecodingOptions, rules: RedactionRules) {
    self.layout = layout
    self.rules = rules
    reader = LogDecoder(layout: layout, options: options, source: SourceID(rawValue: 0))
    probe = reader
    tokens = JSONTokens(hasAttributes: layout.base == .otlp)
  }

  /// What comes next does not follow what came before.
  public mutating func begin() {
    reader.checkpoint = DecoderCheckpoint()
    tokens = JSONTokens(hasAttributes: layout.base == .otlp)
  }

  /// Of everything that has been read.
  public var services: [ForeignText] { reader.services.names }

  /// Tells the values that the rules mean, each with the number of its rule; perhaps several times.
  public mutating func survey(_ bytes: [UInt8], _ tell: (ForeignText, Int) -> Void) throws(Refusal) {
    guard !rules.isEmpty else { return pass(bytes) }
    for var segment in segments(of: bytes) {
      try refuseCut(segment)
      segment.edits = fieldEdits(segment) { _, _ in RedactionMark.dropped }
      guard !segment.edits.isEmpty else { continue }
      let settled = try settle(segment)
      for edit in settled.accepted { tell(edit.value, edit.rule) }
      protectedFieldCount += settled.rejected.count { $0.isField }
    }
  }

  /// `nil` where nothing has to change.
  ///
  /// - Parameter values: all that `survey` has told of all sources, prepared.
  public mutating func redact(_ bytes: [UInt8], _ values: RedactedValues) throws(Refusal) -> Result? {
    if rules.isEmpty, values.edits(in: bytes).isEmpty {
      pass(bytes)
      return nil
    }
    var result = Result(bytes: [], placeCounts: Array(repeating: 0, count: rules.rules.count + 1))
    var isChanged = false
    for var segment in segments(of: bytes) {
      var protected: Set<ForeignText> = []
      let fields = fieldEdits(segment) { value, _ in
        guard let number = values.number(of: value) else {
          protected.insert(value)
          return nil
        }
        return values.values[number].mark
      }
      segment.protected = protected
      let others = repetitions(of: fields, in: segment, values) + values.edits(in: segment.bytes)
      segment.edits = (fields + others.map { segment.widened($0) }).disjoint()
      guard !segment.edits.isEmpty else {
        result.bytes += segment.bytes
        continue
      }
      let settled = try settle(segment)
      try refuse(settled, in: segment, values)
      let start = result.bytes.count
      result.bytes += settled.bytes
      result.keptPlaces += settled.rejected.filter { values.isSearched($0.value) }.map { edit in
        let shift = settled.accepted.prefix { $0.range.lowerBound < edit.range.lowerBound }
          .reduce(start) { $0 + $1.text.count - $1.range.count }
        return edit.range.lowerBound + shift..<edit.range.upperBound + shift
      }
      for edit in settled.accepted { result.placeCounts[edit.rule] += 1 }
      isChanged = isChanged || !settled.accepted.isEmpty
    }
    return isChanged || !result.keptPlaces.isEmpty ? result : nil
  }
}

// MARK: - Segments

extension RecordRedactor {
  /// A record with what continues it; of documents a whole block.
  private struct Segment {
    var start: Int
    var bytes: [UInt8]
    var events: [Event]
    var fieldTokens: [JSONTokens.Value] = []
    /// What stood before it.
    var checkpoint: DecoderCheckpoint
    var edits: [TextEdit] = []
    /// Values of fields that stay, since they decide on the counts.
    var protected: Set<ForeignText> = []

    /// With the whole of a number that it is a part of, in quotes where JSON needs them.
    func widened(_ edit: TextEdit) -> TextEdit {
      // Tokens stand in the order of the text.
      var (low, high) = (0, fieldTokens.count)
      while low < high {
        let middle = (low + high) / 2
        if fieldTokens[middle].range.upperBound <= edit.range.lowerBound {
          low = middle + 1
        } else {
          high = middle
        }
      }
      guard low < fieldTokens.count, fieldTokens[low].kind != .string,
        fieldTokens[low].range.lowerBound <= edit.range.lowerBound,
        fieldTokens[low].range.upperBound >= edit.range.upperBound
      else { return edit.quoted(in: bytes) }
      var edit = edit
      edit.range = fieldTokens[low].range
      edit.text = [UInt8(ascii: "\"")] + edit.text + [UInt8(ascii: "\"")]
      return edit
    }
  }

  private var isDocument: Bool { layout.base == .otlp || layout.base == .jsonDocument }
  private var isJSONLine: Bool { layout.base == .ndjson && !layout.wrappings.contains(.dockerJSON) }

  private mutating func segments(of bytes: [UInt8]) -> [Segment] {
    let before = reader.checkpoint
    let events = read(bytes)
    guard !isDocument else {
      var segment = Segment(start: 0, bytes: bytes, events: events, checkpoint: before)
      tokens.walk(bytes, from: 0) { segment.fieldTokens.append($0) }
      return [segment]
    }
    var starts = events.map { Int($0.position.byteOffset) }
    if starts.first != 0 { starts.insert(0, at: 0) }
    let leading = starts.count - events.count
    var checkpoint = DecoderCheckpoint()
    checkpoint.previousNs = before.previousNs ?? 0
    checkpoint.hasEvent = true
    return starts.indices.map { number in
      let end = number + 1 < starts.count ? starts[number + 1] : bytes.count
      var segment = Segment(
        start: starts[number], bytes: Array(bytes[starts[number]..<end]),
        events: number < leading ? [] : [events[number - leading]],
        checkpoint: number < leading ? before : checkpoint)
      if isJSONLine, let brace = segment.bytes.firstIndex(of: UInt8(ascii: "{")) {
        var tokens = JSONTokens(hasAttributes: false)
        tokens.walk(segment.bytes, from: brace) { segment.fieldTokens.append($0) }
      }
      return segment
    }
  }

  /// Only what comes next has to know them.
  private mutating func pass(_ bytes: [UInt8]) {
    var batch = DecodedBatch(source: reader.source)
    bytes.withUnsafeBytes { _ = reader.decode($0, at: 0, isEnd: true, into: &batch) }
    if isDocument { tokens.walk(bytes, from: 0) { _ in } }
  }

  private mutating func read(_ bytes: [UInt8]) -> [Event] {
    reader.collected = []
    var batch = DecodedBatch(source: reader.source)
    bytes.withUnsafeBytes { _ = reader.decode($0, at: 0, isEnd: true, into: &batch) }
    defer { reader.collected = nil }
    return reader.collected ?? []
  }

  private mutating func rule(of name: [UInt8]) -> Int? {
    if let known = ruleOfName[name] { return known }
    if ruleOfName.count > 100_000 { ruleOfName = [:] }
    let rule = rules.rule(of: name)
    ruleOfName[name] = .some(rule)
    return rule
  }

  private mutating func rule(of names: [[UInt8]]) -> Int? {
    var first: Int?
    for name in names {
      if let rule = rule(of: name), rule < first ?? .max { first = rule }
    }
    return first
  }

  // MARK: Fields

  /// - Parameter mark: of a value by its rule; `nil` for one that stays.
  private mutating func fieldEdits(
    _ segment: Segment, _ mark: (ForeignText, Int) -> [UInt8]?
  ) -> [TextEdit] {
    guard !rules.isEmpty else { return [] }
    var edits: [TextEdit] = []
    for token in segment.fieldTokens {
      guard let rule = rule(of: token.names) else { continue }
      let text = segment.bytes[token.range]
      let value = ForeignText(bytes: token.kind == .string ? JSONTokens.plain(text) : Array(text))
      guard !value.isEmpty, value != ForeignText("null"), let mark = mark(value, rule) else { continue }
      let quote = token.kind == .string ? [] : [UInt8(ascii: "\"")]
      edits.append(
        TextEdit(range: token.range, text: quote + mark + quote, rule: rule, isField: true, value: value))
    }
    for (value, rule) in decodedValues(segment) {
      guard let mark = mark(value, rule) else { continue }
      edits += Self.places(of: value.bytes, in: segment.bytes).map {
        // One of them is the field.
        TextEdit(range: $0, text: mark, rule: rule, isField: false, value: value).quoted(in: segment.bytes)
      }
    }
    return edits.disjoint()
  }

  /// Values that the decoder has found in text, line by line; of JSON only the message, which has a name of its own.
  private mutating func decodedValues(_ segment: Segment) -> [(ForeignText, Int)] {
    var found: [(ForeignText, Int)] = []
    let messageRule = rule(of: Array("message".utf8))
    for event in segment.events {
      if let messageRule { found.append((event.message, messageRule)) }
      guard !isDocument else { continue }
      if !isJSONLine { found += pairs(in: event.message) }
      for field in event.fields where !isJSONLine || Self.wrappingFields.contains(field.name) {
        if let rule = rule(of: field.name.bytes) { found.append((field.value, rule)) }
      }
    }
    return found.flatMap { value, rule in
      value.bytes.split(separator: 0x0a).map { line in
        (ForeignText(line.last == 0x0d ? line.dropLast() : line), rule)
      }.filter { !$0.0.isEmpty && $0.0 != ForeignText("-") }
    }
  }

  /// `key=value` words of a message, also on lines that continue it.
  private mutating func pairs(in message: ForeignText) -> [(ForeignText, Int)] {
    var found: [(ForeignText, [UInt8])] = []
    for line in message.bytes.split(separator: 0x0a) {
      line.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return }
        var pairs = LogfmtPairs(ByteSlice(start, start + buffer.count))
        while let pair = pairs.next() {
          guard let value = pair.value, !value.isEmpty else { continue }
          var text = pair.isEscaped ? JSONText.unescaped(value) : value.text
          while let last = text.bytes.last, last == 0x2c || last == 0x3b { text.bytes.removeLast() }
          found.append((text, pair.key.text.bytes))
        }
      }
    }
    return found.compactMap { value, name in rule(of: name).map { (value, $0) } }
  }

  /// Where values of fields, that nobody looks for elsewhere, stand again in the same record.
  private func repetitions(
    of fields: [TextEdit], in segment: Segment, _ values: RedactedValues
  ) -> [TextEdit] {
    Set(fields.filter(\.isField).map(\.value)).flatMap { value -> [TextEdit] in
      guard let number = values.number(of: value), !values.values[number].isSearched,
        !Self.commonWords.contains(value),
        !isDocument || value.bytes.count > 1 && !value.bytes.allSatisfy(\.isDigit)
      else { return [] }
      return Self.places(of: value.bytes, in: segment.bytes).map {
        TextEdit(
          range: $0, text: values.values[number].mark, rule: values.values[number].rule, isField: false,
          value: value)
      }
    }
  }

  private static let commonWords: Set<ForeignText> = Set(["true", "false", "null"].map { ForeignText($0) })

  /// What a wrapping names, outside of the JSON inside it.
  private static let wrappingFields: Set<ForeignText> = Set(
    ["pod", "container", "stream"].map { ForeignText($0) })

  /// Where `value` stands as a word of its own, or at all when it is long, in whatever spelling.
  private static func places(of value: [UInt8], in text: [UInt8]) -> [Range<Int>] {
    TextView.all(of: text).flatMap { view in
      view.bytes.withUnsafeBufferPointer { bytes -> [Range<Int>] in
        var found: [Range<Int>] = []
        var place = 0
        while place + value.count <= bytes.count {
          let range = place..<place + value.count
          if bytes[place] == value[0], bytes[range].elementsEqual(value),
            value.count >= RedactedValues.leastWholeCount || RedactedValues.isWord(range, in: bytes)
          {
            found.append(view.original(range))
            place = range.upperBound
          } else {
            place += 1
          }
        }
        return found
      }
    }
  }
}

// MARK: - Proof

extension RecordRedactor {
  private struct Settled {
    var bytes: [UInt8]
    var accepted: [TextEdit] = []
    /// They would change an event.
    var rejected: [TextEdit] = []
  }

  private struct Print: Equatable {
    var times: [Int64]
    var others: [UInt64]
  }

  /// Applies what leaves every event as it is counted.
  private mutating func settle(_ segment: Segment) throws(Refusal) -> Settled {
    let before = print(segment.bytes, segment.checkpoint)
    var settled = Settled(bytes: segment.bytes)
    settle(segment.edits[...], segment, before, &settled)
    settled.bytes = mended(settled.accepted, of: segment).applied(to: segment.bytes[...])
    for edit in settled.rejected where edit.isField && rules.rules[edit.rule].isExact {
      throw protected(edit.rule, at: segment.start + edit.range.lowerBound)
    }
    try proveGone(settled, segment)
    return settled
  }

  private mutating func settle(
    _ edits: ArraySlice<TextEdit>, _ segment: Segment, _ before: Print, _ settled: inout Settled
  ) {
    guard !edits.isEmpty else { return }
    let all = (settled.accepted + edits).sorted { $0.range.lowerBound < $1.range.lowerBound }
    if print(mended(all, of: segment).applied(to: segment.bytes[...]), segment.checkpoint) == before {
      settled.accepted = all
    } else if edits.count == 1 {
      settled.rejected += edits
    } else {
      let middle = edits.startIndex + edits.count / 2
      settle(edits[..<middle], segment, before, &settled)
      settle(edits[middle...], segment, before, &settled)
    }
  }

  /// What is counted of some bytes.
  private mutating func print(_ bytes: [UInt8], _ checkpoint: DecoderCheckpoint) -> Print {
    probe.checkpoint = checkpoint
    var batch = DecodedBatch(source: probe.source)
    bytes.withUnsafeBytes { _ = probe.decode($0, at: 0, isEnd: true, into: &batch) }
    let columns = batch.columns
    return Print(
      times: columns.times,
      others: zip(columns.services, columns.severities).map { UInt64($0.rawValue) << 8 | UInt64($1.rawValue) }
    )
  }

  /// With the lengths that stand before binary values of a journal.
  private func mended(_ edits: [TextEdit], of segment: Segment) -> [TextEdit] {
    guard layout.base == .journaldExport, !edits.isEmpty else { return edits }
    return segment.bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return edits }
      var entry = JournalEntry(ByteSlice(start, start + buffer.count))
      var lengths: [TextEdit] = []
      while let field = entry.next() {
        let range = field.value.start - start..<field.value.end - start
        guard field.value.start - field.name.end == 9 else { continue }
        let inside = edits.filter { range.contains($0.range.lowerBound) }
        guard !inside.isEmpty else { continue }
        let count = inside.reduce(range.count) { $0 + $1.text.count - $1.range.count }
        var packer = BytePacker()
        packer.put(UInt64(count))
        var edit = inside[0]
        edit.range = range.lowerBound - 8..<range.lowerBound
        edit.text = packer.bytes
        lengths.append(edit)
      }
      return (edits + lengths).sorted { $0.range.lowerBound < $1.range.lowerBound }
    }
  }

  private func protected(_ rule: Int, at place: Int) -> Refusal {
    Refusal(
      byteOffset: place,
      reason: "'\(rules.rules[rule].pattern)' says here when an event was, of which service or how severe: "
        + "without it the counts would be others",
      remedy: "redact other fields")
  }

  /// No field that is meant has the value that it had, as the decoder reads it.
  private mutating func proveGone(_ settled: Settled, _ segment: Segment) throws(Refusal) {
    guard !rules.isEmpty, !segment.events.isEmpty else { return }
    probe.checkpoint = segment.checkpoint
    probe.collected = []
    defer { probe.collected = nil }
    var batch = DecodedBatch(source: probe.source)
    settled.bytes.withUnsafeBytes { _ = probe.decode($0, at: 0, isEnd: true, into: &batch) }
    let rejected = Set(settled.rejected.map(\.value))
    let kept = Set(settled.rejected.filter(\.isField).map(\.value))
    for (old, new) in zip(segment.events, probe.collected ?? []) {
      for (number, field) in new.fields.enumerated() {
        guard number < old.fields.count, old.fields[number] == field, !field.value.isEmpty,
          let rule = rule(of: field.name.bytes), !kept.contains(field.value),
          !["null", "{}", "[]", "-"].contains(field.value.repaired), !RedactionMark.isMark(field.value.bytes)
        else { continue }
        let place = Int(old.position.byteOffset)
        let stays = rejected.contains(field.value) || segment.protected.contains(field.value)
        guard stays else { throw unproven(rule, at: place) }
        if rules.rules[rule].isExact { throw protected(rule, at: place) }
        protectedFieldCount += 1
      }
      guard !isDocument, !isJSONLine else { continue }
      // A line that was cut may hold the rest of a value.
      for (value, rule) in pairs(in: new.message)
      where !RedactionMark.isMark(value.bytes) && value != ForeignText("-") && !rejected.contains(value)
        && !segment.protected.contains(value)
      {
        throw unproven(rule, at: Int(old.position.byteOffset))
      }
    }
  }

  private func unproven(_ rule: Int, at place: Int) -> Refusal {
    Refusal(
      byteOffset: place,
      reason: "where '\(rules.rules[rule].pattern)' stands in this record cannot be told for sure",
      remedy: "cut the span of time around it out, or redact the log itself before it is recorded")
  }

  /// Container runtimes cut long lines; a record that is cut is no JSON any more, and its fields have no places.
  private func refuseCut(_ segment: Segment) throws(Refusal) {
    guard !rules.isEmpty, layout.base.isRecordFormat, !isDocument,
      layout.wrappings.contains(.cri) || layout.wrappings.contains(.dockerJSON),
      segment.bytes.split(separator: 0x0a).count > 1
    else { return }
    throw unproven(0, at: segment.start)
  }

  /// What stays must be no more than the digits of a time.
  private mutating func refuse(
    _ settled: Settled, in segment: Segment, _ values: RedactedValues
  ) throws(Refusal) {
    guard !settled.rejected.isEmpty else { return }
    let before = print(segment.bytes, segment.checkpoint)
    for edit in settled.rejected where !edit.isField && values.isSearched(edit.value) {
      let all = (settled.accepted + [edit]).sorted { $0.range.lowerBound < $1.range.lowerBound }
      let after = print(mended(all, of: segment).applied(to: segment.bytes[...]), segment.checkpoint)
      guard after.others != before.others else { continue }
      throw Refusal(
        byteOffset: segment.start + edit.range.lowerBound,
        reason: "a value that is to go stands here in the name of a service, or where a level does",
        remedy: "redact other fields, or cut this span out")
    }
  }
}
