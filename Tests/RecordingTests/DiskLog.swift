/// What a program did to its files, in order, as `Tests/tools/disk-recorder.c` wrote it down.
struct DiskLog {
  enum Kind: UInt8 {
    case created = 0x43  // C
    case opened = 0x4F  // O
    case lengthSet = 0x4C  // L
    case written = 0x57  // W
    case synced = 0x53  // S
    case folderSynced = 0x44  // D
    case syncFailed = 0x46  // F
    case linked = 0x4B  // K
    case renamed = 0x52  // R
    case unlinked = 0x55  // U
    case closed = 0x58  // X
    case acknowledged = 0x41  // A
    case failed = 0x45  // E
  }

  struct Operation {
    var kind: Kind
    /// Inode.
    var file: UInt64
    var offset: Int
    var name: String
    var secondName: String
    var data: [UInt8]
  }

  struct Damaged: Error { var offset: Int }

  private(set) var operations: [Operation] = []

  init(_ bytes: [UInt8]) throws {
    var place = 0
    func number<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
      let size = MemoryLayout<Number>.size
      guard bytes.count - place >= size else { throw Damaged(offset: place) }
      defer { place += size }
      return bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | Number($1) }
    }
    func piece(_ count: UInt32) throws -> [UInt8] {
      guard bytes.count - place >= count else { throw Damaged(offset: place) }
      defer { place += Int(count) }
      return Array(bytes[place..<place + Int(count)])
    }
    while place < bytes.count {
      guard let kind = Kind(rawValue: try number(UInt8.self)) else { throw Damaged(offset: place) }
      let file = try number(UInt64.self)
      let offset = try number(UInt64.self)
      let counts = try (number(UInt32.self), number(UInt32.self), number(UInt32.self))
      operations.append(
        Operation(
          kind: kind, file: file, offset: Int(offset),
          name: String(decoding: try piece(counts.0), as: UTF8.self),
          secondName: String(decoding: try piece(counts.1), as: UTF8.self), data: try piece(counts.2)))
    }
  }
}
