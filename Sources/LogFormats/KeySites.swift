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
  /// The usual level words as they are written, each at the place its bytes say.
  private let words = Word.usual()
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

// MARK: Level words

extension KeySites {
  struct Word: Sendable {
    /// Up to eight bytes, zeros above.
    var bytes: UInt64
    var severity: Severity

    static func usual() -> [Word] {
      var words = Array(repeating: Word(bytes: 0, severity: .unknown), count: 256)
      for name in [
        "trace", "debug", "info", "notice", "warn", "warning", "error", "err", "fatal", "critical",
      ] {
        for spelling in [name, name.uppercased(), name.prefix(1).uppercased() + String(name.dropFirst())] {
          let bytes = spelling.utf8.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
          let severity = Array(spelling.utf8).withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { SeverityRule.word(ByteSlice($0, $0 + buffer.count)) }
          }
          if let severity { words[slot(bytes)] = Word(bytes: bytes, severity: severity) }
        }
      }
      return words
    }

    @inline(__always) static func slot(_ bytes: UInt64) -> Int {
      Int(truncatingIfNeeded: (bytes &* 0x9e37_79b9_7f4a_7c15) >> 56)
    }
  }

  /// What is known, for the length of a call.
  struct Pointers {
    let sites: UnsafePointer<Site>
    fileprivate let words: UnsafePointer<Word>

    /// At least eight bytes can be read at the start of `value`. `nil` says nothing.
    @inline(__always) func severity(of value: ByteSlice) -> Severity? {
      let count = value.count
      guard count > 0, count <= 8 else { return nil }
      let bytes = load64(value.start) & (UInt64.max >> UInt64(64 - count * 8))
      let word = words[Word.slot(bytes)]
      return word.bytes == bytes ? word.severity : nil
    }
  }

  @inline(__always) func withPointers<Result>(_ body: (Pointers) -> Result) -> Result {
    sites.withUnsafeBufferPointer { sites in
      words.withUnsafeBufferPointer { words in
        guard let sites = sites.baseAddress, let words = words.baseAddress else {
          preconditionFailure("there are sites and words from the start on")
        }
        return body(Pointers(sites: sites, words: words))
      }
    }
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
  /// Reads the rest of a record that is one line, without looking for the end of the line first; the bytes may hold
  /// many lines. `expectedMembers` stopped at `stop`, at `site`.
  ///
  /// Takes the facts that `record` takes, but for those that counting does not need: message and stream. Afterwards
  /// `place` is behind the closing brace. Where it returns `false` nothing is known: the line has to be found and read by
  /// itself.
  mutating func otherMembers(
    _ stop: MemberStop, at site: inout Int, _ sites: inout KeySites, _ keys: borrowing KeyTable,
    _ times: inout TimeReader, _ facts: inout RecordFacts
  ) -> Bool {
    var stop = stop
    guard let lineEnd = ByteSlice(place, end).first(0x0a) else { return false }
    while true {
      switch stop {
      case .end: return true
      case .failed: return false
      case .value:
        let entry = Int(sites.sites[site].entry)
        let key = place - Int(sites.sites[site].count) + Int(sites.sites[site].keyOffset)
        guard anyValue(key, entry == 0 ? nil : entry - 1, before: lineEnd, keys, &times, &facts) else {
          return false
        }
      case .key:
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
      stop = sites.withPointers { expectedMembers($0, &site, &times, &facts) }
    }
  }

  /// Why reading expected members stopped.
  enum MemberStop {
    /// Behind the closing brace.
    case end
    /// Behind a value, or at the record's brace, and what follows is not what was expected.
    case key
    /// At the value of the present site, which is neither a plain string nor a plain number.
    case value
    case failed
  }

  /// Reads members as long as each is the one that came there last time. A record starts with its brace at `place` and
  /// `KeySites.start`.
  @inline(__always) mutating func expectedMembers(
    _ known: KeySites.Pointers, _ site: inout Int, _ times: inout TimeReader, _ facts: inout RecordFacts
  ) -> MemberStop {
    var place = self.place
    defer { self.place = place }
    // Room for a site, the quote, and sixteen bytes of a string or a number.
    let last = end - 64
    while place <= last {
      let index = Int(known.sites[site].next)
      let expected = known.sites + index
      guard expected.pointee.matches(place) else { return .key }
      site = index
      let start = place + Int(expected.pointee.count)
      var stop = start
      let isText = start[0] == 0x22
      if isText {
        stop += 1
        var stops = UInt64(bytescan_string_stops(stop))
        if stops == 0 {
          stop += 16
          while end - stop >= 64 {
            stops = bytescan_string_stops64(stop)
            if stops != 0 { break }
            stop += 64
          }
          guard stops != 0 else { return .failed }
        }
        stop += stops.trailingZeroBitCount
        guard stop[0] == 0x22 else {
          place = start
          return .value
        }
      } else {
        if start[0].isDigit {
          var others = notDigits(load64(stop))
          while others == 0, end - stop >= 24 {
            stop += 8
            others = notDigits(load64(stop))
          }
          guard others != 0 else { return .failed }
          stop += others.trailingZeroBitCount >> 3
        }
        guard stop > start, stop[0] == 0x2c || stop[0] == 0x7d, start[0] != 0x30 || stop == start + 1 else {
          place = start
          return .value
        }
      }
      if expected.pointee.isCounted {
        let value = isText ? ByteSlice(start + 1, stop) : ByteSlice(start, stop)
        let key = place + Int(expected.pointee.keyOffset)
        let (role, rank) = (expected.pointee.role, expected.pointee.rank)
        if role == .severity, isText, let severity = known.severity(of: value) {
          facts.takeSeverity(severity, rank, key)
        } else {
          facts.takeCounted(value, isText: isText, key: key, role: role, rank: rank, times: &times)
        }
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
