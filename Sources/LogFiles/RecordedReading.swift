internal import EventModel
internal import LogFormats
internal import Recording

/// Reads one source of a session file as it was read when it was recorded.
struct RecordedReading {
  let reader: SourceReader
  let recording: RecordingReader
  let source: RecordedSource
  /// Of the session file, for what is said about it.
  let path: ForeignText

  /// Where the bytes that came last end, in the source; `nil` before the first.
  private struct Place {
    var run: RecordedRun
    var generation: UInt32
    var end: UInt64
  }

  func run() {
    var place: Place?
    // A damaged chunk held something of this source, nobody knows how much.
    var damage: String?
    for chunk in source.chunks where !reader.hub.closing.isSet {
      do throws(RecordingError) {
        let (blocks, unreadableCount) = try recording.blocks(of: source, inChunk: chunk)
        if unreadableCount > 0 {
          damage = "\(unreadableCount) block\(unreadableCount == 1 ? "" : "s") of a later version"
          tell(recording.offset(ofChunk: chunk), damage ?? "", remedy: "open it with a newer triptych")
        }
        for stored in blocks { take(stored, chunk, &place, &damage) }
        deliver(storedOffset: Int64(clamping: recording.offset(ofChunk: chunk)), .reading)
      } catch {
        damage = error.reason
        tell(error.offset, error.reason, remedy: "what lies in the other chunks is here")
      }
    }
    finish(damage)
  }

  private func take(_ stored: StoredBlock, _ chunk: Int, _ place: inout Place?, _ damage: inout String?) {
    let block = stored.block
    if place?.generation != block.generation || place?.end != block.sourceOffset || damage != nil {
      begin(at: block, after: place.map { _ in damage ?? "not recorded" } ?? damage, &place)
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
  private func begin(at block: RecordedBlock, after reason: String?, _ place: inout Place?) {
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

  private func finish(_ damage: String?) {
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

  private var total: Int64 { Int64(clamping: recording.byteCount) }

  private func deliver(storedOffset: Int64, _ state: SourceState) {
    reader.deliver(storedOffset: storedOffset, total: total, state: state)
  }

  private func tell(_ offset: UInt64, _ reason: String, remedy: String?) {
    reader.tell(
      SourceProblem(place: path, byteOffset: Int64(clamping: offset), reason: reason, remedy: remedy))
  }
}
