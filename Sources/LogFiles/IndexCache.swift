internal import EventModel
internal import Glibc

/// The directory with what is known of big files from an earlier time, so that they need not be read again.
///
/// One file for each log, named after a hash of how it is read; 0600 in a directory of 0700. Any of them may be
/// deleted at any time, and any number of processes may read and write them.
///
/// What is kept is believed only for the same bytes. A log with the identity, size and times it had costs a look at
/// 184 KiB of it. After any change all bytes that were counted are hashed again, and only what was appended is decoded;
/// a compressed log is then read again.
public struct IndexCache: Hashable, Sendable {
  public var directory: String
  /// Bytes that all of them may take; less where the disk is nearly full. The least recently used go first.
  public var byteLimit: Int64
  /// Which program decodes: another one may read the same bytes another way.
  public var program: String
  /// Smaller logs are read again sooner than looked up.
  public var leastByteCount: Int64
  /// A log that was changed less than this before it was opened is known again by its bytes, not by its times: its next
  /// change may show the same time.
  public var restNs = standardRestNs

  public static let standardLeastByteCount: Int64 = 16 << 20
  /// The longest step of a file system's clock (FAT).
  public static let standardRestNs: Int64 = 2_000_000_000

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
  func read<Result>(_ key: [UInt8], _ body: (SealedFile) -> Result?) -> Result? {
    let path = path(key)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    let file = OpenFile(descriptor: descriptor)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0, Int64(status.st_size) <= max(byteLimit, 1 << 20),
      let sealed = SealedFile(file, byteCount: Int64(status.st_size)),
      sealed.unpack(0, { $0.piece() == key ? true : nil }) == true, let result = body(sealed)
    else { return nil }
    // Its time says when it was used last.
    futimens(descriptor, nil)
    return result
  }

  /// Puts an entry in the place of any older one.
  ///
  /// - Parameter content: put behind the key, section by section; false where it cannot.
  /// - Returns: false when there is no room or no right to; then nothing has changed.
  @discardableResult
  func write(_ key: [UInt8], _ content: (inout SealedWriter) -> Bool) -> Bool {
    guard makeDirectories() else { return false }
    let limit = spaceLimit
    let unfinished = "\(directory)/\(getpid())-\(MonotonicClock.nowNs)\(Self.unfinishedSuffix)"
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    var writer = SealedWriter(OpenFile(descriptor: descriptor), byteLimit: limit)
    if writer.put({ $0.put(key) }), content(&writer),
      makeRoom(for: writer.byteCount, limit: limit, sparing: path(key)),
      rename(unfinished, path(key)) == 0
    {
      return true
    }
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

  /// Bytes that all entries may take, as the disk is now.
  private var spaceLimit: Int64 {
    var space = statvfs()
    guard statvfs(directory, &space) == 0 else { return byteLimit }
    let taken = entries().reduce(0) { $0 + $1.byteCount }
    let free = Self.byteCount(blocks: UInt64(space.f_bavail), ofBytes: UInt64(space.f_frsize))
    return min(byteLimit, free / 20 + taken / 20)
  }

  /// Some file systems in user space name any numbers.
  static func byteCount(blocks: UInt64, ofBytes byteCount: UInt64) -> Int64 {
    let (product, overflow) = blocks.multipliedReportingOverflow(by: byteCount)
    return overflow ? .max : Int64(clamping: product)
  }

  /// Drops the least recently used entries until `byteCount` more fit.
  private func makeRoom(for byteCount: Int64, limit: Int64, sparing path: String) -> Bool {
    let anHourAgo = Timestamp.wallClock.advanced(byNanoseconds: -3_600_000_000_000)
    for entry in entries(withUnfinished: true)
    where entry.name.hasSuffix(Self.unfinishedSuffix) && entry.usedAt < anHourAgo {
      unlink(directory + "/" + entry.name)
    }
    var kept = entries().filter { directory + "/" + $0.name != path }.sorted { $0.usedAt < $1.usedAt }
    var sum = kept.reduce(0) { $0 + $1.byteCount }
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
