internal import EventModel

internal import func Glibc.memchr
internal import func Glibc.memcmp

/// Bytes of a record, lent by the caller of the decoder for the length of one call.
///
/// Every function of this room that takes a pointer also takes the end, and reads only before it.
typealias BytePointer = UnsafePointer<UInt8>

struct ByteSlice {
  var start: BytePointer
  var end: BytePointer

  init(_ start: BytePointer, _ end: BytePointer) {
    self.start = start
    self.end = end
  }

  var count: Int { end - start }
  var isEmpty: Bool { start >= end }
  var text: ForeignText { ForeignText(bytes: Array(UnsafeBufferPointer(start: start, count: max(0, count)))) }

  /// Without spaces, tabs and carriage returns at either end.
  var trimmed: ByteSlice {
    var slice = self
    while slice.start < slice.end, slice.start[0].isBlank { slice.start += 1 }
    while slice.start < slice.end, slice.end[-1].isBlank { slice.end -= 1 }
    return slice
  }

  func equals(_ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && memcmp(start, word.utf8Start, count) == 0
  }

  func hasPrefix(_ word: StaticString) -> Bool {
    count >= word.utf8CodeUnitCount && memcmp(start, word.utf8Start, word.utf8CodeUnitCount) == 0
  }

  /// Where `byte` first occurs.
  func first(_ byte: UInt8) -> BytePointer? {
    guard start < end, let found = memchr(start, Int32(byte), count) else { return nil }
    return BytePointer(found.assumingMemoryBound(to: UInt8.self))
  }

  /// Where `word` first occurs.
  func first(_ word: StaticString) -> BytePointer? {
    var rest = self
    while rest.count >= word.utf8CodeUnitCount, let candidate = rest.first(word.utf8Start[0]) {
      if ByteSlice(candidate, end).hasPrefix(word) { return candidate }
      rest.start = candidate + 1
    }
    return nil
  }
}

extension UInt8 {
  @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
  @inline(__always) var isUpper: Bool { self &- 0x41 < 26 }
  @inline(__always) var isLower: Bool { self &- 0x61 < 26 }
  @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
  @inline(__always) var isWord: Bool { isLetter || isDigit || self == 0x5f }
  /// Space, tab, carriage return.
  @inline(__always) var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0d }
}

/// Eight bytes from `pointer` on, the first in the lowest byte.
@inline(__always) func load64(_ pointer: BytePointer) -> UInt64 {
  UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
}

/// Up to eight bytes of `count` from `pointer` on, zeros above; reads eight at once only before `end`.
@inline(__always) func loadShort(_ pointer: BytePointer, count: Int, end: BytePointer) -> UInt64 {
  if count >= 8 { return load64(pointer) }
  if end - pointer >= 8 { return load64(pointer) & ((1 << UInt64(count * 8)) &- 1) }
  var word: UInt64 = 0
  for index in 0..<max(0, count) { word |= UInt64(pointer[index]) << UInt64(index * 8) }
  return word
}

/// The value of two digits, or a negative number.
@inline(__always) func twoDigits(_ pointer: BytePointer) -> Int {
  let high = pointer[0] &- 0x30
  let low = pointer[1] &- 0x30
  return high < 10 && low < 10 ? Int(high) * 10 + Int(low) : -1
}

/// The value of four digits, or a negative number.
@inline(__always) func fourDigits(_ pointer: BytePointer) -> Int {
  let high = twoDigits(pointer)
  let low = twoDigits(pointer + 2)
  return high | low < 0 ? -1 : high * 100 + low
}

/// `10^exponent` for `0...18`.
@inline(__always) func powerOfTen(_ exponent: Int) -> UInt64 {
  var power: UInt64 = 1
  for _ in 0..<exponent { power &*= 10 }
  return power
}

/// After all colour codes (`ESC [ ... m`) that start at `pointer`.
@inline(__always) func skippingColour(_ pointer: BytePointer, _ end: BytePointer) -> BytePointer {
  guard pointer < end, pointer[0] == 0x1b else { return pointer }
  var place = pointer
  while end - place >= 3, place[0] == 0x1b, place[1] == 0x5b {
    var probe = place + 2
    while probe < end, probe[0].isDigit || probe[0] == 0x3b || probe[0] == 0x3a { probe += 1 }
    guard probe < end, probe[0] == 0x6d || probe[0] == 0x4b else { return place }
    place = probe + 1
  }
  return place
}

/// After blanks and colour codes.
@inline(__always) func skippingBlanks(_ pointer: BytePointer, _ end: BytePointer) -> BytePointer {
  var place = pointer
  while place < end {
    if place[0].isBlank {
      place += 1
    } else if place[0] == 0x1b {
      let next = skippingColour(place, end)
      if next == place { return place }
      place = next
    } else {
      return place
    }
  }
  return place
}

/// The end of the token at `pointer`: the next blank, colour code or the end.
@inline(__always) func tokenEnd(_ pointer: BytePointer, _ end: BytePointer) -> BytePointer {
  var place = pointer
  while place < end, !place[0].isBlank, place[0] != 0x1b { place += 1 }
  return place
}

/// Numbers for service names as bytes, without an allocation for a name that is known.
struct ServiceInterner: Sendable {
  private var slots: [UInt32] = Array(repeating: 0, count: 64)
  private var starts: [Int] = []
  private var counts: [Int] = []
  private var ids: [ServiceID] = []
  private var arena: [UInt8] = []
  private var lastEntry = 0

  /// The number of the name at `name`, which `table` gives out.
  mutating func intern(_ name: ByteSlice, in table: inout ServiceTable) -> ServiceID {
    if lastEntry < ids.count, holds(name, entry: lastEntry) { return ids[lastEntry] }
    var slot = Int(truncatingIfNeeded: hash(name)) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = Int(slots[slot]) - 1
      if holds(name, entry: entry) {
        lastEntry = entry
        return ids[entry]
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let tableCount = table.count
    let id = table.intern(name.text)
    if table.count > tableCount || tableCount < ServiceTable.limit { remember(name, id, slot) }
    return id
  }

  private func holds(_ name: ByteSlice, entry: Int) -> Bool {
    guard counts[entry] == name.count else { return false }
    if name.count == 0 { return true }
    return arena.withUnsafeBufferPointer { stored in
      guard let base = stored.baseAddress else { return false }
      return memcmp(base + starts[entry], name.start, name.count) == 0
    }
  }

  private mutating func remember(_ name: ByteSlice, _ id: ServiceID, _ slot: Int) {
    starts.append(arena.count)
    counts.append(name.count)
    ids.append(id)
    arena.append(contentsOf: UnsafeBufferPointer(start: name.start, count: name.count))
    slots[slot] = UInt32(ids.count)
    lastEntry = ids.count - 1
    if ids.count * 2 > slots.count { grow() }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    arena.withUnsafeBufferPointer { stored in
      guard let base = stored.baseAddress else { return }
      for entry in ids.indices {
        let start = base + starts[entry]
        var slot = Int(truncatingIfNeeded: hash(ByteSlice(start, start + counts[entry]))) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(entry + 1)
      }
    }
  }

  private func hash(_ name: ByteSlice) -> UInt64 {
    let head = loadShort(name.start, count: name.count, end: name.end)
    let tail = name.count > 8 ? load64(name.end - 8) : 0
    var mixed = (head ^ (tail &* 0x9e37_79b9_7f4a_7c15)) &+ UInt64(name.count)
    mixed = (mixed ^ (mixed >> 29)) &* 0xbf58_476d_1ce4_e5b9
    return mixed ^ (mixed >> 32)
  }
}
