import Glibc

/// A program in a terminal of its own, seen from outside: every byte it writes, and when it came.
final class PseudoTerminal {
  let columns: Int
  let rows: Int
  let child: pid_t
  private let descriptor: Int32
  private(set) var screen: TerminalScreen
  /// When the program was started; times below are nanoseconds of the same clock.
  let startNs: Int64
  private(set) var byteCount = 0
  private(set) var isOpen = true
  private var queries = TerminalQueries()
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  /// - Parameter input: what the program gets as standard input instead of the terminal; closed here.
  init(
    _ arguments: [String], columns: Int = 200, rows: Int = 60, environment: [String: String] = [:],
    input: Int32? = nil
  ) throws {
    self.columns = columns
    self.rows = rows
    screen = TerminalScreen(columns: columns, rows: rows)
    descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: UInt32 = 0
    var isLocked: Int32 = 0
    guard descriptor >= 0, ioctl(descriptor, Self.unlock, &isLocked) == 0,
      ioctl(descriptor, Self.numberOf, &number) == 0
    else { throw BenchError("no pseudo terminal: \(String(cString: strerror(errno)))") }
    let name = "/dev/pts/\(number)"
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The first terminal that a session's leader opens becomes its own (tty_ioctl(4)).
    posix_spawnattr_setflags(&attributes, Self.newSession)
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
      posix_spawn_file_actions_addopen(&actions, 1, name, O_RDWR, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
    }
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var settings = [
      "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "COLORTERM": "",
      "COLUMNS": "\(columns)", "LINES": "\(rows)",
    ]
    for (name, value) in environment { settings[name] = value }
    startNs = monotonicNs()
    child = try ChildProcess.spawn(arguments, settings, &actions, &attributes)
    if let input { close(input) }
  }

  deinit { close(descriptor) }

  // What <asm-generic/ioctls.h> and <spawn.h> call TIOCSPTLCK, TIOCGPTN and POSIX_SPAWN_SETSID; Swift sees none of them.
  private static let unlock: UInt = 0x4004_5431
  private static let numberOf: UInt = 0x8004_5430
  private static let newSession: Int16 = 0x80

  /// Waits at most so long for output and takes what there is.
  ///
  /// - Returns: how many bytes came, and when they did; `nil` when none came.
  func take(waitingMs: Double) -> (count: Int, timeNs: Int64)? {
    guard isOpen else { return nil }
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, Int32(waitingMs.rounded(.up))) > 0 else { return nil }
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else {
      // A terminal whose last user is gone reads as an error on Linux.
      isOpen = count < 0 && errno == EINTR
      return nil
    }
    let time = monotonicNs()
    byteCount += count
    let bytes = buffer[..<count]
    let answer = queries.answer(bytes, columns: columns, rows: rows)
    if !answer.isEmpty { send(answer) }
    screen.feed(bytes)
    return (count, time)
  }

  func send(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      done += count
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Takes output until `isSatisfied` of the screen.
  ///
  /// - Returns: when that was, in milliseconds after `sinceNs`; `nil` when it did not come in time.
  func wait(
    sinceNs: Int64? = nil, limitMs: Double = 60_000, until isSatisfied: (TerminalScreen) -> Bool
  ) -> Double? {
    let since = sinceNs ?? startNs
    let end = monotonicNs() + Int64(limitMs * 1e6)
    var last = monotonicNs()
    while !isSatisfied(screen) {
      guard isOpen, monotonicNs() < end else { return nil }
      // A terminal holds 4 KiB: whoever looks at the screen between two reads holds the program up.
      var waitingMs = 20.0
      while let (_, time) = take(waitingMs: waitingMs) {
        last = time
        waitingMs = 0
      }
    }
    return Double(last - since) * 1e-6
  }

  /// What came until nothing had come for so long.
  func takeUntilQuiet(quietMs: Double, limitMs: Double = 5_000) -> Burst {
    var burst = Burst()
    let end = monotonicNs() + Int64(limitMs * 1e6)
    while monotonicNs() < end, let (count, time) = take(waitingMs: quietMs) {
      burst.add(count, at: time)
    }
    return burst
  }

  /// What comes until a time, however often there is silence.
  func takeAll(untilNs end: Int64) -> Burst {
    var burst = Burst()
    while isOpen, case let leftMs = Double(end - monotonicNs()) * 1e-6, leftMs > 0 {
      if let (count, time) = take(waitingMs: leftMs) { burst.add(count, at: time) }
    }
    return burst
  }

  /// Sends a key and takes what follows from it, until nothing has come for `quietMs`.
  ///
  /// - Parameters:
  ///   - firstMs: how long to wait for anything.
  ///   - isAnswer: output that is none, such as a frame of new data, is waited out, at most as long.
  func press(
    _ key: String, quietMs: Double, firstMs: Double = 500,
    isAnswer: (_ before: TerminalScreen.Cursor, _ after: TerminalScreen.Cursor) -> Bool = { _, _ in true }
  ) -> KeyAnswer {
    let before = screen.cursor
    let sent = monotonicNs()
    send(key)
    var burst = Burst()
    var leftMs = firstMs
    repeat {
      if let (count, time) = take(waitingMs: leftMs) {
        burst.add(count, at: time)
        burst.add(takeUntilQuiet(quietMs: quietMs))
      }
      leftMs = firstMs - Double(monotonicNs() - sent) * 1e-6
    } while leftMs > 0 && isOpen && burst.byteCount > 0 && !isAnswer(before, screen.cursor)
    return KeyAnswer(
      firstMs: burst.firstNs.map { Double($0 - sent) * 1e-6 },
      lastMs: burst.lastNs.map { Double($0 - sent) * 1e-6 }, byteCount: burst.byteCount,
      isAnswered: burst.byteCount > 0 && isAnswer(before, screen.cursor))
  }

  /// Ends the program, politely first.
  ///
  /// - Parameter patienceMs: how long it may take to end by itself, and again after SIGHUP.
  /// - Returns: its exit code; 128 and the number of the signal that ended it.
  @discardableResult func end(key: String = "q", patienceMs: Double = 1_000) -> Int32 {
    send(key)
    var status: Int32 = 0
    // The low seven bits are the signal that ended it, if one did (wait(2)).
    let code = { status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f }
    for signal in [SIGHUP, SIGKILL] {
      let end = monotonicNs() + Int64(patienceMs * 1e6)
      while monotonicNs() < end {
        // A closed terminal is no reason to spin until the program is gone.
        if take(waitingMs: 20) == nil, !isOpen { usleep(1_000) }
        if waitpid(child, &status, WNOHANG) == child { return code() }
      }
      kill(child, signal)
    }
    _ = waitpid(child, &status, 0)
    return code()
  }

  struct Burst {
    var byteCount = 0
    var firstNs: Int64?
    var lastNs: Int64?
    /// Stretches of output with at least 2 ms of silence between them: writes of one frame come together.
    var writeCount = 0

    mutating func add(_ count: Int, at time: Int64) {
      if lastNs.map({ time - $0 > 2_000_000 }) ?? true { writeCount += 1 }
      firstNs = firstNs ?? time
      lastNs = time
      byteCount += count
    }

    mutating func add(_ other: Burst) {
      guard let first = other.firstNs, let last = other.lastNs else { return }
      writeCount += other.writeCount - (lastNs.map { first - $0 <= 2_000_000 } ?? false ? 1 : 0)
      byteCount += other.byteCount
      firstNs = firstNs ?? first
      lastNs = last
    }
  }

  struct KeyAnswer {
    /// From the key to the first and the last byte of what followed; `nil` when nothing did.
    var firstMs: Double?
    var lastMs: Double?
    var byteCount: Int
    /// Whether what followed was the answer.
    var isAnswered: Bool
  }
}

