/// Bytes one behind the other, in room that is used again for every frame: nothing is allocated while one is written.
struct ByteRoom {
  /// As long as there is room; the first `count` are written.
  private var room: [UInt8]
  private(set) var count = 0

  init(_ byteCount: Int) { room = Array(repeating: 0, count: max(1, byteCount)) }

  /// What was written; the room is empty afterwards.
  mutating func take() -> [UInt8] {
    defer { count = 0 }
    return Array(room[..<count])
  }

  /// Takes back what was written from `start` on.
  mutating func removing(from start: Int) -> [UInt8] {
    defer { count = start }
    return Array(room[start..<count])
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    if count == room.count { grow(by: 1) }
    room[count] = byte
    count += 1
  }

  mutating func append(_ more: UnsafeBufferPointer<UInt8>) {
    write(atMost: more.count) { end in
      for byte in more { end.put(byte) }
    }
  }

  /// Lends the place behind the last byte to `body`, which writes no more than `byteCount` bytes there.
  @inline(__always)
  mutating func write(atMost byteCount: Int, _ body: (inout End) -> Void) {
    if room.count - count < byteCount { grow(by: byteCount) }
    count += room.withUnsafeMutableBufferPointer { room -> Int in
      guard let base = room.baseAddress else { return 0 }
      var end = End(place: base + count, start: base + count)
      body(&end)
      return end.place - end.start
    }
  }

  private mutating func grow(by byteCount: Int) {
    room.append(contentsOf: repeatElement(0, count: max(room.count, byteCount)))
  }

  /// Where the next byte goes.
  struct End {
    fileprivate var place: UnsafeMutablePointer<UInt8>
    fileprivate let start: UnsafeMutablePointer<UInt8>

    @inline(__always)
    mutating func put(_ byte: UInt8) {
      place.pointee = byte
      place += 1
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
      for offset in 0..<text.utf8CodeUnitCount { put(text.utf8Start[offset]) }
    }

    /// - Parameter number: not negative.
    @inline(__always)
    mutating func put(number: Int) {
      if number >= 1000 { return putLong(number) }
      if number >= 100 { put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 100)) }
      if number >= 10 { put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10)) }
      put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    /// A scalar of up to three bytes.
    @inline(__always)
    mutating func put(utf8 scalar: UInt32) {
      if scalar < 0x80 { return put(UInt8(truncatingIfNeeded: scalar)) }
      if scalar < 0x800 {
        put(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
      } else {
        put(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
        put(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
      }
      put(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
    }

    /// CSI with one number, which is left out where it is 1.
    @inline(__always)
    mutating func put(sequence number: Int, _ final: UInt8) {
      put("\u{1B}[")
      if number != 1 { put(number: number) }
      put(final)
    }

    private mutating func putLong(_ number: Int) {
      if number >= 10 { putLong(number / 10) }
      put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    /// Something must have been put.
    @inline(__always)
    mutating func replaceLast(with byte: UInt8) { (place - 1).pointee = byte }
  }
}
