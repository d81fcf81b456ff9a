internal import EventModel
internal import Glibc

/// Bytes behind a head that says whose they are, how many, and their hash.
enum SealedBytes {
  /// `TRIPIDX`, and the version of what follows.
  private static let mark: [UInt8] = Array("TRIPIDX\u{05}".utf8)
  /// Mark, byte count, hash of the content, hash of the head before it: eight bytes each.
  static let headCount = 32

  static func head(for content: UnsafeRawBufferPointer) -> [UInt8] {
    head(byteCount: UInt64(content.count), hash: BlockHasher.hash(content))
  }

  private static func head(byteCount: UInt64, hash: UInt64) -> [UInt8] {
    var packer = BytePacker()
    for byte in mark { packer.put(byte) }
    packer.put(byteCount)
    packer.put(hash)
    packer.put(packer.bytes.withUnsafeBytes { BlockHasher.hash($0) })
    return packer.bytes
  }

  /// How many bytes follow a head, and their hash; `nil` when it is none of ours.
  static func opened(head bytes: UnsafeRawBufferPointer) -> (byteCount: UInt64, hash: UInt64)? {
    guard bytes.count == headCount else { return nil }
    let byteCount = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    let hash = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    return head(byteCount: byteCount, hash: hash).elementsEqual(bytes) ? (byteCount, hash) : nil
  }
}

/// Puts sealed sections into a file, one behind the other, each of which is in memory only until it is written.
struct SealedWriter: ~Copyable {
  private let file: OpenFile
  private let byteLimit: Int64
  private(set) var byteCount: Int64 = 0

  init(_ file: OpenFile, byteLimit: Int64) {
    self.file = file
    self.byteLimit = byteLimit
  }

  /// Returns false when it cannot be written, or would be more than there may be.
  mutating func put(_ content: (inout BytePacker) -> Void) -> Bool {
    var packer = BytePacker()
    content(&packer)
    byteCount += Int64(SealedBytes.headCount + packer.bytes.count)
    guard byteCount <= byteLimit else { return false }
    return packer.bytes.withUnsafeBytes { bytes in
      SealedBytes.head(for: bytes).withUnsafeBytes { file.write($0) } && file.write(bytes)
    }
  }
}

/// The sealed sections of a file. Any thread may unpack any of them, and needs room for that one only.
final class SealedFile: Sendable {
  private let file: OpenFile
  private let sections: [Section]

  private struct Section {
    var offset: Int64
    var byteCount: Int
    var hash: UInt64
  }

  private static let sectionLimit = 1 << 16

  /// Looks at the heads alone. `nil` when one is not as it was written, or the last section does not end the file.
  init?(_ file: OpenFile, byteCount: Int64) {
    var sections: [Section] = []
    var offset: Int64 = 0
    var head = [UInt8](repeating: 0, count: SealedBytes.headCount)
    while offset < byteCount {
      let found = head.withUnsafeMutableBytes { head in
        (try? file.read(at: offset, into: head)) == head.count
          ? SealedBytes.opened(head: UnsafeRawBufferPointer(head)) : nil
      }
      offset += Int64(SealedBytes.headCount)
      guard let found, offset <= byteCount, found.byteCount <= UInt64(byteCount - offset),
        sections.count < Self.sectionLimit
      else { return nil }
      sections.append(Section(offset: offset, byteCount: Int(found.byteCount), hash: found.hash))
      offset += Int64(found.byteCount)
    }
    self.file = file
    self.sections = sections
  }

  var sectionCount: Int { sections.count }

  /// What `body` makes of a section; `nil` when a byte of it is not as it was written, or `body` leaves bytes over.
  ///
  /// - Parameter space: to be used again for the next section.
  func unpack<Result>(
    _ number: Int, in space: SectionSpace = SectionSpace(), _ body: (inout ByteUnpacker) -> Result?
  ) -> Result? {
    guard sections.indices.contains(number) else { return nil }
    let section = sections[number]
    let buffer = space.bytes(section.byteCount)
    guard (try? file.read(at: section.offset, into: buffer)) == section.byteCount,
      BlockHasher.hash(UnsafeRawBufferPointer(buffer)) == section.hash
    else { return nil }
    var unpacker = ByteUnpacker(UnsafeRawBufferPointer(buffer))
    let result = body(&unpacker)
    return unpacker.isDamaged || unpacker.leftCount > 0 ? nil : result
  }
}

/// Room for the section that is being looked at. One thread has it.
final class SectionSpace {
  private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  deinit { storage.deallocate() }

  func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if storage.count < count {
      storage.deallocate()
      storage = .allocate(byteCount: count, alignment: 64)
    }
    return UnsafeMutableRawBufferPointer(rebasing: storage[..<count])
  }
}

extension OpenFile {
  /// Appends all of `bytes`.
  fileprivate func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
