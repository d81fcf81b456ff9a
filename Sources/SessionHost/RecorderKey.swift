public import Crypto
internal import Glibc
public import Preferences

/// The key that signs what this person records: made at its first use, kept where only they can read it.
public enum RecorderKey {
  private static let name = "recorder.key"

  /// In `triptych` below `XDG_DATA_HOME`.
  public static func ofPerson(environment: [String: String]) throws(Problem) -> SigningKey {
    guard let directory = UserDirectories(environment: environment).data else {
      throw Problem(
        at: SourceLine(file: name), "there is no place for the key that signs recordings",
        remedy: "set HOME or XDG_DATA_HOME")
    }
    return try load(from: directory)
  }

  /// - Parameter directory: made where it is missing, with mode 0700.
  ///
  /// Throws when the key cannot be read, or others could have read it.
  public static func load(from directory: String) throws(Problem) -> SigningKey {
    let path = directory + "/" + name
    if let key = try stored(at: path) { return key }
    try StateStore.makeDirectory(directory)
    try make(at: path, in: directory)
    guard let key = try stored(at: path) else { throw problem(path, "is gone again") }
    return key
  }

  /// `nil` when there is none yet.
  private static func stored(at path: String) throws(Problem) -> SigningKey? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw problem(path, "cannot be opened (\(String(cString: strerror(errno))))")
    }
    defer { close(descriptor) }
    try check(descriptor, path)
    guard var seed = SecretBytes(count: SigningKey.seedByteCount) else { throw noMemory(path) }
    let count = seed.withMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    guard count == SigningKey.seedByteCount, let key = SigningKey(seed: seed) else {
      throw problem(path, "is damaged")
    }
    return key
  }

  private static func check(_ descriptor: Int32, _ path: String) throws(Problem) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw problem(path, "is not a file")
    }
    guard status.st_uid == geteuid() else { throw problem(path, "belongs to somebody else") }
    guard status.st_mode & 0o077 == 0 else {
      throw Problem(
        at: SourceLine(file: path), "others can read this key: anybody may have signed with it",
        remedy: "delete it for a new one, or keep it with chmod 600")
    }
    guard status.st_size == SigningKey.seedByteCount else { throw problem(path, "is damaged") }
  }

  /// Whole or not at all; where another process is quicker, its key stands.
  private static func make(at path: String, in directory: String) throws(Problem) {
    guard let key = SigningKey(), let seed = key.seed() else { throw noMemory(path) }
    var template = Array((directory + "/.key-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw cannotBeMade(path) }
    defer {
      close(descriptor)
      unlink(template)
    }
    let count = seed.withBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count == seed.count, fsync(descriptor) == 0 else { throw cannotBeMade(path) }
    guard link(template, path) == 0 || errno == EEXIST else { throw cannotBeMade(path) }
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func problem(_ path: String, _ reason: String) -> Problem {
    Problem(
      at: SourceLine(file: path), "the key that signs recordings \(reason)",
      remedy: "delete the file for a new key; recordings made before stay what they are")
  }

  private static func cannotBeMade(_ path: String) -> Problem {
    Problem(
      at: SourceLine(file: path),
      "the key that signs recordings cannot be made (\(String(cString: strerror(errno))))",
      remedy: "make the directory writable, or set XDG_DATA_HOME")
  }

  private static func noMemory(_ path: String) -> Problem {
    Problem(
      at: SourceLine(file: path), "there is no memory that can be locked for the key",
      remedy: "raise the limit with ulimit -l")
  }
}
