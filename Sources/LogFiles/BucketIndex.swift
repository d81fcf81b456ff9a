internal import Compression
internal import EventMatrix
public import EventModel
internal import LogFormats

/// How many events there are in buckets of one width.
public struct BucketCounts: Sendable {
  /// Above 0. Buckets begin at its multiples since the epoch.
  public var widthNs: Int64
  /// An event at the beginning of each cell's bucket, in any order of time.
  public var cells: EventColumns
  /// How many events each of them stands for, at least 1.
  public var counts: [UInt32]

  public init(widthNs: Int64, source: SourceID) {
    self.widthNs = widthNs
    cells = EventColumns(source: source)
    counts = []
  }

  /// Beyond these they are not worth keeping: 17 MiB.
  public static let keptCellLimit = 1 << 20
}

/// What is kept of a file of which nothing but counts in buckets was asked: small, soon written, and good for the same
/// question only.
struct BucketIndex {
  var print: FilePrint
  var layout: LogLayout
  var compression: String?
  var tally: DecodingTally
  var problems: [SourceProblem]
  /// By the service numbers of `counts`.
  var names: [ForeignText]
  var counts: BucketCounts
}

extension LogSources {
  /// Keeps the counts of a big file for the next time they are asked for in buckets as wide as these or a multiple.
  ///
  /// Only of one that is the only source, has been read to its end and is not being written; and only if no more than
  /// this is kept of it. O(cells).
  ///
  /// - Parameter counts: of all its events.
  /// - Returns: whether something was written.
  @discardableResult
  public func keepBuckets(_ counts: BucketCounts) -> Bool {
    guard let cache = options.indexCache, sources.count == 1, let source = sources.first,
      counts.counts.count <= BucketCounts.keptCellLimit
    else { return false }
    let shared = source.shared.withLock { $0 }
    guard let index = BucketIndex(shared, counts, names: services.names, cache: cache),
      let key = IndexKey(shared.status.name, options, .buckets),
      cache.write(key.bytes, { $0.put { index.pack(into: &$0) } })
    else { return false }
    source.shared.withLock { $0.keptEnd = index.print.size }
    return true
  }
}

extension FileReading {
  /// Takes over counts in buckets, where nobody asks for more and the system says that the file is as it was.
  func restoreBuckets(from cache: IndexCache) -> Bool {
    let options = reader.hub.options
    guard let widthNs = options.bucketWidthNs, options.countsEvents, !options.follows,
      let key = IndexKey(file.path, options, .buckets)
    else { return false }
    let found = cache.read(key.bytes) { entry in
      entry.unpack(1) { BucketIndex(unpacking: &$0, source: reader.source.id, place: reader.name) }
    }
    guard let index = found, widthNs % index.counts.widthNs == 0,
      index.compression == file.store.compression?.rawValue, index.print.isUntouched(file.status),
      let open = file.store.file, FilePrint.sample(of: open, size: index.print.size) == index.print.sample
    else { return false }
    reader.restore(index)
    return true
  }
}

extension SourceReader {
  /// Stands at the end, with nothing left to read.
  fileprivate func restore(_ index: BucketIndex) {
    var numbers: [ServiceID] = []
    hub.number(index.names, into: &numbers)
    var counts = index.counts
    counts.cells.renumber(numbers)
    offset = index.print.size
    source.shared.withLock { shared in
      shared.status.layout = index.layout
      shared.status.tally = index.tally
      for problem in index.problems { shared.add(problem) }
      shared.keptEnd = index.print.size
    }
    for problem in index.problems { hub.tell(.problem(problem)) }
    hub.tell(counted: .bucketed(counts))
  }
}

extension BucketIndex {
  /// `nil` where the counts could not be believed the next time.
  fileprivate init?(
    _ shared: Source.Shared, _ counts: BucketCounts, names: [ForeignText], cache: IndexCache
  ) {
    let status = shared.status
    guard case .path = status.specification, status.state == .atRest, shared.keptEnd == 0,
      status.problemCount == status.problems.count, shared.generations.count == 1,
      let generation = shared.generations.first, generation.changedAt == nil, generation.base == 0,
      let file = generation.store.file, let opened = shared.fileStatus, let layout = status.layout,
      FileStatus(path: status.name)?.identity == opened.identity,
      let print = FilePrint(file, settled: shared.settledStatus), print.times != nil,
      print.size >= cache.leastByteCount,
      counts.eventCount == status.tally.eventCount
    else { return nil }
    self.init(
      print: print, layout: layout, compression: generation.store.compression?.rawValue, tally: status.tally,
      problems: status.problems, names: names, counts: counts)
  }

  func pack(into packer: inout BytePacker) {
    print.pack(into: &packer)
    packer.put(layout.name)
    packer.put(compression ?? "")
    tally.pack(into: &packer)
    packer.put(problems)
    packer.put(names)
    counts.pack(into: &packer)
  }

  /// `nil` where the bytes are not what `pack` makes.
  init?(unpacking unpacker: inout ByteUnpacker, source: SourceID, place: ForeignText) {
    print = FilePrint(unpacking: &unpacker)
    guard let layout = LogLayout(name: unpacker.text()) else { return nil }
    self.layout = layout
    let compression = unpacker.text()
    self.compression = compression.isEmpty ? nil : compression
    tally = DecodingTally(unpacking: &unpacker)
    problems = unpacker.problems(source: source, place: place)
    names = unpacker.texts()
    guard let counts = BucketCounts(unpacking: &unpacker, source: source, serviceCount: names.count),
      Set(names).count == names.count, names.count <= ServiceTable.limit + 1,
      counts.eventCount == tally.eventCount
    else { return nil }
    self.counts = counts
  }
}

extension BucketCounts {
  /// Of all cells.
  var eventCount: Int { counts.reduce(0) { $0 + Int($1) } }

  func pack(into packer: inout BytePacker) {
    packer.put(widthNs)
    packer.put(words: cells.times)
    packer.put(cells.services.map(\.rawValue))
    packer.put(cells.severities.map(\.rawValue))
    packer.put(counts)
  }

  /// `nil` where the bytes are not what `pack` makes.
  init?(unpacking unpacker: inout ByteUnpacker, source: SourceID, serviceCount: Int) {
    self.init(widthNs: unpacker.number(), source: source)
    let times = unpacker.words(Int64.self)
    let services = unpacker.numbers()
    let severities = unpacker.piece().map(Severity.init(rawValue:))
    counts = unpacker.numbers()
    guard widthNs > 0, services.count == times.count, severities.count == times.count,
      counts.count == times.count, services.allSatisfy({ $0 < serviceCount }), !counts.contains(0)
    else { return nil }
    cells.reserveCapacity(times.count)
    for index in times.indices {
      guard let severity = severities[index] else { return nil }
      cells.append(
        time: Timestamp(nanoseconds: times[index]), service: ServiceID(rawValue: services[index]),
        severity: severity)
    }
  }
}
