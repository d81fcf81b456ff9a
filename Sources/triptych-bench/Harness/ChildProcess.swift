import Glibc

/// A program that ran to its end, and what it took.
struct ChildRun {
  var exitCode: Int32
  var wallSeconds: Double
  /// User and system time, all threads and waited-for children.
  var processorSeconds: Double
  /// Its own: see `MeasuredChild`. At least the few MiB of that process.
  var peakResidentBytes: Int
  /// What it wrote to standard output, where that was asked for.
  var output: [UInt8]
}

/// What went wrong around a measurement: never a number in the table.
struct BenchError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

enum ChildProcess {
  enum Output {
    case discarded
    case captured
    case file(String)
  }

  /// Runs a program from the search path until it ends. What it took is its own and its children's alone.
  ///
  /// - Parameters:
  ///   - environment: set beside what this process has.
  ///   - showsErrors: its standard error is ours; else nobody's.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], output: Output = .discarded,
    input: String = "/dev/null", showsErrors: Bool = true
  ) throws -> ChildRun {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    if !showsErrors { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    var ends: (read: Int32, write: Int32) = (-1, -1)
    switch output {
    case .discarded: posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    case .file(let path):
      posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    case .captured:
      ends = try pipeEnds()
      posix_spawn_file_actions_adddup2(&actions, ends.write, 1)
    }
    let account = try pipeEnds()
    posix_spawn_file_actions_adddup2(&actions, account.write, MeasuredChild.descriptor)
    let helper = try spawn(
      [BenchOptions.ownPath, MeasuredChild.word] + arguments, environment, &actions, nil)
    close(account.write)
    var captured: [UInt8] = []
    if ends.read >= 0 {
      close(ends.write)
      captured = readAll(ends.read)
      close(ends.read)
    }
    let text = String(decoding: readAll(account.read), as: UTF8.self)
    close(account.read)
    while waitpid(helper, nil, 0) < 0, errno == EINTR {}
    guard let account = MeasuredChild.Account(text) else {
      throw BenchError(text.first == "!" ? String(text.dropFirst()) : "\(arguments[0]): no account of it")
    }
    return ChildRun(
      exitCode: account.exitCode, wallSeconds: Double(account.wallNs) * 1e-9,
      processorSeconds: Double(account.processorUs) * 1e-6, peakResidentBytes: account.peakResidentBytes,
      output: captured)
  }

  static func pipeEnds() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw BenchError("pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Starts a program from the search path; the caller waits for it.
  static func spawn(
    _ arguments: [String], _ environment: [String: String],
    _ actions: UnsafePointer<posix_spawn_file_actions_t>, _ attributes: UnsafePointer<posix_spawnattr_t>?
  ) throws -> pid_t {
    guard let program = arguments.first else { throw BenchError("nothing to run") }
    var all = inheritedEnvironment
    for (name, value) in environment { all[name] = value }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for each in words + settings { free(each) } }
    var child = pid_t()
    let status = posix_spawnp(&child, program, actions, attributes, &words, &settings)
    guard status == 0 else {
      throw BenchError("\(program) cannot be started: \(String(cString: strerror(status)))")
    }
    return child
  }

  /// Waits for a child and says what it took.
  static func account(for child: pid_t, since start: Int64) throws -> MeasuredChild.Account {
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) != child {
      guard errno == EINTR else { throw BenchError("wait4: \(String(cString: strerror(errno)))") }
    }
    let end = monotonicNs()
    let microseconds = { (time: timeval) in Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec) }
    // The low seven bits are the signal that ended it, if one did (wait(2)).
    let signal = status & 0x7f
    return MeasuredChild.Account(
      exitCode: signal == 0 ? (status >> 8) & 0xff : 128 + signal, wallNs: end - start,
      processorUs: microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
      peakResidentBytes: usage.ru_maxrss * 1_024)
  }

  /// The first file of this name on the search path that may be run.
  static func find(_ program: String) -> String? {
    if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
    let folders = inheritedEnvironment["PATH", default: "/usr/local/bin:/usr/bin:/bin"].split(separator: ":")
    return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }

  static let inheritedEnvironment: [String: String] = {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
      }
      entry += 1
    }
    return result
  }()

  private static func readAll(_ descriptor: Int32) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return result }
      result += buffer[..<count]
    }
  }
}

extension ChildRun {
  var text: String { String(decoding: output, as: UTF8.self) }

  /// Throws unless it ended well.
  func succeeded(_ what: String) throws -> ChildRun {
    guard exitCode == 0 else { throw BenchError("\(what) ended with exit code \(exitCode)") }
    return self
  }
}
