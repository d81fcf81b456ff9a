internal import CByteScan
internal import EventModel

/// The places in records where a key stands: the bytes from the end of the value before to the value's first byte.
///
/// A program writes its records with the same keys in the same order and the same blanks, so the bytes that follow a
/// value are nearly always those that followed it in the record before. Comparing them answers at once which key it is,
/// and that the text up to the value is valid JSON; only what differs is read byte by byte.
struct KeySites: Sendable {
  struct Site: Sendable {
    /// The bytes from the start on, and up to the end; they overlap where there are fewer than sixteen.
    var head: UInt64
    var tail: UInt64
    /// The same between them, of a site of more than sixteen bytes.
    var innerHead: UInt64
    var innerTail: UInt64
    var headMask: UInt64
    var count: UInt8
    /// From the site's start to the key's first byte.
    var keyOffset: UInt8
    var role: KeyRole
    var rank: UInt8
    /// Counting needs the value, where it is a string or a number.
    var isCounted: Bool
    /// Of the key in the key table, counted from 1; 0 where it does not matter.
    var entry: UInt16
    /// What came after it last time, counted from 1; 0 before anything did.
    var next: UInt16
  }

  private(set) var sites: [Site] = [Self.none, Self.none]
  /// Where a site is by its bytes; counted from 1.
  private var slots: [UInt16] = Array(repeating: 0, count: 1024)

  /// Matches nothing: there is no newline inside a record.
  private static let none = Site(
    head: 0x0a0a_0a0a_0a0a_0a0a, tail: 0, innerHead: 0, innerTail: 0, headMask: .max, count: 0, keyOffset: 0,
    role: .none, rank: 0, isCounted: false, entry: 0, next: 0)
  /// Before the first key of a record: only what starts with its brace comes next.
  static let start = 0
  /// After a key that could not be kept.
  static let lost = 1
  /// A site is never longer than this; so many bytes can be read at the place of one.
  static let byteLimit = 32
  static let limit = 512

  /// The site of the bytes from `start` to `end`, a new one if there is none yet; what comes after `before` from now on.
  ///
  /// - Returns: `nil` for one that cannot be kept: too long, too near the end of the bytes, or one too many.
  mutating func learn(
    _ start: BytePointer, _ end: BytePointer, readable: BytePointer, key: BytePointer, entry: Int?,
    _ keys: borrowing KeyTable, after before: Int
  ) -> Int? {
    let count = end - start
    guard count <= Self.byteLimit, readable - start >= Self.byteLimit else { return nil }
    let headMask: UInt64 = count >= 8 ? .max : (1 << UInt64(count * 8)) &- 1
    var site = Site(
      head: load64(start) & headMask, tail: count > 8 ? load64(end - 8) : 0,
      innerHead: count > 16 ? load64(start + 8) : 0, innerTail: count > 16 ? load64(end - 16) : 0,
      headMask: headMask, count: UInt8(count), keyOffset: UInt8(key - start), role: .none, rank: .max,
      isCounted: false, entry: 0, next: 0)
    var slot = site.slot
    while slots[slot] != 0 {
      let known = Int(slots[slot])
      if Int(sites[known].count) == count, sites[known].matches(start) {
        sites[before].next = UInt16(known)
        return known
      }
      slot = (slot + 1) & 1023
    }
    guard sites.count < Self.limit else { return nil }
    if let entry {
      site.role = keys.entries[entry].role
      site.rank = keys.entries[entry].rank
      site.isCounted = site.role != .none && site.role != .message && site.role != .stream
      site.entry = UInt16(entry + 1)
    }
    slots[slot] = UInt16(sites.count)
    sites[before].next = UInt16(sites.count)
    sites.append(site)
    return sites.count - 1
  }
}

extension KeySites.Site {
  /// At least `KeySites.byteLimit` bytes can be read at `place`.
  @inline(__always) func matches(_ place: BytePointer) -> Bool {
    if (load64(place) ^ head) & headMask != 0 { return false }
    let count = Int(count)
    if count <= 8 { return true }
    if load64(place + (count - 8)) != tail { return false }
    if count <= 16 { return true }
    return load64(place + 8) == innerHead && load64(place + (count - 16)) == innerTail
  }

  fileprivate var slot: Int {
    let mixed = head ^ (tail &* 3) ^ (innerHead &* 5) ^ (innerTail &* 7) ^ UInt64(count)
    return Int(truncatingIfNeeded: (mixed &* 0x9e37_79b9_7f4a_7c15) >> 54)
  }
}

// MARK: Records

