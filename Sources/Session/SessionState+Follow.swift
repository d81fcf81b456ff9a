import EventMatrix
import EventModel
import SceneGraph

// MARK: - At the end of the data

extension SessionState {
  func toggleFollow(_ view: inout ViewState) {
    if view.isFollowing {
      stopFollowing(&view)
      return
    }
    let missed = view.missedCount
    if !view.isPaused { widenForFollowing(&view) }
    view.isFollowing = true
    view.isPaused = false
    view.missedCount = 0
    goToEnd(&view)
    if missed > 0 { view.notice = Notice("following again; \(missed) events came while paused", .good) }
  }

  /// Puts the cursor on the newest event. The window stays where it is until that leaves it, and then moves on by several
  /// columns at once: to move everything costs much more than to write a new column.
  func goToEnd(_ view: inout ViewState) {
    guard let end = data.matrix.timeRange?.end else { return }
    let last = end.advanced(byNanoseconds: -1)
    let count = max(1, plotColumnCount(view))
    let column = view.window.column(of: last)
    if !(0..<count).contains(column) {
      view.window = view.window.shifted(byColumns: column - count + 1 + count / 16)
    }
    view.cursorTime = last
    keepCursorVisible(&view)
  }

  /// A stream that has just begun fits into narrow columns, and would run through them within seconds: where all of it
  /// is on screen, it is followed in columns of a second.
  private func widenForFollowing(_ view: inout ViewState) {
    let shown = view.window.columns(max(1, plotColumnCount(view))).range
    guard view.window.widthNs < Self.leastFollowedNs, let all = data.matrix.timeRange,
      shown.intersection(all) == all
    else { return }
    view.window = TimeWindow(start: all.start, widthNs: Self.leastFollowedNs)
  }

  private static let leastFollowedNs: Int64 = 1_000_000_000

  func stopFollowing(_ view: inout ViewState) {
    guard view.isFollowing else { return }
    view.isFollowing = false
    view.isPaused = true
    view.missedCount = 0
  }
}
