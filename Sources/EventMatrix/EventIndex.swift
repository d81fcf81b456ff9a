internal import EventModel

/// The events of a chunk in order of time: the cell of each, and how long after its bucket's origin it happened.
/// Rows say how many there were; this says which and when.
struct EventIndex: Sendable {
  /// Where the events of each bucket begin, and one more.
  let bucketStarts: [UInt32]
  let cells: Cells
  let offsets: PackedOffsets
  /// Of each event; empty where each counts as one.
  let weights: [UInt32]

  /// Places in the dictionary; nothing need be said of a dictionary with one.
  enum Cells: Sendable {
    case one(count: Int)
    case bytes([UInt8])
    case narrow([UInt16])
    case wide([UInt32])
  }

  /// Of a coarse chunk, which has no events.
  static let none = EventIndex(bucketStarts: [], cells: .one(count: 0), offsets: PackedOffsets(), weights: [])

  var byteCount: Int {
    let cellByteCount =
      switch cells {
      case .one: 0
      case .bytes(let cells): cells.count
      case .narrow(let cells): cells.count * 2
      case .wide(let cells): cells.count * 4
      }
    return bucketStarts.count * 4 + cellByteCount + offsets.byteCount + weights.count * 4
  }

  func events(ofBucket bucket: Int) -> Range<Int> {
    Int(bucketStarts[bucket])..<Int(bucketStarts[bucket + 1])
  }

  /// Calls `body` with the cell and the weight of each event in `range`, in order.
  @inline(__always)
  func forEach(in range: Range<Int>, _ body: (_ cell: Int, _ weight: UInt32) -> Void) {
    switch cells {
    case .one(let count): forEach(range, RepeatedZero(count: count), body)
    case .bytes(let cells): cells.withUnsafeBufferPointer { forEach(range, $0, body) }
    case .narrow(let cells): cells.withUnsafeBufferPointer { forEach(range, $0, body) }
    case .wide(let cells): cells.withUnsafeBufferPointer { forEach(range, $0, body) }
    }
  }

  @inline(__always)
  private func forEach<Cells: RandomAccessCollection>(
    _ range: Range<Int>, _ cells: Cells, _ body: (Int, UInt32) -> Void
  ) where Cells.Index == Int, Cells.Element: BinaryInteger {
    precondition(range.upperBound <= cells.count, "events \(range) of \(cells.count)")
    guard weights.isEmpty else {
      return weights.withUnsafeBufferPointer { weights in
        for place in range { body(Int(cells[place]), weights[place]) }
      }
    }
    for place in range { body(Int(cells[place]), 1) }
  }

  /// The first event in `range` whose cell is one of `wanted`, which has a flag for each.
  func first(in range: Range<Int>, of wanted: [Bool]) -> Int? {
    switch cells {
    case .one: wanted[0] && !range.isEmpty ? range.lowerBound : nil
    case .bytes(let cells): cells.withUnsafeBufferPointer { first(range, $0, wanted) }
    case .narrow(let cells): cells.withUnsafeBufferPointer { first(range, $0, wanted) }
    case .wide(let cells): cells.withUnsafeBufferPointer { first(range, $0, wanted) }
    }
  }

  /// The last such event.
  func last(in range: Range<Int>, of wanted: [Bool]) -> Int? {
    switch cells {
    case .one: wanted[0] && !range.isEmpty ? range.upperBound - 1 : nil
    case .bytes(let cells): cells.withUnsafeBufferPointer { last(range, $0, wanted) }
    case .narrow(let cells): cells.withUnsafeBufferPointer { last(range, $0, wanted) }
    case .wide(let cells): cells.withUnsafeBufferPointer { last(range, $0, wanted) }
    }
  }

  @inline(__always)
  private func first<Word: FixedWidthInteger>(
    _ range: Range<Int>, _ cells: UnsafeBufferPointer<Word>, _ wanted: [Bool]
  ) -> Int? {
    precondition(range.upperBound <= cells.count, "events \(range) of \(cells.count)")
    return wanted.withUnsafeBufferPointer { wanted in range.first { wanted[Int(cells[$0])] } }
  }

