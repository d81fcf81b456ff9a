internal import EventModel
internal import LogFormats

/// Reads one file from its beginning to its present end.
struct FileReading {
  let reader: SourceReader
  let file: SourceOpener.FileToRead

  static let pieceByteCount = 1 << 20

  /// - Returns: what to follow from here on; `nil` when nothing more is expected.
  func run() -> FollowedFile? {
    let hub = reader.hub
    reader.begin(file.store)
    if restore() {
      // Nobody can read on in the middle of compressed bytes, and nothing is appended to them.
      if file.store.compression != nil {
        finish(.atRest)
        return nil
      }
    } else {
      tellSample()
    }
    let cursor = ByteCursor(file.store)
    while !hub.closing.isSet {
      let count: Int
      do throws(ReadFailure) {
        let offset = reader.endOffset
        count = try reader.fill(upTo: Self.pieceByteCount) { space throws(ReadFailure) in
          try cursor.read(at: offset, into: space)
        }
      } catch {
        return fail(error, cursor)
      }
      if count == 0 { break }
      reader.decode(isEnd: false)
      reader.deliver(storedOffset: storedOffset(cursor), total: total, state: .reading)
    }
    if hub.options.follows, file.store.compression == nil, !hub.closing.isSet { return follow() }
    finish(.atRest)
    return nil
  }

  private func storedOffset(_ cursor: ByteCursor) -> Int64 {
    file.store.compression == nil ? reader.endOffset : cursor.storedOffset
  }

  private var total: Int64 { max(file.status.size, file.store.compression == nil ? reader.endOffset : 0) }

  private func follow() -> FollowedFile? {
    guard let open = file.store.file else { return nil }
    let followed = FollowedFile(
      reader, open, path: file.hasName ? file.path : nil, identity: file.status.identity)
    reader.deliver(storedOffset: reader.endOffset, total: total, state: .following)
    reader.compact()
    return followed
  }

  private func finish(_ state: SourceState) {
    reader.decode(isEnd: true)
    if reader.endOffset == 0, state == .atRest, !reader.hub.closing.isSet {
      reader.tell(SourceProblem(place: reader.name, reason: "the file is empty", remedy: nil))
    }
    reader.deliver(storedOffset: total, total: total, state: state)
    reader.compact()
    reader.hub.tell(.ended(reader.source.status))
  }

  /// What came before the failure is kept; the failure, and the hole it leaves, are told.
  private func fail(_ failure: ReadFailure, _ cursor: ByteCursor) -> FollowedFile? {
    reader.decode(isEnd: true)
    reader.deliver(storedOffset: storedOffset(cursor), total: total, state: .failed)
    reader.tell(
      SourceProblem(
        place: reader.name, byteOffset: failure.byteOffset, reason: failure.reason, remedy: failure.remedy))
    let status = reader.source.status
    reader.hub.tell(
      .gap(SourceGap(source: status.id, after: status.tally.last, before: nil, reason: failure.reason)))
    reader.compact()
    reader.hub.tell(.ended(status))
    return nil
  }
}
