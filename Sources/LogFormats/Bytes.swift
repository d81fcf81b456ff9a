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

/// The high bit of each byte that is no digit.
@inline(__always) func notDigits(_ word: UInt64) -> UInt64 {
  let values = word ^ 0x3030_3030_3030_3030
  return (((values & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

/// The value of eight digits: pairs, then fours, then all of them added in one word.
@inline(__always) func eightDigits(_ pointer: BytePointer) -> UInt64? {
  let word = load64(pointer)
  guard notDigits(word) == 0 else { return nil }
  let digits = word &- 0x3030_3030_3030_3030
  let pairs = ((digits &* 10) &+ (digits >> 8)) & 0x00ff_00ff_00ff_00ff
  let fours = ((pairs &* 100) &+ (pairs >> 16)) & 0x0000_ffff_0000_ffff
  return ((fours &* 10_000) &+ (fours >> 32)) & 0xffff_ffff
}

/// `10^exponent` for `0...18`.
@inline(__always) func powerOfTen(_ exponent: Int) -> UInt64 {
  switch exponent {
  case 0: 1
  case 3: 1000
  case 6: 1_000_000
  case 9: 1_000_000_000
  default: (0..<exponent).reduce(1) { power, _ in power &* 10 }
  }
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
  private var entries: [Entry] = []
  private var arena: [UInt8] = []

  private struct Entry {
    var ends: Ends
    var start: Int
    var id: ServiceID
  }

  /// The first and the last eight bytes of a name: all of it where it has no more than sixteen. Of a longer one, what
  /// lies between is mixed into one word, since many names differ only there.
  private struct Ends: Equatable {
    var head: UInt64
    var tail: UInt64
    var inner: UInt64 = 0
    var count: Int

    @inline(__always) init(_ name: ByteSlice, readable: BytePointer) {
      count = name.count
      if readable - name.start >= 16 {
        // Without a branch: names of all lengths come in any order.
        head = load64(name.start) & (count >= 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1)
        tail = load64(name.start + max(0, count - 8)) & (count > 8 ? .max : 0)
      } else {
        head = loadShort(name.start, count: count, end: readable)
        tail = count > 8 ? load64(name.end - 8) : 0
      }
      var place = name.start + 8
      while count > 16, place < name.end - 8 {
        inner = (inner ^ load64(place)) &* 0x9e37_79b9_7f4a_7c15
        inner ^= inner >> 32
        place += 8
      }
    }

    @inline(__always) var hash: Int {
      var mixed = (head ^ inner ^ (tail &* 0x9e37_79b9_7f4a_7c15)) &+ UInt64(count)
      mixed = (mixed ^ (mixed >> 29)) &* 0xbf58_476d_1ce4_e5b9
      return Int(truncatingIfNeeded: mixed ^ (mixed >> 32))
    }
  }

  /// The number of the name at `name`, which `table` gives out.
  ///
  /// - Parameter readable: where the bytes around `name` end.
  mutating func intern(
    _ name: ByteSlice, readable: BytePointer, in table: inout ServiceTable
  ) -> ServiceID {
    let ends = Ends(name, readable: readable)
    var slot = ends.hash & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = Int(slots[slot]) - 1
      if holds(name, ends, entry: entry) { return entries[entry].id }
      slot = (slot + 1) & (slots.count - 1)
    }
    let tableCount = table.count
    let id = table.intern(name.text)
    if table.count > tableCount || tableCount < ServiceTable.limit { remember(name, ends, id, slot) }
    return id
  }

  @inline(__always) private func holds(_ name: ByteSlice, _ ends: Ends, entry: Int) -> Bool {
    guard entries[entry].ends == ends else { return false }
    if ends.count <= 16 { return true }
    return arena.withUnsafeBufferPointer { stored in
      guard let base = stored.baseAddress else { return false }
      return memcmp(base + entries[entry].start, name.start, ends.count) == 0
    }
  }

  private mutating func remember(_ name: ByteSlice, _ ends: Ends, _ id: ServiceID, _ slot: Int) {
    entries.append(Entry(ends: ends, start: arena.count, id: id))
    arena.append(contentsOf: UnsafeBufferPointer(start: name.start, count: name.count))
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { grow() }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var slot = entry.ends.hash & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }
}
