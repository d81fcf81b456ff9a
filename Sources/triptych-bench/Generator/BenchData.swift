import EventModel
import Glibc

/// How much is measured: everything, or enough to see that the bench works.
enum BenchScale: String, CaseIterable {
  case small, full

  var isFull: Bool { self == .full }
  /// About a gigabyte.
  var logEvents: Int { isFull ? 4_620_000 : 200_000 }
  /// About 500 MB in each dialect.
  func textEvents(_ dialect: LogDialect) -> Int {
    guard isFull else { return 100_000 }
    return dialect == .syslog ? 3_420_000 : 2_960_000
  }
  var columnEvents: [Int] { isFull ? [1_000_000, 10_000_000, 100_000_000] : [100_000, 1_000_000] }
  /// How often a whole program is run, and how often one that takes ten times as long.
  var runs: Int { isFull ? 5 : 1 }
  var slowRuns: Int { isFull ? 3 : 1 }
  var startRuns: Int { isFull ? 20 : 5 }
  var keyCount: Int { isFull ? 1_000 : 150 }
}

/// The files that are measured on, made when they are not there yet.
struct BenchData {
  let folder: String
  let scale: BenchScale

  static let seed: UInt64 = 42
  static let seconds = 3_600
  /// Goes up when the generator writes other bytes for the same seed.
  private static let version = 1

  init(folder: String, scale: BenchScale) throws {
    self.folder = "\(folder)/\(scale.rawValue)"
    self.scale = scale
    try Self.makeFolder(self.folder)
  }

  static func makeFolder(_ path: String) throws {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
        throw BenchError("\(made) cannot be made: \(String(cString: strerror(errno)))")
      }
    }
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Makes a file, unless this version of the generator has made it before and it is as long as it was then.
  private func make(_ name: String, _ write: (String) throws -> Void) throws -> String {
    let done = path(".\(name).v\(Self.version)")
    if let mark = try? CellComparison.contents(done), access(path(name), F_OK) == 0,
      String(decoding: mark, as: UTF8.self) == "\(fileByteCount(path(name)))"
    {
      return path(name)
    }
    complain("writing \(path(name))")
    try write(path(name))
    var mark = try OutputFile(done)
    try mark.append(Array("\(fileByteCount(path(name)))".utf8))
    try mark.finish()
    return path(name)
  }
}

extension BenchData {
  /// Files that nobody reads again: all of them together would take twice the room.
  func discard(_ paths: String...) {
    for path in paths { unlink(path) }
  }
}

