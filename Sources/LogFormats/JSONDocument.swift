internal import EventModel

/// JSON whose records are not lines: an array of records, records written over many lines one after the other, and
/// AWS's object around an array (`{"Records": [...]}`). Walked record by record: a document may be larger than memory.
extension LogDecoder {
  private enum Step {
    case done
    /// The next thing is not whole yet.
    case waiting
    case broken
  }

  mutating func decodeJSONDocument(_ piece: Piece, _ batch: inout DecodedBatch) -> Int {
    var place = piece.bytes.start
    let end = piece.bytes.end
    while place < end {
      if state.phase == .longLine {
        guard skipToRecord(&place, end, isEnd: piece.isEnd) else { return passed(place, piece) }
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

  /// Takes one bracket, member or record.
  private mutating func step(
    _ place: inout BytePointer, _ end: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> Step {
    switch (state.document, place[0]) {
    case (.outside, 0x7b):
      switch JSONEnvelope.array(in: ByteSlice(place, end)) {
      case .some(.some(let inside)):
        state.document = .memberArray
        place = inside
        return .done
      case .some(.none): return .waiting
      case .none: return takeRecord(&place, end, piece, &batch)
      }
    case (.array, 0x7b), (.memberArray, 0x7b): return takeRecord(&place, end, piece, &batch)
    case (.members, 0x22): return takeMember(&place, end, piece)
    case (.outside, 0x5b): state.document = .array
    case (.array, 0x5d), (.members, 0x7d): state.document = .outside
    case (.memberArray, 0x5d): state.document = .members
    default: return .broken
    }
    place += 1
    return .done
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
    let record = ByteSlice(place, scanner.place)
    emit(facts, WrappedLine(record), record, at: piece.offset(of: place), isParsed: true, &batch)
    place = scanner.place
    return .done
  }

  /// A member beside the array, such as `"nextToken": "..."`: passed.
  private mutating func takeMember(_ place: inout BytePointer, _ end: BytePointer, _ piece: Piece) -> Step {
    var scanner = JSONScanner(ByteSlice(place, end))
    guard scanner.skipKey() != nil, scanner.skipValue(depth: 0) else {
      return scanner.place == end ? .waiting : .broken
    }
    // A number may go on in the next piece.
    if scanner.place == end, !piece.isEnd { return .waiting }
    place = scanner.place
    return .done
  }

  // MARK: What does not parse

  /// What follows up to a line that starts with a brace is one event `unknown`.
  private mutating func takeBroken(_ rest: ByteSlice, _ piece: Piece, _ batch: inout DecodedBatch) {
    var line = rest
    if let newline = rest.first(0x0a) { line.end = newline }
    emitBroken(line, piece, &batch)
    if state.document == .members { state.document = .outside }
    state.phase = .longLine
  }

  /// - Returns: false when more bytes are needed to go on.
  private mutating func skipToRecord(_ place: inout BytePointer, _ end: BytePointer, isEnd: Bool) -> Bool {
    while let newline = ByteSlice(place, end).first(0x0a) {
      let start = skippingBlanks(newline + 1, end)
      place = newline
      if start == end, !isEnd, end - newline < Self.recordLimit { return false }
      place = newline + 1
      if start < end, start[0] == 0x7b {
        state.phase = .record
        return true
      }
    }
    place = end
    return true
  }
}

/// An object whose first member is an array of records with times: CloudTrail's `Records`, CloudWatch's `events`.
enum JSONEnvelope {
  /// - Returns: the place behind the array's bracket; `.some(nil)` when the object goes on beyond `slice` before that
  ///   is certain, `nil` for another object.
  static func array(in slice: ByteSlice) -> BytePointer?? {
    var scanner = JSONScanner(slice)
    scanner.place += 1
    scanner.skipSpace()
    guard scanner.place < scanner.end else { return .some(nil) }
    guard scanner.place[0] == 0x22 else { return nil }
    guard let key = scanner.skipKey() else { return scanner.place == scanner.end ? .some(nil) : nil }
    guard key.equals("Records") || key.equals("events") else { return nil }
    guard scanner.place < scanner.end else { return .some(nil) }
    guard scanner.place[0] == 0x5b else { return nil }
    let inside = scanner.place + 1
    scanner.place = inside
    scanner.skipSpace()
    guard scanner.place < scanner.end else { return .some(nil) }
    return scanner.place[0] == 0x7b ? .some(inside) : nil
  }
}
