import Glibc

/// What this room needs of the world's files; closures, so that tests are a dictionary.
public struct FileSystem: Sendable {
  /// Whether there is a file or directory at a path.
  public var exists: @Sendable (String) -> Bool
  /// The names in a directory, in no order; none where it cannot be read.
  public var list: @Sendable (String) -> [String]
  /// The bytes of a file; `nil` when there is none.
  public var read: @Sendable (String) throws(Problem) -> [UInt8]?
  /// Where the symbolic link at a path points, as it is written there; `nil` when it is none.
  public var linkTarget: @Sendable (String) -> String?

  public init(
    exists: @escaping @Sendable (String) -> Bool, list: @escaping @Sendable (String) -> [String],
    read: @escaping @Sendable (String) throws(Problem) -> [UInt8]?,
    linkTarget: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.linkTarget = linkTarget
    self.exists = exists
    self.list = list
    self.read = read
  }

  /// The machine's own. A file of more than `byteLimit` bytes is refused.
  public static let system = FileSystem(
    exists: { access($0, F_OK) == 0 }, list: listDirectory,
    read: { path throws(Problem) in try readFile(path) }, linkTarget: readLink)

  /// No preference file is larger.
  static let byteLimit = TOMLReader.byteLimit

  private static func listDirectory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  private static func readLink(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink(path, start, buffer.count)
      // What fills the buffer may have been cut.
      guard (1..<buffer.count).contains(count) else { return nil }
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  private static func readFile(_ path: String) throws(Problem) -> [UInt8]? {
    // Without O_NONBLOCK a FIFO in the way would hold the program up for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw problem(path, "cannot be read")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    // Nearly all are smaller than the first piece.
    var buffer = [UInt8](repeating: 0, count: 1 << 13)
    while bytes.count <= byteLimit {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw problem(path, "cannot be read") }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard bytes.count <= byteLimit else { throw tooLarge(path, descriptor) }
    return bytes
  }

  private static func tooLarge(_ path: String, _ descriptor: Int32) -> Problem {
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let size = isRegular ? "\(status.st_size) bytes" : "no end"
    return Problem(
      at: SourceLine(file: path), "the file has \(size), more than the \(byteLimit) bytes read here")
  }

  /// What just failed, in the system's words.
  static func problem(_ path: String, _ what: String) -> Problem {
    let code = errno
    let remedy = code == EACCES || code == EPERM ? "check its permissions and its owner" : nil
    return Problem(at: SourceLine(file: path), "\(what): \(String(cString: strerror(code)))", remedy: remedy)
  }
}