/// A line for the person who waits.
func complain(_ text: String) {
  let bytes = Array("triptych-bench: \(text)\n".utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

// MARK: Logs

/// A generated log, and the cells that must be found in it.
struct BenchLog {
  var path: String
  var cellsPath: String
  var eventCount: Int
  var dialect: LogDialect
}

extension BenchData {
  /// The log that most is measured on.
  func mainLog() throws -> BenchLog { try log(.ndjson, "fleet", eventCount: scale.logEvents) }

  /// A megabyte of the same.
  func smallLog() throws -> BenchLog { try log(.ndjson, "little", eventCount: 4_500) }

  func textLog(_ dialect: LogDialect) throws -> BenchLog {
    try log(dialect, dialect.rawValue, eventCount: scale.textEvents(dialect))
  }

  private func log(_ dialect: LogDialect, _ name: String, eventCount: Int) throws -> BenchLog {
    let ending = dialect == .ndjson ? "ndjson" : "log"
    let cells = "\(name).cells.csv"
    let path = try make("\(name).\(ending)") { path in
      try Self.write(dialect, path, cells: self.path(cells), fileName: name, eventCount: eventCount)
    }
    return BenchLog(path: path, cellsPath: self.path(cells), eventCount: eventCount, dialect: dialect)
  }

  static func write(
    _ dialect: LogDialect, _ path: String, cells: String, fileName: String, eventCount: Int,
    seed: UInt64 = seed
  ) throws {
    var events = GeneratedEvents(eventCount: eventCount, seconds: seconds, seed: seed)
    var expected = ExpectedCells(
      dialect, fileName: fileName, serviceCount: events.serviceCount, spanNs: events.spanNs)
    var writer = LogWriter(dialect, serviceCount: events.serviceCount)
    var file = try OutputFile(path)
    while let event = events.next() {
      try writer.write(event, to: &file)
      expected.count(event)
    }
    try file.finish()
    try expected.write(to: cells)
  }

  /// The main log compressed, with the program that is the rival at reading it.
  func compressed(_ ending: String) throws -> String {
    let log = try mainLog().path
    return try make("fleet.ndjson.\(ending)") { path in
      let command = ending == "gz" ? ["gzip", "-6", "-c", log] : ["zstd", "-3", "-q", "-c", log]
      _ = try ChildProcess.run(command, output: .file(path)).succeeded(command[0])
    }
  }
}

// MARK: Columns

extension BenchData {
  /// Times (Int64, microseconds), services (UInt16) and severities (UInt8) in three files with the same stem.
  func columns(_ eventCount: Int) throws -> String {
    let stem = "columns-\(eventCount)"
    _ = try make("\(stem).times") { _ in try writeColumns(path(stem), eventCount) }
    return path(stem)
  }

  private func writeColumns(_ stem: String, _ eventCount: Int) throws {
    var events = GeneratedEvents(eventCount: eventCount, seconds: Self.seconds, seed: Self.seed)
    var timeFile = try OutputFile("\(stem).times")
    var serviceFile = try OutputFile("\(stem).services")
    var severityFile = try OutputFile("\(stem).severities")
    var times: [Int64] = []
    var services: [UInt16] = []
    var severities: [UInt8] = []
    var isDone = false
    while !isDone {
      times.removeAll(keepingCapacity: true)
      services.removeAll(keepingCapacity: true)
      severities.removeAll(keepingCapacity: true)
      while times.count < 1 << 17 {
        guard let event = events.next() else {
          isDone = true
          break
        }
        times.append(event.microseconds)
        services.append(UInt16(event.service))
        severities.append(event.severity.rawValue)
      }
      try times.withUnsafeBytes { try timeFile.append(raw: $0) }
      try services.withUnsafeBytes { try serviceFile.append(raw: $0) }
      try severities.withUnsafeBytes { try severityFile.append(raw: $0) }
    }
    try timeFile.finish()
    try serviceFile.finish()
    try severityFile.finish()
  }
}

// MARK: Hostile shapes

/// Logs that nobody would write on purpose.
enum HostileShape: String, CaseIterable {
  case oneLine = "one-line"
  case manyServices = "many-services"
  case allYears = "all-years"
  case oneMicrosecond = "one-microsecond"
}

extension BenchData {
  /// - Returns: the file and how many events a reader must find.
  func hostile(_ shape: HostileShape) throws -> (path: String, eventCount: Int) {
    let count =
      switch shape {
      case .oneLine: 1
      case .manyServices: scale.isFull ? 10_000_000 : 200_000
      case .allYears: scale.isFull ? 2_000_000 : 100_000
      case .oneMicrosecond: scale.isFull ? 5_000_000 : 200_000
      }
    let path = try make("hostile-\(shape.rawValue).ndjson") { path in
      var file = try OutputFile(path)
      if shape == .oneLine {
        try Self.writeOneLine(to: &file, byteCount: scale.isFull ? 1_000_000_000 : 20_000_000)
      } else {
        for index in 0..<count { try Self.write(shape, index, of: count, to: &file) }
      }
      try file.finish()
    }
    return (path, count)
  }

  private static func writeOneLine(to file: inout OutputFile, byteCount: Int) throws {
    file.append("{\"ts\":1768471200000000,\"level\":\"info\",\"service\":\"one\",\"msg\":\"")
    let words = Array(repeating: UInt8(ascii: "x"), count: 4_000)
    for _ in 0..<byteCount / words.count { try file.append(words) }
    file.append("\"}")
    try file.endLine()
  }

  private static func write(
    _ shape: HostileShape, _ index: Int, of count: Int, to file: inout OutputFile
  ) throws {
    file.append("{\"ts\":")
    if shape == .allYears {
      let civil = CivilTime(year: 1 + index * 9_999 / count, month: 1 + index % 12, day: 1 + index % 28)
      file.append("\"")
      file.append(civil.year, width: 4)
      file.append("-")
      file.append(civil.month, width: 2)
      file.append("-")
      file.append(civil.day, width: 2)
      file.append("T12:00:00Z\"")
    } else {
      file.append(UInt64(1_768_471_200_000_000 + (shape == .oneMicrosecond ? 0 : index)))
    }
    file.append(",\"level\":\"info\",\"service\":\"service-")
    file.append(UInt64(shape == .manyServices ? index : index % 200))
    file.append("\",\"msg\":\"hello\"}")
    try file.endLine()
  }
}

/// 0 where there is no such file.
func fileByteCount(_ path: String) -> Int {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : 0
}
