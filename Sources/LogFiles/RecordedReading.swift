internal import EventModel
internal import LogFormats
internal import Recording

/// Reads the sources of a session file as they were read when they were recorded, in one walk: every chunk is unpacked
/// once, ahead of the thread that decodes.
struct RecordedReading {
  let recording: RecordingReader
  /// Of the session file, for what is said about it.
  let path: ForeignText
  let hub: Hub
  let sources: [RecordedSource]
  /// In the order of `sources`.
  let readers: [SourceReader]

  /// Unpacked ahead; what says that it is larger waits for its turn, so that there is only one of them at a time.
  private static let aheadByteLimit: UInt64 = 4 << 20

  func run() {
    let chunks = Set(sources.flatMap(\.chunks)).sorted()
    let (recording, sources) = (recording, sources)
    var walks = zip(sources, readers).map {
      RecordedWalk(reader: $1, recording: recording, source: $0, path: path)
    }
    var next = chunks.makeIterator()
    OrderedJobs<StoredChunk?>.run(
      count: chunks.count, laneCount: hub.options.workerCount, makeLane: {},
      work: { number, _ in
        try? recording.blocks(of: sources, inChunk: chunks[number], byteLimit: Self.aheadByteLimit)
      },
      take: { unpacked in
        guard !hub.closing.isSet, let chunk = next.next() else { return false }
        take(unpacked, chunk, &walks)
        return true
      })
    for number in walks.indices { walks[number].finish() }
  }

  private func take(_ unpacked: StoredChunk?, _ chunk: Int, _ walks: inout [RecordedWalk]) {
    do throws(RecordingError) {
      let stored: StoredChunk
      if let unpacked {
        stored = unpacked
      } else {
        stored = try recording.blocks(of: sources, inChunk: chunk)
      }
      for (number, count) in stored.unreadableCounts.sorted(by: { $0.key < $1.key }) {
        walks[number].tellUnreadable(count, chunk)
      }
      var touched = Set<Int>()
      for (number, block) in stored.blocks {
        walks[number].take(block, chunk)
        touched.insert(number)
      }
      for number in touched.sorted() { walks[number].deliver(chunk) }
    } catch {
      for number in walks.indices where sources[number].chunks.contains(chunk) { walks[number].tell(error) }
    }
  }
}

/// One source on that walk.
private struct RecordedWalk {
  let reader: SourceReader
  let recording: RecordingReader
  let source: RecordedSource
  let path: ForeignText
  /// Where the bytes that came last end, in the source; `nil` before the first.
  private var place: Place?
  /// A damaged chunk held something of this source, nobody knows how much.
  private var damage: String?

  private struct Place {
    var run: RecordedRun
    var generation: UInt32
    var end: UInt64
  }

  init(reader: SourceReader, recording: RecordingReader, source: RecordedSource, path: ForeignText) {
    self.reader = reader
    self.recording = recording
    self.source = source
    self.path = path
  }

  mutating func take(_ stored: StoredBlock, _ chunk: Int) {
    let block = stored.block
    if place?.generation != block.generation || place?.end != block.sourceOffset || damage != nil {
      begin(at: block, after: place.map { _ in damage ?? "not recorded" } ?? damage)
      damage = nil
    }
    place?.run.append(
      chunk: chunk, place: stored.place, arrival: stored.block.isAtRest ? nil : stored.arrival)
    place?.end = block.sourceEnd
    var rest = block.bytes[...]
    while !rest.isEmpty {
      _ = reader.fill(upTo: rest.count) { space in
        let count = min(space.count, rest.count)
        space.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
      }
      reader.decode(isEnd: false)
    }
  }

  /// Another run of bytes begins; what lies between it and the one before is a gap.
  private mutating func begin(at block: RecordedBlock, after reason: String?) {
    reader.decode(isEnd: true)
    let last = reader.source.status.tally.last
    if place != nil { deliver(storedOffset: reader.source.status.bytesRead, .reading) }
    let isRotation = place.map { $0.generation != block.generation && $0.end == block.sourceOffset } ?? false
    if let reason, !isRotation {
      reader.hub.tell(
        .gap(
          SourceGap(source: reader.source.id, after: last, before: block.times?.lowerBound, reason: reason)))
    }
    let run = RecordedRun(recording)
    place = Place(run: run, generation: block.generation, end: block.sourceOffset)
    reader.begin(.recorded(run), at: Int64(clamping: block.sourceOffset))
  }

  mutating func finish() {
    reader.decode(isEnd: true)
    deliver(storedOffset: total, .atRest)
    let status = reader.source.status
    if let damage {
      reader.hub.tell(
        .gap(SourceGap(source: status.id, after: status.tally.last, before: nil, reason: damage)))
    }
    reader.compact()
    reader.hub.tell(.ended(reader.source.status))
  }

  /// What `chunk` held is told.
  func deliver(_ chunk: Int) {
    deliver(storedOffset: Int64(clamping: recording.offset(ofChunk: chunk)), .reading)
  }

  mutating func tellUnreadable(_ count: Int, _ chunk: Int) {
    let reason = "\(count) block\(count == 1 ? "" : "s") of a later version"
    damage = reason
    tell(recording.offset(ofChunk: chunk), reason, remedy: "open it with a newer triptych")
  }

  mutating func tell(_ error: RecordingError) {
    damage = error.reason
    tell(error.offset, error.reason, remedy: "what lies in the other chunks is here")
  }

  private var total: Int64 { Int64(clamping: recording.byteCount) }

  private func deliver(storedOffset: Int64, _ state: SourceState) {
    reader.deliver(storedOffset: storedOffset, total: total, state: state)
  }

  private func tell(_ offset: UInt64, _ reason: String, remedy: String?) {
    reader.tell(
      SourceProblem(place: path, byteOffset: Int64(clamping: offset), reason: reason, remedy: remedy))
  }
}
