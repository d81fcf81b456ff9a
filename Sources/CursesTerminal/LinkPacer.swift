import Preferences

/// Decides when the next frame may be sent, and whether the line is slow. Pure: time and events are told to it.
///
/// One frame is on its way at a time. The kernel and an SSH server between here and the screen take more than they pass
/// on, so over a network a question that every terminal answers at once (DSR 5, ECMA-48 8.3.35) stands behind a long
/// frame: the answer says that the frame has arrived. A terminal that has never answered is not waited for.
struct LinkPacer {
  static let fence = Array("\u{1B}[5n".utf8)
  /// Shorter frames are under way for less time than the answer.
  static let fencedByteCount = 1000
  /// An answer that was lost holds nothing up for longer.
  static let patienceMs = 10_000
  /// Bytes a second; slower than the first is slow, faster than the second is not slow any more.
  static let slowRate = 50_000
  static let fastRate = 150_000
  /// Shorter ones say nothing: they fit into the kernel's buffers.
  private static let measuredByteCount = 16_384
  private static let measuredFencedByteCount = 2_000

  let setting: LinkSpeed
  private let usesFences: Bool
  private(set) var isSlow: Bool
  private var sentMs = 0
  private var byteCount = 0
  private var isFenced = false
  private var sinceFence = 0
  private var hasAnswered = false
  /// The shortest time an answer took: that of the way alone.
  private var roundTripMs: Int?

  /// - Parameter isRemote: there is a network between here and the screen.
  init(setting: LinkSpeed, isRemote: Bool) {
    self.setting = setting
    usesFences = setting != .fast && (isRemote || setting == .slow)
    isSlow = setting == .slow
  }

  /// What to send before the first frame, to learn how long an answer takes.
  mutating func opening(nowMs: Int) -> [UInt8] {
    guard usesFences else { return [] }
    (isFenced, sentMs, byteCount) = (true, nowMs, Self.fence.count)
    return Self.fence
  }

  /// A frame is about to be sent; returns what to send behind it.
  mutating func start(_ count: Int, nowMs: Int) -> [UInt8] {
    sinceFence += count
    (sentMs, byteCount) = (nowMs, count)
    isFenced = usesFences && sinceFence >= Self.fencedByteCount
    if isFenced { sinceFence = 0 }
    return isFenced ? Self.fence : []
  }

  /// The kernel has taken all of it.
  mutating func drained(nowMs: Int) {
    if !isFenced && byteCount >= Self.measuredByteCount { measure(byteCount, tookMs: nowMs - sentMs) }
  }

  /// What was sent last was dropped before its end, and the question behind it too.
  mutating func cancel() { isFenced = false }

  /// The terminal has come as far as the last question.
  mutating func answered(nowMs: Int) {
    guard isFenced else { return }
    isFenced = false
    hasAnswered = true
    let tookMs = nowMs - sentMs
    if byteCount >= Self.measuredFencedByteCount { measure(byteCount, tookMs: tookMs - (roundTripMs ?? 0)) }
    if byteCount < Self.measuredFencedByteCount { roundTripMs = min(roundTripMs ?? .max, tookMs) }
  }

  /// Whether all that was sent has arrived, as far as one can know.
  func mayStart(nowMs: Int) -> Bool { waitMs(nowMs: nowMs) == nil }

  /// How long to wait for an answer at most; `nil`: none is waited for.
  func waitMs(nowMs: Int) -> Int? {
    guard isFenced, hasAnswered, nowMs - sentMs < Self.patienceMs else { return nil }
    return sentMs + Self.patienceMs - nowMs
  }

  /// An answer is under way: whoever reads next would get it.
  var expectsAnswer: Bool { isFenced && hasAnswered }

  private mutating func measure(_ count: Int, tookMs: Int) {
    guard setting == .auto else { return }
    let rate = count * 1000 / max(1, tookMs)
    if rate < Self.slowRate { isSlow = true }
    if rate > Self.fastRate { isSlow = false }
  }
}
