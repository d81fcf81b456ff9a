internal import EventModel
internal import Glibc

/// The directory with what is known of big files from an earlier time, so that they need not be read again.
///
/// One file for each log, named after a hash of how it is read; 0600 in a directory of 0700. Any of them may be
/// deleted at any time, and any number of processes may read and write them.
public struct IndexCache: Hashable, Sendable {
  public var directory: String
  /// Bytes that all of them may take; less where the disk is nearly full. The least recently used go first.
  public var byteLimit: Int64
  /// Which program decodes: another one may read the same bytes another way.
  public var program: String
  /// Smaller logs are read again sooner than looked up.
  public var leastByteCount: Int64

  public static let standardLeastByteCount: Int64 = 16 << 20

  public init(
    directory: String, byteLimit: Int64 = 1 << 30, program: String,
    leastByteCount: Int64 = standardLeastByteCount
  ) {
    self.directory = directory
    self.byteLimit = byteLimit
    self.program = program
    self.leastByteCount = leastByteCount
  }

  /// `triptych/index` in the XDG cache directory.
  public static var standardDirectory: String { Spool.defaultDirectory + "/index" }

  /// How many logs are kept there, and in how many bytes.
  public var usage: (fileCount: Int, byteCount: Int64) {
    let entries = entries()
    return (entries.count, entries.reduce(0) { $0 + $1.byteCount })
  }

  /// Deletes all of them. What other processes write meanwhile may stay.
  public func clear() {
    for entry in entries(withUnfinished: true) { unlink(directory + "/" + entry.name) }
  }

  // MARK: Files

  private static let suffix = ".index"

  private struct Entry {
    var name: String
    var byteCount: Int64
    var usedAt: Timestamp
  }

  private func path(_ key: [UInt8]) -> String {
    let hash = key.withUnsafeBytes { BlockHasher.hash($0) }
    let digits = String(hash, radix: 16)
    return directory + "/" + String(repeating: "0", count: 16 - digits.count) + digits + Self.suffix
  }

  /// The entry for `key`; `nil` when there is none that can be believed.
  func read<Result>(_ key: [UInt8], _ body: (inout ByteUnpacker) -> Result?) -> Result? {
    let path = path(key)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    let file = OpenFile(descriptor: descriptor)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0, Int64(status.st_size) <= max(byteLimit, 1 << 20)
    else { return nil }
    let count = Int(status.st_size)
    guard count >= SealedBytes.headCount else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 2 << 20)
    defer { buffer.deallocate() }
    // Thousands of page faults fewer, where the system grants it.
    madvise(buffer.baseAddress, count, MADV_HUGEPAGE)
    guard (try? file.read(at: 0, into: buffer)) == count,
      let content = SealedBytes.opened(UnsafeRawBufferPointer(buffer))
    else { return nil }
    var unpacker = ByteUnpacker(content)
    guard unpacker.piece() == key, let result = body(&unpacker) else { return nil }
    // Its time says when it was used last.
    futimens(descriptor, nil)
    return result
  }

  /// Puts an entry in the place of any older one.
  ///
  /// - Parameter content: packed behind the key.
  /// - Returns: false when there is no room or no right to; then nothing has changed.
  @discardableResult
  func write(_ key: [UInt8], _ content: (inout BytePacker) -> Bool) -> Bool {
    guard makeDirectories() else { return false }
    var packer = BytePacker()
    packer.put(key)
    guard content(&packer) else { return false }
    let byteCount = Int64(packer.bytes.count + SealedBytes.headCount)
    guard makeRoom(for: byteCount, sparing: path(key)) else { return false }
    let unfinished = "\(directory)/\(getpid())-\(MonotonicClock.nowNs)\(Self.unfinishedSuffix)"
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    let file = OpenFile(descriptor: descriptor)
    let isWritten = packer.bytes.withUnsafeBytes { bytes in
      SealedBytes.head(for: bytes).withUnsafeBytes { file.write($0) } && file.write(bytes)
    }
    if isWritten, rename(unfinished, path(key)) == 0 { return true }
    unlink(unfinished)
    return false
  }

  func remove(_ key: [UInt8]) { unlink(path(key)) }

  private static let unfinishedSuffix = ".unfinished"

  private func makeDirectories() -> Bool {
    var place = directory.startIndex
    while let slash = directory[place...].dropFirst().firstIndex(of: "/") {
      mkdir(String(directory[..<slash]), 0o700)
      place = slash
    }
    mkdir(directory, 0o700)
    var status = stat()
    guard lstat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid()
    else {
      return false
    }
    return status.st_mode & 0o077 == 0 || chmod(directory, 0o700) == 0
  }

  /// Drops the least recently used entries until `byteCount` more fit.
  private func makeRoom(for byteCount: Int64, sparing path: String) -> Bool {
    let now = Timestamp.wallClock
    for entry in entries(withUnfinished: true)
    where entry.name.hasSuffix(Self.unfinishedSuffix)
      && entry.usedAt < now.advanced(byNanoseconds: -3_600_000_000_000)
    {
      unlink(directory + "/" + entry.name)
    }
    var kept = entries().filter { directory + "/" + $0.name != path }.sorted { $0.usedAt < $1.usedAt }
    var sum = kept.reduce(0) { $0 + $1.byteCount }
    var limit = byteLimit
    var space = statvfs()
    if statvfs(directory, &space) == 0 {
      limit = min(limit, (Int64(space.f_bavail) * Int64(space.f_frsize) + sum) / 20)
    }
    guard byteCount <= limit else { return false }
    while sum + byteCount > limit, !kept.isEmpty {
      let oldest = kept.removeFirst()
      unlink(directory + "/" + oldest.name)
      sum -= oldest.byteCount
    }
    return true
  }

  private func entries(withUnfinished: Bool = false) -> [Entry] {
    guard let folder = opendir(directory) else { return [] }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while let item = readdir(folder) {
      let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      let isUnfinished = name.hasSuffix(Self.unfinishedSuffix)
      guard name.hasSuffix(Self.suffix) || (withUnfinished && isUnfinished) else { continue }
      var status = stat()
      guard lstat(directory + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      entries.append(
        Entry(
          name: name, byteCount: Int64(status.st_size),
          usedAt: Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
        ))
    }
    return entries
  }
}

/// Bytes behind a head that says whose they are, how many, and their hash.
enum SealedBytes {
  /// `TRIPIDX`, and the version of what follows.
  private static let mark: [UInt8] = Array("TRIPIDX\u{03}".utf8)
  /// Mark, byte count, hash of the content, hash of the head before it: eight bytes each.
  static let headCount = 32

  static func head(for content: UnsafeRawBufferPointer) -> [UInt8] {
    var packer = BytePacker()
    for byte in mark { packer.put(byte) }
    packer.put(UInt64(content.count))
    packer.put(BlockHasher.hash(content))
    packer.put(packer.bytes.withUnsafeBytes { BlockHasher.hash($0) })
    return packer.bytes
  }

  /// What stands behind the head; `nil` when a byte is not as it was written.
  static func opened(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard bytes.count >= headCount else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: bytes[headCount...])
    // The cheap half first: a hash of what is no entry of ours would be for nothing.
    guard bytes[..<mark.count].elementsEqual(mark) else { return nil }
    return head(for: content).elementsEqual(bytes[..<headCount]) ? content : nil
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
