internal import Compression
internal import EventMatrix
internal import EventModel
internal import Glibc
internal import LogFormats

extension FileReading {
  /// Takes over what an earlier reading of the same bytes has found out. What has come since is left to be read.
  ///
  /// - Returns: false when the file has to be read from its beginning.
  func restore() -> Bool {
    reader.source.shared.withLock { $0.fileStatus = file.status }
    let hub = reader.hub
    guard let cache = hub.options.indexCache, file.hasName, file.status.size >= cache.leastByteCount,
      let open = file.store.file, let key = IndexKey(file.path, hub.options)
    else { return false }
    let found = cache.read(key.bytes) { unpacker in
      SourceIndex(
        unpacking: &unpacker, source: reader.source.id, place: reader.name,
        wantsCounts: hub.options.countsEvents)
    }
    guard let index = found else { return false }
    guard index.compression == file.store.compression?.rawValue else { return false }
    // Followed, the rest of a line without end would count as an event of its own.
    if index.isCutShort, hub.options.follows { return false }
    switch IndexVerdict(index, open, file.status) {
    case .isOver(let reason):
      hub.tell(
        .note(
          SourceProblem(
            source: reader.source.id, place: reader.name, reason: "\(reason) since it was read last",
            remedy: "it is read again")))
      return false
    case .holds:
      tell(index, as: reader.restore(index))
      return true
    }
  }

  /// - Parameter numbers: the session's number of each service of the index.
  private func tell(_ index: SourceIndex, as numbers: [ServiceID]) {
    let isSame = numbers.enumerated().allSatisfy { $0.offset == $0.element.index }
    var counts = index.counts
    if !isSame {
      counts = EventMatrix()
      counts.merge(index.counts, of: reader.source.id, services: numbers)
    }
    reader.hub.tell(counted: .counted(reader.source.id, counts))
  }
}

/// What decides which index belongs to a file: its place, and how it is to be read.
struct IndexKey {
  let bytes: [UInt8]

  /// `nil` when nothing is at `path`.
  init?(_ path: ForeignText, _ options: ReadingOptions) {
    guard let program = options.indexCache?.program else { return nil }
    let place = path.withPath { path -> [UInt8]? in
      guard let whole = realpath(path, nil) else { return nil }
      defer { free(whole) }
      return Array(UnsafeRawBufferPointer(start: whole, count: strlen(whole)))
    }
    guard let place else { return nil }
    var packer = BytePacker()
    packer.put(place)
    packer.put(program)
    packer.put(options.layout?.name ?? "")
    let map = options.fieldMap
    for keys in [map.time, map.service, map.severity, map.message] {
      packer.put(UInt64(keys.count))
      for key in keys { packer.put(key) }
    }
    packer.put(PathNaming.defaultService(ofFile: path).bytes)
    packer.put(options.timeZone.name)
    // Rules of one name change with the zone database.
    for halfYear in 0..<160 {
      let time = Timestamp(seconds: Int64(halfYear) * 15_778_800)
      packer.put(Int64(options.timeZone.offsetSeconds(at: time)))
    }
    bytes = packer.bytes
  }
}

extension SourceReader {
  /// Stands where an earlier reading stood.
  ///
  /// - Returns: the session's number of each service of the index.
  func restore(_ index: SourceIndex) -> [ServiceID] {
    var numbers: [ServiceID] = []
    hub.number(index.names, into: &numbers)
    let decoder = takeOver(index, numbers: numbers)
    source.shared.withLock { shared in
      shared.add((index.blocks, nil), decoder: decoder, map: index.decoder.map.map { numbers[$0.index] })
      shared.status.layout = index.layout
      shared.status.tally = index.decoder.tally
      for problem in index.problems { shared.add(problem) }
      shared.keptEnd = index.end
    }
    for problem in index.problems { hub.tell(.problem(problem)) }
    return numbers
  }
}
