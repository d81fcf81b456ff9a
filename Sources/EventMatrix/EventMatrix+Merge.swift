public import EventModel

extension EventMatrix {
  /// Adds what `other` has counted in `range`, as events of `source`.
  ///
  /// - Parameter map: the number here of each service of `other`; `nil` where they are the same.
  public mutating func merge(
    _ other: EventMatrix, of source: SourceID, services map: [ServiceID]? = nil,
    in range: TimeRange = .everything
  ) {
    func add(_ records: [EventRecord]) {
      var columns = EventColumns(source: source)
      columns.reserveCapacity(records.count)
      for record in records {
        let time = Timestamp(nanoseconds: record.time)
        guard range.start <= time, time < range.end || range.end == .last else { continue }
        let (service, band) = record.cell.quotientAndRemainder(dividingBy: UInt32(Severity.bandCount))
        let id = map.map { $0[Int(service)] } ?? ServiceID(rawValue: service)
        columns.append(time: time, service: id, severity: Severity(rawValue: UInt8(band)) ?? .unknown)
      }
      self.add(columns)
    }
    for group in other.eventStores.flatMap(\.groups) {
      for chunk in group.chunks
      where chunk.last >= range.start.nanoseconds
        && (chunk.first < range.end.nanoseconds || range.end == .last)
      {
        var records: [EventRecord] = []
        chunk.appendRecords(to: &records)
        add(records)
      }
    }
    for store in other.eventStores { add(store.pending) }
  }
}

extension EventMatrix {
  /// Counts that are estimated from some of a source's events, each of which stands for `weights` of them. For the
  /// screen while the rest is read; nothing else can be made of them (`MatrixPieces` refuses).
  public init(sampled columns: EventColumns, weights: [UInt32]) {
    precondition(weights.count == columns.count, "\(weights.count) weights for \(columns.count) events")
    self.init()
    events = CountStore(weighted: true, pendingLimit: 1 << 20)
    _ = coverage.add(columns)
    let fitting = Self.fitting(weights)
    events.add(columns.times.indices.map { EventRecord(columns, at: $0, weight: fitting[$0]) })
    settle()
  }

  /// No count passes the greatest one: weights that would are all made less by the same share.
  private static func fitting(_ weights: [UInt32]) -> [UInt32] {
    let sum = weights.reduce(UInt64(0)) { $0 + UInt64($1) }
    guard sum > UInt64(UInt32.max) else { return weights }
    return weights.map { UInt32(UInt64($0) * UInt64(UInt32.max) / sum) }
  }
}
