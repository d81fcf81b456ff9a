import Glibc

/// A small process between the bench and a program that is measured.
///
/// Linux counts to a program the peak memory of whoever started it (`signal->maxrss` lives through execve(2)), so a
/// bench that holds a hundred million events would find every peer as big as itself. This process holds nothing:
/// it starts the program, waits for it, and writes on descriptor 3 what it took.
enum MeasuredChild {
  /// The first argument of the process that does this and nothing else.
  static let word = "measured-child"

  /// Nothing of a time or a size is lost on the way.
  struct Account: Equatable {
    var exitCode: Int32
    var wallNs: Int64
    var processorUs: Int64
    var peakResidentBytes: Int

    var text: String { "\(exitCode) \(wallNs) \(processorUs) \(peakResidentBytes)" }
  }

  static let descriptor: Int32 = 3

  /// - Parameter arguments: the program and its arguments.
  static func run(_ arguments: [String]) -> Never {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var report = ""
    do {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      let start = monotonicNs()
      let child = try ChildProcess.spawn(arguments, [:], &actions, nil)
      // What a program writes is at its end when nobody else holds the pipe.
      close(STDOUT_FILENO)
      report = try ChildProcess.account(for: child, since: start).text
    } catch {
      report = "!\(error)"
    }
    let bytes = Array(report.utf8)
    exit(write(descriptor, bytes, bytes.count) == bytes.count ? 0 : 1)
  }
}

extension MeasuredChild.Account {
  /// `nil` for anything that `text` does not write.
  init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 4, let exitCode = Int32(words[0]), let wallNs = Int64(words[1]),
      let processorUs = Int64(words[2]), let peak = Int(words[3])
    else { return nil }
    self.init(exitCode: exitCode, wallNs: wallNs, processorUs: processorUs, peakResidentBytes: peak)
  }
}
