import Foundation

/// Counts json lines the slow and obvious way: one dictionary, no matrix, no decoder of ours.
struct CountOracle {
  struct Record {
    var timeNs: Int64
    var service: String
    var severity: String
  }

  static let severities = ["unknown", "trace", "debug", "info", "warn", "error", "fatal"]

  var records: [Record]

  /// Lines with `ts` (nanoseconds) or `time` (RFC 3339 with nine digits and `Z`), `service`, `severity`.
  init(ndjson: Data) throws {
    records = []
    for line in ndjson.split(separator: UInt8(ascii: "\n")) {
      guard let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
        continue
      }
      let severity = (object["severity"] as? String ?? "").lowercased()
      records.append(
        Record(
          timeNs: (object["ts"] as? NSNumber)?.int64Value
            ?? Self.nanoseconds(object["time"] as? String ?? ""),
          service: object["service"] as? String ?? "",
          severity: Self.severities.contains(severity) ? severity : "unknown"))
    }
  }

  /// The csv that `triptych matrix` must print for these records.
  func csv(widthNs: Int64, where isWanted: (Record) -> Bool = { _ in true }) -> String {
    struct Cell: Hashable {
      var bucket: Int64
      var service: String
      var rank: Int
    }
    var counts: [Cell: Int] = [:]
    for record in records where isWanted(record) {
      var bucket = record.timeNs / widthNs
      if record.timeNs < 0, record.timeNs % widthNs != 0 { bucket -= 1 }
      let rank = Self.severities.firstIndex(of: record.severity) ?? 0
      counts[Cell(bucket: bucket, service: record.service, rank: rank), default: 0] += 1
    }
    let ordered = counts.sorted { left, right in
      if left.key.bucket != right.key.bucket { return left.key.bucket < right.key.bucket }
      if left.key.service != right.key.service {
        return left.key.service.utf8.lexicographicallyPrecedes(right.key.service.utf8)
      }
      return left.key.rank < right.key.rank
    }
    let digits = widthNs % 1_000_000_000 == 0 ? 0 : widthNs % 1_000_000 == 0 ? 3 : 9
    return ordered.reduce(into: "time,service,severity,count\n") { text, entry in
      let time = Self.rfc3339(entry.key.bucket * widthNs, digits: digits)
      text += "\(time),\(entry.key.service),\(Self.severities[entry.key.rank]),\(entry.value)\n"
    }
  }

  /// By way of `timegm`: the C library's calendar, not ours.
  static func nanoseconds(_ text: String) -> Int64 {
    let numbers = text.split { !$0.isNumber }.map(String.init)
    guard numbers.count >= 6, let year = Int32(numbers[0]), let month = Int32(numbers[1]) else { return 0 }
    var parts = tm()
    parts.tm_year = year - 1900
    parts.tm_mon = month - 1
    (parts.tm_mday, parts.tm_hour) = (Int32(numbers[2]) ?? 0, Int32(numbers[3]) ?? 0)
    (parts.tm_min, parts.tm_sec) = (Int32(numbers[4]) ?? 0, Int32(numbers[5]) ?? 0)
    let fraction = numbers.count > 6 ? numbers[6] : ""
    let nine = (fraction + String(repeating: "0", count: max(0, 9 - fraction.count))).prefix(9)
    return Int64(timegm(&parts)) * 1_000_000_000 + (Int64(nine) ?? 0)
  }

  static func rfc3339(_ nanoseconds: Int64, digits: Int) -> String {
    var seconds = Int(nanoseconds / 1_000_000_000)
    var rest = nanoseconds % 1_000_000_000
    if rest < 0 {
      rest += 1_000_000_000
      seconds -= 1
    }
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 64)
    strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let whole = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fraction = String(String(rest + 1_000_000_000).dropFirst().prefix(digits))
    return whole + (digits == 0 ? "" : "." + fraction) + "Z"
  }
}
