import Foundation

/// The other side of a terminal: what a program sends can be read and answered byte by byte. Gone with this value.
final class PseudoTerminal {
  private let own: Int32
  private let path: String
  private var process = pid_t()
  private(set) var received: [UInt8] = []

  /// `nil` where there are no pseudo terminals.
  init?(_ words: [String], environment: [String: String], columns: UInt16 = 80, rows: UInt16 = 24) {
    own = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): what unlockpt and ptsname do.
    var isLocked: Int32 = 0
    var number: UInt32 = 0
    guard own >= 0, ioctl(own, 0x4004_5431, &isLocked) == 0, ioctl(own, 0x8004_5430, &number) == 0 else {
      return nil
    }
    path = "/dev/pts/\(number)"
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(own, UInt(TIOCSWINSZ), &size)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that a new session opens is its own.
    posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    // POSIX_SPAWN_SETSID, which the header keeps to itself.
    let setsid: Int16 = 0x80
    posix_spawnattr_setflags(&attributes, setsid | Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in arguments + variables { free(word) } }
    guard posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables) == 0 else {
      return nil
    }
  }

  deinit {
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    close(own)
  }

  /// True when the program has ended.
  func waitForEnd(seconds: Double) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    var information = siginfo_t()
    while Date() < end {
      if waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
        information.si_signo != 0
      {
        return true
      }
      usleep(5000)
    }
    return false
  }

  /// What was sent and nobody has read, as a shell would: whole lines or single bytes.
  var unreadByteCount: Int32 {
    var count: Int32 = 0
    let other = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    defer { close(other) }
    var settings = termios()
    tcgetattr(other, &settings)
    settings.c_lflag &= ~tcflag_t(ICANON)
    tcsetattr(other, TCSANOW, &settings)
    _ = ioctl(other, UInt(FIONREAD), &count)
    return count
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(own, bytes, bytes.count)
  }

  /// Reads until `condition` accepts all that came; false after the time.
  @discardableResult
  func wait(seconds: Double = 10, _ condition: (String) -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !condition(text) {
      guard Date() < end else { return false }
      var entry = pollfd(fd: own, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 50) == 1 else { continue }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(own, &buffer, buffer.count)
      guard count > 0 else { return condition(text) }
      received += buffer[..<count]
    }
    return true
  }
}
