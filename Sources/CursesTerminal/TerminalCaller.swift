import Glibc

/// Asks a terminal of which nothing is known whether it understands questions at all (DA1), and waits a moment for the
/// answer. Used before the first frame, and only where TERM says nothing that is known.
struct TerminalCaller {
  /// DA1.
  static let question = Array("\u{1B}[c".utf8)

  private let input: Int32
  private let output: Int32
  private let patienceMs: Int
  private var answer: Bool?
  /// What was typed meanwhile; the reply is not in it.
  private(set) var typedAhead: [UInt8] = []
  /// Replies that came before DA1's.
  private(set) var replies: [TerminalReply] = []

  init(input: Int32, output: Int32, patienceMs: Int) {
    self.input = input
    self.output = output
    self.patienceMs = patienceMs
  }

  /// Asks once; later calls know. Blocks for `patienceMs` at most.
  var isAnswered: Bool {
    mutating get {
      if let answer { return answer }
      let isAnswered = ask(Self.question)
      answer = isAnswered
      return isAnswered
    }
  }

  /// Sends `question`, whose last part must be DA1; true when that was answered in time.
  mutating func ask(_ question: [UInt8]) -> Bool {
    var before = termios()
    guard tcgetattr(input, &before) == 0 else { return false }
    var raw = before
    cfmakeraw(&raw)
    guard tcsetattr(input, TCSANOW, &raw) == 0 else { return false }
    defer { tcsetattr(input, TCSANOW, &before) }
    guard write(output, question, question.count) == question.count else { return false }
    return waitForAttributes()
  }

  private mutating func waitForAttributes() -> Bool {
    var bytes: [UInt8] = []
    let endMs = Self.nowMs() + patienceMs
    defer { typedAhead += bytes }
    while true {
      let leftMs = endMs - Self.nowMs()
      var entry = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      guard leftMs > 0, poll(&entry, 1, Int32(leftMs)) == 1 else { return false }
      var buffer = [UInt8](repeating: 0, count: 512)
      let count = read(input, &buffer, buffer.count)
      guard count > 0 else { return false }
      bytes += buffer[..<count]
      if let (taken, rest) = Self.replies(in: bytes) {
        replies += taken
        bytes = rest
        if taken.contains(.attributes) { return true }
      }
    }
  }

  /// The replies in `bytes`, and the bytes without those up to DA1's; `nil` while DA1's is not there.
  static func replies(in bytes: [UInt8]) -> ([TerminalReply], rest: [UInt8])? {
    var replies: [TerminalReply] = []
    var rest: [UInt8] = []
    var start = 0
    while start < bytes.count {
      var parser = InputParser(keys: KeyTable(), escapeDelayMs: 0)
      var end = start
      var readings: [KeyReading] = []
      while readings.isEmpty, end < bytes.count {
        readings = parser.read([bytes[end]], nowMs: 0)
        end += 1
      }
      guard case .reply(let reply)? = readings.first else {
        rest += bytes[start..<end]
        start = end
        continue
      }
      replies.append(reply)
      start = end
      if reply == .attributes { return (replies, rest + bytes[start...]) }
    }
    return nil
  }

  private static func nowMs() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
