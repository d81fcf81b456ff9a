internal import EventMatrix
public import EventModel
public import SceneGraph

/// A recording in progress, as the screen speaks of it.
public struct RecordingMark: Hashable, Sendable {
  /// Events that are on the disk, signed; no others may be called saved.
  public var savedEventCount: UInt64
  /// Why nothing can be written at the moment.
  public var pause: SafeText?

  public init(savedEventCount: UInt64 = 0, pause: SafeText? = nil) {
    self.savedEventCount = savedEventCount
    self.pause = pause
  }
}

extension SessionState {
  /// Nobody may overlook that it runs, nor that it stands still.
  var recordingRun: TextRun? {
    guard let recording else { return nil }
    if let pause = recording.pause { return TextRun("  ●REC waits: " + pause, .caution) }
    return TextRun("  ●REC \(grouped(recording.savedEventCount)) saved", .severity("error"))
  }

  mutating func take(_ mark: RecordingMark?) -> [Effect] {
    let isNewPause = mark?.pause != nil && recording?.pause == nil
    recording = mark
    if isNewPause, let pause = mark?.pause {
      for index in views.indices {
        views[index].notice = Notice("recording waits, nothing is lost: " + pause, .caution)
      }
    }
    return []
  }

  /// The time that `view` shows: of its columns, whether or not something is selected.
  public func windowRange(of view: ViewState) -> TimeRange {
    view.window.columns(plotColumnCount(view)).range
  }
}
