internal import EventMatrix
internal import EventModel
internal import SceneGraph
internal import Session

/// What a session had to forget so far to keep inside its memory, in words.
struct Retention {
  private var coarsest: RetentionReport.Coarsening?
  private var evictedBefore: Timestamp?
  private var evictedEventCount = 0

  /// Keeps `matrix` inside the limit, aged by its newest event, not by the clock: old logs are not stale.
  ///
  /// - Parameter isFeed: a source that never ends and speaks of now ages (DESIGN §3); files, and old logs through a
  ///   pipe, only make room.
  mutating func apply(to matrix: inout EventMatrix, memoryLimit: Int, isFeed: Bool) {
    guard let newest = matrix.timeRange?.end else { return }
    var policy = RetentionPolicy.live
    if !isFeed {
      // Nothing ages by itself, but what must make room becomes coarser before it goes.
      let widths = [1] + policy.tiers.map(\.widthNs)
      policy.tiers = widths.map { RetentionPolicy.Tier(widthNs: $0, ageNs: .max) }
    }
    policy.byteLimit = memoryLimit
    let report = matrix.retain(policy, now: newest)
    coarsest = ([coarsest].compactMap(\.self) + report.coarsenings).max { $0.range.end < $1.range.end }
    evictedBefore = report.evictedBefore ?? evictedBefore
    evictedEventCount += report.evictedEventCount
  }

  /// `nil` while nothing had to go.
  var note: SafeText? {
    if let evictedBefore {
      return
        "memory limit: \(evictedEventCount) events before \(evictedBefore.rfc3339()) are no longer counted"
    }
    return coarsest.map { "before \($0.range.end.rfc3339()) in steps of \(ZoomLadder.label($0.widthNs))" }
  }
}
