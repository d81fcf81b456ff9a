import Preferences
import Testing

@Suite struct `Files that are edited while they are in force` {
  private let base = TextFile(path: "/t/dark.toml", text: "[meta]")
  private let good = TextFile(path: "/t/mine.toml", text: "[style]")
  private let empty = TextFile(path: "/t/mine.toml", text: " \n")

  @Test func `an empty file on the way to another content is no news`() {
    var texts = TextsInForce([good, base])
    #expect(texts.look(at: [good, base], nowMs: 0) == .none)
    #expect(texts.look(at: [empty, base], nowMs: 100) == .early)
    #expect(texts.look(at: [good, base], nowMs: 300) == .none)
    #expect(texts.look(at: [empty, base], nowMs: 5000) == .early)
    let other = TextFile(path: "/t/mine.toml", text: "[meta]")
    #expect(texts.look(at: [other, base], nowMs: 5100) == .edited)
    #expect(texts.look(at: [other, base], nowMs: 5200) == .none)
  }

  @Test func `a file that stays empty is told once, and its next content is taken`() {
    var texts = TextsInForce([good, base])
    #expect(texts.look(at: [empty, base], nowMs: 100) == .early)
    #expect(texts.look(at: [empty, base], nowMs: 200) == .early)
    #expect(texts.look(at: [empty, base], nowMs: 1101) == .empty(path: "/t/mine.toml"))
    #expect(texts.look(at: [empty, base], nowMs: 9000) == .none)
    #expect(texts.look(at: [good, base], nowMs: 9100) == .edited)
  }

  @Test func `a file that was empty from the start hides no edit of another`() {
    var texts = TextsInForce([empty, base])
    let edited = TextFile(path: "/t/dark.toml", text: "[style]")
    #expect(texts.look(at: [empty, edited], nowMs: 0) == .edited)
  }
}
