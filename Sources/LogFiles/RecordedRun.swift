internal import EventModel
internal import Recording

/// Bytes of a recorded source that follow each other without a gap, as they lie in the chunks of a session file. Grows
/// while the file is read the first time. Any thread may read.
final class RecordedRun: Sendable {
  private struct Piece {
    /// In this run.
    var start: Int64
    var chunk: Int
    /// In the chunk's records.
    var place: Range<Int>
    /// When it became known; `nil` where only the events' own times say so.
    var arrival: Timestamp?
  }

  private let reader: RecordingReader
  private let pieces = Monitor<[Piece]>([])

  init(_ reader: RecordingReader) { self.reader = reader }

  func append(chunk: Int, place: Range<Int>, arrival: Timestamp?) {
    pieces.withLock { pieces in
      let start = pieces.last.map { $0.start + Int64($0.place.count) } ?? 0
      pieces.append(Piece(start: start, chunk: chunk, place: place, arrival: arrival))
    }
  }

  /// As many bytes from `offset` on as there are, up to the buffer's size; 0 at the end.
  func read(
    at offset: Int64, into buffer: UnsafeMutableRawBufferPointer, cache: inout ChunkCache
  ) throws(ReadFailure) -> Int {
    var count = 0
    while count < buffer.count, let piece = piece(at: offset + Int64(count)) {
      let records = try records(ofChunk: piece.chunk, &cache)
      let skipped = Int(offset + Int64(count) - piece.start)
      let place = piece.place.dropFirst(skipped).prefix(buffer.count - count)
      guard place.upperBound <= records.count else {
        throw ReadFailure(byteOffset: offset, reason: "the recording was changed while it was open")
      }
      records.withUnsafeBytes { records in
        let space = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        space.copyMemory(from: UnsafeRawBufferPointer(rebasing: records[place]))
      }
      count += place.count
    }
    return count
  }

  /// When the byte at `offset` became known; `nil` where only the events' own times say so.
  func arrival(at offset: Int64) -> Timestamp? { piece(at: offset)?.arrival }

  private func piece(at offset: Int64) -> Piece? {
    pieces.withLock { pieces in
      var low = 0
      var high = pieces.count
      while low < high {
        let middle = (low + high) / 2
        if pieces[middle].start <= offset { low = middle + 1 } else { high = middle }
      }
      guard low > 0, offset - pieces[low - 1].start < Int64(pieces[low - 1].place.count) else { return nil }
      return pieces[low - 1]
    }
  }

  private func records(ofChunk number: Int, _ cache: inout ChunkCache) throws(ReadFailure) -> [UInt8] {
    if cache.chunk == number { return cache.records }
    do throws(RecordingError) {
      cache.records = try reader.records(ofChunk: number)
      cache.chunk = number
      return cache.records
    } catch {
      throw ReadFailure(byteOffset: Int64(clamping: error.offset), reason: error.reason, remedy: error.remedy)
    }
  }
}

/// The chunk that was read last: neighbours mostly lie in the same one.
struct ChunkCache {
  fileprivate var chunk: Int?
  fileprivate var records: [UInt8] = []
}
