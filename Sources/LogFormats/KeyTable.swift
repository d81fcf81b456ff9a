internal import EventModel

/// What a key's value says about its event.
enum KeyRole: UInt8, Sendable {
  case none
  case time
  /// Nanoseconds that belong to whole seconds under a key beside it.
  case nanoseconds
  case severity
  case syslogSeverity
  case openTelemetrySeverity
  case httpStatus
  /// OTLP's status of a span: 2 is an error.
  case spanStatus
  case service
  case namespace
  case message
  /// Which output of a container a line is of: `stdout`, `stderr`.
  case stream
}

/// The keys that matter, at every level of a record: a key inside an object is found as if joined to the outer one by
/// a dot. ASCII case is ignored. Built once per decoder, then only read.
struct KeyTable: Sendable {
  struct Entry: Sendable {
    var head: UInt64
    var tail: UInt64
    var count: Int
    /// The object the key stands in; 0 is the record itself.
    var node: UInt16
    var role: KeyRole
    /// Among keys of one role the lowest rank wins.
    var rank: UInt8
    /// The number of the object under this key, 0 when nothing inside matters.
    var child: UInt16
    var folded: [UInt8]
  }

  private(set) var entries: [Entry] = []
  private var slots: [UInt16] = Array(repeating: 0, count: 2048)
  private var nodeCount: UInt16 = 1

  // Made once for all sources: a file of a few lines takes no longer to read than to fill these.
  static let ofUsualKeys = KeyTable(map: FieldMap())
  static let ofDockerKeys = KeyTable(map: FieldMap(), usualKeys: dockerKeys)

  /// The keys of records that are no OTLP, after those of `map`.
  static func usual(after map: FieldMap) -> KeyTable { map == FieldMap() ? ofUsualKeys : KeyTable(map: map) }

  init(map: FieldMap, usualKeys: [(KeyRole, [String])] = KeyTable.usualKeys) {
    let userRoles: [(KeyRole, [String])] = [
      (.time, map.time), (.service, map.service), (.severity, map.severity), (.message, map.message),
    ]
    for (role, keys) in userRoles {
      for (index, key) in keys.prefix(32).enumerated() { add(key, role, rank: index) }
    }
    for (role, keys) in usualKeys {
      for (index, key) in keys.enumerated() { add(key, role, rank: 32 + index) }
    }
  }

