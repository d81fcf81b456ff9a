import CellCanvas
import Foundation
import Preferences
import SceneGraph
import Synchronization
import Testing

@testable import CursesTerminal

/// The two ends of a terminal: what is written to `near` can be read from `far`.
private final class Line {
  let near: Int32
  let far: Int32

  private init(near: Int32, far: Int32) {
    self.near = near
    self.far = far
    _ = fcntl(far, F_SETFL, O_NONBLOCK)
  }

  deinit {
    close(near)
    close(far)
  }

  /// A pseudo terminal that passes bytes on as they are.
  static func terminal() throws -> Line {
    var ends: (far: Int32, near: Int32) = (-1, -1)
    try #require(openpty(&ends.far, &ends.near, nil, nil, nil) == 0, "no pseudo terminals here")
    var settings = termios()
    tcgetattr(ends.near, &settings)
    cfmakeraw(&settings)
    tcsetattr(ends.near, TCSANOW, &settings)
    return Line(near: ends.near, far: ends.far)
  }

  /// No terminal: the queue gets no description of its own.
  static func pipe() throws -> Line {
    var ends: [Int32] = [-1, -1]
    try #require(Glibc.pipe(&ends) == 0)
    return Line(near: ends[1], far: ends[0])
  }

  /// What has arrived.
  func takeAll() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var entry = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 20) == 1 else { return all }
      let count = read(far, &buffer, buffer.count)
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }

  /// Everything that `queue` sends until it is empty.
  func takeAll(from queue: OutputQueue) -> [UInt8] {
    var all = takeAll()
    var rounds = 0
    while !queue.isEmpty, rounds < 1000 {
      queue.send()
      all += takeAll()
      rounds += 1
    }
    return all
  }
}

@Suite struct `What waits for the terminal` {
  /// Longer than any buffer between here and there, and different everywhere.
  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 32...126, using: &generator) }
  }

  private let frame = bytes(200_000, seed: 1)
  private let message = bytes(100_000, seed: 2)

  @Test func `goes in parts as the terminal takes it, in order and without a wait`() throws {
    let line = try Line.terminal()
    let queue = OutputQueue(terminal: line.near)
    queue.append(frame, .frame)
    queue.append([], .message)
    queue.append(message, .message)
    queue.send()
    #expect(!queue.isEmpty)
    #expect(line.takeAll(from: queue) == frame + message)
    // The terminal as the shell has it still blocks.
    #expect(fcntl(line.near, F_GETFL) & O_NONBLOCK == 0)
  }

  @Test func `goes in short parts where writing could block`() throws {
    let line = try Line.pipe()
    let queue = OutputQueue(terminal: line.near)
    queue.append(frame, .frame)
    queue.send()
    #expect(!queue.isEmpty && queue.pollDescriptor == line.near)
    #expect(line.takeAll(from: queue) == frame)
  }

  @Test func `a dropped frame ends where it was cut, and the message behind it goes whole`() throws {
    let line = try Line.terminal()
    let queue = OutputQueue(terminal: line.near)
    queue.append(frame, .frame)
    queue.append(message, .message)
    queue.send()
    #expect(queue.dropFrames())
    let seen = line.takeAll(from: queue)
    #expect(seen.suffix(message.count) == message[...])
    let cut = seen.dropLast(message.count)
    #expect(!cut.isEmpty && cut.count < frame.count && cut == frame[..<cut.count])
  }

  @Test func `a message of which half was sent goes to its end when frames are dropped`() throws {
    let line = try Line.terminal()
    let queue = OutputQueue(terminal: line.near)
    queue.append(message, .message)
    queue.append(frame, .frame)
    queue.send()
    #expect(queue.dropFrames() && !queue.dropFrames())
    #expect(line.takeAll(from: queue) == message)
  }

  @Test func `messages can be taken back for another way out, from where they were cut`() throws {
    let line = try Line.terminal()
    let queue = OutputQueue(terminal: line.near)
    queue.append(message, .message)
    queue.append(frame, .frame)
    queue.append(Array("question".utf8), .message)
    queue.send()
    let rest = queue.takeMessages()
    #expect(queue.isEmpty)
    #expect(line.takeAll() + rest == message + Array("question".utf8))
  }

  @Test func `is dropped when the line is gone`() throws {
    var ends: (far: Int32, near: Int32) = (-1, -1)
    try #require(openpty(&ends.far, &ends.near, nil, nil, nil) == 0, "no pseudo terminals here")
    let queue = OutputQueue(terminal: ends.near)
    close(ends.far)
    queue.append(message, .message)
    queue.send()
    #expect(queue.isEmpty)
    close(ends.near)
  }

  @Test func `last words wait for a slow reader, and not for ever for one that never reads`() throws {
    let line = try Line.pipe()
    _ = fcntl(line.near, F_SETFL, O_NONBLOCK)
    let message = message
    let far = line.far
    let seen = Mutex<[UInt8]>([])
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      var buffer = [UInt8](repeating: 0, count: 10_000)
      while seen.withLock({ $0.count }) < message.count {
        var entry = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 5000) == 1 else { break }
        let count = read(far, &buffer, buffer.count)
        guard count > 0 else { break }
        seen.withLock { $0 += buffer[..<count] }
        usleep(1000)
      }
      done.signal()
    }
    TerminalOutput.write(message, to: line.near)
    done.wait()
    #expect(seen.withLock { $0 } == message)
    // A pipe holds 64 KiB: the rest is given up.
    TerminalOutput.write(message, to: line.near, patienceMs: 30)
    let kept = line.takeAll()
    #expect(!kept.isEmpty && kept == Array(message[..<kept.count]) && kept.count < message.count)
  }
}

