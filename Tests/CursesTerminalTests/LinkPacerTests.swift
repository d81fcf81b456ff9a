import Preferences
import Testing

@testable import CursesTerminal

@Suite struct `Frames keep to the line` {
  @Test func `over a network a long frame is asked after, and the next one waits for the answer`() {
    var pacer = LinkPacer(setting: .auto, isRemote: true)
    #expect(pacer.opening(nowMs: 0) == LinkPacer.fence)
    pacer.answered(nowMs: 80)
    #expect(pacer.start(40_000, nowMs: 100) == LinkPacer.fence)
    #expect(!pacer.mayStart(nowMs: 200) && pacer.waitMs(nowMs: 200) == LinkPacer.patienceMs - 100)
    pacer.answered(nowMs: 300)
    #expect(pacer.mayStart(nowMs: 300))
  }

  @Test func `short frames are not asked after until they add up`() {
    var pacer = LinkPacer(setting: .auto, isRemote: true)
    pacer.answered(nowMs: 0)
    let asked = (0..<12).map { pacer.start(120, nowMs: $0) == LinkPacer.fence }
    #expect(asked.filter { $0 }.count == 1 && asked[8])
  }

  @Test func `a terminal that never answers is not waited for, and one that stops answering not for ever`() {
    var pacer = LinkPacer(setting: .auto, isRemote: true)
    _ = pacer.start(5000, nowMs: 0)
    #expect(pacer.mayStart(nowMs: 1))
    pacer.answered(nowMs: 50)
    _ = pacer.start(5000, nowMs: 100)
    #expect(!pacer.mayStart(nowMs: 5000))
    #expect(pacer.mayStart(nowMs: 100 + LinkPacer.patienceMs))
  }

  @Test func `a frame dropped before its end is no longer waited for`() {
    var pacer = LinkPacer(setting: .auto, isRemote: true)
    _ = pacer.opening(nowMs: 0)
    pacer.answered(nowMs: 5)
    _ = pacer.start(5000, nowMs: 10)
    pacer.cancel()
    #expect(pacer.mayStart(nowMs: 10))
  }

  @Test func `a line is slow by what it took for long frames, and fast again by the same`() {
    var pacer = LinkPacer(setting: .auto, isRemote: true)
    _ = pacer.opening(nowMs: 0)
    // The way alone takes 300 ms: that is not the line's width.
    pacer.answered(nowMs: 300)
    _ = pacer.start(30_000, nowMs: 1000)
    pacer.answered(nowMs: 1000 + 300 + 100)
    #expect(!pacer.isSlow)
    _ = pacer.start(30_000, nowMs: 2000)
    pacer.answered(nowMs: 4400)
    #expect(pacer.isSlow)
    _ = pacer.start(30_000, nowMs: 5000)
    pacer.answered(nowMs: 5350)
    #expect(!pacer.isSlow)
  }

  @Test func `without a network it counts what the kernel takes, and short frames say nothing`() {
    var pacer = LinkPacer(setting: .auto, isRemote: false)
    #expect(pacer.opening(nowMs: 0).isEmpty && pacer.start(8000, nowMs: 0).isEmpty)
    pacer.drained(nowMs: 4000)
    #expect(!pacer.isSlow)
    _ = pacer.start(50_000, nowMs: 5000)
    pacer.drained(nowMs: 9000)
    #expect(pacer.isSlow)
  }

  @Test func `what a person says of the line holds`() {
    var slow = LinkPacer(setting: .slow, isRemote: false)
    #expect(slow.isSlow && slow.opening(nowMs: 0) == LinkPacer.fence)
    _ = slow.start(50_000, nowMs: 0)
    slow.answered(nowMs: 1)
    #expect(slow.isSlow)
    var fast = LinkPacer(setting: .fast, isRemote: true)
    #expect(!fast.isSlow && fast.opening(nowMs: 0).isEmpty)
    _ = fast.start(50_000, nowMs: 0)
    fast.drained(nowMs: 60_000)
    #expect(!fast.isSlow && fast.mayStart(nowMs: 60_000))
  }

  @Test func `brackets are for terminals known to honour them, and never inside a multiplexer`() {
    func honours(_ variables: [String: String]) -> Bool { OutputOptions.honoursBrackets { variables[$0] } }
    #expect(honours(["TERM": "xterm-kitty"]) && honours(["TERM": "foot"]))
    #expect(honours(["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"]))
    #expect(!honours(["TERM": "xterm-256color"]) && !honours([:]))
    #expect(!honours(["TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm"]))
  }
}
