internal import EventModel
internal import LogFormats

// Taking over what other threads have decoded.

extension SourceReader {
  /// What another thread needs to decode ahead; `nil` when this source has to be decoded in one go.
  func makeAheadSeed(version: Int) -> AheadSeed? {
    guard let decoder, decoder.canDecodeAhead else { return nil }
    return AheadSeed(decoder: decoder.makeAhead(), version: version, keepsBlocks: hub.options.keepsBlocks)
  }

  /// Another one where there are services the last one does not know.
  func makeAheadSeed(after portion: Portion, version: Int) -> AheadSeed? {
    guard let decoder, decoder.services.count != seededServiceCount else { return nil }
    seededServiceCount = decoder.services.count
    return makeAheadSeed(version: version)
  }

  /// Cuts the rest of the source into portions. What waits here for the end of its line comes with the first one.
  func makeFeed(_ cursor: ByteCursor, isCompressed: Bool) -> PortionFeed {
    guard let decoder, decoder.canDecodeAhead, bufferedCount < Portion.byteCount else {
      return PortionFeed(cursor, from: endOffset, rest: nil, isCompressed: isCompressed)
    }
    let end = endOffset
    return PortionFeed(cursor, from: end, rest: takeBuffered(), isCompressed: isCompressed)
  }

  /// Goes on with the next portion of the source, and delivers it.
  ///
  /// - Returns: whether what was decoded ahead could be used.
  func take(_ portion: Portion, total: Int64) -> Bool {
    let isTaken = takeAhead(portion)
    if !isTaken {
      _ = fill(upTo: portion.bytes.count) { space in
        space.copyMemory(from: portion.bytes)
        return portion.bytes.count
      }
      decode(isEnd: false)
      if let stretch = portion.ahead, let numbers = portion.numbers {
        decoder?.addNames(of: stretch, to: &numbers.map)
      }
    }
    deliver(storedOffset: portion.storedOffset, total: total, state: .reading)
    return isTaken
  }

  private func takeAhead(_ portion: Portion) -> Bool {
    guard let stretch = portion.ahead, let numbers = portion.numbers, bufferedCount == 0 else { return false }
    precondition(portion.offset == offset, "a portion from \(portion.offset) on at \(offset)")
    guard let before = decoder?.checkpoint, decoder?.goOn(behind: stretch, map: &numbers.map) == true else {
      return false
    }
    if numbers.map.enumerated().contains(where: { $0.offset != $0.element.index }) {
      portion.batch.columns.renumber(numbers.map)
      for index in portion.blocks.indices {
        portion.blocks[index].services = portion.blocks[index].services.renumbered(numbers.map)
      }
    }
    for index in portion.blocks.indices {
      portion.blocks[index].checkpoint.complete(from: before)
    }
    builder.append(portion.blocks)
    for finding in portion.findings { tell(finding) }
    offset += Int64(portion.bytes.count)
    swap(&batch, &portion.batch)
    return true
  }
}
