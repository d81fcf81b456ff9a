internal import Compression
internal import EventMatrix
internal import EventModel
internal import Glibc
internal import LogFormats

/// What an earlier reading has left of a file.
enum Restored {
  /// It has to be read from its beginning.
  case nothing
  /// Counts and blocks; what has come since is left to be read.
  ///
  /// - isUntouched: nothing has, nor was anything else written.
  case index(isUntouched: Bool)
  /// Counts in buckets, of all there is. Nothing is left to be read, and nothing can be read on.
  case buckets
}

extension FileReading {
  /// Takes over what an earlier reading of the same bytes has found out.
  ///
  /// - Parameter onReading: called if all of the bytes have to be hashed first.
  func restore(onReading: () -> Void) -> Restored {
    reader.source.shared.withLock { $0.fileStatus = file.status }
    let hub = reader.hub
    guard let cache = hub.options.indexCache, file.hasName, file.status.size >= cache.leastByteCount,
      let open = file.store.file
    else { return .nothing }
    if let index = keptIndex(in: cache), index.compression == file.store.compression?.rawValue,
      // Followed, the rest of a line without end would count as an event of its own.
      !index.isCutShort || !hub.options.follows
    {
      let verdict = IndexVerdict(
        index, open, file.status, threadCount: hub.options.workerCount, onReading: onReading)
      switch verdict {
      case .holds(let isUntouched):
        tell(index, as: reader.restore(index))
        // Hashing it all is for once: kept again under its present times it is known by them. A file that is being
        // written will have others.
        if !isUntouched, file.status.size == index.print.size || file.status.isSettled(restNs: cache.restNs) {
          reader.source.shared.withLock { $0.keptEnd = 0 }
        }
        return .index(isUntouched: isUntouched)
      case .isOver(let reason):
        hub.tell(
          .note(
            SourceProblem(
              source: reader.source.id, place: reader.name, reason: "\(reason) since it was read last",
              remedy: "it is read again")))
      }
    }
    return restoreBuckets(from: cache) ? .buckets : .nothing
  }

  private func keptIndex(in cache: IndexCache) -> SourceIndex? {
    let options = reader.hub.options
    guard let key = IndexKey(file.path, options) else { return nil }
    return cache.read(key.bytes) { entry in
      SourceIndex(
        entry, source: reader.source.id, place: reader.name, threadCount: options.workerCount,
        wantsCounts: options.countsEvents)
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

  /// What is kept of a file, each in an entry of its own.
  enum Kind: String {
    case index, buckets
  }

  /// `nil` when nothing is at `path`.
  init?(_ path: ForeignText, _ options: ReadingOptions, _ kind: Kind = .index) {
    guard let program = options.indexCache?.program else { return nil }
    let place = path.withPath { path -> [UInt8]? in
      guard let whole = realpath(path, nil) else { return nil }
      defer { free(whole) }
      return Array(UnsafeRawBufferPointer(start: whole, count: strlen(whole)))
    }
    guard let place else { return nil }
    var packer = BytePacker()
    packer.put(kind.rawValue)
    packer.put(place)
    packer.put(program)
    packer.put(options.layout?.name ?? "")
    let map = options.fieldMap
    for keys in [map.time, map.service, map.severity, map.message] {
      packer.put(UInt64(keys.count))
      for key in keys { packer.put(key) }
    }
    packer.put(PathNaming.defaultService(ofFile: path).bytes)
    // With all of its transitions: rules of one name change with the zone database.
    options.timeZone.pack(into: &packer)
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
