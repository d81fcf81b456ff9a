import Glibc

/// Two counts of the same events, as `time,service,severity,count` lines in the same order.
enum CellComparison {
  /// The first cell that differs, in words; `nil` when all are the same.
  static func firstDifference(_ left: [UInt8], _ right: [UInt8], names: (String, String)) -> String? {
    if left == right { return nil }
    var leftLines = left.split(separator: 0x0a, omittingEmptySubsequences: true).makeIterator()
    var rightLines = right.split(separator: 0x0a, omittingEmptySubsequences: true).makeIterator()
    while true {
      let leftLine = leftLines.next()
      let rightLine = rightLines.next()
      if leftLine == nil, rightLine == nil { return nil }
      if leftLine == rightLine { continue }
      let text = { (line: ArraySlice<UInt8>?) in
        line.map { String(decoding: $0, as: UTF8.self) } ?? "no more cells"
      }
      return "first differing cell: \(text(leftLine)) (\(names.0)), \(text(rightLine)) (\(names.1))"
    }
  }

  /// Throws with the first differing cell.
  static func check(_ left: String, _ right: String, names: (String, String)) throws {
    if let difference = firstDifference(try contents(left), try contents(right), names: names) {
      throw BenchError("\(names.0) and \(names.1) count differently; \(difference)")
    }
  }

  static func contents(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw BenchError("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return result }
      result += buffer[..<count]
    }
  }
}

extension CellComparison {
  /// How many events are in other cells, where every service and severity has the same number of events in all;
  /// `nil` where one has not.
  static func movedEventCount(_ left: [UInt8], _ right: [UInt8]) -> Int? {
    var cells: [String: Int] = [:]
    var totals: [String: Int] = [:]
    for (bytes, sign) in [(left, 1), (right, -1)] {
      for line in bytes.split(separator: 0x0a) {
        let words = String(decoding: line, as: UTF8.self).split(
          separator: ",", omittingEmptySubsequences: false)
        guard words.count == 4, let count = Int(words[3]) else { continue }
        cells["\(words[0]),\(words[1]),\(words[2])", default: 0] += sign * count
        totals["\(words[1]),\(words[2])", default: 0] += sign * count
      }
    }
    guard totals.values.allSatisfy({ $0 == 0 }) else { return nil }
    return cells.values.reduce(0) { $0 + max(0, $1) }
  }

  /// For a peer that gives events which are a few milliseconds out of order the time of the one before: the same
  /// events by service and severity, and not one in a thousand on the other side of a column's edge.
  static func checkNearly(_ left: String, _ right: String, eventCount: Int, names: (String, String)) throws {
    guard let moved = movedEventCount(try contents(left), try contents(right)) else {
      return try check(left, right, names: names)
    }
    guard moved * 1_000 <= eventCount else {
      throw BenchError("\(names.0) and \(names.1) place \(moved) of \(eventCount) events at other times")
    }
  }

  /// The last column of every line but the first, added up.
  static func sum(of path: String) throws -> Int {
    try contents(path).split(separator: 0x0a).dropFirst().reduce(0) { sum, line in
      sum + (Int(String(decoding: line.suffix(while: { $0 != 0x2c }), as: UTF8.self)) ?? 0)
    }
  }
}

extension ArraySlice<UInt8> {
  /// The longest tail of elements that all fit.
  fileprivate func suffix(while fits: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    var start = endIndex
    while start > startIndex, fits(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}
