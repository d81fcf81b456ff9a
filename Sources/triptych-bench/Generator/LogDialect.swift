import EventModel

/// How the generated events are written as a log.
enum LogDialect: String, CaseIterable {
  /// JSON lines, microseconds since the epoch: what peers read fastest.
  case ndjson
  /// RFC 5424.
  case syslog
  /// One service's log as logback writes it by default.
  case logback
  /// Apache's combined format.
  case access

  /// What a reader finds: a dialect need not have a word for every severity or service.
  func severity(of event: GeneratedEvent) -> Severity {
    switch self {
    case .ndjson: event.severity
    case .syslog: event.severity == .trace ? .debug : event.severity
    case .logback: event.severity == .fatal ? .error : event.severity
    case .access: event.severity >= .error ? .error : event.severity == .warn ? .warn : .info
    }
  }

  var namesServices: Bool { self == .ndjson || self == .syslog }

  /// Microseconds that are left of an event's time.
  func microseconds(of event: GeneratedEvent) -> Int64 {
    switch self {
    case .ndjson, .syslog: event.microseconds
    case .logback: event.microseconds / 1_000 * 1_000
    case .access: event.microseconds / 1_000_000 * 1_000_000
    }
  }
}

/// The fleet's names, of services and in messages.
enum FleetNames {
  private static let products = [
    "checkout", "payments", "catalog", "search", "identity", "basket", "profile", "shipping", "ledger",
    "notice",
    "pricing", "images", "reviews", "fraud", "session", "billing", "orders", "router", "metrics", "settings",
  ]
  private static let parts = [
    "api", "worker", "store", "cache", "proxy", "batch", "stream", "edge", "sync", "index",
  ]
  private static let subjects = [
    "request", "query", "connection", "lease", "checkpoint", "partition", "retry", "cache entry", "token",
    "span",
    "batch", "upload", "session", "consumer", "replica", "heartbeat",
  ]
  private static let outcomes = [
    "completed", "accepted", "timed out", "rejected", "expired", "rebalanced", "flushed", "scheduled",
    "throttled", "evicted", "committed", "aborted", "resumed", "dropped", "queued", "validated",
  ]

  /// The first ones are the busiest.
  static func services(_ count: Int) -> [String] {
    (0..<count).map { index in
      let name = "\(products[index % 20])-\(parts[index / 20 % 10])"
      return index < 200 ? name : "\(name)-\(index / 200)"
    }
  }

  static let hosts = (1_000..<2_000).map { "node-\($0)" }

  /// The beginnings of messages, ten to a service.
  static func templates(_ serviceCount: Int) -> [String] {
    (0..<serviceCount * 10).map { index in
      let chance = SeededNumbers.mixed(UInt64(index) + 77)
      return "\(subjects[Int(chance % 16)]) \(outcomes[Int(chance >> 8 % 16)]) for tenant "
    }
  }
}