@Suite struct `A screen that is painted anew while the line is full` {
  private func drain(_ line: Line, _ screen: inout StreamScreen, _ extent: GridExtent) -> [UInt8] {
    var all = line.takeAll()
    for _ in 0..<1000 {
      screen.work(extent, nowMs: 0)
      all += line.takeAll()
      if screen.blockedDescriptor == nil { break }
    }
    return all
  }

  @Test func `still sends what was copied and asked, whole, and the new frame behind it`() throws {
    let line = try Line.terminal()
    var frames = RandomFrames(seed: 11)
    let frame = frames.next()
    var screen = StreamScreen(
      .xterm, LinkPacer(setting: .fast, isRemote: false), terminal: line.near, nowMs: 0)
    let text = SafeText(String(repeating: "copied ", count: 10_000))
    let copy = try #require(Clipboard.sequence(copying: Array(text.string.utf8), insideTmux: true))
    screen.send(copy)
    screen.send(BackgroundQuestion.bytes)
    screen.show(frame)
    screen.work(frame.extent, nowMs: 0)
    // More than the line takes: half of a control string is on its way.
    #expect(screen.blockedDescriptor != nil)
    screen.forget()
    screen.show(frame)
    let seen = drain(line, &screen, frame.extent)
    let messages = copy + BackgroundQuestion.bytes
    #expect(seen.prefix(messages.count) == messages[...])
    var encoder = StreamEncoder(capabilities: .xterm)
    #expect(Array(seen.dropFirst(messages.count)) == encoder.encode(frame))
  }

  @Test func `and one that is let go leaves nothing of them behind`() throws {
    let line = try Line.terminal()
    var screen = StreamScreen(
      .xterm, LinkPacer(setting: .fast, isRemote: false), terminal: line.near, nowMs: 0)
    let copy = try #require(
      Clipboard.sequence(copying: [UInt8](repeating: 65, count: 70_000), insideTmux: false))
    screen.send(copy)
    screen.work(GridExtent(columns: 20, rows: 5), nowMs: 0)
    let rest = screen.letGo()
    #expect(screen.blockedDescriptor == nil)
    let seen = line.takeAll() + rest
    #expect(seen.prefix(copy.count) == copy[...] && seen.count > copy.count)
  }
}