  @inline(__always)
  private func last<Word: FixedWidthInteger>(
    _ range: Range<Int>, _ cells: UnsafeBufferPointer<Word>, _ wanted: [Bool]
  ) -> Int? {
    precondition(range.upperBound <= cells.count, "events \(range) of \(cells.count)")
    return wanted.withUnsafeBufferPointer { wanted in range.last { wanted[Int(cells[$0])] } }
  }
}

private struct RepeatedZero: RandomAccessCollection {
  let count: Int
  var startIndex: Int { 0 }
  var endIndex: Int { count }
  subscript(index: Int) -> Int { 0 }
}

/// Distances, each in as few bytes (0 to 8) as the greatest needs. Exact: the unit divides them all.
struct PackedOffsets: Sendable {
  /// 1 ns, 1 µs, 1 ms or 1 s.
  let unitNs: Int64
  let stride: Int
  private let mask: UInt64
  /// Longer than needed, so that the last one can be read and written as eight.
  private var bytes: [UInt8]

  init() {
    (unitNs, stride, mask, bytes) = (1, 0, 0, [])
  }

  /// Room for `count` distances of at most `greatestNs`.
  init(count: Int, greatestNs: UInt64, unitNs: Int64) {
    self.unitNs = unitNs
    let greatest = greatestNs / UInt64(unitNs)
    stride = (64 - greatest.leadingZeroBitCount + 7) / 8
    mask = stride == 8 ? .max : (1 << UInt64(stride * 8)) - 1
    bytes = stride == 0 ? [] : Array(repeating: 0, count: count * stride + 8)
  }

  var byteCount: Int { bytes.count }

  /// The greatest of the units that divides `gridUnitNs` and every time.
  static func unitNs(of records: UnsafeBufferPointer<EventRecord>, gridUnitNs: Int64) -> Int64 {
    guard gridUnitNs % 1_000 == 0, divides(1_000, records) else { return 1 }
    guard gridUnitNs % 1_000_000 == 0, divides(1_000_000, records) else { return 1_000 }
    guard gridUnitNs % 1_000_000_000 == 0, divides(1_000_000_000, records) else { return 1_000_000 }
    return 1_000_000_000
  }

  /// Inlined, so that the unit is a constant and needs no division.
  @inline(__always)
  private static func divides(_ unit: Int64, _ records: UnsafeBufferPointer<EventRecord>) -> Bool {
    records.allSatisfy { $0.time % unit == 0 }
  }

  /// Calls `body` with a function that writes the distance at an index. Each writes eight bytes, so indices must ascend.
  @inline(__always)
  mutating func write(_ body: (_ set: (_ index: Int, _ distanceNs: Int64) -> Void) -> Void) {
    let stride = stride
    guard stride != 0 else { return body { _, _ in } }
    bytes.withUnsafeMutableBytes { bytes in
      @inline(__always) func set(_ index: Int, _ distance: UInt64) {
        bytes.storeBytes(of: distance.littleEndian, toByteOffset: index &* stride, as: UInt64.self)
      }
      switch unitNs {
      case 1: body { set($0, UInt64(bitPattern: $1)) }
      case 1_000: body { set($0, UInt64(bitPattern: $1) / 1_000) }
      case 1_000_000: body { set($0, UInt64(bitPattern: $1) / 1_000_000) }
      default: body { set($0, UInt64(bitPattern: $1) / 1_000_000_000) }
      }
    }
  }

  /// The distance at an index, in nanoseconds.
  func distanceNs(at index: Int) -> Int64 {
    guard stride != 0 else { return 0 }
    return bytes.withUnsafeBytes { Int64(bitPattern: packed($0, index)) &* unitNs }
  }

  @inline(__always)
  private func packed(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index &* stride, as: UInt64.self)) & mask
  }

  /// The first index in `range`, whose distances ascend, with a distance of at least `boundNs`.
  func firstIndex(notBelow boundNs: UInt64, in range: Range<Int>) -> Int {
    let unit = UInt64(unitNs)
    let bound = unit == 1 ? boundNs : boundNs / unit + (boundNs % unit == 0 ? 0 : 1)
    guard stride != 0 else { return bound == 0 ? range.lowerBound : range.upperBound }
    return bytes.withUnsafeBytes { bytes in
      var low = range.lowerBound
      var high = range.upperBound
      while low < high {
        let middle = (low &+ high) / 2
        if packed(bytes, middle) < bound { low = middle &+ 1 } else { high = middle }
      }
      return low
    }
  }
}
