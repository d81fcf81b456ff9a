/// When keys rest, and what waits for it. Pure: time is told to it, of the monotonic clock.
///
/// A held key moves only the cursor: details and the list beside the faces follow when no more keys come. Nor does a
/// stream write that list anew with every event.
struct KeyRest {
  /// A held key repeats sooner.
  static let restMs: Int64 = 180
  static let streamIntervalMs: Int64 = 2_000

  private var lastKeyMs = Int64.min / 2
  private var isRepeated = false
  private var lastListMs = Int64.min / 2
  /// Some view awaits that keys rest.
  var isAwaited = false

  mutating func keyCame(atMs nowMs: Int64) {
    isRepeated = nowMs - lastKeyMs < Self.restMs
    lastKeyMs = nowMs
    // A list that still waits will not be read.
    lastListMs = min(lastListMs, nowMs)
  }

  /// Keys come one soon after the other; the first of them is answered in full.
  func isHeld(nowMs: Int64) -> Bool { isRepeated && nowMs - lastKeyMs < Self.restMs }

  /// How long until what is awaited is due; `nil` when nothing is.
  func waitMs(nowMs: Int64) -> Int64? { isAwaited ? max(0, lastKeyMs + Self.restMs - nowMs) : nil }

  /// The time, not before `nowMs`, at which a list that nobody asked for, and that is wanted now, is to be read.
  mutating func listMs(nowMs: Int64) -> Int64 {
    let dueMs = lastKeyMs + Self.restMs
    // One that still waits is replaced and comes no later.
    if lastListMs > max(nowMs, dueMs) { return lastListMs }
    // Whoever has pressed something since the last list waits for this one.
    lastListMs = max(nowMs, lastListMs <= dueMs ? dueMs : lastListMs + Self.streamIntervalMs)
    return lastListMs
  }
}
