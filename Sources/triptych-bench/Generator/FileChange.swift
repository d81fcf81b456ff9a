import Glibc

extension BenchData {
  /// What may happen to a log between two looks at it.
  enum Change: CaseIterable, CustomStringConvertible {
    case appended, shortened, rotated, edited, editedAndAppended

    var description: String {
      switch self {
      case .appended: "with a line more"
      case .shortened: "with a line less"
      case .rotated: "rotated"
      case .edited: "edited in its middle"
      case .editedAndAppended: "edited in its middle, and with a line more"
      }
    }
  }

  /// Lets `body` see the log changed; then it is as it was.
  ///
  /// - Parameter body: gets how many events are in it now.
  func with(_ change: Change, of log: BenchLog, _ body: (_ eventCount: Int) throws -> Void) throws {
    if change == .rotated { return try withRotation(of: log, body) }
    let file = try ChangedFile(log.path)
    defer { file.restore() }
    if change == .edited || change == .editedAndAppended { try file.editMiddle() }
    switch change {
    case .appended, .editedAndAppended:
      try file.append(Self.anotherLine)
      try body(log.eventCount + 1)
    case .shortened:
      try file.cutLastLine()
      try body(log.eventCount - 1)
    case .edited, .rotated: try body(log.eventCount)
    }
  }

  private static let anotherLine = Array(
    "{\"ts\":1768471200000000,\"level\":\"info\",\"service\":\"one\",\"msg\":\"more\"}\n".utf8)

  /// The log is moved away, and another one of a few lines begins under its name.
  private func withRotation(of log: BenchLog, _ body: (_ eventCount: Int) throws -> Void) throws {
    let aside = log.path + ".1"
    guard rename(log.path, aside) == 0 else {
      throw BenchError("\(log.path): \(String(cString: strerror(errno)))")
    }
    defer { rename(aside, log.path) }
    var file = try OutputFile(log.path)
    for _ in 0..<3 { try file.append(Self.anotherLine) }
    try file.finish()
    try body(3)
  }
}

/// A file that is changed in place and gets its bytes back.
private struct ChangedFile {
  private let path: String
  private let descriptor: Int32
  private let byteCount: Int
  /// What was there, by place.
  private let old: [(place: Int, bytes: [UInt8])]
  private static let pieceByteCount = 65_536

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw BenchError("\(path): \(String(cString: strerror(errno)))") }
    byteCount = fileByteCount(path)
    // Between the samples that a reader may look at: neither at an end nor at a round part of the whole.
    let middle = max(0, byteCount / 19 * 7)
    let tail = max(0, byteCount - Self.pieceByteCount)
    var old: [(Int, [UInt8])] = []
    for place in [middle, tail] {
      var bytes = [UInt8](repeating: 0, count: min(Self.pieceByteCount, byteCount - place))
      guard pread(descriptor, &bytes, bytes.count, place) == bytes.count else {
        throw BenchError("\(path) cannot be read at \(place)")
      }
      old.append((place, bytes))
    }
    self.old = old
  }

  func restore() {
    for (place, bytes) in old { _ = pwrite(descriptor, bytes, bytes.count, place) }
    _ = ftruncate(descriptor, byteCount)
    close(descriptor)
  }

  /// Gives events another severity, and no line another length.
  func editMiddle() throws {
    let (place, bytes) = old[0]
    let (from, to) = (Array("\"level\":\"info\"".utf8), Array("\"level\":\"warn\"".utf8))
    var edited = bytes
    var index = 0
    var editCount = 0
    while index + from.count <= edited.count {
      if edited[index..<index + from.count].elementsEqual(from) {
        edited.replaceSubrange(index..<index + from.count, with: to)
        editCount += 1
      }
      index += 1
    }
    guard editCount > 0 else { throw BenchError("\(path) has nothing to edit at \(place)") }
    try write(edited, at: place)
  }

  func append(_ line: [UInt8]) throws { try write(line, at: byteCount) }

  func cutLastLine() throws {
    let (place, bytes) = old[1]
    guard let lastLine = bytes.dropLast().lastIndex(of: 0x0a),
      ftruncate(descriptor, place + lastLine + 1) == 0
    else { throw BenchError("\(path) has no last line") }
  }

  private func write(_ bytes: [UInt8], at place: Int) throws {
    guard pwrite(descriptor, bytes, bytes.count, place) == bytes.count else {
      throw BenchError("\(path): \(String(cString: strerror(errno)))")
    }
  }
}
