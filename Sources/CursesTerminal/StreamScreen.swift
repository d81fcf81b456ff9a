import CellCanvas
import SceneGraph

/// The screen as a stream of bytes: the newest frame is sent as the difference to what the terminal already has, when
/// the terminal is ready for it. Frames that came in between are never sent.
struct StreamScreen {
  private var encoder: StreamEncoder
  private let queue: OutputQueue
  private var pacer: LinkPacer
  private var waiting: CellFrame?
  private(set) var statistics = OutputStatistics()

  /// Ends whatever a frame may have begun: synchronized output, a scrolling region, colours.
  private static let calm = Array("\u{1B}[?2026l\u{1B}[r\u{1B}[m".utf8)

  init(_ capabilities: StreamCapabilities, _ pacer: LinkPacer, terminal: Int32, nowMs: Int) {
    encoder = StreamEncoder(capabilities: capabilities)
    queue = OutputQueue(terminal: terminal)
    self.pacer = pacer
    queue.append(self.pacer.opening(nowMs: nowMs), .message)
  }

  var isSlow: Bool { pacer.isSlow }

  /// Replaces a frame that still waits.
  mutating func show(_ frame: CellFrame) {
    if waiting != nil { statistics.droppedFrameCount += 1 }
    waiting = frame
  }

  /// Bytes that are no frame, such as what is copied; in order, and never inside a frame.
  mutating func send(_ bytes: [UInt8]) { queue.append(bytes, .message) }

  /// The terminal answered the question behind a frame.
  mutating func takeAnswer(nowMs: Int) { pacer.answered(nowMs: nowMs) }

  /// Sends what can be sent now. A frame of another extent than the screen's is out of date and dropped.
  mutating func work(_ extent: GridExtent, nowMs: Int) {
    drain(nowMs: nowMs)
    guard queue.isEmpty, pacer.mayStart(nowMs: nowMs), let frame = waiting else { return }
    waiting = nil
    guard frame.extent == extent else { return }
    let bytes = encoder.encode(frame)
    guard !bytes.isEmpty else { return }
    statistics.frameCount += 1
    statistics.byteCount += bytes.count
    statistics.lastFrameByteCount = bytes.count
    queue.append(bytes + pacer.start(bytes.count, nowMs: nowMs), .frame)
    drain(nowMs: nowMs)
  }

  private mutating func drain(nowMs: Int) {
    guard !queue.isEmpty else { return }
    queue.send()
    if queue.isEmpty { pacer.drained(nowMs: nowMs) }
  }

  /// The descriptor that must become writable before there is something to do; `nil` when that is not what is missing.
  var blockedDescriptor: Int32? { queue.isEmpty ? nil : queue.pollDescriptor }

  /// How long to wait at most for an answer that holds up a frame, 0 when nothing does any more; `nil`: for nothing.
  func waitMs(nowMs: Int) -> Int? {
    guard waiting != nil, queue.isEmpty else { return nil }
    return pacer.waitMs(nowMs: nowMs) ?? 0
  }

  var expectsAnswer: Bool { pacer.expectsAnswer }

  /// Something else wrote on the screen, or its size changed: the next frame paints all of it. What was not sent of the
  /// last one is dropped; what is no frame, such as what was copied, still goes.
  mutating func forget() {
    if queue.dropFrames() { pacer.cancel() }
    encoder.forget()
  }

  /// Before the screen goes to somebody else: what is still to be sent, and the bytes that end what was begun.
  mutating func letGo() -> [UInt8] {
    forget()
    return queue.takeMessages() + Self.calm
  }
}

/// What was sent so far.
public struct OutputStatistics: Hashable, Sendable {
  public var frameCount = 0
  /// Frames that a newer one replaced before they were sent.
  public var droppedFrameCount = 0
  public var byteCount = 0
  public var lastFrameByteCount = 0
}
