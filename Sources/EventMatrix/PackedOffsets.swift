internal import EventModel

/// Distances from one time, each in as few bytes (0 to 8) as the greatest needs. Exact: the unit divides them all.
struct PackedOffsets: Sendable {
  let origin: Int64
  /// 1 ns, 1 µs, 1 ms or 1 s.
  let unitNs: UInt64
  let stride: Int
  private let mask: UInt64
  /// Seven bytes longer than needed, so that the last one can be read as eight.
  private var bytes: [UInt8]

  /// Room for `count` times from `first` on, the last of which is `last`.
  init(count: Int, first: Int64, last: Int64, unitNs: UInt64) {
    origin = first
    self.unitNs = unitNs
    let greatest = UInt64(bitPattern: last &- first) / unitNs
    stride = (64 - greatest.leadingZeroBitCount + 7) / 8
    mask = stride == 8 ? .max : (1 << UInt64(stride * 8)) - 1
    bytes = stride == 0 ? [] : Array(repeating: 0, count: count * stride + 8)
  }

  var byteCount: Int { bytes.count }

  /// What `init(unpacking:)` takes: the bytes without those that are only there to be read over.
  var packedBytes: [UInt8] { stride == 0 ? [] : Array(bytes.dropLast(8)) }

  /// `nil` where the bytes are not `count` distances of which the last instant is `last`.
  init?(unpacking unpacker: inout ByteUnpacker, count: Int, last: Int64) {
    origin = unpacker.number()
    unitNs = unpacker.number()
    guard last >= origin, [1, 1_000, 1_000_000, 1_000_000_000].contains(unitNs) else { return nil }
    let greatest = UInt64(bitPattern: last &- origin) / unitNs
    stride = (64 - greatest.leadingZeroBitCount + 7) / 8
    mask = stride == 8 ? .max : (1 << UInt64(stride * 8)) - 1
    let byteCount = unpacker.count()
    guard byteCount == count.multipliedReportingOverflow(by: stride).partialValue, count < 1 << 48 else {
      return nil
    }
    bytes = unpacker.raw(byteCount, padding: stride == 0 ? 0 : 8)
    guard !unpacker.isDamaged else { return nil }
    // Every distance has to lie inside the chunk, or an event would be counted outside of its column.
    let isInside = withReader { reader in
      var most: UInt64 = 0
      for index in 0..<count { most = max(most, reader[index]) }
      return most <= greatest
    }
    guard isInside else { return nil }
  }

  /// The greatest of the units that divides the distance of every record from the first.
  static func unitNs(of records: ArraySlice<EventRecord>) -> UInt64 {
    guard let first = records.first?.time else { return 1 }
    var unit: UInt64 = 1
    for candidate in [1_000, 1_000_000, 1_000_000_000] as [UInt64] {
      for record in records where UInt64(bitPattern: record.time &- first) % candidate != 0 { return unit }
      unit = candidate
    }
    return unit
  }

  /// Calls `body` with a reader and writer that lives as long as the call.
  mutating func withWriter(_ body: (Writer) -> Void) {
    let (stride, unitNs, origin) = (stride, unitNs, origin)
    bytes.withUnsafeMutableBytes { body(Writer(bytes: $0, stride: stride, unitNs: unitNs, origin: origin)) }
  }

  func withReader<Result>(_ body: (Reader) -> Result) -> Result {
    bytes.withUnsafeBytes { body(Reader(bytes: $0, stride: stride, mask: mask)) }
  }

  /// `time` as a distance, rounded up; `nil` when no distance is as great. `time` is not before the origin.
  func distance(of time: Int64) -> UInt64? {
    let nanoseconds = UInt64(bitPattern: time &- origin)
    let units = nanoseconds / unitNs + (nanoseconds % unitNs == 0 ? 0 : 1)
    return units <= mask || stride == 8 ? units : nil
  }

  func time(ofDistance distance: UInt64) -> Int64 { origin &+ Int64(bitPattern: distance &* unitNs) }

  struct Writer {
    let bytes: UnsafeMutableRawBufferPointer
    let stride: Int
    let unitNs: UInt64
    let origin: Int64

    func set(_ index: Int, time: Int64) {
      var rest = UInt64(bitPattern: time &- origin)
      if unitNs != 1 { rest /= unitNs }
      let place = index * stride
      for byte in 0..<stride {
        bytes[place + byte] = UInt8(truncatingIfNeeded: rest)
        rest >>= 8
      }
    }
  }

  struct Reader {
    let bytes: UnsafeRawBufferPointer
    let stride: Int
    let mask: UInt64

    @inline(__always)
    subscript(index: Int) -> UInt64 {
      stride == 0
        ? 0
        : UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * stride, as: UInt64.self)) & mask
    }

    /// The first index in `range` whose distance is at least `bound`, in ascending distances.
    @inline(__always)
    func firstIndex(notBelow bound: UInt64, in range: Range<Int>) -> Int {
      var low = range.lowerBound
      var high = range.upperBound
      // Few are counted sooner than searched: no branch can be mispredicted.
      while high - low > 12 {
        let middle = (low + high) / 2
        if self[middle] < bound { low = middle + 1 } else { high = middle }
      }
      var below = low
      for index in low..<high { below += self[index] < bound ? 1 : 0 }
      return below
    }
  }
}
