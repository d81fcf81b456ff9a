public import EventModel
import SceneGraph

/// Where somebody was when a session was recorded.
public struct Footstep: Hashable, Sendable {
  /// On the clock of the wall, when they came there.
  public var time: Timestamp
  public var link: SessionLink

  public init(time: Timestamp, link: SessionLink) {
    self.time = time
    self.link = link
  }
}

extension SessionState {
  /// Where `view` is now, for who records it: without what is open, since the recording is what will be opened.
  public func footstep(of view: ViewState) -> SessionLink {
    var link = link(to: view)
    link.sources = []
    return link
  }

  /// On along the recorded trail, or back; from wherever the view has strayed, to the step where it left it.
  mutating func walkTrail(_ view: inout ViewState, by steps: Int) -> [Effect] {
    guard !trail.isEmpty else {
      view.notice = Notice("nobody's steps were recorded here", .caution)
      return []
    }
    // The recording opens at its last step.
    let here = view.trailStep ?? trail.count - 1
    let step = min(max(here + steps, 0), trail.count - 1)
    guard step != here || view.trailStep == nil else {
      view.notice = Notice(
        steps > 0 ? "this is the last step of the trail" : "this is the first step of the trail", .caution)
      return []
    }
    let effects = follow(trail[step].link, &view)
    view.trailStep = step
    view.player?.isFree = false
    let zone = timeText(for: view).zone
    let when = TimeText(zone: zone, widthNs: 1_000_000_000).tick(trail[step].time, within: nil)
    view.notice = Notice("step \(step + 1) of \(trail.count), taken at \(when)", .muted)
    return effects
  }
}
