import Glibc

/// Small texts that outlive the program: marks, named views. One file for each name; a text is there whole or not at
/// all, whatever happens while it is written. Only the owner can read it.
public struct StateStore: Sendable {
  /// Longer texts are refused when written, and when read.
  public static let byteLimit = 4 << 20

  /// Absolute; made with mode 0700 when the first text is written.
  public let directory: String

  public init(directory: String) { self.directory = directory }

  /// `nil` when nothing is stored under `name`.
  public func text(of name: String) throws(Problem) -> String? {
    let path = try path(of: name)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileSystem.problem(path, "cannot be read")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    // Nearly all are smaller than the first piece.
    var buffer = [UInt8](repeating: 0, count: 1 << 13)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileSystem.problem(path, "cannot be read") }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= Self.byteLimit else { throw Self.tooLong(path) }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(
        at: SourceLine(file: path), "the file is not UTF-8",
        remedy: "mend that line in an editor, or move the file away to start anew")
    }
    return text
  }

  /// Stores `text`, durably: it is on the disk when this returns, in place of what was there.
  public func store(_ text: String, as name: String) throws(Problem) {
    let path = try path(of: name)
    guard text.utf8.count <= Self.byteLimit else { throw Self.tooLong(path) }
    try Self.makeDirectory(directory)
    let (descriptor, draft) = try openDraft()
    do throws(Problem) {
      defer { close(descriptor) }
      try Self.writeAll(Array(text.utf8), to: descriptor, path: draft)
      guard fsync(descriptor) == 0 else { throw FileSystem.problem(draft, "cannot be written") }
      guard rename(draft, path) == 0 else { throw FileSystem.problem(path, "cannot be replaced") }
    } catch {
      unlink(draft)
      throw error
    }
    syncDirectory()
  }

  /// Forgets `name`; nothing happens when it is not stored.
  public func remove(_ name: String) throws(Problem) {
    let path = try path(of: name)
    guard unlink(path) == 0 || errno == ENOENT else { throw FileSystem.problem(path, "cannot be removed") }
    syncDirectory()
  }

  /// What is stored, sorted.
  public var names: [String] {
    FileSystem.system.list(directory).compactMap(Self.name(ofFile:)).sorted()
  }

  /// Makes `path` and what is missing above it, readable by the owner only.
  public static func makeDirectory(_ path: String) throws(Problem) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw FileSystem.problem(path, "the directory cannot be made")
    }
    try makeDirectory(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw FileSystem.problem(path, "the directory cannot be made")
    }
  }

  // MARK: Writing

  /// A new file beside the stored ones, mode 0600.
  private func openDraft() throws(Problem) -> (descriptor: Int32, path: String) {
    var template = Array((directory + "/.draft-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw FileSystem.problem(directory, "cannot be written to") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return (descriptor, String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(Problem) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileSystem.problem(path, "cannot be written") }
      rest = rest.dropFirst(count)
    }
  }

  /// Makes the new name durable; some file systems cannot, and the text is safe under either name.
  private func syncDirectory() {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func tooLong(_ path: String) -> Problem {
    Problem(at: SourceLine(file: path), "the text is longer than \(byteLimit) bytes")
  }

  // MARK: Names

  private static let suffix = ".txt"

  /// Bytes that file names take as they are; others become `%XX`, so that no name leaves the directory.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private func path(of name: String) throws(Problem) -> String {
    var file = ""
    for byte in name.utf8 {
      if Self.isPlain(byte) {
        file.append(Character(Unicode.Scalar(byte)))
      } else {
        file += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    guard !file.isEmpty, file.utf8.count <= 200 else {
      throw Problem(
        at: SourceLine(file: directory),
        file.isEmpty ? "a name is missing" : "the name is too long for a file",
        remedy: "use a name of 1 to 60 characters")
    }
    return directory + "/" + file + Self.suffix
  }

  private static func name(ofFile file: String) -> String? {
    guard file.hasSuffix(suffix), !file.hasPrefix(".") else { return nil }
    var bytes: [UInt8] = []
    var rest = file.dropLast(suffix.count)[...].utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
