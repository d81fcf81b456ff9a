import EventModel

/// The cells that a reader of a generated log must find, counted while it is written.
struct ExpectedCells {
  static let bucketMicroseconds: Int64 = 30_000_000

  private let dialect: LogDialect
  private let names: [String]
  /// Number of the first bucket since the epoch.
  private let firstBucket: Int64
  /// By bucket, service and severity.
  private var counts: [UInt32]
  private(set) var eventCount = 0

  /// - Parameter fileName: without its ending; it names the service where records name none.
  init(_ dialect: LogDialect, fileName: String, serviceCount: Int, spanNs: Int64) {
    self.dialect = dialect
    names = dialect.namesServices ? FleetNames.services(serviceCount) : [fileName]
    firstBucket = GeneratedEvents.start.nanoseconds / 1_000 / Self.bucketMicroseconds
    let bucketCount = Int(spanNs / 1_000 / Self.bucketMicroseconds) + 2
    counts = Array(repeating: 0, count: bucketCount * names.count * Severity.bandCount)
  }

  mutating func count(_ event: GeneratedEvent) {
    let bucket = Int(dialect.microseconds(of: event) / Self.bucketMicroseconds - firstBucket)
    let service = dialect.namesServices ? Int(event.service) : 0
    counts[
      (bucket * names.count + service) * Severity.bandCount + Int(dialect.severity(of: event).rawValue)] += 1
    eventCount += 1
  }

  /// As `triptych matrix --bucket 30s --time unix-ns` prints it.
  func write(to path: String) throws {
    var file = try OutputFile(path)
    try file.append(Array("time,service,severity,count\n".utf8))
    // As its bytes sort, not as its letters do.
    let order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
    for bucket in 0..<counts.count / names.count / Severity.bandCount {
      let time = (firstBucket + Int64(bucket)) * Self.bucketMicroseconds * 1_000
      for service in order {
        for severity in Severity.allCases {
          let count = counts[(bucket * names.count + service) * Severity.bandCount + Int(severity.rawValue)]
          if count > 0 {
            try file.append(Array("\(time),\(names[service]),\(severity.name),\(count)\n".utf8))
          }
        }
      }
    }
    try file.finish()
  }
}
