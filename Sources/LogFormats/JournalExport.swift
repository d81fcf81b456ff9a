internal import EventModel

/// The journal export format (systemd, JOURNAL_EXPORT_FORMATS): fields by line, entries ended by an empty line, and
/// binary values as a 64-bit little-endian length with that many bytes.
extension LogDecoder {
  mutating func decodeExport(_ piece: Piece, _ batch: inout DecodedBatch) -> Int {
    var place = piece.bytes.start
    let end = piece.bytes.end
    while place < end {
      if case .longEntry = state.phase {
        guard skipLongEntry(&place, end, isEnd: piece.isEnd) else { return place - piece.bytes.start }
        continue
      }
      if place[0] == 0x0a || place[0] == 0 || place[0] == 0x0d {
        if place[0] == 0x0a { tally.lineCount += 1 }
        place += 1
        continue
      }
      let limit = min(end, place + Self.recordLimit)
      times.previousNs = state.previousNs
      var entry = JournalEntry(ByteSlice(place, limit))
      var facts = RecordFacts()
      while let field = entry.next() {
        guard let found = keys.find(field.name, node: 0, end: end) else { continue }
        facts.take(
          field.value, isText: true, isEscaped: false, key: field.name.start, role: keys.entries[found].role,
          rank: keys.entries[found].rank, times: &times)
      }
      if !entry.isWhole, limit == end, end - place < Self.recordLimit, !piece.isEnd { break }
      takeEntry(entry, ByteSlice(place, entry.place), facts, piece, &batch)
      place = !entry.isWhole && limit == end && piece.isEnd ? end : max(entry.place, place + 1)
    }
    return place - piece.bytes.start
  }

  private mutating func takeEntry(
    _ entry: JournalEntry, _ slice: ByteSlice, _ facts: RecordFacts, _ piece: Piece,
    _ batch: inout DecodedBatch
  ) {
    tally.lineCount += entry.lineCount
    let isParsed = entry.fieldCount > 0
    if !isParsed { tally.unparsableCount += 1 }
    emit(facts, WrappedLine(slice), slice, at: piece.offset(of: slice.start), isParsed: isParsed, &batch)
    if !entry.isWhole { state.phase = .longEntry(entry.rest) }
  }

  /// Passes what is left of an entry that was cut at the limit. False when more bytes are needed to go on.
  private mutating func skipLongEntry(_ place: inout BytePointer, _ end: BytePointer, isEnd: Bool) -> Bool {
    guard case .longEntry(let rest) = state.phase else { return true }
    switch rest {
    case .data(let missing):
      let passed = min(missing, UInt64(end - place))
      place += Int(passed)
      state.phase = .longEntry(passed < missing ? .data(missing - passed) : .field)
    case .line:
      guard let newline = ByteSlice(place, end).first(0x0a) else {
        place = end
        return true
      }
      tally.lineCount += 1
      place = newline + 1
      state.phase = .longEntry(.field)
    case .field:
      var entry = JournalEntry(ByteSlice(place, end))
      let field = entry.next()
      if field == nil, !entry.isWhole, entry.rest == .field, !isEnd { return false }
      tally.lineCount += entry.lineCount
      place = isEnd && field == nil && !entry.isWhole ? end : entry.place
      state.phase = entry.isWhole ? .record : .longEntry(field == nil ? entry.rest : .field)
    }
    return true
  }
}

/// Walks the fields of one entry.
struct JournalEntry {
  private(set) var place: BytePointer
  private let end: BytePointer
  private(set) var fieldCount = 0
  private(set) var lineCount = 0
  /// Whether the empty line at the end was seen.
  private(set) var isWhole = false
  /// Where the bytes ran out.
  private(set) var rest = DecoderCheckpoint.EntryRest.field

  struct Field {
    var name: ByteSlice
    var value: ByteSlice
  }

  init(_ slice: ByteSlice) {
    place = slice.start
    end = slice.end
  }

  /// The next field; `nil` after the empty line or where the bytes run out.
  mutating func next() -> Field? {
    while place < end, !isWhole {
      guard let newline = ByteSlice(place, end).first(0x0a) else {
        // Without `=` it may be the name before binary data: then it is read again, with what follows.
        if end - place > 256 || ByteSlice(place, end).first(0x3d) != nil {
          rest = .line
          place = end
        }
        return nil
      }
      let line = ByteSlice(place, newline)
      if line.trimmed.isEmpty {
        isWhole = true
        lineCount += 1
        place = newline + 1
        return nil
      }
      if let equals = line.first(0x3d) {
        place = newline + 1
        fieldCount += 1
        lineCount += 1
        return Field(name: ByteSlice(line.start, equals), value: ByteSlice(equals + 1, newline))
      }
      return binary(line)
    }
    return nil
  }

  private mutating func binary(_ name: ByteSlice) -> Field? {
    guard end - name.end >= 9 else { return nil }
    let data = name.end + 9
    let count = load64(name.end + 1)
    guard count < UInt64(end - data) else {
      let (total, overflow) = count.addingReportingOverflow(1)
      rest = .data((overflow ? .max : total) - UInt64(end - data))
      place = end
      return nil
    }
    place = data + Int(count) + 1
    fieldCount += 1
    lineCount += 1
    return Field(name: name, value: ByteSlice(data, data + Int(count)))
  }
}
