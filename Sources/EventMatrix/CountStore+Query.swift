internal import EventModel

extension CountStore {
  /// Sets `counts`, which has the shape of `MatrixCounts`, to the counts of `query`, or adds them to what is there.
  func count(
    _ query: MatrixQuery, _ wanted: WantedRows, into counts: UnsafeMutablePointer<UInt32>, adds: Bool = false
  ) {
    let view = query.columns.range
    var writer = AnswerWriter(counts, query, written: adds ? query.columns.count : 0)
    var index = groups.firstIndex(reaching: view.start.nanoseconds) { $0.last }
    var plan: (dictionary: CellDictionary, QueryPlan)?
    while index < groups.count, groups[index].first < view.end.nanoseconds {
      let dictionary = groups[index].dictionary
      let known = plan.flatMap { $0.dictionary === dictionary ? $0.1 : nil }
      let current = known ?? QueryPlan(dictionary, wanted)
      plan = (dictionary, current)
      // Mostly nothing is to be added: what few a quiet service has said lies elsewhere.
      let rest = adds ? current.changing(in: groups[index], view) : current
      if rest.cellCount > 0 {
        var counter = GroupCounter(groups[index], query.columns, rest)
        counter.run(&writer)
      }
      index += 1
    }
    writer.zero(upTo: query.columns.count)
    countPending(query, into: counts)
  }

  private func countPending(_ query: MatrixQuery, into counts: UnsafeMutablePointer<UInt32>) {
    guard !pending.isEmpty else { return }
    let columns = ColumnFinder(query.columns)
    let bands = UInt32(query.severities.rawValue)
    pending.withUnsafeBufferPointer { pending in
      for record in pending where columns.contains(record.time) {
        let (service, band) = record.cell.quotientAndRemainder(dividingBy: UInt32(Severity.bandCount))
        let row = query.row(ofService: Int(service))
        guard row >= 0, bands & (1 << band) != 0 else { continue }
        let cell = row * query.columns.count + columns[record.time]
        counts[cell * Severity.bandCount + Int(band)].add(record.weight)
      }
    }
  }
}

extension QueryPlan {
  /// The same without the runs that have no events in the chunks which reach into `view`.
  fileprivate func changing(in group: ChunkGroup, _ view: TimeRange) -> QueryPlan {
    let low = group.chunkIndex(reaching: view.start.nanoseconds)
    let end = group.chunkIndex(reaching: view.end.nanoseconds, from: low)
    return changing(
      from: group.before[low].words, to: group.before[min(group.chunks.count, end + 1)].words)
  }
}

/// Finds the column of a time without a division for each.
struct ColumnFinder {
  private let start: Int64
  private let end: Int64
  private let width: Int64
  private let columnsPerNs: Double

  init(_ columns: TimeColumns) {
    start = columns.range.start.nanoseconds
    end = columns.range.end.nanoseconds
    width = columns.widthNs
    columnsPerNs = 1 / Double(columns.widthNs)
  }

  @inline(__always)
  func contains(_ time: Int64) -> Bool { start <= time && time < end }

  /// The column of a time that `contains` says is inside.
  @inline(__always)
  subscript(time: Int64) -> Int {
    let distance = UInt64(bitPattern: time &- start)
    // Twice such a width is beyond Int64.
    if width >= 1 << 61 { return Int(distance / UInt64(width)) }
    // The product is off by far less than one column, so one step mends it.
    var column = Int64(Double(distance) * columnsPerNs)
    let rest = Int64(bitPattern: distance &- UInt64(bitPattern: column &* width))
    if rest < 0 { column -= 1 } else if rest >= width { column += 1 }
    return Int(column)
  }
}