// MARK: The process behind it

extension PseudoTerminal {
  /// Processor time of the program so far, all threads.
  var processorSeconds: Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(child, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// `VmHWM` is the most that was ever resident, `VmRSS` what is now, in bytes (proc(5)).
  func memory(_ name: String) -> Double? {
    guard let status = try? CellComparison.contents("/proc/\(child)/status") else { return nil }
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first {
      $0.hasPrefix("\(name):")
    }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map {
      $0 * 1_024
    }
  }
}

/// Questions that programs put to their terminal, answered as xterm does, so that nobody waits for a time-out.
struct TerminalQueries {
  private var tail: [UInt8] = []

  private static let known: [(question: String, answer: String)] = [
    ("\u{1b}[c", "\u{1b}[?62;1;6;22c"), ("\u{1b}[0c", "\u{1b}[?62;1;6;22c"),
    ("\u{1b}[>c", "\u{1b}[>41;354;0c"), ("\u{1b}[>0c", "\u{1b}[>41;354;0c"),
    ("\u{1b}[5n", "\u{1b}[0n"), ("\u{1b}[6n", "\u{1b}[1;1R"),
    ("\u{1b}[>q", "\u{1b}P>|XTerm(354)\u{1b}\\"), ("\u{1b}[>0q", "\u{1b}P>|XTerm(354)\u{1b}\\"),
    ("\u{1b}]10;?", "\u{1b}]10;rgb:dddd/dddd/dddd\u{1b}\\"),
    ("\u{1b}]11;?", "\u{1b}]11;rgb:1010/1010/1010\u{1b}\\"),
    ("\u{1b}[?2026$p", "\u{1b}[?2026;2$y"), ("\u{1b}[?2031$p", "\u{1b}[?2031;0$y"),
  ]

  mutating func answer(_ bytes: ArraySlice<UInt8>, columns: Int, rows: Int) -> [UInt8] {
    guard !tail.isEmpty || bytes.contains(0x1b) else { return [] }
    let all = tail + bytes
    var answer: [UInt8] = []
    var rest = all[...]
    while let escape = rest.firstIndex(of: 0x1b) {
      rest = rest[escape...]
      for (question, text) in Self.known where rest.starts(with: question.utf8) { answer += Array(text.utf8) }
      rest = rest.dropFirst()
    }
    // The head of a question may be at the end; none is longer than this, and none is answered twice.
    let last = all.suffix(9)
    tail =
      last.lastIndex(of: 0x1b).map { start in
        let head = Array(last[start...])
        return Self.known.contains {
          $0.question.utf8.count > head.count && $0.question.utf8.starts(with: head)
        } ? head : []
      } ?? []
    return answer
  }
}