extension JSONScanner {
  /// Reads a record that is one line, without looking for the end of the line first. `place` is at its brace; the bytes
  /// may hold many lines.
  ///
  /// Takes the facts that `record` takes, but for those that counting does not need: message and stream. Afterwards
  /// `place` is behind the closing brace. Where it returns `false` nothing is known: the line has to be found and read by
  /// itself.
  mutating func lineRecord(
    _ sites: inout KeySites, _ keys: borrowing KeyTable, _ times: inout TimeReader, _ facts: inout RecordFacts
  ) -> Bool {
    var lineEnd: BytePointer?
    var site = KeySites.start
    while true {
      let stop = sites.sites.withUnsafeBufferPointer { known -> MemberStop in
        guard let known = known.baseAddress else { return .failed }
        return expectedMembers(known, &site, &times, &facts)
      }
      if stop == .end { return true }
      if stop == .failed { return false }
      if lineEnd == nil { lineEnd = ByteSlice(place, end).first(0x0a) }
      guard let lineEnd else { return false }
      if stop == .value {
        let entry = Int(sites.sites[site].entry)
        let key = place - Int(sites.sites[site].count) + Int(sites.sites[site].keyOffset)
        guard anyValue(key, entry == 0 ? nil : entry - 1, before: lineEnd, keys, &times, &facts) else {
          return false
        }
      } else {
        let before = place
        guard let step = step(isFirst: site == KeySites.start, before: lineEnd) else { return false }
        guard case .key(let key) = step else { return true }
        let found = keys.find(key, node: 0, end: end)
        site =
          sites.learn(before, place, readable: end, key: key.start, entry: found, keys, after: site)
          ?? KeySites.lost
        guard anyValue(key.start, found, before: lineEnd, keys, &times, &facts) else { return false }
      }
      if place < end, place[0] == 0x7d {
        place += 1
        return true
      }
    }
  }

  /// Why reading expected members stopped.
  private enum MemberStop {
    /// Behind the closing brace.
    case end
    /// Behind a value, or at the record's brace, and what follows is not what was expected.
    case key
    /// At the value of the present site, which is neither a plain string nor a plain number.
    case value
    case failed
  }

  /// Reads members as long as each is the one that came there last time.
  @inline(__always) private mutating func expectedMembers(
    _ sites: UnsafePointer<KeySites.Site>, _ site: inout Int, _ times: inout TimeReader,
    _ facts: inout RecordFacts
  ) -> MemberStop {
    var place = self.place
    defer { self.place = place }
    // Room for a site, the quote, and sixteen bytes of a string.
    let last = end - 64
    while place <= last {
      let index = Int(sites[site].next)
      let expected = sites + index
      guard expected.pointee.matches(place) else { return .key }
      site = index
      let start = place + Int(expected.pointee.count)
      var stop = start
      let isText = start[0] == 0x22
      if isText {
        stop += 1
        var stops = bytescan_string_stops(stop)
        while stops == 0 {
          stop += 16
          guard end - stop > 16 else { return .failed }
          stops = bytescan_string_stops(stop)
        }
        stop += stops.trailingZeroBitCount
        guard stop[0] == 0x22 else {
          place = start
          return .value
        }
      } else {
        if start[0] &- 0x31 < 9 {
          while end - stop > 16, areEightDigits(stop) { stop += 8 }
          while stop < end, stop[0].isDigit { stop += 1 }
        }
        guard stop > start, stop < end, stop[0] == 0x2c || stop[0] == 0x7d else {
          place = start
          return .value
        }
      }
      if expected.pointee.isCounted {
        let key = place + Int(expected.pointee.keyOffset)
        facts.takeCounted(
          isText ? ByteSlice(start + 1, stop) : ByteSlice(start, stop), isText: isText, key: key,
          role: expected.pointee.role, rank: expected.pointee.rank, times: &times)
      }
      place = isText ? stop + 1 : stop
      if place < end, place[0] == 0x7d {
        place += 1
        return .end
      }
    }
    return .key
  }

  private enum Step {
    case key(ByteSlice)
    case end
  }

  /// From the record's brace, or from behind a value, to the next value or behind the closing brace.
  private mutating func step(isFirst: Bool, before lineEnd: BytePointer) -> Step? {
    var line = JSONScanner(ByteSlice(place, lineEnd))
    defer { place = line.place }
    if isFirst { line.place += 1 }
    line.skipSpace()
    guard line.place < lineEnd else { return nil }
    if line.place[0] == 0x7d {
      line.place += 1
      return .end
    }
    if !isFirst {
      guard line.place[0] == 0x2c else { return nil }
      line.place += 1
      line.skipSpace()
    }
    guard let key = line.skipKey(), line.place < lineEnd else { return nil }
    return .key(key)
  }

  /// Any value of the line, of the key `found` in the key table.
  private mutating func anyValue(
    _ key: BytePointer, _ found: Int?, before lineEnd: BytePointer, _ keys: borrowing KeyTable,
    _ times: inout TimeReader, _ facts: inout RecordFacts
  ) -> Bool {
    guard place < lineEnd else { return false }
    var line = JSONScanner(ByteSlice(place, lineEnd))
    defer { place = line.place }
    guard let found else { return line.skipValue(depth: 1) }
    return line.value(key, found, 0, keys, &times, &facts)
  }
}
