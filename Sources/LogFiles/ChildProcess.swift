internal import Glibc
internal import Synchronization

/// A shell command in its own process group, with pipes for what it says.
final class ChildProcess: Sendable {
  let output: OpenFile
  let errors: OpenFile
  private let pid: pid_t
  private let isReaped = Monitor(false)

  /// Starts `/bin/sh -c command` with `/dev/null` as its input and default signal handling.
  init(command: String) throws(SystemError) {
    let outputEnds = ClosingSignal.pipe()
    let errorEnds = ClosingSignal.pipe()
    output = OpenFile(descriptor: outputEnds.read)
    errors = OpenFile(descriptor: errorEnds.read)
    let outputWriter = OpenFile(descriptor: outputEnds.write)
    let errorWriter = OpenFile(descriptor: errorEnds.write)
    guard errorEnds.write >= 0, outputEnds.write >= 0 else { throw SystemError(code: EMFILE) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, outputWriter.descriptor, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errorWriter.descriptor, STDERR_FILENO)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var pid: pid_t = 0
    let code = Self.spawn(&pid, command, &actions, &attributes)
    guard code == 0 else { throw SystemError(code: code) }
    self.pid = pid
    for file in [output, errors] {
      _ = fcntl(file.descriptor, F_SETFL, fcntl(file.descriptor, F_GETFL) | O_NONBLOCK)
    }
  }

  private static func spawn(
    _ pid: inout pid_t, _ command: String, _ actions: inout posix_spawn_file_actions_t,
    _ attributes: inout posix_spawnattr_t
  ) -> Int32 {
    let words = [strdup("sh"), strdup("-c"), strdup(command)]
    defer { for word in words { free(word) } }
    return ClosingSignal.startLock.withLock { _ in
      posix_spawn(&pid, "/bin/sh", &actions, &attributes, words + [nil], environ)
    }
  }

  /// How it ended, once it has: the exit code, or the number of the signal that ended it.
  enum End: Hashable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  /// `nil` while it runs. It stays in the process table, so that its group's number is not given to others.
  var end: End? {
    isReaped.withLock { isReaped in
      var info = siginfo_t()
      guard !isReaped, waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return nil }
      guard info.si_signo == SIGCHLD else { return nil }
      let status = info._sifields._sigchld.si_status
      return info.si_code == Int32(CLD_EXITED) ? .exited(status) : .killed(signal: status)
    }
  }

  /// Ends the whole process group, also what a shell that is gone has left in it: asks first, and insists after
  /// a quarter of a second.
  func terminate() {
    guard !isReaped.withLock({ $0 }) else { return }
    kill(-pid, SIGTERM)
    for _ in 0..<25 where end == nil { usleep(10_000) }
    kill(-pid, SIGKILL)
    isReaped.withLock { isReaped in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      isReaped = true
    }
  }
}
