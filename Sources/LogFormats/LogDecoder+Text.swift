internal import EventModel

// Counting lines of text.

extension LogDecoder {
  /// Counts lines behind an event: those that state a time, and those that say more of the event above them.
  ///
  /// - Returns: the start of the first line that has to be looked at more closely.
  mutating func takeTextLines(
    from start: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> BytePointer {
    guard state.hasEvent, state.previousNs != nil, state.stream == 0 else { return start }
    let service = defaultServiceID()
    return withUnsafeTemporaryAllocation(byteCount: EventStage.byteCount, alignment: 8) { memory in
      var place = start
      var stage = EventStage(memory)
      var counts = RunCounts()
      var facts = RecordFacts()
      counts.begin(state.previousNs)
      while let (line, next) = Self.usualLine(at: place, piece.bytes.end) {
        facts.clearCounted()
        facts.isContinuation = false
        times.previousNs = counts.previousNs
        if TextLine.read(line, &times, &facts), !facts.isContinuation {
          guard facts.hasTime else { break }
          counts.add(facts.timeNs)
          stage.append(facts.timeNs, service, facts.severity, piece.offset(of: place))
          if stage.isFull { stage.move(to: &batch) }
        } else {
          counts.addContinuation()
        }
        place = next
      }
      stage.move(to: &batch)
      add(&counts)
      return place
    }
  }

  /// A whole line that starts with text, not with zeros or a mark of its encoding.
  @inline(__always) private static func usualLine(
    at place: BytePointer, _ end: BytePointer
  ) -> (line: ByteSlice, next: BytePointer)? {
    guard place < end, place[0] != 0, place[0] != 0xef,
      let newline = ByteSlice(place, min(end, place + recordLimit)).first(0x0a)
    else { return nil }
    var line = ByteSlice(place, newline)
    if !line.isEmpty, line.end[-1] == 0x0d { line.end -= 1 }
    return (line, newline + 1)
  }
}
