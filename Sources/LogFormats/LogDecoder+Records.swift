internal import EventModel

// Counting JSON lines.

extension LogDecoder {
  /// Counts the records of JSON lines as long as nothing about them is unusual.
  ///
  /// - Returns: the start of the first line that has to be looked at more closely.
  mutating func takeRecords(
    from start: BytePointer, _ piece: Piece, _ batch: inout DecodedBatch
  ) -> BytePointer {
    guard start < piece.bytes.end, start[0] == 0x7b else { return start }
    return withUnsafeTemporaryAllocation(byteCount: EventStage.byteCount, alignment: 8) { memory in
      // The sites leave the decoder for the time they are lent out.
      var run = RecordRun(sites: sites.take() ?? KeySites(), place: start, stage: EventStage(memory))
      run.counts.begin(state.previousNs)
      while run.place < piece.bytes.end {
        let stop = run.sites.withPointers {
          takeExpected($0, piece, &run.place, &run.stage, &run.facts, &run.counts, &batch)
        }
        guard let stop, takeUnexpected(stop, piece, &run, &batch) else { break }
      }
      run.stage.move(to: &batch)
      add(&run.counts)
      sites = run.sites
      return run.place
    }
  }

  /// Where the members of a record stopped being those of the one before.
  private struct RecordStop {
    var scanner: JSONScanner
    var site: Int
    var reason: JSONScanner.MemberStop
  }

  private struct RecordRun {
    var sites: KeySites
    /// Of the next line.
    var place: BytePointer
    var stage: EventStage
    var facts = RecordFacts()
    var counts = RunCounts()
  }

  /// Counts records as long as their members are those of the record before; `nil` where no record starts.
  @inline(__always) private mutating func takeExpected(
    _ known: KeySites.Pointers, _ piece: Piece, _ place: inout BytePointer, _ stage: inout EventStage,
    _ facts: inout RecordFacts, _ counts: inout RunCounts, _ batch: inout DecodedBatch
  ) -> RecordStop? {
    while place < piece.bytes.end, place[0] == 0x7b {
      var scanner = JSONScanner(ByteSlice(place, piece.bytes.end))
      var site = KeySites.start
      facts.clearCounted()
      times.previousNs = counts.previousNs
      let reason = scanner.expectedMembers(known, &site, &times, &facts)
      guard reason == .end else { return RecordStop(scanner: scanner, site: site, reason: reason) }
      guard take(facts, endingAt: scanner.place, piece, &place, &stage, &counts, &batch) else { return nil }
    }
    return nil
  }

  /// Reads a record to its end, and learns from it what may be expected. Returns `false` where that is not possible.
  private mutating func takeUnexpected(
    _ stop: RecordStop, _ piece: Piece, _ run: inout RecordRun, _ batch: inout DecodedBatch
  ) -> Bool {
    var stop = stop
    guard stop.scanner.otherMembers(stop.reason, at: &stop.site, &run.sites, keys, &times, &run.facts) else {
      return false
    }
    return take(
      run.facts, endingAt: stop.scanner.place, piece, &run.place, &run.stage, &run.counts, &batch)
  }

  /// Counts the record from `place` to `recordEnd`, and moves `place` behind its line. Returns `false`, and nothing has
  /// changed, when the line does not end there.
  @inline(__always) private mutating func take(
    _ facts: RecordFacts, endingAt recordEnd: BytePointer, _ piece: Piece, _ place: inout BytePointer,
    _ stage: inout EventStage, _ counts: inout RunCounts, _ batch: inout DecodedBatch
  ) -> Bool {
    let end = piece.bytes.end
    var next = recordEnd
    if next < end, next[0] == 0x0d { next += 1 }
    guard next < end, next[0] == 0x0a, next - place < Self.recordLimit else { return false }
    if counts.previousNs != nil, facts.hasTime, let name = facts.service, !facts.isServiceEscaped,
      facts.namespace == nil
    {
      let time = facts.timeNs.saturatingAdding(facts.extraNs)
      counts.add(time)
      stage.append(
        time, interner.intern(name, readable: end, in: &services), facts.severity, piece.offset(of: place))
      if stage.isFull { stage.move(to: &batch) }
    } else {
      stage.move(to: &batch)
      add(&counts)
      tally.lineCount += 1
      let line = ByteSlice(place, recordEnd)
      emit(facts, WrappedLine(line), line, at: piece.offset(of: place), isParsed: true, &batch)
      counts.begin(state.previousNs)
    }
    place = next + 1
    return true
  }
}