  /// The entry of `key` inside the object `node`.
  @inline(__always) func find(_ key: ByteSlice, node: UInt16, end: BytePointer) -> Int? {
    let count = key.count
    guard count > 0, count <= 64 else { return nil }
    let (head, tail) = Self.ends(key, end)
    var slot = Self.slot(head, tail, count, node)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if entries[index].head == head, entries[index].tail == tail, entries[index].count == count,
        entries[index].node == node, count <= 16 || Self.isEqual(key, entries[index].folded)
      {
        return index
      }
      slot = (slot + 1) & 2047
    }
    return nil
  }

  // MARK: Building

  /// Adds `key` in every way its dots can be nesting: `a.b` as one key, and as `b` inside the object `a`.
  private mutating func add(_ key: String, _ role: KeyRole, rank: Int) {
    let bytes = Array(key.utf8)
    let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
    guard dots.count <= 5 else { return insert(bytes[...], node: 0, role: role, rank: UInt8(rank)) }
    for pattern in 0..<(1 << dots.count) {
      var node: UInt16 = 0
      var start = 0
      for (index, dot) in dots.enumerated() where pattern & (1 << index) != 0 {
        node = childNode(bytes[start..<dot], node: node)
        start = dot + 1
      }
      insert(bytes[start...], node: node, role: role, rank: UInt8(rank))
    }
  }

  private mutating func insert(_ key: ArraySlice<UInt8>, node: UInt16, role: KeyRole, rank: UInt8) {
    guard let index = entryIndex(key, node: node) else { return }
    // The first to claim a key keeps it: `--map` comes before the usual meaning.
    guard entries[index].role == .none else { return }
    entries[index].role = role
    entries[index].rank = rank
  }

  private mutating func childNode(_ key: ArraySlice<UInt8>, node: UInt16) -> UInt16 {
    guard let index = entryIndex(key, node: node) else { return 0 }
    if entries[index].child == 0 {
      entries[index].child = nodeCount
      nodeCount += 1
    }
    return entries[index].child
  }

  private mutating func entryIndex(_ key: ArraySlice<UInt8>, node: UInt16) -> Int? {
    key.withUnsafeBufferPointer { bytes -> Int? in
      guard let start = bytes.baseAddress, !bytes.isEmpty, bytes.count <= 64 else { return nil }
      let slice = ByteSlice(start, start + bytes.count)
      if let found = find(slice, node: node, end: slice.end) { return found }
      guard entries.count < 1024 else { return nil }
      let (head, tail) = Self.ends(slice, slice.end)
      var slot = Self.slot(head, tail, slice.count, node)
      while slots[slot] != 0 { slot = (slot + 1) & 2047 }
      entries.append(
        Entry(
          head: head, tail: tail, count: slice.count, node: node, role: .none, rank: .max, child: 0,
          folded: key.map { $0 | 0x20 }))
      slots[slot] = UInt16(entries.count)
      return entries.count - 1
    }
  }

  // MARK: Comparing

  private static let fold: UInt64 = 0x2020_2020_2020_2020

  @inline(__always) private static func ends(_ key: ByteSlice, _ end: BytePointer) -> (UInt64, UInt64) {
    let count = key.count
    if count >= 8 { return (load64(key.start) | fold, load64(key.end - 8) | fold) }
    let mask = (UInt64(1) << UInt64(count * 8)) &- 1
    return (loadShort(key.start, count: count, end: end) | (fold & mask), 0)
  }

  @inline(__always) private static func slot(
    _ head: UInt64, _ tail: UInt64, _ count: Int, _ node: UInt16
  ) -> Int {
    let mixed = (head ^ (tail << 1) ^ (UInt64(node) << 56)) &+ UInt64(count)
    return Int(truncatingIfNeeded: (mixed &* 0x9e37_79b9_7f4a_7c15) >> 53)
  }

  private static func isEqual(_ key: ByteSlice, _ folded: [UInt8]) -> Bool {
    for index in 0..<folded.count where key.start[index] | 0x20 != folded[index] { return false }
    return true
  }

  // MARK: The usual keys, best first

  static let usualKeys: [(KeyRole, [String])] = [
    (
      .time,
      [
        "@timestamp", "timestamp", "time", "ts", "timeUnixNano", "time_unix_nano", "datetime", "date_time",
        "eventTime", "event_time", "asctime", "time_iso8601", "@t", "t", "__REALTIME_TIMESTAMP",
        "instant.epochSecond", "timestamp.seconds", "timestampSeconds", "timeMillis", "epoch", "time_local",
        "date", "log_time", "start_time", "startTime", "observedTimeUnixNano", "observed_timestamp",
        "receiveTimestamp", "_SOURCE_REALTIME_TIMESTAMP", "t.$date", "_source.@timestamp",
      ]
    ),
    (.nanoseconds, ["instant.nanoOfSecond", "timestamp.nanos", "timestampNanos"]),
    (
      .severity,
      [
        "severity", "level", "lvl", "sev", "log.level", "severityText", "severity_text", "loglevel",
        "log_level", "levelname", "level_name", "@level", "@l", "record.level.name", "_source.log.level",
        "_source.level",
      ]
    ),
    (.openTelemetrySeverity, ["severityNumber", "severity_number"]),
    (
      .syslogSeverity,
      ["PRIORITY", "syslog.severity", "log.syslog.severity.code", "syslog_severity"]
    ),
    (
      .httpStatus,
      [
        "http.response.status_code", "http.status_code", "status_code", "statusCode", "httpRequest.status",
        "status",
      ]
    ),
    (
      .service,
      [
        "service.name", "resource.service.name", "resource.attributes.service.name",
        "attributes.service.name",
        "service", "svc", "service_name", "serviceName", "application", "app", "app_name", "appName",
        "appname",
        "kubernetes.container_name", "kubernetes.container.name", "k8s.container.name", "container.name",
        "resource.labels.container_name", "resource.labels.service_name", "container_name", "container",
        "SYSLOG_IDENTIFIER", "syslog_identifier", "tag", "ident", "program", "attrs.tag", "name", "_COMM",
        "_SYSTEMD_UNIT", "_source.service.name", "_source.service",
      ]
    ),
    (
      .namespace,
      ["service.namespace", "resource.service.namespace", "resource.attributes.service.namespace"]
    ),
    (
      .message,
      [
        "message", "msg", "body", "body.stringValue", "short_message", "textPayload", "jsonPayload.message",
        "jsonPayload.msg", "@message", "@m", "event", "log", "text", "tpl", "@mt", "_source.message",
      ]
    ),
  ]
}

extension KeyTable {
  /// The keys of OTLP log records and spans (opentelemetry-proto, JSON encoding).
  static let otlpKeys: [(KeyRole, [String])] = [
    (.time, ["timeUnixNano", "startTimeUnixNano", "observedTimeUnixNano"]),
    (.severity, ["severityText"]),
    (.openTelemetrySeverity, ["severityNumber"]),
    (.spanStatus, ["status.code"]),
    (.message, ["body.stringValue", "body", "name"]),
  ]

  /// The keys of Docker's json-file around a line of a container.
  static let dockerKeys: [(KeyRole, [String])] = [
    (.time, ["time"]),
    (.message, ["log"]),
    (.stream, ["stream"]),
    (.service, ["attrs.com.docker.compose.service", "attrs.com.docker.swarm.service.name", "attrs.tag"]),
  ]
}
