/// Numbers and bytes one after the other, little-endian, as our own cache files keep them.
public struct BytePacker: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(bytes.count + byteCount) }

  public mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Without their count.
  public mutating func append(_ more: [UInt8]) { bytes += more }

  public mutating func put(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  /// The count first.
  public mutating func put(_ piece: [UInt8]) {
    put(UInt64(piece.count))
    bytes += piece
  }

  public mutating func put(_ text: String) { put(Array(text.utf8)) }

  public mutating func put(_ numbers: [UInt32]) { put(words: numbers) }

  /// The count first.
  public mutating func put<Word: FixedWidthInteger & BitwiseCopyable>(words: [Word]) {
    put(UInt64(words.count))
    words.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  public mutating func put(_ number: Int64?) {
    put(number != nil)
    put(number ?? 0)
  }
}

/// Takes apart what a `BytePacker` has put together. Of any other bytes it makes zeros and empty lists, and says so;
/// it never reads beyond them, nor makes room for more than they hold.
///
/// The bytes must outlive it: make one inside the closure that lends them.
public struct ByteUnpacker {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0
  /// Something was cut or cannot be: what has been taken means nothing.
  public private(set) var isDamaged = false

  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  public var leftCount: Int { bytes.count - place }

  public mutating func fail() { isDamaged = true }

  public mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type = Number.self
  ) -> Number {
    guard !isDamaged, leftCount >= MemoryLayout<Number>.size else {
      isDamaged = true
      return 0
    }
    defer { place += MemoryLayout<Number>.size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
  }

  public mutating func flag() -> Bool {
    let byte = number(UInt8.self)
    if byte > 1 { isDamaged = true }
    return byte == 1
  }

  /// A count of things that take at least `leastByteCount` bytes each.
  public mutating func count(leastByteCount: Int = 1) -> Int {
    let count = number(UInt64.self)
    guard !isDamaged, count <= UInt64(leftCount / max(1, leastByteCount)) else {
      isDamaged = true
      return 0
    }
    return Int(count)
  }

  public mutating func piece() -> [UInt8] { raw(count()) }

  public mutating func text() -> String { String(decoding: piece(), as: UTF8.self) }

  public mutating func numbers() -> [UInt32] { words(UInt32.self) }

  /// What `put(words:)` has put down.
  public mutating func words<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type) -> [Word] {
    let byteCount = MemoryLayout<Word>.size
    let count = count(leastByteCount: byteCount)
    defer { place += count * byteCount }
    return [Word](unsafeUninitializedCapacity: count) { target, filled in
      copy(count * byteCount, to: UnsafeMutableRawPointer(target.baseAddress))
      filled = count
    }
  }

  public mutating func optional() -> Int64? {
    let isThere = flag()
    let value = number(Int64.self)
    return isThere ? value : nil
  }

  /// `count` bytes, which `count()` has allowed, and `padding` zeros behind them.
  public mutating func raw(_ count: Int, padding: Int = 0) -> [UInt8] {
    guard !isDamaged, count >= 0, count <= leftCount else {
      isDamaged = true
      return []
    }
    defer { place += count }
    return [UInt8](unsafeUninitializedCapacity: count + padding) { target, filled in
      copy(count, to: UnsafeMutableRawPointer(target.baseAddress))
      for index in count..<count + padding { target.initializeElement(at: index, to: 0) }
      filled = count + padding
    }
  }

  private func copy(_ byteCount: Int, to target: UnsafeMutableRawPointer?) {
    guard byteCount > 0, let target, let source = bytes.baseAddress else { return }
    target.copyMemory(from: source + place, byteCount: byteCount)
  }
}
